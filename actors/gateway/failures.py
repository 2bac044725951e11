"""How an error looks from outside: HTTP status, code on the WebSocket, and a text for a person. Pure."""

from typing import final

import attrs

from actors.gateway.fields import Malformed
from actors.gateway.inbound import UnknownType
from actors.llm import messages as llm
from actors.session import messages as session
from bus import ActorError, ActorStopped, DeadlineExceeded, DeliveryError, MailboxFull, Unavailable

RETRY_SECONDS = 1


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
        case Malformed():
            return Failure(status=400, code="bad_message", text=str(error))
        case ActorError():
            return _domain(error)
        case DeliveryError():
            return _delivery(error)
        case _:
            return Failure(
                status=500, code="internal", text="something went wrong in here; the log says what"
            )


def _domain(error: ActorError) -> Failure:
    text = str(error)
    match error:
        case session.UnknownSession() | session.UnknownTurn():
            return Failure(status=404, code="unknown_session", text=text)
        case session.SessionIsClosed():
            return Failure(status=409, code="session_closed", text=text)
        case session.StorageFailed():
            return Failure(status=503, code="storage_failed", text=text)
        case llm.ModelNotAllowed():
            return Failure(status=400, code="model_not_allowed", text=text)
        case Unavailable():
            return Failure(status=503, code="unavailable", text=text, retry_after=RETRY_SECONDS)
        case _:
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
            return Failure(status=500, code="internal", text=text)
