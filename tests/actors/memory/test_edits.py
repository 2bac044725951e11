"""What a change makes of a note."""

from typing import Any

import pytest

from actors.memory import edits, names
from actors.memory.edits import Caps
from actors.memory.messages import (
    LARGEST,
    Change,
    ChangedMeanwhile,
    NotOnce,
    Origin,
    OverLimit,
    Suspicious,
    TooLarge,
    UnknownFile,
)

PERSON, MODEL = Origin(user="ada", door="http"), Origin(user="ada", door="review")
NOTE = names.checked("MEMORY.md")
CAPS = Caps(profile=4, memory=8)


def made(before: bytes | None, mode: Any, content: str = "", **more: Any) -> bytes | None:
    fields: dict[str, Any] = {"origin": PERSON, **more}
    change = Change(user="ada", name=NOTE.text, mode=mode, content=content, **fields)
    return edits.of_change(change, NOTE, CAPS)(before)


def test_the_four_ways_to_change_a_note() -> None:
    assert made(b"old", "whole", "new") == b"new"
    assert made(None, "append", "x") == made(b"", "append", "x") == b"x"
    assert made(b"a", "append", "x") == made(b"a\n", "append", "x") == b"a\nx"
    assert made(b"a b c", "replace", "x", passage="b") == b"a x c"
    assert made(b"a b c", "forget", passage=" b") == b"a c"
    assert made(b"a", "forget") is None


@pytest.mark.parametrize(
    ("before", "passage", "after"),
    [
        (b"a\nb\nc", "b", b"a\nc"),
        (b"b\nc", "b", b"c"),
        (b"a\nb\nc", "b\n", b"a\nc"),
        (b"a\nxb\nc", "b", b"a\nx\nc"),
        (b"a\nb", "b", b"a\n"),
    ],
)
def test_a_line_that_is_forgotten_leaves_no_empty_one(before: bytes, passage: str, after: bytes) -> None:
    assert made(before, "forget", passage=passage) == after


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    assert made(b"\xff a", "append", "é") == b"\xff a\n\xc3\xa9"
    assert made(b"\xff a", "replace", "b", passage="a") == b"\xff b"


@pytest.mark.parametrize(
    ("before", "passage", "count"), [(b"a", "b", 0), (b"aaa", "aa", 2), (b"a a a", "a", 3), (b"a", "", 0)]
)
def test_a_passage_is_there_exactly_once(before: bytes, passage: str, count: int) -> None:
    for mode in ("replace", "forget"):
        with pytest.raises(NotOnce) as refused:
            made(before, mode, passage=passage)
        assert refused.value.count == count
        assert (f"{count} times" if count else "not there") in str(refused.value)


def test_what_is_not_there_is_neither_changed_nor_forgotten() -> None:
    for mode, passage in (("replace", "a"), ("forget", "a"), ("forget", None)):
        with pytest.raises(UnknownFile):
            made(None, mode, passage=passage)


def test_a_note_has_to_be_what_it_is_said_to_be() -> None:
    assert made(b"a", "whole", "b", etag=edits.etag(b"a")) == b"b"
    assert made(None, "whole", "b", etag="") == b"b"
    for etag in ("", "other"):
        with pytest.raises(ChangedMeanwhile):
            made(b"a", "whole", "b", etag=etag)


def test_halves_of_characters_are_refused() -> None:
    for more in ({"content": "a\ud800"}, {"passage": "\ud800"}):
        with pytest.raises(Suspicious, match="half a character"):
            made(b"a", "replace", **{"passage": "a", **more})


def test_a_model_keeps_to_the_room_there_is_and_may_always_make_it_less() -> None:
    assert made(None, "whole", "12345678", origin=MODEL) == b"12345678"
    for before in (None, b"123456789"):
        with pytest.raises(OverLimit):
            made(before, "whole", "123456789", origin=MODEL)
    assert made(b"1234567890", "whole", "123456789", origin=MODEL)
    assert made(None, "whole", "123456789")
    with pytest.raises(TooLarge):
        made(None, "whole", "x" * (LARGEST + 1))
    assert edits.notice(NOTE, 9, CAPS)
    assert edits.notice(NOTE, 8, CAPS) is None
    assert edits.notice(names.checked("a.md"), 9, CAPS) is None


def test_what_a_model_writes_is_looked_at() -> None:
    with pytest.raises(Suspicious):
        made(None, "whole", "<|x|>", origin=MODEL)
    assert made(None, "whole", "<|x|>") == b"<|x|>"
    log = names.checked("memory/2026-01-01.md")
    for origin in (PERSON, MODEL):
        if origin is MODEL:
            with pytest.raises(Suspicious):
                edits.of_entries("\u200b", log, origin, lambda _: b"entry")
        else:
            made_of = edits.of_entries("\u200b", log, origin, lambda _: b"entry")
            assert made_of(None) == b"entry"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (None, 2, "a\nb\nc"),
        (1, None, "a\nb\nc"),
        (2, 2, "b"),
        (2, 9, "b\nc"),
        (3, 2, ""),
        (9, None, ""),
        (0, 1, "a"),
    ],
)
def test_lines_are_counted_from_one(first: int | None, last: int | None, shown: str) -> None:
    assert edits.lines("a\nb\nc", first, last) == shown
