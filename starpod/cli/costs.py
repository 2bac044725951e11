"""``starpod costs``: what models were asked for and what it cost, by day, user, model and purpose."""

import argparse
from collections.abc import Iterator
from typing import Any, Final

from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import note, paint, say
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import add_agent_option, find_instance, live_daemon

PATH: Final = "/api/settings/costs"
PERIODS: Final = ("7d", "30d", "90d", "all")
_SUMS: Final = (
    Column("COST", right=True),
    Column("CALLS", right=True),
    Column("IN", right=True, spare=2),
    Column("CACHED", right=True, spare=3),
    Column("OUT", right=True, spare=2),
)
_NAMES: Final = (("by_user", "user_id"), ("by_model", "model"), ("by_purpose", "purpose"))
"""Where a part is in the answer, and what names a row of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``starpod costs``."""
    add_agent_option(parser)
    parser.add_argument(
        "-p",
        "--period",
        choices=PERIODS,
        default="30d",
        help="how far back (30d); days begin at midnight UTC",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Ask the daemon."""
    found = shown(Client(live_daemon(find_instance(args.agent))).get(PATH, period=args.period))
    if args.json:
        print_json(found)
    elif not found["total_turns"]:
        note(f"no model was asked for anything ({args.period})")
    else:
        for columns, rows in parts(found):
            print_table(columns, rows)
            say()
        say(paint(total(found, args.period), "bold"))
    return 0


def parts(found: dict[str, Any]) -> Iterator[tuple[tuple[Column, ...], list[list[Cell]]]]:
    """The tables: columns and rows."""
    days = [[day["date"], dollars(day["total_cost_usd"]), _dearest(day)] for day in found["by_day"]]
    yield (Column("DAY"), Column("COST", right=True), Column("MODELS", shrinks=True)), days
    for part, name in _NAMES:
        columns = (Column(name.removesuffix("_id").upper(), shrinks=True), *_SUMS)
        yield columns, [[each[name], *_sums(each)] for each in found[part]]


def total(found: dict[str, Any], period: str) -> str:
    """All of it on one line."""
    tokens = f"{found['total_input_tokens']:,} tokens in, {found['total_output_tokens']:,} out"
    return f"{dollars(found['total_cost_usd'])} in {found['total_turns']:,} calls ({period}): {tokens}"


def dollars(amount: float) -> str:
    """An amount to the cent, or as exactly as it takes to see one that is less."""
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def _sums(each: dict[str, Any]) -> list[Cell]:
    names = ("total_turns", "total_input_tokens", "total_cache_read", "total_output_tokens")
    return [dollars(each["total_cost_usd"]), *(f"{each[name]:,}" for name in names)]


def _dearest(day: dict[str, Any]) -> str:
    """The models of a day, the dearest first."""
    models = sorted(day["by_model"], key=lambda each: -float(each["cost_usd"]))
    return ", ".join(f"{each['model']} {dollars(each['cost_usd'])}" for each in models)
