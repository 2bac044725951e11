"""What the turns of a conversation came to, many in one query."""

import sqlite3
from typing import Final

from .encoding import clean, moment
from .messages import ListFigures, TurnFigures
from .sessions import get

_FIGURES: Final = """
WITH wanted AS (
    SELECT seq, id, state, outcome, accepted_at, finished_at FROM turns
    WHERE session_id = :session
      AND seq >= coalesce((SELECT seq FROM turns WHERE id = :first AND session_id = :session), 0)
      AND seq <= coalesce((SELECT seq FROM turns WHERE id = :last AND session_id = :session), 1 << 62)
    ORDER BY seq DESC LIMIT :limit
)
SELECT wanted.id, wanted.state, wanted.outcome, wanted.accepted_at, wanted.finished_at,
       (SELECT min(started_at) FROM steps WHERE turn_id = wanted.id),
       (SELECT count(*) FROM steps AS call JOIN steps AS answer ON answer.turn_id = call.turn_id
        AND answer.n = call.n - 1 AND answer.kind = 'assistant' WHERE call.turn_id = wanted.id AND call.kind = 'tool'),
       usage.model, max(CASE WHEN purpose = 'completion' THEN usage.id END),
       count(usage.id) FILTER (WHERE purpose = 'completion'),
       coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0), coalesce(sum(output_tokens), 0),
       coalesce(sum(cache_read_tokens), 0), coalesce(sum(cache_write_tokens), 0), sum(cost_usd)
FROM wanted LEFT JOIN usage ON usage.session_id = :session AND usage.turn_id = wanted.id
GROUP BY wanted.seq ORDER BY wanted.seq
"""
"""The model is that of the row with the greatest id: SQLite takes it from where `max` found its value."""


def figures(connection: sqlite3.Connection, request: ListFigures) -> tuple[TurnFigures, ...]:
    """The last turns of a range, in the order they were accepted. Raises UnknownSession."""
    session = get(connection, request.session, request.user)
    wanted = {
        "session": session.id,
        "first": None if request.first is None else clean(request.first),
        "last": None if request.last is None else clean(request.last),
        "limit": max(0, request.limit),
    }
    return tuple(map(_figures_of, connection.execute(_FIGURES, wanted)))


def _figures_of(row: sqlite3.Row) -> TurnFigures:
    turn, state, outcome, accepted, finished, started, rounds, model, _, *sums = row
    completions, tokens_in, tokens_out, read, written, cost = sums
    return TurnFigures(
        turn=turn,
        state=state,
        outcome=outcome,
        accepted_at=moment(accepted),
        started_at=None if started is None else moment(started),
        finished_at=None if finished is None else moment(finished),
        tool_rounds=rounds,
        model=model,
        completions=completions,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cost_usd=cost,
    )
