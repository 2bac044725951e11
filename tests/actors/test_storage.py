"""SQLite behind one thread: commits, cancellation, migrations, and every way a file can refuse."""

import contextlib
import functools
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, ClassVar

import pytest
import trio
import trio.testing

from actors import storage
from actors.storage import Migration, Storage
from actors.storage.database import Database
from actors.storage.jobs import Job, Writer

TABLE = "CREATE TABLE notes(text TEXT NOT NULL UNIQUE) STRICT;"
SECOND = "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;"


def add(connection: sqlite3.Connection, text: str) -> int:
    connection.execute("INSERT INTO notes(text) VALUES (?)", (text,))
    count: int = connection.execute("SELECT count(*) FROM notes").fetchone()[0]
    return count


def texts(connection: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in connection.execute("SELECT text FROM notes ORDER BY rowid")]


def boom(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes(text) VALUES ('half')")
    raise ValueError("boom")


def thread_name(connection: sqlite3.Connection) -> str:
    return threading.current_thread().name


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content_of(path: pathlib.Path) -> bytes:
    return path.read_bytes()


def write(path: pathlib.Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def damage(path: pathlib.Path, pages: slice) -> bytes:
    """Overwrite some of the 4096-byte pages with noise; the content afterwards."""
    content = bytearray(path.read_bytes())
    where = slice(pages.start * 4096, None if pages.stop is None else pages.stop * 4096)
    content[where] = os.urandom(len(content[where]))
    path.write_bytes(content)
    return bytes(content)


async def all_threads_ended() -> None:
    """Wait for the threads of the database, which outlive their last answer by a moment."""
    for thread in threading.enumerate():
        if thread.name.startswith("notes.db"):
            await trio.to_thread.run_sync(thread.join, 10)
    assert not any(thread.name.startswith("notes.db") for thread in threading.enumerate())


@contextlib.contextmanager
def locked_by_another_process(path: pathlib.Path) -> Generator[None]:
    program = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"locked\n"
        yield
        other.stdin.close()
        assert other.wait(10) == 0


@contextlib.asynccontextmanager
async def opened(
    path: pathlib.Path, *migrations: Migration, inline: bool | None = None, busy_timeout: float = 5.0
) -> AsyncGenerator[Storage]:
    database = Storage(path, migrations or (TABLE,), inline=inline, busy_timeout=busy_timeout)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "db" / "notes.db"


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
                assert may_end.wait(10)

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
            assert may_end.wait(10)
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
            assert may_open.wait(10)
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


class Gate:
    """Holds the database thread until opened, so that jobs gather behind it."""

    def __init__(self) -> None:
        self.token = trio.lowlevel.current_trio_token()
        self.reached = trio.Event()
        self.open = threading.Event()

    def job(self, connection: sqlite3.Connection) -> None:
        trio.from_thread.run_sync(self.reached.set, trio_token=self.token)
        assert self.open.wait(10)


async def gathered(database: Storage, *jobs: Callable[[sqlite3.Connection], object]) -> list[object]:
    """Run the jobs as one group; each gives its value or its error."""
    gate = Gate()
    results: list[object] = [None] * len(jobs)

    async def run(position: int, job: Callable[[sqlite3.Connection], object]) -> None:
        try:
            results[position] = await database.run(job)
        except Exception as error:  # noqa: BLE001 - it is the result
            results[position] = error

    async def hold() -> None:
        with contextlib.suppress(storage.Locked):
            await database.run(gate.job)
        gate.reached.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await gate.reached.wait()
        for position, job in enumerate(jobs):
            nursery.start_soon(run, position, job)
        await trio.testing.wait_all_tasks_blocked()
        gate.open.set()
    return results


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
            with trio.fail_after(10):
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
            with trio.fail_after(10):
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
        ended = subprocess.run([sys.executable, "-c", program], timeout=20, check=False)
        assert ended.returncode != 0
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT text FROM notes").fetchall() == [("kept",)]


def make_old(path: pathlib.Path) -> None:
    """A database as an earlier version has left it."""
    connection = sqlite3.connect(path)
    connection.execute(TABLE)
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def move_the_folder(path: pathlib.Path) -> Callable[[], object]:
    aside = path.parent.with_name("aside")
    path.parent.rename(aside)
    return lambda: aside.rename(path.parent)


def move_the_file(path: pathlib.Path) -> Callable[[], object]:
    aside = path.with_name("aside.db")
    path.rename(aside)
    return lambda: aside.rename(path)


def move_the_log(path: pathlib.Path) -> Callable[[], object]:
    log = path.with_name("notes.db-wal")
    aside = log.rename(path.with_name("aside"))
    return lambda: aside.rename(log)


def replace_by_a_copy(path: pathlib.Path) -> Callable[[], object]:
    back = move_the_file(path)
    shutil.copy(path.with_name("aside.db"), path)
    return back


class TestFilesThatAreMovedWhileTheyAreInUse:
    @pytest.mark.parametrize("move", [move_the_folder, move_the_file, move_the_log, replace_by_a_copy])
    async def test_nothing_counts_as_stored_until_they_are_back(
        self,
        path: pathlib.Path,
        move: Callable[[pathlib.Path], Callable[[], object]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("actors.storage.whereabouts.GOOD_FOR", 0.0)
        async with opened(path) as database:
            await database.run(add, "before")
            await database.read(texts)
            put_back = move(path)
            for use in (database.run, database.run_relaxed):
                with pytest.raises(storage.OutOfPlace, match="moved, replaced or deleted"):
                    await use(add, "lost")
            with pytest.raises(storage.OutOfPlace, match="moved, replaced or deleted"):
                await database.read(texts)
            put_back()
            await database.run(add, "after")
            assert await database.read(texts) == ["before", "after"]

    async def test_what_is_read_may_be_half_a_second_old_and_what_is_stored_may_not(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
            await database.read(texts)
            put_back = move_the_folder(path)
            with pytest.raises(storage.OutOfPlace):
                await database.run(add, "in the file that was moved")
            with pytest.raises(storage.OutOfPlace):
                await database.run(add, "nowhere")
            put_back()
            assert await database.run(texts) == ["before", "in the file that was moved"]

    async def test_a_move_in_the_middle_of_a_group_fails_all_of_it(self, path: pathlib.Path) -> None:
        def move(connection: sqlite3.Connection) -> None:
            move_the_folder(path)

        async with opened(path) as database:
            found = await gathered(database, functools.partial(add, text="a"), move)
            assert [type(each) for each in found] == [storage.OutOfPlace] * 2


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


class TestMigrations:
    async def test_an_empty_file_is_brought_to_the_newest_schema_without_a_snapshot(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path, TABLE, SECOND) as database:
            assert await database.run(pragma, "user_version") == 2
        assert {entry.name for entry in path.parent.iterdir()} == {"notes.db", "notes.db.made"}

    async def test_a_migration_may_be_a_function(self, path: pathlib.Path) -> None:
        def fill(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO notes(text) VALUES ('from code')")

        async with opened(path, TABLE, fill) as database:
            assert await database.read(texts) == ["from code"]

    async def test_the_old_database_is_kept_as_a_snapshot(
        self, path: pathlib.Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with opened(path, TABLE) as database:
            await database.run(add, "old")
        assert caplog.messages == []
        async with opened(path, TABLE, SECOND) as database:
            assert await database.run(pragma, "user_version") == 2
        said = [message.partition(": ")[2] for message in caplog.messages]
        assert said == ["it is checked", "it is copied", "schema 2 of 2", "done"], "it may take long"
        snapshot = path.with_name("notes.db.v1.snapshot")
        assert mode(snapshot) == 0o600
        async with opened(snapshot, TABLE) as database:
            assert await database.read(texts) == ["old"]

    async def test_a_script_with_a_trigger_and_comments_is_split_rightly(self, path: pathlib.Path) -> None:
        script = """
        -- a comment; with a semicolon
        CREATE TABLE notes(text TEXT);
        CREATE TRIGGER twice AFTER INSERT ON notes WHEN NEW.text = 'a' BEGIN
            INSERT INTO notes(text) VALUES ('b; c');
        END;
        -- the end
        """
        async with opened(path, script) as database:
            await database.run(add, "a")
            assert await database.read(texts) == ["a", "b; c"]

    async def test_a_failed_migration_changes_nothing_and_is_named(self, path: pathlib.Path) -> None:
        async with opened(path, TABLE) as database:
            await database.run(add, "old")
        with pytest.raises(storage.MigrationFailed, match="migration 3: no such table: absent") as caught:
            await Storage(path, (TABLE, SECOND, "DROP TABLE absent;")).open()
        assert caught.value.version == 3
        async with opened(path, TABLE) as database:
            assert await database.read(texts) == ["old"]

    async def test_a_migration_that_breaks_a_reference_fails(self, path: pathlib.Path) -> None:
        parents = "CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(a INTEGER REFERENCES a(id));"
        with pytest.raises(storage.MigrationFailed, match="a row of b refers to a missing one of a"):
            await Storage(path, (parents, "INSERT INTO b VALUES (1);")).open()

    async def test_a_schema_newer_than_the_code_is_refused(self, path: pathlib.Path) -> None:
        async with opened(path, TABLE, SECOND):
            pass
        with pytest.raises(storage.TooNew, match="schema is number 2, this program knows 1") as caught:
            await Storage(path, (TABLE,)).open()
        assert (caught.value.version, caught.value.known) == (2, 1)

    def test_migration_files_come_in_order(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "0002_b.sql").write_text("two")
        (tmp_path / "0001_a.sql").write_text("one")
        assert storage.numbered(tmp_path) == ("one", "two")

    @pytest.mark.parametrize(
        "names", [[], ["0002_b.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0003_c.sql"]]
    )
    def test_a_gap_in_the_numbers_is_refused(self, tmp_path: pathlib.Path, names: list[str]) -> None:
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(ValueError, match="not numbered"):
            storage.numbered(tmp_path)


@pytest.fixture
def as_nobody() -> Generator[pathlib.Path]:
    """A folder that an ordinary user may only read, and this process as that user; root may write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(was)
            folder.chmod(0o755)


class TestRefusals:
    async def test_only_the_owner_may_read_the_files(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await database.run(add, "secret")
            assert [mode(path.with_name("notes.db" + end)) for end in ("", "-wal", "-shm", ".made")] == [
                0o600
            ] * 4

    async def test_a_file_that_others_could_read_is_closed_to_them(self, path: pathlib.Path) -> None:
        async with opened(path):
            path.chmod(0o644)  # noqa: ASYNC240 - at once
        async with opened(path):
            assert mode(path) == 0o600

    async def test_a_file_that_has_lost_its_content_is_not_taken_for_a_new_one(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
        write(path, b"")
        with pytest.raises(storage.Corrupt, match=r"it is empty.*put back a backup"):
            await Storage(path, (TABLE,)).open()
        assert content_of(path) == b""

    async def test_what_a_crash_left_of_a_new_file_is_begun_anew(self, path: pathlib.Path) -> None:
        write(path.with_name("notes.db.new"), b"half")
        async with opened(path) as database:
            assert await database.run(add, "first") == 1
        assert sorted(each.name for each in path.parent.iterdir()) == ["notes.db", "notes.db.made"]

    async def test_one_that_is_gone_is_not_made_again_until_told_to(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
        away = path.rename(path.with_name("away"))  # noqa: ASYNC240 - at once
        with pytest.raises(storage.Missing, match=r"Put it back.*to begin anew.*delete notes\.db\.made"):
            await Storage(path, (TABLE,)).open()
        assert not path.exists()  # noqa: ASYNC240 - at once
        shutil.copy(away, path)
        async with opened(path) as database:
            assert await database.read(texts) == ["before"]
        path.unlink()  # noqa: ASYNC240 - at once
        path.with_name("notes.db.made").unlink()
        async with opened(path) as database:
            assert await database.read(texts) == []

    async def test_one_of_before_there_were_marks_is_missed_as_well(self, path: pathlib.Path) -> None:
        path.parent.mkdir()
        make_old(path)
        write(path.with_name("notes.db.made.new"), b"half")
        async with opened(path):
            pass
        path.unlink()  # noqa: ASYNC240 - at once
        with pytest.raises(storage.Missing):
            await Storage(path, (TABLE,)).open()

    async def test_a_full_disk_fails_the_job_that_needs_space_and_no_other(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
            await database.run(pragma, f"max_page_count = {await database.run(pragma, 'page_count')}")
            with pytest.raises(storage.DiskFull, match="Free some space"):
                await database.run(add, "x" * 100_000)
            assert await database.run(texts) == ["before"]
            await database.run(pragma, "max_page_count = 100000")
            await database.run(add, "y" * 100_000)
            assert len(await database.read(texts)) == 2

    async def test_a_full_disk_in_a_group_spares_the_neighbours(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await database.run(pragma, f"max_page_count = {await database.run(pragma, 'page_count')}")
            results = await gathered(
                database,
                functools.partial(add, text="a"),
                functools.partial(add, text="x" * 100_000),
                functools.partial(add, text="b"),
            )
            assert isinstance(results[1], storage.DiskFull)
            assert sorted(await database.read(texts)) == ["a", "b"]

    async def test_a_full_disk_stops_a_migration_with_that_error(self, path: pathlib.Path) -> None:
        def no_space(connection: sqlite3.Connection) -> None:
            connection.execute("PRAGMA max_page_count = 4")
            connection.execute("INSERT INTO notes(text) VALUES (zeroblob(100000) || 'x')")

        with pytest.raises(storage.DiskFull):
            await Storage(path, (TABLE, no_space)).open()

    async def test_a_read_only_folder_is_named(self, as_nobody: pathlib.Path) -> None:
        with pytest.raises(storage.ReadOnly, match=r"writable for the user") as caught:
            await Storage(as_nobody / "notes.db", (TABLE,), inline=True).open()
        assert str(as_nobody) in str(caught.value)

    async def test_a_file_that_may_not_be_written_is_refused(self, as_nobody: pathlib.Path) -> None:
        file = as_nobody / "db" / "notes.db"
        was = os.geteuid()
        os.seteuid(os.getuid())
        file.parent.mkdir()
        file.parent.chmod(0o777)
        sqlite3.connect(file).execute("CREATE TABLE other(x)").connection.close()
        file.chmod(0o444)
        os.seteuid(was)
        with pytest.raises(storage.ReadOnly):
            await Storage(file, (TABLE,), inline=True).open()

    async def test_a_path_that_is_no_file_is_inaccessible(self, tmp_path: pathlib.Path) -> None:
        with pytest.raises(storage.Inaccessible):
            await Storage(tmp_path, (TABLE,)).open()
        (tmp_path / "file").touch()
        with pytest.raises(storage.Inaccessible):
            await Storage(tmp_path / "file" / "notes.db", (TABLE,)).open()

    async def test_a_file_that_is_no_database_is_left_alone(self, path: pathlib.Path) -> None:
        write(path, content := b"I am a shopping list, honestly. " * 200)
        with pytest.raises(storage.Corrupt, match="left untouched"):
            await Storage(path, (TABLE,)).open()
        assert content_of(path) == content

    async def test_damage_found_before_a_migration_stops_it(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            for n in range(500):
                await database.run(add, f"note {n} " + "x" * 100)
        content = damage(path, slice(3, 6))
        with pytest.raises(storage.Corrupt):
            await Storage(path, (TABLE, SECOND)).open()
        assert content_of(path) == content

    async def test_damage_found_by_a_job_is_typed(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            for n in range(500):
                await database.run(add, f"note {n} " + "x" * 100)
        damage(path, slice(3, None))
        async with opened(path) as database:
            with pytest.raises(storage.Corrupt):
                await database.read(texts)

    async def test_a_log_without_its_database_is_not_thrown_away(self, path: pathlib.Path) -> None:
        write(log := path.with_name("notes.db-wal"), b"everything there is")
        with pytest.raises(storage.Corrupt, match="write-ahead log"):
            await Storage(path, (TABLE,)).open()
        assert content_of(log) == b"everything there is"

    async def test_a_database_locked_by_another_process_is_an_error_and_works_once_released(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path, busy_timeout=0.05) as database:
            with locked_by_another_process(path):
                with pytest.raises(storage.Locked, match="second daemon"):
                    await database.run(add, "one")
                results = await gathered(database, *(functools.partial(add, text=f"{n}") for n in range(5)))
                assert all(isinstance(result, storage.Locked) for result in results)
                assert await database.read(texts) == []
            await database.run(add, "one")

    async def test_opening_a_database_held_exclusively_by_another_connection_fails_with_locked(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path):
            pass
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(storage.Locked):
                await Storage(path, (TABLE, SECOND), busy_timeout=0.05).open()
