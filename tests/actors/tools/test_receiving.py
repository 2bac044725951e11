"""Storing what people send."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.tools import receiving, uploads
from actors.tools.messages import (
    AttachmentTooLarge,
    FileError,
    FileSystemRefused,
    InvalidPath,
    SentFile,
)
from actors.tools.paths import Home
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment
from tests.actors.tools.files import PNG, UPLOAD, go_on, names

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


# --- uploads ----------------------------------------------------------------------------------------------


def save_all(home: Home, spool: Home, *sent: tuple[str, bytes], limit: int = 1000) -> list[Attachment]:
    """Save files that are sent together."""
    for n, (_, data) in enumerate(sent):
        (spool.root / UPLOAD / str(n)).write_bytes(data)
    described = [SentFile(id=str(n), name=name) for n, (name, _) in enumerate(sent)]
    rules = Attachments(max_file_size=limit)
    return list(receiving.save_upload(home, spool, UPLOAD, described, now=NOW, rules=rules, go_on=go_on))


def save(
    home: Home, spool: Home, name: str, data: bytes = b"hello", declared: str | None = None
) -> Attachment:
    (spool.root / UPLOAD / "0").write_bytes(data)
    sent = [SentFile(id="0", name=name, declared=declared)]
    (saved,) = receiving.save_upload(home, spool, UPLOAD, sent, now=NOW, rules=Attachments(), go_on=go_on)
    return saved


def test_an_upload_lies_with_who_sent_it_under_a_name_with_its_time(home: Home, spool: Home) -> None:
    saved = save(home, spool, "plan.md")
    assert saved == Attachment(
        name="plan.md", media_type="text/markdown", path="uploads/ada/20260102_030405_plan.md", size=5
    )
    assert (home.root / saved.path).read_bytes() == b"hello"


def test_files_that_are_sent_together_are_stored_together(home: Home, spool: Home) -> None:
    saved = save_all(home, spool, ("a.txt", b"A"), ("b.txt", b"B"), ("a.txt", b"C"))
    assert [(home.root / each.path).read_bytes() for each in saved] == [b"A", b"B", b"C"]
    assert len(names(home)) == 3


def test_when_one_of_them_is_refused_none_is_stored(home: Home, spool: Home) -> None:
    with pytest.raises(AttachmentTooLarge, match="large"):
        save_all(home, spool, ("a.txt", b"A"), ("large", b"x" * 1001))
    assert names(home) == []


def test_when_one_of_them_cannot_be_stored_the_others_are_taken_back(
    home: Home, spool: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_TRIES", 1)
    save(home, spool, "b.txt")
    before = names(home)
    with pytest.raises(FileSystemRefused, match="too many files of this name"):
        save_all(home, spool, ("a.txt", b"A"), ("b.txt", b"B"))
    assert names(home) == before


@pytest.mark.parametrize("id", ["../0", "..", ".", "", "a/0", "/etc/passwd", "a b", "0\n"])
def test_an_upload_is_named_not_pointed_to(home: Home, spool: Home, id: str) -> None:
    for upload, file in ((UPLOAD, id), (id, "0")):
        with pytest.raises(InvalidPath, match="is not the name of an upload"):
            receiving.save_upload(
                home, spool, upload, [SentFile(id=file, name="a")], now=NOW, rules=Attachments(), go_on=go_on
            )


def test_an_upload_is_a_regular_file_in_the_folder_of_uploads(
    home: Home, spool: Home, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (spool.root / UPLOAD / "link").symlink_to(tmp_path / "secret")
    (spool.root / "folder").symlink_to(tmp_path)
    os.mkfifo(spool.root / UPLOAD / "pipe")
    for upload, file in ((UPLOAD, "link"), ("folder", "secret"), (UPLOAD, "pipe"), (UPLOAD, "gone")):
        with pytest.raises(FileError) as raised:
            receiving.save_upload(
                home, spool, upload, [SentFile(id=file, name="a")], now=NOW, rules=Attachments(), go_on=go_on
            )
        assert str(tmp_path) not in str(raised.value)
    assert names(home) == []


def test_uploads_of_one_name_in_one_second_do_not_meet(home: Home, spool: Home) -> None:
    paths = [save(home, spool, "a.txt", f"{n}".encode()).path for n in range(3)]
    assert paths == [f"uploads/ada/20260102_030405_{infix}a.txt" for infix in ("", "2_", "3_")]
    assert [(home.root / path).read_text() for path in paths] == ["0", "1", "2"]
    assert len(names(home)) == 3


def test_when_no_name_is_free_an_upload_is_refused(
    home: Home, spool: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_TRIES", 2)
    save(home, spool, "a.txt")
    save(home, spool, "a.txt")
    with pytest.raises(FileSystemRefused, match="too many files of this name"):
        save(home, spool, "a.txt")


def test_the_content_decides_then_the_name_then_the_sender(home: Home, spool: Home) -> None:
    assert save(home, spool, "a.txt", PNG).media_type == "image/png"
    assert save(home, spool, "a.txt", b"%PDF-1.7").media_type == "application/pdf"
    assert save(home, spool, "a.pdf", b"none").media_type == "application/pdf"
    assert save(home, spool, "a.txt", declared="application/json").media_type == "text/plain"
    assert save(home, spool, "voice", declared="Audio/OGG; codecs=opus").media_type == "audio/ogg"
    assert save(home, spool, "voice", declared="image/png").media_type == "application/octet-stream"
    assert save(home, spool, "voice", declared="<script>").media_type == "application/octet-stream"


def test_an_upload_that_cannot_be_stored_leaves_nothing_behind(
    home: Home, spool: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (home.root / "uploads/ada").mkdir(parents=True)
    with pytest.raises(FileSystemRefused, match="No space left on device"):
        save(home, spool, "a.txt")
    assert names(home) == []


def test_an_upload_does_not_leave_home_through_a_link(home: Home, spool: Home, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (home.root / "uploads").symlink_to("../outside")
    with pytest.raises(Exception, match="resolves outside the sandbox"):
        save(home, spool, "a.txt")
    assert list((tmp_path / "outside").iterdir()) == []
