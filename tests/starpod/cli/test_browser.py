"""A link opens the page for whoever has it, and nobody else learns it."""

import os
import shlex
import stat
import time
from pathlib import Path

import pytest

from starpod.cli.browser import lead_to, open_page, remove_later

LINK = "http://127.0.0.1:3000/?code=hush&x=<"


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it was started with, and what the file says that it was to open."""
    seen = tmp_path / "seen"
    program = tmp_path / "a-browser"
    out = shlex.quote(str(seen))
    program.write_text(f'#!/bin/sh\necho "$@" > {out}\ncat "${{1#file://}}" >> {out}\n')
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setattr("webbrowser._tryorder", None)
    return seen


def test_the_link_is_in_no_command_line(browser: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert open_page(LINK, folder)
    started, *page = browser.read_text().splitlines()
    assert started.startswith("file://")
    assert "hush" not in started
    assert '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:3000/?code=hush&amp;x=&lt;">' in page


def test_only_its_owner_reads_the_file_and_it_goes_away(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        page = lead_to(LINK, tmp_path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    remove_later(page, 0)
    end = time.monotonic() + 60
    while page.exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_without_a_display_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "x")
    assert not open_page(LINK, tmp_path)
    assert list(tmp_path.iterdir()) == []
