"""Attempts of turns: claimed, counted where they died, handed back.

Every function is one transaction. What is done for a turn counts only from the boot and attempt that run it now.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Container
from typing import Final, final

import attrs

from actors.storage import clean, moment
from actors.vocabulary import Channel, Effort
from bus import Data

from . import endings, history
from .claims import claimed, note_event, store_message
from .messages import Begin, Begun, Opened, Recover, Release, Turn, UnknownSession, UnknownTurn
from .recent import RecentHistories, Unread, steps_in
from .rows import OPEN, TURN, turn_of, turns_of

DEATHS: Final = 3
"""A turn whose attempts died so often at the same step, doing the same, is given up."""

PARKED: Final = (
    f"This message stopped the program {DEATHS} times at the same place, so it is not tried again."
)
_MOST_ENDS: Final = 1 << 62
"""Numbers of ends that only damage gives out."""
_MEND_COUNTERS: Final = """
INSERT INTO counters
SELECT 'ended', coalesce(max(end_seq), 0) FROM turns WHERE end_seq < :most UNION ALL
SELECT 'closed', coalesce(max(closed_seq), 0) FROM sessions WHERE closed_seq < :most
ON CONFLICT (name) DO UPDATE SET last = excluded.last WHERE last NOT BETWEEN excluded.last AND :most
"""
"""Without a counter, or with one that can count no further, no turn of anybody would end."""
DAMAGED: Final = "What is stored of this message cannot be read any more, so it is not tried again."

_PROGRESS: Final = """
coalesce((SELECT sum(CASE state WHEN 'intent' THEN 1 WHEN 'awaiting' THEN 2 WHEN 'begun' THEN 3 ELSE 4 END)
          FROM steps WHERE turn_id = turns.id), 0)
"""
"""How far a turn has come: each step makes it more, and each further state of one."""
_COUNTED: Final = (
    f"deaths = max(?, CASE WHEN progress = {_PROGRESS} THEN deaths ELSE 0 END), progress = {_PROGRESS}"
)
"""Assignments once an attempt has ended: what :func:`_died` gives, 0 when it did not; those at another step no longer
count."""


def recover(connection: sqlite3.Connection, request: Recover) -> tuple[Turn, ...]:
    """Hand back what an earlier boot was doing, and list all that is to be done, oldest first."""
    connection.execute(_MEND_COUNTERS, {"most": _MOST_ENDS})
    ran = connection.execute(
        f"SELECT id, boot_id FROM turns WHERE {OPEN} AND state = 'running' AND boot_id <> ?", (request.boot,)
    ).fetchall()
    for turn, boot in ran:
        culprit = boot == request.of_boot and turn in request.culprits
        _hand_back(connection, turn, _died(connection, turn, request.culprits[turn]) if culprit else 0)
    return turns_of(connection.execute(f"{TURN} WHERE {OPEN} ORDER BY seq"))


def opened(connection: sqlite3.Connection, session: str) -> Opened:
    """What a conversation goes on from. Raises UnknownSession."""
    row = connection.execute(
        "SELECT user_id, last_event FROM sessions WHERE id = ?", (clean(session),)
    ).fetchone()
    if row is None:
        raise UnknownSession(session=session)
    return Opened(user=row[0], last_event=row[1], turns=still_open(connection, session))


def still_open(connection: sqlite3.Connection, session: str) -> tuple[Turn, ...]:
    """The accepted and running turns of a conversation, oldest first."""
    return turns_of(connection.execute(f"{TURN} WHERE session_id = ? AND {OPEN} ORDER BY seq", (session,)))


def release(connection: sqlite3.Connection, request: Release) -> None:
    """Hand a turn back at an orderly stop. Raises UnknownTurn, StaleAttempt."""
    claim = claimed(connection, request)
    _hand_back(connection, request.turn, 0)
    note_event(connection, claim.session, request.last_event)


def _hand_back(connection: sqlite3.Connection, turn: str, deaths: int) -> None:
    connection.execute(f"UPDATE turns SET state = 'accepted', {_COUNTED} WHERE id = ?", (deaths, turn))


def _died(connection: sqlite3.Connection, turn: str, doing: str = "") -> int:
    """Note that an attempt has died where the turn is; how many have, doing the same."""
    count: int
    (count,) = connection.execute(
        f"INSERT INTO deaths SELECT id, {_PROGRESS}, ?, 1 FROM turns WHERE id = ?"
        " ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
        (clean(doing), turn),
    ).fetchone()
    return count


# --- begin ------------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Beginning(Data):
    """A turn that was claimed, and what it goes on from, not yet understood."""

    turn: Turn
    iteration: int
    next_step: int
    context_tokens: int
    model: str | None
    effort: Effort | None
    unread: Unread | None
    """None when there is so much to read that it is to be read elsewhere."""


@final
@attrs.frozen
class Verdict(Data):
    """A turn that was claimed and is not to be run, and how it is to end."""

    turn: Turn
    ending: endings.Ending


def begin(
    connection: sqlite3.Connection, request: Begin, now: int, recent: RecentHistories
) -> Begun | Beginning | Verdict:
    """Claim a turn, and say whether it may run. Raises UnknownTurn.

    Nothing that an earlier attempt has stored is decoded here: the claim must be safe before that is tried.
    """
    row = connection.execute(f"{TURN} WHERE turns.id = ?", (clean(request.turn),)).fetchone()
    if row is None:
        raise UnknownTurn(turn=request.turn)
    turn = turn_of(row)
    if turn.state not in {"accepted", "running"}:
        return Begun(over=True, turn=turn)
    turn = _claim(connection, turn, request, now)
    if turn.cancel_requested:
        return Verdict(turn, endings.Ending(state="cancelled", outcome="cancelled"))
    if turn.deaths >= DEATHS:
        return Verdict(turn, endings.Ending(state="failed", outcome="parked", notice=PARKED))
    iteration, next_step = connection.execute(
        "SELECT count(*) FILTER (WHERE kind = 'assistant'), max(n) + 1 FROM steps WHERE turn_id = ?",
        (turn.id,),
    ).fetchone()
    context_tokens, model, effort = connection.execute(
        "SELECT context_tokens, model, effort FROM sessions WHERE id = ?", (turn.session,)
    ).fetchone()
    return Beginning(
        turn=turn,
        iteration=iteration,
        next_step=next_step,
        context_tokens=context_tokens,
        model=model,
        effort=effort,
        unread=recent.few(connection, turn.session),
    )


def _claim(connection: sqlite3.Connection, turn: Turn, request: Begin, now: int) -> Turn:
    """Count the death of an attempt that nobody has handed back, and take its place."""
    left = turn.state == "running" and _was_left(connection, turn, request)
    died = _died(connection, turn.id) if left else 0
    store_message(connection, turn, now)
    (deaths,) = connection.execute(
        f"UPDATE turns SET state = 'running', attempt = attempt + 1, boot_id = ?, runner = ?, {_COUNTED} WHERE id = ?"
        " RETURNING deaths",
        (request.boot, request.runner, died, turn.id),
    ).fetchone()
    note_event(connection, turn.session, request.last_event)
    started = turn.started_at or moment(now)
    return attrs.evolve(turn, state="running", attempt=turn.attempt + 1, deaths=deaths, started_at=started)


def _was_left(connection: sqlite3.Connection, turn: Turn, request: Begin) -> bool:
    """Whether another one in this process holds the turn, and not the one who asks and only missed the answer."""
    held: tuple[str, str] = connection.execute(
        "SELECT boot_id, runner FROM turns WHERE id = ?", (turn.id,)
    ).fetchone()
    boot, runner = held
    return boot == request.boot and (runner != request.runner or runner == "")


def carry_out(
    connection: sqlite3.Connection, verdict: Verdict, now: int, pushing: Container[Channel]
) -> Begun:
    """End a turn that is not to be run. Others count on an end, so unlike a claim it must outlast a power cut."""
    turn = endings.end(connection, verdict.turn, verdict.ending, now, pushing)
    return Begun(over=True, ended=True, turn=turn, notice=verdict.ending.notice)


def read(
    connection: sqlite3.Connection, beginning: Beginning, recent: RecentHistories
) -> tuple[Unread, Begun | Verdict, history.History]:
    """Read all that a claimed turn goes on from, however much it is, and understand it."""
    unread = recent.unread(connection, beginning.turn.session)
    return unread, *understand(beginning, unread)


def understand(beginning: Beginning, unread: Unread) -> tuple[Begun | Verdict, history.History]:
    """What a claimed turn goes on from, and as much of the history as will not change.

    Damage in what is stored of the turn itself is its end; damage in what came before it costs no more than that.
    """
    turn = beginning.turn
    steps = steps_in(unread.rows)
    found, done = history.derive(unread.known, steps, running=turn.id)
    if turn.damaged or any(step.damaged and step.turn == turn.id for step in steps):
        return Verdict(turn, endings.Ending(state="failed", outcome="error", notice=DAMAGED)), done
    begun = Begun(
        over=False,
        turn=turn,
        transcript=found.transcript,
        open_calls=found.open_calls,
        next_step=beginning.next_step,
        iteration=beginning.iteration,
        context_tokens=beginning.context_tokens,
        model=beginning.model,
        effort=beginning.effort,
    )
    return begun, done
