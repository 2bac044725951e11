"""What is kept of files: their contents, and what is noted of changes."""

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from actors.storage import empty, numbered
from actors.tools import contents, store
from actors.tools.contents import Contents
from actors.tools.keeping import MIGRATIONS
from actors.tools.states import ABSENT, FOLDER, Change, State
from tests.actors.tools.files import go_on
from tests.actors.tools.states import LARGE, LOOK, A, B, C, content, version


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


# --- contents ---------------------------------------------------------------------------------------------


def test_small_contents_lie_in_the_database_and_large_ones_in_files(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    kept = Contents(tmp_path / "kept")
    small = kept.take(io.BytesIO(b"small"), 10**6, go_on)
    large = kept.take(io.BytesIO(LARGE), 10**6, go_on)
    assert small == contents.small(b"small")
    assert small is not None
    assert large is not None
    assert (large.data, large.size, large.digest) == (None, len(LARGE), contents.digest_of(LARGE))

    contents.add(connection, [small, large, small])
    assert contents.data(connection, small.digest) == b"small"
    assert contents.data(connection, large.digest) is None
    assert contents.total(connection) == 5 + len(LARGE)
    assert contents.large(connection) == [large.digest]
    with kept.open(large.digest) as file:
        assert file.read() == LARGE
    with pytest.raises(LookupError):
        contents.data(connection, "none")


def test_what_is_too_large_is_not_kept_and_leaves_nothing(tmp_path: Path) -> None:
    kept = Contents(tmp_path / "kept")
    assert kept.take(io.BytesIO(b"12345"), 4, go_on) is None
    assert kept.take(io.BytesIO(LARGE * 3), len(LARGE) * 2, go_on) is None
    assert list((tmp_path / "kept").iterdir()) == []


def test_files_that_nobody_knows_go_once_they_are_old(tmp_path: Path) -> None:
    kept = Contents(tmp_path / "kept")
    kept.clear([], 0.0)  # there is no folder yet
    large = kept.take(io.BytesIO(LARGE), 10**6, go_on)
    assert large is not None
    file = tmp_path / "kept" / large.digest
    made = file.stat().st_mtime
    kept.clear([], made + 10)
    kept.clear([large.digest], made + 10**6)
    assert file.exists()
    kept.clear([], made + 10**6)
    assert not file.exists()


# --- what is noted ----------------------------------------------------------------------------------------


def note(
    connection: sqlite3.Connection, turn: str, call: str, path: str, before: State, after: State, at: int = 1
) -> None:
    kept = None if before.digest is None else content(before.digest)
    store.note(connection, turn, call, Change(path=path, before=before, after=after), kept, at)


def test_a_call_that_is_made_again_is_noted_once_unless_something_else_is_there(
    connection: sqlite3.Connection,
) -> None:
    change = Change(path="a", before=A, after=B, folders=2, places=3)
    assert store.note(connection, "t", "t:1", change, content("a" * 64), 1) is None
    assert store.note(connection, "t", "t:1", change, None, 2) == change
    done = attrs.evolve(change, before=B)
    assert store.note(connection, "t", "t:1", done, None, 2) == change
    assert len(store.changes_of(connection, ["t"])) == 1

    other = attrs.evolve(change, before=C)
    assert store.note(connection, "t", "t:1", other, content("c" * 64), 3) == change
    assert store.changes_of(connection, ["t"]) == [change, other]
    assert store.change_of(connection, "t:1") == other
    assert store.change_of(connection, "t:2") is None


def test_an_undo_belongs_to_what_it_undoes(connection: sqlite3.Connection) -> None:
    assert store.last_undo(connection, "t", "ada") is None
    assert store.begin_undo(connection, "undo-1", "t", "ada", 1) == "undo-1"
    assert store.begin_undo(connection, "undo-2", "t", "ada", 2) == "undo-1", "it goes on"
    store.end_undo(connection, "undo-1")
    assert store.begin_undo(connection, "undo-3", "t", "ada", 3) == "undo-3"
    assert store.begin_undo(connection, "undo-4", "undo-3", "ada", 4) == "undo-4"
    assert store.last_undo(connection, "t", "ada") == "undo-3"
    assert store.family(connection, ["t", "t"]) == {"t", "undo-1", "undo-3", "undo-4"}
    assert store.undo_of(connection, "undo-3", "ada")
    assert not store.undo_of(connection, "undo-3", "bob")
    store.note_all(connection, "undo-3", [(Change(path="a", before=B, after=A), None)], 5)
    assert [change.path for change in store.changes_of(connection, ["undo-3"])] == ["a"]


def test_who_else_has_changed_a_path_is_known(connection: sqlite3.Connection) -> None:
    note(connection, "t", "t:1", "a", A, B)
    note(connection, "u", "u:1", "a", B, C)
    note(connection, "v", "v:1", "a", C, A)
    assert store.others(connection, ["a", "b"], ["t"], 1) == {"a": "v"}
    assert store.others(connection, ["a"], ["t", "v"], 1) == {"a": "u"}
    assert store.others(connection, ["a"], ["t"], 3) == {}


def test_names_that_nobody_else_is_behind_are_known(connection: sqlite3.Connection) -> None:
    assert store.names(connection) == set()
    change = Change(path="a", before=ABSENT, after=FOLDER)
    store.note(connection, "t1", "t1:1", change, None, now=1, names=("a", "b"))
    store.note(connection, "t1", "t1:2", change, None, now=2, names=("b",))
    assert store.names(connection) == {"a", "b"}


def test_a_snapshot_shares_what_has_not_changed(connection: sqlite3.Connection) -> None:
    store.add_snapshot(connection, "t1", [version("a"), version("b")], [], partial=False, now=10)
    note(connection, "x", "x:1", "a", A, B)
    touched = attrs.evolve(LOOK, changed=9)
    store.add_snapshot(
        connection, "t2", [version("a", B), version("b", look=touched)], [], partial=True, now=20
    )
    store.add_snapshot(connection, "t3", [], ["a"], partial=False, now=30)
    first, second, third = store.snapshots_of(connection, ["t1", "t2", "t3"])
    assert [(each.turn, each.at, each.place, each.partial) for each in (first, second, third)] == [
        ("t1", 10, 0, False),
        ("t2", 20, 1, True),
        ("t3", 30, 1, False),
    ]
    assert {p: v.state for p, v in store.manifest(connection, first.id).items()} == {"a": A, "b": A}
    assert {p: v.state for p, v in store.manifest(connection, second.id).items()} == {"a": B, "b": A}
    assert store.manifest(connection, third.id) == store.current(connection)
    assert store.current(connection) == {"b": version("b", look=touched)}
    assert store.overlapping(connection, ["t1"], 10, 20) == ["t2"]


def test_the_oldest_goes_first_and_the_last_snapshot_stays(connection: sqlite3.Connection) -> None:
    for at, (turn, before) in enumerate((("t1", A), ("t2", B)), 1):
        note(connection, turn, f"{turn}:1", "a", before, C, at)
    store.begin_undo(connection, "undo-1", "t1", "ada", 1)
    contents.add(connection, [content("d" * 64), content("e" * 64)])
    one, two = attrs.evolve(A, digest="d" * 64), attrs.evolve(A, digest="e" * 64)
    store.add_snapshot(connection, "t1", [version("d", one)], [], partial=False, now=1)
    store.add_snapshot(connection, "t2", [version("d", two)], [], partial=False, now=2)
    assert contents.total(connection) == 4

    store.prune(connection, 2, 100)
    assert store.changes_of(connection, ["t1"]) == []
    assert contents.total(connection) == 2, "what t2 has changed, and what is there now"
    assert store.family(connection, ["t1"]) == {"t1"}
    store.prune(connection, 0, 1)
    assert store.changes_of(connection, ["t2"]) == []
    assert {p: v.state for p, v in store.current(connection).items()} == {"d": two}
    store.prune(connection, 0, 0)
    assert contents.total(connection) == 1, "more than there is room for, and nothing is left to be forgotten"
