"""What was typed, kept for its owner alone."""

import stat
from pathlib import Path

import pytest

from starpod.repl import history
from starpod.repl.history import FileHistory


def loaded(path: Path) -> list[str]:
    return list(FileHistory(path).load_history_strings())


def test_it_is_kept_newest_first_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.touch(0o644)
    kept = FileHistory(path)
    for text in ("one", "two\nlines", "one"):
        kept.store_string(text)
    assert loaded(path) == ["one", "two\nlines"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_secret_too_long_or_indented_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "history"
    kept = FileHistory(path)
    kept.store_string(" sk-secret")
    kept.store_string("x" * (history.LONGEST + 1))
    kept.store_string("use sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789 for it")
    (only,) = loaded(path)
    assert "abcdefghij" not in only


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text('"one"\n{"a": 1}\n"tw')
    assert loaded(path) == ["one"]


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 2)
    path = tmp_path / "history"
    path.write_text('"one"\n"two"\n"three"\n')
    assert loaded(path) == ["three", "two"]
    assert path.read_text() == '"two"\n"three"\n'
    assert [each.name for each in tmp_path.iterdir()] == ["history"]


def test_what_cannot_be_read_or_written_is_done_without(tmp_path: Path) -> None:
    assert loaded(tmp_path / "nowhere" / "history") == []
    FileHistory(tmp_path / "nowhere" / "history").store_string("one")
    assert loaded(tmp_path) == []
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    FileHistory(link).store_string("one")
    assert not (tmp_path / "elsewhere").exists()
