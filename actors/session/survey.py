"""What an operator sees of the ledger: turns, their steps with times and costs, and what is left to do."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from collections.abc import Iterable
from typing import Final, Literal

import attrs

from actors.storage import clean, moment
from actors.vocabulary import Block, Text, Usage

from . import branches, sessions
from .encoding import dump
from .messages import FindTurns, ListTurns, OpenWork, StepInfo, Turn
from .rows import LISTED_TURN, OPEN, SHORT_TURN, turns_of
from .steps import COLUMNS, AssistantStep, NoticeStep, Step, UserStep, step_of
from .turns import get

_SHOWN: Final = 200
"""Characters of a text."""

_Kind = Literal["user", "assistant", "tool", "notice"]

_FOUND: Final = f"""
{SHORT_TURN}
WHERE (json_array_length(:states) = 0 OR state IN (SELECT value FROM json_each(:states)))
  AND (:outcome IS NULL OR outcome = :outcome)
  AND substr(turns.id, 1, length(:turn)) = :turn AND substr(session_id, 1, length(:session)) = :session
  AND (:sent_as = '' OR client_message_id = :sent_as)
ORDER BY seq DESC LIMIT :limit
"""
_RANGE: Final = f"""
SELECT * FROM (
    {LISTED_TURN}
    WHERE session_id = :session
      AND seq >= coalesce((SELECT seq FROM turns WHERE id = :first AND session_id = :session), 0)
      AND seq <= coalesce((SELECT seq FROM turns WHERE id = :last AND session_id = :session), 1 << 62)
    ORDER BY seq DESC LIMIT :limit
) ORDER BY seq
"""

_SENT: Final = """
SELECT EXISTS (SELECT 1 FROM turns WHERE user_id = :user AND instr(attachments, :stored))
    OR EXISTS (SELECT 1 FROM turns JOIN steps ON steps.turn_id = turns.id
               WHERE user_id = :user AND kind = 'tool' AND instr(result, :stored))
"""
_STEPS: Final = f"""
SELECT {COLUMNS}, begun_at,
       usage.model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
FROM steps LEFT JOIN usage ON kind = 'assistant' AND purpose = 'completion' AND usage.at = started_at
     AND usage.session_id = steps.session_id AND usage.turn_id = steps.turn_id
WHERE steps.turn_id = ? ORDER BY n
"""
"""A completion and its usage are stored in one transaction, at one time."""


def find_turns(connection: sqlite3.Connection, request: FindTurns) -> tuple[Turn, ...]:
    """Turns, the newest first."""
    wanted = {
        "states": json.dumps(request.states),
        "outcome": request.outcome,
        "turn": clean(request.turn),
        "session": clean(request.session),
        "sent_as": clean(request.sent_as),
        "limit": max(0, request.limit),
    }
    return turns_of(connection.execute(_FOUND, wanted))


def list_turns(connection: sqlite3.Connection, request: ListTurns) -> tuple[Turn, ...]:
    """The last turns of a range, in the order they were accepted. Raises UnknownSession."""
    session = sessions.get(connection, request.session, request.user)
    wanted = {
        "session": session.id,
        "first": None if request.first is None else clean(request.first),
        "last": None if request.last is None else clean(request.last),
        "limit": max(0, request.limit),
    }
    found = turns_of(connection.execute(_RANGE, wanted))
    versions = branches.versions(connection, session.id)
    return (
        tuple(attrs.evolve(turn, versions=versions.get(turn.id, ())) for turn in found) if versions else found
    )


def words_from(connection: sqlite3.Connection, turns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Where words from outside came from that were there when turns ended, of those of which there were any."""
    rows = connection.execute(
        "SELECT turns.id, names.value FROM json_each(?) wanted JOIN turns ON turns.id = wanted.value,"
        " json_each(outside) names ORDER BY wanted.key, names.key",
        (dump([clean(turn) for turn in turns]),),
    )
    found: dict[str, tuple[str, ...]] = {}
    for id, value in rows:
        found[id] = (*found.get(id, ()), value)
    return found


def was_sent(connection: sqlite3.Connection, path: str, user: str) -> bool:
    """Whether a file came with a message of a user or with an answer to them."""
    stored = f'"path":{dump(path)},"size":'  # as attachments have it; pictures that a tool only looked at have no size
    found: int = connection.execute(_SENT, {"stored": stored, "user": user}).fetchone()[0]
    return bool(found)


def steps_of(connection: sqlite3.Connection, turn: str, user: str) -> tuple[StepInfo, ...]:
    """The steps of one turn, in order. Raises UnknownTurn, also for one of another user."""
    found = get(connection, turn, user)
    return tuple(map(_info_of, connection.execute(_STEPS, (found.id,))))


def _info_of(row: sqlite3.Row) -> StepInfo:
    step, ended = step_of(row), row["ended_at"]
    kind, tool, text = _told(step)
    return StepInfo(
        n=row["n"],
        kind=kind,
        tool=tool,
        effect=row["effect"],
        state=row["state"],
        begun=row["begun_at"] is not None,
        is_error=bool(row["is_error"]),
        text=text[:_SHOWN],
        started_at=moment(row["started_at"]),
        ended_at=None if ended is None else moment(ended),
        usage=_usage_of(row),
    )


def _told(step: Step) -> tuple[_Kind, str | None, str]:
    """Kind, tool and words of a step."""
    match step:
        case UserStep(said=said):
            return "user", None, "\n\n".join(each.text for each in said)
        case AssistantStep(content=content):
            return "assistant", None, _words(content)
        case NoticeStep(text=text):
            return "notice", None, text
        case _:
            return "tool", step.call.name, dump(dict(step.call.input))


def _words(content: Iterable[Block]) -> str:
    return "\n\n".join(block.text for block in content if isinstance(block, Text))


def _usage_of(row: sqlite3.Row) -> Usage | None:
    if row["model"] is None:
        return None
    return Usage(
        model=row["model"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cache_read_tokens=row["cache_read_tokens"],
        cache_write_tokens=row["cache_write_tokens"],
        cost_usd=row["cost_usd"],
    )


def open_work(connection: sqlite3.Connection) -> OpenWork:
    """Count what is accepted and not done, by indexes alone."""
    turns = {
        state: (count, oldest)
        for state, count, oldest in connection.execute(
            f"SELECT state, count(*), min(accepted_at) FROM turns WHERE {OPEN} GROUP BY state"
        )
    }
    waiting, oldest = turns.get("accepted", (0, None))
    outbox = connection.execute(
        "SELECT state, count(*) FROM outbox WHERE state NOT IN ('sent', 'dropped') GROUP BY state"
    )
    (unsent,) = connection.execute(
        "SELECT min(created_at) FROM outbox WHERE state = 'pending' AND (attempt > 0 OR next_at <= created_at)"
    ).fetchone()
    return OpenWork(
        accepted=waiting,
        running=turns.get("running", (0, None))[0],
        oldest=None if oldest is None else moment(oldest),
        outbox=dict(outbox.fetchall()),
        outbox_oldest=None if unsent is None else moment(unsent),
    )
