import os
from pathlib import Path

import pytest

from actors.prose import Prose, read


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "SOUL.md"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "text", "fault"),
    [
        (b" Be kind.\n", "Be kind.", None),
        (b"", "", None),
        (b"\xef\xbb\xbfBe kind.", "Be kind.", None),
        (b"J\xfcrgen", "J\N{REPLACEMENT CHARACTER}rgen", "SOUL.md is not UTF-8 at byte 1"),
        (b"cut \xe2\x82", "cut \N{REPLACEMENT CHARACTER}", "SOUL.md is not UTF-8 at byte 4"),
    ],
)
def test_any_bytes_are_a_text(tmp_path: Path, data: bytes, text: str, fault: str | None) -> None:
    assert read(write(tmp_path, data), 1000) == Prose(text, fault)


@pytest.mark.parametrize("start", ["", "x", "xx", "xxx", "\ufeffx"])
def test_a_huge_text_is_cut_at_a_character(tmp_path: Path, start: str) -> None:
    found = read(write(tmp_path, (start + "€𝄞" * 1000).encode()), 1000)

    assert found.fault is None
    assert (start + "€𝄞" * 1000).removeprefix("\ufeff").startswith(found.text)
    assert 1000 - 4 < len(found.text.encode()) <= 1000


def test_where_there_is_no_file_there_is_no_text_and_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path / "SOUL.md", 1000) == Prose()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_a_fault(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "SOUL.md")

    assert read(tmp_path / "SOUL.md", 1000) == Prose(fault="SOUL.md could not be read: it is not a file")


def test_what_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "SOUL.md").symlink_to("SOUL.md")

    assert (
        read(tmp_path / "SOUL.md", 1000).fault
        == "SOUL.md could not be read: Too many levels of symbolic links"
    )
