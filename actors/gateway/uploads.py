"""Files that people send: spooled to disk, then handed to the tools subsystem, which decides and stores."""

import binascii
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import final

import attrs
import trio

from actors.endpoints import BadMessage
from actors.gateway.client_frames import ClientFile, ClientMessage
from actors.session import messages as session
from actors.spool import spool
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import Attachment, Principal
from bus import ActorError, Bus, DeliveryError, redact, run_in_thread

Refused = Callable[[str], None]
"""Told the reason, once per file that is not taken."""


PREFIX = "starpod-upload-"
"""Of folders with the files of one request."""
ENCODING = 4
"""Files that are put into frames at once."""
MOST_KEPT = 256
"""Files sent within a message that are known again when the message comes again."""


@final
class Uploads:
    """Stores what came with a message."""

    def __init__(self, bus: Bus, folder: Path) -> None:
        """`folder` is where files wait until they are stored; the tools subsystem looks for them there."""
        self._bus = bus
        self.folder = folder
        self._encoding = trio.CapacityLimiter(ENCODING)
        self._kept: OrderedDict[tuple[str, str, str, bytes], Attachment] = OrderedDict()
        """By whom it was sent, with which message, under what name, and what it was; the oldest first."""

    async def find(self, path: str, known: Principal) -> tools.Located:
        """A file of home that somebody may have: one that they sent or that was sent to them, or that they may look at.

        Raises tools.FileNotFound, also for others, and the file errors of the tools subsystem.
        """
        if not await self.may_have(path, known):
            raise tools.FileNotFound(path=_plain(path))
        return await self._bus.ask(tools.Locate(path=path, user=known.user))

    async def may_have(self, path: str, known: Principal) -> bool:
        """Whether somebody may have a file, if it is there."""
        asked = _plain(path)
        own = asked.startswith(f"{tools.UPLOADS}/{known.user}/")
        return own or await self._may_look(known) or await self._was_sent(asked, known.user)

    async def inline(self, path: str, known: Principal, most: int) -> str | None:
        """The bytes of a file that somebody may have, in base64; None where it is gone or has more than `most`."""
        try:
            located = await self.find(path, known)
            return None if located.size > most else await self._encoded(located)
        except (ActorError, DeliveryError, OSError):
            return None

    async def _encoded(self, located: tools.Located) -> str:
        return await run_in_thread(partial(_encoded, located), limiter=self._encoding)

    async def _was_sent(self, path: str, user: str) -> bool:
        return await self._bus.ask(session.WasSent(path=path, user=user))

    async def _may_look(self, known: Principal) -> bool:
        """Whether somebody may look at all of the agent's files; what others have sent is not there even then."""
        if known.role == "admin":
            return True
        user = await self._bus.ask(users.GetUser(id=known.user, user=known.user, proof=known.proof))
        return user.filesystem_enabled

    async def save(self, upload: Path, files: Sequence[tools.SentFile], user: str) -> tuple[Attachment, ...]:
        """Store the complete files of a spool, all or none.

        Raises tools.AttachmentRefused and the file errors of the tools subsystem.
        """
        return await self._bus.ask(tools.SaveUpload(upload=upload.name, files=tuple(files), user=user))

    async def of_message(
        self, message: ClientMessage, known: Principal, refused: Refused
    ) -> tuple[Attachment, ...]:
        """Store or find what a message of somebody brings. What is refused is left out.

        A message that comes again, because the first one was refused or its answer was lost, brings what was stored
        already.
        """
        taken: list[Attachment] = []
        for sent in message.attachments:
            file = attrs.evolve(sent, file_name=redact(sent.file_name))
            try:
                if file.path is not None:
                    taken.append(await self._found(file, known))
                else:
                    taken.append(await self._once(file, known.user, message.client_message_id))
            except ActorError as error:
                refused(str(error))
            except OSError as error:
                refused(f"{file.file_name} was not accepted: {error.strerror}")
        return tuple(taken)

    async def _once(self, file: ClientFile, user: str, message: str | None) -> Attachment:
        data = _decode(file)
        if not message:
            return await self._stored(file, data, user)
        sent = (user, message, file.file_name, sha256(data).digest())
        if sent not in self._kept:
            self._kept[sent] = await self._stored(file, data, user)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[sent]

    async def _stored(self, file: ClientFile, data: bytes, user: str) -> Attachment:
        with spool(self.folder, PREFIX) as folder:
            (folder / "inline").write_bytes(data)
            sent = tools.SentFile(id="inline", name=file.file_name, declared=file.mime_type)
            (attachment,) = await self.save(folder, [sent], user)
            return attachment

    async def _found(self, file: ClientFile, known: Principal) -> Attachment:
        """A file uploaded before; what the client says of its size and type is not believed."""
        path = file.path or ""
        located = await self.find(path, known)
        return Attachment(name=file.file_name, media_type=located.media_type, path=path, size=located.size)


def _plain(path: str) -> str:
    """A path without what says nothing."""
    return "/".join(name for name in path.split("/") if name not in {"", "."})


def _encoded(located: tools.Located) -> str:
    with located.open() as file:
        return b64encode(file.read(located.size)).decode()


def _decode(file: ClientFile) -> bytes:
    try:
        return b64decode(file.data or "", validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage(f"{file.file_name} was not accepted: its data is not base64") from None
