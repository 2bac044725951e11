"""The transcript of one conversation as JSON lines."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from actors.storage import moment

from .branches import SEQ, chosen
from .messages import Session
from .sessions import get
from .steps import step_of

_STEPS = """
SELECT steps.*, turns.source, seq FROM steps JOIN turns ON turns.id = steps.turn_id WHERE steps.session_id = ?
ORDER BY steps.id
"""
_COMPACTIONS = f"SELECT *, {SEQ} FROM compactions WHERE session_id = ? ORDER BY id DESC"  # noqa: S608


def export(connection: sqlite3.Connection, session: str, user: str) -> tuple[str, ...]:
    """A line for the conversation, then one for each step and each compaction in the order they happened.

    Of a message that was answered again, or said in another way, there is the version that is chosen.

    Raises UnknownSession.
    """
    found = get(connection, session, user)
    lines = [_session(found), *_transcript(connection, found.id)]
    return tuple(json.dumps(line, ensure_ascii=False) for line in lines)


def _transcript(connection: sqlite3.Connection, session: str) -> Iterator[dict[str, Any]]:
    path = chosen(connection, session)
    compactions = [
        row for row in connection.execute(_COMPACTIONS, (session,)) if path is None or path.holds(row["seq"])
    ]
    for row in connection.execute(_STEPS, (session,)):
        if path is not None and not path.holds(row["seq"]):
            continue
        while compactions and compactions[-1]["last_step"] < row["id"]:
            yield _compaction(compactions.pop())
        yield _step(row)
    yield from map(_compaction, reversed(compactions))


def _session(session: Session) -> dict[str, Any]:
    return {
        "type": "session",
        "id": session.id,
        "user": session.user,
        "channel": session.channel,
        "key": session.key,
        "title": session.title,
        "summary": session.summary,
        "created_at": session.created_at.isoformat(),
        "closed": session.is_closed,
        "triggered_by": session.triggered_by,
    }


def _step(row: sqlite3.Row) -> dict[str, Any]:
    line: dict[str, Any] = {"type": row["kind"], "turn": row["turn_id"], "n": row["n"]}
    line["at"] = _time(row["started_at"])
    if step_of(row).damaged:
        return line | {"damaged": {"content": row["content"], "result": row["result"]}}
    match row["kind"]:
        case "notice":
            line["text"] = row["content"]
        case "user":
            line |= {"source": row["source"], "messages": _said(row)}
        case "tool":
            line |= {"effect": row["effect"], "call": json.loads(row["content"])} | _result(row)
        case _:
            line["content"] = json.loads(row["content"])
    return line


def _said(row: sqlite3.Row) -> list[dict[str, Any]]:
    return [message | {"at": _time(message["at"])} for message in json.loads(row["content"])]


def _result(row: sqlite3.Row) -> dict[str, Any]:
    if row["result"] is None:
        return {"result": None}
    return {"ended_at": _time(row["ended_at"]), "is_error": bool(row["is_error"])} | {
        "result": json.loads(row["result"])
    }


def _compaction(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "type": "compaction",
        "turn": row["turn_id"],
        "at": _time(row["at"]),
        "trigger": row["trigger"],
        "pre_tokens": row["pre_tokens"],
        "messages_compacted": row["messages_compacted"],
        "summary": row["summary"],
    }


def _time(value: int) -> str:
    return moment(value).isoformat()
