"""What is done with files: reading in parts, pictures, listings, writing in one step, uploads."""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools import files, uploads
from actors.tools.messages import (
    Attached,
    AttachmentTooLarge,
    Entry,
    FileError,
    FileNotFound,
    FileSystemRefused,
    FileText,
    FileTooLarge,
    ImageFile,
    ImageType,
    InvalidPath,
    IsADirectory,
    Listing,
    NotADirectory,
    NotText,
    SentFile,
    Written,
)
from actors.tools.paths import Home
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment, Image, Text

ROOM = 50_000
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
HEADS: dict[ImageType, bytes] = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/gif": b"GIF89a\0\0",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home/documents").mkdir(parents=True)
    return Home(tmp_path / "home")


def put(home: Home, path: str, data: bytes) -> Path:
    target = home.root / path
    target.write_bytes(data)
    return target


def read(home: Home, path: str, offset: int = 1, limit: int | None = None, room: int = ROOM) -> Any:
    with home.place(path) as place, place.open() as file:
        return files.read(file, place.path, offset, limit, room)


def write(home: Home, path: str, content: str, call: str = "call-1") -> Written:
    return files.write(home, path, content, call)


def list_folder(home: Home, path: str = ".", room: int = ROOM) -> Listing:
    with home.directory(path) as place:
        return files.listing(place, room)


def names(home: Home) -> list[str]:
    return sorted(path.relative_to(home.root).as_posix() for path in home.root.rglob("*") if path.is_file())


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
    assert part.note == "[cut: 840 bytes of a file of 2000 bytes are shown]"


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
            files.read(counting, "huge", 1, None, ROOM)
    assert counting.largest <= max(ROOM + 1, files.SNIFF)


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
    os.truncate(put(home, "a.png", PNG), files.MAX_IMAGE)
    assert read(home, "a.png").size == 20 * 2**20
    os.truncate(home.root / "a.png", files.MAX_IMAGE + 1)
    with pytest.raises(FileTooLarge) as caught:
        read(home, "a.png")
    assert str(caught.value) == "File too large: a.png is 20971521 bytes, the limit is 20971520 bytes"


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
    monkeypatch.setattr(files, "MAX_ENTRIES", 3)
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


def test_a_new_file_is_readable_by_all_and_writable_by_its_owner(home: Home) -> None:
    before = os.umask(0o022)
    try:
        write(home, "a.txt", "")
    finally:
        os.umask(before)
    assert (home.root / "a.txt").stat().st_mode & 0o7777 == 0o644


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


# --- deleting, attaching, locating ------------------------------------------------------------------------


def test_a_file_is_deleted_once(home: Home) -> None:
    put(home, "documents/a.txt", b"")
    assert files.delete(home, "documents/a.txt").rendered().content == (Text(text="Deleted documents/a.txt"),)
    with pytest.raises(FileNotFound, match=r"File not found: documents/a\.txt"):
        files.delete(home, "documents/a.txt")


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
    with home.place(f"documents/./{name}") as place:
        attached = files.attach(place)
    expected = Attachment(name=name, media_type=media_type, path=f"documents/{name}", size=len(data))
    assert attached == Attached(attachment=expected)
    assert attached.rendered().attachments == (expected,)
    assert attached.rendered().content == (
        Text(text=f"Attached {name} ({media_type}, {len(data) / 1024:.1f} KB)"),
    )


def test_an_attachment_may_have_20_mib_and_no_byte_more(home: Home) -> None:
    os.truncate(put(home, "a.bin", b""), files.MAX_ATTACHMENT)
    with home.place("a.bin") as place:
        assert files.attach(place).attachment.size == 20 * 2**20
        os.truncate(home.root / "a.bin", files.MAX_ATTACHMENT + 1)
        with pytest.raises(FileTooLarge):
            files.attach(place)


def test_only_a_file_can_be_attached(home: Home) -> None:
    with pytest.raises(IsADirectory, match="Is a directory: documents"), home.place("documents") as place:
        files.attach(place)


def test_a_located_file_is_opened_only_while_it_is_the_same(home: Home, tmp_path: Path) -> None:
    target = put(home, "documents/a.md", b"hello")
    (home.root / "link").symlink_to("documents")
    with home.place("link/a.md") as place:
        located = files.locate(home, place)
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
    return list(files.save_upload(home, spool, UPLOAD, described, now=NOW, rules=rules))


def save(
    home: Home, spool: Home, name: str, data: bytes = b"hello", declared: str | None = None
) -> Attachment:
    (spool.root / UPLOAD / "0").write_bytes(data)
    sent = [SentFile(id="0", name=name, declared=declared)]
    (saved,) = files.save_upload(home, spool, UPLOAD, sent, now=NOW, rules=Attachments())
    return saved


def test_an_upload_lies_in_downloads_under_a_name_with_its_time(home: Home, spool: Home) -> None:
    saved = save(home, spool, "plan.md")
    assert saved == Attachment(
        name="plan.md", media_type="text/markdown", path="downloads/20260102_030405_plan.md", size=5
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
            files.save_upload(
                home, spool, upload, [SentFile(id=file, name="a")], now=NOW, rules=Attachments()
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
            files.save_upload(
                home, spool, upload, [SentFile(id=file, name="a")], now=NOW, rules=Attachments()
            )
        assert str(tmp_path) not in str(raised.value)
    assert names(home) == []


def test_uploads_of_one_name_in_one_second_do_not_meet(home: Home, spool: Home) -> None:
    paths = [save(home, spool, "a.txt", f"{n}".encode()).path for n in range(3)]
    assert paths == [f"downloads/20260102_030405_{infix}a.txt" for infix in ("", "2_", "3_")]
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
    (home.root / "downloads").mkdir()
    with pytest.raises(FileSystemRefused, match="No space left on device"):
        save(home, spool, "a.txt")
    assert names(home) == []


def test_an_upload_does_not_leave_home_through_a_link(home: Home, spool: Home, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (home.root / "downloads").symlink_to("../outside")
    with pytest.raises(Exception, match="resolves outside the sandbox"):
        save(home, spool, "a.txt")
    assert list((tmp_path / "outside").iterdir()) == []
