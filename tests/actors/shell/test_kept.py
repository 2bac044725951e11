"""What is kept of output."""

from hypothesis import given
from hypothesis import strategies as st

from actors.shell.kept import LINE, Kept, left_out


def kept(room: int, *pieces: bytes) -> Kept:
    found = Kept(room)
    for piece in pieces:
        found.add(piece)
    return found


@given(st.lists(st.binary(max_size=40)), st.integers(min_value=2, max_value=80))
def test_what_fits_is_there_whole(pieces: list[bytes], room: int) -> None:
    found = kept(room, *pieces)
    data = b"".join(pieces)
    assert found.total == len(data)
    if found.whole:
        assert found.text() == data.decode(errors="replace")
    assert found.whole == (len(data) <= room // 2 * 2)


@given(st.text(min_size=300, max_size=900), st.integers(min_value=1, max_value=50))
def test_of_more_the_beginning_and_the_end_are_there_and_no_half_characters(text: str, size: int) -> None:
    data = text.encode()
    found = kept(200, *(data[at : at + size] for at in range(0, len(data), size)))
    begin, missing, end = found.text().partition("\n[… ")
    assert missing
    assert text.startswith(begin)
    assert text.endswith(end.partition(" …]\n")[2])
    assert "\ufffd" not in found.text() or "\ufffd" in text


def test_cuts_are_at_the_ends_of_lines_where_those_are_near() -> None:
    lines = b"".join(b"line %04d\n" % n for n in range(1000))
    text = kept(1000, lines).text()
    assert text == "".join(
        (
            *(f"line {n:04}\n" for n in range(50)),
            f"{left_out(9000 + 10)}\n",
            *(f"line {n:04}\n" for n in range(951, 1000)),
        )
    )


def test_lines_without_an_end_are_cut_anywhere() -> None:
    text = kept(2 * LINE + 200, b"x" * 5000).text()
    half = "x" * (LINE + 100)
    assert text == f"{half}\n{left_out(5000 - 2 * len(half))}\n{half}"


def test_nothing_but_continuations_of_characters() -> None:
    assert kept(4, b"\x80" * 100).text().count("\ufffd") == 4
