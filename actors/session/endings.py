"""How turns end, each exactly once, and what follows: the order of the ends, and what is to be pushed."""

import sqlite3
from collections.abc import Container
from typing import Final, final

import attrs

from actors.vocabulary import Block, Channel, Text, Usage
from bus import Data

from . import delegations, history, outbox, told, usage
from .claims import NEXT, claimed, note_event, store_message
from .encoding import dump
from .messages import (
    Cancellation,
    CancelTurn,
    EndState,
    Finish,
    Finished,
    Turn,
)
from .rows import LISTED_TURN, OPEN, TURN, turn_of, turns_of
from .steps import Writer, result_out
from .turns import get

_WHY: Final[dict[EndState, str]] = {
    "done": "",
    "cancelled": "The person cancelled the turn. ",
    "failed": "The turn failed. ",
}
_CHANGED_NOTHING: Final = "This call was not completed and changed nothing."
_NEXT_END: Final = "UPDATE counters SET last = last + 1 WHERE name = 'ended' RETURNING last"
_AFTER: Final = f"{LISTED_TURN} WHERE end_seq > ? ORDER BY end_seq LIMIT ?"
_WAITING: Final = f"{TURN} WHERE session_id = ? AND {OPEN} AND state = 'accepted' ORDER BY seq LIMIT 1"


@final
@attrs.frozen(kw_only=True)
class Ending(Data):
    """How a turn ends; see :class:`Finish`."""

    state: EndState
    outcome: str
    content: tuple[Block, ...] = ()
    notice: str | None = None
    usage: Usage | None = None


def finish(
    connection: sqlite3.Connection, request: Finish, now: int, pushing: Container[Channel]
) -> Finished:
    """End a turn, and say which waits in its conversation. Raises UnknownTurn or StaleAttempt."""
    turn = get(connection, request.turn)
    ending = _asked_for(request, turn)
    if turn.state != ending.state:
        claim = claimed(connection, request)
        told.record(connection, claim.user, request, now)
        turn = end(connection, turn, ending, now, pushing)
        if request.outside:
            connection.execute("UPDATE turns SET outside = ? WHERE id = ?", (dump(request.outside), turn.id))
        note_event(connection, turn.session, request.last_event)
    row = connection.execute(_WAITING, (turn.session,)).fetchone()
    return Finished(turn=turn, next=None if row is None else turn_of(row))


def _asked_for(request: Finish, turn: Turn) -> Ending:
    """How a turn ends. One whose cancellation was acknowledged is cancelled, whatever it has come to meanwhile."""
    ending = Ending(
        state=request.state,
        outcome=request.outcome,
        content=request.content,
        notice=request.notice,
        usage=request.usage,
    )
    if turn.cancel_requested:
        return attrs.evolve(ending, state="cancelled", outcome="cancelled", notice=None)
    return ending


def cancel(
    connection: sqlite3.Connection, request: CancelTurn, now: int, pushing: Container[Channel]
) -> Cancellation:
    """End a turn that waits, or see to it that one that runs is not begun again. Raises UnknownTurn."""
    turn = get(connection, request.turn, request.user)
    if turn.state == "accepted":
        ending = Ending(state="cancelled", outcome="cancelled")
        return Cancellation(turn=end(connection, turn, ending, now, pushing), fate="cancelled")
    if turn.state != "running":
        return Cancellation(turn=turn, fate="over")
    connection.execute("UPDATE turns SET cancel_requested = 1 WHERE id = ?", (turn.id,))
    return Cancellation(turn=attrs.evolve(turn, cancel_requested=True), fate="requested")


def end(
    connection: sqlite3.Connection, turn: Turn, ending: Ending, now: int, pushing: Container[Channel]
) -> Turn:
    """End a turn that is open, and put what it said into the outbox if its channel has to be pushed.

    What is still done for it is no longer wanted.
    """
    store_message(connection, turn, now)
    _close_calls(connection, turn, ending.state, now)
    (n,) = connection.execute(NEXT, (turn.id,)).fetchone()
    writer = Writer(connection=connection, session=turn.session, turn=turn.id, now=now)
    if ending.content:
        writer.assistant(n, ending.content)
        n += 1
    if ending.notice is not None:
        writer.notice(n, ending.notice)
    if ending.usage is not None:
        usage.record(connection, turn.session, turn.id, turn.user, ending.usage, now)
    (seq,) = connection.execute(_NEXT_END).fetchone()
    connection.execute(
        "UPDATE turns SET state = ?, outcome = ?, finished_at = ?, end_seq = ? WHERE id = ?",
        (ending.state, ending.outcome, now, seq, turn.id),
    )
    ended = get(connection, turn.id)
    if turn.channel in pushing and turn.origin is None:
        outbox.fill(connection, ended, now)
    abandoned = delegations.abandon(connection, turn.id)
    return attrs.evolve(ended, abandons=abandoned) if abandoned else ended


def _close_calls(connection: sqlite3.Connection, turn: Turn, state: EndState, now: int) -> None:
    """Give every call of a turn that has none a result."""
    rows = connection.execute("SELECT id, state FROM steps WHERE turn_id = ? AND state <> 'done'", (turn.id,))
    for step, was in rows.fetchall():
        text = history.NOT_COMPLETED if was == "begun" else _CHANGED_NOTHING
        connection.execute(
            "UPDATE steps SET state = 'done', result = ?, is_error = 1, ended_at = ? WHERE id = ?",
            (result_out((Text(text=_WHY[state] + text),)), now, step),
        )


def after(connection: sqlite3.Connection, seq: int, limit: int) -> tuple[Turn, ...]:
    """Turns that ended after end number `seq`, in the order of their ends."""
    return turns_of(connection.execute(_AFTER, (seq, max(0, limit))))
