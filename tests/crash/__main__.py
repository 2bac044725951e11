"""Kill a daemon many times: ``scripts/crash --kills 200 --seed 7``."""

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

import trio

from tests.crash import chats, jobs, trouble
from tests.crash.world import Kill, Summary, World, at_random
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place

SERIES: Final = 10
"""Kills before everything is looked at."""
KINDS: Final = 4
"""Of so many series one is of jobs, one of people on Telegram, and one of trouble with the models."""


async def series(kills: int, seed: int) -> Summary:
    """One instance, killed `kills` times at random, then looked at."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="starpod-crash-") as folder:
        root = Path(folder) / "aster"
        async with ModelServer.running() as server:
            match seed % KINDS:
                case 0:
                    return await jobs.killed(root, server, [jobs.at_random(rng) for _ in range(kills)])
                case 1:
                    return await chats.killed(root, server, rng, [chats.at_random(rng) for _ in range(kills)])
                case 2:
                    return await trouble.killed(root, server, rng, *trouble.at_random(rng, kills))
                case _:
                    return await _talked_to(root, server, rng, kills)


async def _talked_to(root: Path, server: ModelServer, rng: random.Random, kills: int) -> Summary:
    planned: list[Kill] = []
    while len(planned) < kills:
        planned += at_random(rng)
    place = Place(root, server.url, rng.choice(("anthropic", "openai", "openai"))).trusting()
    return await World(place, server, rng).run(planned[:kills])


async def _run(kills: int, seed: int) -> int:
    """Series after series; the number of the first wrong one's complaints."""
    total = Summary()
    begun = time.monotonic()
    while total.kills.total() < kills:
        count = min(SERIES, kills - total.kills.total())
        found = await series(count, seed)
        total = total.plus(found)
        if found.complaints:
            print(
                f"wrong with --kills {count} --seed {seed}:", *found.complaints, *found.failures, sep="\n  "
            )
        print(f"seed {seed}: {total.kills.total()} kills, {time.monotonic() - begun:.0f} s", flush=True)
        seed += 1
    print(total)
    return len(total.complaints)


def main() -> int:
    """Kill, print a summary, and fail if anything was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/crash",
        description="SIGKILL a real daemon at random moments and named points, again and again, and hold what is "
        "left against a sequential model.",
    )
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="how often (100)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first series of 10 (1)")
    options = parser.parse_args()
    return 1 if trio.run(partial(_run, options.kills, options.seed)) else 0


if __name__ == "__main__":
    sys.exit(main())
