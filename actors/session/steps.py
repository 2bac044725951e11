"""The steps of a conversation: as values, and as rows of the ledger."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, final

import attrs

from actors.storage import clean
from actors.tooling import Effect
from actors.vocabulary import Attachment, Block, Content, Origin, Text, ToolUse
from bus import Data

from .encoding import attachments_in, attachments_out, blocks_in, blocks_out, dump, load, origins_out


@final
@attrs.frozen(kw_only=True)
class Said(Data):
    """One message of a person."""

    turn: str
    text: str
    attachments: tuple[Attachment, ...]
    at: int
    """When it was accepted, in microseconds since 1970."""
    expansion: str | None = None
    """What the model gets instead of the text."""


@final
@attrs.frozen(kw_only=True)
class UserStep(Data):
    """The message a turn began with, or the followups it took in."""

    id: int
    turn: str
    at: int
    said: tuple[Said, ...]
    damaged: bool = False
    """Whether it could not be read, so that :data:`LOST` stands for what it said; likewise of the other kinds."""


@final
@attrs.frozen(kw_only=True)
class AssistantStep(Data):
    """What the model said in one completion, without its calls; those are the steps that follow."""

    id: int
    turn: str
    at: int
    content: tuple[Block, ...]
    damaged: bool = False


@final
@attrs.frozen(kw_only=True)
class Result(Data):
    content: tuple[Content, ...]
    is_error: bool
    attachments: tuple[Attachment, ...]
    """Files the tool handed to the person."""
    at: int
    diff: str = ""
    """What it changed in a text."""


@final
@attrs.frozen(kw_only=True)
class CallStep(Data):
    """A tool call; `result` is None while it is not done."""

    id: int
    turn: str
    at: int
    n: int
    call: ToolUse
    effect: Effect
    state: Literal["intent", "awaiting", "begun"]
    """How far it had come when `result` is None."""
    result: Result | None
    damaged: bool = False


@final
@attrs.frozen(kw_only=True)
class NoticeStep(Data):
    """A sentence to the person that the model never sees."""

    id: int
    turn: str
    at: int
    text: str
    damaged: bool = False


HeadStep = UserStep | AssistantStep | NoticeStep
Step = HeadStep | CallStep


@final
@attrs.frozen
class Group(Data):
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

COLUMNS: Final = """
steps.id, steps.turn_id, n, kind, state, content, call_id, tool, effect, result, is_error, started_at, ended_at
"""
"""What :func:`step_of` reads of a row of ``steps``."""

LOST: Final = "[This part of the conversation cannot be read any more]"
"""Stands for what a damaged row held, so that it costs nobody the rest."""

_INSERT: Final = """
INSERT INTO steps (session_id, turn_id, n, kind, state, content, call_id, tool, effect, started_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def step_of(row: sqlite3.Row) -> Step:
    """A row, with the columns of :data:`COLUMNS`, as the value it stands for."""
    try:
        return _read(row)
    except Exception:  # noqa: BLE001 - whatever damage does to a decoder, it stays with the row
        return _lost(row)


def _read(row: sqlite3.Row) -> Step:
    same: dict[str, Any] = {"id": row["id"], "turn": row["turn_id"], "at": row["started_at"]}
    match row["kind"]:
        case "user":
            return UserStep(said=tuple(map(_said_in, load(row["content"]))), **same)
        case "assistant":
            return AssistantStep(content=blocks_in(load(row["content"])), **same)
        case "notice":
            return NoticeStep(text=row["content"], **same)
        case _:
            (call,) = blocks_in((load(row["content"]),))
            result = None if row["result"] is None else _result_in(row)
            return CallStep(
                n=row["n"], call=call, effect=row["effect"], state=row["state"], result=result, **same
            )


def _lost(row: sqlite3.Row) -> Step:
    """What is known of a damaged step without what it holds."""
    same: dict[str, Any] = {"id": row["id"], "turn": row["turn_id"], "at": row["started_at"], "damaged": True}
    match row["kind"]:
        case "user":
            said = Said(turn=row["turn_id"], text=LOST, attachments=(), at=row["started_at"])
            return UserStep(said=(said,), **same)
        case "assistant":
            return AssistantStep(content=(Text(text=LOST),), **same)
        case _:
            call = ToolUse(id=row["call_id"], name=row["tool"], input={})
            result = Result(
                content=(Text(text=LOST),),
                is_error=bool(row["is_error"]),
                attachments=(),
                at=row["ended_at"] or row["started_at"],
            )
            return CallStep(
                n=row["n"],
                call=call,
                effect=row["effect"],
                state=row["state"],
                result=None if row["result"] is None else result,
                **same,
            )


def _said_in(value: dict[str, Any]) -> Said:
    return Said(
        turn=value["turn"],
        text=value["text"],
        attachments=attachments_in(value["attachments"]),
        at=value["at"],
        expansion=value.get("expansion"),
    )


def _result_in(row: sqlite3.Row) -> Result:
    value = load(row["result"])
    return Result(
        content=blocks_in(value["content"]),
        is_error=bool(row["is_error"]),
        attachments=attachments_in(value["attachments"]),
        diff=value.get("diff", ""),
        at=row["ended_at"],
    )


def result_out(
    content: Iterable[Content],
    attachments: Iterable[Attachment] = (),
    diff: str = "",
    origins: Iterable[Origin] = (),
) -> str:
    """The ``result`` column of a tool call."""
    value = {"content": blocks_out(content), "attachments": attachments_out(attachments)}
    kept = origins_out(origins)
    return dump({**value, **({"diff": diff} if diff else {}), **({"origins": kept} if kept else {})})


@final
@attrs.frozen(kw_only=True)
class Writer(Data):
    """Adds steps to one turn, numbered from `n`, all at the time `now`."""

    connection: sqlite3.Connection
    session: str
    turn: str
    now: int

    def user(self, n: int, said: Iterable[Said]) -> int:
        """Store messages of the person; the id of the new step."""
        content = [
            {
                "turn": message.turn,
                "text": message.text,
                "attachments": attachments_out(message.attachments),
                "at": message.at,
                **({} if message.expansion is None else {"expansion": message.expansion}),
            }
            for message in said
        ]
        return self._insert(n, "user", dump(content))

    def assistant(self, n: int, content: Iterable[Block]) -> int:
        """Store what the model said; the id of the new step."""
        return self._insert(n, "assistant", dump(blocks_out(content)))

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

    def _insert(self, n: int, kind: str, content: str) -> int:
        row = (self.session, self.turn, n, kind, "done", content, None, None, None, self.now, self.now)
        return int(self.connection.execute(f"{_INSERT} RETURNING id", row).fetchone()[0])
