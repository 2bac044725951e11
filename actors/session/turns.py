"""What is stored while a turn runs: what the model said, its calls and their results, followups, summaries.

Every function is one transaction, and done twice is done once.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from collections.abc import Collection

import attrs

from actors.storage import clean, moment
from actors.vocabulary import Channel

from . import audit, outbox, told, usage
from .claims import Claim, claimed, note_event
from .messages import (
    Amend,
    AwaitStep,
    BeginStep,
    GetWhole,
    Merge,
    Merged,
    RecordCompaction,
    SaveCompletion,
    Saved,
    SaveResult,
    ToolStep,
    Turn,
    UnknownStep,
    UnknownTurn,
)
from .rows import LISTED_TURN, TURN, is_expanded, said_by, turn_of, turns_of
from .steps import result_out


def get(connection: sqlite3.Connection, turn: str, user: str | None = None) -> Turn:
    """One turn, of this user if one is named. Raises UnknownTurn."""
    row = connection.execute(f"{TURN} WHERE turns.id = ?", (clean(turn),)).fetchone()
    if row is None or user not in {None, row["user_id"]}:
        raise UnknownTurn(turn=turn)
    return turn_of(row)


def whole(connection: sqlite3.Connection, request: GetWhole) -> tuple[Turn, ...]:
    """One turn with those that joined it. Raises UnknownTurn."""
    turn = get(connection, request.turn, request.user)
    joined = connection.execute(f"{LISTED_TURN} WHERE merged_into = ? ORDER BY seq", (turn.id,))
    return (turn, *turns_of(joined))


def save_completion(
    connection: sqlite3.Connection, request: SaveCompletion, now: int, saying: Collection[Channel] = ()
) -> tuple[Saved, Channel | None]:
    """Store one answer of the model and its calls as intents. Raises StaleAttempt.

    On channels that are `saying` so, what it says is to be sent at once; the channel that has something to send.
    """
    claim = claimed(connection, request)
    stored = connection.execute(
        "SELECT id, n FROM steps WHERE turn_id = ? AND kind = 'assistant' ORDER BY n LIMIT 1 OFFSET ?",
        (request.turn, request.iteration - 1),
    ).fetchone()
    step, n = stored or _add_completion(connection, claim, request, now)
    said = _say(connection, claim, request, now, saying) if saying else None
    told.record(connection, claim.user, request, now)
    calls = tuple(
        ToolStep(n=number, call=call, effect=effect)
        for number, (call, effect) in enumerate(request.calls, n + 1)
    )
    return Saved(step=step, calls=calls), said


def _say(
    connection: sqlite3.Connection,
    claim: Claim,
    request: SaveCompletion,
    now: int,
    saying: Collection[Channel],
) -> Channel | None:
    channel, origin = connection.execute(
        "SELECT channel, origin FROM sessions WHERE id = ?", (claim.session,)
    ).fetchone()
    if channel not in saying or origin is not None:
        return None
    turn = get(connection, request.turn)
    return channel if outbox.say(connection, turn, request.iteration, request.content, now) else None


def _add_completion(
    connection: sqlite3.Connection, claim: Claim, request: SaveCompletion, now: int
) -> tuple[int, int]:
    """Id and number of the new step."""
    writer = claim.writer(connection, now)
    step = writer.assistant(claim.next_step, request.content)
    writer.calls(claim.next_step + 1, request.calls)
    usage.record(connection, claim.session, request.turn, claim.user, request.usage, now)
    note_event(connection, claim.session, request.last_event)
    return step, claim.next_step


def begin_step(connection: sqlite3.Connection, request: BeginStep, now: int) -> None:
    """Note that a call is about to be carried out, and why. Raises StaleAttempt or UnknownStep."""
    claim = claimed(connection, request)
    call = connection.execute(
        "UPDATE steps SET state = 'begun', begun_at = coalesce(begun_at, ?) WHERE turn_id = ? AND n = ?"
        " AND state IN ('intent', 'awaiting', 'begun') RETURNING tool, content",
        (now, request.turn, request.n),
    ).fetchone()
    if call is None:
        raise UnknownStep(turn=request.turn, n=request.n)
    _decided(connection, request, claim, call, now)


def _decided(
    connection: sqlite3.Connection, request: BeginStep | SaveResult, claim: Claim, call: sqlite3.Row, now: int
) -> None:
    """Put into the books what was decided about a call, if something was."""
    if request.decision is not None:
        audit.decided(
            connection,
            request.decision,
            key=f"{request.turn}:{request.n}:{request.attempt}",
            user=claim.user,
            session=claim.session,
            turn=request.turn,
            tool=call["tool"],
            call=call["content"],
            now=now,
        )


def await_step(connection: sqlite3.Connection, request: AwaitStep) -> None:
    """Note that a person is asked about a call. Raises StaleAttempt or UnknownStep.

    One that had begun before a crash, and may have happened, stays so.
    """
    claimed(connection, request)
    updated = connection.execute(
        "UPDATE steps SET state = CASE state WHEN 'begun' THEN state ELSE 'awaiting' END"
        " WHERE turn_id = ? AND n = ? AND state IN ('intent', 'awaiting', 'begun')",
        (request.turn, request.n),
    )
    if updated.rowcount == 0:
        raise UnknownStep(turn=request.turn, n=request.n)


def save_result(connection: sqlite3.Connection, request: SaveResult, now: int) -> None:
    """Store the result of one call, once. Raises StaleAttempt or UnknownStep."""
    claim = claimed(connection, request)
    call = connection.execute(
        "UPDATE steps SET state = 'done', result = ?, is_error = ?, ended_at = ?"
        " WHERE turn_id = ? AND n = ? AND state <> 'done' RETURNING tool, content",
        (
            result_out(request.content, request.attachments, request.diff, request.origins),
            request.is_error,
            now,
            request.turn,
            request.n,
        ),
    ).fetchone()
    if call is not None:
        _decided(connection, request, claim, call, now)
    elif not _is_call(connection, request.turn, request.n):
        raise UnknownStep(turn=request.turn, n=request.n)
    note_event(connection, claim.session, request.last_event)


def _is_call(connection: sqlite3.Connection, turn: str, n: int) -> bool:
    found = connection.execute("SELECT kind FROM steps WHERE turn_id = ? AND n = ?", (turn, n)).fetchone()
    return found is not None and found[0] == "tool"


def merge(connection: sqlite3.Connection, request: Merge, now: int) -> Merged:
    """Take followups into a running turn, as one step. Raises StaleAttempt.

    Only turns that never ran are taken in: the message of one that did is a step already.
    """
    claim = claimed(connection, request)
    rows = connection.execute(
        f"SELECT turn.* FROM json_each(?) AS wanted JOIN ({TURN}) AS turn ON turn.id = wanted.value"
        " WHERE turn.session_id = ? AND (turn.merged_into = ? OR turn.state = 'accepted' AND turn.attempt = 0)"
        " ORDER BY wanted.key",
        (json.dumps(list(dict.fromkeys(request.followups))), claim.session, request.turn),
    )
    wanted = turns_of(rows)
    taken = [turn for turn in wanted if turn.state == "accepted"]
    step = None
    if taken:
        step = claim.writer(connection, now).user(claim.next_step, map(said_by, taken))
        connection.executemany(
            "UPDATE turns SET state = 'merged', merged_into = ?, finished_at = ? WHERE id = ?",
            [(request.turn, now, turn.id) for turn in taken],
        )
        note_event(connection, claim.session, request.last_event)
    merged = tuple(
        attrs.evolve(
            turn, state="merged", merged_into=request.turn, finished_at=turn.finished_at or moment(now)
        )
        for turn in wanted
    )
    return Merged(step=step or _newest(connection, request.turn), turns=merged)


def _newest(connection: sqlite3.Connection, turn: str) -> int:
    """Id of the last step of a turn."""
    (step,) = connection.execute("SELECT max(id) FROM steps WHERE turn_id = ?", (turn,)).fetchone()
    return int(step)


def record_compaction(connection: sqlite3.Connection, request: RecordCompaction, now: int) -> None:
    """Store a summary with the step it reaches to. Raises UnknownTurn."""
    turn = get(connection, request.turn)
    if request.usage is not None:
        usage.record(connection, turn.session, turn.id, turn.user, request.usage, now, purpose="compaction")
    connection.execute(
        "INSERT INTO compactions (session_id, turn_id, at, trigger, pre_tokens, summary, messages_compacted,"
        " first_step, last_step) VALUES (?, ?, ?, ?, ?, ?, ?, ?,"
        " (SELECT coalesce(max(id), 0) FROM steps WHERE session_id = ?))",
        (
            turn.session,
            turn.id,
            now,
            request.trigger,
            request.pre_tokens,
            clean(request.summary),
            request.messages_compacted,
            request.until,
            turn.session,
        ),
    )
    connection.execute("UPDATE sessions SET context_tokens = 0 WHERE id = ?", (turn.session,))


def amend(connection: sqlite3.Connection, request: Amend) -> Turn | None:
    """Put other words in place of those of a message that waits; None when that cannot be. Raises UnknownTurn."""
    turn = get(connection, request.turn, request.user)
    calls = is_expanded(turn) or request.text.startswith("/") or not request.text.strip()
    if calls or turn.state != "accepted" or turn.attempt:
        return None
    connection.execute("UPDATE turns SET text = ? WHERE id = ?", (clean(request.text), turn.id))
    return turn
