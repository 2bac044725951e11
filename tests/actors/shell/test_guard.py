"""Commands that are refused before they run."""

from pathlib import Path

import pytest

from actors.shell.guard import fault

INSIDE = Path("/srv/agent/.starpod")


@pytest.mark.parametrize("command", ["ls", "starpod --version", "echo starpod", "cat star.pod", "a 'ä' €"])
def test_what_is_run(command: str) -> None:
    assert fault(command, INSIDE) is None
    assert fault(command, Path("/data/private")) is None


@pytest.mark.parametrize("command", ["cat ../.starpod/.env", "ls | grep '.starpod'", 'cd "..";ls .starpod'])
def test_who_names_the_agents_own_folder_gets_a_hint(command: str) -> None:
    assert "use the tools for memory" in (fault(command, INSIDE) or "")


def test_whatever_that_folder_is_called() -> None:
    assert "use the tools" in (fault("ls /data/private/db", Path("/data/private")) or "")


def test_what_no_command_can_be() -> None:
    assert "NUL" in (fault("a\0b", INSIDE) or "")
    assert "half a character" in (fault("a\ud800b", INSIDE) or "")
