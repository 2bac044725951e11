"""``starpod bus dead``: messages that were not handled."""

import argparse
import json
from collections.abc import Mapping
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json, add_step, add_steps
from starpod.cli.bus.send import print_reply
from starpod.cli.client import console_of, print_json
from starpod.cli.output import hint, note, say
from starpod.cli.table import Cell, Column, print_table

COLUMNS: Final = (
    Column("NO", right=True),
    Column("WHEN"),
    Column("REASON"),
    Column("MESSAGE", shrinks=True),
    Column("FROM", right=True, spare=2),
    Column("", spare=1),
    Column("TO"),
    Column("DETAIL", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the list and what may be done with one."""
    parser.add_argument("--reason", metavar="WORD", help="only those lost for this reason, such as crashed")
    parser.add_argument("--to", metavar="ACTOR", help="only those for actors whose name begins so")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many (50)")
    add_json(parser)
    steps = add_steps(parser)
    show = add_step(steps, "show", "one dead letter with its body")
    show.add_argument("number", type=int, metavar="NO", help="its number in the list")
    resend = add_step(steps, "resend", "send a dead letter again, as a consequence of the first", writes=True)
    resend.add_argument("number", type=int, metavar="NO", help="its number in the list")


def run(args: argparse.Namespace) -> int:
    """List, show or send again."""
    client = console_of(args)
    if args.step == "show":
        letter = client.get("letter", seq=args.number)
        if args.json:
            print_json(letter)
        else:
            _show(letter)
    elif args.step == "resend":
        sent = client.post("letter/resend", {"seq": args.number}, patience=60)
        print_reply(sent, as_json=args.json)
    else:
        found = client.get("dead", reason=args.reason, to=args.to, limit=args.limit)
        if args.json:
            print_json(found)
        else:
            _list(found)
    return 0


def _list(found: Mapping[str, Any]) -> None:
    letters = found["letters"]
    if not letters:
        note("no message was lost" if not found["counts"] else "none of these is kept any more")
    else:
        print_table(COLUMNS, map(_row, letters))
    for to, reasons in found["counts"].items():
        note(
            f"{to}: "
            + ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            + " since the start"
        )
    if letters:
        hint("one of them: starpod bus dead show NO")


def _row(letter: Mapping[str, Any]) -> list[Cell]:
    usual = letter["reason"] in {"stopped", "abandoned", "late_reply"}
    return [
        str(letter["seq"]),
        (text.ago(letter["age"]), "dim"),
        (letter["reason"], "yellow" if usual else "red"),
        text.kind(letter["type"]),
        (text.name(letter["from"]) or "·", "dim"),
        ("→", "dim"),
        text.name(letter["to"]) or "·",
        text.flat(letter["detail"]),
    ]


def _show(letter: Mapping[str, Any]) -> None:
    head = {name: letter[name] for name in ("seq", "reason", "type", "kind", "from", "to", "trace")}
    head |= {"lost": text.ago(letter["age"]), **letter["baggage"]}
    for line in text.facts(head):
        say(line)
    say()
    say(json.dumps(letter["body"], ensure_ascii=False, indent=2))
    if letter["detail"]:
        say(f"\n{letter['detail']}")
