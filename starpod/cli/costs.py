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
    days: list[list[Cell]] = [
        [day["date"], _amount(day["total_cost_usd"], _unpriced(day)), _dearest(day)]
        for day in found["by_day"]
    ]
    yield (Column("DAY"), Column("COST", right=True), Column("MODELS", shrinks=True)), days
    for part, name in _NAMES:
        columns = (Column(name.removesuffix("_id").upper(), shrinks=True), *_SUMS)
        yield columns, [[each[name], *_sums(each)] for each in found[part]]


def total(found: dict[str, Any], period: str) -> str:
    """All of it on one line."""
    tokens = f"{found['total_input_tokens']:,} tokens in, {found['total_output_tokens']:,} out"
    unpriced = found["total_unpriced"]
    on_top = f"; the price of {unpriced:,} calls is not known" if unpriced else ""
    return f"{_amount_of(found)} in {found['total_turns']:,} calls ({period}): {tokens}{on_top}"


def dollars(amount: float | None) -> str:
    """An amount to the cent, or as exactly as it takes to see one that is less."""
    if amount is None:
        return "unknown"
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def _sums(each: dict[str, Any]) -> list[Cell]:
    names = ("total_turns", "total_input_tokens", "total_cache_read", "total_output_tokens")
    return [_amount_of(each), *(f"{each[name]:,}" for name in names)]


def _dearest(day: dict[str, Any]) -> str:
    """The models of a day, the dearest first."""
    models = sorted(day["by_model"], key=lambda each: -float(each["cost_usd"] or 0))
    return ", ".join(f"{each['model']} {_amount(each['cost_usd'], each['unpriced'])}" for each in models)


def _unpriced(day: dict[str, Any]) -> int:
    return sum(each["unpriced"] for each in day["by_model"])


def _amount_of(sums: dict[str, Any]) -> str:
    return _amount(sums["total_cost_usd"], sums["total_unpriced"])


def _amount(cost: float | None, unpriced: int) -> str:
    """What is known of a cost, and a mark where that is not all."""
    return dollars(cost) + ("+" if unpriced and cost is not None else "")
