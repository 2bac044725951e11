"""Looking after what could not be delivered: what there is, sending it again, dropping it."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from actors.storage import moment

from .messages import Delivery, DeliveryClosed, DropOutbox, ListOutbox, RetryOutbox, UnknownDelivery
from .outbox import body_of, session_of

LONGEST: Final = 200
"""Characters that are shown of what was to be said."""
_STATES: Final[Mapping[str, str]] = {
    "undelivered": "state IN ('doubtful', 'dead')",
    "waiting": "state IN ('pending', 'sending')",
    "all": "TRUE",
}
_PARTS: Final = "json_array_length(sent) AS parts"
_MAY: Final = "(user_id = :user OR :role = 'admin')"


def find(connection: sqlite3.Connection, request: ListOutbox) -> tuple[Delivery, ...]:
    """What was or is to be sent, the latest first."""
    query = f"SELECT *, {_PARTS} FROM outbox WHERE {_STATES[request.which]} AND {_MAY} ORDER BY id DESC LIMIT :limit"
    values = {"user": request.user, "role": request.role, "limit": max(0, request.limit)}
    return tuple(_delivery(row, request.user) for row in connection.execute(query, values))


def retry(connection: sqlite3.Connection, request: RetryOutbox, now: int) -> Delivery:
    """Have it sent now; what is being sent goes on. Raises UnknownDelivery, DeliveryClosed."""
    return _change(
        connection,
        request,
        "state = CASE state WHEN 'sending' THEN state ELSE 'pending' END,"
        " doubts = CASE state WHEN 'doubtful' THEN 1 WHEN 'dead' THEN 0 ELSE doubts END,"
        " created_at = CASE WHEN turn_id IS NULL THEN :now ELSE created_at END",
        now,
    )


def drop(connection: sqlite3.Connection, request: DropOutbox, now: int) -> Delivery:
    """Have it sent no more. Raises UnknownDelivery, DeliveryClosed."""
    return _change(connection, request, "state = 'dropped'", now)


def _change(
    connection: sqlite3.Connection, request: RetryOutbox | DropOutbox, change: str, now: int
) -> Delivery:
    values = {"id": request.id, "user": request.user, "role": request.role, "now": now}
    row = connection.execute(f"SELECT state FROM outbox WHERE id = :id AND {_MAY}", values).fetchone()
    if row is None:
        raise UnknownDelivery(id=request.id)
    if row["state"] in {"sent", "dropped"}:
        raise DeliveryClosed(id=request.id, state=row["state"])
    changed = connection.execute(
        f"UPDATE outbox SET {change}, next_at = :now WHERE id = :id RETURNING *, {_PARTS}", values
    ).fetchone()
    return _delivery(changed, request.user)


def _delivery(row: sqlite3.Row, user: str) -> Delivery:
    body = body_of(row)
    return Delivery(
        id=row["id"],
        user_id=row["user_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        state=row["state"],
        attempt=row["attempt"],
        parts_sent=row["parts"],
        reason=row["reason"],
        created_at=moment(row["created_at"]),
        next_at=moment(row["next_at"]),
        session=session_of(body),
        text=_beginning(body) if row["user_id"] == user else "",
    )


def _beginning(body: Mapping[str, Any] | None) -> str:
    """What is to be said, as one line that is not long."""
    if body is None:
        return ""
    texts: list[Any] = [body.get("title"), *(body.get("texts") or ()), body.get("text"), body.get("notice")]
    line = " ".join(" ".join(each for each in texts if isinstance(each, str)).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
