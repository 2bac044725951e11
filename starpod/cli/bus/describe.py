"""``starpod bus describe``: all there is to know of one actor."""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import console_of, print_json
from starpod.cli.output import paint, say
from starpod.cli.table import Cell, Column, print_table, wrap

MESSAGES: Final = (
    Column("HANDLED", shrinks=True),
    Column("OK", right=True),
    Column("ERRORS", right=True),
    Column("CRASHED", right=True, spare=1),
    Column("CANCELLED", right=True, spare=2),
    Column("WAIT P99", right=True),
    Column("TOOK P50", right=True),
    Column("P99", right=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actor."""
    parser.add_argument(
        "actor",
        metavar="ACTOR",
        help="its name, as in `bus top`, or that of a pool; the beginning of a key is enough",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Describe it."""
    shown = console_of(args).get("actor", name=args.actor)
    if args.json:
        print_json(shown)
    else:
        _print(shown)
    return 0


def _print(shown: Mapping[str, Any]) -> None:
    word, colour = text.state(shown["state"])
    why = f"  {text.flat(shown['why'])}" if "why" in shown else ""
    say(f"{paint(shown['name'], 'bold')}  {paint(word, colour)}{why}")
    if "members" in shown:
        members = ", ".join(text.name(member["name"]) for member in shown["members"])
        _section({"members": members or "none now"})
    else:
        _section(_summary(shown))
        _in_hand(shown["in_hand"])
        _section(shown["own"], "what it says of itself")
    _messages(shown)


def _summary(shown: Mapping[str, Any]) -> dict[str, Any]:
    oldest = "" if shown["oldest"] is None else f", the oldest for {text.span(shown['oldest'])}"
    waiting = f", {shown['waiting']} senders wait for room" if shown["waiting"] else ""
    return {
        "incarnation": shown["incarnation"],
        "mailbox": f"{shown['depth']} of {shown['capacity']}{oldest}{waiting}; at most {shown['peak']} so far",
        "books": f"{shown['sent']} sent = {shown['handled']} handled + {shown['dead']} dead + "
        f"{shown['depth'] + shown['control']} queued + {len(shown['in_hand'])} in hand"
        + ("" if shown["balanced"] else paint("  they do not balance", "red")),
        "stop": f"{shown['limits']['stop_within']:g} s, then clean-up of {shown['limits']['cleanup_within']:g} s",
    }


def _section(facts: Mapping[str, Any], title: str = "") -> None:
    if not facts:
        return
    if title:
        say(f"\n{paint(title.upper(), 'dim')}")
    for line in text.facts(facts):
        say(line)


def _in_hand(messages: list[Mapping[str, Any]]) -> None:
    if not messages:
        return
    say(f"\n{paint('IN HAND', 'dim')}")
    for message in messages:
        late = "" if (message["left"] or 0) >= 0 else paint("  nobody waits for it any more", "yellow")
        sender = text.name(message["from"]) or "outside"
        say(f"  {text.kind(message['type'])} from {sender} for {text.span(message['since'])}{late}")


def _messages(shown: Mapping[str, Any]) -> None:
    counted: Mapping[str, Mapping[str, Any]] = shown["messages"]
    rows: list[list[Cell]] = [
        [
            text.kind(name),
            text.count(series["ok"]),
            text.count(series["errors"]),
            text.count(series["crashed"]),
            text.count(series["cancelled"]),
            text.span(series["wait_p99"]),
            text.span(series["took_p50"]),
            text.span(series["took_p99"]),
        ]
        for name, series in sorted(counted.items())
    ]
    if rows:
        say()
        print_table(MESSAGES, rows)
    never = [text.kind(name) for name in shown["handles"] if name not in counted]
    if never:
        say(f"\n{paint('NOT YET', 'dim')}")
        say("\n".join(wrap(", ".join(never), "  ")))
