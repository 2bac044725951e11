"""The phrases that the offline provider understands, as calls of tools. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, final

import attrs

from actors import jsontext
from bus import Data

HELP: Final = """\
- `list files` or `list files in documents`
- `read documents/notes.md`
- `write documents/notes.md: any text` (more lines of text may follow)
- `note: buy milk` (a new note in documents)
- `delete documents/notes.md`
- `attach documents/notes.md` (sends you the file)
- `tools` (what else there is), `use FileList {"path": "."}` (any of them)
- `help`

Put names with spaces in quotes. Two requests on two lines are done at once."""


@final
@attrs.frozen
class Call(Data):
    """A tool to call with an input."""

    tool: str
    input: Mapping[str, Any]


@final
@attrs.frozen
class Words(Data):
    """Something to say: ``help``, ``tools``, ``hello``, or why a request cannot be done."""

    kind: str
    text: str = ""


Intent = Call | Words
Meaning = Callable[[re.Match[str]], Intent]

_PATH: Final = r"""(?:"(?P<q>[^"]+)"|'(?P<s>[^']+)'|`(?P<b>[^`]+)`|(?P<path>\S+?))"""
_FILLER: Final = r"(?:(?:me|the|my|all|a|file|files|folder|directory|content|contents|of|in|from)\s+)*"


def _path(match: re.Match[str]) -> str:
    found = match.groupdict()
    quoted: str | None = found.get("q") or found.get("s") or found.get("b")
    return quoted or _without_stops(match["path"])


def _without_stops(path: str) -> str:
    """The path without what ends a sentence; ``.`` and ``docs/..`` are paths themselves."""
    bare = path.rstrip(".?!,")
    return path if not bare or bare.endswith("/") else bare


def _write(match: re.Match[str]) -> Intent:
    return Call("FileWrite", {"path": _path(match), "content": match["text"]})


def _note(match: re.Match[str]) -> Intent:
    text = match["text"].strip()
    words = re.findall(r"\w+", text.lower())[:5]
    return Call("FileWrite", {"path": f"documents/{'-'.join(words)[:60] or 'note'}.md", "content": text})


def _use(match: re.Match[str]) -> Intent:
    try:
        return Call(match["tool"], jsontext.read_object(match["json"] or "{}"))
    except jsontext.NotJson as error:
        return Words("problem", f"What follows {match['tool']} must be a JSON object such as {{}} ({error}).")


def _of_path(tool: str) -> Meaning:
    return lambda match: Call(tool, {"path": _path(match)})


def _said(kind: str) -> Meaning:
    return lambda _: Words(kind)


def _list_home(_: re.Match[str]) -> Intent:
    return Call("FileList", {"path": "."})


_NOTE: Final = r"(?:(?:write|take|make)\s+)?(?:a\s+|this\s+)?note(?:\s*:|\s+(?:that|saying|of|about|to)\b:?)"
_PHRASES: Final[tuple[tuple[str, Meaning], ...]] = (
    (r"(?:help|\?|what can you do)[?.!]*", _said("help")),
    (r"(?:tools|list (?:the |all |your )?tools)[?.!]*", _said("tools")),
    (r"(?:hello|hi|hey|good (?:morning|day|evening))\b.{0,20}", _said("hello")),
    (r"use\s+(?P<tool>\w+)\s*(?P<json>\S.*)?", _use),
    (rf"{_NOTE}\s*(?P<text>\S.*)", _note),
    (rf"(?:write|save|create)\s+(?:to\s+)?{_FILLER}{_PATH}\s*:\s?(?P<text>.*)", _write),
    (rf"(?:write|save|create)\s+(?:to\s+)?{_FILLER}(?P<path>\S+\.\w+)\s+(?P<text>\S.*)", _write),
    (r"(?:list|ls|dir)(?:\s+(?:all|the|my|files?|folders?|home|here))*[?.!]*", _list_home),
    (rf"(?:list|ls|dir)\s+{_FILLER}{_PATH}", _of_path("FileList")),
    (rf"(?:read|show|open|cat|print)\s+{_FILLER}{_PATH}", _of_path("FileRead")),
    (rf"(?:delete|remove|rm)\s+{_FILLER}{_PATH}", _of_path("FileDelete")),
    (rf"(?:attach|send)\s+{_FILLER}{_PATH}", _of_path("Attach")),
)
"""The first one that fits the whole line counts."""
_COMPILED: Final = [(re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in _PHRASES]

_PLEASE: Final = re.compile(r"(?:please|can you|could you)\s+", re.IGNORECASE)


def understand(text: str) -> tuple[list[Intent], list[str]]:
    """What a message asks for, line by line, and the lines that mean nothing here.

    Lines after ``write`` that are no requests themselves are more of the text to write.
    """
    intents: list[Intent] = []
    more: list[str] = []
    strange: list[str] = []
    for line in text.splitlines():
        last = intents[-1] if intents and not strange else None
        if (intent := _intent(_unadorned(line.strip()))) is not None:
            _extend(intents, more)
            intents.append(intent)
        elif isinstance(last, Call) and last.tool == "FileWrite":
            more.append(line.rstrip())
        elif line.strip():
            strange.append(line.strip())
    _extend(intents, more)
    return intents, strange


def _extend(intents: list[Intent], more: list[str]) -> None:
    """Add lines that follow a request to write to what it writes."""
    if more and isinstance(last := intents[-1], Call):
        content = "\n".join(filter(None, (last.input["content"], *more)))
        intents[-1] = Call(last.tool, {**last.input, "content": content})
    more.clear()


def _unadorned(line: str) -> str:
    """The line without a polite word at its beginning and its end."""
    if polite := _PLEASE.match(line):
        line = line[polite.end() :]
    request = line.removesuffix(line[-1:] if line.endswith((".", "!")) else "")
    if not request.lower().endswith("please"):
        return line
    rest = request[: -len("please")]
    return rest.rstrip(", \t") if rest.endswith((",", " ", "\t")) else line


def _intent(line: str) -> Intent | None:
    for pattern, meaning in _COMPILED:
        if (match := pattern.fullmatch(line)) is not None:
            return meaning(match)
    return None
