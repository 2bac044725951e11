"""How much one user may ask for."""

from collections.abc import Callable
from typing import final

from actors.gateway.messages import TooManyRequests
from actors.gateway.rates import Rates
from actors.gateway.refusals import Refusals
from actors.gateway.settings import Settings
from actors.vocabulary import Principal, may


@final
class RequestLimit:
    """Counts the requests and messages of each user, over all of their programs and browsers."""

    def __init__(
        self, settings: Callable[[], Settings], now: Callable[[], float], refusals: Refusals
    ) -> None:
        """`now` is a clock that only moves forward, in seconds; `refusals` is told what is refused."""
        self._settings = settings
        self._refusals = refusals
        self._rates = Rates(now)

    def take(self, known: Principal, address: str) -> None:
        """Count one more; what is refused is not counted. Raises TooManyRequests. The operator is not limited."""
        settings = self._settings()
        if settings.rate_limit_requests == 0 or may(known.proof, "operate"):
            return
        wait = self._rates.take(known.user, settings.rate_limit_requests, settings.rate_limit_window_secs)
        if wait:
            self._refusals.note(address, "requests beyond the limit", known.user)
            raise TooManyRequests(seconds=wait)
