"""``starpod outbox``: what a running agent could not deliver, or has still to send."""

import argparse
from typing import Any, Final

from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, Refused, print_json, shown
from starpod.cli.output import Colour, fail, hint, note, ok, one_line, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/outbox"
MOST: Final = 1000
"""Messages that are looked at at once."""
_COLUMNS: Final = (
    Column("ID", right=True),
    Column("STATE"),
    Column("FOR", shrinks=True, spare=2),
    Column("CHANNEL", spare=3),
    Column("SINCE", spare=1),
    Column("WHY NOT", shrinks=True),
    Column("TEXT", shrinks=True, spare=4),
)
_COLOURS: Final[dict[str, Colour]] = {"dead": "red", "doubtful": "yellow", "sent": "green"}
_TEXT: Final = 60
"""Columns of a text or a reason."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod outbox``."""
    action = agent_actions(parser)
    listing = action(
        "list",
        "what could not be delivered, the latest first: dead, or doubtful, as it may have arrived",
        _list,
    )
    which = listing.add_mutually_exclusive_group()
    which.add_argument(
        "--waiting", action="store_const", dest="which", const="waiting", help="what is still to be sent"
    )
    which.add_argument("--all", action="store_const", dest="which", const="all", help="what was sent, too")
    listing.add_argument("-l", "--limit", type=int, default=100, metavar="N", help="how many (100)")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(which="undelivered")
    for name, summary in (
        ("retry", "send them again, now; what is doubtful is marked as a possible repeat"),
        ("drop", "give them up for good"),
    ):
        acting = action(name, summary, _act)
        acting.add_argument("ids", nargs="*", type=int, metavar="ID", help="numbers that list shows")
        acting.add_argument("--all", action="store_true", help="all that could not be delivered")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    status: int = args.do(args, Client(live_daemon(find_instance(args.agent))))
    return status


def _list(args: argparse.Namespace, client: Client) -> int:
    if not 1 <= args.limit <= MOST:
        raise StarpodError(f"--limit takes a number from 1 to {MOST}")
    found = shown(client.get(PATH, which=args.which, limit=args.limit))
    if args.json:
        print_json(found)
    elif not found:
        note(_NOTHING[args.which])
    else:
        print_table(_COLUMNS, map(_row, found))
        if args.which == "undelivered":
            hint("`starpod outbox retry ID` sends one again, `drop ID` gives it up")
    return 0


_NOTHING: Final = {
    "undelivered": "everything was delivered, or is on its way: `starpod outbox list --waiting`",
    "waiting": "nothing waits to be sent",
    "all": "nothing was sent yet",
}


def _row(delivery: dict[str, Any]) -> list[Cell]:
    state = delivery["state"]
    colour = _COLOURS.get(state)
    return [
        str(delivery["id"]),
        state if colour is None else (state, colour),
        f"{delivery['user_id']} ({delivery['recipient']})",
        delivery["channel"],
        when(delivery["created_at"]),
        one_line(delivery["reason"] or "", _TEXT),
        one_line(delivery["text"], _TEXT),
    ]


def _act(args: argparse.Namespace, client: Client) -> int:
    """Retry or drop each that is named. One that cannot be does not keep the others from it."""
    ids = args.ids
    if bool(ids) == args.all:
        raise StarpodError("say which: the numbers that `starpod outbox list` shows, or --all")
    if args.all:
        ids = [each["id"] for each in client.get(PATH, which="undelivered", limit=MOST)]
        if not ids:
            note(_NOTHING["undelivered"])
    done = "will be sent again" if args.action == "retry" else "is given up"
    status = 0
    for number in ids:
        try:
            client.post(f"{PATH}/{number}/{args.action}", {})
        except Refused as error:
            fail(str(error))
            status = 1
        else:
            ok(f"{number} {done}")
    return status
