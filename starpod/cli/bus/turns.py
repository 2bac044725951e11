"""``starpod bus turns``: durable work, and what may be done about it."""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json, add_step, add_steps
from starpod.cli.bus.waterfall import print_turn
from starpod.cli.client import console_of, print_json
from starpod.cli.output import hint, note, ok
from starpod.cli.table import Cell, Column, print_table

STATES: Final = ("troubled", "open", "failed", "parked", "all")
COLUMNS: Final = (
    Column("TURN"),
    Column("STATE"),
    Column("TRIES", right=True, spare=3),
    Column("ACCEPTED"),
    Column("SESSION"),
    Column("USER", spare=2),
    Column("FROM", spare=1),
    Column("MESSAGE", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the list and what may be done with one."""
    parser.add_argument(
        "--state", choices=STATES, default="troubled", help="which ones: open or failed (troubled, the default), open,"
        " failed, parked (given up after three attempts), or all"
    )  # fmt: skip
    parser.add_argument(
        "--session", default="", metavar="ID", help="only those of conversations that begin so"
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    add_json(parser)
    steps = add_steps(parser)
    _id(add_step(steps, "show", "one turn, step by step"))
    _id(
        add_step(
            steps, "retry", "deliver an open turn again; say the message of a failed one again", writes=True
        )
    )
    _id(add_step(steps, "cancel", "stop a turn that runs or waits", writes=True))


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="TURN", help="its id; the beginning is enough")


def run(args: argparse.Namespace) -> int:
    """List, show, retry or cancel."""
    client = console_of(args)
    match args.step:
        case None:
            found = client.get("turns", state=args.state, session=args.session, limit=args.limit)
            show: Any = _list
        case "show":
            found, show = client.get("turn", id=args.id), print_turn
        case "retry":
            found, show = client.post("turn/retry", {"id": args.id}), _retried
        case _:
            found, show = client.post("turn/cancel", {"id": args.id}), _cancelled
    if args.json:
        print_json(found)
    else:
        show(found)
    return 0


def _list(turns: list[Mapping[str, Any]]) -> None:
    if not turns:
        note("none")
        return
    print_table(COLUMNS, map(_row, turns))
    hint("one of them: starpod bus turns show TURN")


def _row(turn: Mapping[str, Any]) -> list[Cell]:
    outcome = turn["outcome"]
    word = outcome if turn["state"] == "failed" and outcome else turn["state"]
    return [
        turn["id"][:8],
        (word, text.OUTCOMES.get(turn["state"], "bold")),
        str(turn["attempt"]),
        (text.clock(turn["accepted_at"]), "dim"),
        turn["session"][:8],
        turn["user"],
        (turn["source"], "dim"),
        text.flat(turn["text"]),
    ]


def _retried(done: Mapping[str, Any]) -> None:
    match done["how"]:
        case "delivered":
            ok(f"turn {done['turn'][:8]} was delivered again")
        case "repeated":
            ok(f"its message was said again: turn {done['turn'][:8]}")
        case _:
            note(f"its message was said again before, as turn {done['turn'][:8]}")


def _cancelled(done: Mapping[str, Any]) -> None:
    if done["cancelled"] is None:
        note(f"there is nothing to cancel: it is {done['state']}")
    else:
        ok(f"turn {done['cancelled'][:8]} is stopped")
