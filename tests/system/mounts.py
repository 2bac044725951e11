"""File systems for a test: one that is small, one that may not be written. Skips where mounting is not permitted."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*arguments: str) -> None:
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the command mount")
    if done.returncode != 0:
        pytest.skip(f"needs the right to mount file systems (mount: {done.stderr.strip()})")


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Generator[Path]:
    """A disk of its own, mounted as `folder`."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Generator[None]:
    """`folder` may not be written, not even by root."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)
        return
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        _unmount(folder)


@contextmanager
def filled(folder: Path) -> Generator[Path]:
    """No byte of the disk that holds `folder` is free, until the file that is yielded is removed."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    try:
        yield filler
    finally:
        filler.unlink(missing_ok=True)


@contextmanager
def unwritable(*files: Path) -> Generator[None]:
    """No byte of the files is written, not even by a process that has them open; skips where that cannot be had."""
    names = [str(file) for file in files if file.exists()]
    tool = shutil.which("chattr")
    if tool is None or subprocess.run([tool, "+i", *names], capture_output=True, check=False).returncode:
        pytest.skip("needs chattr, and the right to use it")
    try:
        yield
    finally:
        subprocess.run([tool, "-i", *names], check=True)
