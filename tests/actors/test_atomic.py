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
