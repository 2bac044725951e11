"""``starpod bus latency``: how long messages wait and are handled."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, Final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import console_of, print_json
from starpod.cli.output import note
from starpod.cli.table import Cell, Column, print_table

Row = Mapping[str, Any]

ORDERS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "took": lambda row: -row["took_p99"],
    "wait": lambda row: -row["wait_p99"],
    "count": lambda row: -_total(row),
    "name": lambda row: (row["actor"], row["type"]),
}
COLUMNS: Final = (
    Column("ACTOR"),
    Column("MESSAGE", shrinks=True),
    Column("COUNT", right=True),
    Column("NOT OK", right=True),
    Column("WAIT P50", right=True, spare=4),
    Column("P90", right=True, spare=3),
    Column("WAIT P99", right=True),
    Column("TOOK P50", right=True),
    Column("P90", right=True, spare=2),
    Column("TOOK P99", right=True),
)


EDGES: Final = (
    Column("FROM", right=True),
    Column(""),
    Column("TO"),
    Column("MESSAGE", shrinks=True),
    Column("COUNT", right=True),
    Column("P50", right=True),
    Column("P90", right=True, spare=1),
    Column("P99", right=True),
    Column("MAX", right=True, spare=2),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the order."""
    parser.add_argument(
        "--sort", choices=list(ORDERS), default="took", help="what comes first: the slowest (took, wait), the most"
        " frequent (count), or the alphabet (name); took by default"
    )  # fmt: skip
    parser.add_argument(
        "--edges",
        action="store_true",
        help="how long recent asks took from sending to the reply, by who asked whom",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each message class of each actor, or for each edge."""
    found = console_of(args).get("latency")
    if args.json:
        print_json(found)
    elif not found["classes"]:
        note("nothing was handled yet")
    elif args.edges:
        print_table(EDGES, map(_edge, sorted(found["edges"], key=lambda edge: -edge["p99"])))
    else:
        print_table(COLUMNS, map(_row, sorted(found["classes"], key=ORDERS[args.sort])))
    return 0


def _edge(edge: Row) -> list[Cell]:
    times = [text.span(edge[which]) for which in ("p50", "p90", "p99", "max")]
    ends: list[Cell] = [edge["from"] or "outside", ("→", "dim"), edge["to"]]
    return [*ends, text.kind(edge["type"]), text.count(edge["count"]), *times]


def _total(row: Row) -> int:
    total: int = row["ok"] + row["errors"] + row["crashed"] + row["cancelled"]
    return total


def _row(row: Row) -> list[Cell]:
    bad = _total(row) - row["ok"]
    times = [
        text.span(row[f"{what}_{which}"]) for what in ("wait", "took") for which in ("p50", "p90", "p99")
    ]
    failed: Cell = (text.count(bad), "red" if row["crashed"] else "yellow") if bad else ("0", "dim")
    return [row["actor"], text.kind(row["type"]), text.count(_total(row)), failed, *times]
