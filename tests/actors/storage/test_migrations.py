"""A file is brought to the newest schema, whole or not at all."""

import pathlib
import sqlite3

import pytest

from actors import storage
from actors.storage import Storage
from tests.actors.storage.notes import SECOND, TABLE, add, mode, opened, pragma, texts


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

    async def test_a_new_file_gets_its_name_once_it_has_all_its_tables(self, path: pathlib.Path) -> None:
        with pytest.raises(storage.MigrationFailed, match="migration 2: no such table: absent"):
            await Storage(path, (TABLE, "DROP TABLE absent;")).open()
        assert [entry.name for entry in path.parent.iterdir()] == ["notes.db.new"]
        async with opened(path, TABLE) as database:
            assert await database.read(texts) == []
            assert await database.run(pragma, "journal_mode") == "wal"

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
