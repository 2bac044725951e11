"""Pictures and documents of a conversation on their way to a model: what is sent in the place of each. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from actors.llm.requests import documents, pictures
from actors.llm.requests.documents import Limits, Pdf
from actors.llm.requests.pictures import Picture
from actors.vocabulary import Document, Image

File = Picture | Pdf
Reference = Image | Document
Files = Mapping[str, File | str]
"""By path in home: the file, or the note that takes its place."""

_KINDS: Final[Mapping[type[Reference], str]] = {Image: "picture", Document: "document"}


def kind(block: Reference) -> str:
    """What it is called in notes."""
    return _KINDS[type(block)]


def follows(block: Reference) -> str:
    """Note in a result, where the file itself stands behind it."""
    return f"[{kind(block)} {block.path} follows]"


def shown(files: Files, block: Reference) -> File | str:
    """What is sent in the place of a block; a model that cannot have it is told so."""
    return files.get(block.path) or cannot(block)


def cannot(block: Reference) -> str:
    """Note for a model without eyes, or without the means to read documents."""
    why = "cannot see pictures" if isinstance(block, Image) else "cannot read PDF files by itself"
    return f"[{kind(block)} {block.path}: this model {why}]"


def too_large(block: Reference, size: int) -> str:
    """Note in place of a file of more bytes than may be sent."""
    return f"[{kind(block)} {block.path} is too large to be shown to the model: {size / 2**20:.1f} MB]"


def missing(block: Reference, why: object) -> str:
    """Note in place of a file that could not be read."""
    return f"[{kind(block)} {block.path} is not available any more: {why}]"


def refused(path: str, file: File | str | None) -> str:
    """Note in place of a file that the provider did not want."""
    return f"[{'document' if isinstance(file, Pdf) else 'picture'} {path}: the model's provider refused it]"


def newest(blocks: Sequence[Reference], files: Files, taken: Limits) -> Files:
    """`files`, without the oldest where there are more than one request may hold. Documents have room before pictures.

    Args:
      blocks: every place where one is shown, oldest first; who is shown twice counts twice.
      files: what is known by path.
      taken: what documents the model takes.
    """

    def size(places: Iterable[str]) -> int:
        return sum(len(each.data) for each in map(files.get, places) if isinstance(each, File))

    def pages(places: Iterable[str]) -> int:
        return sum(each.pages for each in map(files.get, places) if isinstance(each, Pdf))

    papers, seen = (
        [block.path for block in blocks if isinstance(files.get(block.path), each)] for each in (Pdf, Picture)
    )
    read = _newest(
        papers, 1, lambda those: pages(those) <= taken.pages and size(those) <= documents.MOST_DATA
    )
    room = min(pictures.MOST_DATA, documents.MOST_DATA - size(read))
    looked_at = _newest(
        seen, pictures.STEP, lambda those: len(those) <= pictures.MOST and size(those) <= room
    )
    kept = {*read, *looked_at}
    return {path: each if path in kept else _past(path, each) for path, each in files.items()}


def _newest(places: list[str], step: int, fit: Callable[[list[str]], bool]) -> list[str]:
    """The places that are left when the files of the oldest are gone, `step` places at a time, until all `fit`."""
    candidates = (set(places[gone:]) for gone in range(0, len(places) + step, step))
    tried = ([path for path in places if path in paths] for paths in candidates)
    return next(filter(fit, tried))


def _past(path: str, each: File | str) -> File | str:
    match each:
        case str():
            return each
        case Pdf():
            return f"[document {path} was shown before and is not shown any more, as there is no room for it]"
        case Picture():
            return f"[picture {path} was shown before and is not shown any more]"
