from collections.abc import Callable
from typing import Any

import pytest

import bus
from actors.endpoints import BadMessage
from actors.gateway.failures import describe, report
from actors.gateway.frames import TooLarge, UnknownType
from actors.llm import messages as llm
from actors.session import messages as session
from actors.settings import messages as settings
from actors.tools import messages as tools
from actors.vault import messages as vault
from bus import (
    ActorCrashed,
    ActorError,
    ActorStopped,
    AskCycle,
    DeadlineExceeded,
    DeliveryError,
    MailboxFull,
    MessageTooLarge,
    NoRoute,
    Unavailable,
)

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
        (tools.NotText(path="a", size=1), 422, "not_text", None),
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


@pytest.mark.parametrize(
    "kind",
    [each for each in vars(bus).values() if isinstance(each, type) and issubclass(each, DeliveryError)],
)
def test_people_learn_nothing_of_the_messages_within(
    kind: Callable[..., DeliveryError], caplog: pytest.LogCaptureFixture
) -> None:
    needs: dict[Any, dict[str, Any]] = {AskCycle: {"path": ("a", "b")}, MessageTooLarge: {"limit": 1}}
    error = kind(**LOST, **needs.get(kind, {}))
    failure = report(error, "a request")
    assert "conductor" not in failure.text
    assert "Accept" not in failure.text
    assert str(error) in caplog.text, "the log has it"


def test_what_somebody_gave_is_repeated_as_it_is_and_on_one_line() -> None:
    assert str(session.UnknownSession(session="it's\\ü")) == "there is no session 'it's\\ü'"
    assert str(session.UnknownSession(session="a\n\x1b[31mb")) == "there is no session 'a��[31mb'"
    assert len(str(llm.ModelNotAllowed(model="m" * 10_000, allowed=("c/d",)))) < 150


def test_what_a_client_is_told_holds_no_secret() -> None:
    bus.conceal("test", [("TOKEN", "canary-Zq81xK40")])
    assert describe(tools.FileNotFound(path="canary-Zq81xK40")).text == "File not found: [secret TOKEN]"


def test_what_a_page_may_do_once_it_is_confirmed_says_so() -> None:
    assert describe(settings.Guarded(keys=("a",))).confirming
    assert describe(vault.Widening(name="A", hosts=("b.org",))).confirming
    assert not describe(settings.Refused(mistakes=())).confirming


def test_mistakes_of_settings_are_told_one_by_one() -> None:
    failure = describe(settings.Refused(mistakes=(settings.Mistake(key="max_turns", text="must be >= 1"),)))
    assert (failure.status, failure.text) == (400, "max_turns: must be >= 1")
    assert failure.mistakes == (settings.Mistake(key="max_turns", text="must be >= 1"),)
