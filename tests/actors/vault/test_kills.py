"""A process that is killed at any point of a change leaves every secret readable, the old value or the new one."""

import json
import random
import time
from pathlib import Path

import pytest

from tests.fakes import killed

PROCESS = "tests.actors.vault.vault_process"
BEFORE = {"A": "1", "B": "2"}
PREPARE = ("set", "A", "1", "set", "B", "2")


def run(folder: Path, *words: str) -> dict[str, str]:
    """Do it all and return what can be read, which is everything."""
    readable: dict[str, str]
    readable, unreadable = json.loads(killed.run(PROCESS, folder, *words).splitlines()[-1])
    assert unreadable == {}
    return readable


def die(folder: Path, point: str, *words: str) -> list[str]:
    """The words that were done before the kill."""
    return killed.die(PROCESS, folder, point, *words).split()


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
        with killed.begun(PROCESS, tmp_path, "rotate_for_ever") as (_, said):
            assert said.readline()
            time.sleep(chance.uniform(0, 0.25))
    assert run(tmp_path, "rotate") == BEFORE, f"seed {seed}"
