"""Confinement: whatever a path is made of, nothing outside home is ever opened, made or removed."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools.messages import (
    FileError,
    FileNotFound,
    FileSystemRefused,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
)
from actors.tools.paths import MAX_DEPTH, Home
from tests.actors.tools.paths.outside import (
    ACTIONS,
    SECRET,
    Action,
    delete,
    descriptors,
    list_folder,
    read,
    untouched,
    write,
)

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


def test_a_link_to_a_name_that_no_file_can_have_leads_nowhere(home: Home) -> None:
    (home.root / "link").symlink_to("x" * 300)
    with pytest.raises(InvalidPath, match="a name in it is too long"):
        read(home, "link")


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
