"""A question about a call of a tool as a message of Telegram: its words, its buttons, and what became of it. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, cast, final

import attrs

from actors.permissions.messages import Approval
from actors.telegram.rendering.rich import Entity, Rich, units
from actors.visible import visible

Choice = Literal["once", "conversation", "always", "deny", "show"]
CHOICES: Final[tuple[Choice, ...]] = ("once", "conversation", "always", "deny", "show")
MARK: Final = "approval"
"""What is said by the buttons of a question begins so; Telegram takes 64 bytes."""
LONGEST_SUBJECT: Final = 1500
"""UTF-16 code units, as Telegram counts, of what the call acts on; all these together leave room in a message."""
LONGEST_FIELD: Final = 200
"""Of another field, and of a reason."""
LONGEST_NAME: Final = 40
MOST_FIELDS: Final = 6
LONGEST_WHOLE: Final = 256 * 1024
"""Characters of all of it, as a document."""
_PRESSED: Final = re.compile(rf"{MARK}:([0-9a-f]{{1,40}}):([a-z]+)")
_SCOPES: Final = {"conversation": "in this conversation", "always": "from now on"}
_WAYS: Final = {
    "page": "in the page",
    "confirmed": "in the page",
    "telegram": "here",
    "key": "with a key",
    "operator": "in a terminal",
}

Keyboard = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of buttons: what stands on each, and what pressing it says."""


@final
@attrs.frozen
class Pressed:
    """What somebody says with a button."""

    approval: str
    choice: Choice


def pressed(data: str) -> Pressed | None:
    """What a button said; None for one that is none of ours."""
    found = _PRESSED.fullmatch(data)
    if found is None or found[2] not in CHOICES:
        return None
    return Pressed(found[1], cast("Choice", found[2]))


def keyboard(approval: Approval) -> Keyboard:
    """The answers to a question."""

    def button(words: str, choice: Choice) -> tuple[str, str]:
        return words, f"{MARK}:{approval.id}:{choice}"

    rows: list[tuple[tuple[str, str], ...]] = [
        (button("Allow once", "once"), button("Deny", "deny")),
        (button("In this conversation", "conversation"), button("Always", "always")),
    ]
    if is_shortened(approval):
        rows.append((button("Show all of it", "show"),))
    return tuple(rows)


# --- words --------------------------------------------------------------------------------------------------


@final
class _Text:
    """A text that grows, with its formatting."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._entities: list[Entity] = []
        self._length = 0

    def add(self, text: str, kind: str = "") -> None:
        length = units(text)
        if kind and text:
            self._entities.append(Entity(type=kind, offset=self._length, length=length))
        self._parts.append(text)
        self._length += length

    def rich(self) -> Rich:
        return Rich(text="".join(self._parts), entities=tuple(self._entities))


def rich(approval: Approval) -> Rich:
    """The question; once it is closed, what became of it."""
    text = _Text()
    text.add(
        f"May I {_wish(approval)}?" if approval.state == "open" else f"I asked to {_wish(approval)}.", "bold"
    )
    text.add("\n")
    if approval.subject:
        text.add(_cut(visible(approval.subject), LONGEST_SUBJECT), "pre")
        text.add("\n")
    for name, value in _fields(approval)[:MOST_FIELDS]:
        text.add(f"{_cut(name, LONGEST_NAME)}: ")
        text.add(_cut(value, LONGEST_FIELD), "code")
        text.add("\n")
    if approval.state == "open":
        _ask(text, approval)
    else:
        text.add("\n")
        text.add(outcome(approval), "bold")
        if approval.words:
            text.add(f"\n“{_cut(visible(approval.words), LONGEST_FIELD)}”")
    return text.rich()


def _ask(text: _Text, approval: Approval) -> None:
    text.add(f"\nI ask because {_cut(visible(approval.reason), LONGEST_FIELD)}.")
    if approval.outside:
        text.add(
            f" I have read words of others, by {_cut(visible(', '.join(approval.outside)), LONGEST_FIELD)}."
        )
    text.add(f"\nThe two buttons below allow all {_tool(approval)} that fits ")
    text.add(_cut(visible(approval.pattern), LONGEST_FIELD), "code")
    text.add(f". No answer by {_moment(approval.expires_at)} is a no.")


def outcome(approval: Approval) -> str:
    """What became of a question, as one sentence."""
    via = approval.answered_via or ""
    way = _WAYS.get(via, via)
    by = f"by {approval.answered_by} {way}".strip()
    match approval.state:
        case "allowed":
            beyond = _SCOPES.get(approval.scope or "")
            fits = f" for all that fits {_cut(visible(approval.pattern), LONGEST_FIELD)}" if beyond else ""
            return f"Allowed {beyond or 'once'}{fits}, {by}."
        case "denied":
            return f"Denied, {by}."
        case "expired":
            return "Not done: nobody answered in time."
        case "withdrawn":
            return "Withdrawn: what it was for has ended."
        case "open":
            return "It waits for an answer."


def brief(approval: Approval) -> str:
    """One line about a question."""
    about = approval.subject or ", ".join(f"{name}: {value}" for name, value in _fields(approval))
    return f"{_tool(approval)}: {_cut(' '.join(visible(about).split()), 120)}"


def is_shortened(approval: Approval) -> bool:
    """Whether the message does not show all that the call would be carried out with."""
    fields = _fields(approval)
    return (
        units(visible(approval.subject)) > LONGEST_SUBJECT
        or len(fields) > MOST_FIELDS
        or any(units(name) > LONGEST_NAME or units(value) > LONGEST_FIELD for name, value in fields)
    )


def whole(approval: Approval) -> str:
    """All that the call would be carried out with, to be read as a document."""
    parts = [f"{approval.tool}: {approval.reason}"]
    parts += [f"--- {name} ---\n{value}" for name, value in _entries(approval.input)]
    text = "\n\n".join(parts)
    return text if len(text) <= LONGEST_WHOLE else f"{text[:LONGEST_WHOLE]}\n\n(The rest is in the page.)"


def _wish(approval: Approval) -> str:
    if "command" in approval.input:
        return f"run this command ({_tool(approval)})"
    if "url" in approval.input:
        return f"open this address ({_tool(approval)})"
    return f"use {_tool(approval)}"


def _tool(approval: Approval) -> str:
    return _cut(visible(approval.tool), LONGEST_NAME)


def _fields(approval: Approval) -> list[tuple[str, str]]:
    """What the call would be carried out with besides what it acts on."""
    return [(name, value) for name, value in _entries(approval.input) if value != visible(approval.subject)]


def _entries(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield visible(name), visible(text)


def _cut(text: str, most: int) -> str:
    if units(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
