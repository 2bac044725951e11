"""The database of a host: one that is older, one that is broken, one that is too new."""

import sqlite3
from pathlib import Path
from typing import Any, Final

import pytest

from starpod.host import schema, store
from starpod.host.safe import Safe, Unsealable
from starpod.host.schema import NoStore, open_store
from starpod.host.store import EVERYBODY

FIRST: Final = """
CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at REAL NOT NULL) STRICT;
CREATE TABLE secrets (
    id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, created_at REAL NOT NULL,
    UNIQUE (agent_id, key)
) STRICT;
CREATE TABLE instances (
    id TEXT PRIMARY KEY, name TEXT, agent_id TEXT, region TEXT, variables TEXT NOT NULL, state TEXT NOT NULL,
    generation INTEGER NOT NULL, error TEXT, created_at REAL NOT NULL, updated_at REAL NOT NULL
) STRICT;
PRAGMA user_version = 1;
"""
"""As the first version made it."""
IN_CLEAR: Final = "a-secret-that-lies-in-clear-"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of the first version, with secrets that are there and one that was replaced."""
    path = tmp_path / "host.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(FIRST)
    for number in range(40):
        row = (str(number), EVERYBODY, f"KEY_{number}", f"{IN_CLEAR}{number}" * 40, 1.0)
        connection.execute("INSERT INTO secrets VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("DELETE FROM secrets WHERE id >= '2'")
    connection.execute("INSERT INTO instances VALUES ('a', 'n', NULL, NULL, '{}', 'paused', 0, NULL, 1, 1)")
    connection.close()
    assert in_clear(tmp_path)
    return path


def in_clear(folder: Path) -> list[str]:
    """Files in which a secret can be read."""
    return [each.name for each in folder.iterdir() if IN_CLEAR.encode() in each.read_bytes()]


def test_secrets_that_lay_in_clear_are_sealed_and_nothing_of_them_is_left(old: Path) -> None:
    safe = Safe.of(old.parent)
    rows = open_store(str(old), safe)
    assert store.values(rows, safe, None)["KEY_1"] == f"{IN_CLEAR}1" * 40
    assert [each.port for each in store.instances(rows)] == [None]
    assert in_clear(old.parent) == []
    assert (old.parent / "vault.key").stat().st_mode & 0o777 == 0o600
    rows.close()
    assert store.values(open_store(str(old), safe), safe, None).keys() == {
        f"KEY_{n}" for n in (0, 1, *range(10, 20))
    }


def test_a_move_that_fails_leaves_what_was_there(old: Path) -> None:
    (old.parent / "vault.key").write_text("no key")
    before = sqlite3.connect(old).execute("SELECT * FROM secrets").fetchall()
    with pytest.raises(Unsealable, match=r"vault\.key must hold base64"):
        open_store(str(old), Safe.of(old.parent))
    assert sqlite3.connect(old).execute("SELECT * FROM secrets").fetchall() == before
    (old.parent / "vault.key").unlink()
    open_store(str(old), Safe.of(old.parent))
    assert in_clear(old.parent) == []


def test_a_move_that_ends_before_the_file_is_clean_is_finished_by_the_next(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite3.connect

    def without_vacuum(*given: Any, **more: Any) -> object:
        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql == "VACUUM":
                    raise KeyboardInterrupt
                return super().execute(sql, *values)

        return real(*given, factory=Connection, **more)

    safe = Safe.of(old.parent)
    monkeypatch.setattr("starpod.host.schema.sqlite3.connect", without_vacuum)
    with pytest.raises(KeyboardInterrupt):
        open_store(str(old), safe)
    monkeypatch.undo()
    assert in_clear(old.parent)
    rows = open_store(str(old), safe)
    assert in_clear(old.parent) == []
    assert store.values(rows, safe, None)["KEY_0"] == f"{IN_CLEAR}0" * 40


def test_a_database_that_cannot_be_used_is_said_to_be_so(tmp_path: Path) -> None:
    path, safe = tmp_path / "host.db", Safe.of(tmp_path)
    path.write_text("this is no database, and long enough to be read as one" * 20)
    with pytest.raises(NoStore, match=r"host\.db cannot be used: file is not a database"):
        open_store(str(path), safe)

    path.unlink()
    open_store(str(path), safe).close()
    damaged = bytearray(path.read_bytes())
    damaged[4096 + 100 : 3 * 4096] = b"x" * (2 * 4096 - 100)
    damaged[4096 : 4096 + 8] = b"xxxxxxxx"
    path.write_bytes(damaged)
    with pytest.raises(NoStore, match=r"host\.db"):
        open_store(str(path), safe)

    path.unlink()
    sqlite3.connect(path).execute(f"PRAGMA user_version = {schema.VERSION + 1}").close()
    with pytest.raises(NoStore, match="newer version"):
        open_store(str(path), safe)
