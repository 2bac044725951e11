"""A database looked at from outside."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.storage import Corrupt, Inaccessible, Missing, StorageError, TooNew, check


def make(path: Path, *, version: int = 1) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE words (word TEXT)")
    connection.executemany("INSERT INTO words VALUES (?)", [("word" * 100,)] * 1000)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    return connection


def test_a_database_in_order_is_left_as_it_was(tmp_path: Path) -> None:
    make(tmp_path / "a.db").close()
    before = (tmp_path / "a.db").read_bytes()
    check(tmp_path / "a.db", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    assert (tmp_path / "a.db").read_bytes() == before


def test_one_that_was_never_made_is_in_order(tmp_path: Path) -> None:
    check(tmp_path / "a.db", 1)
    assert not list(tmp_path.iterdir())


def test_one_that_was_not_closed_is_read_with_its_log(tmp_path: Path) -> None:
    connection = make(tmp_path / "a.db", version=2)
    with pytest.raises(TooNew, match="its schema is number 2, this program knows 1"):
        check(tmp_path / "a.db", 1)
    check(tmp_path / "a.db", 2)
    connection.close()


def spoil(path: Path) -> None:
    path.write_bytes(b"nonsense" * 1000)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50_000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def leave_only_the_log(path: Path) -> None:
    path.with_name("a.db-wal").write_bytes(b"x")
    path.unlink()


def leave_only_the_mark(path: Path) -> None:
    path.with_name("a.db.made").write_bytes(b"x")
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (spoil, Corrupt),
        (truncate, Corrupt),
        (empty, Corrupt),
        (leave_only_the_log, Corrupt),
        (leave_only_the_mark, Missing),
        (replace_by_a_folder, Inaccessible),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    tmp_path: Path, harm: Callable[[Path], None], error: type[StorageError]
) -> None:
    path = tmp_path / "a.db"
    make(path).close()
    harm(path)
    with pytest.raises(error) as caught:
        check(path, 1)
    assert str(path) in str(caught.value)
    assert caught.value.advice.format(name="a.db") in str(caught.value)
