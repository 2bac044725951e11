from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.failures import describe
from actors.gateway.frames import TooLarge, UnknownType
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tools import messages as tools
from bus import ActorCrashed, ActorError, ActorStopped, DeadlineExceeded, MailboxFull, NoRoute, Unavailable

LOST: dict[str, Any] = {"request": "agent.Accept@1", "to": "conductor"}


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (BadMessage("no"), 400, "bad_message", None),
        (UnknownType("no"), 400, "unknown_type", None),
        (TooLarge("no"), 413, "too_large", None),
        (session.UnknownSession(session="s"), 404, "unknown_session", None),
        (session.SessionIsClosed(session="s"), 409, "session_is_closed", None),
        (session.StorageFailed(reason="disk full"), 503, "storage_failed", 1),
        (llm.ModelNotAllowed(model="a/b", allowed=("c/d",)), 400, "model_not_allowed", None),
        (tools.FileNotFound(path="a"), 404, "file_not_found", None),
        (tools.AttachmentTooLarge(name="a", size=2, limit=1), 413, "attachment_too_large", None),
        (Unavailable("gone"), 503, "unavailable", 1),
        (ActorError("odd"), 400, "actor_error", None),
        (MailboxFull(**LOST), 503, "mailbox_full", 1),
        (DeadlineExceeded(**LOST), 504, "deadline_exceeded", None),
        (ActorStopped(**LOST), 503, "actor_stopped", 1),
        (ActorCrashed(**LOST), 500, "internal", None),
        (NoRoute(**LOST), 500, "internal", None),
        (OSError(28, "No space left on device"), 503, "storage_failed", 1),
        (KeyError("secret"), 500, "internal", None),
    ],
)
def test_an_error_has_its_status_and_code(
    error: Exception, status: int, code: str, retry: int | None
) -> None:
    failure = describe(error)
    assert (failure.status, failure.code, failure.retry_after) == (status, code, retry)
    assert failure.text
    assert failure.is_bug == (status == 500)


def test_a_bug_tells_the_client_nothing_of_the_inside() -> None:
    assert "secret" not in describe(KeyError("secret")).text
    crashed = ActorCrashed(**LOST)
    crashed.__cause__ = KeyError("secret")
    assert "secret" not in describe(crashed).text
