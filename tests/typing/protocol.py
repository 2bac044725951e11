"""A small front door for the code that must, and the code that must not, pass the type checkers."""

from typing import final

import attrs

from bus import Command, Event, Request, Stream


@final
@attrs.frozen(kw_only=True)
class Hit:
    """What a search finds."""

    title: str


@final
@attrs.frozen(kw_only=True)
class Search(Request[tuple[Hit, ...]]):
    """A request."""

    query: str


@final
@attrs.frozen(kw_only=True)
class Count(Request[int]):
    """A request with another reply."""

    query: str


@final
@attrs.frozen(kw_only=True)
class Watch(Stream[Hit]):
    """A stream."""

    query: str


@final
@attrs.frozen(kw_only=True)
class Forget(Command):
    """A command."""

    title: str


@final
@attrs.frozen(kw_only=True)
class Forgotten(Event):
    """An event."""

    title: str
