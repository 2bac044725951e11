"""What of a tool's text reaches the model."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.agent.window.sanitise import cut, sanitise, shorten, squeeze, strip_blobs
from actors.transcript import plain
from actors.vocabulary import Content, Document, Image, Text

PICTURE = Image(media_type="image/png", path="desktop/a.png")
PAPER = Document(media_type="application/pdf", path="desktop/a.pdf", name="A.pdf")


def text(value: str) -> tuple[Content, ...]:
    return (Text(text=value),)


def test_plain_text_is_unchanged() -> None:
    assert sanitise(text("just words"), 100) == text("just words")


def test_an_empty_result_says_so_because_models_refuse_empty_blocks() -> None:
    assert sanitise(text(""), 100) == text("(no output)")
    assert sanitise((), 100) == text("(no output)")


@pytest.mark.parametrize("head", ["data:image/png", "data:text/html;charset=utf-8", "data:"])
def test_a_data_uri_of_200_characters_is_replaced_by_its_size(head: str) -> None:
    uri = f"{head};base64,{'Ab+/' * 50}"
    assert strip_blobs(f"<img src='{uri}'>") == f"<img src='[embedded file of {len(uri)} bytes removed]'>"


def test_a_short_data_uri_is_kept() -> None:
    uri = f"data:image/png;base64,{'A' * 199}"
    assert strip_blobs(uri) == uri


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_hexadecimal_of_200_digits_is_replaced_by_its_length(prefix: str) -> None:
    dump = prefix + "1f" * 100
    assert strip_blobs(f"a {dump} b") == f"a [{len(dump)} hexadecimal characters removed] b"


def test_short_hexadecimal_is_kept() -> None:
    assert strip_blobs("af" * 99) == "af" * 99


def test_a_long_number_is_not_taken_for_hexadecimal() -> None:
    assert strip_blobs("7" * 500) == "7" * 500


def test_both_kinds_in_one_text_are_replaced() -> None:
    found = strip_blobs(f"data:x/y;base64,{'A' * 300} and {'0f' * 200}")
    assert "embedded file" in found
    assert "400 hexadecimal characters" in found


def test_where_no_note_has_room_the_beginning_is_left() -> None:
    assert [squeeze("abcdef", limit) for limit in (3, 0, -1)] == ["abc", "", ""]


def test_a_text_of_exactly_the_limit_is_kept() -> None:
    assert cut("x" * 50, 50) == "x" * 50
    assert cut("x" * 51, 50).startswith("x" * 50 + "\n[cut")


def test_a_cut_ends_at_a_character_and_names_both_sizes() -> None:
    assert cut("ab😀cd", 4) == "ab\n[cut: the first 2 of 8 bytes are shown]"


def test_pictures_pass_and_all_text_shares_one_limit() -> None:
    found = sanitise((Text(text="a" * 60), PICTURE, Text(text="b" * 60)), 100)
    assert found[0] == Text(text="a" * 60)
    assert found[1] == PICTURE
    assert isinstance(found[2], Text)
    assert found[2].text.startswith("b" * 40 + "\n[cut")


def test_half_a_surrogate_pair_does_not_break_the_cut() -> None:
    assert cut("\ud800" * 30, 10).startswith("?" * 10)


def test_a_long_text_is_shortened_to_its_ends() -> None:
    found = shorten("a" * 3000 + "z" * 3000, 2000)
    assert found == "a" * 500 + "\n[… 5300 characters left out …]\n" + "z" * 200


@given(st.text(max_size=4000), st.integers(min_value=1, max_value=3000))
def test_shortening_never_lengthens_and_twice_is_once(value: str, limit: int) -> None:
    short = shorten(value, limit)
    assert len(short) <= len(value)
    assert shorten(short, limit) == short


def test_content_as_one_text_names_pictures() -> None:
    assert plain((Text(text="look"), PICTURE, PAPER)) == (
        "look\n[image desktop/a.png]\n[document desktop/a.pdf]"
    )


@given(st.text(max_size=300), st.integers(-5, 300))
@example("x" * 300, 0)
@example("x" * 300, 200)
def test_squeezing_keeps_to_its_limit(value: str, limit: int) -> None:
    squeezed = squeeze(value, limit)
    assert len(squeezed) <= max(0, limit)
    assert squeezed == value if len(value) <= limit else value.startswith(squeezed[:1])
