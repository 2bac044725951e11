"""A cut goes through no character."""

import pytest

from actors.telegram.rendering.graphemes import boundary

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "न\u093f",
        FAMILY,
        "👍🏽",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🇩🇪",
        SCOTLAND,
        "\u1112\u1161\u11ab",
        "하\u11ab",
        "\u1100\u1100\u1161",
        "\u1100가",
    ],
)
def test_what_is_seen_as_one_character_stays_one(character: str) -> None:
    text = f"a{character}{character}b"
    whole = {1, 1 + len(character), 1 + 2 * len(character)}
    for at in range(1, len(text)):
        assert boundary(text, at, 0) == max(place for place in whole if place <= at)


def test_the_end_of_a_text_is_a_boundary() -> None:
    assert boundary("ab", 2, 0) == 2


@pytest.mark.parametrize("text", ["a" + "\u0301" * 9, "👨\u200d" * 5, "\u0301" * 9])
def test_a_character_that_is_too_long_is_cut_all_the_same(text: str) -> None:
    assert boundary(text, 4, 0) == 4


def test_flags_are_counted_from_where_a_message_begins() -> None:
    assert boundary("🇩🇪🇫🇷", 2, 0) == 2
    assert boundary("🇩🇪🇫🇷", 3, 0) == 2
    assert boundary("🇩🇪🇫🇷", 3, 1) == 3
