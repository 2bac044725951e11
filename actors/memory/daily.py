"""Daily logs: one note a day, one entry with its time below the other. Pure."""

from datetime import datetime

from actors.memory import names
from actors.memory.edits import appended
from actors.memory.names import Name


def name_of(now: datetime) -> Name:
    """The log of the day that `now` is in, by its own zone."""
    return names.checked(f"{names.LOGS}/{now:%Y-%m-%d}.md")


def with_entry(before: bytes | None, now: datetime, text: bytes) -> bytes:
    """The log with one entry more."""
    head = f"# Daily Log — {now:%Y-%m-%d}\n".encode() if not before else b""
    return appended(before, head) + f"\n## {now:%H:%M:%S}\n".encode() + text.rstrip(b"\n") + b"\n"
