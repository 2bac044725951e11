"""Notes on the disk, and what others may have put in their places."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.memory import files, names
from actors.memory.edits import etag
from actors.memory.files import NOTHING, Folder, Overtaken
from actors.memory.messages import LARGEST, BadName, TooLarge
from actors.memory.names import Name

LATER = 2**62


def note(text: str = "a.md") -> Name:
    return names.checked(text)


def test_a_note_is_written_read_and_removed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.see(note("p/q/a.md"), LATER) == NOTHING

    written = folder.put(note("p/q/a.md"), None, b"text", LATER)

    assert folder.see(note("p/q/a.md"), LATER) == written
    assert (written.content, written.stamp is not None) == (b"text", True)
    assert written.changed == datetime.fromtimestamp((tmp_path / "p/q/a.md").stat().st_mtime, UTC)
    assert folder.put(note("p/q/a.md"), b"text", None, LATER) == NOTHING
    assert folder.put(note("p/q/a.md"), None, None, LATER) == NOTHING
    assert folder.put(note("none/a.md"), None, None, LATER) == NOTHING
    assert not list(tmp_path.rglob("*.md"))


def test_what_a_write_left_behind_is_cleared_away(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    left = tmp_path / f".{etag(b'text')[:16]}.tmp"
    left.write_bytes(b"te")
    (tmp_path / ".other.tmp").write_bytes(b"")
    for content in (b"text", None):
        folder.clear(note(), etag(content))
    folder.clear(note("none/a.md"), etag(b"text"))
    assert [each.name for each in tmp_path.iterdir()] == [".other.tmp"]


def test_the_permissions_of_a_note_stay(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"old")
    (tmp_path / "a.md").chmod(0o644)
    Folder(tmp_path).put(note(), b"old", b"new", 0)
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o644


def test_what_is_no_file_is_neither_read_nor_written_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"secret")
    (tmp_path / "link.md").symlink_to("target")
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "away").symlink_to(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    folder = Folder(tmp_path)
    for text in ("link.md", "folder.md", "pipe.md", "away/a.md", "file/a.md"):
        with pytest.raises(BadName):
            folder.read(note(text))
        for content in (b"x", None):
            with pytest.raises(BadName):
                folder.put(note(text), None, content, 0)
    assert (tmp_path / "target").read_bytes() == b"secret"


def test_a_hard_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"theirs")
    os.link(tmp_path / "other", tmp_path / "a.md")
    Folder(tmp_path).put(note(), b"theirs", b"mine", 0)
    assert (tmp_path / "other").read_bytes() == b"theirs"


def test_nothing_is_made_that_another_file_system_takes_for_something_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put(note("Projects/Boat.md"), None, b"", 0)
    for text in ("projects/a.md", "Projects/boat.md", "Projects/ＢＯＡＴ.md"):
        with pytest.raises(BadName, match="already"):
            folder.put(note(text), None, b"", 0)
    folder.put(note("Projects/Boat.md"), b"", b"again", 0)


def test_a_note_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(TooLarge):
        Folder(tmp_path).read(note())


def test_a_folder_that_cannot_be_entered_is_told(tmp_path: Path) -> None:
    for long in (f"{'x' * 300}/a.md", "x" * 300):
        with pytest.raises(OSError, match="too long"):
            Folder(tmp_path).read(Name(long, "user"))
    with pytest.raises(FileNotFoundError):
        Folder(tmp_path / "none").read(note())


def test_the_base_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "base").symlink_to("real")
    Folder(tmp_path / "base").put(note("new/a.md"), None, b"text", 0)
    assert (tmp_path / "real/new/a.md").read_bytes() == b"text"


def test_all_notes_are_listed_with_whose_they_are(tmp_path: Path) -> None:
    for each in (
        "config/SOUL.md",
        "config/agent.toml",
        "shared/b.md",
        "users/ada/a.md",
        "users/ada/memory/l.md",
    ):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_bytes(b"text")
    (tmp_path / "config/BOOT.md").mkdir()
    for trap in ("SOUL.md", "a\u200b.md"):
        (tmp_path / "users/ada" / trap).write_bytes(b"trap")
    user, agent = Folder(tmp_path / "users/ada"), Folder(tmp_path)

    listed = files.listing(user, agent, may_change_agents=False)

    assert [(each.name, each.level, each.writable, each.size) for each in listed] == [
        ("SOUL.md", "agent", False, 4),
        ("shared/b.md", "agent", False, 4),
        ("a.md", "user", True, 4),
        ("memory/l.md", "user", True, 4),
    ]
    assert all(each.writable for each in files.listing(user, agent, may_change_agents=True))


def test_nothing_is_lost_of_what_somebody_else_has_written(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "a.md").write_bytes(b"theirs")
    for after in (b"ours", None):
        with pytest.raises(Overtaken):
            folder.put(note(), b"before", after, LATER)
    assert folder.read(note()) == b"theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["a.md"]


def test_what_is_there_and_can_be_no_note_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "a.md").mkdir()
    assert folder.found(note(), LATER) == NOTHING
    (tmp_path / "b.md").write_bytes(b"text")
    assert folder.found(note("b.md"), LATER).content == b"text"
    assert folder.put(note("c.md"), None, b"beside them", LATER).content == b"beside them"


def test_users_have_folders_that_can_be_called_after_them(tmp_path: Path) -> None:
    for name in ("bob", "ada", "lost+found", "heartbeat"):
        (tmp_path / "users" / name).mkdir(parents=True)
    (tmp_path / "users" / "file").touch()
    assert files.users(tmp_path) == ["ada", "bob"]
