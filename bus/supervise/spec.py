"""What a supervision tree is made of: data, no behaviour (G10)."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import attrs
from attrs.validators import ge, gt, in_

from bus.keep.limits import Backoff, Intensity, Limits
from bus.keep.restart import STRATEGIES, Strategy
from bus.message.data import Data
from bus.message.errors import BootError
from bus.run.actor import Actor


@attrs.frozen
class Child(Data):
    """An actor of a tree. `factory` is its class, or a ``functools.partial`` of it; it runs at every start."""

    name: str
    factory: Callable[[], Actor]
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)
    limits: Limits = attrs.field(factory=Limits, kw_only=True)


@attrs.frozen
class Pool(Data):
    """Actors of one class, one per key, started on the first message and put to rest when idle.

    `factory` gets the key. `limit` bounds the living ones of a `rank`; messages for further keys wait for a place.
    """

    name: str
    factory: Callable[[str], Actor]
    idle: float = attrs.field(default=600.0, kw_only=True, validator=gt(0))
    """Seconds without a message after which an actor is stopped."""
    limit: int = attrs.field(default=1024, kw_only=True, validator=ge(1))
    rank: Callable[[str], int] = attrs.field(default=lambda _key: 0, kw_only=True)
    """By key. Each rank has places of its own: who waits for members of a higher one cannot keep them from living."""
    intensity: Intensity = attrs.field(factory=lambda: Intensity(20, 30.0), kw_only=True)
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)
    limits: Limits = attrs.field(factory=Limits, kw_only=True)


def _in_order(children: "Iterable[Node]") -> "tuple[Node, ...]":
    return tuple(children)


@attrs.frozen
class Supervisor(Data):
    """A group of children with one policy."""

    name: str
    strategy: Strategy = attrs.field(validator=in_(STRATEGIES))
    children: tuple["Node", ...] = attrs.field(converter=_in_order)
    intensity: Intensity = attrs.field(factory=Intensity, kw_only=True)
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)


Node = Child | Pool | Supervisor


def actor_class(node: Child | Pool) -> type[Actor]:
    """The actor class behind a factory. Raises BootError when it cannot be told."""
    factory: Any = node.factory
    while isinstance(factory, partial):
        factory = factory.func
    if isinstance(factory, type) and issubclass(factory, Actor):
        return factory
    raise BootError(f"{node.name!r}: its factory must be an Actor class or a functools.partial of one")
