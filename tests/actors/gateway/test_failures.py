from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.failures import describe
from actors.gateway.frames import UnknownType
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
        (session.UnknownSession(session="s"), 404, "unknown_session", None),
        (session.SessionIsClosed(session="s"), 409, "session_closed", None),
        (session.StorageFailed(reason="disk full"), 503, "storage_failed", None),
        (llm.ModelNotAllowed(model="a/b", allowed=("c/d",)), 400, "model_not_allowed", None),
        (tools.FileNotFound(path="a"), 404, "unknown_file", None),
        (tools.InvalidPath(path="a", reason="no"), 400, "refused", None),
        (tools.FileSystemRefused(path="a", reason="disk full"), 503, "storage_failed", None),
        (tools.AttachmentTooLarge(name="a", size=2, limit=1), 413, "attachment_refused", None),
        (tools.AttachmentsDisabled(name="a"), 403, "attachment_refused", None),
        (tools.ExtensionNotAllowed(name="a", extension="exe", allowed=()), 415, "attachment_refused", None),
        (Unavailable("gone"), 503, "unavailable", 1),
        (ActorError("odd"), 400, "refused", None),
        (MailboxFull(**LOST), 503, "busy", 1),
        (DeadlineExceeded(**LOST), 504, "timeout", None),
        (ActorStopped(**LOST), 503, "unavailable", 1),
        (ActorCrashed(**LOST), 500, "internal", None),
        (NoRoute(**LOST), 500, "internal", None),
        (OSError(28, "No space left on device"), 503, "storage_failed", None),
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
