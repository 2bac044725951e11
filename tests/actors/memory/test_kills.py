"""A process that is killed at any point of a change has made it or not, and a call that is repeated acts once."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from actors.memory.revisions import KEPT
from tests.fakes import killed

PROCESS = "tests.actors.memory.memory_process"
POINTS = (
    "intend.before_commit",
    "intend.after_commit",
    "memory.intended",
    "memory.written",
    "settle.before_commit",
    "settle.after_commit",
)


def run(folder: Path, *words: str) -> dict[str, Any]:
    """Do it all and return what there is then."""
    left: dict[str, Any] = json.loads(killed.run(PROCESS, folder, *words).splitlines()[-1])
    assert not list(folder.rglob("*.tmp"))
    return left


def die(folder: Path, point: str, *words: str) -> None:
    killed.die(PROCESS, folder, point, *words)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("visit", [1, 2])
def test_a_kill_during_a_change_loses_and_doubles_nothing(tmp_path: Path, point: str, visit: int) -> None:
    words = ("write", "heliotrope", "append", "chrysanthemum")
    die(tmp_path, f"{point}:{visit}", *words)
    left = run(tmp_path, *words)  # as the turn does that is taken up again: the same calls
    assert left["files"] == {"a.md": "heliotrope\nchrysanthemum\n"}
    assert left["found"] == {"heliotrope": ["a.md"], "chrysanthemum": ["a.md"]}
    assert left["history"] == [["a.md", "whole", 11], ["a.md", "append", 25]]


@pytest.mark.parametrize("point", POINTS)
def test_what_a_kill_leaves_is_whole_before_anybody_repeats_anything(tmp_path: Path, point: str) -> None:
    run(tmp_path, "write", "heliotrope")
    die(tmp_path, point, "reindex", "append", "chrysanthemum")
    left = run(tmp_path)
    text = left["files"]["a.md"]
    assert text in {"heliotrope\n", "heliotrope\nchrysanthemum\n"}
    assert left["history"][-1][2] == len(text)
    assert len(left["history"]) == text.count("\n")


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_while_something_is_forgotten(tmp_path: Path, point: str) -> None:
    words = ("write", "heliotrope", "forget")
    die(tmp_path, f"{point}:2", *words)
    left = run(tmp_path, *words)
    assert left == {
        "files": {},
        "found": {"heliotrope": []},
        "history": [["a.md", "whole", 11], ["a.md", "forget", 0]],
    }


@pytest.mark.parametrize("point", [*POINTS[:4], "complete.before_commit", "complete.after_commit"])
def test_a_kill_while_an_admin_writes_for_all(tmp_path: Path, point: str) -> None:
    words = ("shared", "heliotrope")
    die(tmp_path, point, *words)
    left = run(tmp_path, *words)
    assert left["files"] == {"shared/a.md": "heliotrope\n"}
    assert left["found"] == {"heliotrope": ["shared/a.md"]}
    assert left["history"] == [["shared/a.md", "append", 11]]


@pytest.mark.parametrize("point", ["memory.embedded", "keep.before_commit", "keep.after_commit"])
def test_a_kill_between_a_write_and_its_vectors_loses_neither(tmp_path: Path, point: str) -> None:
    words = ("write", "heliotrope", "append", "chrysanthemum")
    die(tmp_path, point, *words, "vectors")
    left = run(tmp_path, *words, "vectors")
    assert left["files"] == {"a.md": "heliotrope\nchrysanthemum\n"}
    assert left["found"] == {"heliotrope": ["a.md"], "chrysanthemum": ["a.md"]}
    assert left["history"] == [["a.md", "whole", 11], ["a.md", "append", 25]]


def test_kills_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10_000)
    chance = random.Random(seed)
    begun = 0
    for _ in range(8):
        with killed.begun(PROCESS, tmp_path, "for_ever") as (process, said):
            said.readline()
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
            begun = max(begun, said.read().count("\n"))
    (name,) = (tmp_path / "users" / "ada" / "memory").glob("*.md")
    counts = [name.read_text().count(f"entry {number}.\n") for number in range(begun)]
    assert set(counts) == {1}, f"seed {seed}"
    kept = len(run(tmp_path)["history"])
    assert kept in {begun, begun + 1} or begun >= kept >= KEPT, "a fast machine writes more than is kept"
