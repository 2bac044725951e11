"""``starpod key``: the keys that programs and devices of people show."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from actors.vocabulary import ADMIN
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import note, ok, say
from starpod.cli.table import Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.cli.user import USERS, path_of
from starpod.errors import StarpodError

SHORT = 8
"""Characters of an id that a list shows."""
COLUMNS = (
    Column("key"),
    Column("user"),
    Column("begins with"),
    Column("label", shrinks=True),
    Column("state"),
    Column("made", spare=2),
    Column("last used", spare=1),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod key`` takes."""
    action = agent_actions(parser)
    new = action("new", "make a key, which is shown this once", _new)
    new.add_argument("-u", "--user", default=ADMIN, metavar="USER", help=f"whose it is ({ADMIN})")
    new.add_argument("-l", "--label", metavar="TEXT", help="what it is for")
    new.add_argument("--days", type=int, metavar="N", help="how long it is good; ever, when not given")
    listing = action("list", "newest first, with those that are revoked", _list)
    listing.add_argument("-u", "--user", metavar="USER", help="only those of this user")
    revoke = action("revoke", "make a key void, at once", _revoke)
    revoke.add_argument("key", metavar="KEY", help="its id in the list, or the beginning of it")
    for each in (new, listing, revoke):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Ask the daemon for it."""
    found = args.do(Client(live_daemon(find_instance(args.agent))), args)
    if args.json:
        print_json(found)
    return 0


def _new(client: Client, args: argparse.Namespace) -> Any:
    body = {"label": args.label, "expires_in_days": args.days}
    made = client.post(f"{path_of(args.user)}/api-keys", {n: v for n, v in body.items() if v is not None})
    if not args.json:
        say(made["key"])
        if sys.stdout.isatty():
            note(
                "this is the only time that it is shown; it is sent as X-API-Key, or as Authorization: Bearer"
            )
    return made


def _list(client: Client, args: argparse.Namespace) -> Any:
    listed = _keys(client, args.user)
    if not args.json:
        print_table(COLUMNS, [_row(each) for each in shown(listed)])
    return listed


def _keys(client: Client, user: str | None) -> list[dict[str, Any]]:
    """The keys of one user, or of everybody."""
    users = [each["id"] for each in client.get(USERS)] if user is None else [user]
    return [key for each in users for key in client.get(f"{path_of(each)}/api-keys")]


def _row(key: dict[str, Any]) -> list[Any]:
    used = key["last_used_at"]
    return [
        key["id"][:SHORT],
        key["user"],
        f"sp_live_{key['prefix']}" if key["prefix"] else "",
        key["label"] or "",
        _state(key),
        key["created_at"][:10],
        used[:16].replace("T", " ") if used else "never",
    ]


def _state(key: dict[str, Any]) -> Any:
    if key["revoked_at"]:
        return "revoked", "red"
    if key["expires_at"] is None:
        return "good", "green"
    if datetime.fromisoformat(key["expires_at"]) <= datetime.now(UTC):
        return "expired", "red"
    return f"good until {key['expires_at'][:10]}", "green"


def _revoke(client: Client, args: argparse.Namespace) -> Any:
    meant = [each for each in _keys(client, None) if each["id"].startswith(args.key)]
    if len(meant) != 1:
        why = "several keys begin" if meant else "no key begins"
        raise StarpodError(f"{why} with {args.key}: `starpod key list` has their ids")
    key = client.post(f"/api/settings/auth/api-keys/{meant[0]['id']}/revoke", {})
    if not args.json:
        ok(f"key {key['id'][:SHORT]} of {key['user']} is void; what was open with it has been closed")
    return key
