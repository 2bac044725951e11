import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.web.cutting import LEAST, NOTE, Piece, piece

ALL = 10**6


def test_what_fits_is_whole() -> None:
    assert piece("hello", 0, 5, ALL) == Piece("hello")
    assert piece("hello", 3, 5, ALL) == Piece("lo")


def test_what_is_too_long_says_how_to_read_on() -> None:
    assert piece("hello world", 0, 5, ALL) == Piece(
        "hello", "[cut: characters 0 to 5 of 11 are shown; read on with start 5]"
    )
    assert piece("hello world", 5, 4, ALL) == Piece(
        " wor", "[cut: characters 5 to 9 of 11 are shown; read on with start 9]"
    )


@pytest.mark.parametrize("start", [5, 6, 10**9])
def test_the_end_is_the_end(start: int) -> None:
    assert piece("hello", start, 5, ALL) == Piece("", "(the text ends before that: it has 5 characters)")


def test_there_may_be_nothing() -> None:
    assert piece("", 0, 5, ALL) == Piece("", "(there is no text)")


def test_bytes_count_as_well() -> None:
    text = "€" * 400
    got = piece(text, 0, 400, NOTE + 301)
    assert got == Piece("€" * 100, "[cut: characters 0 to 100 of 400 are shown; read on with start 100]")
    assert piece(text, 0, 400, 1200) == Piece(text)
    assert piece("€" * 60, 0, 400, 10) == Piece("€" * 60)


def test_however_little_is_allowed_there_is_a_way_through() -> None:
    assert len(piece("x" * 1000, 0, 1000, -5).text) == LEAST


@given(st.text(max_size=2000), st.integers(1, 500), st.integers(-10, 3000))
def test_reading_on_gives_all_of_a_text_once(text: str, most: int, room: int) -> None:
    got, start = "", 0
    while start < len(text):
        part = piece(text, start, most, room)
        assert 0 < len(part.text) <= most
        assert len(part.text.encode()) + len(part.note.encode()) <= max(room, LEAST + NOTE)
        got, start = got + part.text, start + len(part.text)
        assert bool(part.note) == (start < len(text))
    assert got == text
