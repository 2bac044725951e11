"""``starpod bus``: look inside a running agent."""

import argparse
import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from starpod.cli.output import Colour, note, paint
from starpod.cli.target import add_agent_option, find_instance, live_daemon

if TYPE_CHECKING:
    from starpod.lock import DaemonInfo

FILTER_HELP = """\
filter words, all of which must hold (quote values with blanks, ! before a word negates it):
  type=session.*   actor=llm   to=agent   from=gateway   point=failed   outcome=crashed
  user=admin   session=ID   turn=ID   origin=web   trace=ab12
  took>250ms   wait>1s   text~/regular expression/   errors   injected
"""
COLOURS: dict[str, Colour] = {
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod bus`` takes."""
    add_agent_option(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    tap = actions.add_parser(
        "tap",
        help="every message as it passes",
        epilog=FILTER_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tap.add_argument("filter", nargs="*", help="what to show; everything by default")
    tap.add_argument("--body", action="store_true", help="show the messages' fields too, secrets masked")
    tap.add_argument("--json", action="store_true", help="print lines of JSON (also in a pipe)")
    tap.add_argument("--limit", type=int, default=0, metavar="N", help="stop after N events")
    tap.add_argument("--rate", type=int, default=200, metavar="N", help="events a second at most (200)")
    tap.add_argument("--seconds", type=int, default=600, metavar="N", help="stop after N seconds (600)")
    tap.add_argument("--since", type=int, default=0, metavar="N", help="begin with the last N seconds")


def run(args: argparse.Namespace) -> int:
    """Show the traffic until interrupted or the limit is reached."""
    import trio

    daemon = live_daemon(find_instance(args.agent))
    return trio.run(partial(_tap, daemon, args))


async def _tap(daemon: "DaemonInfo", args: argparse.Namespace) -> int:
    from starpod.cli.connection import Disconnected, connect
    from starpod.errors import StarpodError

    as_json = args.json or not sys.stdout.isatty()
    query = {name: getattr(args, name) for name in ("limit", "rate", "seconds", "since")}
    words = " ".join(args.filter)
    async with connect(daemon, "/api/bus/tap", filter=words, body=int(args.body), **query) as connection:
        if not as_json:
            note(f"tapping {daemon.address}; Ctrl-C ends it")
        try:
            async for event in connection:
                if "error" in event:
                    raise StarpodError(event["error"])
                print(json.dumps(event, ensure_ascii=False) if as_json else _line(event), flush=True)
        except Disconnected as end:
            if not as_json:
                note(str(end))
    return 0


def _line(event: dict[str, Any]) -> str:
    """One event for people."""
    if "missed" in event:
        return paint(f"… {event['missed']} missed", "yellow")
    at = datetime.now(UTC).astimezone()
    point = event["point"]
    parts = [
        paint(f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}", "dim"),
        paint(f"{point:<9}", COLOURS.get(point, "cyan")),
        paint(f"{_name(event.get('from', '·')):>22}", "dim"),
        paint("→", "dim"),
        f"{_name(event.get('to', '*')):<22}",
        paint(event.get("type", ""), "bold"),
    ]
    parts += [paint(f"{name} {_duration(event[name])}", "dim") for name in ("wait", "took") if name in event]
    if event.get("outcome") not in {None, "ok"}:
        parts.append(paint(event["outcome"], "red"))
    if "detail" in event:
        parts.append(event["detail"])
    parts.append(paint(f"{event.get('trace', '')[:6]}", "dim"))
    for name in ("body", "item"):
        if name in event:
            parts.append("\n    " + json.dumps(event[name], ensure_ascii=False))
    return " ".join(part for part in parts if part)


def _name(actor: str) -> str:
    """An actor's name; of a key of a pool only what tells it from others at a glance."""
    pool, bracket, key = actor.partition("[")
    return f"{pool}[{key[:8]}]" if bracket else pool


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
