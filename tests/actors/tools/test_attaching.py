"""Files that are handed on whole: pictures, documents, attachments."""

import os
from pathlib import Path

import pytest

from actors.tools import reading
from actors.tools.messages import (
    Attached,
    DocumentFile,
    FileNotFound,
    FileText,
    FileTooLarge,
    ImageFile,
    ImageType,
    IsADirectory,
)
from actors.tools.paths import Home
from actors.vocabulary import Attachment, Document, Image, Text
from tests.actors.tools.files import PNG, go_on, put, read

HEADS: dict[ImageType, bytes] = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/gif": b"GIF89a\0\0",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
}


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
