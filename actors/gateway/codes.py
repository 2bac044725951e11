"""Codes that the operator gives to people: each good once, for a short time, for one user.

Those in links open the page. Those that people type confirm a page that an admin is signed in with. Neither is good for
what the other is: a short code lets in nobody who is not known already, and a link, which stays in the history of a
browser, makes no page more than one that is signed in.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Final, final

CODE_SECONDS: Final = 60.0
"""How long the code of a link is good."""
TYPED_SECONDS: Final = 120.0
"""How long one is good that somebody types."""
MOST_CODES: Final = 8
"""Of each kind, that may wait to be used; the oldest beyond are void."""
_BYTES: Final = 32
_LETTERS: Final = "346789ACDEFGHJKMNPQRTUVWXY"
"""None of them looks like another, nor like a digit: no O and 0, I, L and 1, S and 5, Z and 2, B and 8."""
_LENGTH: Final = 8


def of_link() -> str:
    """A code that nobody types."""
    return secrets.token_urlsafe(_BYTES)


def to_type() -> str:
    """One that people type, on a phone perhaps: 38 bits, which few attempts a minute will not find in two."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def as_typed(text: str) -> str:
    """What somebody typed, however they set it: in small letters, in groups."""
    return "".join(each for each in text.upper() if each.isalnum())


def grouped(code: str) -> str:
    """A code as it is read best."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


@final
class Codes:
    """The codes that wait."""

    def __init__(
        self, now: Callable[[], float], make: Callable[[], str] = of_link, seconds: float = CODE_SECONDS
    ) -> None:
        """`now` is a clock that only moves forward, `make` makes a code, which is good for so many `seconds`."""
        self._now = now
        self._make = make
        self._seconds = seconds
        self._waiting: dict[str, tuple[str, float]] = {}

    def new(self, user: str) -> str:
        """A code for this user."""
        code = self._make()
        self._waiting[code] = (user, self._now() + self._seconds)
        while len(self._waiting) > MOST_CODES:
            del self._waiting[next(iter(self._waiting))]
        return code

    def trade(self, code: str) -> str | None:
        """For whom a code is, which is void from then on; None for one that is not good."""
        shown = code.encode(errors="replace")
        known = [each for each in self._waiting if hmac.compare_digest(shown, each.encode())]
        if not known:
            return None
        user, until = self._waiting.pop(known[0])
        return user if self._now() <= until else None
