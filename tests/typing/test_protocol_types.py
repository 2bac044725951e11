"""The protocol is held by two type checkers: what they accept and what they reject (G1)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHECKERS = {
    "mypy": ["mypy", "--no-error-summary", str(HERE / "good.py"), str(HERE / "bad.py")],
    "basedpyright": ["basedpyright", "--project", str(HERE)],
}


def rejected(checker: str) -> set[str]:
    """Lines, as ``bad.py:12``, that `checker` reports an error for."""
    command, *arguments = CHECKERS[checker]
    program = Path(sys.executable).with_name(command)
    report = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert not report.stderr, report.stderr
    return set(re.findall(r"(\w+\.py:\d+):.*\berror:? ", report.stdout))


def marked() -> set[str]:
    """Lines of bad.py that say they are to be rejected."""
    lines = (HERE / "bad.py").read_text().splitlines()
    return {f"bad.py:{number}" for number, line in enumerate(lines, 1) if line.endswith("# rejected")}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", CHECKERS)
def test_exactly_the_mistakes_are_rejected(checker: str) -> None:
    assert rejected(checker) == marked()
