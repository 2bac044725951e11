"""Revisions of skills in their database."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from actors.skills import store
from actors.skills.folder import MAIN, File, Tree, digest
from actors.skills.reading import MIGRATIONS
from actors.skills.store import Change
from actors.storage import empty, numbered

ONE: Tree = {MAIN: File(b"one"), "a": File(b"same", executable=True)}
TWO: Tree = {MAIN: File(b"two"), "a": File(b"same", executable=True)}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as found:
        found.execute("PRAGMA foreign_keys = ON")
        yield found


def change(before: Tree | None, after: Tree | None, name: str = "x", **fields: Any) -> Change:
    given: dict[str, Any] = {"owner": "", "action": "update", "by": "ada", **fields}
    return Change(name=name, before=before, after=after, **given)


def made(connection: sqlite3.Connection, *changes: Change, now: int = 1) -> tuple[int, ...]:
    seqs = store.plan(connection, changes, now)
    store.settle(connection, seqs)
    return seqs


def test_all_files_of_each_change_are_kept_once(connection: sqlite3.Connection) -> None:
    (first,) = made(connection, change(None, ONE, action="create"))
    (second,) = made(connection, change(ONE, TWO, session="s", turn="t", origin="model"), now=2)
    assert store.tree(connection, first) == ONE
    assert store.tree(connection, second) == TWO
    newest, oldest = store.history(connection, "", "x", 10)
    assert (newest.seq, newest.action, newest.origin, newest.by, newest.session, newest.turn) == (
        second, "update", "model", "ada", "s", "t",
    )  # fmt: skip
    assert (oldest.files, oldest.size, oldest.digest) == (2, 7, digest(ONE))
    assert store.history(connection, "", "x", 1) == (newest,)
    assert store.history(connection, "bob", "x", 10) == ()


def test_what_nobody_has_written_down_is_kept_before_it_goes(connection: sqlite3.Connection) -> None:
    made(connection, change(ONE, TWO))
    made(connection, change(ONE, None, action="delete"), now=2)
    found = store.history(connection, "", "x", 10)
    assert [(each.action, each.digest) for each in found] == [
        ("delete", ""), ("found", digest(ONE)), ("update", digest(TWO)), ("found", digest(ONE)),
    ]  # fmt: skip
    assert (found[1].by, found[1].origin) == ("", "person")


def test_the_newest_of_each(connection: sqlite3.Connection) -> None:
    made(connection, change(None, ONE), now=5)
    made(connection, change(ONE, TWO, author="bob"), change(None, ONE, owner="ada"), now=7)
    made(connection, change(None, ONE, "gone"))
    made(connection, change(ONE, None, "gone"))
    found = store.latest(connection)
    assert set(found) == {("", "x"), ("ada", "x"), ("", "gone")}
    latest = found["", "x"]
    assert (latest.author, latest.first_at, latest.revision.by) == ("bob", 5, "ada")
    assert latest.main == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
    assert found["", "gone"].main is None


def test_what_is_to_be_done_yet(connection: sqlite3.Connection) -> None:
    seqs = store.plan(connection, [change(None, ONE), change(ONE, None, "y")], 1)
    assert store.intents(connection) == [(seqs[0], "", "x", ONE), (seqs[1], "", "y", None)]
    store.settle(connection, seqs[:1])
    store.revoke(connection, seqs[1:])
    assert store.intents(connection) == []
    assert len(store.history(connection, "", "y", 9)) == 1, "what was there is kept all the same"


def test_a_call_is_known_again(connection: sqlite3.Connection) -> None:
    (seq,) = made(connection, change(None, ONE, call="t:1"))
    assert store.by_call(connection, "t:1") == seq
    assert store.by_call(connection, "t:2") is None
    with pytest.raises(sqlite3.IntegrityError):
        store.plan(connection, [change(ONE, TWO, call="t:1")], 1)


def test_one_revision_of_this_skill(connection: sqlite3.Connection) -> None:
    (seq,) = made(connection, change(None, ONE))
    found = store.revision(connection, "", "x", seq)
    assert found is not None
    assert found[1] == ONE
    assert [(each.path, each.size, each.executable) for each in store.resources(found[1])] == [("a", 4, True)]
    assert store.revision(connection, "", "y", seq) is None
    assert store.revision(connection, "ada", "x", seq) is None


def test_old_revisions_go_and_their_files_with_them(connection: sqlite3.Connection) -> None:
    before: Tree | None = None
    for n in range(store.KEPT + 10):
        after: Tree = {MAIN: File(f"{n}".encode())}
        made(connection, change(before, after))
        before = after
    made(connection, change(None, ONE, "other"))
    assert len(store.history(connection, "", "x", 1000)) == store.KEPT
    (blobs,) = connection.execute("SELECT count(*) FROM blobs").fetchone()
    assert blobs == store.KEPT + 2
