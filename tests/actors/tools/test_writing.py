"""What is done to files: writing in one step, deleting, storing what people send."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.tools import uploads, writing
from actors.tools.messages import (
    AttachmentTooLarge,
    FileError,
    FileNotFound,
    FileSystemRefused,
    InvalidPath,
    SentFile,
    Written,
)
from actors.tools.paths import Home
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment, Text
from tests.actors.tools.files import PNG, go_on, names, put

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def write(home: Home, path: str, content: str, call: str = "call-1") -> Written:
    return writing.write(home, path, content, call, go_on)


# --- writing ----------------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_parents(home: Home) -> None:
    assert write(home, "./projects//a/b.md", "größer") == Written(path="projects/a/b.md", size=8, loose=False)
    assert (home.root / "projects/a/b.md").read_text() == "größer"
    assert names(home) == ["projects/a/b.md"]


def test_a_file_outside_the_usual_folders_is_written_with_a_warning(home: Home) -> None:
    for folder in ("documents", "projects", "scripts", "temp", "desktop", "downloads"):
        assert not write(home, f"{folder}/a.txt", "").loose
    for path in ("a.txt", "documents.txt", "other/a.txt"):
        written = write(home, path, "")
        assert written.loose
        (text,) = written.rendered().content
        assert isinstance(text, Text)
        first, warning = text.text.splitlines()
        assert first == f"Successfully wrote {path}"
        assert warning.startswith("Warning: it lies outside the usual folders; prefer desktop/, documents/")


def test_overwriting_keeps_the_permissions_and_leaves_a_hard_link_alone(home: Home) -> None:
    script = put(home, "run.sh", b"old")
    script.chmod(0o755)
    os.link(script, home.root.parent / "twin")
    write(home, "run.sh", "new")
    assert script.stat().st_mode & 0o7777 == 0o755
    assert script.read_text() == "new"
    assert (home.root.parent / "twin").read_text() == "old"


def test_a_new_file_and_a_new_folder_are_for_their_owner_alone(home: Home) -> None:
    before = os.umask(0o022)
    try:
        write(home, "new/a.txt", "")
    finally:
        os.umask(before)
    assert (home.root / "new").stat().st_mode & 0o7777 == 0o700
    assert (home.root / "new/a.txt").stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put(home, "a.txt", b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(FileSystemRefused) as caught:
        write(home, "a.txt", "new")
    assert str(caught.value) == "Cannot use a.txt: No space left on device"
    assert (home.root / "a.txt").read_text() == "old"
    assert names(home) == ["a.txt"]


def test_a_repeated_call_clears_away_what_a_crash_left(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    def not_reached(*_: object, **__: object) -> None:
        raise FileNotFoundError

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", killed)
        patched.setattr(os, "unlink", not_reached)
        with pytest.raises(Killed):
            write(home, "documents/a.txt", "half")
    assert len(names(home)) == 1
    write(home, "documents/a.txt", "whole")
    assert names(home) == ["documents/a.txt"]
    assert (home.root / "documents/a.txt").read_text() == "whole"


def test_a_write_is_on_disk_before_it_is_answered(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def spy(name: str) -> None:
        real: Callable[..., Any] = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            steps.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "rename", "mkdir"):
        spy(name)
    write(home, "projects/a.txt", "x")
    assert steps == ["mkdir", "fsync", "fsync", "rename", "fsync"]


def test_a_file_is_deleted_once(home: Home) -> None:
    put(home, "documents/a.txt", b"")
    assert writing.delete(home, "documents/a.txt", go_on).rendered().content == (
        Text(text="Deleted documents/a.txt"),
    )
    with pytest.raises(FileNotFound, match=r"File not found: documents/a\.txt"):
        writing.delete(home, "documents/a.txt", go_on)


# --- uploads ----------------------------------------------------------------------------------------------


UPLOAD = "upload-1"


@pytest.fixture
def spool(home: Home) -> Home:
    folder = home.root.parent / "uploads"
    (folder / UPLOAD).mkdir(parents=True)
    return Home(folder)


def save_all(home: Home, spool: Home, *sent: tuple[str, bytes], limit: int = 1000) -> list[Attachment]:
    """Save files that are sent together."""
    for n, (_, data) in enumerate(sent):
        (spool.root / UPLOAD / str(n)).write_bytes(data)
    described = [SentFile(id=str(n), name=name) for n, (name, _) in enumerate(sent)]
    rules = Attachments(max_file_size=limit)
    return list(writing.save_upload(home, spool, UPLOAD, described, now=NOW, rules=rules, go_on=go_on))


def save(
    home: Home, spool: Home, name: str, data: bytes = b"hello", declared: str | None = None
) -> Attachment:
    (spool.root / UPLOAD / "0").write_bytes(data)
    sent = [SentFile(id="0", name=name, declared=declared)]
    (saved,) = writing.save_upload(home, spool, UPLOAD, sent, now=NOW, rules=Attachments(), go_on=go_on)
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
            writing.save_upload(
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
            writing.save_upload(
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
