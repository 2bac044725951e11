"""Pieces of text, joined."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.answers.deltas import CharacterJoiner
from actors.llm.messages import PIECE, CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted, joined


@given(st.text(), st.lists(st.integers(0, 20)))
def test_halves_of_characters_are_joined(text: str, cuts: list[int]) -> None:
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    escaped = text.encode("utf-16-le")
    units = [escaped[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(escaped), 2)]
    joiner = CharacterJoiner()
    pieces: list[str] = []
    at = 0
    for cut in [*cuts, len(units)]:
        pieces.append(joiner.join("".join(units[at : at + cut])))
        at += cut
    pieces.append(joiner.join("".join(units[at:])))
    assert "".join(pieces) == text
    json.dumps(pieces, ensure_ascii=False).encode()


def test_a_lone_half_is_replaced() -> None:
    joiner = CharacterJoiner()
    assert joiner.join("a\ude00b") == "a\ufffdb"
    assert joiner.join("\ud83d") == ""
    assert joiner.join("c") == "\ufffdc"


def test_pieces_of_text_that_follow_each_other_are_told_as_one() -> None:
    pieces: list[CompletionEvent] = [
        ThinkingDelta(text="h"),
        ThinkingDelta(text="m"),
        TextDelta(text="Hel"),
        TextDelta(text="lo"),
        ToolCallStarted(id="c", name="FileRead"),
        TextDelta(text="!"),
    ]
    assert list(joined(pieces)) == [
        ThinkingDelta(text="hm"),
        TextDelta(text="Hello"),
        ToolCallStarted(id="c", name="FileRead"),
        TextDelta(text="!"),
    ]


def test_a_long_text_is_told_in_several() -> None:
    told = list(joined(TextDelta(text="x" * (PIECE // 2)) for _ in range(5)))
    assert [len(each.text) for each in told if isinstance(each, TextDelta)] == [PIECE, PIECE, PIECE // 2]


def test_text_that_came_before_an_error_is_told_before_it() -> None:
    def broken() -> Iterator[CompletionEvent]:
        yield TextDelta(text="Hel")
        yield TextDelta(text="lo")
        raise ValueError

    told: list[CompletionEvent] = []
    with pytest.raises(ValueError):  # noqa: PT011 - it is the one above
        told.extend(joined(broken()))
    assert told == [TextDelta(text="Hello")]


def test_nothing_is_held_back_behind_what_is_no_text() -> None:
    call = ToolCallStarted(id="c", name="FileRead")
    assert list(joined([TextDelta(text="Hel"), call])) == [TextDelta(text="Hel"), call]


def test_an_error_that_comes_first_has_nothing_before_it() -> None:
    def broken() -> Iterator[CompletionEvent]:
        yield ToolCallStarted(id="c", name="FileRead")
        raise ValueError

    told: list[CompletionEvent] = []
    with pytest.raises(ValueError):  # noqa: PT011 - it is the one above
        told.extend(joined(broken()))
    assert told == [ToolCallStarted(id="c", name="FileRead")]


@given(st.lists(st.builds(TextDelta, text=st.text()) | st.builds(ThinkingDelta, text=st.text())))
def test_joining_loses_no_text_and_moves_none(
    pieces: list[TextDelta | ThinkingDelta],
) -> None:
    told = [item for item in joined(pieces) if isinstance(item, TextDelta | ThinkingDelta)]
    assert all(type(one) is not type(other) for one, other in pairwise(told))
    for kind in (TextDelta, ThinkingDelta):
        assert [letter for piece in pieces if type(piece) is kind for letter in piece.text] == [
            letter for piece in told if type(piece) is kind for letter in piece.text
        ]
