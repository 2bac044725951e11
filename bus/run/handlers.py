"""How an actor class handles which messages: its table, read from what its methods were bound to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, cast

import attrs

from bus.message.data import Data
from bus.message.errors import BootError
from bus.message.message import CONCURRENT, HANDLES, Lane, Message, Stream


@attrs.frozen
class Handler(Data):
    """How one message class is handled by one actor class."""

    method: Callable[..., Coroutine[Any, Any, Any]]
    limit: int
    """Messages at once, each in a task of its own; 0 means one at a time, in the mailbox loop."""
    isolated: bool
    """Whether a crash ends nothing but its own message."""
    streams: bool


Handlers = dict[type[Message], Handler]


def handlers_of(actor: type[Any]) -> Handlers:
    """The handler table of an actor class. Raises BootError when a class is handled twice or wrongly."""
    table: Handlers = {}
    for name, method in inspect.getmembers(actor, inspect.isfunction):
        kind: Any = getattr(method, HANDLES, None)
        if kind is None:
            continue
        if kind in table:
            raise BootError(
                f"{actor.__name__} handles {kind.__name__} twice: {table[kind].method.__name__}, {name}"
            )
        limit, isolated = cast("tuple[int, bool]", getattr(method, CONCURRENT, (0, False)))
        control = kind.lane is Lane.CONTROL
        table[kind] = Handler(
            method=method,
            limit=1 if control else limit,
            isolated=isolated and not control,
            streams=issubclass(kind, Stream),
        )
    return table
