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
from actors.gateway.protocol import Enclosure
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

    async def enclosed(self, enclosures: Sequence[Enclosure], refused: Refused) -> tuple[Attachment, ...]:
        """Store or find what a message encloses. What is refused is left out."""
        taken: list[Attachment] = []
        for enclosure in enclosures:
            take: Callable[[Enclosure], Awaitable[Attachment]] = (
                self._found if enclosure.path is not None else self._stored
            )
            try:
                taken.append(await take(enclosure))
            except ActorError as error:
                refused(str(error))
            except OSError as error:
                refused(f"{enclosure.file_name} was not accepted: {error.strerror}")
        return tuple(taken)

    async def _stored(self, enclosure: Enclosure) -> Attachment:
        data = _decode(enclosure)
        with spool(self.folder) as folder:
            (folder / "inline").write_bytes(data)
            sent = tools.SentFile(id="inline", name=enclosure.file_name, declared=enclosure.mime_type)
            (attachment,) = await self.save(folder, [sent])
            return attachment

    async def _found(self, enclosure: Enclosure) -> Attachment:
        """A file uploaded before; what the client says of its size and type is not believed."""
        path = enclosure.path or ""
        located = await self._bus.ask(tools.Locate(path=path))
        return Attachment(
            name=enclosure.file_name, media_type=located.media_type, path=path, size=located.size
        )


def _decode(enclosure: Enclosure) -> bytes:
    try:
        return b64decode(enclosure.data or "", validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage(f"{enclosure.file_name} was not accepted: its data is not base64") from None
