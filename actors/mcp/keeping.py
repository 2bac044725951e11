"""Puts what a server has answered before the model: texts as they are, bytes as files in home."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, final, get_args

import attrs

from actors.mcp.results import File, Part, Words
from actors.spool import prepare, spool
from actors.tools import messages as tools
from actors.vocabulary import PDF, Attachment, Content, Document, Image, Text
from bus import ActorError, Bus, Data, DeliveryError, redact

PREFIX: Final = "starpod-mcp-"
LONGEST_TEXT: Final = 40_000
"""Characters of one answer that the model is shown; the whole of a longer one is kept as a file."""
MOST_FILES: Final = 20
"""Files of one answer."""
_IMAGES: Final = frozenset(get_args(tools.ImageType))


@final
@attrs.frozen(kw_only=True)
class Kept(Data):
    content: tuple[Content, ...]
    files: tuple[Attachment, ...]


@final
class Keep:
    """Stores files by way of the tools subsystem, whose rules say what is taken."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where files wait until they are stored."""
        self._folder = folder

    def prepare(self) -> None:
        """Clear away what a killed process left. To be called once."""
        prepare(self._folder, PREFIX)

    async def parts(self, bus: Bus, parts: Iterable[Part], user: str) -> Kept:
        """What the model is shown of an answer, and the files that came of it."""
        content: list[Content] = []
        files: list[Attachment] = []
        texts = 0
        for part in parts:
            if isinstance(part, Words):
                texts += len(part.text)
                content.append(Text(text=part.text))
            elif len(files) >= MOST_FILES:
                content.append(Text(text=f"[{part.name} was left out: there are too many files.]"))
            else:
                content += await self._file(bus, part, user, files)
        if texts > LONGEST_TEXT:
            content = await self._shortened(bus, content, user, files)
        return Kept(content=tuple(content), files=tuple(files))

    async def _file(self, bus: Bus, file: File, user: str, files: list[Attachment]) -> Iterable[Content]:
        try:
            kept = await self._stored(bus, file, user)
        except (ActorError, DeliveryError, OSError) as error:
            return (Text(text=f"[{file.name} was not kept: {error}]"),)
        files.append(kept)
        text = Text(text=f"Stored {kept.path} ({kept.media_type}, {kept.size} bytes)")
        if kept.media_type in _IMAGES:
            return (text, Image(media_type=kept.media_type, path=kept.path))
        if kept.media_type == PDF:
            return (text, Document(media_type=PDF, path=kept.path, name=kept.name))
        return (text,)

    async def _stored(self, bus: Bus, file: File, user: str) -> Attachment:
        with spool(self._folder, PREFIX) as folder:
            (folder / "file").write_bytes(file.data)
            sent = tools.SentFile(id="file", name=redact(file.name), declared=file.media_type)
            (kept,) = await bus.ask(tools.SaveUpload(upload=folder.name, files=(sent,), user=user))
            return kept

    async def _shortened(
        self, bus: Bus, content: Iterable[Content], user: str, files: list[Attachment]
    ) -> list[Content]:
        """The beginning of a long answer, and where all of it is."""
        blocks = list(content)
        whole = "\n\n".join(each.text for each in blocks if isinstance(each, Text))
        file = File(name="result.txt", media_type="text/plain", data=redact(whole).encode(errors="replace"))
        where = [each for each in await self._file(bus, file, user, files) if isinstance(each, Text)]
        note = f"[The first {LONGEST_TEXT} of {len(whole)} characters. {where[0].text}]"
        others = [each for each in blocks if not isinstance(each, Text)]
        return [Text(text=whole[:LONGEST_TEXT]), Text(text=note), *others]
