"""A front door that a test may serve in part, to see what boot says."""

from typing import final

import attrs

from bus import Command, Event, Message, Request


@final
@attrs.frozen(kw_only=True)
class Ask(Request[int]):
    n: int


@final
@attrs.frozen(kw_only=True)
class Tell(Command):
    n: int


@final
@attrs.frozen(kw_only=True)
class Told(Event):
    n: int


class NoMessage:
    """Stands in the same module and is none."""


def helper() -> type[Message]:
    """Likewise."""
    return Ask
