"""``starpod open``: open the page of a running agent, as its first admin or as somebody else; codes that unlock it."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from starpod.cli.browser import open_page
from starpod.cli.client import Client
from starpod.cli.output import note, say
from starpod.cli.target import add_agent_option, find_instance, live_daemon


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod open`` takes."""
    add_agent_option(parser)
    parser.add_argument("--user", metavar="USER", help="for whom the page is opened; admin by default")
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the link and open nothing"
    )
    parser.add_argument(
        "--code",
        action="store_true",
        help="open nothing: print a code that unlocks an admin's page for what only you may change otherwise",
    )


def run(args: argparse.Namespace) -> int:
    """Get a link from the daemon, which is good once and for a short time, and open it where somebody can look."""
    instance = find_instance(args.agent)
    wanted = {} if args.user is None else {"id": args.user}
    client = Client(live_daemon(instance))
    if args.code:
        return _code(client.post("/api/page-code", wanted))
    link = client.post("/api/page-link", wanted)
    if args.only_print:
        say(link["url"])
    elif not open_page(link["url"], instance.agent_home):
        note(f"open {link['url']} in a browser within {link['seconds']:.0f} s; the link is good once")
    return 0


def _code(made: Mapping[str, Any]) -> int:
    """Print the code, alone on standard output."""
    say(made["code"])
    until = f"type it into the page within {made['seconds']:.0f} s"
    say(f"{until}; it is good once, and unlocks the page for ten minutes", sys.stderr)
    return 0
