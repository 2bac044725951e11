"""What Telegram refuses is not in a text."""

import pytest

from actors.telegram.rendering.clean import cleaned, is_clean, is_visible


@pytest.mark.parametrize("text", ["", "a\nb c", "é👍🏽", "\u200d\u200f\u2066", "\u00a0"])
def test_most_texts_stay(text: str) -> None:
    assert cleaned(text) is text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("\ta\n\tbc\td", "    a\n    bc  d"),
        ("\x00a\x08\x0e\x1fb\x7f\x80\x9f", "ab"),
        ("\u202a\u202ea", "a"),
        ("\ud83d \udc4d \ud83d\udc4d", "\ufffd \ufffd \ufffd\ufffd"),
    ],
)
def test_what_is_refused_or_taken_out_is_not_sent(text: str, expected: str) -> None:
    assert cleaned(text) == expected
    assert is_clean(expected)


@pytest.mark.parametrize(
    ("text", "visible"),
    [("a", True), ("\u200b.", True), ("", False), (" \n\u00a0\u3000", False), ("\u200b\u2060\ufeff\u2800", False)],
)  # fmt: skip
def test_blanks_and_joiners_are_not_seen(text: str, visible: bool) -> None:  # noqa: FBT001
    assert is_visible(text) == visible
