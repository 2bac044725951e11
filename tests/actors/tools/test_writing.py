"""What is done to files: writing in one step, deleting."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.tools.messages import (
    FileNotFound,
    FileSystemRefused,
)
from actors.tools.paths import Home
from tests.actors.tools.files import delete, names, put, write

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


# --- writing ----------------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_parents(home: Home) -> None:
    plan = write(home, "./projects//a/b.md", "größer")
    assert (plan.asked, plan.change.path, plan.change.folders) == ("projects/a/b.md", "projects/a/b.md", 2)
    assert (home.root / "projects/a/b.md").read_text() == "größer"
    assert names(home) == ["projects/a/b.md"]


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
    assert delete(home, "documents/a.txt").asked == "documents/a.txt"
    with pytest.raises(FileNotFound, match=r"File not found: documents/a\.txt"):
        delete(home, "documents/a.txt")


def test_a_hard_link_is_read_like_any_file_and_never_written_through(home: Home) -> None:
    outside = home.root.parent / "outside.txt"
    outside.write_text("outside")
    os.link(outside, home.root / "twin.txt")
    with home.place("twin.txt") as place, place.open() as file:
        assert file.read() == b"outside", "whoever could make the link can read it as well"
    write(home, "twin.txt", "inside")
    delete(home, "twin.txt")
    assert outside.read_text() == "outside"
