"""How an error looks from outside: HTTP status, code on the WebSocket, and a text for a person. Pure."""

from typing import final

import attrs

from actors.endpoints import BadMessage
from actors.gateway.frames import TooLarge, UnknownType
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tools import messages as tools
from bus import ActorError, ActorStopped, DeadlineExceeded, DeliveryError, MailboxFull, Unavailable

RETRY_SECONDS = 1
INSIDE = "something went wrong in here; the log says what"

_DOMAIN: tuple[tuple[type[ActorError], int, str], ...] = (
    (session.UnknownSession, 404, "unknown_session"),
    (session.UnknownTurn, 404, "unknown_turn"),
    (session.SessionIsClosed, 409, "session_closed"),
    (session.StorageFailed, 503, "storage_failed"),
    (llm.ModelNotAllowed, 400, "model_not_allowed"),
    (tools.FileNotFound, 404, "unknown_file"),
    (tools.FileSystemRefused, 503, "storage_failed"),
    (tools.AttachmentTooLarge, 413, "attachment_refused"),
    (tools.AttachmentsDisabled, 403, "attachment_refused"),
    (tools.ExtensionNotAllowed, 415, "attachment_refused"),
    (Unavailable, 503, "unavailable"),
)
"""Domain errors with a status of their own; all others are a 400. The first that fits counts."""


@final
@attrs.frozen(kw_only=True)
class Failure:
    status: int
    code: str
    text: str
    retry_after: int | None = None
    """Seconds after which the same request may well succeed."""

    @property
    def is_bug(self) -> bool:
        """Whether a developer should hear of it."""
        return self.code == "internal"


def describe(error: Exception) -> Failure:
    """What to tell the client."""
    match error:
        case UnknownType():
            return Failure(status=400, code="unknown_type", text=str(error))
        case TooLarge():
            return Failure(status=413, code="too_large", text=str(error))
        case BadMessage():
            return Failure(status=400, code="bad_message", text=str(error))
        case ActorError():
            return _domain(error)
        case DeliveryError():
            return _delivery(error)
        case OSError():
            return Failure(status=503, code="storage_failed", text=error.strerror or "the disk refuses")
        case _:
            return Failure(
                status=500, code="internal", text="something went wrong in here; the log says what"
            )


def _domain(error: ActorError) -> Failure:
    text = str(error)
    for kind, status, code in _DOMAIN:
        if isinstance(error, kind):
            retry = RETRY_SECONDS if code == "unavailable" else None
            return Failure(status=status, code=code, text=text, retry_after=retry)
    return Failure(status=400, code="refused", text=text)


def _delivery(error: DeliveryError) -> Failure:
    text = str(error)
    match error:
        case MailboxFull():
            return Failure(status=503, code="busy", text=text, retry_after=RETRY_SECONDS)
        case DeadlineExceeded():
            return Failure(status=504, code="timeout", text=text)
        case ActorStopped():
            return Failure(status=503, code="unavailable", text=text, retry_after=RETRY_SECONDS)
        case _:
            return Failure(status=500, code="internal", text=INSIDE)
