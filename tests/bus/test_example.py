"""The example in the docstring of the package runs, and prints what it says that it prints."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import bus

ROOT = Path(__file__).parent.parent.parent


def example() -> str:
    """The indented block of the docstring."""
    lines = textwrap.dedent(bus.__doc__ or "").splitlines()
    start = next(n for n, line in enumerate(lines) if line.endswith("::")) + 1
    end = next(n for n, line in enumerate(lines[start:], start) if line and not line.startswith("    "))
    return textwrap.dedent("\n".join(lines[start:end])).strip() + "\n"


def test_the_example_of_the_package_prints_what_its_comments_say(tmp_path: Path) -> None:
    program = tmp_path / "basket.py"
    program.write_text(example(), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    promised = re.findall(r"^ *print\(.*\)  # (.*)$", example(), re.MULTILINE)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == promised
    assert len(promised) == 4


def test_the_example_shows_the_main_things_there_are() -> None:
    for word in ("Command", "Request", "Stream", "Event", "Supervisor", "tell", "ask", "stream", "subscribe"):
        assert word in example()
