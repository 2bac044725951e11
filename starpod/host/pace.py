"""How patient a host is with its instances, and with itself."""

from typing import final

import attrs


@final
@attrs.frozen(kw_only=True)
class Pace:
    """How patient a host is; all but `attempts` in seconds."""

    beat: float = 5.0
    """Between two looks at an instance that runs."""
    soon: float = 0.1
    """The same while it starts."""
    patience: float = 60.0
    """For an instance to start."""
    attempts: int = 3
    """Ends that follow close upon a start, after which it is left alone."""
    stable: float = 60.0
    """After which an end is no longer close upon the start."""
    first_wait: float = 0.5
    """After an end, or when the host itself cannot do something; doubled each time."""
    longest_wait: float = 30.0

    def wait(self, times: int) -> float:
        """Before the next attempt, when it went wrong so often."""
        return min(self.longest_wait, self.first_wait * 2.0 ** min(times, 30))
