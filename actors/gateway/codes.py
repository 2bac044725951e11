"""Codes in links that open the page: each good once, for a minute, for one user."""

import hmac
import secrets
from collections.abc import Callable
from typing import Final, final

CODE_SECONDS: Final = 60.0
"""How long the code of a link is good."""
MOST_CODES: Final = 8
"""Links that may wait to be opened; the oldest beyond are void."""
_BYTES: Final = 32


@final
class Codes:
    """The codes that wait."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is a clock that only moves forward, in seconds."""
        self._now = now
        self._waiting: dict[str, tuple[str, float]] = {}

    def new(self, user: str) -> str:
        """A code for a link that opens the page for this user."""
        code = secrets.token_urlsafe(_BYTES)
        self._waiting[code] = (user, self._now() + CODE_SECONDS)
        while len(self._waiting) > MOST_CODES:
            del self._waiting[next(iter(self._waiting))]
        return code

    def trade(self, code: str) -> str | None:
        """For whom a code opens the page, which is void from then on; None for one that is not good."""
        shown = code.encode(errors="replace")
        known = [each for each in self._waiting if hmac.compare_digest(shown, each.encode())]
        if not known:
            return None
        user, until = self._waiting.pop(known[0])
        return user if self._now() <= until else None
