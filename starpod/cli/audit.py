"""``starpod audit``: what was decided about calls of tools, and whether the log of it is as it was written."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.duration import seconds
from starpod.cli.output import Colour, fail, hint, note, ok, one_line, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, load_config
from starpod.errors import StarpodError
from starpod.lock import read_daemon

if TYPE_CHECKING:
    from starpod.workspace import Instance

PATH: Final = "/api/settings/audit"
WITHIN: Final = 600.0
"""Seconds that looking through all of it may take."""
MOST: Final = 10_000
_COLUMNS: Final = (
    Column("ROW", right=True),
    Column("WHEN"),
    Column("WHAT"),
    Column("BY"),
    Column("TOOL"),
    Column("USER", spare=3),
    Column("ABOUT", shrinks=True),
)
_COLOURS: Final[dict[str, Colour]] = {"denied": "red", "allowed": "green"}
_TEXT: Final = 100
EMPTY: Final[dict[str, Any]] = {"rows": 0, "last": None, "faults": [], "more": 0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod audit``."""
    action = agent_actions(parser)
    showing = action("show", "the log, newest first", _show)
    showing.add_argument("--session", metavar="ID", help="only of this conversation")
    showing.add_argument("--user", metavar="USER", help="only of this user")
    showing.add_argument("--tool", metavar="TOOL", help="only of this tool")
    showing.add_argument("--since", metavar="TIME", help="how far back: 90m, 24h, 7d")
    showing.add_argument("-l", "--limit", type=int, default=100, metavar="N", help="how many (100)")
    verifying = action("verify", "look for rows that were changed, deleted or moved", _verify)
    verifying.add_argument(
        "--head",
        metavar="ROW:HASH",
        help="a row as an earlier verify has printed it, noted elsewhere: it must still be there",
    )
    for each in (showing, verifying):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Ask the daemon, or the owner of the database, started for the occasion."""
    status: int = args.do(args, find_instance(args.agent))
    return status


def _asked(
    instance: "Instance", path: str, question: Callable[[Any], Any], nothing: Any, **fields: Any
) -> Any:
    """The answer to a question: over HTTP where a daemon runs, else by the message that `question` makes.

    `nothing` is the answer of an agent that has done nothing yet.
    """
    daemon = read_daemon(instance)
    if daemon is not None and daemon.address is not None:
        given = {name: value for name, value in fields.items() if value is not None}
        return Client(daemon).get(path, patience=WITHIN, **given)
    if not any(instance.db_dir.glob("session.db*")):
        return nothing
    import trio

    from starpod import logs

    logs.configure(default="warning")
    return trio.run(_from_disk, instance, question, fields)


async def _from_disk(instance: "Instance", question: Callable[[Any], Any], fields: dict[str, Any]) -> Any:
    from actors.gateway.protocol import wire
    from actors.session import messages as session
    from bus import BootError, Ids, open_mesh
    from starpod.daemon import StartFailed
    from starpod.lock import InstanceLock
    from starpod.tree import alone

    config = load_config(instance)
    tree = alone("session", config.given)
    with InstanceLock(instance, command="starpod audit", boot_id=Ids().uuid(), now=datetime.now(UTC)):
        try:
            async with open_mesh(tree, complete=False) as mesh:
                found = await mesh.bus.ask(question(session)(**fields))
        except BootError as error:
            raise StartFailed(error) from error
    return wire.json(found)


def _show(args: argparse.Namespace, instance: "Instance") -> int:
    if not 1 <= args.limit <= MOST:
        raise StarpodError(f"--limit takes a number from 1 to {MOST}")
    since = None if args.since is None else datetime.now(UTC) - timedelta(seconds=seconds(args.since))
    rows = _asked(
        instance,
        PATH,
        lambda session: session.ShowAudit,
        [],
        session=args.session,
        of_user=args.user,
        tool=args.tool,
        since=since,
        limit=args.limit,
    )
    if args.json:
        print_json(shown(rows))
    elif not rows:
        note("nothing was decided yet that fits")
    else:
        print_table(_COLUMNS, map(_row, shown(rows)))
    return 0


def _row(row: dict[str, Any]) -> list[Cell]:
    words = row["words"]
    colour = _COLOURS.get(row["verdict"])
    what = _what(row)
    about = words.get("subject") or words.get("pattern") or words.get("input") or ""
    outside = words.get("outside")
    if outside:
        about = f"{about} (outside: {', '.join(outside)})"
    return [
        str(row["seq"]),
        when(row["at"]),
        what if colour is None else (what, colour),
        row["by"],
        row["tool"],
        row["user"],
        one_line(about, _TEXT),
    ]


def _what(row: dict[str, Any]) -> str:
    """What was decided; an answer of a person stands beside the call that it was about, as in the page."""
    verdict = str(row["verdict"] or row["kind"])
    if row["kind"] != "answer":
        return verdict
    scope = row["words"].get("scope")
    return f"answer: {verdict} ({scope})" if scope else f"answer: {verdict}"


def _verify(args: argparse.Namespace, instance: "Instance") -> int:
    found = _asked(instance, f"{PATH}/verify", lambda session: session.VerifyAudit, EMPTY, **_head(args.head))
    if args.json:
        print_json(found)
        return 1 if found["faults"] else 0
    for fault in found["faults"]:
        fail(fault["what"])
    if found["more"]:
        fail(f"and {found['more']} more")
    if found["faults"]:
        return 1
    if found["last"] is None:
        ok("the log is empty")
        return 0
    ok(f"{found['rows']} rows are as they were written")
    hint(
        f"noted elsewhere, {found['last']['seq']}:{found['last']['hash']} shows later that none was changed since"
    )
    return 0


def _head(text: str | None) -> dict[str, Any]:
    if text is None:
        return {"seq": None, "hash": None}
    seq, _, sealed = text.partition(":")
    if not seq.isdecimal() or not sealed:
        raise StarpodError("--head takes what verify has printed: a number, a colon and a hash")
    return {"seq": int(seq), "hash": sealed}
