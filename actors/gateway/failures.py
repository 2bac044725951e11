"""How an error looks from outside: HTTP status, code on the WebSocket, and a text for a person. Pure."""

import re
from collections.abc import Mapping
from typing import Final, final

import attrs

from bus import ActorError, DeliveryError, ErrorKind

RETRY_SECONDS: Final = 1
INSIDE: Final = "something went wrong in here; the log says what"

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
AGAIN: Final[frozenset[ErrorKind]] = frozenset({"rate_limited", "unavailable"})
"""Kinds after which the same request may well succeed a little later."""
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@final
@attrs.frozen(kw_only=True)
class Failure:
    kind: ErrorKind
    code: str
    """Says more than the kind: the name of the error."""
    text: str

    @property
    def status(self) -> int:
        return STATUS[self.kind]

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the same request may well succeed."""
        return RETRY_SECONDS if self.kind in AGAIN else None

    @property
    def is_bug(self) -> bool:
        """Whether a developer should hear of it."""
        return self.kind == "failed"


def describe(error: Exception) -> Failure:
    """What to tell the client. Of a fault in here it learns nothing."""
    if isinstance(error, OSError):
        text = error.strerror or "the disk refuses"
        return Failure(kind="unavailable", code="storage_failed", text=text)
    kind: ErrorKind = error.kind if isinstance(error, ActorError | DeliveryError) else "failed"
    if kind == "failed":
        return Failure(kind=kind, code="internal", text=INSIDE)
    return Failure(kind=kind, code=code_of(type(error)), text=str(error))


def code_of(error: type[BaseException]) -> str:
    """The name of an error as clients know it: ``unknown_session``."""
    return _HUMP.sub("_", error.__name__).lower()
