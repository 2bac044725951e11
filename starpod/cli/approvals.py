"""``starpod approvals``: what the agent asks before it does something, the answers, and what was granted."""

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final

from actors.visible import visible
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import Colour, hint, note, ok, one_line, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/approvals"
GRANTS: Final = "/api/grants"
MOST: Final = 1000
"""Questions that are looked at at once."""
SHORT: Final = 8
"""Characters of an id that are shown, and are enough where no other begins so."""
LINES: Final = 12
"""Of one field that a conversation shows of a question."""
_COLUMNS: Final = (
    Column("ID"),
    Column("STATE", spare=2),
    Column("ASKED", spare=1),
    Column("TOOL"),
    Column("WHAT", shrinks=True),
    Column("WHY", shrinks=True, spare=3),
)
_GRANTS: Final = (
    Column("ID", right=True),
    Column("TOOL"),
    Column("PATTERN", shrinks=True),
    Column("WHERE"),
    Column("SINCE", spare=1),
)
_COLOURS: Final[dict[str, Colour]] = {"open": "yellow", "allowed": "green", "denied": "red"}
_TEXT: Final = 80
"""Columns of a command or a reason."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod approvals``."""
    action = agent_actions(parser)
    listing = action("list", "what waits for your answer", _list)
    listing.add_argument("--all", action="store_true", help="what was answered in the last 30 days, too")
    showing = action("show", "one question with all that would be done", _show)
    allowing = action("allow", "let it be done", _allow)
    denying = action("deny", "do not let it be done", _deny)
    for each in (showing, allowing, denying):
        each.add_argument("id", metavar="ID", help="as list shows it; the beginning is enough")
    how = allowing.add_mutually_exclusive_group()
    how.add_argument(
        "--conversation",
        action="store_const",
        dest="decision",
        const="conversation",
        help="and all that fits the pattern in this conversation",
    )
    how.add_argument(
        "--always",
        action="store_const",
        dest="decision",
        const="always",
        help="and all that fits the pattern from now on",
    )
    allowing.add_argument("--pattern", metavar="PATTERN", help="another one than is proposed")
    allowing.set_defaults(decision="once")
    denying.add_argument("--words", metavar="TEXT", help="what the model is told")
    granted = action("grants", "what you have granted", _grants)
    action("revoke", "take back what was granted", _revoke).add_argument("id", type=int, metavar="ID")
    for each in (listing, showing, granted):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    args.do(args, Client(live_daemon(find_instance(args.agent))))
    return 0


def _list(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(PATH, which="all" if args.all else "open", limit=MOST))
    if args.json:
        print_json(found)
    elif not found:
        note("nothing waits for your answer")
    else:
        print_table(_COLUMNS, map(_row, found))
        hint("`starpod approvals show ID` has all of it; then `allow ID` or `deny ID`")


def _row(approval: dict[str, Any]) -> list[Cell]:
    state = approval["state"]
    colour = _COLOURS.get(state)
    return [
        approval["id"][:SHORT],
        state if colour is None else (state, colour),
        when(approval["asked_at"]),
        approval["tool"],
        one_line(visible(approval["subject"] or _brief(approval["input"])), _TEXT),
        one_line(approval["reason"], _TEXT),
    ]


def _brief(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in fields.items())


def _show(args: argparse.Namespace, client: Client) -> None:
    approval = client.get(f"{PATH}/{_one(args.id, client)['id']}")
    if args.json:
        print_json(approval)
        return
    note(f"{approval['id']}: {approval['state']}")
    for line in described(approval):
        note(line)


def described(approval: dict[str, Any], most: int | None = None) -> Iterator[str]:
    """What is asked, for a terminal: the tool, why, and with what it would be called, what it acts on first.

    Of each field at most `most` lines. Nothing in it orders a terminal about, hides or imitates.
    """
    yield f"{visible(approval['tool'])}: {visible(approval['reason'])}"
    if approval["outside"]:
        yield f"  words of others were read, by {visible(', '.join(approval['outside']))}"
    fields = sorted(approval["input"].items(), key=lambda field: field[1] != approval["subject"])
    for name, value in fields:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        first, *rest = _beginning(visible(text).split("\n"), most)
        yield f"  {visible(name)}: {first}"
        yield from (f"    {line}" for line in rest)


def _beginning(lines: list[str], most: int | None) -> list[str]:
    more = 0 if most is None else len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"({more} more lines: `starpod approvals show` has all)"]


def _one(beginning: str, client: Client) -> dict[str, Any]:
    """The question whose id begins so. Raises StarpodError where there is none, or more than one."""
    found = [each for each in client.get(PATH, which="all", limit=MOST) if each["id"].startswith(beginning)]
    if len(found) != 1:
        raise StarpodError(
            f"{len(found)} questions begin with {beginning!r}: give more of the id"
            if found
            else f"there is no question {beginning!r}"
        )
    one: dict[str, Any] = found[0]
    return one


def _allow(args: argparse.Namespace, client: Client) -> None:
    if args.pattern is not None and args.decision == "once":
        raise StarpodError("--pattern goes with --conversation or --always")
    approval = _one(args.id, client)
    body = {"decision": args.decision, "pattern": args.pattern}
    done = client.post(f"{PATH}/{approval['id']}", body)
    beyond = "" if args.decision == "once" else f", and what fits {done['pattern']!r}"
    ok(f"{done['tool']} is allowed{beyond}")


def _deny(args: argparse.Namespace, client: Client) -> None:
    approval = _one(args.id, client)
    client.post(f"{PATH}/{approval['id']}", {"decision": "deny", "words": args.words})
    ok(f"{approval['tool']} is not done")


def _grants(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(GRANTS))
    if args.json:
        print_json(found)
    elif not found:
        note("you have granted nothing beyond single calls")
    else:
        print_table(_GRANTS, map(_granted, found))
        hint("`starpod approvals revoke ID` takes one back")


def _granted(grant: dict[str, Any]) -> list[Cell]:
    where = "everywhere" if grant["session_id"] is None else f"conversation {grant['session_id'][:SHORT]}"
    if not grant["outside"]:
        where += ", without words from outside"
    return [str(grant["id"]), grant["tool"], one_line(grant["pattern"], _TEXT), where, when(grant["at"])]


def _revoke(args: argparse.Namespace, client: Client) -> None:
    client.delete(f"{GRANTS}/{args.id}", {})
    ok(f"{args.id} counts no more")
