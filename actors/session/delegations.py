"""Conversations that carry out a call of another one's turn: where they belong, and what becomes of them when it ends.

What they use counts for the turn from which they come in the end, and for its conversation.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from typing import Final, final

import attrs

from actors.storage import clean
from bus import Data

from .messages import Consumed, Delegation, Subagent, Subagents, TooManySubagents, TurnIsOver, UnknownTurn
from .rows import OPEN
from .turns import get

_CALLER: Final = """
SELECT session_id, cancel_requested, state, origin, origin_session, depth
FROM turns JOIN sessions ON sessions.id = session_id WHERE turns.id = ? AND turns.user_id = ?
"""
_OF_ORIGIN: Final = "SELECT count(*) FROM sessions WHERE origin = ?"
_ABANDON: Final = f"""
UPDATE turns SET cancel_requested = 1
WHERE {OPEN} AND session_id IN (SELECT id FROM sessions WHERE caller_turn = ?) RETURNING session_id, id
"""
_CALLED: Final = """
SELECT call_id, sessions.id AS session, turns.id AS turn, title, turns.state, outcome, used_tokens, used_usd
FROM sessions JOIN turns ON turns.session_id = sessions.id
JOIN steps ON steps.turn_id = caller_turn AND steps.n = caller_step
WHERE caller_turn = ? ORDER BY caller_step
"""


@final
@attrs.frozen(kw_only=True)
class Place(Data):
    """Where a conversation belongs that carries out a call."""

    origin: str
    origin_session: str
    depth: int


def place(connection: sqlite3.Connection, delegation: Delegation, user: str) -> Place:
    """Where the conversation for a call belongs.

    Raises UnknownTurn, TurnIsOver where nobody waits for it, TooManySubagents.
    """
    row = connection.execute(_CALLER, (clean(delegation.turn), user)).fetchone()
    if row is None:
        raise UnknownTurn(turn=delegation.turn)
    if row["state"] not in {"accepted", "running"} or row["cancel_requested"]:
        raise TurnIsOver(turn=delegation.turn)
    origin, session = row["origin"] or clean(delegation.turn), row["origin_session"] or row["session_id"]
    (there,) = connection.execute(_OF_ORIGIN, (origin,)).fetchone()
    if there >= delegation.most:
        raise TooManySubagents(most=delegation.most)
    return Place(origin=origin, origin_session=session, depth=row["depth"] + 1)


def abandon(connection: sqlite3.Connection, turn: str) -> tuple[tuple[str, str], ...]:
    """See to it that nothing is done any more for a turn that ends; conversations and turns that are to be stopped."""
    return tuple((session, id) for session, id in connection.execute(_ABANDON, (turn,)))


def called(connection: sqlite3.Connection, request: Subagents) -> tuple[Subagent, ...]:
    """Who carries out calls of a turn, in their order. Raises UnknownTurn."""
    turn = get(connection, request.turn, request.user)
    return tuple(
        Subagent(
            call=row["call_id"],
            session=row["session"],
            turn=row["turn"],
            title=row["title"] or "",
            state=row["state"],
            outcome=row["outcome"],
            used=Consumed(tokens=row["used_tokens"], usd=row["used_usd"]),
        )
        for row in connection.execute(_CALLED, (turn.id,))
    )
