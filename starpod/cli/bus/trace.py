"""``starpod bus trace``: one message of a person as a timed tree."""

import argparse
from collections.abc import Mapping
from typing import Any

from starpod.cli.bus.options import add_json
from starpod.cli.bus.waterfall import print_messages, print_turn
from starpod.cli.client import console_of, print_json
from starpod.cli.output import note, say
from starpod.errors import StarpodError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to trace."""
    parser.add_argument(
        "id", metavar="ID", help="a turn, a session or a trace, as `bus turns` or `bus tap` shows it; the beginning"
        " is enough"
    )  # fmt: skip
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print stored turns, then the messages as far as the flight recorder has them."""
    found = console_of(args).get("trace", id=args.id)
    if args.json:
        print_json(found)
    elif not found["turns"] and not found["messages"]:
        raise StarpodError(f"no turn, session or trace begins with {args.id!r}")
    else:
        _print(found)
    return 0


def _print(found: Mapping[str, Any]) -> None:
    for turn in found["turns"]:
        print_turn(turn)
        say()
    if found["messages"]:
        print_messages(found["messages"])
    else:
        note("the flight recorder no longer has its messages: it keeps the last few thousand of this run")
