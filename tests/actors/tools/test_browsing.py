"""Files as a person changes them: what is shown, what is refused, and that nobody's changes are lost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.tools import arranging, browsing
from actors.tools.messages import (
    MOST_TEXT,
    FileEntry,
    FileError,
    FileExists,
    FileIsAnother,
    FileNotFound,
    FilesNotAllowed,
    FileTooLarge,
    FolderStays,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
    NotText,
    SentFile,
    TooMuchToPack,
)
from actors.tools.paths import Home
from tests.actors.tools.files import UPLOAD, go_on


def listed(home: Home, path: str = ".", offset: int = 0, limit: int = 100) -> list[FileEntry]:
    return list(browsing.browse(home, path, offset, limit, go_on))


def names(home: Home, path: str = ".", **page: int) -> list[str]:
    return [each.name for each in listed(home, path, **page)]


def on_disk(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def write(home: Home, path: str, text: str = "hello", etag: str | None = None) -> str:
    return arranging.write_text(home, path, text.encode(), etag, go_on).etag


def place(home: Home, spool: Home, path: str, *sent: str, replace: bool = False) -> list[str]:
    for n, _ in enumerate(sent):
        (spool.root / UPLOAD / str(n)).write_bytes(b"sent %d" % n)
    files = [SentFile(id=str(n), name=name) for n, name in enumerate(sent)]
    placed = arranging.place_files(home, spool, UPLOAD, files, path, replace=replace, go_on=go_on)
    return [each.path for each in placed]


# --- looking ----------------------------------------------------------------------------------------------


def test_a_folder_is_listed_by_the_bytes_of_its_names_without_what_is_private(home: Home) -> None:
    for name in ("b.txt", "a.png", "Z", ".starpod", "ä"):
        (home.root / name).write_bytes(b"12345")
    (home.root / "link").symlink_to("b.txt")
    os.mkfifo(home.root / "pipe")
    assert [(each.name, each.type, each.size, each.mime_type) for each in listed(home)] == [
        ("Z", "file", 5, "application/octet-stream"),
        ("a.png", "file", 5, "image/png"),
        ("b.txt", "file", 5, "text/plain"),
        ("documents/", "directory", 0, None),
        ("link", "link", 0, None),
        ("pipe", "other", 0, None),
        ("ä", "file", 5, "application/octet-stream"),
    ]
    assert names(home, offset=1, limit=2) == ["a.png", "b.txt"]
    with pytest.raises(NotADirectory):
        names(home, "b.txt")


def test_what_others_have_sent_is_not_there(home: Home) -> None:
    for user in ("ada", "bob"):
        (home.root / "uploads" / user).mkdir(parents=True)
        (home.root / "uploads" / user / "a.txt").write_text("mine")
    assert names(home, "uploads") == ["ada/"]
    assert browsing.read_text(home, "uploads/ada/a.txt", go_on).content == "mine"
    for reach in (
        lambda: browsing.read_text(home, "uploads/bob/a.txt", go_on),
        lambda: write(home, "uploads/bob/a.txt"),
        lambda: arranging.remove(home, "uploads/bob", None, go_on),
        lambda: arranging.make_folder(home, "uploads/bob/b", go_on),
        lambda: arranging.move(home, "documents", "uploads/bob/b", replace=False, go_on=go_on),
    ):
        with pytest.raises(FileNotFound):
            reach()
    assert (home.root / "uploads/bob/a.txt").read_text() == "mine"


def test_what_there_is_under_a_path_is_told(home: Home) -> None:
    etag = write(home, "a.md", "häl")
    (home.root / "link").symlink_to("a.md")
    found = browsing.stat(home, "./a.md", go_on, count=True)
    assert (found.path, found.type, found.size, found.mime_type) == ("a.md", "file", 4, "text/markdown")
    assert (found.etag, listed(home)[0].etag) == (etag, etag)
    assert [browsing.stat(home, path, go_on).type for path in (".", "documents", "link")] == [
        "directory",
        "directory",
        "link",
    ]
    for path in ("missing", "documents/missing", "a.md/b"):
        with pytest.raises((FileNotFound, NotADirectory)):
            browsing.stat(home, path, go_on)


def test_what_a_folder_holds_is_counted_without_what_is_private(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a", "deep/b", "deep/er/c", ".starpod/d"):
        (home.root / "all" / path).parent.mkdir(parents=True, exist_ok=True)
        (home.root / "all" / path).write_text("12345")
    (home.root / "all/link").symlink_to("a")
    found = browsing.stat(home, "all", go_on, count=True)
    assert (found.files, found.folders, found.size, found.complete) == (4, 2, 15, True)
    assert browsing.stat(home, "all", go_on).files == 0
    monkeypatch.setattr(browsing, "MOST_COUNTED", 3)
    found = browsing.stat(home, "all", go_on, count=True)
    assert (found.files + found.folders, found.complete) == (3, False)


def test_what_goes_while_it_is_counted_counts_for_nothing(home: Home) -> None:
    write(home, "all/a.txt")

    def somebody_deletes() -> None:
        (home.root / "all/a.txt").unlink(missing_ok=True)

    assert browsing.stat(home, "all", somebody_deletes, count=True).size == 0


def test_all_below_a_folder_is_listed_to_be_packed_but_for_links_and_what_is_private(
    home: Home, tmp_path: Path
) -> None:
    for path in ("b", "deep/er/c", ".starpod/d", "a"):
        (home.root / "all" / path).parent.mkdir(parents=True, exist_ok=True)
        (home.root / "all" / path).write_text("12345")
    (home.root / "all/out").symlink_to(tmp_path)
    (home.root / "all/in").symlink_to("a")
    os.mkfifo(home.root / "all/pipe")
    tree = browsing.tree(home, "./all", go_on)
    assert tree.name == "all"
    assert [(each.path, each.name, each.is_folder, each.size) for each in tree.entries] == [
        ("all/a", "a", False, 5),
        ("all/b", "b", False, 5),
        ("all/deep", "deep", True, 0),
        ("all/deep/er", "deep/er", True, 0),
        ("all/deep/er/c", "deep/er/c", False, 5),
    ]
    whole = browsing.tree(home, ".", go_on)
    assert (whole.name, whole.entries[0].path, whole.entries[0].name) == ("home", "all", "all")
    with pytest.raises(NotADirectory):
        browsing.tree(home, "all/a", go_on)


def test_what_others_have_sent_is_not_packed(home: Home) -> None:
    for user in ("ada", "bob"):
        (home.root / "uploads" / user).mkdir(parents=True)
        (home.root / "uploads" / user / "a.txt").write_text("mine")
    assert [each.path for each in browsing.tree(home, "uploads", go_on).entries] == [
        "uploads/ada",
        "uploads/ada/a.txt",
    ]


@pytest.mark.parametrize(("bound", "value"), [("MOST_PACKED", 2), ("MOST_PACKED_BYTES", 11)])
def test_too_much_is_not_packed(home: Home, monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    for name in ("a", "b"):
        write(home, f"all/{name}", "12345")
    monkeypatch.setattr(browsing, bound, value)
    assert len(browsing.tree(home, "all", go_on).entries) == 2
    write(home, "all/c", "12345")
    with pytest.raises(TooMuchToPack, match=r"all holds more than 10,000 files"):
        browsing.tree(home, "all", go_on)


def test_what_goes_while_it_is_listed_is_not_packed(home: Home) -> None:
    write(home, "all/a.txt")

    def somebody_deletes() -> None:
        (home.root / "all/a.txt").unlink(missing_ok=True)

    assert browsing.tree(home, "all", somebody_deletes).entries == ()


def test_a_text_is_read_with_what_tells_it_from_others(home: Home) -> None:
    etag = write(home, "a.md", "häl")
    found = browsing.read_text(home, "a.md", go_on)
    assert (found.path, found.content, found.size, found.mime_type) == ("a.md", "häl", 4, "text/markdown")
    assert found.etag == etag


@pytest.mark.parametrize(
    ("content", "error"), [(b"\xff", NotText), (b"x" * (MOST_TEXT + 1), FileTooLarge), (None, FileNotFound)]
)
def test_what_cannot_be_read_as_text_says_so(
    home: Home, content: bytes | None, error: type[FileError]
) -> None:
    if content is not None:
        (home.root / "a").write_bytes(content)
    with pytest.raises(error):
        browsing.read_text(home, "a", go_on)


# --- changing ---------------------------------------------------------------------------------------------


def test_a_file_is_made_with_its_folders_and_replaced_with_its_permissions(home: Home) -> None:
    write(home, "new/deep/a.txt")
    path = home.root / "new/deep/a.txt"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("hello", 0o600)
    path.chmod(0o755)
    write(home, "new/deep/a.txt", "again")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("again", 0o755)


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(home: Home) -> None:
    etag = write(home, "a.txt", etag="")
    newer = write(home, "a.txt", "newer", etag)
    for wrong in (etag, ""):
        with pytest.raises(FileIsAnother, match=r"a\.txt is not what it was"):
            write(home, "a.txt", "lost", wrong)
    with pytest.raises(FileIsAnother):
        arranging.remove(home, "a.txt", etag, go_on)
    with pytest.raises(FileNotFound):
        write(home, "gone/a.txt", "lost", etag)
    assert not (home.root / "gone").exists()
    assert (home.root / "a.txt").read_text() == "newer"
    with pytest.raises(FileIsAnother):
        arranging.move(home, "a.txt", "b.txt", replace=False, go_on=go_on, etag=etag)
    moved = arranging.move(home, "a.txt", "b.txt", replace=False, go_on=go_on, etag=newer)
    assert arranging.remove(home, "b.txt", moved.etag, go_on) == "b.txt"


@pytest.mark.parametrize(("path", "error"), [(".", IsADirectory), ("documents", IsADirectory)])
def test_no_file_takes_the_place_of_a_folder(home: Home, path: str, error: type[FileError]) -> None:
    with pytest.raises(error):
        write(home, path)


def test_no_file_takes_the_place_of_a_pipe(home: Home) -> None:
    os.mkfifo(home.root / "pipe")
    with pytest.raises(NotARegularFile):
        write(home, "pipe")


def test_a_folder_goes_with_all_in_it_and_a_link_alone(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("stays")
    write(home, "new/deep/a.txt")
    (home.root / "new/link").symlink_to(outside)
    arranging.remove(home, "new", None, go_on)
    (home.root / "link").symlink_to(outside)
    arranging.remove(home, "link", None, go_on)
    assert on_disk(home.root) == ["documents"]
    assert (outside / "a.txt").read_text() == "stays"


@pytest.mark.parametrize("path", [".", "", "uploads", "Uploads.", "with"])
def test_what_is_not_for_whoever_asks_stays(home: Home, path: str) -> None:
    for name in ("uploads/bob", "Uploads.", "with/deep/.starpod"):
        (home.root / name).mkdir(parents=True)
    with pytest.raises(FolderStays, match="stays where it is"):
        arranging.remove(home, path, None, go_on)
    with pytest.raises(FolderStays):
        arranging.move(home, path, "elsewhere", replace=False, go_on=go_on)
    assert (home.root / "with/deep/.starpod").is_dir()


def test_a_folder_is_made_once(home: Home) -> None:
    assert arranging.make_folder(home, "a/b", go_on).path == "a/b"
    arranging.make_folder(home, "a/b", go_on)
    arranging.make_folder(home, ".", go_on)
    write(home, "file")
    with pytest.raises(FileExists, match="file is there already"):
        arranging.make_folder(home, "file", go_on)
    assert (home.root / "a/b").is_dir()


@pytest.mark.parametrize("to", ["documents/a/b", "./documents//a"])
def test_a_folder_is_not_moved_into_itself(home: Home, to: str) -> None:
    with pytest.raises(InvalidPath, match="is in documents, which is to be moved"):
        arranging.move(home, "documents", to, replace=False, go_on=go_on)
    assert on_disk(home.root / "documents") == []
    assert (
        arranging.move(home, "documents", "documents2/a", replace=False, go_on=go_on).path == "documents2/a"
    )


@pytest.mark.parametrize(("at", "year"), [(3e11, 9999), (-3e11, 1)])
def test_a_time_that_no_calendar_has_is_the_nearest_of_those_there_are(
    home: Home, at: float, year: int
) -> None:
    """Not every disk can keep such a time, so it is not asked for one."""
    found = tuple(home.root.stat())
    far = os.stat_result((*found[:8], at, *found[9:]))
    assert browsing.changed_at(far).year == year


def test_what_is_moved_takes_no_place_that_is_taken(home: Home) -> None:
    write(home, "a.txt", "a")
    write(home, "b.txt", "b")
    move: Callable[..., Any] = arranging.move
    for to, replace in (("b.txt", False), ("documents", True)):
        with pytest.raises(FileExists):
            move(home, "a.txt", to, replace=replace, go_on=go_on)
    with pytest.raises(FileExists):
        move(home, "documents", "b.txt", replace=True, go_on=go_on)
    assert move(home, "a.txt", "b.txt", replace=True, go_on=go_on).etag
    assert move(home, "documents", "new/place", replace=False, go_on=go_on).etag == ""
    assert (home.root / "b.txt").read_text() == "a"
    assert on_disk(home.root) == ["b.txt", "new"]


def test_of_two_names_of_one_file_the_other_goes(home: Home) -> None:
    write(home, "a.txt", "a")
    (home.root / "b.txt").hardlink_to(home.root / "a.txt")
    for _ in range(2):  # the second time onto itself
        source = "a.txt" if (home.root / "a.txt").exists() else "b.txt"
        assert arranging.move(home, source, "b.txt", replace=True, go_on=go_on).etag
        assert [name for name in on_disk(home.root) if name.endswith(".txt")] == ["b.txt"]
    (home.root / "c.txt").hardlink_to(home.root / "b.txt")
    assert arranging.move(home, "b.txt", "b.txt", replace=True, go_on=go_on).etag
    assert [name for name in on_disk(home.root) if name.endswith(".txt")] == ["b.txt", "c.txt"]


@pytest.mark.parametrize("path", ["a.txt", "documents"])
def test_what_comes_while_something_is_moved_is_not_replaced(home: Home, path: str) -> None:
    write(home, "a.txt", "a")

    def somebody_writes() -> None:
        (home.root / "b").write_text("theirs")

    with pytest.raises(FileExists):
        arranging.move(home, path, "b", replace=True, go_on=somebody_writes)
    assert on_disk(home.root) == ["a.txt", "b", "documents"]
    assert (home.root / "b").read_text() == "theirs"


def test_what_comes_while_a_file_is_made_is_not_replaced(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def sees_nothing(_: object) -> None:
        """It comes just after the look."""

    (home.root / "b").write_text("theirs")
    monkeypatch.setattr("actors.tools.changing.look_at", sees_nothing)
    with pytest.raises(FileIsAnother):
        write(home, "b", "ours", etag="")
    assert (home.root / "b").read_text() == "theirs"
    assert on_disk(home.root) == ["b", "documents"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../a", "a/../../b", ".starpod/x", "./.STARPOD", "\\x", "a\0"]
)
def test_nothing_outside_of_home_is_reached(home: Home, path: str) -> None:
    for reach in (
        lambda: listed(home, path),
        lambda: browsing.read_text(home, path, go_on),
        lambda: write(home, path),
        lambda: arranging.remove(home, path, None, go_on),
        lambda: arranging.make_folder(home, path, go_on),
        lambda: arranging.move(home, "documents", path, replace=True, go_on=go_on),
    ):
        with pytest.raises(InvalidPath):
            reach()
    assert on_disk(home.root) == ["documents"]


def test_no_link_is_followed(home: Home, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (home.root / "out").symlink_to(tmp_path / "outside")
    (home.root / "in").symlink_to("documents")
    for link in ("out", "in"):
        for reach in (
            lambda link=link: listed(home, link),
            lambda link=link: browsing.read_text(home, f"{link}/a", go_on),
            lambda link=link: browsing.read_text(home, link, go_on),
            lambda link=link: write(home, f"{link}/a"),
            lambda link=link: write(home, link),
            lambda link=link: arranging.remove(home, f"{link}/a", None, go_on),
            lambda link=link: arranging.make_folder(home, f"{link}/a", go_on),
            lambda link=link: arranging.move(home, link, "b", replace=False, go_on=go_on),
        ):
            with pytest.raises((InvalidPath, NotARegularFile, NotADirectory)):
                reach()
    assert on_disk(tmp_path / "outside") == []


# --- uploads ----------------------------------------------------------------------------------------------


def test_files_are_put_into_a_folder_under_their_own_names(home: Home, spool: Home) -> None:
    assert place(home, spool, "new/folder", "a.txt", "../b.txt") == [
        "new/folder/a.txt",
        "new/folder/._b.txt",
    ]
    assert place(home, spool, ".", "a.txt") == ["a.txt"]
    assert (home.root / "new/folder/a.txt").read_bytes() == b"sent 0"


def test_all_are_put_there_or_none(home: Home, spool: Home) -> None:
    write(home, "b.txt")
    with pytest.raises(FileExists):
        place(home, spool, ".", "a.txt", "b.txt")
    assert on_disk(home.root) == ["b.txt", "documents"]
    place(home, spool, ".", "a.txt", "b.txt", replace=True)
    assert (home.root / "b.txt").read_bytes() == b"sent 1"


def test_what_comes_while_files_are_put_there_is_not_replaced(home: Home, spool: Home) -> None:
    (spool.root / UPLOAD / "0").write_bytes(b"sent")

    def somebody_writes() -> None:
        (home.root / "a.txt").write_text("theirs")

    sent = [SentFile(id="0", name="a.txt")]
    with pytest.raises(FileExists):
        arranging.place_files(home, spool, UPLOAD, sent, ".", replace=True, go_on=somebody_writes)
    assert (home.root / "a.txt").read_text() == "theirs"
    assert on_disk(home.root) == ["a.txt", "documents"]


def test_who_may_not_look_is_told_whom_to_ask() -> None:
    assert "an admin can allow it" in str(FilesNotAllowed())
