"""What the tests of files share."""

from pathlib import Path
from typing import Any

from actors.subsystem import Subsystem
from actors.tools import messages
from actors.tools.actor import ToolsActor
from actors.tools.paths import Home
from bus import Request

TOOLS: tuple[type[Request[Any]], ...] = tuple(Subsystem("tools", ToolsActor, front=messages).tools())
"""All that the model may call, in the order in which it is offered."""

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def go_on() -> None:
    """Somebody waits for the work for as long as it takes."""


def put(home: Home, path: str, data: bytes) -> Path:
    target = home.root / path
    target.write_bytes(data)
    return target


def names(home: Home) -> list[str]:
    return sorted(path.relative_to(home.root).as_posix() for path in home.root.rglob("*") if path.is_file())
