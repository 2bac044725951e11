"""``starpod bus suspend``, ``resume`` and ``restart``: what an operator may do to an actor."""

import argparse
import time
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json, add_write
from starpod.cli.client import Console, Unreachable, console_of, print_json
from starpod.cli.output import hint, ok
from starpod.cli.target import find_instance
from starpod.errors import StarpodError
from starpod.lock import read_daemon

RETURN_WITHIN: Final = 30.0
"""Seconds within which a gateway that restarts itself answers again."""
LOOK_EVERY: Final = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actor."""
    parser.add_argument(
        "actor", metavar="ACTOR", help="its name, as in `bus top`; of one of a pool the beginning is enough"
    )
    add_write(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and wait until it is done."""
    client = console_of(args)
    done = client.post(f"actor/{args.action}", {"name": args.actor}, patience=60)
    if args.action == "restart" and not done["complete"]:
        _await_return(args)
    if args.json:
        print_json(done)
    else:
        _tell(args.action, text.name(done["name"]))
    return 0


def _tell(action: str, name: str) -> None:
    match action:
        case "suspend":
            ok(f"{name} takes no more work; what comes waits in its mailbox")
            hint(f"let it go on: starpod bus resume '{name}' --write")
        case "resume":
            ok(f"{name} takes work again")
        case _:
            ok(f"{name} was restarted")


def _await_return(args: argparse.Namespace) -> dict[str, Any]:
    """The gateway stops after its answer, and may come back at another port. Raises StarpodError when it does not."""
    deadline = time.monotonic() + RETURN_WITHIN
    boot: str | None = None
    time.sleep(LOOK_EVERY)
    while time.monotonic() < deadline:
        daemon = read_daemon(find_instance(args.agent))
        boot = boot or (daemon.boot_id if daemon else None)
        if daemon is not None and daemon.address is not None and daemon.boot_id == boot:
            try:
                tree: dict[str, Any] = Console(daemon).get("tree")
            except Unreachable:
                pass
            else:
                if tree["state"] == "ready":
                    return tree
        time.sleep(LOOK_EVERY)
    raise StarpodError(f"the gateway does not answer {RETURN_WITHIN:g} s after its restart")
