"""``starpod bus tap``: every message as it passes."""

import argparse
import json
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

from starpod.cli.bus import text
from starpod.cli.client import shown
from starpod.cli.output import Colour, cut, note, paint, say, width
from starpod.cli.table import screen_width
from starpod.cli.target import find_instance, live_daemon

if TYPE_CHECKING:
    from starpod.lock import DaemonInfo

FILTER_HELP: Final = """\
filter words, all of which must hold (quote values with blanks, ! before a word negates it):
  type=session.*   actor=llm   to=agent   from=gateway   point=failed   outcome=crashed
  user=admin   session=ID   turn=ID   origin=web   trace=ab12
  took>250ms   wait>1s   text~'some words'   errors
"""
COLOURS: Final[Mapping[str, Colour]] = {
    "failed": "red",
    "buried": "red",
    "crashed": "red",
    "backoff": "yellow",
    "started": "green",
    "stopped": "yellow",
    "replied": "green",
    "published": "blue",
    "item": "dim",
}
NOTEWORTHY: Final = 0.01
"""Seconds of waiting that are told with the end of a message too."""
WIDE: Final = 120
"""Columns of a terminal from which on names are shown whole."""
REMEMBERED: Final = 4096
"""Messages whose depth is known to ``--tree``; as many as the flight recorder holds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the filter and how much to show."""
    parser.epilog = FILTER_HELP
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "filter", nargs="*", metavar="WORD", help="what to show; everything by default, see below"
    )
    parser.add_argument("--body", action="store_true", help="show the messages' fields too, secrets masked")
    parser.add_argument(
        "--tree", action="store_true", help="indent each message below the one that caused it"
    )
    parser.add_argument("--json", action="store_true", help="print lines of JSON (also in a pipe)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="stop after N events")
    parser.add_argument("--rate", type=int, default=200, metavar="N", help="events a second at most (200)")
    parser.add_argument("--seconds", type=int, default=600, metavar="N", help="stop after N seconds (600)")
    parser.add_argument(
        "--since", type=int, default=0, metavar="N", help="begin with what was handled in the last N seconds"
    )


def run(args: argparse.Namespace) -> int:
    """Show the traffic until interrupted or the limit is reached."""
    import trio

    daemon = live_daemon(find_instance(args.agent))
    return trio.run(partial(_tap, daemon, args))


async def _tap(daemon: "DaemonInfo", args: argparse.Namespace) -> int:
    from starpod.cli.connection import Disconnected, connect
    from starpod.errors import StarpodError

    as_json = args.json or not sys.stdout.isatty()
    query = {name: int(getattr(args, name)) for name in ("limit", "rate", "seconds", "since", "body", "tree")}
    words = " ".join(args.filter)
    depths = Depths()
    async with connect(daemon, "/api/bus/tap", filter=words, **query) as connection:
        if not as_json:
            note(f"tapping {daemon.address}; Ctrl-C ends it")
        try:
            async for received in connection:
                event = shown(received)
                if "error" in event:
                    raise StarpodError(event["error"])
                depth = depths.of(event) if args.tree else 0
                row = json.dumps(event, ensure_ascii=False) if as_json else line(event, depth, screen_width())
                say(row)
        except Disconnected as end:
            if not as_json:
                note(str(end))
    return 0


@final
class Depths:
    """How deep each message stands below the first of its cause, as far as they were seen."""

    def __init__(self) -> None:
        self._depths: OrderedDict[int, int] = OrderedDict()

    def of(self, event: Mapping[str, Any]) -> int:
        """Indentation of an event: that of its message."""
        seq, cause = event.get("seq"), event.get("cause", 0)
        if seq is None:
            return 0
        if seq not in self._depths:
            self._depths[seq] = self._depths.get(cause, -1) + 1
            if len(self._depths) > REMEMBERED:
                self._depths.popitem(last=False)
        return self._depths[seq]


def _times(event: Mapping[str, Any]) -> list[str]:
    """Which times are worth a word: the wait where it ended, and again at the end if it was long."""
    waited = event["point"] in {"taken", "buried"} or event.get("wait", 0.0) >= NOTEWORTHY
    return [name for name, matters in (("wait", waited), ("took", True)) if matters and name in event]


def line(event: Mapping[str, Any], depth: int = 0, columns: int | None = None) -> str:
    """One event for people, on a terminal of that many columns."""
    if "missed" in event:
        return paint(f"… {event['missed']} missed", "yellow")
    at = datetime.fromisoformat(event["time"]).astimezone()
    point = event["point"]
    narrow = columns is not None and columns < WIDE
    room = 11 if narrow else 22
    moment = f"{at:%H:%M:%S}" if narrow else f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
    sender, recipient = (
        cut(text.name(event.get(end, other)), room) for end, other in (("from", "·"), ("to", "*"))
    )
    colour: Colour = COLOURS.get(point, "cyan")
    parts: list[tuple[str, Colour | None]] = [
        (moment, "dim"),
        (f"{point:<9}", colour),
        (sender.rjust(room), "dim"),
        ("→", "dim"),
        (recipient.ljust(room), None),
        ("  " * depth + text.kind(event.get("type", "")), "bold"),
    ]
    parts.extend((f"{name} {text.span(event[name])}", "dim") for name in _times(event))
    if event.get("outcome") not in {None, "ok"}:
        parts.append((event["outcome"], "red"))
    if "detail" in event:
        parts.append((event["detail"], None))
    if not narrow:
        parts.append((event.get("trace", "")[:6], "dim"))
    return _fitted(parts, columns) + "".join(
        "\n    " + json.dumps(event[name], ensure_ascii=False) for name in ("body", "item") if name in event
    )


def _fitted(parts: Sequence[tuple[str, Colour | None]], columns: int | None) -> str:
    """The parts on one line, painted; what has no room in so many columns is left out."""
    shown: list[str] = []
    left = columns
    for part, colour in parts:
        if not part or (left is not None and left <= 1):
            continue
        fitted = part if left is None else cut(part, left)
        shown.append(fitted if colour is None else paint(fitted, colour))
        left = None if left is None else left - width(fitted) - 1
    return " ".join(shown)
