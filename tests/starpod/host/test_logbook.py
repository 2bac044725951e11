"""The log of an instance, which the instance itself could replace."""

import os
from pathlib import Path

import pytest

from starpod.host import logbook


def test_the_last_line_that_says_something(tmp_path: Path) -> None:
    assert logbook.last(tmp_path / "agent.log") == ""
    (tmp_path / "agent.log").write_text("first\nsecond\n\n")
    assert logbook.last(tmp_path / "agent.log") == "second"


def test_a_large_one_begins_anew_in_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "LARGEST", 10)
    log = tmp_path / "agent.log"
    log.write_text("0123456789\n")
    with log.open("a") as file:
        logbook.renew(log)
        file.write("more")
    assert log.read_text() == "more"
    assert (tmp_path / "agent.1").read_text() == "0123456789\n"


def test_what_is_no_file_is_neither_read_nor_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "LARGEST", 10)
    (tmp_path / "other").write_text("of somebody else\n")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        logbook.renew(tmp_path / name)
        assert logbook.last(tmp_path / name) == ""
    assert (tmp_path / "other").read_text() == "of somebody else\n"
    assert not (tmp_path / "link.1").exists()
