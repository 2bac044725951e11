"""What is read of files: text in parts, pictures, listings, and what of a file is told."""

import json
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
    Attached,
    DocumentFile,
    Entry,
    FileNotFound,
    FileText,
    FileTooLarge,
    ImageFile,
    ImageType,
    IsADirectory,
    Listing,
    NotADirectory,
    NotText,
)
from actors.tools.paths import Home
from actors.vocabulary import Attachment, Document, Image, Text
from tests.actors.tools.files import PNG, go_on, put

ROOM = 50_000
HEADS: dict[ImageType, bytes] = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/gif": b"GIF89a\0\0",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
}


def read(
    home: Home, path: str, offset: int = 1, limit: int | None = None, room: int = ROOM, skip: int = 0
) -> Any:
    with home.place(path) as place, place.open() as file:
        return reading.read(file, place.path, offset, skip, limit, room, go_on)


def list_folder(home: Home, path: str = ".", room: int = ROOM) -> Listing:
    with home.directory(path) as place:
        return reading.listing(home, place, room, go_on)


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


# --- pictures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "notes.txt", "noname"])
@pytest.mark.parametrize("media_type", HEADS)
def test_a_picture_is_known_by_its_content(home: Home, name: str, media_type: ImageType) -> None:
    put(home, name, HEADS[media_type])
    found = read(home, f"./{name}")
    assert found == ImageFile(path=name, media_type=media_type, size=len(HEADS[media_type]))
    assert found.rendered().content == (
        Text(text=f"Image: {name} ({media_type}, {len(HEADS[media_type])} bytes)"),
        Image(media_type=media_type, path=name),
    )


def test_a_text_that_is_called_a_picture_stays_a_text(home: Home) -> None:
    put(home, "a.png", b"a,b\n")
    assert read(home, "a.png") == FileText(text="a,b\n")


def test_a_picture_may_have_20_mib_and_no_byte_more(home: Home) -> None:
    os.truncate(put(home, "a.png", PNG), reading.MAX_SHOWN)
    assert read(home, "a.png").size == 20 * 2**20
    os.truncate(home.root / "a.png", reading.MAX_SHOWN + 1)
    with pytest.raises(FileTooLarge) as caught:
        read(home, "a.png")
    assert str(caught.value) == "File too large: a.png is 20971521 bytes, the limit is 20971520 bytes"


# --- documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["documents/a.pdf", "documents/noname"])
def test_a_pdf_is_known_by_its_content(home: Home, name: str) -> None:
    data = b"%PDF-1.7\n"
    put(home, name, data)
    found = read(home, name)
    assert found == DocumentFile(path=name, size=len(data))
    assert found.rendered().content == (
        Text(text=f"Document: {name} (application/pdf, {len(data)} bytes)"),
        Document(media_type="application/pdf", path=name, name=name.removeprefix("documents/")),
    )


def test_a_text_that_is_called_a_pdf_stays_a_text(home: Home) -> None:
    put(home, "a.pdf", b"a,b\n")
    assert read(home, "a.pdf") == FileText(text="a,b\n")


def test_a_pdf_may_have_20_mib_and_no_byte_more(home: Home) -> None:
    os.truncate(put(home, "a.pdf", b"%PDF-1.7\n"), reading.MAX_SHOWN)
    assert read(home, "a.pdf").size == 20 * 2**20
    os.truncate(home.root / "a.pdf", reading.MAX_SHOWN + 1)
    with pytest.raises(FileTooLarge):
        read(home, "a.pdf")


# --- listing ----------------------------------------------------------------------------------------------


def test_a_listing_is_sorted_and_says_what_is_what(home: Home) -> None:
    put(home, "documents/b.txt", b"12345")
    put(home, "documents/B.txt", b"")
    (home.root / "documents/a").mkdir()
    (home.root / "documents/link").symlink_to("/etc/passwd")
    os.mkfifo(home.root / "documents/pipe")
    listing = list_folder(home, "documents")
    assert listing == Listing(
        entries=(
            Entry(name="B.txt", type="file", size=0),
            Entry(name="a/", type="directory", size=None),
            Entry(name="b.txt", type="file", size=5),
            Entry(name="link", type="link", size=None),
            Entry(name="pipe", type="other", size=None),
        ),
        total=5,
    )
    (text,) = listing.rendered().content
    assert isinstance(text, Text)
    assert json.loads(text.text) == [
        {"name": "B.txt", "size": 0, "type": "file"},
        {"name": "a/", "type": "directory"},
        {"name": "b.txt", "size": 5, "type": "file"},
        {"name": "link", "type": "link"},
        {"name": "pipe", "type": "other"},
    ]


def test_an_empty_folder_is_an_empty_list(home: Home) -> None:
    assert list_folder(home, "documents").rendered().content == (Text(text="[]"),)


def test_the_private_folder_is_hidden_at_any_depth(home: Home) -> None:
    for path in (".starpod", "documents/.starpod", "documents/.STARPOD"):
        (home.root / path).mkdir()
    put(home, "documents/.hidden", b"")
    assert [entry.name for entry in list_folder(home).entries] == ["documents/"]
    assert [entry.name for entry in list_folder(home, "documents").entries] == [".hidden"]


def test_a_name_that_is_no_text_is_shown_safely(home: Home) -> None:
    (home.root / os.fsdecode(b"caf\xe9\n.txt")).write_text("")
    listing = list_folder(home)
    assert [entry.name for entry in listing.entries] == ["caf\\xe9\n.txt", "documents/"]
    for block in listing.rendered().content:
        assert isinstance(block, Text)
        assert block.text.encode()
    assert '"caf\\\\xe9\\n.txt"' in str(listing.entries[0].json())


def test_files_loose_in_home_are_pointed_out_apart_from_the_json(home: Home) -> None:
    for n in range(7):
        put(home, f"{n}.txt", b"")
    put(home, ".profile", b"")
    put(home, "documents/x.txt", b"")
    entries, note = list_folder(home).rendered().content
    assert isinstance(entries, Text)
    assert isinstance(note, Text)
    assert len(json.loads(entries.text)) == 9
    assert note.text == "Note: 7 loose in the home folder itself: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt, …."
    assert len(list_folder(home, "documents").rendered().content) == 1


def test_a_listing_is_capped_by_number(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ENTRIES", 3)
    for n in range(5):
        put(home, f"documents/{n}", b"")
    listing = list_folder(home, "documents")
    assert ([entry.name for entry in listing.entries], listing.total) == (["0", "1", "2"], 5)
    assert listing.rendered().content[1] == Text(text="Note: the first 3 of 5 entries are shown.")


def test_a_listing_is_capped_by_size(home: Home) -> None:
    for n in range(300):
        put(home, f"{n:03d}{'x' * 200}", b"")
    listing = list_folder(home, room=20_000)
    assert 60 < len(listing.entries) < 300 == listing.total - 1
    size = sum(len(block.text.encode()) for block in listing.rendered().content if isinstance(block, Text))
    assert size <= 20_000


def test_only_a_folder_can_be_listed(home: Home) -> None:
    put(home, "a.txt", b"")
    with pytest.raises(NotADirectory) as caught:
        list_folder(home, "a.txt")
    assert str(caught.value) == "Not a directory: a.txt"
    with pytest.raises(NotADirectory) as caught:
        list_folder(home, "no/thing")
    assert str(caught.value) == "Not a directory: no/thing (it does not exist)"


# --- attaching, locating ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("plan.md", b"# Plan", "text/markdown"),
        ("table.CSV", b"a,b", "text/csv"),
        ("picture.txt", PNG, "image/png"),
        ("fake.png", b"<svg>", "application/octet-stream"),
        ("archive.tar.gz", b"\x1f\x8b", "application/gzip"),
        ("unknown", b"?", "application/octet-stream"),
    ],
)
def test_a_file_is_attached_with_its_type_and_size(
    home: Home, name: str, data: bytes, media_type: str
) -> None:
    put(home, f"documents/{name}", data)
    attached = attach(home, f"documents/./{name}")
    expected = Attachment(name=name, media_type=media_type, path=f"documents/{name}", size=len(data))
    assert attached == Attached(attachment=expected)
    assert attached.rendered().attachments == (expected,)
    assert attached.rendered().content == (
        Text(text=f"Attached {name} ({media_type}, {len(data) / 1024:.1f} KB)"),
    )


def attach(home: Home, path: str) -> Attached:
    with home.place(path) as place, place.open() as file:
        return reading.attach(place, file)


def test_an_attachment_may_have_20_mib_and_no_byte_more(home: Home) -> None:
    os.truncate(put(home, "a.bin", b""), reading.MAX_ATTACHMENT)
    assert attach(home, "a.bin").attachment.size == 20 * 2**20
    os.truncate(home.root / "a.bin", reading.MAX_ATTACHMENT + 1)
    with pytest.raises(FileTooLarge):
        attach(home, "a.bin")


def test_only_a_file_can_be_attached(home: Home) -> None:
    with pytest.raises(IsADirectory, match="Is a directory: documents"):
        attach(home, "documents")


def test_a_located_file_is_opened_only_while_it_is_the_same(home: Home, tmp_path: Path) -> None:
    target = put(home, "documents/a.md", b"hello")
    (home.root / "link").symlink_to("documents")
    with home.place("link/a.md") as place, place.open() as file:
        located = reading.locate(home, place, file)
    assert located.absolute == str(target.resolve())
    assert (located.size, located.media_type) == (5, "text/markdown")
    with located.open() as file:
        assert file.read() == b"hello"
    target.rename(tmp_path / "aside")
    with pytest.raises(FileNotFound):
        located.open()
    put(home, "documents/a.md", b"other")
    with pytest.raises(FileNotFound):
        located.open()
    target.unlink()
    target.symlink_to(tmp_path / "aside")
    with pytest.raises(FileNotFound):
        located.open()


def test_a_whole_file_is_loaded_up_to_the_limit(home: Home) -> None:
    data = b"x" * 100_000
    put(home, "a.bin", data)
    with home.place("a.bin") as place, place.open() as file:
        assert reading.load(file, place.path, len(data), go_on) == data
    with home.place("a.bin") as place, place.open() as file, pytest.raises(FileTooLarge) as refused:
        reading.load(file, place.path, len(data) - 1, go_on)
    assert (refused.value.size, refused.value.limit) == (len(data), len(data) - 1)


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
