"""Confinement against somebody who exchanges what a path names between check and use."""

import ctypes
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from actors.tools.messages import FileError, InvalidPath, IsADirectory, NotARegularFile
from actors.tools.paths import Home
from tests.actors.tools.paths.outside import ACTIONS, SECRET, Action, descriptors, list_folder, read, write

ROUNDS = 300
"""Tries against somebody who exchanges folders; a check before the use, by path, fails within a few dozen."""
AT_FDCWD = -100
RENAME_EXCHANGE = 2


class Swapper(threading.Thread):
    """Exchanges ``documents`` for a link to a folder outside and back, as fast as it can, each time in one step."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._names = [os.fsencode(home / name) for name in ("documents", "bait")]
        self._ended = threading.Event()
        self._rename = ctypes.CDLL(None, use_errno=True).renameat2
        self.rounds = 0
        """Exchanges so far."""

    def run(self) -> None:
        documents, bait = self._names
        while not self._ended.is_set():
            if self._rename(AT_FDCWD, documents, AT_FDCWD, bait, RENAME_EXCHANGE):
                raise OSError(ctypes.get_errno(), "renameat2")
            self.rounds += 1

    def __enter__(self) -> Self:
        self.start()
        self.wait_for(1)
        return self

    def wait_for(self, rounds: int) -> None:
        """Let it exchange that often at least; a busy machine runs only one of two threads for a while."""
        while self.rounds < rounds and self.is_alive():
            time.sleep(0.0001)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


@pytest.mark.skipif(sys.platform != "linux", reason="exchanging two names in one step is Linux's")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_folder_exchanged_for_a_link_between_check_and_use_opens_nothing_outside(
    home: Home, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def skip(_handle: int) -> None: ...

    monkeypatch.setattr(os, "fsync", skip)  # hundreds of them would only wear the disk
    outside = home.root.parent / "outside"
    (home.root / "documents/secret.txt").write_text("harmless")
    (home.root / "bait").symlink_to("../outside")
    refused = 0
    with Swapper(home.root) as swapper:
        for tried in itertools.count():
            if tried >= ROUNDS and refused:
                break
            swapper.wait_for(tried)
            try:
                seen = action(home, "documents" if action is list_folder else "documents/secret.txt")
            except FileError:
                refused += 1
            else:
                assert seen not in (SECRET, ["secret.txt"])
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == SECRET


@pytest.fixture
def just_before_opening(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Do something after the checks of a name and before it is opened."""

    def arrange(name: str, act: Callable[[], object]) -> None:
        real = os.open

        def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if path == name:
                act()
            return real(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", opened)

    return arrange


Arrange = Callable[[str, Callable[[], object]], None]


def test_a_file_exchanged_for_a_link_between_check_and_use_is_not_followed(
    home: Home, just_before_opening: Arrange
) -> None:
    notes = home.root / "documents/notes.md"

    def exchange() -> None:
        notes.unlink()
        notes.symlink_to("../../outside/secret.txt")

    just_before_opening("notes.md", exchange)
    with pytest.raises(InvalidPath, match="was exchanged for a link meanwhile"):
        read(home, "documents/notes.md")


def test_a_file_exchanged_for_a_pipe_between_check_and_use_keeps_nobody_waiting(
    home: Home, just_before_opening: Arrange
) -> None:
    notes = home.root / "documents/notes.md"

    def exchange() -> None:
        notes.unlink()
        os.mkfifo(notes)

    just_before_opening("notes.md", exchange)
    before = descriptors()
    with pytest.raises(NotARegularFile):
        read(home, "documents/notes.md")
    assert descriptors() == before


def test_a_file_exchanged_for_a_folder_while_it_is_written_stays_a_folder(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename
    notes = home.root / "documents/notes.md"

    def exchange_and_rename(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        notes.unlink()
        notes.mkdir()
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "rename", exchange_and_rename)
    with pytest.raises(IsADirectory):
        write(home, "documents/notes.md")
    assert [path.name for path in (home.root / "documents").iterdir()] == ["notes.md"]
