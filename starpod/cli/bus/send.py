"""``starpod bus send``: a typed message, and its reply."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from actors import jsontext
from starpod.cli.bus import text
from starpod.cli.bus.options import add_json, add_write
from starpod.cli.client import console_of, print_json
from starpod.cli.output import hint, note
from starpod.errors import StarpodError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare class and fields."""
    parser.epilog = "Which classes there are, and their fields: starpod bus messages"
    parser.add_argument("type", metavar="CLASS", help="such as session.List; a request or a command")
    parser.add_argument(
        "message",
        nargs="?",
        default="{}",
        metavar="JSON",
        help="its fields ({}); - reads them from standard input",
    )
    add_write(parser)
    parser.add_argument(
        "--patience", type=float, default=60, metavar="N", help="seconds to wait for the reply (60)"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Send it and print the reply."""
    written = sys.stdin.read() if args.message == "-" else args.message
    try:
        message = jsontext.read(written)
    except jsontext.NotJson as error:
        raise StarpodError(f"the fields are no JSON: {error}") from None
    body = {"type": args.type, "message": message}
    print_reply(console_of(args).post("send", body, patience=args.patience), as_json=args.json)
    return 0


def print_reply(sent: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what came back: the reply on standard output, alone in a pipe."""
    if as_json:
        print_json(sent)
        return
    if sent["reply"] is not None:
        print_json(sent["reply"])
    if sys.stdout.isatty():
        took = f" in {text.span(sent['took'])}" if "took" in sent else ""
        note(f"{text.kind(sent['type'])} was {'answered' if sent['reply'] is not None else 'done'}{took}")
        hint(f"what it caused: starpod bus trace {sent['trace'][:12]}")
