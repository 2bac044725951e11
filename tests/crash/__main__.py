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

from tests.crash import chats, hands, jobs, trouble
from tests.crash.world import Kill, Summary, World, at_random
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place

SERIES: Final = 10
"""Kills before everything is looked at."""
KINDS: Final = ("jobs", "chats", "trouble", "hands", "people")
"""What the daemons of a series are busy with: with jobs, with people on Telegram, with models in trouble, with tools
that ask and have effects, with people on the page. The seed says which."""


async def series(kills: int, seed: int) -> Summary:
    """One instance, killed `kills` times at random, then looked at."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="starpod-crash-") as folder:
        root = Path(folder) / "aster"
        async with ModelServer.running() as server:
            match KINDS[seed % len(KINDS)]:
                case "jobs":
                    return await jobs.killed(root, server, [jobs.at_random(rng) for _ in range(kills)])
                case "chats":
                    return await chats.killed(root, server, rng, [chats.at_random(rng) for _ in range(kills)])
                case "trouble":
                    return await trouble.killed(root, server, rng, *trouble.at_random(rng, kills))
                case "hands":
                    sandbox = rng.choice(("auto", "off"))
                    return await hands.killed(root, server, rng, hands.at_random(rng, kills), sandbox)
                case _:
                    return await _talked_to(root, server, rng, kills)


async def _talked_to(root: Path, server: ModelServer, rng: random.Random, kills: int) -> Summary:
    planned: list[Kill] = []
    while len(planned) < kills:
        planned += at_random(rng)
    place = Place(root, server.url, rng.choice(("anthropic", "openai", "openai"))).trusting()
    return await World(place, server, rng).run(planned[:kills])


async def _run(kills: int, seed: int, step: int) -> int:
    """Series after series; the number of the complaints."""
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
        seed += step
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
    parser.add_argument(
        "--only", choices=KINDS, help="only series of this kind, from the next seed on that has it"
    )
    options = parser.parse_args()
    seed, step = options.seed, 1
    if options.only is not None:
        step = len(KINDS)
        seed += (KINDS.index(options.only) - seed) % step
    return 1 if trio.run(partial(_run, options.kills, seed, step)) else 0


if __name__ == "__main__":
    sys.exit(main())
