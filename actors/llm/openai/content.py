"""What a message of chat completions says, in all the forms that words and reasoning come in. Pure."""

from collections.abc import Iterator
from typing import Any, Final, Literal, cast

from actors.llm.fields import JsonObject, WrongField, text_in
from actors.llm.openai.words import REASONING_DETAILS, REASONING_NAMES

Piece = tuple[Literal["text", "thinking"], str]

_THINKING: Final = ("thinking", "reasoning", "reasoning_text")
"""Types of parts of a content that are reasoning."""


def words(message: JsonObject) -> Iterator[Piece]:
    """What is said under ``content``, or as a refusal. Raises WrongField."""
    content = message.get("content")
    if isinstance(content, list | dict):
        yield from _parts(content)
    elif said := text_in(message, "content") or text_in(message, "refusal"):
        yield "text", said


def _parts(content: Any) -> Iterator[Piece]:
    """The parts of a content that is a list, as Mistral sends it."""
    for part in _listed(content):
        if isinstance(part, str):
            yield "text", part
        elif isinstance(part, dict):
            fields = cast("JsonObject", part)
            kind = fields.get("type")
            if kind in _THINKING:
                yield "thinking", _inner_text(fields.get("thinking") or fields.get("text"))
            else:
                yield "text", _inner_text(fields.get("text") or fields.get("refusal"))


def _listed(value: Any) -> list[Any]:
    items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
    return items


def _inner_text(value: Any) -> str:
    """The text of a part, which may be a list of parts again, or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _inner_text(cast("JsonObject", value).get("text") or cast("JsonObject", value).get("value"))
    if isinstance(value, list):
        return "".join(map(_inner_text, _listed(value)))
    return ""


def reasoning(message: JsonObject) -> tuple[str, str]:
    """Reasoning in a field of its own, and the name of the field; both empty where there is none. Raises WrongField."""
    for name in REASONING_NAMES:
        try:
            if text := text_in(message, name):
                return name, text
        except WrongField:
            if text := _inner_text(message[name]):
                return name, text
    return "", ""


def details(message: JsonObject) -> list[JsonObject]:
    """The entries of OpenRouter's list of reasoning."""
    listed = message.get(REASONING_DETAILS)
    return [cast("JsonObject", each) for each in _listed(listed) if isinstance(each, dict)]


def text_of(entries: list[JsonObject]) -> str:
    """What the entries of such a list say to people."""
    return "".join(_inner_text(each.get("text") or each.get("summary")) for each in entries)


_GROWING: Final = ("text", "summary", "signature")
"""Fields of an entry that come in pieces."""


def merge(known: list[JsonObject], entries: list[JsonObject]) -> None:
    """Add the entries of one chunk to those `known`: pieces of one entry are one again, as it is wanted back."""
    for entry in entries:
        found = next((each for each in reversed(known) if _is_piece(each, entry)), None)
        if found is None:
            known.append(dict(entry))
            continue
        for name, value in entry.items():
            before = found.get(name)
            if name in _GROWING and isinstance(before, str) and isinstance(value, str):
                found[name] = before + value
            elif value is not None:
                found[name] = value


def _is_piece(known: JsonObject, entry: JsonObject) -> bool:
    """Whether an entry goes on with one that is there; what is encrypted comes whole."""
    return (
        entry.get("type") in ("reasoning.text", "reasoning.summary")
        and known.get("type") == entry.get("type")
        and known.get("index") == entry.get("index")
    )
