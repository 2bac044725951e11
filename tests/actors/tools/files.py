"""What the tests of files share."""

from pathlib import Path
from typing import Any

from actors.subsystem import Subsystem
from actors.tools import changing, messages, reading
from actors.tools.actor import ToolsActor
from actors.tools.changing import Plan
from actors.tools.contents import Contents
from actors.tools.looking import Keep
from actors.tools.paths import GoOn, Home
from bus import Request

TOOLS: tuple[type[Request[Any]], ...] = tuple(Subsystem("tools", ToolsActor, front=messages).tools())
"""All that the model may call, in the order in which it is offered."""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
UPLOAD = "upload-1"
ROOM = 50_000


def go_on() -> None:
    """Somebody waits for the work for as long as it takes."""


def keep(home: Home, limit: int = 1_000_000) -> Keep:
    """What keeps contents beside a home."""
    return Keep(home, Contents(home.root.parent / "kept"), limit, go_on)


def write(home: Home, path: str, content: str, call: str = "call-1", going: GoOn = go_on) -> Plan:
    """Write a file as a call does."""
    return _done(home, changing.plan_write(keep(home), path, content.encode()), call, going)


def edit(home: Home, path: str, old: str, new: str, *, everywhere: bool = False) -> Plan:
    """Edit a file as a call does."""
    plan = changing.plan_edit(keep(home), home.relative(path), old, new, everywhere=everywhere)
    return _done(home, plan, "call-1", go_on)


def delete(home: Home, path: str) -> Plan:
    """Delete a file as a call does."""
    return _done(home, changing.plan_delete(keep(home), path), "call-1", go_on)


def _done(home: Home, plan: Plan, call: str, going: GoOn) -> Plan:
    changing.carry_out(home, plan, call, going)
    return plan


def put(home: Home, path: str, data: bytes) -> Path:
    target = home.root / path
    target.write_bytes(data)
    return target


def names(home: Home) -> list[str]:
    return sorted(path.relative_to(home.root).as_posix() for path in home.root.rglob("*") if path.is_file())


def read(
    home: Home, path: str, offset: int = 1, limit: int | None = None, room: int = ROOM, skip: int = 0
) -> Any:
    with home.place(path) as place, place.open() as file:
        return reading.read(file, place.path, offset, skip, limit, room, go_on)
