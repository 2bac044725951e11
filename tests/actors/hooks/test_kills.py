"""A process that is killed around hooks of Stop: each end is told, and twice only where a kill came between."""

import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes import killed

PROCESS = "tests.actors.hooks.hooks_process"
WORDS = ("one", "two", "three")


def told(folder: Path) -> list[str]:
    path = folder / "hooks" / "a" / "told"
    return re.findall(r'"last_assistant_message":"(\w+)"', path.read_text()) if path.exists() else []


def test_without_a_kill_each_end_is_told_once(tmp_path: Path) -> None:
    killed.run(PROCESS, tmp_path, *WORDS)
    killed.run(PROCESS, tmp_path, *WORDS, "four")
    assert told(tmp_path) == [*WORDS, "four"]


@pytest.mark.parametrize(
    ("point", "twice"),
    [
        ("hook.told", ["one"]),
        ("hook.told:2", ["two"]),
        ("ran.before_commit", ["one"]),
        ("ran.after_commit", ["one"]),
        ("move.before_commit:2", ["one"]),  # the first says from where on hooks are told
        ("move.after_commit:2", []),
        ("move.after_commit:1", []),
    ],
)
def test_a_kill_while_ends_are_told(tmp_path: Path, point: str, twice: list[str]) -> None:
    killed.die(PROCESS, tmp_path, point, *WORDS)
    killed.run(PROCESS, tmp_path, *WORDS)
    counts = Counter(told(tmp_path))
    assert list(counts) == list(WORDS)
    assert [word for word, count in counts.items() if count > 1] == twice
    assert max(counts.values()) <= 2


def test_kills_at_any_moment(tmp_path: Path) -> None:
    seed = random.randrange(10_000)
    chance = random.Random(seed)
    words = [f"word{n}" for n in range(8)]
    killed.run(PROCESS, tmp_path, "zero")
    for _ in range(6):
        with killed.begun(PROCESS, tmp_path, *words) as (_, said):
            assert said.readline()
            time.sleep(chance.uniform(0, 0.3))
    killed.run(PROCESS, tmp_path, *words)
    counts = Counter(told(tmp_path))
    assert list(counts) == ["zero", *words], f"seed {seed}"
    assert sum(counts.values()) <= len(counts) + 6, f"seed {seed}"
