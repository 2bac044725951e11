"""The named points themselves: what they do when armed, and that they do nothing otherwise."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bus import crashpoints
from tests.system.daemons import environment

PROGRAM = """
import attrs
from bus import crash_after, crash_point
from bus.message.envelope import OUTSIDE, current

def step(value):
    return value

current.set(attrs.evolve(OUTSIDE, baggage={"turn": "t1"}))
for n in range(5):
    crash_point("first", "begins")
    assert crash_after(step, "done")(n) == n
    print(n, flush=True)
"""


def run(**variables: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(
    ("armed", "printed"),
    [
        ("first.begins", 0),
        ("first.begins:1", 0),
        ("first.begins:4", 3),
        ("step.done:2", 1),
        ("elsewhere.begins, step.done:3", 2),
    ],
)
def test_the_process_dies_when_an_armed_point_is_reached_often_enough(armed: str, printed: int) -> None:
    assert run(BUS_CRASH_AT=armed) == (-signal.SIGKILL, [str(n) for n in range(printed)])


def test_it_leaves_a_note_of_what_it_was_doing(tmp_path: Path) -> None:
    note = tmp_path / "note.json"
    for point in ("first.begins", "step.done"):
        run(BUS_CRASH_AT=point, BUS_CRASH_NOTE=str(note))
        assert json.loads(note.read_text()) == {"point": point, "turn": "t1"}


@pytest.mark.parametrize("armed", ["", "first.ends", "first", "step.begins"])
def test_other_points_let_it_go_on(armed: str) -> None:
    assert run(BUS_CRASH_AT=armed) == (0, ["0", "1", "2", "3", "4"])


def test_without_the_variable_a_function_stays_what_it_is() -> None:
    assert crashpoints.crash_after(run, "done") is run
