"""Confinement: whatever a path is made of, nothing outside home is ever opened, made or removed."""

import ctypes
import itertools
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools import reading, writing
from actors.tools.messages import (
    AmbiguousName,
    FileError,
    FileNotFound,
    FileSystemRefused,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
)
from actors.tools.paths import MAX_DEPTH, Home
from tests.actors.tools.files import go_on

SECRET = "the secret"
ROUNDS = 300
"""Tries against somebody who exchanges folders; a check before the use, by path, fails within a few dozen."""
AT_FDCWD = -100
RENAME_EXCHANGE = 2


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home beside the agent's private folder and a folder of somebody else."""
    for name in ("home/documents", ".starpod", "outside"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".starpod/.env").write_text(SECRET)
    (tmp_path / "outside/secret.txt").write_text(SECRET)
    (tmp_path / "home/documents/notes.md").write_text("notes")
    return Home(tmp_path / "home")


def read(home: Home, path: str) -> str:
    with home.place(path) as place, place.open() as file:
        return file.read().decode()


def write(home: Home, path: str, content: str = "new") -> None:
    writing.write(home, path, content, "call-1", go_on)


def delete(home: Home, path: str) -> None:
    writing.delete(home, path, go_on)


def list_folder(home: Home, path: str) -> list[str]:
    with home.directory(path) as place:
        return [entry.name for entry in reading.listing(place, 50_000, go_on).entries]


Action = Callable[[Home, str], object]
ACTIONS: list[Action] = [read, write, delete, list_folder]


def untouched(home: Home) -> bool:
    """Whether everything outside home is as it was."""
    root = home.root.parent
    found = {
        path.relative_to(root).as_posix()
        for top in (".starpod", "outside")
        for path in (root / top).rglob("*")
    }
    secrets = [(root / name).read_text() for name in (".starpod/.env", "outside/secret.txt")]
    return found == {".starpod/.env", "outside/secret.txt"} and secrets == [SECRET, SECRET]


# --- what is refused by its letters -----------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "Absolute paths are not allowed"),
        ("\\windows", "Absolute paths are not allowed"),
        ("~", "Absolute paths are not allowed"),
        ("~/documents/notes.md", "Absolute paths are not allowed"),
        ("..", "Path traversal (..) is not allowed"),
        ("../outside/secret.txt", "Path traversal (..) is not allowed"),
        ("documents/../documents/notes.md", "Path traversal (..) is not allowed"),
        ("documents\\..\\..\\outside", "Path traversal (..) is not allowed"),
        (".starpod", "Cannot access .starpod/"),
        (".starpod/.env", "Cannot access .starpod/"),
        ("./.starpod", "Cannot access .starpod/"),
        ("././/.starpod/.env", "Cannot access .starpod/"),
        (".starpod\\.env", "Cannot access .starpod/"),
        (".StarPod/x", "Cannot access .starpod/"),
        (".starpod. /x", "Cannot access .starpod/"),
        (".star\u200cpod/x", "Cannot access .starpod/"),
        ("．starpod/x", "Cannot access .starpod/"),
        ("projects/.starpod/config", "Cannot access .starpod/"),
        ("documents/a\0b", "it contains a NUL character"),
        ("documents/\ud800", "it contains characters that no file name can have"),
        ("documents/" + "x" * 300, "a name in it is too long"),
    ],
)
def test_a_path_that_may_not_be_used_is_refused(home: Home, action: Action, path: str, reason: str) -> None:
    with pytest.raises(InvalidPath) as caught:
        action(home, path)
    assert str(caught.value).startswith(f"Invalid path: {reason}")
    assert untouched(home)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_path_may_not_be_deeper_than_the_limit(home: Home, action: Action) -> None:
    deep = "/".join(["d"] * (MAX_DEPTH + 2))
    current = home.root
    for _ in range(MAX_DEPTH + 2):
        current = current / "d"
        current.mkdir()
    with pytest.raises(InvalidPath, match="deeper than"):
        action(home, deep)


# --- links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("../outside", "link/secret.txt"),
        ("../outside", "link/new.txt"),
        ("../outside", "link/new/deep.txt"),
        ("{root}/outside", "link/secret.txt"),
        ("..", "link/outside/secret.txt"),
        ("/", "link/etc/passwd"),
        ("../.starpod", "link/.env"),
        ("documents/../../outside", "link/secret.txt"),
        ("{root}/home/../outside", "link/secret.txt"),
        ("{root}/home-not/../outside", "link/secret.txt"),
        ("/proc/self/cwd", "link/x"),
    ],
)
def test_a_link_on_the_way_never_leads_out_of_home(
    home: Home, action: Action, target: str, path: str
) -> None:
    (home.root / "link").symlink_to(target.format(root=home.root.parent))
    with pytest.raises(InvalidPath):
        action(home, path)
    assert untouched(home)


@pytest.mark.parametrize("action", [read, write, list_folder])
@pytest.mark.parametrize(
    "target", ["../outside/secret.txt", "../outside/new.txt", "../outside", "{root}/.starpod/.env"]
)
def test_a_link_at_the_end_never_leads_out_of_home(home: Home, action: Action, target: str) -> None:
    (home.root / "link").symlink_to(target.format(root=home.root.parent))
    with pytest.raises(InvalidPath, match="resolves outside the sandbox"):
        action(home, "link")
    assert untouched(home)


@pytest.mark.parametrize(
    "target", ["documents", "./documents/.", "documents/../documents", "{root}/home/documents"]
)
def test_a_link_that_stays_in_home_is_followed(home: Home, target: str) -> None:
    (home.root / "link").symlink_to(target.format(root=home.root.parent))
    (home.root / "documents/second").symlink_to("notes.md")
    (home.root / "documents/again").symlink_to(home.root / "documents")
    assert read(home, "link/notes.md") == read(home, "link/second") == "notes"
    assert read(home, "documents/again/again/notes.md") == "notes"
    write(home, "link/new/one.md", "one")
    assert (home.root / "documents/new/one.md").read_text() == "one"
    write(home, "link/second", "changed")
    assert (home.root / "documents/notes.md").read_text() == "changed"
    assert (home.root / "documents/second").is_symlink()
    list_folder(home, "link")


def test_a_link_to_the_real_home_is_followed_when_home_is_reached_by_a_link(
    home: Home, tmp_path: Path
) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(home.root)
    (home.root / "real").symlink_to(home.root / "documents")
    (home.root / "aliased").symlink_to(alias / "documents")
    assert read(Home(alias), "real/notes.md") == read(Home(alias), "aliased/notes.md") == "notes"


def test_a_link_does_not_hide_the_private_name(home: Home) -> None:
    (home.root / "documents/.starpod").mkdir()
    (home.root / "self").symlink_to(".")
    (home.root / "direct").symlink_to("documents/.starpod")
    for path in ("self/documents/.starpod", "direct", "direct/x"):
        with pytest.raises(InvalidPath, match=r"Cannot access \.starpod"):
            read(home, path)


def test_a_loop_of_links_ends(home: Home) -> None:
    (home.root / "a").symlink_to("b")
    (home.root / "b").symlink_to("a")
    (home.root / "c").symlink_to("c/c/c")
    for path in ("a", "a/x", "c"):
        with pytest.raises(InvalidPath, match="too many links"):
            read(home, path)


def test_delete_removes_a_link_and_never_goes_through_one(home: Home) -> None:
    (home.root / "out").symlink_to("../outside/secret.txt")
    (home.root / "in").symlink_to("documents")
    delete(home, "out")
    assert not (home.root / "out").is_symlink()
    with pytest.raises(InvalidPath, match="leads through a symbolic link"):
        delete(home, "in/notes.md")
    delete(home, "in")
    assert (home.root / "documents/notes.md").exists()
    assert untouched(home)


# --- things that are no files -----------------------------------------------------------------------------


@pytest.fixture(params=["pipe", "socket", "device"])
def strange(request: pytest.FixtureRequest, home: Home) -> Iterator[str]:
    """The path of something that could keep a reader waiting."""
    path = home.root / "strange"
    listener = None
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "socket":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
    else:
        try:
            os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
        except PermissionError:
            pytest.skip("only root can make a device")
    yield "strange"
    if listener:
        listener.close()


@pytest.mark.parametrize("action", [read, write])
def test_what_is_no_file_is_refused_without_waiting(home: Home, strange: str, action: Action) -> None:
    with pytest.raises(NotARegularFile, match="Not a regular file: strange"):
        action(home, strange)


@pytest.mark.parametrize("action", [read, write, delete])
@pytest.mark.parametrize("path", ["documents", "documents/", ".", ""])
def test_a_directory_is_no_file(home: Home, action: Action, path: str) -> None:
    with pytest.raises(IsADirectory):
        action(home, path)
    assert (home.root / "documents/notes.md").exists()


@pytest.mark.parametrize("action", [read, delete])
@pytest.mark.parametrize("path", ["nothing", "nowhere/nothing"])
def test_a_missing_file_is_not_found(home: Home, action: Action, path: str) -> None:
    with pytest.raises(FileNotFound) as caught:
        action(home, path)
    assert str(caught.value) == f"File not found: {path}"


@pytest.mark.parametrize("action", ACTIONS)
def test_a_file_on_the_way_is_no_directory(home: Home, action: Action) -> None:
    with pytest.raises(NotADirectory):
        action(home, "documents/notes.md/x")


def test_a_home_that_is_gone_is_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(FileSystemRefused, match="the home folder cannot be opened"):
        read(Home(tmp_path / "gone"), "notes.md")


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_no_descriptor_stays_open(home: Home) -> None:
    (home.root / "link").symlink_to("documents")
    before = descriptors()
    for action in ACTIONS:
        for path in ("documents/notes.md", "link/x", "link", "..", "no/thing", "documents", "a/b/c"):
            try:
                action(home, path)
            except FileError:
                continue
    assert descriptors() == before


# --- properties -------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "documents",
        "notes.md",
        "link",
        "up",
        "abs",
        "loop",
        "deep",
        "..",
        ".",
        "",
        ".starpod",
        "outside",
        "secret.txt",
    ]
)
TARGETS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)


@given(
    path=st.lists(NAMES, max_size=6).map("/".join) | st.text(max_size=20),
    targets=st.lists(TARGETS, min_size=4, max_size=4),
    absolute=st.sampled_from(["{root}/home/", "{root}/", "{root}/outside/", "/"]),
)
def test_no_path_and_no_links_ever_open_anything_outside(
    tmp_path_factory: pytest.TempPathFactory, path: str, targets: list[str], absolute: str
) -> None:
    root = tmp_path_factory.mktemp("world")
    for name in ("home/documents/deep", ".starpod", "outside"):
        (root / name).mkdir(parents=True)
    for name in (".starpod/.env", "outside/secret.txt", "home/documents/notes.md"):
        (root / name).write_text(SECRET if "home" not in name else "notes")
    home = Home(root / "home")
    links = ("link", "documents/up", "documents/deep/loop")
    for link, target in zip(links, targets, strict=False):
        (home.root / link).symlink_to(target or ".")
    (home.root / "abs").symlink_to(absolute.format(root=root) + targets[3])
    inside = {(found.st_dev, found.st_ino) for found in map(os.lstat, [home.root, *home.root.rglob("*")])}
    try:
        with home.place(path) as place:
            found = os.fstat(place.directory)
            assert (found.st_dev, found.st_ino) in inside
            with place.open() as file:
                opened = os.fstat(file.fileno())
                assert (opened.st_dev, opened.st_ino) in inside
    except FileError:
        pass
    for action in (write, delete, list_folder):
        try:
            action(home, path)
        except FileError:
            continue
    assert untouched(home)


# --- names that are written otherwise ---------------------------------------------------------------------

ACCENTS = "Re\u0301sume\u0301.pdf"
"""With its accents apart, as macOS writes them."""


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (ACCENTS, "Résumé.pdf"),
        ("Screenshot 9.41\u202fPM.png", "Screenshot 9.41 PM.png"),
        ("a\u00a0b", "a b"),
        ("\u200eIMG.jpg", "IMG.jpg"),
        ("Ada\u2019s \u201cplan\u201d", 'Ada\'s "plan"'),
    ],
)
def test_a_name_is_found_under_what_it_looks_like(home: Home, there: str, asked: str) -> None:
    (home.root / there).mkdir()
    (home.root / there / there).write_text("hello")
    path = f"{asked}/{asked}"
    assert list_folder(home, asked) == [there]
    assert read(home, path) == "hello"
    write(home, path, "changed")
    assert read(home, f"{there}/{there}") == "changed"
    delete(home, path)
    assert list_folder(home, asked) == []


def test_the_very_name_comes_first(home: Home) -> None:
    (home.root / ACCENTS).write_text("apart")
    (home.root / "Résumé.pdf").write_text("together")
    assert (read(home, ACCENTS), read(home, "Résumé.pdf")) == ("apart", "together")


@pytest.mark.parametrize("action", [read, write, delete])
def test_of_several_names_that_look_alike_none_is_taken(home: Home, action: Action) -> None:
    for space in ("\u202f", "\u00a0"):
        (home.root / f"a{space}b").write_text("x")
    with pytest.raises(AmbiguousName) as raised:
        action(home, "a b")
    assert str(raised.value) == (
        r"Several names look like a b; use one of them exactly: 'a\xa0b', 'a\u202fb'"
    )
    assert len(list_folder(home, ".")) == 3


def test_only_who_asks_for_it_pays_for_the_search(home: Home) -> None:
    (home.root / ACCENTS).write_text("x")
    with pytest.raises(FileNotFound), home.place("Résumé.pdf", alike=False) as place:
        place.stat()


def test_a_name_that_looks_like_the_private_one_is_refused_under_any_other(home: Home) -> None:
    (home.root / ".star\u200cpod").mkdir()
    for path in (".star\u2060pod", r".star\xe2\x80\x8cpod"):
        with pytest.raises(InvalidPath, match="Cannot access"):
            list_folder(home, path)


def test_a_name_that_is_no_text_is_listed_read_replaced_and_deleted_under_one_form(home: Home) -> None:
    name = b"caf\xe9.txt"
    (home.root / os.fsdecode(name)).write_text("hello")
    (shown,) = [each for each in list_folder(home, ".") if each.startswith("caf")]
    assert shown == r"caf\xe9.txt"
    assert read(home, shown) == "hello"
    write(home, shown, "changed")
    assert read(home, shown) == "changed"
    with home.place(shown) as place, place.open() as file:
        assert reading.locate(home, place, file).path == shown
    delete(home, shown)
    assert list_folder(home, ".") == ["documents/"]


# --- races ------------------------------------------------------------------------------------------------


class Swapper(threading.Thread):
    """Exchanges ``documents`` for a link to a folder outside and back, as fast as it can, each time in one step."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._names = [os.fsencode(home / name) for name in ("documents", "bait")]
        self._ended = threading.Event()
        self._rename = ctypes.CDLL(None, use_errno=True).renameat2
        self.rounds = 0
        """Exchanges so far."""

    def run(self) -> None:
        documents, bait = self._names
        while not self._ended.is_set():
            if self._rename(AT_FDCWD, documents, AT_FDCWD, bait, RENAME_EXCHANGE):
                raise OSError(ctypes.get_errno(), "renameat2")
            self.rounds += 1

    def __enter__(self) -> Self:
        self.start()
        self.wait_for(1)
        return self

    def wait_for(self, rounds: int) -> None:
        """Let it exchange that often at least; a busy machine runs only one of two threads for a while."""
        while self.rounds < rounds and self.is_alive():
            time.sleep(0.0001)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


@pytest.mark.skipif(sys.platform != "linux", reason="exchanging two names in one step is Linux's")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_folder_exchanged_for_a_link_between_check_and_use_opens_nothing_outside(
    home: Home, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def skip(_handle: int) -> None: ...

    monkeypatch.setattr(os, "fsync", skip)  # hundreds of them would only wear the disk
    outside = home.root.parent / "outside"
    (home.root / "documents/secret.txt").write_text("harmless")
    (home.root / "bait").symlink_to("../outside")
    refused = 0
    with Swapper(home.root) as swapper:
        for tried in itertools.count():
            if tried >= ROUNDS and refused:
                break
            swapper.wait_for(tried)
            try:
                seen = action(home, "documents" if action is list_folder else "documents/secret.txt")
            except FileError:
                refused += 1
            else:
                assert seen not in (SECRET, ["secret.txt"])
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == SECRET


@pytest.fixture
def just_before_opening(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Do something after the checks of a name and before it is opened."""

    def arrange(name: str, act: Callable[[], object]) -> None:
        real = os.open

        def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if path == name:
                act()
            return real(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", opened)

    return arrange


Arrange = Callable[[str, Callable[[], object]], None]


def test_a_file_exchanged_for_a_link_between_check_and_use_is_not_followed(
    home: Home, just_before_opening: Arrange
) -> None:
    notes = home.root / "documents/notes.md"

    def exchange() -> None:
        notes.unlink()
        notes.symlink_to("../../outside/secret.txt")

    just_before_opening("notes.md", exchange)
    with pytest.raises(InvalidPath, match="was exchanged for a link meanwhile"):
        read(home, "documents/notes.md")


def test_a_file_exchanged_for_a_pipe_between_check_and_use_keeps_nobody_waiting(
    home: Home, just_before_opening: Arrange
) -> None:
    notes = home.root / "documents/notes.md"

    def exchange() -> None:
        notes.unlink()
        os.mkfifo(notes)

    just_before_opening("notes.md", exchange)
    before = descriptors()
    with pytest.raises(NotARegularFile):
        read(home, "documents/notes.md")
    assert descriptors() == before


def test_a_file_exchanged_for_a_folder_while_it_is_written_stays_a_folder(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename
    notes = home.root / "documents/notes.md"

    def exchange_and_rename(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        notes.unlink()
        notes.mkdir()
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "rename", exchange_and_rename)
    with pytest.raises(IsADirectory):
        write(home, "documents/notes.md")
    assert [path.name for path in (home.root / "documents").iterdir()] == ["notes.md"]
