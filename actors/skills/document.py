"""``SKILL.md``: front matter between lines of three dashes, then instructions in Markdown. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, final

import attrs

from bus import Data

if TYPE_CHECKING:
    from actors.skills.frontmatter import FrontMatter

LONGEST_DESCRIPTION: Final = 1024
DELIMITER: Final = "---"
LONGEST_FIRST_LINE: Final = 120
"""Bytes of a first line that stands for a description."""


@final
@attrs.frozen(kw_only=True)
class Document(Data):
    """What a ``SKILL.md`` says."""

    description: str
    version: str | None = None
    license: str | None = None
    compatibility: str | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict[str, str])
    allowed_tools: tuple[str, ...] = ()
    body: str
    problems: tuple[str, ...] = ()
    """What is wrong with it, a sentence each."""


@final
@attrs.frozen
class _Parts(Data):
    front: str | None
    """None where there is no front matter."""
    rest: str
    """All after the closing delimiter, or everything."""


# --- reading ------------------------------------------------------------------------------------------------


def parse(text: str, folder: str) -> Document:
    """Read a document; whatever is wrong with its front matter, its instructions are kept.

    Args:
      text: all of the file, with or without a byte-order mark.
      folder: the name of its folder, which is the name of the skill.
    """
    parts = _split(text)
    body = parts.rest.strip()
    if parts.front is None:
        return Document(description=_first_line(body, folder), body=body)
    front, problems = _read(parts.front)
    if front is None:
        return Document(description=_first_line(body, folder), body=body, problems=problems)
    name, description = front.text("name"), (front.text("description") or "").strip()
    document = Document(
        description=description or _first_line(body, folder),
        version=front.text("version"),
        license=front.text("license"),
        compatibility=front.text("compatibility"),
        metadata=front.texts("metadata"),
        allowed_tools=front.words("allowed-tools"),
        body=body,
    )
    if not description:
        front.problems.append("the front matter has no description")
    if len(description) > LONGEST_DESCRIPTION:
        length = len(description)
        front.problems.append(f"of the {length} characters of the description {LONGEST_DESCRIPTION} count")
    if name is not None and name != folder:
        front.problems.append(f"the front matter calls it {name!r}; the name of the folder counts")
    return attrs.evolve(document, problems=tuple(front.problems))


def decoded(data: bytes) -> str:
    """The text of a file; what is no UTF-8 shows as such."""
    return data.decode("utf-8-sig", "replace")


def parse_file(data: bytes, folder: str) -> Document:
    """Like :func:`parse`, of the bytes of a file."""
    document = parse(decoded(data), folder)
    try:
        data.decode()
    except UnicodeDecodeError:
        return attrs.evolve(document, problems=("it is not UTF-8 text", *document.problems))
    return document


def _split(text: str) -> _Parts:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = plain.lstrip().split("\n")
    closing = next((n for n, line in enumerate(lines) if n and line.rstrip() == DELIMITER), None)
    if lines[0].rstrip() != DELIMITER or closing is None:
        return _Parts(None, plain)
    return _Parts("\n".join([*lines[1:closing], ""]), "\n".join(lines[closing + 1 :]))


def _read(front: str) -> "tuple[FrontMatter | None, tuple[str, ...]]":
    from actors.skills.frontmatter import FrontMatter, Unreadable

    try:
        return FrontMatter.read(front), ()
    except Unreadable as error:
        return None, (str(error),)


def _first_line(body: str, folder: str) -> str:
    """What stands for a description that is missing."""
    line = body.partition("\n")[0].strip()
    data = line.encode("utf-8", "replace")
    if len(data) > LONGEST_FIRST_LINE:
        return data[: LONGEST_FIRST_LINE - 3].decode(errors="ignore") + "..."
    return line or f"Skill: {folder}"


# --- writing ------------------------------------------------------------------------------------------------


def written(name: str, description: str, body: str, *, version: str | None = None) -> str:
    """A new document; what is read from it again is what was given, but for blanks around it."""
    return _joined(_front(name, description, version), f"\n{body}")


def _front(name: str, description: str, version: str | None = None) -> "FrontMatter":
    from actors.skills.frontmatter import FrontMatter

    front = FrontMatter()
    for key, value in {"name": name, "description": description, "version": version}.items():
        front.set(key, value)
    return front


def changed(
    text: str,
    folder: str,
    keys: Mapping[str, str | None],
    *,
    body: str | None = None,
    marks: Mapping[str, str] | None = None,
) -> str:
    """The document with some of it changed; all else stays. A front matter that cannot be read is made anew.

    Raises ValueError where what comes of it could not be read again.

    Args:
      text: as it was.
      folder: the name of its folder.
      keys: values of its front matter; None removes one.
      body: None leaves it.
      marks: entries of its ``metadata``.
    """
    parts = _split(text)
    front = None if parts.front is None else _read(parts.front)[0]
    rest = parts.rest
    if front is None:
        front = _front(folder, parse(text, folder).description)
        rest = f"\n{rest}"
    for key, value in keys.items():
        front.set(key, value)
    if marks:
        front.mark("metadata", marks)
    return _joined(front, rest if body is None else f"\n{body}")


def _joined(front: "FrontMatter", rest: str) -> str:
    written = str(front)
    type(front).read(written)
    return f"{DELIMITER}\n{written}{DELIMITER}\n{rest}"
