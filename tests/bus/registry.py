"""Every message class of the project, and what answers it."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

from bus import Message, Request, Stream, wire_name
from bus.keep import deadletter
from bus.run.routing import message_classes

ROOT = Path(__file__).parent.parent.parent


def _modules() -> list[ModuleType]:
    doors = (*(ROOT / "actors").glob("*/messages.py"), *(ROOT / "actors").glob("*/messages/*.py"))
    names = [".".join(door.relative_to(ROOT).with_suffix("").parts) for door in sorted(doors)]
    return [deadletter, *map(importlib.import_module, names)]


KINDS: list[type[Message]] = sorted(
    {kind for module in _modules() for kind in message_classes(module)}, key=wire_name
)


def _answer(kind: Any) -> list[Any]:
    """The reply of a request or the item of a stream; nothing for the others."""
    bases = getattr(kind, "__orig_bases__", ())
    return [get_args(base)[0] for base in bases if get_origin(base) in (Request, Stream)]


ANSWERS: list[tuple[str, Any]] = [(wire_name(kind), answer) for kind in KINDS for answer in _answer(kind)]
