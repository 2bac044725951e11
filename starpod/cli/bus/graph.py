"""``starpod bus graph``: who sends messages to whom."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import console_of, print_json
from starpod.cli.output import note, say
from starpod.cli.table import Cell, Column, print_table

Edge = Mapping[str, Any]

OUTSIDE: Final = "outside"
"""What no actor sent."""
NOBODY: Final = "nobody"
"""Where a message went that no actor owns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to look at and how to show it."""
    parser.add_argument(
        "--seconds", type=int, default=0, metavar="N", help="only the last N seconds (all that is remembered)"
    )
    parser.add_argument("--mermaid", action="store_true", help="print a Mermaid flowchart (also in a pipe)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print a table on a terminal, a flowchart in a pipe."""
    graph = console_of(args).get("graph", seconds=args.seconds)
    if args.json:
        print_json(graph)
    elif args.mermaid or not sys.stdout.isatty():
        say(mermaid(graph["edges"]))
    elif not graph["edges"]:
        note("nothing was sent yet")
    else:
        note(f"{graph['messages']} messages of the last {text.span(graph['seconds'])}")
        print_table(COLUMNS, map(_row, graph["edges"]))
    return 0


COLUMNS = (
    Column("FROM", right=True),
    Column(""),
    Column("TO"),
    Column("MESSAGES", right=True),
    Column("ERRORS", right=True),
    Column("WHAT", shrinks=True),
)


def _row(edge: Edge) -> list[Cell]:
    return [
        edge["from"] or OUTSIDE,
        ("→", "dim"),
        edge["to"] or NOBODY,
        text.count(edge["count"]),
        (str(edge["errors"]), "red") if edge["errors"] else ("0", "dim"),
        _types(edge, most=6),
    ]


def _types(edge: Edge, most: int) -> str:
    """The classes, the most frequent first."""
    types: Mapping[str, int] = edge["types"]
    common = sorted(types.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name} {count}" for name, count in common[:most])
    return f"{shown}, …" if len(common) > most else shown


def mermaid(edges: Iterable[Edge]) -> str:
    """A flowchart; the label of an edge is its number of messages and its most frequent classes."""
    lines = ["flowchart LR"]
    for edge in edges:
        label = f"{edge['count']}: {_types(edge, most=2)}"
        sender, recipient = (
            f'{_id(end)}["{end}"]' for end in (edge["from"] or OUTSIDE, edge["to"] or NOBODY)
        )
        lines.append(f'  {sender} -->|"{label}"| {recipient}')
    return "\n".join(lines)


def _id(name: str) -> str:
    """A name that Mermaid takes for an identifier; some words, such as ``end``, are its own."""
    return "n_" + "".join(char if char.isalnum() else "_" for char in name)
