"""Every way a file can refuse: gone, damaged, full, locked, not ours to write."""

import contextlib
import functools
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator

import pytest

from actors import storage
from actors.storage import Storage
from tests.actors.storage.notes import (
    SECOND,
    TABLE,
    add,
    content_of,
    gathered,
    mode,
    opened,
    pragma,
    texts,
    write,
)


def damage(path: pathlib.Path, pages: slice) -> bytes:
    """Overwrite some of the 4096-byte pages with noise; the content afterwards."""
    content = bytearray(path.read_bytes())
    where = slice(pages.start * 4096, None if pages.stop is None else pages.stop * 4096)
    content[where] = os.urandom(len(content[where]))
    path.write_bytes(content)
    return bytes(content)


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
        assert other.wait(60) == 0


def make_old(path: pathlib.Path) -> None:
    """A database as an earlier version has left it."""
    connection = sqlite3.connect(path)
    connection.execute(TABLE)
    connection.execute("PRAGMA user_version = 1")
    connection.close()


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
