"""Whether the heart of an instance beats, and what to do when it does not.

A heartbeat is told apart from the one before it, and by our own clock: that the clock of the backend goes wrong is no
failure of an instance. After a restart it has time, twice as much after each further one, and then it is given up.
"""

import math
from typing import Final, final

import attrs

from actors.instances.messages import Verdict

GRACE: Final = 2.0
"""Times the timeout that an instance has after its first restart."""


@final
@attrs.define
class Watch:
    """What is known of one instance. Times are seconds of a clock that only moves forward."""

    _beat: float | None = attrs.field(default=None, init=False)
    _at: float = attrs.field(default=0.0, init=False)
    """When this heartbeat was seen first."""
    _well_since: float = attrs.field(default=0.0, init=False)
    _quiet_until: float = attrs.field(default=-math.inf, init=False)
    _restarts: int = attrs.field(default=0, init=False)
    _is_ill: bool = attrs.field(default=False, init=False)
    _is_given_up: bool = attrs.field(default=False, init=False)

    def seen(self, beat: float, now: float, *, timeout: float, attempts: int) -> Verdict | None:
        """What a look says; None where there is nothing to be done or told.

        Args:
          beat: the heartbeat, by whatever clock.
          now: of ours.
          timeout: seconds that a heartbeat may be old; one of exactly that age is not yet too old.
          attempts: how often it is started anew.
        """
        if beat != self._beat:
            was_ill, self._is_ill, self._is_given_up = self._is_ill, False, False
            self._well_since = now if was_ill or self._beat is None else self._well_since
            self._beat, self._at = beat, now
            if now - self._well_since > GRACE * timeout:
                self._restarts, self._quiet_until = 0, -math.inf  # before, it may die soon after each start
            return "recovered" if was_ill else None
        if now - self._at <= timeout or now < self._quiet_until or self._is_given_up:
            return None
        self._is_ill = True
        if self._restarts >= attempts:
            self._is_given_up = True
            return "given_up"
        self._quiet_until = now + GRACE * timeout * 2**self._restarts
        self._restarts += 1
        return "stuck"
