"""``starpod secret``: secrets that a hosting backend keeps for agents. Values come from the terminal or a pipe."""

import argparse
import getpass
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.instances.reading import moment, plain
from starpod.cli import shipping
from starpod.cli.actions import actions_of
from starpod.cli.backend import add_url_option, asked
from starpod.cli.client import print_json
from starpod.cli.output import note, ok
from starpod.cli.table import Column, print_table
from starpod.environment import read_env
from starpod.errors import StarpodError

if TYPE_CHECKING:
    from actors.instances.client import Client, Fields

COLUMNS: Final = (Column("NAME", shrinks=True), Column("FOR"), Column("ENDS WITH"), Column("SINCE", spare=1))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod secret``."""

    def whose(made: argparse.ArgumentParser) -> None:
        add_url_option(made)
        made.add_argument("--agent", metavar="NAME", help="whose it is; left out, that of all agents there")

    action = actions_of(parser, whose)
    setting = action("set", "keep a secret, asked for without echo or read from a pipe", _set)
    listing = action("list", "what is kept, without values", _list)
    listing.add_argument("--json", action="store_true", help="print JSON")
    deleting = action("delete", "forget a secret", _delete)
    for each in (setting, deleting):
        each.add_argument("name", metavar="NAME", help="such as ANTHROPIC_API_KEY")
    importing = action("import", "keep what a file of variables holds", _import)
    importing.add_argument("path", type=Path, nargs="?", default=Path(".env"), metavar="FILE", help="(.env)")
    importing.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="one of them; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    """Ask the backend. Raises StarpodError."""
    args.do(args)
    return 0


async def _agent(client: "Client", args: argparse.Namespace) -> str | None:
    if args.agent is None:
        return None
    id = await client.agent(args.agent)
    if id is None:
        raise StarpodError(
            f"the backend does not have {args.agent}: `starpod agent push {args.agent}` sends it"
        )
    return id


def _set(args: argparse.Namespace) -> None:
    asks = sys.stdin.isatty()
    value = getpass.getpass(f"  {args.name}: ") if asks else sys.stdin.read().removesuffix("\n")
    if not value:
        raise StarpodError("an empty secret is none")
    _keep(args, {args.name: value})


def _import(args: argparse.Namespace) -> None:
    if not args.path.is_file():
        raise StarpodError(f"env file not found: {args.path}")
    if values := shipping.chosen(read_env(args.path, []), args.only):
        _keep(args, values)


def _keep(args: argparse.Namespace, values: Mapping[str, str]) -> None:
    async def keep(client: "Client") -> None:
        await shipping.set_secrets(client, await _agent(client, args), values)

    asked(args, keep)


def _list(args: argparse.Namespace) -> None:
    async def found(client: "Client") -> "Sequence[Fields]":
        return await client.secrets(await _agent(client, args))

    rows = [
        {name: each.get(name) for name in ("id", "key", "hint", "agent_id", "created_at")}
        for each in asked(args, found)
    ]
    if args.json:
        print_json(rows)
    elif not rows:
        note("no secrets are kept there")
    else:
        print_table(COLUMNS, map(_row, rows))


def _row(each: Mapping[str, Any]) -> tuple[str, str, str, str]:
    from datetime import datetime

    at = moment(each["created_at"])
    since = "" if at is None else f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M}"  # noqa: DTZ006 - shown as it is here
    return (
        plain(str(each["key"])),
        "one agent" if each["agent_id"] else "all",
        plain(str(each["hint"] or "")),
        since,
    )


def _delete(args: argparse.Namespace) -> None:
    async def delete(client: "Client") -> None:
        agent = await _agent(client, args)
        ids = [
            each["id"]
            for each in await client.secrets(agent)
            if each.get("key") == args.name and "id" in each
        ]
        if not ids:
            raise StarpodError(f"there is no secret {args.name}")
        for id in ids:
            await client.delete_secret(agent, str(id))

    asked(args, delete)
    ok(f"{args.name} is forgotten there")
