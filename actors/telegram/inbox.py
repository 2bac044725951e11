"""Updates, from when they have come until they are dealt with. Each function is one transaction.

An update is stored before Telegram is told that it has arrived, so it may come again; and it is dealt with before that
is noted, so that may happen again, to the same end.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, Final, final

import attrs

from actors import jsontext
from actors.telegram import update as updates
from actors.telegram.update import NOTHING, Json

DAY: Final = 86_400_000_000
KEPT: Final = 7 * DAY
"""Microseconds that an update is known after it came. Telegram offers it for a day."""
ALBUM: Final = 10
"""Messages that an album has at most."""
_FORGOTTEN_AT_ONCE: Final = 1000


@final
@attrs.frozen(kw_only=True)
class Arrival:
    """An update as it is stored."""

    update_id: int
    chat: int
    message_id: int | None
    in_group: bool
    group_id: str | None
    body: str


@final
@attrs.frozen(kw_only=True)
class Waiting:
    """One that is to be dealt with."""

    n: int
    bot: int
    update_id: int
    group_id: str | None
    is_album: bool
    """Whether it is settled of which messages its album is made."""
    body: Json
    target: str | None
    at: int
    """When it was stored, microseconds since 1970."""

    @property
    def key(self) -> str:
        """What it is known by everywhere."""
        return key(self.bot, self.update_id)


def key(bot: int, update_id: int) -> str:
    """What an update is known by everywhere."""
    return f"tg:{bot}:{update_id}"


def arrival(update: Any) -> Arrival | None:
    """An update to be stored; None for what has no number, and so cannot have been one."""
    update_id = updates.id_of(update)
    if update_id is None:
        return None
    post = updates.read(update)
    body = jsontext.write(update)
    if (press := updates.press(update)) is not None:  # in line with what is written in its chat
        return Arrival(
            update_id=update_id,
            chat=press.post.chat,
            message_id=None,
            in_group=press.post.in_group,
            group_id=None,
            body=body,
        )
    if post is None:
        return Arrival(update_id=update_id, chat=0, message_id=None, in_group=False, group_id=None, body=body)
    return Arrival(
        update_id=update_id,
        chat=post.chat,
        message_id=post.message_id,
        in_group=post.in_group,
        group_id=post.album,
        body=body,
    )


def store_updates(connection: sqlite3.Connection, bot: int, arrivals: Sequence[Arrival], now: int) -> None:
    """Keep what has come, once."""
    connection.execute(
        "DELETE FROM updates WHERE n IN (SELECT n FROM updates WHERE state = 'done' AND at < ? LIMIT ?)",
        (now - KEPT, _FORGOTTEN_AT_ONCE),
    )
    connection.executemany(
        "INSERT INTO updates (bot, update_id, chat, message_id, in_group, group_id, state, body, at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (bot, update_id) DO NOTHING",
        [
            (bot, each.update_id, each.chat, each.message_id, each.in_group, each.group_id, each.body, now)
            for each in arrivals
        ],
    )


def chats(connection: sqlite3.Connection, busy: Collection[int], limit: int) -> tuple[int, ...]:
    """Chats in which something waits, but for those that are `busy`: the one that has waited longest comes first."""
    rows = connection.execute(
        "SELECT chat FROM updates WHERE state = 'waiting' GROUP BY chat ORDER BY min(n) LIMIT ?",
        (limit + len(busy),),
    )
    return tuple(chat for (chat,) in rows if chat not in busy)[:limit]


def first(connection: sqlite3.Connection, chat: int) -> Waiting | None:
    """What is to be dealt with next in a chat."""
    row = connection.execute(f"{_WAITING} AND chat = ? ORDER BY n LIMIT 1", (chat,)).fetchone()
    return None if row is None else _waiting(row)


def others(connection: sqlite3.Connection, chat: int, head: Waiting) -> tuple[Waiting, ...]:
    """The other messages of the album that `head` is of: those that are settled, or else that are there by now."""
    if head.is_album:
        rows = connection.execute(f"{_WAITING} AND chat = ? AND album = ? AND n != ?", (chat, head.n, head.n))
    else:
        rows = connection.execute(
            f"{_WAITING} AND chat = ? AND group_id = ? AND album IS NULL AND n > ? ORDER BY n LIMIT ?",
            (chat, head.group_id, head.n, ALBUM - 1),
        )
    return tuple(map(_waiting, rows))


def settle(connection: sqlite3.Connection, head: int, members: Sequence[int]) -> None:
    """Have an album be made of these messages and no others, however often it is dealt with."""
    connection.executemany("UPDATE updates SET album = ? WHERE n = ?", [(head, n) for n in (head, *members)])


def aim(connection: sqlite3.Connection, n: int, target: str) -> None:
    """Note which turn a message is to stop, before it is: the next time it is no other."""
    connection.execute("UPDATE updates SET target = ? WHERE n = ?", (target, n))


def finish(connection: sqlite3.Connection, members: Sequence[int], turn: str | None = None) -> None:
    """Messages are dealt with; what they said is kept no longer here."""
    connection.executemany(
        "UPDATE updates SET state = 'done', body = '', turn = ? WHERE n = ?", [(turn, n) for n in members]
    )


def turn_of(connection: sqlite3.Connection, chat: int, message_id: int) -> str | None:
    """The turn that a message has begun."""
    row = connection.execute(
        "SELECT turn FROM updates WHERE chat = ? AND message_id = ? AND turn IS NOT NULL ORDER BY n DESC",
        (chat, message_id),
    ).fetchone()
    return None if row is None else str(row[0])


def count_waiting(connection: sqlite3.Connection) -> int:
    """How many are not dealt with."""
    (count,) = connection.execute("SELECT count(*) FROM updates WHERE state = 'waiting'").fetchone()
    return int(count)


_WAITING: Final = "SELECT * FROM updates WHERE state = 'waiting'"


def _waiting(row: sqlite3.Row) -> Waiting:
    return Waiting(
        n=row["n"],
        bot=row["bot"],
        update_id=row["update_id"],
        group_id=row["group_id"],
        is_album=row["album"] is not None,
        body=_body(row["body"]),
        target=row["target"],
        at=row["at"],
    )


def _body(stored: str) -> Json:
    try:
        return jsontext.read_object(stored, depth=jsontext.OWN_DEPTH)
    except jsontext.NotJson:  # a disk that has lost a bit is no reason to hold up those behind it
        return NOTHING
