"""What nobody sees of a text is known, and left out."""

import pytest

from actors.skills import unseen


@pytest.mark.parametrize(
    ("text", "seen", "codes"),
    [
        ("plain\ttext\r\n", "plain\ttext\r\n", ""),
        ("زن\u200cها 👩\u200d🚀 ❤\ufe0f 葛\U000e0100", "زن\u200cها 👩\u200d🚀 ❤\ufe0f 葛\U000e0100", ""),
        ("a\u202eb\u200bc\x07", "abc", "U+0007, U+200B, U+202E"),
        ("a\U000e0041\U000e0042", "a", "U+E0041, U+E0042"),
        ("a\ufe00\U000e0101", "a", "U+E0101, U+FE00"),
        ("a\ud800", "a", "U+D800"),
    ],
)
def test_what_nobody_sees(text: str, seen: str, codes: str) -> None:
    assert (unseen.without(text), unseen.codes(text)) == (seen, codes)
