import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from actors import atomic


def test_a_file_is_replaced_with_content_and_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old", encoding="utf-8")

    atomic.write(path, "nü", mode=0o600)

    assert path.read_text(encoding="utf-8") == "nü"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [at.name for at in tmp_path.iterdir()] == ["a"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()

    with pytest.raises(IsADirectoryError):
        atomic.write(folder, "new")
    with pytest.raises(FileNotFoundError):
        atomic.copy(tmp_path / "missing", tmp_path / "b")

    assert [at.name for at in tmp_path.iterdir()] == ["a"]


def test_a_copy_has_the_permissions_of_its_source(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.write_bytes(b"#!")
    source.chmod(0o755)

    atomic.copy(source, tmp_path / "t")

    assert ((tmp_path / "t").read_bytes(), (tmp_path / "t").stat().st_mode & 0o777) == (b"#!", 0o755)


@pytest.mark.parametrize("point", ["os.fsync", "os.rename"])
def test_a_kill_leaves_the_old_file_and_what_the_next_write_takes_away(tmp_path: Path, point: str) -> None:
    path, left = tmp_path / "key", tmp_path / ".key.new"
    path.write_text("old")
    left.write_text("longer than what is written now, for everybody to read")
    program = (
        "import os, signal; from pathlib import Path; from actors import atomic\n"
        f"{point} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"atomic.write(Path({str(path)!r}), 'new', mode=0o600)"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert (path.read_text(), left.read_text(), left.stat().st_mode & 0o777) == ("old", "new", 0o600)
    atomic.write(path, "newest", mode=0o640)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("newest", 0o640)
    assert [at.name for at in tmp_path.iterdir()] == ["key"]


def test_a_link_in_the_place_of_the_new_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / ".key.new").symlink_to(tmp_path / "elsewhere")
    atomic.write(tmp_path / "key", "x")
    assert [at.name for at in tmp_path.iterdir()] == ["key"]


def test_of_many_writers_each_writes_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    texts = [str(number) * 10_000 for number in range(10)]
    threads = [threading.Thread(target=atomic.write, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert [at.name for at in tmp_path.iterdir()] == ["a"]
