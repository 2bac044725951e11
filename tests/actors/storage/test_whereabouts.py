"""Files that are moved, replaced or deleted while they are in use."""

import functools
import pathlib
import shutil
import sqlite3
from collections.abc import Callable

import pytest
import trio

from actors import storage
from actors.storage import Storage
from tests.actors.storage.notes import TABLE, add, gathered, opened, texts


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

    async def test_who_reads_first_after_it_finds_nothing_and_leaves_no_file(
        self, path: pathlib.Path
    ) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
            put_back = move_the_file(path)
            with pytest.raises(storage.StorageError):
                await database.read(texts)
            assert not await trio.Path(path).exists()
            put_back()
            assert await database.read(texts) == ["before"]

    async def test_who_opens_it_meanwhile_leaves_no_folder_in_its_place(self, path: pathlib.Path) -> None:
        async with opened(path) as database:
            await database.run(add, "before")
            put_back = move_the_folder(path)
            with pytest.raises(storage.OutOfPlace, match="its folder is gone"):
                await Storage(path, (TABLE,)).open()
            put_back()
            assert await database.read(texts) == ["before"]

    async def test_a_move_in_the_middle_of_a_group_fails_all_of_it(self, path: pathlib.Path) -> None:
        def move(connection: sqlite3.Connection) -> None:
            move_the_folder(path)

        async with opened(path) as database:
            found = await gathered(database, functools.partial(add, text="a"), move)
            assert [type(each) for each in found] == [storage.OutOfPlace] * 2
