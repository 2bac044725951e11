"""What stands in the way of one note is in the way of no other: it cannot be read, vanishes, becomes something else."""

import errno
import os
import resource
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trio.testing

from actors.memory import look
from actors.memory import messages as memory
from actors.memory.files import Folder, Overtaken
from actors.memory.look import Root
from actors.memory.names import checked
from tests.actors.memory.conftest import Notes
from tests.actors.memory.test_kills import die, run

WORDS = ("write", "heliotrope", "append", "chrysanthemum")


@contextmanager
def refused(path: Path, mode: int = 0) -> Generator[None]:
    """Nobody may read a file, or do more than its mode allows, this process included: root may do anything."""
    path.chmod(mode)
    was = os.geteuid()
    if was == 0:
        for folder in path.parents:
            if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
                folder.chmod(0o755)
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


async def test_a_note_that_cannot_be_read_hides_no_other(
    notes: Notes, autojump_clock: trio.testing.MockClock
) -> None:
    await notes.write("a.md", "heliotrope")
    await notes.write("MEMORY.md", "lasting")
    assert await notes.search("heliotrope") == ["a.md"]
    await notes.names()
    notes.path("MEMORY.md").write_text("heliotrope too", encoding="utf-8")
    notes.path("a.md").chmod(0o644)
    autojump_clock.jump(2)
    with refused(notes.path("MEMORY.md")):
        assert await notes.search("heliotrope") == ["a.md"]
        done = await notes.mesh.bus.ask(memory.Reindex(user="ada"))
        assert done.problems == {"MEMORY.md": "Permission denied"}
        assert await notes.names() == ["MEMORY.md", "a.md"]
        told = await notes.mesh.bus.ask(memory.Remember(user="ada", session="s"))
        assert "MEMORY.md cannot be read" in told.text
    autojump_clock.jump(2)
    assert await notes.search("too") == ["MEMORY.md"]


class Refusing(list[str]):
    """Who cannot be given the notes that everybody begins with."""

    def append(self, user: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), user)


@pytest.mark.parametrize("seeds", [True, False])
async def test_in_a_folder_that_may_not_be_written_notes_are_read(stopped: Notes, seeds: bool) -> None:  # noqa: FBT001
    await stopped.start()
    if not seeds:
        stopped.seeded = Refusing()
    folder = stopped.path("")
    (folder / "MEMORY.md").write_text("heliotrope", encoding="utf-8")
    with refused(folder, 0o555):
        assert await stopped.read("MEMORY.md") == "heliotrope"
        assert await stopped.read_as_tool("MEMORY.md") == "heliotrope"
        assert await stopped.names() == ["MEMORY.md"]
        told = await stopped.mesh.bus.ask(memory.Remember(user="ada", session="s"))
        assert "heliotrope" in told.text
        for refusal in (stopped.write("a.md", "zinnia"), stopped.search("heliotrope"), stopped.history()):
            with pytest.raises(memory.MemoryFailed, match="may not be written" if seeds else "Permission"):
                await refusal
    folder.chmod(0o755)
    stopped.seeded = []
    await stopped.write("a.md", "zinnia")
    assert await stopped.search("heliotrope") == ["MEMORY.md"]
    assert await stopped.search("zinnia") == ["a.md"]


@contextmanager
def full_disk(size: int) -> Generator[None]:
    """No file may become larger than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_is_indexed_is_found_on_a_full_disk(
    notes: Notes, autojump_clock: trio.testing.MockClock
) -> None:
    await notes.write("a.md", "heliotrope")
    assert await notes.search("heliotrope") == ["a.md"]
    notes.path("b.md").write_text("zinnia", encoding="utf-8")
    autojump_clock.jump(2)
    with full_disk(1):
        assert [(hit.source, hit.complete) for hit in await notes.found("heliotrope")] == [("a.md", False)]
        with pytest.raises(memory.MemoryFailed):  # not that there is none
            await notes.search("zinnia")
    assert await notes.search("zinnia") == ["b.md"]


def test_files_that_vanish_while_they_are_surveyed_are_no_fault(tmp_path: Path) -> None:
    going = threading.Event()

    def come_and_go() -> None:
        while not going.is_set():
            for n in range(50):
                (tmp_path / f"{n}").mkdir()
                (tmp_path / f"{n}.md").touch()
            for n in range(50):
                (tmp_path / f"{n}.md").unlink()
                (tmp_path / f"{n}").rmdir()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(1000):
            assert look.survey([Root(folder=tmp_path)], {}).problems == {}
    finally:
        going.set()
        thread.join()


def as_pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def as_link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/passwd")


def as_giant(path: Path) -> None:
    path.write_bytes(b"x" * (memory.LARGEST + 1))


@pytest.mark.parametrize("become", [as_pipe, as_folder, as_link, as_giant])
@pytest.mark.parametrize("point", ["memory.intended:2", "memory.written:2"])
def test_what_takes_the_place_of_a_note_after_a_crash_keeps_nobody_from_starting(
    tmp_path: Path, point: str, become: Callable[[Path], None]
) -> None:
    die(tmp_path, point, *WORDS)
    become(tmp_path / "users/ada/a.md")
    left = run(tmp_path, "reindex", "reindex", "daily", "rose")  # under a key of its own
    assert left["found"]["rose"][0].startswith("memory/")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "a.md/.."])
def test_a_change_of_no_note_that_damage_has_left_undecided_keeps_nobody_from_starting(
    tmp_path: Path, name: str
) -> None:
    die(tmp_path, "memory.intended:2", "shared", "heliotrope", "shared", "chrysanthemum")
    with closing(sqlite3.connect(tmp_path / "db" / "memory.db")) as connection, connection:
        assert connection.execute("UPDATE revisions SET name = ? WHERE pending", (name,)).rowcount == 1
    left = run(tmp_path, "reindex", "shared", "rose")
    assert left["files"]["shared/a.md"] == "heliotrope\nrose\n"


class TestByHand:
    """Somebody's editor writes between reading a note and replacing it."""

    def test_what_was_written_by_hand_is_not_overwritten(self, tmp_path: Path) -> None:
        folder, name = Folder(tmp_path), checked("a.md")
        folder.put(name, None, b"old", 0)
        (tmp_path / "a.md").write_bytes(b"by hand")
        for after in (b"new", None):
            with pytest.raises(Overtaken):
                folder.put(name, b"old", after, 0)
        assert folder.read(name) == b"by hand"
        with pytest.raises(Overtaken):
            folder.put(name, None, b"new", 0)
        assert [each.name for each in tmp_path.iterdir()] == ["a.md"]

    async def test_a_change_is_made_of_what_is_there_then(
        self, notes: Notes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await notes.write("a.md", "one\n")
        put = Folder.put
        editing = iter(["one, by hand\n"])

        def put_after_the_editor(self: Folder, *args: object) -> object:
            for text in editing:
                notes.path("a.md").write_text(text, encoding="utf-8")
            return put(self, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(Folder, "put", put_after_the_editor)
        await notes.tool("a.md", "two\n", append=True)
        assert await notes.read("a.md") == "one, by hand\ntwo\n"
        assert [each.action for each in await notes.history("a.md")] == ["append", "by hand", "whole"]
        assert await notes.search("hand") == ["a.md"]
