"""How home looks: what is read of it, and what is left out."""

import os

import attrs
import pytest

from actors import atomic
from actors.tools import contents, looking
from actors.tools.paths import MAX_DEPTH, Home
from actors.tools.states import ABSENT, FOLDER, UNKNOWN, Look, State, looks_same
from tests.actors.tools.files import go_on, keep, put
from tests.actors.tools.states import LOOK, version

# --- how home looks ---------------------------------------------------------------------------------------


def test_everything_is_looked_at_but_what_is_left_out(home: Home) -> None:
    root = home.root
    put(home, "documents/a.txt", b"a")
    for folder in ("node_modules", ".starpod", "uploads/bob", "locked"):
        (root / folder).mkdir(parents=True)
    put(home, "node_modules/x.js", b"")
    put(home, "uploads/bob/theirs.txt", b"")
    (root / "link").symlink_to("documents")
    os.mkfifo(root / "pipe")
    (root / "/".join(["d"] * (MAX_DEPTH + 2))).mkdir(parents=True)

    found = looking.survey(home, ["node_modules"], 1000, go_on)
    assert {path: look.kind for path, look in found.found.items() if not path.startswith("d/")} == {
        "d": "folder",
        "documents": "folder",
        "documents/a.txt": "file",
        "link": "link",
        "locked": "folder",
        "node_modules": "other",
        "pipe": "other",
        "uploads": "folder",
    }
    assert found.left_out == ["node_modules", "/".join(["d"] * (MAX_DEPTH + 1))]
    assert not found.partial
    some = looking.survey(home, [], 3, go_on)
    assert (len(some.found), some.partial) == (3, True)


def test_a_folder_that_cannot_be_opened_is_left_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(atomic, "enter", refused)
    found = looking.survey(home, [], 1000, go_on)
    assert found.left_out == ["documents"]
    assert looking.left_out("documents", found.found["documents"]).state.kind == "other"


def test_what_vanishes_while_it_is_looked_at_is_not_there(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_found: os.stat_result) -> Look:
        raise FileNotFoundError

    put(home, "a.txt", b"")
    monkeypatch.setattr(looking, "look_of", gone)
    assert looking.survey(home, [], 1000, go_on).found == {}


def test_only_what_has_changed_is_read_again() -> None:
    known = {
        "a": version("a"),
        "b": version("b", settled=False),
        "f": version("f", FOLDER, attrs.evolve(LOOK, kind="folder")),
    }
    entered = attrs.evolve(LOOK, kind="folder", changed=99)
    looks = {"a": LOOK, "b": LOOK, "c": LOOK, "f": entered}
    assert looking.changed(known, looks) == ["b", "c"]
    assert looking.changed(
        known, {"a": attrs.evolve(LOOK, changed=6), "f": attrs.evolve(entered, inode=2)}
    ) == ["a", "f"]
    assert looks_same(None, None)
    assert not looks_same(None, LOOK)


def test_states_are_read_with_what_they_hold(home: Home) -> None:
    put(home, "a.txt", b"a")
    put(home, "large.bin", b"x" * 100)
    (home.root / "link").symlink_to("a.txt")
    (home.root / "loop").symlink_to("a.txt")
    os.mkfifo(home.root / "pipe")
    looks = looking.survey(home, [], 1000, go_on).found
    looks["gone"] = LOOK
    looks["link/below"] = looks["none/below"] = LOOK
    found = {v.path: (v.state, c) for v, c in keep(home).versions(looks, 2**62, 50)}
    file = State(kind="file", digest=contents.digest_of(b"a"), mode=looks["a.txt"].mode)
    link = State(kind="link", digest=contents.digest_of(b"a.txt"))
    assert found["a.txt"] == (file, contents.small(b"a"))
    assert found["link"] == (link, contents.small(b"a.txt"))
    assert found["documents"] == (FOLDER, None)
    assert found["pipe"] == (State(kind="other"), None)
    assert found["large.bin"][1] is None
    assert not found["large.bin"][0].kept
    assert not found["link/below"][0].kept, "it could not be read"
    assert found.keys().isdisjoint({"gone", "none/below"})
    assert keep(home).at("a.txt") == (file, contents.small(b"a"))
    assert keep(home).at("gone") == keep(home).at("a.txt/below") == (ABSENT, None)
    assert keep(home).at("link/below") == (UNKNOWN, None), "a link stands in the way"
    now = looking.now(home, ["a.txt", "link", "documents", "pipe", "gone", "a.txt/below", "link/x"], go_on)
    assert [state for state, _ in now.values()] == [file, link, FOLDER, UNKNOWN, ABSENT, ABSENT, UNKNOWN]


def test_files_are_read_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = {f"{n}": LOOK for n in range(5)}
    monkeypatch.setattr(looking, "BATCH", 2)
    assert [len(some) for some in looking.batches(looks)] == [2, 2, 1]
    monkeypatch.setattr(looking, "BATCH_BYTES", 0)
    assert [len(some) for some in looking.batches(looks)] == [1, 1, 1, 1, 1]
    assert list(looking.batches({})) == []
