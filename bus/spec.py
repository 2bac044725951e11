"""What a supervision tree is made of: data, no behaviour (G10)."""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import Any, Literal, get_args

import attrs

from bus.actor import Actor
from bus.errors import BootError


class Restart(Enum):
    """Whether a child is started again after its end."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    """Never."""


Strategy = Literal["one_for_one", "rest_for_one"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


def _positive(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not value > 0:
        raise BootError(f"{attribute.name} must be positive, not {value!r}")


def _at_least(least: float) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not value >= least:
            raise BootError(f"{attribute.name} must be at least {least:g}, not {value!r}")

    return check


def _share(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not 0 <= value < 1:
        raise BootError(f"{attribute.name} must be between 0 and 1, not {value!r}")


@attrs.frozen
class Intensity:
    """Restart budget: more than `restarts` within `per` seconds and the supervisor gives up."""

    restarts: int = attrs.field(default=5, validator=_at_least(0))
    per: float = attrs.field(default=30.0, validator=_positive)


@attrs.frozen(kw_only=True)
class Backoff:
    """Waits before restarts: `first` seconds, then times `factor` up to `cap`, each ± `jitter` of itself.

    A child that was well for (first + cap) / 2 seconds starts from `first` again.
    """

    first: float = attrs.field(default=0.2, validator=_positive)
    factor: float = attrs.field(default=2.0, validator=_at_least(1))
    cap: float = attrs.field(default=30.0, validator=_positive)
    jitter: float = attrs.field(default=0.2, validator=_share)

    @property
    def forgiven_after(self) -> float:
        return (self.first + self.cap) / 2

    def delay(self, failures: int, random: float) -> float:
        """Seconds before start number `failures` (counted from 1); `random` in [0, 1) picks the jitter."""
        exponent = min(failures - 1, 64)
        plain = min(self.first * self.factor**exponent, self.cap)
        return plain * (1 + self.jitter * (2 * random - 1))


@attrs.frozen(kw_only=True)
class Limits:
    """Times (in seconds) and sizes of one actor."""

    mailbox: int = attrs.field(default=64, validator=_at_least(1))
    """Places of the work lane."""
    start_within: float = attrs.field(default=10.0, validator=_positive)
    stop_within: float = attrs.field(default=5.0, validator=_at_least(0))
    """How long the message in hand may take once a stop was asked for; then it is cancelled."""
    cleanup_within: float = attrs.field(default=5.0, validator=_at_least(0))
    """How long ``on_stop`` may take; then it is cancelled too."""
    settle_within: float = attrs.field(default=1.0, validator=_at_least(0))
    """How long other messages in hand may take after a crash before they are cancelled."""
    patience: float = attrs.field(default=60.0, validator=_positive)
    """How long a message may wait before the actor counts as degraded."""


@attrs.frozen
class Child:
    """An actor of a tree. `factory` is its class, or a ``functools.partial`` of it; it runs at every start."""

    name: str
    factory: Callable[[], Actor]
    restart: Restart = attrs.field(default=Restart.PERMANENT, kw_only=True)
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)
    limits: Limits = attrs.field(factory=Limits, kw_only=True)


@attrs.frozen
class Pool:
    """Actors of one class, one per key, started on the first message and put to rest when idle.

    `factory` gets the key. `limit` bounds the living ones; messages for further keys wait for a place.
    """

    name: str
    factory: Callable[[str], Actor]
    idle: float = attrs.field(default=600.0, kw_only=True, validator=_positive)
    """Seconds without a message after which an actor is stopped."""
    limit: int = attrs.field(default=1024, kw_only=True, validator=_at_least(1))
    intensity: Intensity = attrs.field(factory=lambda: Intensity(20, 30.0), kw_only=True)
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)
    limits: Limits = attrs.field(factory=Limits, kw_only=True)


def _in_order(children: "Iterable[Node]") -> "tuple[Node, ...]":
    return tuple(children)


@attrs.frozen
class Supervisor:
    """A group of children with one policy."""

    name: str
    strategy: Strategy
    children: tuple["Node", ...] = attrs.field(converter=_in_order)
    intensity: Intensity = attrs.field(factory=Intensity, kw_only=True)
    backoff: Backoff = attrs.field(factory=Backoff, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise BootError(f"supervisor {self.name!r}: unknown strategy {self.strategy!r}")


Node = Child | Pool | Supervisor
"""What a supervisor may have as a child."""


def actor_class(node: Child | Pool) -> type[Actor]:
    """The actor class behind a factory. Raises BootError when it cannot be told."""
    factory: Any = node.factory
    while isinstance(factory, partial):
        factory = factory.func
    if isinstance(factory, type) and issubclass(factory, Actor):
        return factory
    raise BootError(f"{node.name!r}: its factory must be an Actor class or a functools.partial of one")
