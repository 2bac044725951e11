"""Passages: whole lines, right numbers, nothing lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.memory.chunks import Passage, cut, joined, length, lines_of

LINES = st.lists(st.text(st.sampled_from("ab .#`\u2028\u0085\f\r👋"), max_size=60), max_size=30)


def spans(text: str, size: int) -> list[tuple[int, int]]:
    return [(passage.line_start, passage.line_end) for passage in cut(text, size)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n\t\n", []),
        ("one\ntwo\nthree\n", [(1, 3)]),
        ("one\r\ntwo\r\n", [(1, 2)]),
        ("\n\none\n\n", [(3, 3)]),
        ("\n".join(["x" * 199] * 5), [(1, 2), (3, 4), (5, 5)]),
    ],
)
def test_lines_are_taken_until_there_is_enough(text: str, expected: list[tuple[int, int]]) -> None:
    assert spans(text, 400) == expected


def test_only_a_line_feed_ends_a_line() -> None:
    assert lines_of("a\u2028b\u0085c\x0bd\r\ne\rf\n") == ["a\u2028b\u0085c\x0bd", "e\rf"]
    assert lines_of("") == []


def test_a_heading_begins_a_passage_that_knows_what_stands_above() -> None:
    text = (
        "# Trip\n\n"
        + "a" * 200
        + "\n## 1:56 pm on 8 May, 2023 ##\n\n"
        + "b" * 200
        + "\n# Other\n"
        + "c" * 200
    )

    assert [(each.line_start, each.headings, each.day) for each in cut(text, 300)] == [
        (1, ("Trip",), None),
        (4, ("Trip", "1:56 pm on 8 May, 2023"), date(2023, 5, 8)),
        (7, ("Other",), None),
    ]


def test_a_heading_that_follows_at_once_does_not_make_a_passage_of_its_own() -> None:
    assert spans("# A\n## B\ntext\n", 300) == [(1, 3)]


def test_what_stands_in_a_block_of_code_is_no_heading() -> None:
    text = "# Real\n```sh\n# no heading\n~~~\n# still none\n```\n" + "x" * 300 + "\nend"

    assert cut(text, 300)[-1] == Passage("end", 8, 8, ("Real",), None)


def test_a_giant_line_is_cut_where_sentences_end_and_keeps_its_number() -> None:
    line = "This is a sentence of some length. " * 40_000

    passages = cut(f"first\n{line}\nlast", 300)

    assert {(each.line_start, each.line_end) for each in passages[1:-1]} == {(2, 2)}
    assert max(length(each.text) for each in passages) < 900
    assert passages[5].text.endswith("length. ")
    assert joined((each.line_start, each.line_end, each.text) for each in passages) == f"first\n{line}\nlast"


@pytest.mark.parametrize("character", ["x", "界", "👋"])
def test_a_giant_line_without_a_place_to_cut_is_cut_between_characters(character: str) -> None:
    passages = cut(character * 5000, 300)

    assert all(length(each.text) <= 600 for each in passages)
    assert "".join(each.text for each in passages) == character * 5000


def test_a_giant_line_of_words_is_cut_between_them() -> None:
    assert all(set(each.text.split()) == {"word"} for each in cut("word " * 1000, 300))


def test_passages_of_no_size_are_refused() -> None:
    with pytest.raises(ValueError, match="0 bytes"):
        cut("a", 0)


@given(LINES, st.integers(1, 80))
def test_every_line_that_is_not_blank_is_in_a_passage_with_its_number(lines: list[str], size: int) -> None:
    text = "\n".join(lines)
    passages = cut(text, size)

    assert all(passage.text.strip() for passage in passages)
    for passage in passages:
        if passage.line_start < passage.line_end or length(passage.text) <= 2 * size:
            between = "\n".join(lines_of(text)[passage.line_start - 1 : passage.line_end])
            assert passage.text in between
    whole = "".join(passage.text for passage in passages)
    assert [each for each in whole if each.strip()] == [
        each for each in "".join(lines_of(text)) if each.strip()
    ]
