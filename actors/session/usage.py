"""What the model calls used and cost."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import attrs

from actors.storage import clean, micros
from actors.vocabulary import Usage

from .messages import (
    Consumed,
    Consumption,
    CostReport,
    Costs,
    DayCost,
    Measure,
    NoteUsage,
    Purpose,
    RecordUsage,
    Spent,
    ToolCount,
    UnknownSession,
)

MOST: Final = 10**12
"""Tokens that one model call can have used. Sums are those of floats, which no damaged row makes overflow."""
_SUMS: Final = """
sum(cost_usd), CAST(total(input_tokens) AS INTEGER), CAST(total(output_tokens) AS INTEGER),
CAST(total(cache_read_tokens) AS INTEGER), CAST(total(cache_write_tokens) AS INTEGER),
count(*), count(*) - count(cost_usd)
"""
_CONSUMED: Final = """
CAST(total(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) AS INTEGER) AS tokens,
total(cost_usd) AS usd
"""
_OF_TURN: Final = f"""
SELECT CAST(total(tokens) AS INTEGER), sum(usd) FROM (
    SELECT {_CONSUMED} FROM usage
    WHERE session_id = :session AND turn_id = :turn
    UNION ALL SELECT CAST(total(used_tokens) AS INTEGER), total(used_usd) FROM sessions WHERE origin = :turn)
"""
_OF_CONVERSATION: Final = """
SELECT CAST(total(used_tokens) AS INTEGER), sum(used_usd) FROM (
    SELECT used_tokens, used_usd FROM sessions WHERE id = :session
    UNION ALL SELECT used_tokens, used_usd FROM sessions WHERE origin_session = :session)
"""
_OWNED: Final = """
SELECT 1 FROM sessions WHERE id = :session AND user_id = :user
UNION ALL SELECT 1 FROM usage WHERE session_id = :session AND user_id = :user LIMIT 1
"""
"""Whether a conversation is a user's, or was and has been deleted since."""
_CALLS: Final = """
(SELECT session_id, tool, is_error, started_at FROM steps WHERE kind = 'tool' UNION ALL SELECT * FROM past_calls)
"""


def record(
    connection: sqlite3.Connection,
    session: str,
    turn: str,
    user: str,
    usage: Usage,
    now: int,
    *,
    purpose: Purpose = "completion",
    key: str = "",
) -> None:
    """Store one model call, unless its key is known; a completion also tells how long the conversation has become."""
    usage = _bounded(usage)
    stored = connection.execute(
        "INSERT INTO usage (session_id, turn_id, user_id, purpose, model, input_tokens, output_tokens,"
        " cache_read_tokens, cache_write_tokens, cost_usd, at, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (
            session,
            turn,
            user,
            purpose,
            clean(usage.model or ""),
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.cost_usd,
            now,
            key or None,
        ),
    )
    if not stored.rowcount:
        return
    connection.execute(
        "UPDATE sessions SET used_tokens = min(used_tokens + ?, 9000000000000000), used_usd = used_usd + ?"
        " WHERE id = ?",
        (usage.prompt_tokens + usage.output_tokens, usage.cost_usd or 0.0, session),
    )
    if purpose == "completion":
        connection.execute(
            "UPDATE sessions SET context_tokens = ? WHERE id = ?", (usage.prompt_tokens, session)
        )


def _bounded(usage: Usage) -> Usage:
    counts = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    return attrs.evolve(usage, **{name: min(max(0, getattr(usage, name)), MOST) for name in counts})


def record_other(connection: sqlite3.Connection, request: RecordUsage | NoteUsage, now: int) -> None:
    """Store one that is no part of an answer. Raises UnknownSession for a conversation that never was."""
    names = {"session": request.session, "user": request.user}
    if request.session and not connection.execute(_OWNED, names).fetchone():
        raise UnknownSession(session=request.session)
    record(
        connection,
        request.session,
        request.turn,
        request.user,
        request.usage,
        now,
        purpose=request.purpose,
        key=clean(request.key) if isinstance(request, RecordUsage) else "",
    )


def measure(connection: sqlite3.Connection, request: Measure) -> Consumption:
    """What was used so far. Raises UnknownSession for a conversation of somebody else."""
    asked = connection.execute(
        "SELECT user_id, origin, origin_session FROM sessions WHERE id = ?", (clean(request.session),)
    ).fetchone()
    session, turn_id = clean(request.session), clean(request.turn)
    if asked is not None:
        if asked["user_id"] != request.user:
            raise UnknownSession(session=request.session)
        session, turn_id = asked["origin_session"] or session, asked["origin"] or turn_id
    conversation = connection.execute(_OF_CONVERSATION, {"session": session}).fetchone()
    turn = connection.execute(_OF_TURN, {"session": session, "turn": turn_id}).fetchone()
    day = connection.execute(
        f"SELECT {_CONSUMED} FROM usage WHERE user_id = ? AND at >= ?",
        (clean(request.user), micros(request.since)),
    ).fetchone()
    return Consumption(turn=_consumed(turn), conversation=_consumed(conversation), day=_consumed(day))


def _consumed(row: sqlite3.Row) -> Consumed:
    return Consumed(tokens=row[0] or 0, usd=row[1] or 0.0)


def costs(connection: sqlite3.Connection, request: Costs) -> CostReport:
    """The report: dearest user and model first, days in order, tools by how often they were called."""
    where, values = _filter("at", request, "user_id = ?")
    (total,) = _sums(connection, f"SELECT 'total', {_SUMS} FROM usage {where}", values)
    return CostReport(
        total=total,
        by_user=_grouped(connection, "user_id", where, values),
        by_model=_grouped(connection, "model", where, values),
        by_purpose=_grouped(connection, "purpose", where, values),
        by_day=_by_day(connection, where, values),
        by_tool=_by_tool(connection, request),
    )


def _filter(column: str, request: Costs, of_user: str) -> tuple[str, list[Any]]:
    """What is asked for, of rows whose time is in `column` and for whose user `of_user` is a condition."""
    conditions: list[str] = []
    values: list[Any] = []
    if request.since is not None:
        conditions.append(f"{column} >= ?")
        values.append(micros(request.since))
    if request.session is not None:
        conditions.append(
            "session_id IN (SELECT ? UNION ALL SELECT id FROM sessions WHERE origin_session = ?)"
        )
        values += [clean(request.session)] * 2
    if request.of_user is not None:
        conditions.append(of_user)
        values.append(clean(request.of_user))
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _grouped(
    connection: sqlite3.Connection, column: str, where: str, values: Sequence[Any]
) -> tuple[Spent, ...]:
    query = f"SELECT {column}, {_SUMS} FROM usage {where} GROUP BY {column} ORDER BY 2 DESC NULLS LAST, 1"
    return _sums(connection, query, values)


def _sums(connection: sqlite3.Connection, query: str, values: Sequence[Any]) -> tuple[Spent, ...]:
    return tuple(_spent(*row) for row in connection.execute(query, values))


def _spent(
    name: str,
    cost: float | None,
    tokens_in: int,
    tokens_out: int,
    read: int,
    written: int,
    rows: int,
    unpriced: int,
) -> Spent:
    return Spent(
        name=name,
        usage=Usage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cost_usd=cost,
        ),
        calls=rows,
        unpriced=unpriced,
    )


def _by_day(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> tuple[DayCost, ...]:
    days: dict[str, list[Spent]] = {}
    query = (
        f"SELECT date(at / 1000000, 'unixepoch') AS day, model, {_SUMS}"
        f" FROM usage {where} GROUP BY day, model ORDER BY day, model"
    )
    for day, *row in connection.execute(query, values):
        days.setdefault(day, []).append(_spent(*row))
    return tuple(DayCost(date=day, by_model=tuple(models)) for day, models in days.items())


def _by_tool(connection: sqlite3.Connection, request: Costs) -> tuple[ToolCount, ...]:
    # What is left of the calls in a conversation that is gone does not say whose it was; what it has used does.
    where, values = _filter(
        "started_at", request, "session_id IN (SELECT session_id FROM usage WHERE user_id = ?)"
    )
    query = (
        f"SELECT tool, count(*), count(*) FILTER (WHERE is_error = 1) FROM {_CALLS} {where}"
        " GROUP BY tool ORDER BY 2 DESC, 1"
    )
    return tuple(
        ToolCount(name=name, invocations=calls, errors=errors)
        for name, calls, errors in connection.execute(query, values)
    )
