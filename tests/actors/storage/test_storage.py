"""SQLite behind one thread: commits, cancellation, closing."""

import contextlib
import functools
import pathlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from actors import storage
from actors.storage import Storage
from actors.storage.database import Database
from tests.actors.storage.notes import TABLE, Gate, add, boom, opened, pragma, texts


def thread_name(connection: sqlite3.Connection) -> str:
    return threading.current_thread().name


def delete_for_good(connection: sqlite3.Connection, text: str) -> None:
    connection.execute("DELETE FROM notes WHERE text = ?", (text,))


def stumbling(connection: sqlite3.Connection) -> None:
    """Raises over the first of several rows."""
    rows = connection.execute("SELECT text FROM notes")
    try:
        tuple(int(text) for (text,) in rows)
    except ValueError as error:
        raise ZeroDivisionError from error


async def add_to(database: Storage, text: str) -> None:
    await database.run(add, text)


async def all_threads_ended() -> None:
    """Wait for the threads of the database, which outlive their last answer by a moment."""
    for thread in threading.enumerate():
        if thread.name.startswith("notes.db"):
            await trio.to_thread.run_sync(thread.join, 60)
    assert not any(thread.name.startswith("notes.db") for thread in threading.enumerate())


class TestJobs:
    @pytest.mark.parametrize("inline", [False, True])
    async def test_what_a_job_wrote_is_there_after_reopening(self, path: pathlib.Path, inline: bool) -> None:  # noqa: FBT001
        async with opened(path, inline=inline) as database:
            assert await database.run(add, "one") == 1
        async with opened(path, inline=inline) as database:
            assert await database.read(texts) == ["one"]

    @pytest.mark.parametrize("inline", [False, True])
    async def test_a_job_that_raises_is_rolled_back_and_its_error_reaches_the_caller(
        self,
        path: pathlib.Path,
        inline: bool,  # noqa: FBT001
    ) -> None:
        async with opened(path, inline=inline) as database:
            with pytest.raises(ValueError, match="boom"):
                await database.run(boom)
            assert await database.run(texts) == []

    @pytest.mark.parametrize("inline", [False, True])
    @pytest.mark.parametrize("reading", [False, True])
    async def test_a_job_that_raised_amid_its_rows_keeps_nobody_from_what_is_stored_since(
        self,
        path: pathlib.Path,
        inline: bool,  # noqa: FBT001
        reading: bool,  # noqa: FBT001
    ) -> None:
        """However long somebody keeps what it raised, which refers to the cursor that it had."""
        async with opened(path, inline=inline) as database:
            for text in ("one", "two"):
                await database.run(add, text)
            with pytest.raises(ZeroDivisionError) as raised:
                await (database.read if reading else database.run)(stumbling)
            await database.run(add, "three")
            assert await database.read(texts) == ["one", "two", "three"]
            assert raised.value.__cause__ is not None

    async def test_a_mistake_in_sql_is_not_dressed_up_as_a_failure_of_the_disk(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path) as database:
            await database.run(add, "one")
            with pytest.raises(sqlite3.IntegrityError):
                await database.run(add, "one")

    async def test_the_pragmas_are_those_promised(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            assert await database.run(pragma, "journal_mode") == "wal"
            assert await database.run(pragma, "synchronous") == 2
            assert await database.run(pragma, "foreign_keys") == 1
            assert await database.run(pragma, "busy_timeout") == 5000
            assert await database.read(pragma, "query_only") == 1

    async def test_a_relaxed_job_waits_for_the_disk_only_beside_one_that_must(
        self, path: pathlib.Path
    ) -> None:
        full, normal = 2, 1
        async with opened(path) as database:
            assert await database.run_relaxed(pragma, "synchronous") == normal
            assert await database.run(pragma, "synchronous") == full
            held, may_end = threading.Event(), threading.Event()

            def hold(_: sqlite3.Connection) -> None:
                held.set()
                assert may_end.wait(60)

            seen: list[object] = []

            async def note(call: Callable[..., Awaitable[object]]) -> None:
                seen.append(await call(pragma, "synchronous"))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(database.run_relaxed, hold)
                await trio.to_thread.run_sync(held.wait)
                nursery.start_soon(note, database.run_relaxed)
                nursery.start_soon(note, database.run)
                await trio.testing.wait_all_tasks_blocked()
                may_end.set()
            assert seen == [full, full]
            assert await database.run_relaxed(add, "one") == 1
        async with opened(path) as database:
            assert await database.read(texts) == ["one"]

    async def test_a_reading_job_cannot_write(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            with pytest.raises(storage.ReadOnly):
                await database.read(add, "one")

    async def test_writing_and_reading_have_a_thread_each(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            assert await database.run(thread_name) == "notes.db write"
            assert await database.read(thread_name) == "notes.db read"

    async def test_a_long_read_does_not_keep_writers_waiting(self, path: pathlib.Path) -> None:
        may_end = threading.Event()

        def long_read(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
            before = texts(connection)
            trio.from_thread.run_sync(reading.set, trio_token=token)
            assert may_end.wait(60)
            return before, texts(connection)

        token = trio.lowlevel.current_trio_token()
        reading = trio.Event()
        results: list[tuple[list[str], list[str]]] = []

        async def read(database: Storage) -> None:
            results.append(await database.read(long_read))

        async with opened(path) as database, trio.open_nursery() as nursery:
            nursery.start_soon(read, database)
            await reading.wait()
            await database.run(add, "meanwhile")
            may_end.set()
        assert results == [([], [])]  # one state of the database from beginning to end

    async def test_using_a_closed_storage_is_an_error_of_its_own(self, path: pathlib.Path) -> None:
        database = Storage(path, (TABLE,))
        with pytest.raises(storage.Closed):
            await database.run(texts)
        await database.open()
        await database.close()
        await database.close()
        with pytest.raises(storage.Closed, match="is not open"):
            await database.read(texts)
        assert database.statistics() == storage.Statistics()

    async def test_a_storage_that_is_closed_while_its_reader_opens_stays_closed(
        self, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        may_open = threading.Event()
        open_reader = Database.open_reader

        def slowly(database: Database) -> sqlite3.Connection:
            assert may_open.wait(60)
            return open_reader(database)

        async def read() -> None:
            with pytest.raises(storage.Closed):
                await database.read(texts)

        monkeypatch.setattr(Database, "open_reader", slowly)
        async with opened(path) as database, trio.open_nursery() as nursery:
            nursery.start_soon(read)
            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            await database.close()
            may_open.set()
        await all_threads_ended()

    async def test_under_a_virtual_clock_jobs_run_in_the_calling_thread(
        self, path: pathlib.Path, autojump_clock: trio.testing.MockClock
    ) -> None:
        async with opened(path) as database:
            assert await database.run(thread_name) == threading.current_thread().name
            assert await database.read(thread_name) == threading.current_thread().name


class TestCancellation:
    async def test_a_job_cancelled_before_it_begins_is_dropped(self, path: pathlib.Path) -> None:
        async with opened(path) as database, trio.open_nursery() as nursery:
            gate = Gate()
            nursery.start_soon(database.run, gate.job)
            await gate.reached.wait()
            with trio.move_on_after(0.01) as scope:
                await database.run(add, "never")
            assert scope.cancelled_caught
            gate.open.set()
            assert await database.run(texts) == []

    async def test_a_job_cancelled_while_it_runs_is_waited_for_and_kept(self, path: pathlib.Path) -> None:
        def slow(connection: sqlite3.Connection) -> int:
            count = add(connection, "kept")
            gate.job(connection)
            return count

        async with opened(path) as database, trio.open_nursery() as nursery:
            gate = Gate()
            kept: list[int] = []
            done = trio.Event()

            async def run() -> None:
                with trio.CancelScope() as scope:
                    scopes.append(scope)
                    kept.append(await database.run(slow))
                    done.set()

            scopes: list[trio.CancelScope] = []
            nursery.start_soon(run)
            await gate.reached.wait()
            scopes[0].cancel(reason="test")
            await trio.testing.wait_all_tasks_blocked()
            assert kept == []
            gate.open.set()
            await done.wait()
            assert kept == [1]
            assert await database.read(texts) == ["kept"]

    async def test_a_long_read_that_is_cancelled_ends_at_once_and_alone(self, path: pathlib.Path) -> None:
        def endless(connection: sqlite3.Connection) -> None:
            token.run_sync_soon(began.set)
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            )

        token, began = trio.lowlevel.current_trio_token(), trio.Event()
        async with opened(path) as database:
            await database.run(add, "kept")
            with trio.fail_after(60):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(database.read, endless)
                    await began.wait()
                    nursery.cancel_scope.cancel(reason="test")
                assert await database.read(texts) == ["kept"]

    async def test_a_disk_that_does_not_answer_keeps_nobody_for_ever(
        self, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("actors.storage.lines.GRACE", 0.01)
        async with opened(path) as database:
            gate = Gate()
            with trio.fail_after(60):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(database.run, gate.job)
                    await gate.reached.wait()
                    nursery.cancel_scope.cancel(reason="test")
            gate.open.set()
            assert await database.run(add, "after") == 1

    @pytest.mark.parametrize("inline", [False, True])
    async def test_in_a_cancelled_scope_nothing_is_begun(self, path: pathlib.Path, inline: bool) -> None:  # noqa: FBT001
        async with opened(path, inline=inline) as database:
            with trio.CancelScope() as scope:
                scope.cancel(reason="test")
                await database.run(add, "never")
            assert await database.run(texts) == []

    async def test_closing_finishes_the_jobs_that_wait(self, path: pathlib.Path) -> None:
        async with opened(path) as database, trio.open_nursery() as nursery:
            gate = Gate()
            nursery.start_soon(database.run, gate.job)
            await gate.reached.wait()
            for n in range(3):
                nursery.start_soon(database.run, functools.partial(add, text=f"note {n}"))
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(database.close)
            await trio.testing.wait_all_tasks_blocked()
            gate.open.set()
        async with opened(path) as database:
            assert len(await database.read(texts)) == 3

    async def test_a_cancelled_close_ends_the_thread_all_the_same(self, path: pathlib.Path) -> None:
        database = Storage(path, (TABLE,))
        await database.open()
        await database.read(texts)
        with trio.CancelScope() as scope:
            scope.cancel(reason="test")
            await database.close()
        await all_threads_ended()

    def test_a_run_that_ends_without_closing_does_not_hang_the_process(self, path: pathlib.Path) -> None:
        program = f"""
import pathlib, time, trio
from actors.storage import Storage
async def main():
    database = Storage(pathlib.Path({str(path)!r}), ("CREATE TABLE notes(text TEXT)",))
    await database.open()
    await database.run(lambda c: c.execute("INSERT INTO notes VALUES ('kept')").rowcount)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(database.run, lambda c: time.sleep(0.2))
        await trio.sleep(0.05)
        raise SystemExit(3)
trio.run(main)
"""
        ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
        assert ended.returncode != 0
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT text FROM notes").fetchall() == [("kept",)]


class TestErasing:
    @pytest.mark.parametrize("inline", [False, True])
    @pytest.mark.parametrize("anew", [False, True])
    async def test_nothing_is_left_of_what_was_deleted(
        self,
        path: pathlib.Path,
        inline: bool,  # noqa: FBT001
        anew: bool,  # noqa: FBT001
    ) -> None:
        copies = [path.with_name(f"notes.db.v1.{kind}") for kind in ("snapshot", "partial")]
        async with opened(path, inline=inline) as database:
            for copy in copies:
                copy.write_text("heliotrope")
            await database.run(add, "heliotrope")
            assert await database.read(texts) == ["heliotrope"]
            await database.run(delete_for_good, "heliotrope")
            async with trio.open_nursery() as nursery:
                for n in range(9):
                    nursery.start_soon(add_to, database, f"other{n}")
                nursery.start_soon(functools.partial(database.erase, anew=anew))
            assert not [file for file in path.parent.iterdir() if b"heliotrope" in file.read_bytes()]
            assert len(await database.read(texts)) == 9

    async def test_copies_from_before_a_migration_stay_where_that_is_wanted(self, path: pathlib.Path) -> None:
        copy = path.with_name("notes.db.v1.snapshot")
        copy.write_text("heliotrope")
        async with opened(path) as database:
            await database.run(add, "heliotrope")
            await database.run(delete_for_good, "heliotrope")
            await database.erase(copies=False)
            assert [file for file in path.parent.iterdir() if b"heliotrope" in file.read_bytes()] == [copy]

    async def test_what_a_row_was_before_it_changed_goes_with_it(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            assert await database.run(pragma, "secure_delete") == 1

    async def test_while_somebody_else_reads_nothing_can_be_promised(self, path: pathlib.Path) -> None:
        async with opened(path, busy_timeout=0.05) as database:
            await database.run(add, "one")
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM notes").fetchall()
                await database.run(add, "two")
                with pytest.raises(storage.Locked):
                    await database.erase()
                reader.execute("COMMIT")
            await database.erase()
            assert await database.read(texts) == ["one", "two"]
