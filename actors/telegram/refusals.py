"""What Telegram means when it refuses a message, and what may be done about it. Pure.

Its descriptions are no part of a contract: what is not known here is the end of the message, with them as the reason.
"""

from typing import Final, Literal

from actors.telegram.wire import Refused

Remedy = Literal["elsewhere", "unformatted", "shorter", "no_thread", "no_reply", "as_document", "none"]
"""``elsewhere``: to the chat that the group has become; ``none``: nothing that is known will help."""

_REMEDIES: Final[tuple[tuple[Remedy, tuple[str, ...]], ...]] = (
    ("unformatted", ("can't parse", "entity", "entities")),
    ("shorter", ("message is too long", "message_too_long")),
    ("no_thread", ("thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")),
    ("no_reply", ("message to be replied not found", "replied message not found", "reply_message_id_invalid")),
    ("as_document", ("photo", "image_process_failed")),
)  # fmt: skip
_REASONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("the bot was blocked there", ("blocked",)),
    ("the group no longer exists", ("chat was deleted",)),
    ("the Telegram account no longer exists", ("deactivated",)),
    ("the bot was removed from the group", ("kicked", "not a member")),
    (
        "Telegram knows no such chat, or the person has not written to the bot yet",
        ("chat not found", "can't initiate", "peer_id_invalid", "user not found", "user_id_invalid"),
    ),
    (
        "the bot may not write in that group",
        ("not enough rights", "no rights", "write_forbidden", "restricted", "administrator rights"),
    ),
    ("Telegram lets no bot write to a bot", ("can't send messages to bots",)),
)
_SAME: Final = "message is not modified"


def is_same(error: Refused) -> bool:
    """Whether a message that was to be edited is already as it was to become."""
    return _SAME in str(error).lower()


def remedy(error: Refused) -> Remedy:
    """What may be tried instead."""
    if error.moved_to is not None:
        return "elsewhere"
    said = str(error).lower()
    if error.code == 400:
        for name, words in _REMEDIES:
            if any(word in said for word in words):
                return name
    return "none"


def reason(error: Refused) -> str:
    """Why it will not arrive, for a person."""
    said = str(error).lower()
    for words, known in _REASONS:
        if any(word in said for word in known):
            return words
    return f"Telegram refused it: {error}"
