"""The options that describe a job, and what is sent of them."""

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any, Final

from starpod.cli.duration import seconds
from starpod.errors import StarpodError

PLAIN: Final = ("max_retries", "timeout_secs", "session_mode", "overlap", "jitter_secs", "budget_usd")
"""Options that are sent as they are, under their own names."""
HIDDEN: Final = argparse.SUPPRESS
_MONEY: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def add_schedule(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Declare when something is to run."""
    when = parser.add_mutually_exclusive_group(required=required)
    when.add_argument(
        "--every", type=_checked(seconds), metavar="TIME", help="again and again: 30m, 2h, 1d, 1h30m"
    )
    when.add_argument(
        "--cron",
        metavar="EXPRESSION",
        help='minute, hour, day of month, month, day of week: "0 9 * * 1-5"; or @daily and the like',
    )
    when.add_argument("--schedule", dest="cron", help=HIDDEN)
    when.add_argument("--at", metavar="TIME", help="once: 2030-06-15T23:00, by the clock of the zone")
    parser.add_argument("--zone", metavar="ZONE", help="such as Europe/Rome; left out, the agent's")


def add_description(parser: argparse.ArgumentParser, *, again: bool) -> None:
    """Declare what a job is; `again`: for one that is there, of which what is left out stays."""
    lasting = _checked(lambda text: seconds(text, bare=True))
    parser.add_argument(
        "--prompt",
        required=not again,
        metavar="TEXT",
        help="what to do, understandable by itself; - takes it from standard input",
    )
    parser.add_argument(
        "--retries",
        dest="max_retries",
        type=int,
        metavar="N",
        help="so many more attempts after one that failed",
    )
    parser.add_argument("--max-retries", dest="max_retries", type=int, help=HIDDEN)
    parser.add_argument(
        "--timeout", dest="timeout_secs", type=lasting, metavar="TIME", help="a run may take so long: 10m"
    )
    parser.add_argument("--timeout-secs", dest="timeout_secs", type=lasting, help=HIDDEN)
    modes = ("isolated", "main")
    parser.add_argument(
        "--mode",
        dest="session_mode",
        choices=modes,
        help="whether each run has a conversation of its own, or speaks in the main one",
    )
    parser.add_argument("--session-mode", dest="session_mode", choices=modes, help=HIDDEN)
    parser.add_argument(
        "--missed",
        type=_checked(_missed),
        metavar="run_once|all|TIME",
        help="times at which the agent was off: one run for all of them, a run for each of the last ten, or none for "
        "those more than TIME ago",
    )
    parser.add_argument(
        "--overlap", choices=("skip", "queue"), help="when a time comes and the run before is not over"
    )
    parser.add_argument(
        "--jitter",
        dest="jitter_secs",
        type=lasting,
        metavar="TIME",
        help="begin at random up to so much later",
    )
    parser.add_argument(
        "--budget",
        dest="budget_usd",
        type=_checked(_money),
        metavar="USD",
        help="a run may cost so much; 0: no limit",
    )
    parser.add_argument("--model", metavar="PROVIDER/MODEL", help="which model does it; '' for the agent's")


def schedule(args: argparse.Namespace) -> dict[str, Any] | None:
    """When it is to run, as far as that was said."""
    if args.every is not None:
        return {"kind": "interval", "every_ms": args.every * 1000}
    if args.cron is not None:
        return {"kind": "cron", "expr": args.cron}
    return None if args.at is None else {"kind": "one_shot", "at": args.at}


def described(args: argparse.Namespace) -> dict[str, Any]:
    """What was said of a job, under the names of its fields."""
    body: dict[str, Any] = {
        "schedule": schedule(args),
        "timezone": args.zone,
        "prompt": _prompt(args.prompt),
        "delete_after_run": args.once,
        **(args.missed or {}),
        **{name: getattr(args, name) for name in PLAIN},
    }
    said = {name: value for name, value in body.items() if value is not None}
    return said if args.model is None else {**said, "model": args.model or None}


def truth(text: str) -> bool:
    """The word true or false."""
    if text.lower() not in {"true", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _prompt(text: str | None) -> str | None:
    """Raises StarpodError for what says nothing."""
    if text == "-":
        try:
            text = sys.stdin.buffer.read().decode().strip()
        except UnicodeDecodeError:
            raise StarpodError("the prompt is not UTF-8 text") from None
    if text is not None and not text.strip():
        raise StarpodError("the prompt is empty: say what to do")
    return text


def _missed(text: str) -> dict[str, Any]:
    """The policy, and how late is too late."""
    if text in {"run_once", "all", "skip_older_than"}:
        return {"missed": text}
    return {
        "missed": "skip_older_than",
        "missed_secs": seconds(text.removeprefix("skip_older_than="), bare=True),
    }


def _money(text: str) -> float:
    if not _MONEY.fullmatch(text):
        raise ValueError(f"{text!r} is no amount of money: write 0.5")
    return float(text)


def _checked(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read` for argparse, which tells people why a value cannot be one."""

    def checked(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked
