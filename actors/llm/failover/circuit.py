"""Whether an endpoint that keeps failing is left alone for a while: its circuit breaker. Pure.

::

    closed --FAILURES in a row, or one that asks for a long wait--> resting
    resting --its time is over--> due
    due --a request is begun--> probing
    probing --it succeeds--> closed     --it fails--> resting, twice as long     --it is left--> due

Nothing of it is stored. A circuit refuses nobody: whoever has something else to ask looks at :meth:`Circuit.resting`
first.
"""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar, final

import attrs

FAILURES: Final = 3
"""Requests in a row that have to fail before an endpoint rests."""
FIRST_REST: Final = 15.0
"""Seconds of the first rest; each further one takes twice as long."""
LONGEST_REST: Final = 600.0
"""Seconds no rest exceeds, whatever the endpoint asks for: then one request finds out whether it is back."""
LONG_WAIT: Final = 10.0
"""Seconds. An endpoint that asks for a wait as long as this rests after one failure."""
JITTER: Final = 0.25
"""Largest part of a rest that chance takes away, so that not everybody comes back in the same instant."""

KeyT = TypeVar("KeyT", bound=Hashable)


@final
@attrs.frozen(eq=False)
class Begun:
    """One request, between its beginning and its end."""

    period: int
    """Of its circuit when it was begun: what is older than the last change of state says nothing about it."""


@final
@attrs.define(eq=False)
class Circuit:
    """What is known of one endpoint. `now` is always seconds on the monotonic clock."""

    why: str = ""
    """What its last failure said; empty while all is well."""
    asked: bool = False
    """Whether its last failure said how long to wait, so that a wait is no guess."""
    until: float | None = None
    """When its rest is over; None while it is closed."""
    failures: int = 0
    """In a row, while it is closed."""
    rests: int = 0
    """Since it was closed last, the present one included."""
    _probe: Begun | None = None
    _period: int = 0

    def resting(self, now: float) -> bool:
        """Whether somebody else is to be asked first: it rests, or its one probe is under way."""
        return self.until is not None and (now < self.until or self._probe is not None)

    def begin(self, now: float) -> Begun:
        """A request is sent, as a probe where one is due. Its end is told by one of the other methods."""
        begun = Begun(self._period)
        if self.until is not None and not self.resting(now):
            self._probe = begun
        return begun

    def succeeded(self, begun: Begun) -> None:
        """The endpoint has answered."""
        if begun.period != self._period:
            return
        if self.until is not None:
            self._period += 1
        self.why, self.asked, self.until, self.failures, self.rests, self._probe = "", False, None, 0, 0, None

    def failed(
        self, begun: Begun, now: float, why: str, *, wait: float | None = None, chance: float = 0.0
    ) -> None:
        """The endpoint has not answered.

        Args:
          begun: the request.
          now: see the class.
          why: for people.
          wait: seconds that the endpoint wants to be left alone, where it says so.
          chance: random number in [0, 1).
        """
        if begun.period != self._period:
            return
        self.why, self.asked = why, wait is not None
        if self.until is None:
            self.failures += 1
            if self.failures >= FAILURES or (wait or 0.0) >= LONG_WAIT:
                self._rest(now, wait, chance)
        elif begun is self._probe:
            self._rest(now, wait, chance)
        elif wait:  # somebody had nothing else to ask
            self.until = max(self.until, now + min(wait, LONGEST_REST))

    def left(self, begun: Begun) -> None:
        """The request is over. One that nobody waited for to the end has shown nothing: the next is the probe."""
        if begun is self._probe:
            self._probe = None

    def _rest(self, now: float, wait: float | None, chance: float) -> None:
        usual = min(FIRST_REST * 2.0 ** min(self.rests, 16), LONGEST_REST) * (1 - JITTER * chance)
        self.until = now + max(usual, min(wait or 0.0, LONGEST_REST))
        self.failures, self._probe = 0, None
        self.rests += 1
        self._period += 1


@final
class Circuits(Generic[KeyT]):
    """One circuit for each endpoint that was asked."""

    def __init__(self) -> None:
        self._all: dict[KeyT, Circuit] = {}

    def of(self, endpoint: KeyT) -> Circuit:
        """The circuit of `endpoint`, closed where it was never asked."""
        return self._all.setdefault(endpoint, Circuit())

    def open(self) -> dict[KeyT, Circuit]:
        """Those that are not closed."""
        return {endpoint: circuit for endpoint, circuit in self._all.items() if circuit.until is not None}

    def forget(self) -> None:
        """All endpoints may be well again: something about them was changed."""
        self._all.clear()
