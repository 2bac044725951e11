"""Measure everything there is a budget for: ``python -m tests.bench``."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import trio

from tests.bench import (
    archives,
    buses,
    chats,
    commands,
    commits,
    consent,
    encryption,
    hooks,
    interfaces,
    jobs,
    keys,
    memory,
    pages,
    people,
    recall,
    settings,
    starts,
    toolservers,
    turns,
)
from tests.bench.figures import Figure, compare, load, machine, save, table

GROUPS: Mapping[str, Callable[[Path], list[Figure]]] = {
    "bus": lambda _: trio.run(buses.measure),
    "commit": commits.measure,
    "consent": consent.measure,
    "hooks": hooks.measure,
    "key": keys.measure,
    "recall": recall.measure,
    "start": starts.measure_starts,
    "rest": starts.measure_rest,
    "chat": starts.measure_chat,
    "turn": turns.measure_turns,
    "subagent": turns.measure_subagents,
    "interface": interfaces.measure,
    "crowd": turns.measure_crowd,
    "idle": turns.measure_idle,
    "people": people.measure,
    "mcp": toolservers.measure,
    "tls": encryption.measure,
    "kill": starts.measure_kill,
    "memory": memory.measure,
    "jobs": jobs.measure,
    "chats": chats.measure,
    "shell": commands.measure,
    "settings": settings.measure,
    "archive": archives.measure,
    "page": pages.measure,
}


def main() -> int:
    """Measure, print, save, compare."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Starpod against its budgets.")
    parser.add_argument("groups", nargs="*", help=f"which of {', '.join(GROUPS)} (all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the result")
    parser.add_argument(
        "--growth", type=int, default=2000, metavar="N", help="turns of the memory test; 0 skips it"
    )
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar=("BEFORE", "AFTER"), help="compare two results"
    )
    options = parser.parse_args()
    if options.compare:
        print(compare(load(options.compare[0]), load(options.compare[1])))
        return 0
    unknown = set(options.groups) - set(GROUPS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="starpod-bench-") as folder:
        for name in options.groups or GROUPS:
            print(f"measuring {name} …", file=sys.stderr)
            figures += GROUPS[name](Path(folder))
        if options.growth and not options.groups:
            print("measuring growth …", file=sys.stderr)
            figures += turns.measure_growth(Path(folder), options.growth)
    print("Machine: " + ", ".join(f"{name} {value}" for name, value in machine().items()), end="\n\n")
    print(table(figures))
    if options.json:
        save(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
