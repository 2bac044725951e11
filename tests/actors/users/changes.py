"""One change of accounts and keys in a process of its own, which may be killed in the middle of it."""

import pathlib
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio

from actors.users import messages as users
from tests.actors.users.conftest import ASKS, People, life

CHOSEN: Final = "a key that the owner chose"


async def prepare(people: People) -> None:
    """Somebody of each kind, with something of each kind."""
    for id, role in (("ada", "user"), ("bob", "admin"), ("carl", "user")):
        await people.ask(users.AddUser(id=id, role="admin" if role == "admin" else "user", **ASKS))
        await people.ask(users.NewKey(id=id, label=f"key of {id}", **ASKS))
    await people.ask(users.NewDevice(user="ada", label="Firefox"))
    await people.ask(users.LinkTelegram(id="ada", telegram_id=7, **ASKS))
    await people.ask(users.LinkTelegram(id="carl", username="carl", **ASKS))
    await people.ask(users.Deactivate(id="carl", **ASKS))


async def _revoke(people: People) -> object:
    (key,) = await people.ask(users.ListKeys(user="ada"))
    return await people.ask(users.RevokeKey(id=key.id, user="ada"))


async def _sign_out(people: People) -> object:
    (device,) = await people.ask(users.ListDevices(user="ada"))
    return await people.ask(users.SignOut(id=device.id, user="ada"))


def _ask(request: Any) -> Callable[[People], Awaitable[object]]:
    return lambda people: people.ask(request)


CHANGES: Final[dict[str, Callable[[People], Awaitable[object]]]] = {
    "add": _ask(users.AddUser(id="dora", **ASKS)),
    "update": _ask(users.UpdateUser(id="ada", role="admin", email="ada@example.org", **ASKS)),
    "deactivate": _ask(users.Deactivate(id="ada", **ASKS)),
    "activate": _ask(users.Activate(id="carl", **ASKS)),
    "issue": _ask(users.NewKey(user="ada", label="another")),
    "revoke": _revoke,
    "sign_in": _ask(users.NewDevice(user="ada", label="Safari")),
    "sign_out": _sign_out,
    "link": _ask(users.LinkTelegram(id="ada", telegram_id=8, **ASKS)),
    "unlink": _ask(users.UnlinkTelegram(id="ada", **ASKS)),
    "replace_chosen": lambda people: people.knows(CHOSEN),
}
"""By the name of the job that stores it."""


def stored(path: pathlib.Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is in the database, but for what differs from run to run."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        statements = {
            "users": "SELECT id, email, role, is_active FROM users",
            "keys": "SELECT user_id, source, label, revoked_at IS NULL FROM api_keys",
            "devices": "SELECT user_id, label, revoked_at IS NULL FROM devices",
            "links": "SELECT user_id, telegram_id, username FROM telegram_links",
            "audit": "SELECT event, subject FROM audit ORDER BY id",
        }
        return {name: sorted(connection.execute(each), key=repr) for name, each in statements.items()}
    finally:
        connection.close()


async def main(folder: pathlib.Path, what: str) -> None:
    """Start on what is there, and make one change; ``start`` makes none."""
    async with life(folder, CHOSEN if what == "replace_chosen" else None) as people:
        if what == "prepare":
            await prepare(people)
        elif what != "start":
            await CHANGES[what](people)


if __name__ == "__main__":
    trio.run(main, pathlib.Path(sys.argv[1]), sys.argv[2])
