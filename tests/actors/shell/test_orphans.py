"""An agent that is killed while a command is being started leaves nothing that runs, and the next one clears up."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import trio

from actors.shell import census
from actors.shell.environment import MARK
from actors.shell.process import sweep, unusable
from actors.shell.sandbox import Sandbox, candidate
from actors.shell.settings import Shell

TIMES = 12
PATIENCE = 60.0
MARKED = "orphans-of-a-test."
AGENT = """
import sys, trio
from pathlib import Path
from actors.shell.environment import MARK
from actors.shell.process import Launch, started
from actors.shell.sandbox import Sandbox, candidate
from actors.shell.settings import Shell
folder, way, mark = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
sandbox = candidate(folder / "home", folder / "data") if way == "sandbox" else None
launch = Launch(command="sleep 1022; true", home=folder / "home", environment={MARK: mark, "PATH": "/usr/bin:/bin"},
                limits=Shell(), sandbox=sandbox, user="ada")
async def main():
    print("now", flush=True)
    async with started(launch):
        await trio.sleep_forever()
trio.run(main)
"""


def becomes(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def left(mark: str) -> dict[int, str]:
    known = census.processes()
    return {pid: known[pid].name for pid in census.marked(mark) if pid in known}


def nothing_but_bwrap(mark: str) -> bool:
    return set(left(mark).values()) <= {"bwrap"}


@pytest.mark.parametrize("way", ["sandbox", "bare"])
def test_killed_at_any_moment_of_a_start(tmp_path: Path, way: str) -> None:
    (tmp_path / "home").mkdir()
    found = candidate(tmp_path / "home", tmp_path / "data")
    if way == "sandbox" and not (
        isinstance(found, Sandbox) and trio.run(unusable, found, Shell(), MARKED) is None
    ):
        pytest.skip("no bubblewrap that works")
    chance = random.Random(7)
    for n in range(TIMES):
        mark = f"{MARKED}{way}{n}"
        words = [sys.executable, "-c", AGENT, str(tmp_path), way, mark]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as agent:
            assert agent.stdout is not None
            assert agent.stdout.readline() == b"now\n"
            time.sleep(chance.uniform(0, 0.04))
            agent.kill()
        # What has not become the command yet may wait for ever for whoever was to tell it to go on.
        assert becomes(partial(nothing_but_bwrap, f"{MARK}={mark}")), left(f"{MARK}={mark}")
    sweep(f"{MARK}={MARKED}{way}")
    assert becomes(lambda: not left(f"{MARK}={MARKED}{way}"))
