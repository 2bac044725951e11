"""Where a long answer is cut."""

import pytest

from actors.telegram.rendering.rich import MOST_ENTITIES, units
from actors.telegram.rendering.split import LIMIT, chunks
from tests.actors.telegram.rendering.shown import checked, seen

FAMILY = "👨\u200d👩\u200d👧\u200d👦"


def texts(markdown: str, limit: int = LIMIT) -> list[str]:
    return [message.text for message in checked(markdown, limit)]


def test_a_short_text_is_one_message() -> None:
    assert texts("one\n\ntwo") == ["one\n\ntwo"]


@pytest.mark.parametrize("nothing", ["", " \n\t", "\u200b", "\x00", "```\n```", "****\u200d"[4:], "> "])
def test_nothing_to_be_seen_is_no_message(nothing: str) -> None:
    assert chunks(nothing) == []


@pytest.mark.parametrize("limit", [1, 0, -1])
def test_a_limit_that_no_emoji_fits_into_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="holds no character"):
        chunks("a", limit)


def test_a_text_that_just_fits_is_one_message_and_blanks_behind_it_do_not_count() -> None:
    assert texts("a" * 10 + "\n\n\n", 10) == ["a" * 10]
    for blanks in (" ", "\n\n"):
        assert texts("a" * 10 + blanks + "b" * 10, 10) == ["a" * 10, "b" * 10]


def test_many_lines_of_a_hundred_letters() -> None:
    found = texts("\n".join("x" * 100 for _ in range(50)))
    assert [len(text) for text in found] == [40 * 101 - 1, 10 * 101 - 1]


def test_a_word_without_end_is_cut_at_the_limit() -> None:
    assert [len(text) for text in texts("x" * 5000)] == [4096, 904]
    assert texts("abcdefghijkl", 5) == ["abcde", "fghij", "kl"]


def test_units_are_counted_and_not_letters() -> None:
    assert texts("👍" * 5, 4) == ["👍👍", "👍👍", "👍"]
    assert texts("👍" * 5, 5) == ["👍👍", "👍👍", "👍"]
    assert texts("é👍" * 2, 3) == ["é👍", "é👍"]


@pytest.mark.parametrize("character", [FAMILY, "e\u0301", "🇩🇪", "👍🏽"])
def test_characters_are_not_cut_where_they_fit(character: str) -> None:
    limit = units(character) + 1
    assert texts(character * 4, limit) == [character] * 4


def test_characters_longer_than_a_message_are_cut_all_the_same() -> None:
    assert "".join(texts(FAMILY, 2)).replace("\u200d", "") == "👨👩👧👦"


def test_paragraphs_come_before_lines_and_lines_before_words() -> None:
    assert texts("one two\nthree\n\nfour five", 16) == ["one two\nthree", "four five"]
    assert texts("one two\nthree four five", 16) == ["one two", "three four five"]
    assert texts("one two three four", 16) == ["one two three", "four"]


def test_items_of_a_list_stay_whole() -> None:
    assert texts("- one two\n- three four\n- five", 21) == ["• one two", "• three four\n• five"]


def test_a_good_place_is_not_taken_if_it_leaves_a_message_nearly_empty() -> None:
    assert texts("a\n\n" + "word " * 10, 20) == [
        "a\n\nword word word",
        *["word word word word"] * 1,
        "word word word",
    ]


def test_a_heading_is_not_parted_from_what_it_stands_above() -> None:
    assert texts("intro text\n\n# Head\n\nbody text", 22) == ["intro text", "Head\n\nbody text"]


def test_a_word_goes_whole_to_the_next_message_if_it_fits_there() -> None:
    assert texts("a " + "b" * 10, 10) == ["a", "b" * 10]


def test_what_is_formatted_across_a_cut_is_formatted_on_both_sides() -> None:
    first, second = checked("**one [two three](http://a.example) four**", 8)[:2]
    assert seen(first) == ("one two", [("bold", "one two"), ("text_link", "two", "http://a.example")])
    assert seen(second) == ("three", [("bold", "three"), ("text_link", "three", "http://a.example")])


def test_long_code_is_cut_between_lines_and_goes_on_as_code() -> None:
    code = "\n".join(f"line {number}" for number in range(1000))
    messages = checked(f"Look:\n\n```py\n{code}\n```\n\nDone.")
    assert [entity.language for message in messages for entity in message.entities] == ["py"] * len(messages)
    assert "\n".join(message.text for message in messages) == f"Look:\n\n{code}\n\nDone."


def test_code_is_cut_before_a_line_that_is_not_indented_if_there_is_one() -> None:
    code = "def a():\n    x\n    y\ndef b():\n    z\n    w"
    assert texts(f"```\n{code}\n```", 35) == ["def a():\n    x\n    y", "def b():\n    z\n    w"]


def test_a_long_table_is_cut_between_rows() -> None:
    rows = "\n".join(f"| {number} | {'x' * 20} |" for number in range(10, 500))
    messages = checked(f"| a | b |\n|-|-|\n{rows}")
    assert all(line.count("|") == 1 for message in messages[1:] for line in message.text.split("\n"))
    assert all(entity.type == "pre" for message in messages for entity in message.entities)


def test_no_message_has_more_formatting_than_telegram_takes() -> None:
    messages = checked(" ".join(f"*w{number}*" for number in range(250)))
    assert [len(message.entities) for message in messages] == [MOST_ENTITIES, MOST_ENTITIES, 50]
    assert messages[1].text.startswith("w100 w101 ")


def test_what_is_carried_over_counts_too() -> None:
    inner = " ".join(f"*w{number}*" for number in range(250))
    messages = checked(f"> ~~{inner}~~")
    assert all(len(message.entities) <= MOST_ENTITIES for message in messages)
    assert sum(entity.type == "italic" for message in messages for entity in message.entities) == 250


def test_positions_are_right_behind_emoji_and_behind_a_cut() -> None:
    messages = checked("👍 **a**\n\n👍👍 `b`", 6)
    assert [seen(message) for message in messages] == [("👍 a", [("bold", "a")]), ("👍👍 b", [("code", "b")])]
