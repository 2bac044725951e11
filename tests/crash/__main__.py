"""Kill a daemon many times: ``python -m tests.crash --kills 200 --seed 7``."""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import trio

from tests.crash.kills import model, series
from tests.system.daemons import Place

A_SERIES = 10
"""Kills before everything is looked at."""


async def _run(kills: int, seed: int) -> None:
    done = acknowledged = 0
    began = time.perf_counter()
    while done < kills:
        count = min(A_SERIES, kills - done)
        with tempfile.TemporaryDirectory(prefix="starpod-crash-") as folder:
            async with model() as server:
                place = Place(Path(folder) / "aster", server.url)
                print(f"scripts/crash --kills {count} --seed {seed}")
                person, _ = await series(place, server, kills=count, seed=seed)
        done, acknowledged, seed = done + count, acknowledged + len(person.acknowledged), seed + 1
        print(f"{done} kills, {acknowledged} messages acknowledged, none lost, none doubled", flush=True)
    print(f"{(time.perf_counter() - began) / kills:.2f} s per kill")


def main() -> None:
    """Read the options and kill."""
    parser = argparse.ArgumentParser(prog="scripts/crash", description="SIGKILL a daemon at random moments.")
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="how often (100)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first series (1)")
    options = parser.parse_args()
    trio.run(partial(_run, options.kills, options.seed))


if __name__ == "__main__":
    main()
