"""What the answer of a push service means. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, final

import attrs

from bus import Data

FIRST: Final = 30.0
"""Seconds until something is tried again the first time; each further time it is twice as long."""
LONGEST: Final = 3600.0
LATEST: Final = 24 * 3600.0
"""Seconds after which something is tried again whatever the service says."""
LONGEST_REASON: Final = 200
"""Characters."""


@final
@attrs.frozen
class Sent(Data):
    """The service has it, and sees to the rest."""


@final
@attrs.frozen
class Gone(Data):
    """The browser takes nothing any more."""

    reason: str = "the browser takes no notifications any more"


@final
@attrs.frozen
class Refused(Data):
    """It is not taken, and would not be another time."""

    reason: str


@final
@attrs.frozen
class Later(Data):
    """It has not arrived; the same may be taken another time."""

    reason: str
    seconds: float
    """From now."""


@final
@attrs.frozen
class Unknown(Data):
    """It was written, and nobody has said whether it has arrived."""

    reason: str


Verdict = Sent | Gone | Refused | Later | Unknown


def judged(status: int, retry_after: str | None, said: str, attempt: int, now: datetime) -> Verdict:
    """What an answer means.

    Args:
      status: of the answer.
      retry_after: the header of that name.
      said: the beginning of its body.
      attempt: how often it was tried, from 1.
      now: aware.
    """
    if 200 <= status < 300:
        return Sent()
    if status in {404, 410}:
        return Gone()
    reason = f"the push service answers {status}"
    if shown := " ".join("".join(each if each.isprintable() else " " for each in said).split()):
        reason = f"{reason}: {shown}"
    reason = reason[:LONGEST_REASON]
    if status in {408, 425, 429} or status >= 500:
        wanted = seconds_of(retry_after, now)
        return Later(reason, min(LATEST, max(again(attempt), wanted)))
    return Refused(reason)


def again(attempt: int) -> float:
    """Seconds until the next attempt."""
    return min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 20))


def seconds_of(retry_after: str | None, now: datetime) -> float:
    """How long a service wants to be left alone; 0 where it does not say so."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(timedelta(), at - now).total_seconds()
