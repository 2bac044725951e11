"""A process that is killed anywhere between ledger, work list and notes: each turn is logged, kept and noted once."""

import random
import re
import time
from pathlib import Path

import pytest

from actors.vocabulary import ADMIN
from tests.fakes import killed

PROCESS = "tests.actors.memory.log_process"


def run(folder: Path, *words: str) -> None:
    killed.run(PROCESS, folder, *words)


def die(folder: Path, point: str, *words: str) -> None:
    killed.die(PROCESS, folder, point, *words)


def logged(folder: Path) -> list[str]:
    text = "".join(path.read_text() for path in (folder / "users" / ADMIN / "memory").glob("*.md"))
    return re.findall(r"\*\*User\*\*: (\w+)", text)


def noted(folder: Path) -> list[str]:
    path = folder / "users" / ADMIN / "MEMORY.md"
    return re.findall(r"^- (\w+)$", path.read_text(), re.MULTILINE) if path.exists() else []


def kept(folder: Path) -> list[str]:
    notes = sorted((folder / "users" / ADMIN / "memory" / "sessions").glob("*.md"))
    return [word for path in notes for word in re.findall(r"\*\*User\*\*: (\w+)", path.read_text())]


@pytest.mark.parametrize(
    "point",
    [
        *(f"{step}.{moment}" for step in ("take_turns", "next_batch", "logged") for moment in
          ("before_commit", "after_commit")),
        "log.taken",
        "memory.intended",
        "memory.written",
        "log.added",
    ],
)  # fmt: skip
def test_a_kill_while_turns_are_logged(tmp_path: Path, point: str) -> None:
    run(tmp_path, "zero")
    die(tmp_path, point, "one", "two")
    run(tmp_path, "one", "two", "three")
    assert logged(tmp_path) == ["zero", "one", "two", "three"]


@pytest.mark.parametrize(
    "point",
    [
        *(f"{step}.{moment}" for step in ("take_closed", "exported", "spend", "reviewed") for moment in
          ("before_commit", "after_commit")),
        "export.written",
        "review.written",
    ],
)  # fmt: skip
def test_a_kill_while_a_conversation_is_kept_and_reviewed(tmp_path: Path, point: str) -> None:
    die(tmp_path, point, "one", "two", "three", "close")
    run(tmp_path)
    assert kept(tmp_path) == logged(tmp_path) == noted(tmp_path) == ["one", "two", "three"]


def test_kills_at_any_moment(tmp_path: Path) -> None:
    seed = random.randrange(10_000)
    chance = random.Random(seed)
    words = [f"word{n}" for n in range(8)]
    for _ in range(6):
        with killed.begun(PROCESS, tmp_path, *words) as (_, said):
            assert said.readline()
            time.sleep(chance.uniform(0, 0.3))
    run(tmp_path, *words, "close")
    assert sorted(logged(tmp_path)) == sorted(noted(tmp_path)) == words, f"seed {seed}"
    assert kept(tmp_path) == words, f"seed {seed}"
