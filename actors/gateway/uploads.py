"""Files that people send: spooled to disk, then handed to the tools subsystem, which decides and stores."""

import binascii
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import final

from actors.endpoints import BadMessage
from actors.gateway.protocol import ClientFile
from actors.tools import messages as tools
from actors.vocabulary import Attachment
from bus import ActorError, Bus

Refused = Callable[[str], None]
"""Told the reason, once per file that is not taken."""


PREFIX = "starpod-upload-"


@contextmanager
def spool(parent: Path) -> Generator[Path]:
    """A private folder for the files of one request, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent) as folder:
        yield Path(folder)


def prepare(parent: Path) -> None:
    """Make a folder that is ours alone ready for use: there, and without what a killed process left in it."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in parent.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


@final
class Uploads:
    """Stores what came with a message."""

    def __init__(self, bus: Bus, folder: Path) -> None:
        """`folder` is where files wait until they are stored; the tools subsystem looks for them there."""
        self._bus = bus
        self.folder = folder

    async def save(self, upload: Path, files: Sequence[tools.SentFile]) -> tuple[Attachment, ...]:
        """Store the complete files of a spool, all or none.

        Raises tools.AttachmentRefused and the file errors of the tools subsystem.
        """
        return await self._bus.ask(tools.SaveUpload(upload=upload.name, files=tuple(files)))

    async def of_message(self, files: Sequence[ClientFile], refused: Refused) -> tuple[Attachment, ...]:
        """Store or find what a message brings. What is refused is left out."""
        taken: list[Attachment] = []
        for file in files:
            take: Callable[[ClientFile], Awaitable[Attachment]] = (
                self._found if file.path is not None else self._stored
            )
            try:
                taken.append(await take(file))
            except ActorError as error:
                refused(str(error))
            except OSError as error:
                refused(f"{file.file_name} was not accepted: {error.strerror}")
        return tuple(taken)

    async def _stored(self, file: ClientFile) -> Attachment:
        data = _decode(file)
        with spool(self.folder) as folder:
            (folder / "inline").write_bytes(data)
            sent = tools.SentFile(id="inline", name=file.file_name, declared=file.mime_type)
            (attachment,) = await self.save(folder, [sent])
            return attachment

    async def _found(self, file: ClientFile) -> Attachment:
        """A file uploaded before; what the client says of its size and type is not believed."""
        path = file.path or ""
        located = await self._bus.ask(tools.Locate(path=path))
        return Attachment(name=file.file_name, media_type=located.media_type, path=path, size=located.size)


def _decode(file: ClientFile) -> bytes:
    try:
        return b64decode(file.data or "", validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage(f"{file.file_name} was not accepted: its data is not base64") from None
