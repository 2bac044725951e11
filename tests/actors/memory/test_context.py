"""What the model is told of what is remembered: how much of it, and the same through a session."""

import pytest

from actors.context import Section
from actors.memory.context import GUIDANCE, Caps, Note, Snapshots, assembled, cut

WIDE = Caps(file=1000, total=1000)


def told(*notes: Note, caps: Caps = WIDE) -> str:
    text = assembled(notes, caps).text
    assert text.endswith(GUIDANCE)
    return text.removesuffix(GUIDANCE).rstrip("\n")


def test_each_note_stands_below_its_header() -> None:
    profile = Note(header="USER.md", name="USER.md", text="Ada\n")
    log = Note(header="daily/2026-03-17.md", name="memory/2026-03-17.md", text="tea", newest_last=True)
    empty = Note(header="MEMORY.md", name="MEMORY.md", text=" \n")
    assert told(profile, empty, log) == (
        "--- USER.md ---\nAda\n\n--- MEMORY.md ---\n\n--- daily/2026-03-17.md ---\ntea"
    )
    assert told() == ""


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("café", 4, "caf"),
        ("café", 5, "café"),
        ("hi 👋", 4, "hi "),
        ("hi 👋", 6, "hi "),
        ("hi 👋", 7, "hi 👋"),
        ("plain", 3, "pla"),
        ("plain", 0, ""),
        ("plain", -1, ""),
    ],
)
def test_a_text_is_cut_between_characters(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


def test_of_a_long_note_the_beginning_is_told_and_where_the_rest_is() -> None:
    note = Note(header="MEMORY.md", name="MEMORY.md", text="abcdef")
    assert told(note, caps=Caps(file=4, total=100)) == (
        "--- MEMORY.md ---\nabcd\n[there is more: MemoryRead MEMORY.md]"
    )


def test_of_a_long_log_the_end_is_told_in_whole_lines() -> None:
    note = Note(header="daily/d.md", name="memory/d.md", text="morning\nnoon\nnight", newest_last=True)
    shown = "--- daily/d.md ---\n[there is more: MemoryRead memory/d.md]\n"
    assert told(note, caps=Caps(file=12, total=100)) == shown + "noon\nnight"
    assert told(note, caps=Caps(file=4, total=100)) == shown + "ight", (
        "a line that is too long is better than none"
    )


def test_what_comes_first_has_the_room() -> None:
    notes = [Note(header=name, name=name, text="x" * 8) for name in ("a", "b", "c")]
    lines = told(*notes, caps=Caps(file=8, total=12)).splitlines()
    assert [line for line in lines if line.startswith("x")] == ["x" * 8, "x" * 4]


def test_where_it_comes_from_is_told_of_what_is_there() -> None:
    profile = Note(header="USER.md", name="USER.md", text="Ada", kind="profile", date="2026-03-01")
    empty = Note(header="MEMORY.md", name="MEMORY.md", text=" \n")
    log = Note(header="d", name="memory/d.md", text="one\ntwo", newest_last=True, kind="log")
    long = Note(header="b", name="b.md", text="x" * 9)
    origins = assembled((profile, empty, log, long), Caps(file=4, total=100)).origins
    assert [(each.kind, each.name, each.date, each.why) for each in origins] == [
        ("profile", "USER.md", "2026-03-01", "all of its 3 bytes"),
        ("log", "memory/d.md", None, "the last 3 of 7 bytes"),
        ("note", "b.md", None, "the first 4 of 9 bytes"),
    ]


def a(text: str) -> Section:
    return Section(text=text)


class TestSnapshots:
    def test_each_session_is_told_what_it_was_told(self) -> None:
        snapshots = Snapshots()
        snapshots.keep("one", a("old"), snapshots.version)
        snapshots.keep("two", a("new"), snapshots.version)
        assert [snapshots.of(each) for each in ("one", "two", "three")] == [a("old"), a("new"), None]

    def test_what_is_no_longer_true_is_told_to_nobody_again(self) -> None:
        snapshots = Snapshots()
        for session in ("one", "two"):
            snapshots.keep(session, a("old"), snapshots.version)
        snapshots.changed()
        assert [snapshots.of(each) for each in ("one", "two")] == [None, None]

    def test_what_was_read_before_a_change_is_not_kept(self) -> None:
        snapshots = Snapshots()
        version = snapshots.version
        snapshots.changed()
        snapshots.keep("one", a("old"), version)
        assert snapshots.of("one") is None

    def test_only_the_newest_sessions_are_kept(self) -> None:
        snapshots = Snapshots(limit=2)
        for session in ("one", "two"):
            snapshots.keep(session, a(session), 0)
        snapshots.of("one")
        snapshots.keep("three", a("three"), 0)
        assert [snapshots.of(each) for each in ("one", "two", "three")] == [a("one"), None, a("three")]
