import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.beginning import beginning, beginning_in_bytes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("a" * 500, "a" * 500),
        ("a" * 501, "a" * 499 + "…"),
        ("a" * 498 + "e\u0301" + "a" * 9, "a" * 498 + "…"),
        ("a" * 496 + "👩\u200d💻\u200d💻" + "a" * 9, "a" * 496 + "…"),
        ("\u0301" * 501, "…"),
    ],
)
def test_a_long_text_is_cut_between_two_letters(text: str, told: str) -> None:
    assert beginning(text, 500) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("äöü", "äöü"),
        ("äöüß", "ä…"),
        ("äaaaaaaa", "äa…"),
        ("ae\u0301aaaa", "a…"),
        ("a\ud800a", "a\ud800a"),
        ("💻💻", "…"),
    ],
)
def test_a_text_is_cut_to_so_many_bytes(text: str, told: str) -> None:
    assert beginning_in_bytes(text, 6) == told


@given(st.text(min_size=480, max_size=520))
def test_what_is_told_is_short_and_how_the_text_begins(text: str) -> None:
    told, in_bytes = beginning(text, 500), beginning_in_bytes(text, 500)
    assert len(told) <= 500
    assert len(in_bytes.encode(errors="replace")) <= 500
    for each in (told, in_bytes):
        assert text.startswith(each.removesuffix("…"))
