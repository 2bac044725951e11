"""The store of people on a real file, without actor or bus."""

import pathlib
import sqlite3
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, final

from actors.storage import numbered
from actors.storage.database import Database
from actors.users import accounts, bootstrap, keys
from actors.users import messages as users
from actors.users.actor import MIGRATIONS

T = TypeVar("T")
P = ParamSpec("P")

OPERATOR: dict[str, Any] = {"user": "admin", "proof": "operator"}
NOW = 1_000_000_000
FIRST = "sp_live_" + "f" * 40


@final
class Store:
    """One database file with the first admin, and what is done to it, a transaction each."""

    def __init__(self, folder: pathlib.Path, key: str | None = FIRST) -> None:
        self.database = Database(
            path=folder / "users.db", migrations=numbered(MIGRATIONS), synchronous="OFF", busy_timeout=1.0
        )
        self.connection: sqlite3.Connection = self.database.open_writer()
        self.now = NOW
        self._ids = 0
        assert self.run(bootstrap.first_admin, key, self.fresh(), self.now)

    def fresh(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def run(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, as the actor runs it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            value = fn(self.connection, *args, **kwargs)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return value

    def reopen(self) -> None:
        """Die with something half done, and start again."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("DELETE FROM api_keys")
        self.connection.close()
        self.connection = self.database.open_writer()

    def close(self) -> None:
        self.connection.close()

    def add(self, id: str, **fields: Any) -> users.User:
        return self.run(accounts.add, users.AddUser(id=id, **fields, **OPERATOR), "made-up", self.now)[0]

    def issue(self, id: str, days: int | None = None, **fields: Any) -> users.CreatedKey:
        """A key that is no other."""
        key = f"sp_live_{self._ids:040x}"
        request = users.NewKey(id=id, expires_in_days=days, **{**OPERATOR, **fields})
        return self.run(keys.issue, request, key, self.fresh(), self.now)[0]
