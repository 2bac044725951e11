"""How an error looks from outside: HTTP status, code on the WebSocket, and a text for a person."""

import logging
import math
import re
from collections.abc import Mapping
from typing import Final, final

import attrs

from actors.endpoints import NeedsConfirming
from actors.gateway.messages import TooMany
from actors.settings.messages import Mistake, Refused
from bus import ActorError, Data, DeliveryError, ErrorKind, redact

RETRY_SECONDS: Final = 1
INSIDE: Final = "something went wrong in here; the log says what"
UNDELIVERED: Final[Mapping[ErrorKind, str]] = {
    "unavailable": "the agent is busy or restarts; try again in a moment",
    "timeout": "this took too long; look whether it was done before you try again",
    "too_large": "this is more than the agent takes at once",
}
"""What people are told of a message within the agent that had no answer; which one it was, the log says."""

STATUS: Final[Mapping[ErrorKind, int]] = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "failed": 500,
    "unavailable": 503,
    "timeout": 504,
}
OTHERWISE: Final[Mapping[str, int]] = {"not_text": 422}
"""By the code of an error that programs know by another status than that of its kind."""
AGAIN: Final[frozenset[ErrorKind]] = frozenset({"rate_limited", "unavailable"})
"""Kinds after which the same request may well succeed a little later."""
_log = logging.getLogger(__name__)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@final
@attrs.frozen(kw_only=True)
class Failure(Data):
    kind: ErrorKind
    code: str
    """Says more than the kind: the name of the error."""
    text: str
    seconds: int = RETRY_SECONDS
    """After how many the same request may well succeed, if it may at all."""
    mistakes: tuple[Mistake, ...] = ()
    """What is wrong with which of the settings that were to be changed."""
    confirming: bool = False
    """Whether an admin's page may do it once it was confirmed."""

    @property
    def status(self) -> int:
        return OTHERWISE.get(self.code, STATUS[self.kind])

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the same request may well succeed."""
        return self.seconds if self.kind in AGAIN else None

    @property
    def is_bug(self) -> bool:
        """Whether a developer should hear of it."""
        return self.kind == "failed"


def report(error: Exception, what: str) -> Failure:
    """What to tell the client of `what` that failed; whatever else there is to know goes to the log."""
    failure = describe(error)
    if failure.is_bug:
        _log.error("%s failed", what, exc_info=error)
    elif isinstance(error, DeliveryError):
        _log.warning("%s had no answer: %s", what, error)
    return failure


def describe(error: Exception) -> Failure:
    """What to tell the client, who learns nothing of the inside, nor any secret."""
    if isinstance(error, OSError):
        text = error.strerror or "the disk refuses"
        return Failure(kind="unavailable", code="storage_failed", text=text)
    kind: ErrorKind = error.kind if isinstance(error, ActorError | DeliveryError) else "failed"
    if kind == "failed":
        return Failure(kind=kind, code="internal", text=INSIDE)
    text = UNDELIVERED[kind] if isinstance(error, DeliveryError) else redact(str(error))
    seconds = math.ceil(error.seconds) if isinstance(error, TooMany) else RETRY_SECONDS
    mistakes = error.mistakes if isinstance(error, Refused) else ()
    shown = tuple(Mistake(key=each.key, text=redact(each.text)) for each in mistakes)
    return Failure(
        kind=kind,
        code=code_of(type(error)),
        text=text,
        seconds=seconds,
        mistakes=shown,
        confirming=isinstance(error, NeedsConfirming),
    )


def code_of(error: type[BaseException]) -> str:
    """The name of an error as clients know it: ``unknown_session``."""
    return _HUMP.sub("_", error.__name__).lower()
