"""Jobs that wait together are committed together, and fail alone."""

import functools
import pathlib
import sqlite3
from typing import Any, ClassVar

import pytest

from actors.storage.database import Database
from actors.storage.jobs import Job, Writer
from tests.actors.storage.notes import TABLE, add, boom, gathered, opened, texts


class TestGroupCommit:
    async def test_all_jobs_that_wait_share_one_commit(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await gathered(database, *(functools.partial(add, text=f"note {n}") for n in range(20)))
            done = database.statistics()
            assert (done.commits, done.jobs, done.largest_group) == (2, 21, 20)
            assert 0 < done.last_commit <= done.slowest_commit
            assert sorted(await database.read(texts)) == sorted(f"note {n}" for n in range(20))

    async def test_no_more_than_256_share_a_commit(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await gathered(database, *(functools.partial(add, text=f"note {n}") for n in range(300)))
            done = database.statistics()
            assert (done.commits, done.largest_group) == (3, 256)

    async def test_a_failing_job_is_rolled_back_alone(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            results = await gathered(
                database, functools.partial(add, text="a"), boom, functools.partial(add, text="b")
            )
            assert isinstance(results[1], ValueError)
            assert sorted(await database.read(texts)) == ["a", "b"]
            assert database.statistics().commits == 2

    async def test_a_job_that_makes_the_commit_fail_takes_nobody_along(self, path: pathlib.Path) -> None:
        def breaks_at_commit(connection: sqlite3.Connection) -> None:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            connection.execute("INSERT INTO replies VALUES (99)")

        replies = "CREATE TABLE replies(note INTEGER REFERENCES stars(id)); CREATE TABLE stars(id INTEGER PRIMARY KEY);"
        async with opened(path, TABLE + replies) as database:
            results = await gathered(
                database, functools.partial(add, text="a"), breaks_at_commit, functools.partial(add, text="b")
            )
            assert isinstance(results[1], sqlite3.IntegrityError)
            assert sorted(await database.read(texts)) == ["a", "b"]

    async def test_a_job_that_ends_the_transaction_fails_alone(self, path: pathlib.Path) -> None:
        def give_up(connection: sqlite3.Connection) -> None:
            connection.execute("ROLLBACK")
            raise ValueError("gone")

        async with opened(path) as database:
            results = await gathered(
                database, functools.partial(add, text="a"), give_up, functools.partial(add, text="b")
            )
            assert isinstance(results[1], ValueError)
            assert sorted(await database.read(texts)) == ["a", "b"]


class Stubborn(sqlite3.Connection):
    """Refuses certain statements, each once."""

    refuses: ClassVar[list[str]] = []

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql in self.refuses:
            self.refuses.remove(sql)
            raise sqlite3.OperationalError(f"{sql} is refused")
        return super().execute(sql, *parameters)


def test_a_rollback_that_fails_is_no_failure_of_what_is_committed(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Stubborn))
    database = Database(path=path, migrations=(TABLE,), synchronous="FULL", busy_timeout=1)
    Stubborn.refuses = []
    writer = Writer(database.open_writer(), path)

    def fail(connection: sqlite3.Connection) -> None:
        Stubborn.refuses = ["ROLLBACK"] if alone else ["COMMIT"]
        alone.append(True)
        boom(connection)

    alone: list[bool] = []
    jobs = [Job(functools.partial(add, text="a")), Job(fail), Job(functools.partial(add, text="b"))]
    writer.execute(jobs)
    assert str(jobs[0].result) == "Value(1)"
    assert "boom" in str(jobs[1].result)
    assert str(jobs[2].result) == "Value(2)"
    assert texts(writer.connection) == ["a", "b"]
    writer.close()
