"""The ledger of turns: begin, what the model said, results, followups, end, recovery.

Every function is one transaction. What is done for a turn counts only from the boot and attempt that run it now.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from collections.abc import Iterable
from typing import Final, final

import attrs

from actors.vocabulary import Text

from . import history, outbox, usage
from .encoding import clean
from .messages import (
    Begin,
    Begun,
    EndState,
    Finish,
    Finished,
    Merge,
    Opened,
    RecordCompaction,
    Release,
    SaveCompletion,
    SaveResult,
    StaleAttempt,
    ToolStep,
    Turn,
    UnknownSession,
    UnknownStep,
    UnknownTurn,
)
from .recent import RecentSteps, steps_since
from .rows import OPEN, TURN, said_by, turn_of
from .steps import Step, Writer, result_out

_NEXT: Final = "SELECT coalesce(max(n) + 1, 0) FROM steps WHERE turn_id = ?"
_WAITING: Final = f"{TURN} WHERE session_id = ? AND {OPEN} AND state = 'accepted' ORDER BY seq LIMIT 1"

_NOT_COMPLETED: Final[dict[EndState, str]] = {
    "done": history.NOT_COMPLETED,
    "cancelled": f"The person cancelled the turn. {history.NOT_COMPLETED}",
    "failed": f"The turn failed. {history.NOT_COMPLETED}",
}


def get(connection: sqlite3.Connection, turn: str) -> Turn:
    """One turn. Raises UnknownTurn."""
    row = connection.execute(f"{TURN} WHERE id = ?", (clean(turn),)).fetchone()
    if row is None:
        raise UnknownTurn(turn=turn)
    return turn_of(row)


def recover(connection: sqlite3.Connection, boot: str) -> tuple[Turn, ...]:
    """Hand back what an earlier boot was doing, and list all that is to be done, oldest first."""
    connection.execute(
        f"UPDATE turns SET state = 'accepted' WHERE {OPEN} AND state = 'running' AND boot_id <> ?", (boot,)
    )
    outbox.doubt(connection, boot)
    return tuple(turn_of(row) for row in connection.execute(f"{TURN} WHERE {OPEN} ORDER BY seq"))


def opened(connection: sqlite3.Connection, session: str) -> Opened:
    """What a conversation goes on from. Raises UnknownSession."""
    row = connection.execute("SELECT last_event FROM sessions WHERE id = ?", (clean(session),)).fetchone()
    if row is None:
        raise UnknownSession(session=session)
    return Opened(last_event=row[0], turns=still_open(connection, session))


def still_open(connection: sqlite3.Connection, session: str) -> tuple[Turn, ...]:
    """The accepted and running turns of a conversation, oldest first."""
    rows = connection.execute(f"{TURN} WHERE session_id = ? AND {OPEN} ORDER BY seq", (session,))
    return tuple(map(turn_of, rows))


# --- begin ------------------------------------------------------------------------------------------------


def begin(
    connection: sqlite3.Connection, request: Begin, now: int, recent: RecentSteps
) -> tuple[Begun, bool]:
    """Claim a turn. Raises UnknownTurn.

    Also says whether what it goes on from is there, as it is when little of it has to be read; else :func:`load` adds
    it, which then must not keep other writers waiting.
    """
    begun = _take(connection, request, now)
    if begun.over:
        return begun, True
    summary = _summary(connection, begun.turn.session)
    steps = recent.glance(connection, begun.turn.session, _after(summary))
    return (begun, False) if steps is None else (_with(connection, begun, summary, steps), True)


def _take(connection: sqlite3.Connection, request: Begin, now: int) -> Begun:
    turn = get(connection, request.turn)
    if turn.state not in ("accepted", "running"):
        return Begun(over=True, turn=turn)
    connection.execute(
        "UPDATE turns SET state = 'running', attempt = attempt + 1, boot_id = ? WHERE id = ?",
        (request.boot, turn.id),
    )
    _store_message(connection, turn, now)
    _note_event(connection, turn.session, request.last_event)
    return Begun(over=False, turn=attrs.evolve(turn, state="running", attempt=turn.attempt + 1))


def _store_message(connection: sqlite3.Connection, turn: Turn, now: int) -> None:
    """Make the message of a turn its first step, unless an earlier attempt has done so."""
    if turn.attempt == 0:
        Writer(connection=connection, session=turn.session, turn=turn.id, now=now).user(0, (said_by(turn),))


def load(connection: sqlite3.Connection, begun: Begun, recent: RecentSteps) -> Begun:
    """Add to a claimed turn what it goes on from."""
    summary = _summary(connection, begun.turn.session)
    return _with(connection, begun, summary, recent.since(connection, begun.turn.session, _after(summary)))


def _with(
    connection: sqlite3.Connection, begun: Begun, summary: history.Summary | None, steps: Iterable[Step]
) -> Begun:
    turn = begun.turn
    found = history.derive(steps, summary=summary, running=turn.id)
    next_step, iteration = connection.execute(
        "SELECT max(n) + 1, count(*) FILTER (WHERE kind = 'assistant') FROM steps WHERE turn_id = ?",
        (turn.id,),
    ).fetchone()
    (context_tokens,) = connection.execute(
        "SELECT context_tokens FROM sessions WHERE id = ?", (turn.session,)
    ).fetchone()
    return attrs.evolve(
        begun,
        history=found.messages,
        open_calls=found.open_calls,
        next_step=next_step,
        iteration=iteration,
        context_tokens=context_tokens,
    )


def _summary(connection: sqlite3.Connection, session: str) -> history.Summary | None:
    """What the last compaction has put in the place of older steps."""
    row = connection.execute(
        "SELECT summary, first_step FROM compactions WHERE session_id = ? ORDER BY id DESC LIMIT 1",
        (session,),
    ).fetchone()
    return None if row is None else history.Summary(*row)


def _after(summary: history.Summary | None) -> int:
    """Id of the first step that a summary does not stand for."""
    return 0 if summary is None else summary.until


# --- while it runs ----------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class _Claim:
    """A turn held by the boot and attempt that ask."""

    session: str
    user: str
    next_step: int


def _claim(
    connection: sqlite3.Connection, request: SaveCompletion | SaveResult | Merge | Release | Finish
) -> _Claim:
    """The fence of G22. Raises UnknownTurn or StaleAttempt."""
    row = connection.execute(
        f"SELECT session_id, user_id, state, attempt, boot_id, ({_NEXT}) FROM turns WHERE id = ?",
        (request.turn, request.turn),
    ).fetchone()
    if row is None:
        raise UnknownTurn(turn=request.turn)
    session, user, state, attempt, boot, next_step = row
    if (state, attempt, boot) != ("running", request.attempt, request.boot):
        raise StaleAttempt(turn=request.turn)
    return _Claim(session=session, user=user, next_step=next_step)


def _note_event(connection: sqlite3.Connection, session: str, last_event: int) -> None:
    connection.execute(
        "UPDATE sessions SET last_event = ? WHERE id = ? AND last_event < ?",
        (last_event, session, last_event),
    )


def save_completion(
    connection: sqlite3.Connection, request: SaveCompletion, now: int
) -> tuple[ToolStep, ...]:
    """Store one answer of the model and its calls as intents. Raises StaleAttempt."""
    claim = _claim(connection, request)
    writer = Writer(connection=connection, session=claim.session, turn=request.turn, now=now)
    writer.assistant(claim.next_step, request.content)
    writer.calls(claim.next_step + 1, request.calls)
    usage.record(connection, claim.session, request.turn, claim.user, request.usage, now)
    _note_event(connection, claim.session, request.last_event)
    return tuple(
        ToolStep(n=n, call=call, effect=effect, state="intent")
        for n, (call, effect) in enumerate(request.calls, claim.next_step + 1)
    )


def save_result(connection: sqlite3.Connection, request: SaveResult, now: int) -> None:
    """Store the result of one call, once. Raises StaleAttempt or UnknownStep."""
    claim = _claim(connection, request)
    updated = connection.execute(
        "UPDATE steps SET state = 'done', result = ?, is_error = ?, ended_at = ?"
        " WHERE turn_id = ? AND n = ? AND state = 'intent'",
        (result_out(request.content, request.attachments), request.is_error, now, request.turn, request.n),
    )
    if updated.rowcount == 0 and not _is_call(connection, request.turn, request.n):
        raise UnknownStep(turn=request.turn, n=request.n)
    _note_event(connection, claim.session, request.last_event)


def _is_call(connection: sqlite3.Connection, turn: str, n: int) -> bool:
    found = connection.execute("SELECT kind FROM steps WHERE turn_id = ? AND n = ?", (turn, n)).fetchone()
    return found is not None and found[0] == "tool"


def merge(connection: sqlite3.Connection, request: Merge, now: int) -> tuple[Turn, ...]:
    """Take followups into a running turn, as one step. Raises StaleAttempt.

    Only turns that never ran are taken in: the message of one that did is a step already.
    """
    claim = _claim(connection, request)
    rows = connection.execute(
        f"SELECT turn.* FROM json_each(?) AS wanted JOIN ({TURN}) AS turn ON turn.id = wanted.value"
        " WHERE turn.session_id = ? AND turn.state = 'accepted' AND turn.attempt = 0 ORDER BY wanted.key",
        (json.dumps(list(dict.fromkeys(request.followups))), claim.session),
    )
    taken = [turn_of(row) for row in rows]
    if taken:
        writer = Writer(connection=connection, session=claim.session, turn=request.turn, now=now)
        writer.user(claim.next_step, map(said_by, taken))
        connection.executemany(
            "UPDATE turns SET state = 'merged', merged_into = ?, finished_at = ? WHERE id = ?",
            [(request.turn, now, turn.id) for turn in taken],
        )
        _note_event(connection, claim.session, request.last_event)
    return tuple(attrs.evolve(turn, state="merged", merged_into=request.turn) for turn in taken)


def release(connection: sqlite3.Connection, request: Release) -> None:
    """Hand a turn back at an orderly stop. Raises UnknownTurn, StaleAttempt."""
    claim = _claim(connection, request)
    connection.execute(
        "UPDATE turns SET state = 'accepted', released = released + 1 WHERE id = ?", (request.turn,)
    )
    _note_event(connection, claim.session, request.last_event)


def record_compaction(connection: sqlite3.Connection, request: RecordCompaction, now: int) -> None:
    """Store a summary with the step it reaches to. Raises UnknownTurn."""
    turn = get(connection, request.turn)
    if request.usage is not None:
        usage.record(connection, turn.session, turn.id, turn.user, request.usage, now, purpose="compaction")
    if request.messages_compacted < 1:
        return
    summary = _summary(connection, turn.session)
    steps = steps_since(connection, turn.session, _after(summary))
    found = history.derive(steps, summary=summary, running=turn.id)
    (last_step,) = connection.execute(
        "SELECT coalesce(max(id), 0) FROM steps WHERE session_id = ?", (turn.session,)
    ).fetchone()
    connection.execute(
        "INSERT INTO compactions (session_id, turn_id, at, trigger, pre_tokens, summary, messages_compacted,"
        " first_step, last_step) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            turn.session,
            turn.id,
            now,
            request.trigger,
            request.pre_tokens,
            clean(request.summary),
            request.messages_compacted,
            history.boundary(found, request.messages_compacted),
            last_step,
        ),
    )
    connection.execute("UPDATE sessions SET context_tokens = 0 WHERE id = ?", (turn.session,))


# --- end --------------------------------------------------------------------------------------------------


def finish(connection: sqlite3.Connection, request: Finish, now: int) -> tuple[Turn, Finished]:
    """End a turn, and say which waits in its conversation. Raises UnknownTurn or StaleAttempt."""
    turn = get(connection, request.turn)
    if turn.state != request.state:
        _end(connection, request, turn, now)
    row = connection.execute(_WAITING, (turn.session,)).fetchone()
    return turn, Finished(next=None if row is None else turn_of(row))


def _end(connection: sqlite3.Connection, request: Finish, turn: Turn, now: int) -> None:
    if turn.state == "accepted" and turn.attempt == request.attempt:
        _store_message(connection, turn, now)
        (n,) = connection.execute(_NEXT, (turn.id,)).fetchone()
    else:
        n = _claim(connection, request).next_step
    connection.execute(
        "UPDATE steps SET state = 'done', result = ?, is_error = 1, ended_at = ?"
        " WHERE turn_id = ? AND state = 'intent'",
        (result_out((Text(text=_NOT_COMPLETED[request.state]),)), now, turn.id),
    )
    writer = Writer(connection=connection, session=turn.session, turn=turn.id, now=now)
    if request.content:
        writer.assistant(n, request.content)
        n += 1
    if request.notice is not None:
        writer.notice(n, request.notice)
    if request.usage is not None:
        usage.record(connection, turn.session, turn.id, turn.user, request.usage, now)
    outbox.push(connection, turn.id, request.pushes, now)
    connection.execute(
        "UPDATE turns SET state = ?, outcome = ?, finished_at = ? WHERE id = ?",
        (request.state, request.outcome, now, turn.id),
    )
    _note_event(connection, turn.session, request.last_event)
