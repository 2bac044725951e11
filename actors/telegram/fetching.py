"""Fetches files from Telegram and hands them to the tools subsystem, which decides and stores."""

from pathlib import Path
from typing import Final, final

import trio

from actors.spool import prepare, spool
from actors.telegram import update as updates
from actors.telegram.client import Client, TelegramError
from actors.telegram.content import Wanted
from actors.telegram.wire import Refused, TooMany, Unreachable
from actors.tools import messages as tools
from actors.vocabulary import Attachment
from bus import ActorError, Bus, redact

PREFIX: Final = "starpod-telegram-"
"""Of the folders that are made here."""
PATIENCE: Final = 300.0
"""Seconds for which a file is asked for that cannot be had."""
TIME: Final = 120.0
"""Seconds that one attempt may take."""
AGAIN: Final = 5.0
"""Seconds between two attempts."""
_NAME: Final = "file"


class NotTaken(Exception):
    """A file is left out. The text says why, as a sentence for its sender."""


@final
class Fetcher:
    """Fetches what comes with messages.

    Args:
      bus: to the tools subsystem.
      folder: where files wait until they are stored; the tools subsystem looks for them there.
    """

    def __init__(self, bus: Bus, folder: Path) -> None:
        self._bus = bus
        self._folder = folder
        self._is_ready = False

    async def fetch(self, client: Client, wanted: Wanted, user: str) -> Attachment:
        """Store a file as one that `user` has sent. Raises NotTaken, and BusError while it cannot be stored."""
        name = redact(wanted.name)
        if wanted.is_too_large:
            raise NotTaken(f"{name} is larger than the 20 MB that Telegram gives to a bot")
        ends = self._bus.clock.monotonic() + PATIENCE
        while True:
            try:
                with trio.fail_after(TIME):
                    return await self._once(client, wanted, name, user)
            except Refused as error:
                raise NotTaken(f"{name} could not be fetched: {error}") from error
            except (TelegramError, trio.TooSlowError) as error:
                wait = error.seconds if isinstance(error, TooMany) else AGAIN
                if self._bus.clock.monotonic() + wait > ends:
                    raise NotTaken(f"{name} could not be fetched from Telegram: {error}") from error
                await trio.sleep(wait)
            except OSError as error:
                raise NotTaken(f"{name} could not be stored: {error.strerror}") from error

    async def _once(self, client: Client, wanted: Wanted, name: str, user: str) -> Attachment:
        path = await self._path(client, wanted)
        if not self._is_ready:
            prepare(self._folder, PREFIX)
            self._is_ready = True
        with spool(self._folder, PREFIX) as folder:
            with (folder / _NAME).open("wb") as file:
                async with client.file(path) as pieces:
                    async for piece in pieces:
                        file.write(piece)
            sent = tools.SentFile(id=_NAME, name=name, declared=wanted.media_type)
            return await self._stored(folder, sent, user)

    async def _stored(self, folder: Path, sent: tools.SentFile, user: str) -> Attachment:
        try:
            (stored,) = await self._bus.ask(tools.SaveUpload(upload=folder.name, files=(sent,), user=user))
        except ActorError as error:
            raise NotTaken(str(error)) from error
        return stored

    async def _path(self, client: Client, wanted: Wanted) -> str:
        found = updates.mapping(await client.call("getFile", {"file_id": wanted.id}))
        path = updates.text(found.get("file_path"))
        if not path:
            raise Unreachable("Telegram does not say where it is")
        if path.startswith("/"):
            raise Refused(400, "the Bot API server runs with --local, and keeps its files to itself")
        return path
