"""Points at which a test lets the process die; that it really dies is shown in ``tests/crash`` (G21)."""

import json
import os
import signal
from pathlib import Path

import attrs
import pytest

from bus import crashpoints
from bus.message.envelope import OUTSIDE, current


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Signals that would have ended the process, at the second visit to ``step.done``."""
    found: list[int] = []
    monkeypatch.setattr(crashpoints, "_ARMED", {"step.done": 2})
    monkeypatch.setattr(crashpoints, "_NOTE", str(tmp_path / "note"))

    def kill(_: int, number: int) -> None:
        found.append(number)

    monkeypatch.setattr(os, "kill", kill)
    crashpoints._visits.clear()
    return found


def test_it_dies_at_the_armed_visit_and_says_what_it_was_doing(deaths: list[int], tmp_path: Path) -> None:
    token = current.set(attrs.evolve(OUTSIDE, baggage={"turn": "t"}))
    for _ in range(2):
        crashpoints.crash_point("other", "done")
        assert deaths == []
        crashpoints.crash_point("step", "done")
    current.reset(token)
    assert deaths == [signal.SIGKILL]
    assert json.loads((tmp_path / "note").read_text()) == {"point": "step.done", "turn": "t"}


def test_a_function_dies_once_it_has_run(deaths: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def step(n: int) -> int:
        return n + 1

    monkeypatch.setattr(crashpoints, "_NOTE", "")
    run = crashpoints.crash_after(step, "done")
    assert (run(1), deaths) == (2, [])
    assert (run(2), deaths) == (3, [signal.SIGKILL])


def test_without_the_variable_nothing_happens() -> None:
    crashpoints.crash_point("step", "done")
    assert crashpoints.crash_after(len, "done") is len
    assert crashpoints._armed("a.b, c.d:3 ,") == {"a.b": 1, "c.d": 3}
