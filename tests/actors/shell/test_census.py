"""Which processes there are, read from a made-up folder and from our own."""

import os
from pathlib import Path

import pytest

from actors.shell.census import PAGE, Process, Usage, below, marked, processes, threads_of, usage


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Process 1 with children 2 and 3; 4, by a name that is hard to read, is a child of 3."""
    enter(tmp_path, 1, 0, "init", resident=100, shared=10)
    enter(tmp_path, 2, 1, "bash", resident=200, shared=50, environ=b"A=1\0MARK=x\0")
    enter(tmp_path, 3, 1, "python", threads=5, resident=300, shared=100, environ=b"MARK=xy\0")
    enter(tmp_path, 4, 3, "a) S 9 (b", resident=400, shared=20, environ=b"")
    (tmp_path / "self").mkdir()
    (tmp_path / "5").mkdir()  # it ends just now
    (tmp_path / "6").mkdir()
    (tmp_path / "6/stat").write_text("6 (x) R")
    enter(tmp_path, 8, 1, "ended", state="Z", resident=0, shared=0)
    (tmp_path / "7/stat").mkdir(parents=True)  # opens, and cannot be read
    return tmp_path


def enter(
    proc: Path,
    pid: int,
    parent: int,
    name: str,
    *,
    resident: int,
    shared: int,
    threads: int = 1,
    state: str = "S",
    environ: bytes = b"",
) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    between = " ".join("0" * 14)
    (folder / "stat").write_text(
        f"{pid} ({name}) {state} {parent} {parent + 1} {between} {threads} 0 0 0 0 0\n"
    )
    (folder / "statm").write_text(f"9999 {resident} {shared} 1 0 1 0\n")
    (folder / "environ").write_bytes(environ)


def test_processes_and_their_parents(proc: Path) -> None:
    assert processes(proc) == {
        1: Process(pid=1, parent=0, name="init", group=1, threads=1),
        2: Process(pid=2, parent=1, name="bash", group=2, threads=1),
        3: Process(pid=3, parent=1, name="python", group=2, threads=5),
        4: Process(pid=4, parent=3, name="a) S 9 (b", group=4, threads=1),
    }


def test_descendants(proc: Path) -> None:
    found = processes(proc)
    assert [each.pid for each in below(1, found)] in ([2, 3, 4], [3, 2, 4], [3, 4, 2])
    assert [each.pid for each in below(3, found)] == [4]
    assert below(4, found) == []


def test_what_they_use_together_counts_what_they_share_once(proc: Path) -> None:
    assert usage(1, proc) == Usage(threads=7, memory=(150 + 200 + 380 + 100) * PAGE)
    (proc / "4/statm").unlink()
    assert usage(3, proc) == Usage(threads=1, memory=0)
    assert usage(4, proc) == Usage(threads=0, memory=0)


def test_processes_that_were_marked(proc: Path) -> None:
    assert list(marked("MARK=x\0", proc)) == [2]
    assert sorted(marked("MARK=x", proc)) == [2, 3]
    assert list(marked("A=1", proc)) == [2]
    assert list(marked("ARK=x", proc)) == []
    assert list(marked("MARK=z", proc)) == []


def test_threads_of_a_user(proc: Path) -> None:
    assert threads_of(proc.stat().st_uid, proc) == 8
    assert threads_of(proc.stat().st_uid + 1, proc) == 0


def test_where_there_is_no_such_folder(tmp_path: Path) -> None:
    assert processes(tmp_path / "nothing") == {}


def test_this_very_process() -> None:
    found = processes()
    assert found[os.getpid()].parent == os.getppid()
