"""Simulate many years of jobs: ``scripts/simulate-cron --seeds 500 --first 1``."""

import argparse
import sys
import time
from collections import Counter
from contextlib import closing

from tests.actors.cron.simulation import World
from tests.actors.cron.verdict import complaints


def main() -> int:
    """Live through the years, print what happened in them, and fail if anything was wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/simulate-cron",
        description="Live through a year of 40 jobs per seed, with clocks that are set, downtime and deaths, and hold "
        "what the ledger says against the calendar.",
    )
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many years (100)")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed (1)")
    options = parser.parse_args()
    happened, wrong, begun = Counter[str](), 0, time.process_time()
    for seed in range(options.first, options.first + options.seeds):
        with closing(World(seed)) as world:
            world.live()
            happened += world.happened
            happened["turns of the agent"] += len(world.turns)
            happened["transactions"] += len(world.transactions)
            became = "SELECT new, count(*) FROM history WHERE new NOTNULL GROUP BY new"
            for state, count in world.connection.execute(became):
                happened[f"became {state}"] += count
            found = complaints(world)
        wrong += len(found)
        if found:
            print(f"wrong with --seeds 1 --first {seed}:", *found, sep="\n  ", flush=True)
        if (seed - options.first) % 50 == 49:
            print(f"up to seed {seed}: {wrong} complaints", file=sys.stderr, flush=True)
    print(*(f"{count:>9} {what}" for what, count in sorted(happened.items())), sep="\n")
    print(f"{options.seeds} years, {wrong} complaints, {time.process_time() - begun:.0f} s of CPU")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
