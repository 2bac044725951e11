"""The history of notes: what they were is known exactly, and who made them so."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.memory import index, names, revisions, salvage, store
from actors.memory.edits import etag
from actors.memory.files import Seen
from actors.memory.messages import Origin, UnknownRevision
from actors.memory.names import Name
from tests.actors.memory.database import TODAY, opened

NOW = datetime(2026, 3, 20, tzinfo=UTC)
ADA = Origin(user="ada", door="tool", session="s", turn="t")
NOTE, OTHER = names.checked("a.md"), names.checked("MEMORY.md")


def database(path: Path | str = ":memory:") -> sqlite3.Connection:
    connection = opened(path)
    connection.row_factory = sqlite3.Row
    return connection


def change(
    connection: sqlite3.Connection, before: bytes | None, after: bytes | None, name: Name = NOTE, **more: Any
) -> int:
    fields: dict[str, Any] = {"action": "whole", "origin": ADA, "now": NOW, **more}
    seq = revisions.intend(connection, name, before, after, **fields)
    revisions.complete(connection, seq)
    return seq


LINES = st.lists(st.sampled_from(["", "a", "b", "long line of text", "é"]), max_size=6)
CONTENT = st.one_of(st.none(), LINES.map(lambda lines: "\n".join(lines).encode()), st.binary(max_size=20))


@given(st.lists(CONTENT, max_size=70))
def test_every_revision_can_be_read_back(contents: list[bytes | None]) -> None:
    connection = database()
    made: dict[int, bytes | None] = {}
    before: bytes | None = None
    for content in contents:
        made[change(connection, before, content)] = content
        before = content
    for seq, content in made.items():
        found, text = revisions.revision(connection, NOTE, seq)
        assert (text, found.size, found.exists) == (content, len(content or b""), content is not None)
    assert [each.seq for each in revisions.history(connection, NOTE, 100)] == sorted(made, reverse=True)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_each_line_was_brought_by_a_revision_that_has_it(contents: list[list[str]]) -> None:
    connection = database()
    before: bytes | None = None
    for lines in contents:
        after = "\n".join(lines).encode()
        change(connection, before, after)
        before = after
    assert before is not None
    shown = before.removesuffix(b"\n").split(b"\n") if before else []
    for number, line in enumerate(shown, 1):
        brought = revisions.trace(connection, NOTE, number)
        assert brought is not None
        _, content = revisions.revision(connection, NOTE, brought.seq)
        assert content is not None
        assert line in content.split(b"\n")
    assert revisions.trace(connection, NOTE, len(shown) + 1) is None


def test_a_line_is_traced_to_the_change_that_brought_it() -> None:
    connection = database()
    first = change(connection, None, b"one\ntwo\n")
    second = change(connection, b"one\ntwo\n", b"zero\none\ntwo\nthree\n")
    third = change(connection, b"zero\none\ntwo\nthree\n", b"two\nzero\none\nTHREE\n")
    brought = [revisions.trace(connection, NOTE, line) for line in (1, 2, 3, 4)]
    assert [each.seq for each in brought if each] == [first, second, first, third]


def test_a_change_says_who_made_it() -> None:
    connection = database()
    change(connection, None, b"secret " * 100, action="append", key="t:1")
    (found,) = revisions.history(connection, None, 10)
    assert (found.name, found.at, found.by, found.door, found.session, found.turn, found.action) == (
        *("a.md", NOW, "ada", "tool", "s", "t", "append"),
    )
    assert found.preview == ("secret " * 100)[: revisions.PREVIEW]
    done = revisions.applied(connection, "t:1")
    assert done is not None
    assert (done.seq, done.name, done.size, done.hash) == (found.seq, "a.md", 700, etag(b"secret " * 100))


def test_what_was_changed_by_hand_is_written_down_before_the_next_change() -> None:
    connection = database()
    change(connection, None, b"one")
    change(connection, b"two", b"three")
    assert [each.action for each in revisions.history(connection, NOTE, 9)] == ["whole", "by hand", "whole"]
    assert revisions.notice(connection, NOTE, b"three", NOW) is None
    assert revisions.notice(connection, NOTE, None, NOW) is not None
    assert revisions.notice(connection, NOTE, None, NOW) is None
    assert revisions.notice(connection, OTHER, None, NOW) is None


def test_a_change_that_was_not_made_is_dropped() -> None:
    connection = database()
    seq = revisions.intend(connection, NOTE, None, b"x", action="whole", origin=ADA, now=NOW, key="k")
    (left,) = revisions.pending(connection)
    assert (left.seq, left.name, left.hash) == (seq, "a.md", etag(b"x"))
    assert revisions.applied(connection, "k") is None
    assert revisions.history(connection, None, 9) == ()
    with pytest.raises(UnknownRevision):
        revisions.revision(connection, NOTE, seq)
    revisions.drop(connection, seq)
    assert revisions.pending(connection) == []


def test_the_oldest_go_but_of_what_says_who_somebody_is() -> None:
    connection = database()
    for name in (NOTE, OTHER):
        before: bytes | None = None
        for number in range(3 * revisions.KEPT):
            after = b"%d " % number * 40
            change(connection, before, after, name)
            before = after
    kept = revisions.history(connection, NOTE, 1000)
    assert revisions.KEPT <= len(kept) <= revisions.KEPT + revisions.WHOLE_EVERY
    assert len(revisions.history(connection, OTHER, 1000)) == 3 * revisions.KEPT
    assert all(revisions.revision(connection, NOTE, each.seq)[1] for each in kept)


def test_large_ones_go_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "KEPT_BYTES", 100)
    connection = database()
    for number in range(10):
        change(connection, None, bytes(range(256)) + b"%d" % number)
    assert len(revisions.history(connection, NOTE, 100)) == 1


def test_a_purge_leaves_what_is_there_and_nothing_of_what_was() -> None:
    connection = database()
    change(connection, None, b"secret")
    change(connection, b"secret", b"public")
    change(connection, None, b"kept", OTHER)

    assert revisions.purge(connection, NOTE, b"public", ADA, NOW) == 2

    (left,) = revisions.history(connection, NOTE, 9)
    assert (left.action, left.preview) == ("purge", "public")
    assert revisions.revision(connection, NOTE, left.seq)[1] == b"public"
    assert len(revisions.history(connection, OTHER, 9)) == 1
    assert revisions.purge(connection, NOTE, None, ADA, NOW) == 1
    assert revisions.history(connection, NOTE, 9)[0].exists is False


def test_a_call_is_remembered_longer_than_its_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "KEPT", 3)
    connection = database()
    contents = [None, *(bytes([number]) * 50 for number in range(10))]
    for number in range(9):
        change(connection, contents[number], contents[number + 1], key=f"call {number}")
    assert len(revisions.history(connection, NOTE, 100)) == 3
    done = [revisions.applied(connection, f"call {number}") for number in range(9)]
    assert [each and (each.seq, each.name, each.size) for each in done] == [
        (number + 1, "a.md", 50) for number in range(9)
    ]
    assert revisions.applied(connection, "another") is None

    monkeypatch.setattr(revisions, "CALLS", 5)
    change(connection, contents[9], contents[10], key="last")
    known = [number for number in range(9) if revisions.applied(connection, f"call {number}")]
    assert known == [5, 6, 7, 8]


def test_a_purge_forgets_what_was_written_and_not_that_it_was() -> None:
    connection = database()
    change(connection, None, b"secret", key="call")
    revisions.purge(connection, NOTE, b"secret", ADA, NOW)
    done = revisions.applied(connection, "call")
    assert done is not None
    assert (done.hash, done.size) == ("", 0)


# --- with the index -----------------------------------------------------------------------------------------


def sources(connection: sqlite3.Connection, question: str) -> list[str]:
    return [hit.source for hit in index.search(connection, question, today=TODAY)]


def test_a_change_that_is_made_is_found() -> None:
    connection = database()
    seq = revisions.intend(connection, NOTE, None, b"heron", action="whole", origin=ADA, now=NOW)
    store.settle(connection, seq, NOTE, Seen(b"heron", NOW, "1 1 1 1 hash"))
    assert sources(connection, "heron") == ["a.md"]
    store.settle(connection, seq, NOTE, Seen(None))
    assert (sources(connection, "heron"), revisions.pending(connection)) == ([], [])


def test_what_was_found_on_the_disk_is_taken_up_once() -> None:
    connection = database()
    soul = names.checked("SOUL.md")
    found = [
        (NOTE, Seen(b"\xef\xbb\xbfheron \xff", NOW, "1 1 1 1 one")),
        (soul, Seen(b"kind", NOW, "1 1 1 1 two")),
    ]
    assert store.take_up(connection, found, NOW) == [NOTE, soul]
    assert store.take_up(connection, found, NOW) == []
    assert sources(connection, "heron") == ["a.md"]
    assert [each.name for each in revisions.history(connection, None, 9)] == ["a.md"]
    later = NOW + timedelta(1)
    assert store.take_up(connection, [(NOTE, Seen(None)), (OTHER, Seen(None))], later) == [NOTE]
    assert revisions.history(connection, NOTE, 1)[0].at == later
    (hit,) = index.search(connection, "kind", today=TODAY)
    shown = store.shown(hit, complete=False)
    assert (shown.source, shown.lines, shown.citation, shown.date) == (
        "SOUL.md",
        "1-1",
        "SOUL.md#L1-L1",
        None,
    )
    store.take_up(connection, [(names.checked("memory/2026-01-02.md"), Seen(b"kind heron", NOW, "x y"))], NOW)
    dates = [store.shown(each, complete=True).date for each in index.search(connection, "kind", today=TODAY)]
    assert "2026-01-02" in dates


# --- damage ---------------------------------------------------------------------------------------------------


def test_the_history_is_taken_along_from_a_database_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with database(path) as old:
        for number in range(30):
            change(old, None if number == 0 else b"%d" % (number - 1), b"%d" % number, key=f"k{number}")
        change(old, None, b"other", OTHER)
    old.close()

    aside = salvage.set_aside(path)
    new = database()

    assert (aside.name, path.exists()) == ("memory.db.damaged1", False)
    assert salvage.history(new, aside)
    assert [each.seq for each in revisions.history(new, None, 99)] == list(range(31, 0, -1))
    assert revisions.applied(new, "k29") is not None
    salvage.discard(aside)
    assert not list(tmp_path.iterdir())
    assert salvage.history(new, aside)


def test_what_does_not_make_sense_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    old = database(path)
    change(old, None, b"a" * 50)
    change(old, b"a" * 50, b"a" * 50 + b"b")
    change(old, None, b"other", OTHER)
    change(old, None, b"third", names.checked("c.md"))
    old.execute("UPDATE revisions SET hash = 'wrong' WHERE seq = 2")
    old.execute("UPDATE revisions SET body = X'00' WHERE name = 'c.md'")
    old.commit()
    old.close()
    new = database()

    assert not salvage.history(new, salvage.set_aside(path))

    assert [each.seq for each in revisions.history(new, None, 9)] == [3, 1]


@pytest.mark.parametrize("is_old", [False, True])
def test_that_a_call_was_made_is_known_of_a_database_that_is_damaged(tmp_path: Path, is_old: bool) -> None:  # noqa: FBT001
    """Also where what it has written cannot be told any more: asked for again, it would be done twice."""
    path = tmp_path / "memory.db"
    old = database(path)
    change(old, None, b"secret", key="purged")
    revisions.purge(old, NOTE, b"secret", ADA, NOW)
    change(old, b"secret", b"a" * 50, key="kept")
    change(old, None, b"other", OTHER, key="broken")
    revisions.intend(old, OTHER, b"other", b"more", action="append", origin=ADA, now=NOW, key="pending")
    old.execute("UPDATE revisions SET body = X'00' WHERE key = 'broken'")
    if is_old:
        old.execute("DROP TABLE applied")
    old.commit()
    old.close()
    new = database()

    assert not salvage.history(new, salvage.set_aside(path))

    known = {key for key in ("purged", "kept", "broken", "pending") if revisions.applied(new, key)}
    assert known == {"kept", "broken"} | ({"purged"} if not is_old else set())


def test_what_is_no_database_has_no_history(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    for number in (1, 2, 3, 3):
        path.write_bytes(b"none" * 1000)
        aside = salvage.set_aside(path)
        assert aside.name == f"memory.db.damaged{number}"
        assert not salvage.history(database(), aside)


def test_a_purge_takes_it_out_of_the_index_as_well(tmp_path: Path) -> None:
    """What was deleted of a word index may stay in it until it is written anew."""
    path = tmp_path / "memory.db"
    connection = database(path)
    for content in (b"tangerine", b"plum"):
        store.take_up(connection, [(NOTE, Seen(content))], NOW)

    assert store.purge(connection, NOTE, b"plum", ADA, NOW) >= 1

    blocks = connection.execute("SELECT block FROM word_index_data").fetchall()
    assert not [block for (block,) in blocks if b"tangerin" in block]
    assert [b"plum" in block for (block,) in blocks].count(True) >= 1


def test_whatever_was_set_aside_goes(tmp_path: Path) -> None:
    for name in ("memory.db", "memory.db.damaged1", "memory.db.damaged3-wal", "notes.md"):
        (tmp_path / name).touch()
    salvage.discard_all(tmp_path / "memory.db")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["memory.db", "notes.md"]
