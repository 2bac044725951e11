"""What ``starpod serve`` says once the agent listens."""

import sys
from pathlib import Path

import pytest

from starpod.cli import serve
from starpod.workspace import Instance

KEY = "sp_live_" + "0a" * 20


@pytest.mark.parametrize("where", ["terminal", "pipe"])
def test_the_first_key_is_shown_on_a_terminal_and_nowhere_else(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: where == "terminal")
    serve._show_key(KEY, Instance(root=tmp_path))
    said = capsys.readouterr().out
    assert (KEY in said) is (where == "terminal")
    assert str(tmp_path / ".starpod" / "admin.key") in said
