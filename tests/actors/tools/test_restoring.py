"""Files are put back: anything is made of anything, and nothing that changed meanwhile."""

import io
import os

import attrs
import pytest

from actors.tools import looking, restoring, undoing
from actors.tools.messages import ChangedMeanwhile, FileSystemRefused
from actors.tools.paths import Home
from actors.tools.states import ABSENT, FOLDER, State
from actors.tools.undoing import Step
from tests.actors.tools.files import go_on, put
from tests.actors.tools.states import LARGE, LOOK, A, B, C, did

# --- putting back -----------------------------------------------------------------------------------------


def restore(home: Home, path: str, target: State, data: bytes | None = None, folders: int = 0) -> None:
    state, look = looking.now(home, [path], go_on)[path]
    step = Step(path=path, now=state, target=target, folders=folders)
    restoring.restore(home, step, look, data, "undo-1", go_on)


def test_anything_is_made_of_anything(home: Home) -> None:
    target = home.root / "documents/x"
    link = State(kind="link", digest="d")
    (home.root / "documents/.undo-1.link").symlink_to("left by a crash")
    for state, data in (
        (A, b"a"),
        (link, b"a.txt"),
        (FOLDER, None),
        (A, b""),
        (FOLDER, None),
        (link, b"b"),
        (ABSENT, None),
    ):
        restore(home, "documents/x", state, data)
        found = looking.now(home, ["documents/x"], go_on)["documents/x"][0]
        assert found.kind == state.kind
        if state.kind == "file":
            assert (target.read_bytes(), target.stat().st_mode & 0o777) == (data, 0o600)
        if state.kind == "link":
            assert os.fsencode(target.readlink()) == data
    assert list((home.root / "documents").iterdir()) == []


def test_folders_that_were_made_for_a_file_go_with_it_unless_something_else_is_there(home: Home) -> None:
    (home.root / "a/b/c").mkdir(parents=True)
    put(home, "a/b/c/x", b"")
    put(home, "a/theirs", b"")
    restore(home, "a/b/c/x", ABSENT, folders=3)
    assert [path.name for path in (home.root / "a").iterdir()] == ["theirs"]


def test_what_changed_since_it_was_decided_stays(home: Home) -> None:
    path = put(home, "x", b"one")
    step = Step(path="x", now=A, target=ABSENT)
    with pytest.raises(ChangedMeanwhile):
        restoring.restore(home, step, LOOK, None, "k", go_on)
    with pytest.raises(ChangedMeanwhile):
        restoring.restore(home, attrs.evolve(step, target=State(kind="link")), LOOK, b"y", "k", go_on)
    assert [each.name for each in home.root.iterdir() if each.is_file()] == ["x"]
    assert path.read_bytes() == b"one"


def test_a_folder_comes_and_goes(home: Home) -> None:
    restore(home, "documents", ABSENT)
    assert list(home.root.iterdir()) == []
    restore(home, "documents", FOLDER)
    assert (home.root / "documents").stat().st_mode & 0o777 == 0o700


def test_changes_are_grouped_by_path() -> None:
    first, second = did(A, B), did(B, C, 2)
    other = attrs.evolve(first, path="q")
    assert undoing.grouped([first, other, second]) == {"p": [first, second], "q": [other]}


def test_a_folder_with_something_in_it_is_not_removed(home: Home) -> None:
    put(home, "documents/x", b"")
    with pytest.raises(FileSystemRefused):
        restore(home, "documents", ABSENT)


def test_a_large_file_is_put_back_from_its_file(home: Home) -> None:
    step = Step(path="x", now=ABSENT, target=A)
    restoring.restore(home, step, None, io.BytesIO(LARGE), "k", go_on)
    assert (home.root / "x").read_bytes() == LARGE
