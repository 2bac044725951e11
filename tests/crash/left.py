"""What is left after any number of kills: rows, files, notes, fates. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, final

import attrs

from tests.crash.record import Sent
from tests.crash.script import Asked, Piece, asked

Row = Mapping[str, Any]
"""A displayed message, as ``GET /api/sessions/{id}/messages`` has it."""
ABSENT: Final = None
DOUBT: Final = "It may or may not have"
"""Both sentences about a call of which nobody knows have these words."""
UNDONE: Final = "was not completed and changed nothing"
"""What is said of a call that a cancellation kept from being made, or whose result it left aside."""


@final
@attrs.frozen
class Fate:
    """What became of a turn, as the ledger has it."""

    state: str
    merged_into: str | None = None
    outcome: str | None = None


@final
@attrs.frozen
class Death:
    """An attempt of a turn that ended because the process was killed."""

    kill: str
    """How, in words."""
    progress: int
    """How far the turn had come, as a number that only grows."""
    own: bool
    """Whether the process died at a named point in what it did for this very turn."""

    def __str__(self) -> str:
        return f"{self.kill}, at mark {self.progress}, {'its own doing' if self.own else 'a bystander'}"


@final
@attrs.frozen(kw_only=True)
class Note:
    """What there is of a note that calls have added lines to."""

    text: str
    indexed: str
    """What a search knows of it."""
    appended: int
    """Changes of it in the history."""


@final
@attrs.frozen(kw_only=True)
class Left:
    """What is left when all is over."""

    rows: Mapping[int, Sequence[Row]]
    """The messages of each conversation, by its number. The last one of a person is the model's to answer."""
    files: Mapping[str, str]
    """By path in home."""
    notes: Mapping[str, Note] = attrs.field(factory=dict[str, "Note"])
    """By name."""
    fates: Mapping[str, Fate]
    """By turn."""
    requests: Sequence[Sequence[Sequence[Piece]]]
    """What the model was sent, in order."""
    log: str
    """All daily logs."""
    deaths: Mapping[str, Sequence[Death]] = attrs.field(factory=dict[str, list[Death]])
    """By turn, in order."""

    @property
    def doubts(self) -> int:
        """Calls of which the model was told that they may or may not have happened."""
        return sum(
            DOUBT in result_of(row)["content"]
            for rows in self.rows.values()
            for row in rows
            if is_a(row, "tool_result")
        )


def rows_of(message: Sent, left: Left) -> list[Row]:
    return [row for row in left.rows.get(message.conversation, ()) if row["content"] == message.text]


def is_a(row: Row, *roles: str) -> bool:
    return row["role"] in roles


def said_by(rows: Iterable[Row], *roles: str) -> str:
    return "\n".join(row["content"] for row in rows if is_a(row, *roles))


def result_of(row: Row) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(row["content"])
    return content


def wanted_by(rows: Iterable[Row]) -> list[Asked]:
    return [call for rounds in asked(said_by(rows, "user")).values() for calls in rounds for call in calls]
