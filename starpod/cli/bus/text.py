"""How the console writes names, times, numbers and states."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from starpod.cli.output import Colour, paint

STATES: Final[Mapping[str, Colour]] = {
    "ready": "green",
    "starting": "cyan",
    "degraded": "yellow",
    "backoff": "yellow",
    "suspended": "blue",
    "stopping": "yellow",
    "stopped": "yellow",
    "failed": "red",
}

OUTCOMES: Final[Mapping[str, Colour]] = {
    "done": "green",
    "running": "cyan",
    "accepted": "yellow",
    "failed": "red",
    "cancelled": "yellow",
    "merged": "dim",
}
"""States of turns."""


def name(actor: str) -> str:
    """An actor's name; of one of a pool only what tells it from others at a glance."""
    pool, bracket, key = actor.partition("[")
    return f"{pool}[{key.rstrip(']')[:8]}]" if bracket else pool


def kind(wire_name: str) -> str:
    """A message class without its version."""
    return wire_name.partition("@")[0]


def span(seconds: float) -> str:
    """How long something took or takes: 850 µs, 12.3 ms, 4.20 s, 3m 20s, 2h 5m, 3d 4h."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 60:
        return f"{minutes}m {int(seconds % 60)}s"
    return f"{hours}h {minutes % 60}m" if hours < 24 else f"{days}d {hours % 24}h"


def ago(seconds: float) -> str:
    """How long ago something was."""
    return "now" if seconds < 1 else f"{span(seconds).replace('.00', '')} ago"


def count(number: float) -> str:
    """A number of any size in a few columns: 812, 12.4k, 3.1M."""
    for limit, unit in ((1e6, "M"), (1e4, "k")):
        if number >= limit:
            return f"{number / (1e6 if unit == 'M' else 1e3):.1f}{unit}"
    return f"{number:.0f}"


def tokens(number: int) -> str:
    """A number of tokens, in thousands where it has more than three digits."""
    return f"{number / 1000:.1f}k" if number >= 1000 else str(number)


def size(count: int) -> str:
    """A number of bytes."""
    return f"{count / 1000:.1f} kB" if count >= 1000 else f"{count} B"


def cost(usd: float | None) -> str:
    """Dollars, as many digits as tell something; nothing where the price is not known."""
    return "" if usd is None else f"${usd:.4f}" if usd < 1 else f"${usd:.2f}"


def clock(moment: str) -> str:
    """A moment as the day and time here."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"


def state(word: str) -> tuple[str, Colour]:
    """The state of an actor in its colour."""
    return word, STATES.get(word, "bold")


def flat(text: str) -> str:
    """Text without line ends."""
    return " ".join(text.split())


def facts(pairs: Mapping[str, Any], indent: str = "  ") -> list[str]:
    """Names and values below each other; nested values below their name."""
    room = max((len(key) for key, value in pairs.items() if not _is_nested(value)), default=0)
    lines: list[str] = []
    for key, value in pairs.items():
        if _is_nested(value):
            lines += [f"{indent}{paint(key, 'dim')}", *_nested(value, indent + "  ")]
        else:
            lines.append(f"{indent}{paint(key.ljust(room), 'dim')}  {_plain(value)}")
    return lines


def _is_nested(value: Any) -> bool:
    return type(value) in {dict, list} and bool(value)


def _nested(value: Any, indent: str) -> list[str]:
    return (
        facts(cast("Mapping[str, Any]", value), indent)
        if isinstance(value, dict)
        else [f"{indent}{_plain(member)}" for member in value]
    )


def _plain(value: Any) -> str:
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
