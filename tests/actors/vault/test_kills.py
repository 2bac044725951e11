"""A process that is killed at any point of a change leaves every secret readable, the old value or the new one."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.system.daemons import environment

ROOT = Path(__file__).parents[3]
BEFORE = {"A": "1", "B": "2"}
PREPARE = ("set", "A", "1", "set", "B", "2")


def start(folder: Path, *words: str, **variables: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.actors.vault.vault_process", str(folder), *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(**variables), stdout=subprocess.PIPE, text=True
    )


def run(folder: Path, *words: str) -> dict[str, str]:
    """Do it all and return what can be read, which is everything."""
    with start(folder, *words) as process:
        said, _ = process.communicate()
    assert process.returncode == 0
    readable: dict[str, str]
    readable, unreadable = json.loads(said.splitlines()[-1])
    assert unreadable == {}
    return readable


def die(folder: Path, point: str, *words: str) -> list[str]:
    """The words that were done before the kill."""
    with start(folder, *words, BUS_CRASH_AT=point) as process:
        said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL, f"{point} was not reached"
    return said.split()


@pytest.mark.parametrize(
    "point",
    [
        "rotate.key_written",
        "reseal.before_commit",
        "reseal.after_commit",
        "rotate.old_key_gone",
    ],
)
def test_a_kill_during_a_rotation_leaves_every_secret_readable(tmp_path: Path, point: str) -> None:
    run(tmp_path, *PREPARE)
    assert die(tmp_path, point, "rotate") == []
    assert run(tmp_path) == BEFORE
    assert run(tmp_path, "set", "C", "3", "rotate") == {**BEFORE, "C": "3"}
    assert len((tmp_path / "vault.key").read_text().split()) == 1


def test_kills_in_a_row_during_rotations_do_no_harm(tmp_path: Path) -> None:
    run(tmp_path, *PREPARE)
    for point in ("rotate.key_written", "reseal.after_commit", "rotate.key_written", "reseal.before_commit"):
        die(tmp_path, point, "rotate")
    assert run(tmp_path) == BEFORE
    assert run(tmp_path, "rotate") == BEFORE


@pytest.mark.parametrize(
    ("point", "after"),
    [("set.key_written", {}), ("put.before_commit", {}), ("put.after_commit", {"A": "1"})],
)
def test_a_kill_while_the_first_secret_is_kept(tmp_path: Path, point: str, after: dict[str, str]) -> None:
    die(tmp_path, point, "set", "A", "1")
    assert run(tmp_path) == after
    assert run(tmp_path, "set", "A", "2") == {"A": "2"}


@pytest.mark.parametrize(
    ("point", "words", "after"),
    [
        ("put.before_commit", ("set", "A", "new"), BEFORE),
        ("put.after_commit", ("set", "A", "new"), {**BEFORE, "A": "new"}),
        ("delete.before_commit", ("delete", "A"), BEFORE),
        ("delete.after_commit", ("delete", "A"), {"B": "2"}),
        ("set_hosts.before_commit", ("hosts", "A", "x.org"), BEFORE),
        ("set_hosts.after_commit", ("hosts", "A", "x.org"), BEFORE),
        ("looked.before_commit", (), BEFORE),
        ("looked.after_commit", (), BEFORE),
    ],
)
def test_a_kill_during_a_change_leaves_the_old_or_the_new(
    tmp_path: Path, point: str, words: tuple[str, ...], after: dict[str, str]
) -> None:
    run(tmp_path, *PREPARE)
    die(tmp_path, point, *words)
    assert run(tmp_path) == after


def test_kills_at_any_moment_of_rotation_after_rotation_do_no_harm(tmp_path: Path) -> None:
    run(tmp_path, *PREPARE)
    seed = random.randrange(10_000)
    chance = random.Random(seed)
    for _ in range(6):
        with start(tmp_path, "rotate_for_ever") as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            time.sleep(chance.uniform(0, 0.25))
            process.kill()
    assert run(tmp_path, "rotate") == BEFORE, f"seed {seed}"
