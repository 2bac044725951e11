"""The session store on a real file, without actor or bus, with a clock that ticks once an operation."""

import itertools
import pathlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, final

from actors.session import accept, history, recent, sessions, turns
from actors.session.actor import MIGRATIONS
from actors.session.encoding import micros
from actors.session.messages import (
    Accept,
    Accepted,
    Begin,
    Begun,
    EndState,
    Finish,
    Finished,
    Merge,
    Message,
    Messages,
    RecordCompaction,
    SaveCompletion,
    SaveResult,
    Session,
    ToolStep,
    Turn,
)
from actors.storage import numbered
from actors.storage.database import Database
from actors.vocabulary import Block, ChatMessage, Text, ToolResult, ToolUse, Usage

T = TypeVar("T")
P = ParamSpec("P")

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
USAGE = Usage(model="test/one", input_tokens=10, output_tokens=5, cost_usd=0.01)


class Killed(Exception):
    """The process was killed before the commit."""


@final
class Ledger:
    """One database file and what is done to it. `boot` is the process that does it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.boot = "boot-0"
        self.now = START
        self._folder = folder
        self._numbers = itertools.count(1)
        self._kills = 0
        self._doomed = False
        self.connection = self._open()
        self.recent = recent.RecentSteps(capacity=10_000)

    def _open(self) -> sqlite3.Connection:
        path = self._folder / str(self._kills) / "session.db"
        return Database(
            path=path, migrations=numbered(MIGRATIONS), synchronous="OFF", busy_timeout=1.0
        ).open_writer()

    def close(self) -> None:
        self.connection.close()

    def kill(self) -> None:
        """Go on from the files as they are now, in another process; nothing was closed or checkpointed before."""
        old = self._folder / str(self._kills)
        self._kills += 1
        shutil.copytree(old, self._folder / str(self._kills))
        self.connection.close()
        shutil.rmtree(old)
        self.connection = self._open()
        self.boot = f"boot-{self._kills}"
        self.recent = recent.RecentSteps(capacity=10_000)

    def doom(self) -> None:
        """Let the next operation be killed just before its commit; it raises Killed."""
        self._doomed = True

    def run(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, undone when it raises."""
        self.now += timedelta(seconds=1)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            value = fn(self.connection, *args, **kwargs)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        finally:
            doomed, self._doomed = self._doomed, False
        if doomed:
            self.kill()
            raise Killed
        self.connection.execute("COMMIT")
        return value

    def accept(self, text: str = "hello", *, gap: timedelta | None = None, **fields: Any) -> Accepted:
        n = next(self._numbers)
        fresh = accept.Fresh(session=f"session-{n}", turn=f"turn-{n}", key=f"key-{n}")
        request = Accept(text=text, **fields)
        return self.run(accept.accept, request, now=micros(self.now), gap=gap, fresh=fresh)

    def begin(self, turn: str) -> Begun:
        request = Begin(turn=turn, boot=self.boot)
        begun, loaded = self.run(turns.begin, request, micros(self.now), self.recent)
        return begun if loaded else self.run(turns.load, begun, self.recent)

    def history(self, session: str) -> tuple[ChatMessage, ...]:
        """What a new turn of the conversation would go on from, less its own message."""
        summary = turns._summary(self.connection, session)
        steps = recent.steps_since(self.connection, session, turns._after(summary))
        return history.derive(steps, summary=summary).messages

    def complete(
        self,
        turn: str,
        *said: Block | str,
        calls: Sequence[str] = (),
        attempt: int = 1,
        usage: Usage = USAGE,
        **fields: Any,
    ) -> tuple[ToolStep, ...]:
        """Store an answer; each of `calls` is the id of one."""
        request = SaveCompletion(
            turn=turn,
            boot=fields.pop("boot", self.boot),
            attempt=attempt,
            content=tuple(Text(text=block) if isinstance(block, str) else block for block in said),
            calls=tuple((ToolUse(id=call, name="FileRead", input={"path": call}), "pure") for call in calls),
            usage=usage,
            last_event=fields.pop("last_event", 0),
        )
        return self.run(turns.save_completion, request, micros(self.now))

    def result(self, turn: str, n: int, text: str = "found", *, attempt: int = 1, **fields: Any) -> None:
        request = SaveResult(
            turn=turn,
            boot=fields.pop("boot", self.boot),
            attempt=attempt,
            n=n,
            content=fields.pop("content", (Text(text=text),)),
            is_error=fields.pop("is_error", False),
            last_event=fields.pop("last_event", 0),
            **fields,
        )
        self.run(turns.save_result, request, micros(self.now))

    def merge(self, turn: str, *followups: str, attempt: int = 1, **fields: Any) -> tuple[Turn, ...]:
        request = Merge(
            turn=turn,
            boot=fields.pop("boot", self.boot),
            attempt=attempt,
            followups=followups,
            iteration=1,
            last_event=fields.pop("last_event", 0),
        )
        return self.run(turns.merge, request, micros(self.now))

    def finish(
        self,
        turn: str,
        *said: Block | str,
        state: EndState = "done",
        attempt: int = 1,
        **fields: Any,
    ) -> Finished:
        request = Finish(
            turn=turn,
            boot=fields.pop("boot", self.boot),
            attempt=attempt,
            state=state,
            outcome=fields.pop("outcome", "success"),
            content=tuple(Text(text=block) if isinstance(block, str) else block for block in said),
            last_event=fields.pop("last_event", 0),
            **fields,
        )
        return self.run(turns.finish, request, micros(self.now))[1]

    def compact(self, turn: Turn, messages: int, summary: str = "the story so far") -> None:
        request = RecordCompaction(
            session=turn.session,
            turn=turn.id,
            trigger="auto",
            pre_tokens=150_000,
            summary=summary,
            messages_compacted=messages,
        )
        self.run(turns.record_compaction, request, micros(self.now))

    def recover(self) -> tuple[Turn, ...]:
        return self.run(turns.recover, self.boot)

    def turn(self, turn: str) -> Turn:
        return turns.get(self.connection, turn)

    def session(self, session: str) -> Session:
        return sessions.get(self.connection, session, None)

    def displayed(self, session: str, **fields: Any) -> tuple[Message, ...]:
        return sessions.messages(self.connection, Messages(session=session, user=None, **fields))

    def shown(self, session: str) -> list[tuple[str, str]]:
        """Roles and contents of the displayed rows."""
        return [(message.role, message.content) for message in self.displayed(session)]


def spoken(history: Sequence[ChatMessage]) -> list[tuple[str, list[str]]]:
    """A history in short: the role of each message, and its blocks as ``text``, ``!call`` or ``=result``."""
    return [(message.role, [_short(block) for block in message.content]) for message in history]


def _short(block: Block) -> str:
    match block:
        case ToolUse():
            return f"!{block.id}"
        case ToolResult():
            return f"={block.tool_use_id}"
        case Text():
            return block.text
        case _:
            return block.type


def check_valid(history: Sequence[ChatMessage], open_calls: Sequence[str] = ()) -> None:
    """Raise AssertionError unless a provider would take this history."""
    assert [message.role for message in history] == [
        ("user", "assistant")[n % 2] for n in range(len(history))
    ]
    for n, message in enumerate(history):
        assert message.content, f"message {n} is empty"
        kinds = [block.type for block in message.content]
        assert not any(isinstance(block, Text) and not block.text.strip() for block in message.content)
        results = [block.tool_use_id for block in message.content if isinstance(block, ToolResult)]
        before = history[n - 1].content if n else ()
        expected = [block.id for block in before if isinstance(block, ToolUse)]
        if n == len(history) - 1 and open_calls:
            expected = [call for call in expected if call not in open_calls]
        assert results == expected, f"message {n} answers {results}, asked was {expected}"
        assert "tool_result" not in kinds[len(results) :], f"message {n} has results behind other blocks"
        if message.role == "assistant":
            assert set(kinds) - {"thinking", "redacted_thinking"}, f"message {n} only thinks"
            calls = [kind == "tool_use" for kind in kinds]
            assert calls == sorted(calls), f"message {n} has words behind its calls"
    if history and history[-1].role == "assistant":
        asked = {block.id for block in history[-1].content if isinstance(block, ToolUse)}
        assert asked <= set(open_calls), f"calls without results end the history: {asked}"
