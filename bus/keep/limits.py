"""Numbers of actors and their supervisors: times (in seconds), sizes, budgets. Faulty ones are refused (G10)."""

from collections.abc import Callable
from typing import Any

import attrs

from bus.message.data import Data
from bus.message.errors import BootError


def positive(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """Refuse what is not above zero."""
    if not value > 0:
        raise BootError(f"{attribute.name} must be positive, not {value!r}")


def at_least(least: float) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    """Refuse what is below `least`."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not value >= least:
            raise BootError(f"{attribute.name} must be at least {least:g}, not {value!r}")

    return check


def _share(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not 0 <= value < 1:
        raise BootError(f"{attribute.name} must be between 0 and 1, not {value!r}")


@attrs.frozen
class Intensity(Data):
    """Restart budget: more than `restarts` within `per` seconds and the supervisor gives up."""

    restarts: int = attrs.field(default=5, validator=at_least(0))
    per: float = attrs.field(default=30.0, validator=positive)


@attrs.frozen(kw_only=True)
class Backoff(Data):
    """Waits before restarts: `first` seconds, then times `factor` up to `cap`, each ± `jitter` of itself.

    A child that was well for (first + cap) / 2 seconds starts from `first` again.
    """

    first: float = attrs.field(default=0.2, validator=positive)
    factor: float = attrs.field(default=2.0, validator=at_least(1))
    cap: float = attrs.field(default=30.0, validator=positive)
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
class Limits(Data):
    """Times (in seconds) and sizes of one actor."""

    mailbox: int = attrs.field(default=64, validator=at_least(1))
    """Places of the work lane."""
    start_within: float = attrs.field(default=10.0, validator=positive)
    stop_within: float = attrs.field(default=5.0, validator=at_least(0))
    """How long the message in hand may take once a stop was asked for; then it is cancelled."""
    cleanup_within: float = attrs.field(default=5.0, validator=at_least(0))
    """How long ``on_stop`` may take; then it is cancelled too."""
    settle_within: float = attrs.field(default=1.0, validator=at_least(0))
    """How long other messages in hand may take after a crash before they are cancelled."""
    patience: float = attrs.field(default=60.0, validator=positive)
    """How long a message may wait before the actor counts as degraded."""
