"""What people delete is kept for a while, comes back whole, and is gone after that."""

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actors import atomic
from actors.tools import arranging, trash
from actors.tools import messages as tools
from actors.tools.messages import (
    FileExists,
    FileIsAnother,
    FileNotFound,
    FileSystemRefused,
    FolderStays,
)
from actors.tools.paths import Home
from actors.tools.trash import NOTE, THING, Note, Trash
from actors.vocabulary import ADMIN
from tests.actors.tools.files import go_on

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = timedelta(days=14)
MOST = 1000
ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}


def note(id: str = "one", **fields: Any) -> Note:
    known: dict[str, Any] = {"user": "ada", "path": "", "type": "other", "size": 0, "at": NOW}
    return Note(id=id, **{**known, **fields})


@pytest.fixture
def bin_(home: Home) -> Trash:
    return Trash(home.root.parent / "data" / "trash")


def throw(home: Home, bin_: Trash, path: str, id: str = "one", etag: str | None = None) -> Note | None:
    (home.root.parent / "data").mkdir(exist_ok=True)
    return arranging.throw_away(home, path, etag, bin_, note(id), MOST, go_on)


def make(home: Home, path: str, text: str = "12345") -> Path:
    file = home.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


# --- there and back ---------------------------------------------------------------------------------------


def test_a_file_comes_back_as_it_was(home: Home, bin_: Trash) -> None:
    make(home, "documents/a.sh").chmod(0o755)
    kept = throw(home, bin_, "./documents/a.sh")
    assert kept == note(path="documents/a.sh", type="file", size=5)
    assert bin_.notes(go_on) == [kept]
    assert not (home.root / "documents/a.sh").exists()
    (home.root / "documents").rmdir()
    back = arranging.put_back(home, bin_, kept, kept.path, go_on)
    assert (back.path, back.etag != "") == ("documents/a.sh", True)
    found = home.root / "documents/a.sh"
    assert (found.read_text(), found.stat().st_mode & 0o777) == ("12345", 0o755)
    assert bin_.notes(go_on) == []
    assert list((home.root.parent / "data/trash").iterdir()) == []


def test_a_folder_comes_back_with_all_in_it(home: Home, bin_: Trash, tmp_path: Path) -> None:
    make(home, "all/deep/a")
    make(home, "all/b")
    (home.root / "all/out").symlink_to(tmp_path)
    kept = throw(home, bin_, "all")
    assert kept is not None
    assert (kept.type, kept.size) == ("directory", 10)
    assert arranging.put_back(home, bin_, kept, "else/where", go_on).etag == ""
    assert (home.root / "else/where/deep/a").read_text() == "12345"
    assert (home.root / "else/where/out").readlink() == tmp_path


def test_what_lies_there_meanwhile_is_not_replaced(home: Home, bin_: Trash) -> None:
    make(home, "a.txt", "mine")
    kept = throw(home, bin_, "a.txt")
    assert kept is not None
    make(home, "a.txt", "theirs")
    with pytest.raises(FileExists):
        arranging.put_back(home, bin_, kept, "a.txt", go_on)
    assert bin_.notes(go_on) == [kept]
    arranging.put_back(home, bin_, kept, "b.txt", go_on)
    assert ((home.root / "a.txt").read_text(), (home.root / "b.txt").read_text()) == ("theirs", "mine")


def test_what_is_refused_stays(home: Home, bin_: Trash) -> None:
    make(home, "with/.starpod/a")
    make(home, "a.txt")
    with pytest.raises(FolderStays):
        throw(home, bin_, "with")
    with pytest.raises(FileIsAnother):
        throw(home, bin_, "a.txt", etag="another")
    with pytest.raises(FileNotFound):
        throw(home, bin_, "missing")
    assert (home.root / "a.txt").exists()
    assert bin_.notes(go_on) == []


def test_what_is_too_much_stays(home: Home, bin_: Trash) -> None:
    make(home, "large", "x" * (MOST + 1))
    make(home, "many/a", "x" * MOST)
    make(home, "many/deep/b", "x")
    assert (throw(home, bin_, "large"), throw(home, bin_, "many")) == (None, None)
    assert (home.root / "large").exists()
    assert (home.root / "many/deep/b").exists()


def test_what_goes_while_it_is_weighed_weighs_nothing(home: Home, bin_: Trash) -> None:
    file = make(home, "all/a")

    def somebody_deletes() -> None:
        file.unlink(missing_ok=True)

    (home.root.parent / "data").mkdir()
    kept = arranging.throw_away(home, "all", None, bin_, note(), MOST, somebody_deletes)
    assert kept is not None
    assert kept.size == 0


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSPC])
def test_where_it_cannot_go_it_stays(
    home: Home, bin_: Trash, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no second file system to be had here."""
    make(home, "a.txt")

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic, "move", fails)
    if number == errno.EXDEV:
        assert throw(home, bin_, "a.txt") is None
    else:
        with pytest.raises(FileSystemRefused):
            throw(home, bin_, "a.txt")
    assert (home.root / "a.txt").exists()
    assert list((home.root.parent / "data/trash").iterdir()) == []


def test_another_disk_is_seen_beforehand(home: Home, bin_: Trash, monkeypatch: pytest.MonkeyPatch) -> None:
    make(home, "a.txt")
    monkeypatch.setattr(Trash, "reaches", lambda *_: False)
    assert throw(home, bin_, "a.txt") is None
    monkeypatch.undo()
    assert bin_.reaches(home)
    throw(home, bin_, "a.txt")
    assert bin_.reaches(home)
    elsewhere = Path("/proc")
    if elsewhere.is_dir():
        assert not bin_.reaches(Home(elsewhere))


def test_what_went_there_is_not_lost_when_the_disk_fails_just_then(
    home: Home, bin_: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, "a.txt")
    moves = atomic.move

    def moves_and_fails(*args: Any, **options: Any) -> None:
        moves(*args, **options)
        if args[3] == THING:
            raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(atomic, "move", moves_and_fails)
    with pytest.raises(FileSystemRefused):
        throw(home, bin_, "a.txt")
    assert [each.path for each in bin_.notes(go_on)] == ["a.txt"]


# --- for how long -----------------------------------------------------------------------------------------


def test_what_is_old_goes_and_the_oldest_of_what_is_too_much() -> None:
    notes = [note(str(days), size=400, at=NOW - timedelta(days=days)) for days in (1, 2, 3, 20)]
    assert [each.id for each in trash.outdated(notes, NOW, DAYS, 1000)] == ["3", "20"]
    assert trash.outdated(notes[:2], NOW, DAYS, 800) == []


def test_whoever_deleted_it_sees_until_when_it_is_kept() -> None:
    kept = note(path="a", type="file", size=5)
    assert trash.shown(kept, DAYS) == tools.InTrash(
        id="one", path="a", type="file", size=5, deleted_at=NOW, until=NOW + DAYS
    )


def test_what_goes_for_good_leaves_nothing(home: Home, bin_: Trash) -> None:
    make(home, "all/closed/a")
    (home.root / "all/link").symlink_to(home.root / "documents")
    (home.root / "all/closed").chmod(0o500)
    make(home, "b")
    for path in ("all", "b"):
        throw(home, bin_, path, path)
    bin_.clear(NOW + DAYS, DAYS, MOST, go_on)
    assert {each.id for each in bin_.notes(go_on)} == {"all", "b"}
    bin_.clear(NOW + DAYS + timedelta(seconds=1), DAYS, MOST, go_on)
    assert list((home.root.parent / "data/trash").iterdir()) == []
    assert stat.S_ISDIR((home.root / "documents").stat().st_mode)


def test_what_a_crash_leaves_counts_for_nothing_and_is_cleared_away(home: Home, bin_: Trash) -> None:
    bin_.clear(NOW, DAYS, MOST, go_on)  # there is nothing yet
    folder = home.root.parent / "data/trash"
    for name, text in (
        ("half", None),
        ("broken", "{"),
        ("short", "{}"),
        ("never", '{"at": 7, "user": "ada", "path": "a", "type": "file", "size": 1}'),
        ("timeless", '{"at": "2026-03-01T00:00:00", "user": "ada", "path": "a", "type": "file", "size": 1}'),
    ):
        (folder / name).mkdir(parents=True)
        if text is not None:
            (folder / name / THING).write_text("a")
            (folder / name / NOTE).write_text(text)
    assert bin_.notes(go_on) == []
    young = datetime.now(UTC)
    bin_.clear(young, DAYS, MOST, go_on)
    assert len(list(folder.iterdir())) == 5
    bin_.clear(young + timedelta(hours=2), DAYS, MOST, go_on)
    assert list(folder.iterdir()) == []


def test_what_is_cleared_by_somebody_else_meanwhile_is_no_fault(
    home: Home, bin_: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trash, "_names", lambda _: ["gone"])
    bin_.clear(NOW, DAYS, MOST, go_on)
