"""``starpod telegram``: the bot of a running agent, and who asks to be let in there."""

import argparse
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import fail, hint, note, ok, paint, say, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon

PATH: Final = "/api/telegram"
PAIRINGS: Final = f"{PATH}/pairings"
STATES: Final[Mapping[str, str]] = {
    "off": "switched off: channels.telegram.enabled is false",
    "no_token": "no bot",
    "connecting": "connecting",
    "polling": "receiving",
    "stalled": "not reached",
    "conflict": "somebody else receives",
    "unauthorized": "not let in",
}
"""Each state in words."""
QUIET: Final = frozenset({"off", "no_token", "connecting", "polling"})
"""States in which nothing is wrong."""
_COLUMNS: Final = (
    Column("CODE"),
    Column("NAME", shrinks=True),
    Column("USERNAME", spare=1),
    Column("ID", right=True, spare=2),
    Column("UNTIL", spare=3),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod telegram``."""
    action = agent_actions(parser)
    status = action(
        "status", "whether people can reach the agent; exit status 1 if they should and cannot", _status
    )
    pairings = action("pairings", "accounts that ask to be let in, with their codes", _pairings)
    pairing = action("pair", "let the account in that was given a code", _pair)
    refusing = action("refuse", "let nobody in with a code", _refuse)
    for each in (pairing, refusing):
        each.add_argument("code", metavar="CODE", help="as the bot has told it")
    pairing.add_argument("--user", metavar="USER", help="for whom it speaks; left out, the admin")
    for each in (status, pairings):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    status: int | None = args.do(args, Client(live_daemon(find_instance(args.agent))))
    return status or 0


def _status(args: argparse.Namespace, client: Client) -> int:
    found = shown(client.get(PATH))
    fine = found["state"] in QUIET
    if args.json:
        print_json(found)
        return 0 if fine else 1
    name = f"@{found['username']}" if found["username"] else "Telegram"
    line = f"{name}: {STATES[found['state']]}"
    (ok if found["state"] == "polling" else note if fine else fail)(line)
    if found["why"]:
        hint(found["why"])
    if found["last_poll_at"]:
        say(f"  last poll {when(found['last_poll_at'])}", None)
    if found["waiting"]:
        say(f"  {paint(str(found['waiting']), 'yellow')} received and not yet dealt with")
    return 0 if fine else 1


def _pairings(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(PAIRINGS))
    if args.json:
        print_json(found)
    elif not found:
        note("nobody asks to be let in; who writes to the bot gets a code that is good for an hour")
    else:
        print_table(_COLUMNS, map(_row, found))
        hint("`starpod telegram pair CODE --user USER` lets one in; ask them whether it is theirs")


def _row(pairing: Mapping[str, Any]) -> list[Cell]:
    username = pairing["username"]
    return [
        pairing["code"],
        pairing["name"],
        f"@{username}" if username else "",
        str(pairing["telegram_id"]),
        when(pairing["expires_at"]),
    ]


def _pair(args: argparse.Namespace, client: Client) -> None:
    link = shown(client.post(_path(args.code), {} if args.user is None else {"id": args.user}))
    name = f" (@{link['username']})" if link["username"] else ""
    ok(f"Telegram account {link['telegram_id']}{name} speaks for {link['user']} from now on")


def _refuse(args: argparse.Namespace, client: Client) -> None:
    client.delete(_path(args.code), {})
    ok(f"nobody is let in with {args.code}")


def _path(code: str) -> str:
    return f"{PAIRINGS}/{quote(code, safe='')}"
