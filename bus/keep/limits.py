"""Numbers of actors and their supervisors: times (in seconds), sizes, budgets. Faulty ones are refused (G10)."""

import attrs
from attrs.validators import ge, gt, lt

from bus.message.data import Data


@attrs.frozen
class Intensity(Data):
    """Restart budget: more than `restarts` within `per` seconds and the supervisor gives up."""

    restarts: int = attrs.field(default=5, validator=ge(0))
    per: float = attrs.field(default=30.0, validator=gt(0))


@attrs.frozen(kw_only=True)
class Backoff(Data):
    """Waits before restarts: `first` seconds, then times `factor` up to `cap`, each ± `jitter` of itself.

    A child that was well for (first + cap) / 2 seconds starts from `first` again.
    """

    first: float = attrs.field(default=0.2, validator=gt(0))
    factor: float = attrs.field(default=2.0, validator=ge(1))
    cap: float = attrs.field(default=30.0, validator=gt(0))
    jitter: float = attrs.field(default=0.2, validator=[ge(0), lt(1)])

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

    mailbox: int = attrs.field(default=64, validator=ge(1))
    """Places of the work lane."""
    start_within: float = attrs.field(default=10.0, validator=gt(0))
    stop_within: float = attrs.field(default=5.0, validator=ge(0))
    """How long the message in hand may take once a stop was asked for; then it is cancelled."""
    cleanup_within: float = attrs.field(default=5.0, validator=ge(0))
    """How long ``on_stop`` may take; then it is cancelled too."""
    settle_within: float = attrs.field(default=1.0, validator=ge(0))
    """How long other messages in hand may take after a crash before they are cancelled."""
    patience: float = attrs.field(default=60.0, validator=gt(0))
    """How long a message may wait before the actor counts as degraded."""
