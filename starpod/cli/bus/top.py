"""``starpod bus top``: what every actor is doing now, refreshed in place."""

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, final

from starpod.cli.bus import text
from starpod.cli.bus.options import add_json
from starpod.cli.client import Console, Unreachable, print_json
from starpod.cli.output import Colour, cut, paint, say
from starpod.cli.table import Cell, Column, joined, screen_width, table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo, read_daemon

EVERY: Final = 1.0
"""Seconds between two looks."""
LATE: Final = 0.1
"""Seconds of lag of the loop (its 99th percentile) that are shown in red."""
CROWDED: Final = 0.5
"""Part of its places from which on a mailbox is shown in yellow."""

FEW: Final = 3
"""Idle actors of a pool that are shown each on a line of its own."""

Snapshot = Mapping[str, Any]
Actor = Mapping[str, Any]

COLUMNS: Final = (
    Column("ACTOR"),
    Column("STATE"),
    Column("QUEUE", right=True),
    Column("PEAK", right=True, spare=2),
    Column("WAITS", right=True, spare=4),
    Column("MSG/S", right=True),
    Column("HANDLED", right=True, spare=1),
    Column("LOST", right=True),
    Column("RESTARTS", right=True, spare=3),
    Column("DOING", shrinks=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how often."""
    parser.add_argument("--once", action="store_true", help="print once and end (also in a pipe)")
    parser.add_argument(
        "--all", action="store_true", help="show every idle conversation on a line of its own"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show until q or Ctrl-C; once in a pipe."""
    instance = find_instance(args.agent)
    if args.json:
        print_json(Console(live_daemon(instance)).get("snapshot"))
        return 0
    view = View(every_one=args.all)
    if args.once or not (sys.stdout.isatty() and sys.stdin.isatty()):
        daemon = live_daemon(instance)
        say("\n".join(view.lines(daemon, *_look(daemon), screen_width())))
        return 0
    from starpod.cli.bus.screen import Screen

    with Screen() as screen:
        while True:
            screen.show(_frame(view, read_daemon(instance)))
            if screen.wait(EVERY):
                return 0


def _look(daemon: DaemonInfo) -> tuple[Snapshot, Mapping[str, Any]]:
    client = Console(daemon)
    return client.get("snapshot"), client.get("tree")


def _frame(view: "View", daemon: DaemonInfo | None) -> list[str]:
    """What is shown now; a daemon that has gone away may come back."""
    size = shutil.get_terminal_size()
    if daemon is None or daemon.address is None:
        return [paint("no daemon runs here; waiting for one", "yellow")]
    try:
        found = _look(daemon)
    except Unreachable as error:
        return [paint(str(error), "yellow")]
    except StarpodError as error:
        return [paint(str(error), "red")]
    return view.lines(daemon, *found, size.columns)[: size.lines - 1]


@final
class View:
    """Turns snapshots into lines; remembers the last one, since a rate is a difference."""

    def __init__(self, *, every_one: bool = False) -> None:
        """`every_one` shows the idle actors of a pool too, each on its line."""
        self._every_one = every_one
        self._last: Snapshot | None = None

    def lines(
        self, daemon: DaemonInfo, snapshot: Snapshot, tree: Mapping[str, Any], limit: int | None
    ) -> list[str]:
        """A head, what is wrong, and a table in the order of the tree, busy actors of a pool first."""
        rates = _rates(self._last, snapshot)
        self._last = snapshot
        budgets = _budgets(tree)
        rated = [{**actor, "rate": rates.get(actor["name"])} for actor in snapshot["actors"]]
        actors = sorted(rated, key=lambda actor: _place(actor, budgets))
        troubles = [f"{actor['name']}: {actor['why']}" for actor in actors if "why" in actor]
        warnings = [paint(cut(text.flat(trouble), limit or 1000), "yellow") for trouble in troubles]
        shown = actors if self._every_one else list(_gathered(actors))
        rows = [_row(actor, budgets) for actor in shown]
        head = _head(daemon, snapshot, tree, rates, limit)
        return [head, *(["", *warnings] if warnings else []), "", *table(COLUMNS, rows, limit)]


def _gathered(actors: Iterable[Actor]) -> Iterator[Actor]:
    """The actors, but of a pool with many idle ones a single line for those."""
    for pool, found in groupby(actors, key=lambda actor: _pool(actor["name"])):
        members = list(found)
        idle = [member for member in members if _is_idle(member)]
        if len(idle) <= FEW:
            yield from members
            continue
        yield from (member for member in members if not _is_idle(member))
        sums = {name: sum(member[name] for member in idle) for name in ("waits", "handled", "dead")}
        peak = max(member["peak"] for member in idle)
        known = [member["rate"] for member in idle if member["rate"] is not None]
        rate = sum(known) if known else None
        yield {
            **idle[0],
            **sums,
            "name": f"{pool} ×{len(idle)}",
            "peak": peak,
            "rate": rate,
            "incarnation": 1,
        }


def _is_idle(actor: Actor) -> bool:
    return actor["state"] == "ready" and not actor["in_hand"] and not actor["depth"]


def _pool(name: str) -> str:
    """The pool of an actor; itself outside of one."""
    return name.partition("[")[0]


def _rates(before: Snapshot | None, now: Snapshot) -> Mapping[str, float]:
    """Messages a second by actor since the snapshot before; nothing when that was of another run."""
    if before is None or before["boot_id"] != now["boot_id"] or now["at"] <= before["at"]:
        return {}
    handled = {actor["name"]: actor["handled"] for actor in before["actors"]}
    seconds = now["at"] - before["at"]
    return {
        actor["name"]: max(0, actor["handled"] - handled.get(actor["name"], 0)) / seconds
        for actor in now["actors"]
    }


def _budgets(tree: Mapping[str, Any]) -> Mapping[str, tuple[int, Mapping[str, Any]]]:
    """By actor or pool: how often it was restarted, and the budget of the supervisor it is under."""
    found: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for child in tree.get("children", ()):
        found[child["name"]] = child["restarts"], child.get("budget", tree["budget"])
        found.update(_budgets(child))
    return found


def _place(actor: Actor, budgets: Mapping[str, Any]) -> tuple[int, bool]:
    """In the order of the tree; within a pool those that do something first."""
    names = list(budgets)
    pool = _pool(actor["name"])
    return names.index(pool) if pool in names else len(names), _is_idle(actor)


def _head(
    daemon: DaemonInfo,
    snapshot: Snapshot,
    tree: Mapping[str, Any],
    rates: Mapping[str, float],
    limit: int | None,
) -> str:
    """How it is as a whole: as much as there is room for, the most telling first."""
    lost = sum(count for reasons in snapshot["dead"].values() for count in reasons.values())
    lag = snapshot["loop_lag"]["p99"]
    parts: list[Cell] = [
        text.state(tree["state"]),
        (f"up {text.span(snapshot['uptime'])}", "dim"),
        f"{sum(rates.values()):.1f} messages/s" if rates else "",
        (f"{lost} lost", "yellow") if lost else ("none lost", "dim"),
        (f"loop late by {text.span(lag)}", "red" if lag > LATE else "dim"),
        (daemon.url, "dim"),
    ]
    return joined(parts, limit)


def _row(actor: Actor, budgets: Mapping[str, tuple[int, Mapping[str, Any]]]) -> list[Cell]:
    rate = actor["rate"]
    return [
        text.name(actor["name"]),
        text.state(actor["state"]),
        _queue(actor),
        str(actor["peak"]),
        (str(actor["waits"]), "yellow") if actor["waiting"] else str(actor["waits"]),
        "" if rate is None else f"{rate:.1f}" if rate else ("·", "dim"),
        text.count(actor["handled"]),
        (text.count(actor["dead"]), "yellow") if actor["dead"] else ("0", "dim"),
        _restarts(actor, budgets),
        _doing(actor),
    ]


def _queue(actor: Actor) -> Cell:
    depth, capacity = actor["depth"], actor["capacity"]
    shown = f"{depth + actor['control']}/{capacity}"
    colour: Colour = "red" if depth >= capacity else "yellow" if depth >= capacity * CROWDED else "dim"
    return shown if 0 < depth < capacity * CROWDED else (shown, colour)


def _restarts(actor: Actor, budgets: Mapping[str, tuple[int, Mapping[str, Any]]]) -> Cell:
    """How often, and how many more its supervisor bears if that are fewer than it began with."""
    name, bracket, _ = actor["name"].partition("[")
    restarts, budget = budgets.get(name, (0, {"left": 0, "of": 0}))
    restarts = max(0, actor["incarnation"] - 1) if bracket else restarts
    if budget["left"] < budget["of"]:
        return f"{restarts} ({budget['left']} left)", "yellow" if budget["left"] else "red"
    return str(restarts) if restarts else ("0", "dim")


def _doing(actor: Actor) -> Cell:
    messages = actor["in_hand"]
    if not messages:
        return ""
    first = messages[0]
    more = f" (+{len(messages) - 1})" if len(messages) > 1 else ""
    return f"{text.kind(first['type'])} {text.span(first['since'])}{more}"
