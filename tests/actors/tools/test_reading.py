"""What is read of texts, in parts that fit."""

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools import reading
from actors.tools.messages import (
    FileText,
    ImageFile,
    NotText,
)
from actors.tools.paths import Home
from tests.actors.tools.files import PNG, ROOM, go_on, put, read

# --- reading text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", ["one\ntwo\nthree\n", "one\ntwo\nthree", "one\r\ntwo\r\n", "\n\n", "größer 🐝"]
)
def test_a_file_is_read_as_it_is(home: Home, data: str) -> None:
    put(home, "a.txt", data.encode())
    assert read(home, "a.txt") == FileText(text=data)


@pytest.mark.parametrize(
    ("offset", "limit", "text"),
    [
        (0, None, "one\ntwo\nthree"),
        (1, None, "one\ntwo\nthree"),
        (2, None, "two\nthree"),
        (3, None, "three"),
        (1, 1, "one\n"),
        (2, 1, "two\n"),
        (2, 99, "two\nthree"),
    ],
)
def test_lines_are_counted_from_one(home: Home, offset: int, limit: int | None, text: str) -> None:
    put(home, "a.txt", b"one\ntwo\nthree")
    assert read(home, "a.txt", offset, limit) == FileText(text=text)


def test_reading_behind_the_end_says_where_the_end_is(home: Home) -> None:
    put(home, "a.txt", b"one\ntwo\nthree")
    put(home, "b.txt", b"one\ntwo\n")
    put(home, "empty.txt", b"")
    assert read(home, "a.txt", 4) == FileText(text="", note="The file ends after line 3.")
    assert read(home, "b.txt", 3) == FileText(text="", note="The file ends after line 2.")
    assert (
        read(home, "empty.txt", 4) == read(home, "empty.txt") == FileText(text="", note="The file is empty.")
    )


def test_a_long_text_is_cut_at_a_line_and_says_both_sizes_and_where_to_go_on(home: Home) -> None:
    lines = [f"line {n}\n" for n in range(1, 1001)]
    put(home, "long.txt", "".join(lines).encode())
    part = read(home, "long.txt", room=1000)
    shown = part.text.splitlines(keepends=True)
    assert part.text == "".join(lines[: len(shown)])
    assert part.note == (
        f"[cut: {len(part.text)} bytes of a file of 8893 bytes are shown; read on with offset {len(shown) + 1}]"
    )
    seen = ""
    offset = 1
    while "offset" in (part := read(home, "long.txt", offset, room=1000)).note:
        seen += part.text
        offset = int(part.note.rpartition(" ")[2].rstrip("]"))
    assert seen + part.text == "".join(lines)


@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
    room=st.integers(200, 400),
)
def test_what_is_shown_of_a_file_fits_and_begins_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, room: int
) -> None:
    home = Home(tmp_path_factory.mktemp("home"))
    data = (text * 20).encode()
    put(home, "a.txt", data)
    part = read(home, "a.txt", room=room)
    assert data.startswith(part.text.encode())
    assert part.note or part.text.encode() == data
    assert len(part.rendered().content[0].text.encode()) <= room


def test_one_endless_line_is_cut_between_characters(home: Home) -> None:
    put(home, "a.txt", "ü".encode() * 1000)
    part = read(home, "a.txt", room=1000)
    assert part.text == "ü" * 420
    assert (
        part.note == "[cut: 840 bytes of a file of 2000 bytes are shown; read on with offset 1 and skip 420]"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"GIF\0",
        b"\xff\xfeh\0i\0",
        b"caf\xe9",
        b"x" * 100 + b"\0",
        b"x" * 9000 + b"\0",
        b"\x80" * 60_000,
        b"x" * 9000 + b"\xff",
    ],
)
def test_what_is_no_utf8_is_no_text(home: Home, data: bytes) -> None:
    put(home, "a.bin", data)
    with pytest.raises(NotText) as caught:
        read(home, "a.bin")
    assert str(caught.value) == f"Not a UTF-8 text file: a.bin ({len(data)} bytes)"


class Counting:
    """A file that counts the bytes that are read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.largest = 0
        self.fileno, self.seek = file.fileno, file.seek

    def read(self, size: int) -> bytes:
        self.largest = max(self.largest, size)
        return self._file.read(size)

    def readline(self, size: int) -> bytes:
        self.largest = max(self.largest, size)
        return self._file.readline(size)


@pytest.mark.parametrize("begin", [b"", b"\0"])
def test_a_huge_file_is_never_loaded_whole(home: Home, begin: bytes) -> None:
    path = put(home, "huge", begin + b"line\n")
    os.truncate(path, 10 * 2**30)
    with path.open("rb") as file:
        counting: Any = Counting(file)
        with pytest.raises(NotText):
            reading.read(counting, "huge", 1, 0, None, ROOM, go_on)
    assert counting.largest <= max(ROOM + 1, reading.SNIFF)


@pytest.mark.parametrize("room", [200, 1000])
@pytest.mark.parametrize(
    "line", ["x" * 3000, "größer 🐝 " * 200, "a" * 840 + "\n" + "b" * 900 + "\r\nend", "\n" * 500 + "c" * 700]
)
def test_a_text_is_read_in_full_by_going_on_where_it_was_cut(home: Home, line: str, room: int) -> None:
    put(home, "long.txt", f"first\n{line}\nlast".encode())
    seen, offset, skip = "", 1, 0
    while True:
        found = read(home, "long.txt", offset, room=room, skip=skip)
        seen += found.text
        cut = re.search(r"read on with offset (\d+)(?: and skip (\d+))?\]", found.note)
        if cut is None:
            break
        offset, skip = int(cut[1]), int(cut[2] or 0)
    assert seen == f"first\n{line}\nlast"


def test_what_is_skipped_ends_with_the_line(home: Home) -> None:
    put(home, "a.txt", b"one\ntwo\nthree")
    assert read(home, "a.txt", 2, skip=1).text == "wo\nthree"
    assert read(home, "a.txt", 2, skip=1, limit=1).text == "wo\n"
    assert read(home, "a.txt", 2, skip=99).text == "\nthree"
    assert read(home, "a.txt", 3, skip=99).note == "The file ends after line 3."


def test_lines_and_characters_are_counted_across_pieces(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 3)
    put(home, "a.txt", "äöü\n🐝🐝🐝 six\nend".encode())
    for skip in range(8):
        assert read(home, "a.txt", 2, skip=skip, limit=1).text == "🐝🐝🐝 six\n"[skip:]
    assert read(home, "a.txt", 3).text == "end"
    put(home, "a.txt", b"abc\xc3")
    with pytest.raises(NotText):
        read(home, "a.txt", skip=9)


def test_a_hole_of_terabytes_is_no_text_and_is_not_read_through(home: Home) -> None:
    path = put(home, "hole", b"line\n" * 2000)
    os.truncate(path, 8 * 2**40)
    with pytest.raises(NotText):
        read(home, "hole", offset=1_000_000)


def test_reading_stops_when_nobody_waits_for_it(home: Home) -> None:
    put(home, "a.txt", b"line\n" * 10)

    def leave() -> None:
        raise LeftError

    with home.place("a.txt") as place, place.open() as file:
        for work in (
            lambda: reading.read(file, "a.txt", 5, 0, None, ROOM, leave),
            lambda: reading.read(file, "a.txt", 1, 3, None, ROOM, leave),
            lambda: reading.load(file, "a.txt", 100, leave),
        ):
            file.seek(0)
            with pytest.raises(LeftError):
                work()
    with home.directory(".") as folder, pytest.raises(LeftError):
        reading.listing(home, folder, ROOM, leave)


class LeftError(Exception):
    """Nobody waits any more."""


# --- with numbers -----------------------------------------------------------------------------------------


def numbered(
    home: Home, path: str, offset: int = 1, limit: int | None = None, room: int = ROOM, skip: int = 0
) -> reading.Read:
    with home.place(path) as place, place.open() as file:
        return reading.numbered(file, place.path, offset, skip, limit, room, go_on)


def test_lines_have_numbers_of_one_width_and_none_of_their_ends(home: Home) -> None:
    put(home, "a.txt", b"".join(b"%d\r\n" % n for n in range(1, 12)) + b"last")

    found = numbered(home, "a.txt", offset=9)
    assert isinstance(found, FileText)
    assert found.text == " 9\t9\n10\t10\n11\t11\n12\tlast\n"
    assert numbered(home, "a.txt", offset=0, limit=2) == FileText(text="1\t1\n2\t2\n")
    assert numbered(home, "a.txt", offset=1, limit=2) == numbered(home, "a.txt", offset=0, limit=2)


def test_where_there_are_no_lines_there_are_no_numbers(home: Home) -> None:
    put(home, "a.txt", b"one\ntwo")
    put(home, "empty.txt", b"")
    put(home, "a.png", PNG)

    assert numbered(home, "a.txt", offset=3) == FileText(text="", note="The file ends after line 2.")
    assert numbered(home, "empty.txt") == FileText(text="", note="The file is empty.")
    assert isinstance(numbered(home, "a.png"), ImageFile)


@given(st.lists(st.text("aä", max_size=9), min_size=1, max_size=200), st.integers(400, 1200))
def test_a_text_with_numbers_can_be_read_in_parts_that_fit(lines: list[str], room: int) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder), "ada")
        put(home, "a.txt", "".join(f"{line}\n" for line in lines).encode())
        seen: list[str] = []
        offset = 1
        while True:
            found = numbered(home, "a.txt", offset, room=room)
            assert isinstance(found, FileText)
            assert len(f"{found.text}\n{found.note}".encode()) <= room
            seen += [line.partition("\t")[2] for line in found.text.splitlines()]
            cut = re.search(r"read on with offset (\d+)\]", found.note)
            if cut is None:
                break
            offset = int(cut[1])
    assert seen == lines


def test_a_room_that_is_too_small_is_no_reason_to_try_for_ever(home: Home) -> None:
    put(home, "a.txt", b"\n" * 1000)

    found = numbered(home, "a.txt", room=10)
    assert isinstance(found, FileText)
    assert found.text.startswith("1\t\n")


def test_numbers_take_room_as_well(home: Home) -> None:
    put(home, "a.txt", b"x\n" * 1000)

    found = numbered(home, "a.txt", room=1000)
    assert isinstance(found, FileText)
    assert len(f"{found.text}\n{found.note}") <= 1000
    assert found.text.count("\n") > 100
