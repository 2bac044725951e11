"""The session store on a real file, without actor or bus, with a clock that ticks once an operation."""

import itertools
import pathlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, final

from actors.context import Expansion
from actors.session import accept, attempts, endings, history, outbox, recent, revising, sessions, turns
from actors.session.accept import Fresh
from actors.session.actor import MIGRATIONS
from actors.session.messages import (
    Accepted,
    AwaitStep,
    Begin,
    BeginStep,
    Begun,
    Cancellation,
    CancelTurn,
    ChannelPolicy,
    Choose,
    EndState,
    Finish,
    Finished,
    Incoming,
    Merge,
    Message,
    Messages,
    RecordCompaction,
    Recover,
    Release,
    SaveCompletion,
    SaveResult,
    Session,
    ToolStep,
    Turn,
)
from actors.storage import micros, numbered
from actors.storage.database import Database
from actors.tooling import Effect
from actors.transcript import Transcript
from actors.vocabulary import ADMIN, Block, ChatMessage, Text, ToolResult, ToolUse, Usage
from tests.fakes.databases import session_database

T = TypeVar("T")
P = ParamSpec("P")

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PUSHING = frozenset({"telegram"})
_MIGRATIONS = numbered(MIGRATIONS)
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
        (folder / "0").mkdir(exist_ok=True)
        self.connection = self._open()
        self.recent = recent.RecentHistories(capacity=10_000)
        self.expansion: Expansion | None = None
        """What the words of the next messages call up."""

    def _open(self) -> sqlite3.Connection:
        path = session_database(self._folder / str(self._kills) / "session.db")
        return Database(path=path, migrations=_MIGRATIONS, synchronous="OFF", busy_timeout=1.0).open_writer()

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
        self.recent = recent.RecentHistories(capacity=10_000)

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
        fresh = self._fresh()
        said: dict[str, Any] = {"text": text, "user": ADMIN, **fields}
        incoming = Incoming(**said)
        policy = ChannelPolicy(incoming.channel, gap=gap)
        return self.run(
            accept.accept, incoming, self.expansion, now=micros(self.now), policy=policy, fresh=fresh
        )

    def _fresh(self) -> Fresh:
        n = next(self._numbers)
        return Fresh(session=f"session-{n}", turn=f"turn-{n}", key=f"key-{n}")

    def revise(self, turn: str, text: str = "in other words", **fields: Any) -> Accepted:
        """Store another version of the message of a turn."""
        said: dict[str, Any] = {"text": text, "user": ADMIN, **fields}
        return self.run(
            revising.revise,
            Incoming(**said),
            self.expansion,
            turn=turn,
            now=micros(self.now),
            fresh=self._fresh(),
        )

    def choose(self, turn: str, user: str = ADMIN) -> str:
        """Go on from a version; with which turn the path ends then."""
        return self.run(revising.choose, Choose(turn=turn, user=user)).turn

    def begin(self, turn: str, **fields: Any) -> Begun:
        """Claim a turn and read what it goes on from; a kill in between leaves it claimed."""
        request = Begin(turn=turn, boot=self.boot, **fields)
        found = self.run(attempts.begin, request, micros(self.now), self.recent)
        if isinstance(found, attempts.Beginning):
            unread, begun, done = attempts.read(self.connection, found, self.recent)
            if found.unread is not None:
                assert attempts.understand(found, found.unread) == (begun, done)
            self.recent.keep(unread, done)
            found = begun
        if isinstance(found, Begun):
            return found
        return self.run(attempts.carry_out, found, micros(self.now), PUSHING)

    def transcript(self, session: str) -> Transcript:
        """What a new turn of the conversation would go on from, less its own message."""
        unread = recent.RecentHistories().unread(self.connection, session)
        return history.derive(unread.known, recent.steps_in(unread.rows))[0].transcript

    def history(self, session: str) -> tuple[ChatMessage, ...]:
        """Its messages."""
        return self.transcript(session).messages

    def complete(
        self,
        turn: str,
        *said: Block | str,
        calls: Sequence[str] = (),
        attempt: int = 1,
        usage: Usage = USAGE,
        effect: Effect = "pure",
        saying: Sequence[str] = (),
        **fields: Any,
    ) -> tuple[ToolStep, ...]:
        """Store an answer; each of `calls` is the id of one."""
        request = SaveCompletion(
            turn=turn,
            boot=fields.pop("boot", self.boot),
            attempt=attempt,
            iteration=fields.pop("iteration", None) or self.completions(turn) + 1,
            content=tuple(Text(text=block) if isinstance(block, str) else block for block in said),
            calls=tuple((ToolUse(id=call, name="FileRead", input={"path": call}), effect) for call in calls),
            usage=usage,
            last_event=fields.pop("last_event", 0),
            **fields,
        )
        return self.run(turns.save_completion, request, micros(self.now), saying)[0].calls

    def completions(self, turn: str) -> int:
        """How many are stored of a turn."""
        query = "SELECT count(*) FROM steps WHERE turn_id = ? AND kind = 'assistant'"
        return int(self.connection.execute(query, (turn,)).fetchone()[0])

    def begin_step(self, turn: str, n: int, *, attempt: int = 1, **fields: Any) -> None:
        request = BeginStep(turn=turn, boot=self.boot, attempt=attempt, n=n, **fields)
        self.run(turns.begin_step, request, micros(self.now))

    def await_step(self, turn: str, n: int, *, attempt: int = 1) -> None:
        self.run(turns.await_step, AwaitStep(turn=turn, boot=self.boot, attempt=attempt, n=n))

    def release(self, turn: str, *, attempt: int = 1) -> None:
        request = Release(turn=turn, boot=self.boot, attempt=attempt, last_event=0)
        self.run(attempts.release, request)

    def cancel(self, turn: str, user: str = ADMIN) -> Cancellation:
        request = CancelTurn(turn=turn, user=user)
        return self.run(endings.cancel, request, micros(self.now), PUSHING)

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
            last_event=fields.pop("last_event", 0),
        )
        return self.run(turns.merge, request, micros(self.now)).turns

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
        return self.run(endings.finish, request, micros(self.now), PUSHING)

    def compact(self, turn: Turn, messages: int, summary: str = "the story so far") -> None:
        """Replace the first messages of a conversation, of which one is left in any case."""
        starts = self.transcript(turn.session).starts
        request = RecordCompaction(
            turn=turn.id,
            until=starts[min(messages, len(starts) - 1)],
            trigger="auto",
            pre_tokens=150_000,
            summary=summary,
            messages_compacted=messages,
        )
        self.run(turns.record_compaction, request, micros(self.now))

    def recover(self, *culprits: str, doing: str = "x.Work@1") -> tuple[Turn, ...]:
        """What the next process does first; it is known whose code ran when the one before died."""
        of_boot = f"boot-{self._kills - 1}"
        request = Recover(boot=self.boot, of_boot=of_boot, culprits=dict.fromkeys(culprits, doing))
        self.run(outbox.doubt, request.boot, micros(self.now))
        return self.run(attempts.recover, request)

    def turn(self, turn: str) -> Turn:
        return turns.get(self.connection, turn)

    def session(self, session: str) -> Session:
        return sessions.get(self.connection, session, self.owner(session))

    def owner(self, session: str) -> str:
        query = "SELECT user_id FROM sessions WHERE id = ?"
        row = self.connection.execute(query, (session,)).fetchone()
        return ADMIN if row is None else str(row[0])

    def displayed(self, session: str, **fields: Any) -> tuple[Message, ...]:
        wanted: dict[str, Any] = {"session": session, "user": self.owner(session), **fields}
        return sessions.messages(self.connection, Messages(**wanted))

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
            assert set(kinds) - {"thinking"}, f"message {n} only thinks"
            calls = [kind == "tool_use" for kind in kinds]
            assert calls == sorted(calls), f"message {n} has words behind its calls"
    if history and history[-1].role == "assistant":
        asked = {block.id for block in history[-1].content if isinstance(block, ToolUse)}
        assert asked <= set(open_calls), f"calls without results end the history: {asked}"
