"""What conversations are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session import titles
from actors.vocabulary import Attachment


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("hello", "hello"),
        ("two\nlines \t and\u00a0spaces", "two lines and spaces"),
        ("# Hi\n\n```python\nprint(1)\n```", "Hi print(1)"),
        ("> - ## plan\n* a\n* b", "plan a b"),
        ("#hashtag -1 *starred*", "#hashtag -1 *starred*"),
        ("```", "```"),
        ("- ", "-"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100 + "..."),
        ("x" * 99 + "é", "x" * 99 + "..."),
        ("x" * 98 + "é", "x" * 98 + "é"),
        ("x" * 98 + "🎈", "x" * 98 + "..."),
        ("broken \ud800 text", "broken text"),
        ("turned \u202eround\u202c and \x1b[31mred\x07", "turned round and [31mred"),
        ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("x" * 10_000_000, "x" * 100 + "..."),
    ],
)
def test_a_title_is_one_line_to_read_of_at_most_a_hundred_bytes(text: str, title: str) -> None:
    assert titles.title_of(text) == title


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u200d", "\ufeff", "\u3164 \u2800", "\u0301", "\ue000"])
def test_what_nobody_can_see_is_no_title(text: str) -> None:
    file = Attachment(name="plan.pdf", media_type="application/pdf", path="downloads/plan.pdf", size=1)
    assert titles.title_of(text) is None
    assert titles.title_of(text, (file,)) == "plan.pdf"


@given(st.text(st.characters(), max_size=300))
def test_a_title_can_be_stored_and_read_whatever_was_said(text: str) -> None:
    title = titles.title_of(text)
    if title is not None:
        assert title.strip() == title
        assert len(title.encode()) <= titles.TITLE_BYTES + 3
        assert titles.readable(title) == title or title.endswith("...")


@given(st.text(max_size=20))
def test_it_makes_no_difference_how_letters_are_put_together(text: str) -> None:
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert titles.folded(other) == titles.folded(text)


def test_case_makes_none_either() -> None:
    assert titles.folded("RE\u0301SUME\u0301 Straße") == titles.folded("résumé STRASSE")
