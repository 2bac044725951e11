"""What Telegram means when it refuses a message."""

import pytest

from actors.telegram import refusals
from actors.telegram.wire import Refused


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Bad Request: can't parse entities: Unsupported start tag", "unformatted"),
        ("Bad Request: ENTITY_BOUNDS_INVALID", "unformatted"),
        ("Bad Request: message is too long", "shorter"),
        ("Bad Request: message thread not found", "no_thread"),
        ("Bad Request: TOPIC_CLOSED", "no_thread"),
        ("Bad Request: message to be replied not found", "no_reply"),
        ("Bad Request: PHOTO_INVALID_DIMENSIONS", "as_document"),
        ("Bad Request: IMAGE_PROCESS_FAILED", "as_document"),
        ("Bad Request: chat not found", "none"),
    ],
)
def test_some_refusals_have_a_remedy(said: str, expected: str) -> None:
    assert refusals.remedy(Refused(400, said)) == expected


def test_a_group_that_has_become_another_is_found_there() -> None:
    assert refusals.remedy(Refused(400, "Bad Request: group chat was upgraded", moved_to=-100)) == "elsewhere"


def test_what_is_forbidden_stays_so() -> None:
    assert refusals.remedy(Refused(403, "Forbidden: no photo")) == "none"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Forbidden: bot was blocked by the user", "the bot was blocked there"),
        ("Forbidden: user is deactivated", "the Telegram account no longer exists"),
        ("Forbidden: the group chat was deleted", "the group no longer exists"),
        ("Forbidden: bot was kicked from the supergroup chat", "the bot was removed from the group"),
        (
            "Bad Request: chat not found",
            "Telegram knows no such chat, or the person has not written to the bot yet",
        ),
        (
            "Bad Request: not enough rights to send text messages to the chat",
            "the bot may not write in that group",
        ),
        ("Bad Request: something new", "Telegram refused it: Bad Request: something new"),
    ],
)
def test_a_person_is_told_why(said: str, expected: str) -> None:
    assert refusals.reason(Refused(400, said)) == expected


def test_a_message_that_is_as_it_was_to_become_is_fine() -> None:
    assert refusals.is_same(
        Refused(400, "Bad Request: message is not modified: specified new message content")
    )
    assert not refusals.is_same(Refused(400, "Bad Request: message to edit not found"))
