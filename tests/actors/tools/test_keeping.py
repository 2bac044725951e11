"""What is kept of files: their contents, what is noted of changes, how home looked, and what an undo makes of it."""

import io
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from actors import atomic
from actors.session.messages import StepInfo
from actors.storage import empty, numbered
from actors.tools import changing, contents, looking, restoring, store, undoing
from actors.tools.contents import INLINE, Content, Contents
from actors.tools.keeping import MIGRATIONS
from actors.tools.messages import ChangedMeanwhile, FileSystemRefused
from actors.tools.paths import MAX_DEPTH, Home
from actors.tools.states import ABSENT, FOLDER, UNKNOWN, Change, Kind, Look, State, Version, looks_same
from actors.tools.undoing import Before, Refusal, Step
from tests.actors.tools.files import go_on, keep, put

A = State(kind="file", digest="a" * 64, mode=0o600)
B = State(kind="file", digest="b" * 64, mode=0o600)
C = State(kind="file", digest="c" * 64, mode=0o600)
LOOK = Look(kind="file", mode=0o600, size=1, inode=1, modified=5, changed=5)
LARGE = b"x" * (INLINE + 1)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def content(digest: str, size: int = 1) -> Content:
    return Content(digest=digest, size=size, data=b"x" * size)


def version(path: str, state: State = A, look: Look = LOOK, *, settled: bool = True) -> Version:
    return Version(path=path, state=state, look=look, settled=settled)


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


# --- what an undo does ------------------------------------------------------------------------------------


def decide(
    now: State,
    *changes: Change,
    before: Before | None = None,
    look: Look | None = LOOK,
    other: str | None = None,
    force: bool = False,
    path: str = "p",
) -> Step | Refusal | None:
    known = {state for change in changes for state in (change.before, change.after)}
    return undoing.decide(path, now, look, changes, before, known=known, other=other, force=force)


def did(before: State, after: State, id: int = 1, folders: int = 0) -> Change:
    return Change(path="p", before=before, after=after, id=id, folders=folders)


def home_before(state: State | None, *, ended: int = 10, partial: bool = False, place: int = 0) -> Before:
    manifest = {} if state is None else {"p": version("p", state)}
    return Before(manifest=manifest, place=place, ended=ended, partial=partial)


def test_single_changes_go_back_to_what_was_first_there() -> None:
    assert decide(C, did(A, B), did(B, C, 2)) == Step(path="p", now=C, target=A)
    assert decide(B, did(A, B), did(B, C, 2)) == Step(path="p", now=B, target=A), "the second was not done"
    assert decide(A, did(A, B)) is None
    assert decide(B, did(ABSENT, B, folders=2)) == Step(path="p", now=B, target=ABSENT, folders=2)


def test_what_others_wrote_is_refused_or_forced() -> None:
    refused = decide(C, did(A, B))
    assert refused == Refusal(path="p", why=undoing.CHANGED, forcible=True)
    assert decide(C, did(A, B), other="u") == Refusal(
        path="p", why=undoing.BY_OTHER.format("u"), forcible=True
    )
    assert decide(C, did(A, B), force=True) == Step(path="p", now=C, target=A)
    assert decide(B, did(C, A), did(attrs.evolve(A, mode=0o700), B, 2)) == Step(
        path="p", now=B, target=attrs.evolve(A, mode=0o700)
    ), "somebody else wrote between the two"
    lost = attrs.evolve(A, kept=False)
    assert decide(B, did(lost, B), force=True) == Refusal(path="p", why=undoing.NOT_KEPT)


def test_what_a_command_left_is_known_by_its_time() -> None:
    assert decide(B, before=home_before(A)) == Step(path="p", now=B, target=A)
    assert decide(ABSENT, before=home_before(A), look=None) == Step(path="p", now=ABSENT, target=A)
    assert decide(B, before=home_before(None)) == Step(path="p", now=B, target=ABSENT)
    late = attrs.evolve(LOOK, changed=11)
    assert decide(B, before=home_before(A), look=late) == Refusal(
        path="p", why=undoing.CHANGED, forcible=True
    )
    assert isinstance(decide(B, before=home_before(A), other="u"), Refusal)


def test_changes_before_and_after_a_command_count_as_well() -> None:
    assert decide(C, did(A, B, 1), before=home_before(B, place=1)) == Step(path="p", now=C, target=A)
    assert decide(C, did(B, C, 2), before=home_before(A, place=1)) == Step(path="p", now=C, target=A)


def test_where_not_all_was_looked_at_only_single_changes_are_known() -> None:
    assert decide(B, before=home_before(None, partial=True)) == Refusal(path="p", why=undoing.UNKNOWN)
    assert decide(B, did(A, B, 2), before=home_before(None, partial=True)) == Step(path="p", now=B, target=A)
    left_out = Before(manifest={"n": version("n", State(kind="other"))}, place=0, ended=10, partial=False)
    assert decide(B, before=left_out, path="n/a/b") == Refusal(path="n/a/b", why=undoing.UNKNOWN)


def test_what_may_differ_from_before_is_found() -> None:
    other = attrs.evolve(LOOK, kind="other")
    manifest = {
        "same": version("same"),
        "gone": version("gone"),
        "touched": version("touched"),
        "fresh": version("fresh", settled=False),
        "n": version("n", State(kind="other"), other),
    }
    looks = {
        "same": LOOK,
        "touched": attrs.evolve(LOOK, changed=6),
        "fresh": LOOK,
        "new": LOOK,
        "n": attrs.evolve(other, changed=6),
        "n/inside": LOOK,
    }
    before = Before(manifest=manifest, place=0, ended=0, partial=False)
    assert undoing.suspects(before, looks) == {"gone", "touched", "fresh", "new"}


def test_what_is_not_kept_is_told() -> None:
    def version(path: str, kind: Kind, *, kept: bool = True) -> Version:
        look = Look(kind=kind, mode=0, size=1, inode=1, modified=0, changed=0)
        return Version(path=path, state=State(kind=kind, kept=kept), look=look, settled=True)

    def told(*versions: Version, most: int | None = None) -> list[str]:
        return list(undoing.unkept({each.path: each for each in versions}, most))

    assert told(version("a", "file"), version("b", "folder")) == []
    assert told(version("p", "other"), version("big", "file", kept=False), most=3) == [
        "Not looked into: p.",
        "Files that are too large, or cannot be read: big.",
        "There are more than 3 files: the rest is not kept.",
    ]
    many = [version(f"p{n}", "other") for n in range(undoing.NAMED + 2)]
    assert told(*many)[0].endswith(" and 2 more.")


def test_what_goes_goes_first_and_from_the_inside() -> None:
    steps = [
        Step(path="a", now=FOLDER, target=ABSENT),
        Step(path="a/b", now=A, target=ABSENT),
        Step(path="c/d", now=ABSENT, target=A),
        Step(path="z", now=ABSENT, target=FOLDER),
        Step(path="c", now=ABSENT, target=FOLDER),
    ]
    assert [step.path for step in undoing.ordered(steps)] == ["a/b", "a", "c", "z", "c/d"]


def test_what_no_undo_takes_back_is_said() -> None:
    def step(
        tool: str | None, effect: str, text: str = "{}", *, is_error: bool = False, begun: bool = True
    ) -> StepInfo:
        return StepInfo(
            n=1,
            kind="tool" if tool else "assistant",
            tool=tool,
            effect=effect,  # type: ignore[arg-type]
            state="done",
            begun=begun,
            is_error=is_error,
            text=text,
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            ended_at=None,
            usage=None,
        )

    steps = [
        step(None, "pure"),
        step("FileRead", "pure"),
        step("FileWrite", "unsafe"),
        step("Bash", "unsafe", '{"command": "ls"}'),
        step("MemoryWrite", "local"),
        step("MemoryWrite", "local", is_error=True),
        step("Send", "unsafe", is_error=True),
        step("Send", "unsafe", '{"denied": true}', is_error=True, begun=False),
    ]
    assert list(undoing.beyond(steps)) == [
        'What a command did beyond files of home: {"command": "ls"}',
        "MemoryWrite: {}",
        "Send: {}",
    ]


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


# --- planning ---------------------------------------------------------------------------------------------


def test_a_change_says_what_is_there_what_will_be_and_how_they_differ(home: Home) -> None:
    put(home, "a.txt", b"one\n")
    put(home, "b.bin", b"\0")
    put(home, "c.bin", b"\xff")
    put(home, "large.txt", LARGE)
    (home.root / "link").symlink_to("a.txt")
    plan = changing.plan_write(keep(home), "./a.txt", b"two\n")
    assert (plan.asked, plan.change.path, plan.diff) == ("a.txt", "a.txt", "@@ -1,1 +1,1 @@\n-one\n+two")
    assert plan.content == contents.small(b"one\n")
    assert changing.plan_write(keep(home), "new/deep/x", b"x").change.folders == 2
    assert changing.plan_write(keep(home), "documents/new/x", b"x").change.folders == 1
    for name in ("b.bin", "c.bin", "large.txt"):
        assert changing.plan_write(keep(home), name, b"two\n").diff == ""
    assert changing.plan_delete(keep(home), "a.txt").diff == "@@ -1,1 +0,0 @@\n-one"
    assert changing.plan_delete(keep(home), "link").diff == ""
    assert changing.plan_delete(keep(home, limit=1), "a.txt").content is None
    edit = changing.plan_edit(keep(home, limit=1), "a.txt", "one", "1", everywhere=False)
    assert (edit.content, edit.change.before.kept, edit.diff) == (None, False, "@@ -1,1 +1,1 @@\n-one\n+1")
