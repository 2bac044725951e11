"""What changed on the disk is noticed, and nothing else is opened."""

import errno
import os
from pathlib import Path

import pytest

from actors.memory import look
from actors.memory.look import Root
from actors.memory.messages import LARGEST

LATER = 2**62


def known(roots: list[Root]) -> dict[str, str | None]:
    return {
        name: stamp(roots[0].folder / name.removeprefix(roots[0].prefix))
        for name in look.survey(roots, {}).changed
    }


def stamp(path: Path, now: int = LATER) -> str:
    return look.stamp(path.stat(), path.read_bytes(), now=now)


def test_new_files_are_found_at_any_depth_and_unchanged_ones_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "memory" / "sessions").mkdir(parents=True)
    for name in ("MEMORY.md", "memory/2026-03-12.md", "memory/sessions/x.md", "other.txt"):
        (tmp_path / name).write_text(name)
    roots = [Root(folder=tmp_path)]

    seen = look.survey(roots, {})

    assert seen.changed == ("MEMORY.md", "memory/2026-03-12.md", "memory/sessions/x.md")
    assert look.survey(roots, known(roots)) == look.Survey(changed=(), vanished=(), problems={})


def test_changed_and_vanished_files_are_named(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(name)
    roots = [Root(folder=tmp_path, prefix="shared/")]
    before = known(roots)
    (tmp_path / "a.md").write_text("A.md")
    (tmp_path / "b.md").unlink()

    seen = look.survey(roots, before)

    assert (seen.changed, seen.vanished) == (("shared/a.md",), ("shared/b.md",))


def test_a_file_that_was_changed_a_moment_ago_is_looked_at_once_more(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    roots = [Root(folder=tmp_path)]
    at_once = stamp(tmp_path / "a.md", now=(tmp_path / "a.md").stat().st_mtime_ns)

    assert look.survey(roots, {"a.md": at_once}).changed == ("a.md",)
    assert look.is_same_text(at_once, stamp(tmp_path / "a.md"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret.md").write_text("secret")
    (tmp_path / "in" / "a.md").symlink_to(tmp_path / "out" / "secret.md")
    (tmp_path / "in" / "b").symlink_to(tmp_path / "out")
    roots = [Root(folder=tmp_path / "in")]

    assert look.survey(roots, {}).changed == ()


def test_what_cannot_be_read_is_told_and_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"ok \xff")
    (tmp_path / "big.md").write_bytes(b"x" * (LARGEST + 1))
    os.mkfifo(tmp_path / "pipe.md")
    roots = [Root(folder=tmp_path)]

    seen = look.survey(roots, {"big.md": "1 1 1 1 x", "gone.md": None})

    assert (seen.changed, seen.vanished) == (("bad.md",), ("gone.md",))
    assert seen.problems == {"big.md": "it is larger than 1048576 bytes"}


def test_only_the_named_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("SOUL.md", "BOOT.md"):
        (tmp_path / name).write_text(name)
    roots = [
        Root(folder=tmp_path, only=frozenset({"SOUL.md"})),
        Root(folder=tmp_path / "none", prefix="shared/"),
    ]

    assert look.survey(roots, {}).changed == ("SOUL.md",)


def test_what_does_not_belong_to_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    for name in ("SOUL.md", "shared/a.md", "b.md"):
        (tmp_path / name).write_text(name)

    roots = [Root(folder=tmp_path, without=frozenset({"SOUL.md", "shared"}))]

    assert look.survey(roots, {}).changed == ("b.md",)


def test_what_cannot_be_entered_is_told_and_what_is_known_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep.md").write_text("deep")
    (tmp_path / "file").write_text("x")
    roots = [Root(folder=tmp_path), Root(folder=tmp_path / "file", prefix="shared/")]
    monkeypatch.setattr(look, "MOST_DEPTH", 2)

    seen = look.survey(roots, {"a/b/deep.md": None, "shared/x.md": None})

    assert (seen.changed, seen.vanished) == ((), ())
    assert seen.problems == {
        "a/b/": "it is deeper than 2 folders",
        "shared/": "it is a symbolic link, or became one",
    }
    seen = look.survey([Root(folder=tmp_path / "file")], {"x.md": None})
    assert (seen.vanished, list(seen.problems)) == ((), ["."])


def test_a_folder_that_goes_while_it_is_looked_at_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    opened = os.open

    def without(path: str | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            (tmp_path / "a").rmdir()
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", without)

    assert look.survey([Root(folder=tmp_path)], {}).problems == {}


def test_too_many_files_or_bytes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(name)
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("x")
    monkeypatch.setattr(look, "MOST_TOTAL", 9)

    seen = look.survey([Root(folder=tmp_path)], {})

    assert (len(seen.changed), len(seen.problems)) == (2, 2)
    assert seen.problems["'\\udcff.md'"] == "its name is no text"


def test_a_folder_that_became_a_link_while_it_is_looked_at_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    opened = os.open

    def linked(path: str | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            (tmp_path / "a").rmdir()
            (tmp_path / "a").symlink_to(tmp_path)
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", linked)

    problems = look.survey([Root(folder=tmp_path)], {}).problems
    assert problems == {"a/": "it is a symbolic link, or became one"}


def test_what_the_disk_cannot_read_is_told_in_its_words() -> None:
    assert look.reason(OSError(errno.EIO, "?")) == os.strerror(errno.EIO)
