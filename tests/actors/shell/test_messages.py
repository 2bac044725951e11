"""What a model gets to see of a command."""

from typing import Any

import pytest

from actors.shell.census import Usage
from actors.shell.messages import NoSandbox, Ran, TooManyCommands, UnknownCommand
from actors.shell.process import excess
from actors.shell.settings import MIB, Shell
from actors.vocabulary import Text


@pytest.mark.parametrize(
    ("ran", "text"),
    [
        ({"output": "a\n", "code": 0}, "a\n"),
        ({"output": "", "code": 0}, "(no output)"),
        ({"output": " \n", "code": 0}, "(no output)"),
        ({"output": "", "code": 2}, "[Exit code 2.]"),
        ({"output": "a", "code": 2}, "a\n[Exit code 2.]"),
        ({"output": "a\n", "code": 0, "notes": ("One.", "Two.")}, "a\n[One.]\n[Two.]"),
        ({"output": "", "notes": ("One.",)}, "[One.]"),
    ],
)
def test_output_and_what_is_said_about_it(ran: dict[str, Any], text: str) -> None:
    rendered = Ran(**ran).rendered()
    assert rendered.content == (Text(text=text),)
    assert rendered.is_error == bool(ran.get("code"))


def test_refusals_say_what_to_do() -> None:
    assert str(TooManyCommands(limit=2, running=("sh-1", "sh-4"))).endswith(
        "; stop one of sh-1, sh-4 with BashStop"
    )
    assert str(TooManyCommands(limit=0, running=())).endswith("(shell.background)")
    assert str(NoSandbox(why="it rains")).endswith("shell.sandbox is required, and it rains")
    assert str(UnknownCommand(id="x", known=())) == "There is no background command x. There is none."


def test_what_is_too_much() -> None:
    limits = Shell(processes=10, memory=64 * MIB, disk_left=1000)
    assert excess(Usage(threads=10, memory=64 * MIB), limits, 1000) is None
    assert "11 processes" in (excess(Usage(threads=11, memory=0), limits, 1000) or "")
    assert "bytes of memory" in (excess(Usage(threads=1, memory=64 * MIB + 1), limits, 1000) or "")
    assert "999 bytes of the disk" in (excess(Usage(threads=1, memory=0), limits, 999) or "")
