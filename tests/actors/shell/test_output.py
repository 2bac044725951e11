"""Where output is kept."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actors.shell.output import FILES, Captured, Unread, logged

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
NAME = "temp/bash-20260102-030405-000006-1.txt"


def captured(home: Path, *pieces: bytes, now: datetime = NOW, limit: int = 1000) -> Captured:
    found = Captured(home, now, room=20, limit=limit)
    for piece in pieces:
        found.add(piece)
    found.close()
    found.close()
    return found


def test_what_a_model_sees_whole_makes_no_file(tmp_path: Path) -> None:
    found = captured(tmp_path, b"hello", b" there")
    assert (found.text(), found.notes()) == ("hello there", [])
    assert list(tmp_path.iterdir()) == []


def test_what_is_longer_is_a_file_from_its_first_byte_on(tmp_path: Path) -> None:
    found = captured(tmp_path, b"0123456789", b"0123456789", b"abc", b"def")
    assert (tmp_path / NAME).read_bytes() == b"01234567890123456789abcdef"
    assert found.notes() == [f"All of 26 bytes of output are in {NAME}: read on with FileRead."]
    assert captured(tmp_path, b"x" * 99).notes()[0].endswith("-2.txt: read on with FileRead.")


def test_the_file_has_a_bound(tmp_path: Path) -> None:
    found = captured(tmp_path, b"x" * 30, b"y" * 30, b"z" * 30, limit=40)
    assert (tmp_path / NAME).read_bytes() == b"x" * 30 + b"y" * 10
    assert found.notes() == [f"The first 40 of 90 bytes of output are in {NAME}: read on with FileRead."]


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home/temp").symlink_to(tmp_path / "elsewhere")
    found = captured(tmp_path / "home", b"x" * 99, b"more")
    assert found.notes()[0].startswith("103 bytes of output; they could not be kept as a file: ")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "write", full)
    found = captured(tmp_path, b"x" * 99, b"more")
    assert found.notes() == [
        "103 bytes of output; they could not be kept as a file: No space left on device."
    ]


def test_the_oldest_files_make_room(tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp/mine.txt").touch()
    for n in range(FILES + 5):
        captured(tmp_path, b"x" * 99, now=NOW + timedelta(seconds=n))
    left = sorted(each.name for each in (tmp_path / "temp").iterdir())
    assert len(left) == FILES + 1
    assert left[0] == "bash-20260102-030410-000006-1.txt"
    assert "mine.txt" in left


def test_what_nobody_has_looked_at_and_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    unread = Unread(log, room=100, limit=10)
    unread.add(b"0123456")
    assert (unread.taken(), unread.taken()) == ("0123456", "")
    unread.add(b"789abc")
    unread.add(b"def")
    assert unread.taken() == "789abcdef"
    unread.close()
    unread.close()
    unread.add(b"!")
    assert logged(log, 100) == "0123456789"
    assert logged(tmp_path / "none", 100) == ""


def test_a_log_that_cannot_be_written_costs_the_log_alone(tmp_path: Path) -> None:
    unread = Unread(Path("/dev/full"), room=100, limit=10)
    unread.add(b"hello")
    unread.add(b" there")
    assert unread.taken() == "hello there"
    unread.close()
