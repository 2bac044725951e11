"""What hides, reorders or imitates is written by its number; what people write stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from actors.visible import visible


def test_whatever_cannot_be_seen_is_written_by_its_number() -> None:
    assert visible("rm \u202etxt\u200b \U000e0041\x1b[0m\x7f\u3164\u00a0") == (
        "rm \\u{202e}txt\\u{200b} \\u{e0041}\\u{1b}[0m\\u{7f}\\u{3164}\\u{a0}"
    )


def test_what_people_write_stays_as_it_is() -> None:
    assert visible("Grüße,\n\t世界 🎉") == "Grüße,\n\t世界 🎉"


@given(st.text())
def test_what_is_visible_stays_so(text: str) -> None:
    assert visible(visible(text)) == visible(text)
