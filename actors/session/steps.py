"""The steps of a conversation: as values, and as rows of the ledger."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, final

import attrs

from actors.vocabulary import Attachment, Block, Image, Text, ToolUse

from .encoding import attachments_in, attachments_out, blocks_in, blocks_out, clean, dump
from .messages import Effect


@final
@attrs.frozen(kw_only=True)
class Said:
    """One message of a person."""

    turn: str
    text: str
    attachments: tuple[Attachment, ...]
    at: int
    """When it was accepted, in microseconds since 1970."""


@final
@attrs.frozen(kw_only=True)
class UserStep:
    """The message a turn began with, or the followups it took in."""

    id: int
    turn: str
    at: int
    said: tuple[Said, ...]


@final
@attrs.frozen(kw_only=True)
class AssistantStep:
    """What the model said in one completion, without its calls; those are the steps that follow."""

    id: int
    turn: str
    at: int
    content: tuple[Block, ...]


@final
@attrs.frozen(kw_only=True)
class Result:
    content: tuple[Text | Image, ...]
    is_error: bool
    attachments: tuple[Attachment, ...]
    """Files the tool handed to the person."""
    at: int


@final
@attrs.frozen(kw_only=True)
class CallStep:
    """A tool call; `result` is None while it is an intent."""

    id: int
    turn: str
    at: int
    n: int
    call: ToolUse
    effect: Effect
    result: Result | None


@final
@attrs.frozen(kw_only=True)
class NoticeStep:
    """A sentence to the person that the model never sees."""

    id: int
    turn: str
    at: int
    text: str


HeadStep = UserStep | AssistantStep | NoticeStep
Step = HeadStep | CallStep


@final
@attrs.frozen
class Group:
    """A step with the tool calls that belong to it. They are stored in one commit, so nothing comes between."""

    head: HeadStep
    calls: tuple[CallStep, ...] = ()


def groups(steps: Iterable[Step]) -> Iterator[Group]:
    """Gather the calls behind the completion that made them."""
    head: HeadStep | None = None
    calls: list[CallStep] = []
    for step in steps:
        if isinstance(step, CallStep):
            calls.append(step)
            continue
        if head is not None:
            yield Group(head, tuple(calls))
        head, calls = step, []
    if head is not None:
        yield Group(head, tuple(calls))


# --- rows -------------------------------------------------------------------------------------------------

COLUMNS: Final = "id, turn_id, n, kind, content, effect, result, is_error, started_at, ended_at"
"""What :func:`step_of` reads of a row of ``steps``."""

_INSERT: Final = """
INSERT INTO steps (session_id, turn_id, n, kind, state, content, call_id, tool, effect, started_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def step_of(row: Sequence[Any]) -> Step:
    """A row, the columns of :data:`COLUMNS`, as the value it stands for."""
    identity, turn, n, kind, content, effect, result, is_error, at, ended = row
    match kind:
        case "user":
            return UserStep(id=identity, turn=turn, at=at, said=tuple(map(_said_in, json.loads(content))))
        case "assistant":
            return AssistantStep(id=identity, turn=turn, at=at, content=blocks_in(json.loads(content)))
        case "notice":
            return NoticeStep(id=identity, turn=turn, at=at, text=content)
        case _:
            (call,) = blocks_in((json.loads(content),))
            found = None if result is None else _result_in(json.loads(result), bool(is_error), ended)
            return CallStep(id=identity, turn=turn, at=at, n=n, call=call, effect=effect, result=found)


def _said_in(value: dict[str, Any]) -> Said:
    return Said(
        turn=value["turn"],
        text=value["text"],
        attachments=attachments_in(value["attachments"]),
        at=value["at"],
    )


def _result_in(value: dict[str, Any], is_error: bool, at: int) -> Result:  # noqa: FBT001 - a column
    return Result(
        content=blocks_in(value["content"]),
        is_error=is_error,
        attachments=attachments_in(value["attachments"]),
        at=at,
    )


def result_out(content: Iterable[Text | Image], attachments: Iterable[Attachment] = ()) -> str:
    """The ``result`` column of a tool call."""
    return dump({"content": blocks_out(content), "attachments": attachments_out(attachments)})


@final
@attrs.frozen(kw_only=True)
class Writer:
    """Adds steps to one turn, numbered from `n`, all at the time `now`."""

    connection: sqlite3.Connection
    session: str
    turn: str
    now: int

    def user(self, n: int, said: Iterable[Said]) -> None:
        """Store messages of the person."""
        content = [
            {
                "turn": message.turn,
                "text": message.text,
                "attachments": attachments_out(message.attachments),
                "at": message.at,
            }
            for message in said
        ]
        self._insert(n, "user", dump(content))

    def assistant(self, n: int, content: Iterable[Block]) -> None:
        """Store what the model said."""
        self._insert(n, "assistant", dump(blocks_out(content)))

    def notice(self, n: int, text: str) -> None:
        """Store a sentence to the person."""
        self._insert(n, "notice", clean(text))

    def calls(self, n: int, calls: Iterable[tuple[ToolUse, Effect]]) -> None:
        """Store tool calls as intents."""
        rows = [
            (
                self.session,
                self.turn,
                number,
                "tool",
                "intent",
                dump(blocks_out((call,))[0]),
                clean(call.id),
                clean(call.name),
                effect,
                self.now,
                None,
            )
            for number, (call, effect) in enumerate(calls, n)
        ]
        self.connection.executemany(_INSERT, rows)

    def _insert(self, n: int, kind: str, content: str) -> None:
        row = (self.session, self.turn, n, kind, "done", content, None, None, None, self.now, self.now)
        self.connection.execute(_INSERT, row)
