"""What may be written about a turn, and by whom: the fence of G22, and what every writer of steps needs."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from typing import Final, Protocol, final

import attrs

from bus import Data

from .messages import StaleAttempt, Turn, UnknownTurn
from .rows import said_by
from .steps import Writer

NEXT: Final = "SELECT coalesce(max(n) + 1, 0) FROM steps WHERE turn_id = ?"
"""Number of the next step of a turn."""


class Attempt(Protocol):
    """A request of whoever runs a turn."""

    @property
    def turn(self) -> str: ...
    @property
    def boot(self) -> str: ...
    @property
    def attempt(self) -> int: ...


@final
@attrs.frozen(kw_only=True)
class Claim(Data):
    """A turn held by the boot and attempt that ask."""

    turn: str
    session: str
    user: str
    next_step: int

    def writer(self, connection: sqlite3.Connection, now: int) -> Writer:
        """Adds steps to the turn."""
        return Writer(connection=connection, session=self.session, turn=self.turn, now=now)


def claimed(connection: sqlite3.Connection, request: Attempt) -> Claim:
    """The claim of those who ask. Raises UnknownTurn or StaleAttempt."""
    row = connection.execute(
        f"SELECT session_id, user_id, state, attempt, boot_id, ({NEXT}) FROM turns WHERE id = ?",
        (request.turn, request.turn),
    ).fetchone()
    if row is None:
        raise UnknownTurn(turn=request.turn)
    session, user, state, attempt, boot, next_step = row
    if (state, attempt, boot) != ("running", request.attempt, request.boot):
        raise StaleAttempt(turn=request.turn)
    return Claim(turn=request.turn, session=session, user=user, next_step=next_step)


def store_message(connection: sqlite3.Connection, turn: Turn, now: int) -> None:
    """Make the message of a turn its first step, unless an earlier attempt has done so."""
    if turn.attempt == 0:
        Writer(connection=connection, session=turn.session, turn=turn.id, now=now).user(0, (said_by(turn),))


def note_event(connection: sqlite3.Connection, session: str, last_event: int) -> None:
    """Remember the highest event number of a conversation that was given out."""
    connection.execute(
        "UPDATE sessions SET last_event = ? WHERE id = ? AND last_event < ?",
        (last_event, session, last_event),
    )
