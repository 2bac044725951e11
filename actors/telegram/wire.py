"""What the Bot API answers, and what can go wrong on the way there. Pure.

https://core.telegram.org/bots/api#making-requests
"""

from collections.abc import Mapping
from typing import Any, Final, cast, final

import attrs

from actors import jsontext

LONGEST_REASON: Final = 300
"""Characters of a description that are kept."""


class TelegramError(Exception):
    """A call of the Bot API did not do what it was to do. The text is a sentence, and holds no token."""


@final
class Unreachable(TelegramError):
    """Nothing was sent, or the server said that something was wrong with it: the same call may be made again.

    `perhaps` says that the call did arrive, so that it might have been carried out all the same.
    """

    def __init__(self, reason: str, *, perhaps: bool = False) -> None:
        super().__init__(reason)
        self.perhaps = perhaps


@final
class Unknown(TelegramError):
    """The call was sent, and nobody can say whether it was carried out."""


@final
class Unauthorized(TelegramError):
    """The token is none, or no longer one."""


@final
class Conflict(TelegramError):
    """Somebody else receives the updates of this bot."""


@final
class TooMany(TelegramError):
    """Too many calls; the same one may be made again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram asks to wait {seconds:g} s")
        self.seconds = seconds


@final
class Refused(TelegramError):
    """The call will be refused however often it is made.

    `code` is that of the answer, `moved_to` the chat that a group has become, if that is why.
    """

    def __init__(self, code: int, reason: str, moved_to: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.moved_to = moved_to


@final
@attrs.frozen
class Answer:
    """What a successful call gives."""

    result: Any


def read(status: int, body: bytes) -> Answer:
    """Understand an answer. Raises TelegramError."""
    try:
        said = jsontext.read_object(body)
    except jsontext.NotJson:
        raise _without_words(status) from None
    if said.get("ok") is True and "result" in said:
        return Answer(said["result"])
    raise _error(status, said)


def _without_words(status: int) -> TelegramError:
    """What an answer means that is none of the Bot API: that of something in between."""
    if status >= 500 or status in {408, 425}:
        return Unreachable(f"the server answered with status {status}", perhaps=True)
    if status == 200:
        return Unknown("the answer cannot be understood")
    return Unreachable(f"what answered with status {status} is no Bot API")


def _error(status: int, said: Mapping[str, Any]) -> TelegramError:
    code = said.get("error_code")
    code = code if isinstance(code, int) else status
    reason = str(said.get("description") or f"error {code}")[:LONGEST_REASON]
    parameters: Any = said.get("parameters")
    given = cast("dict[str, Any]", parameters) if isinstance(parameters, dict) else dict[str, Any]()
    if code == 429:
        seconds = given.get("retry_after")
        return TooMany(min(max(float(seconds), 1.0), 3600.0) if isinstance(seconds, int | float) else 5.0)
    if code == 409:
        return Conflict(reason)
    if code in {401, 404}:
        return Unauthorized(reason)
    if code >= 500:
        return Unreachable(reason, perhaps=True)
    moved = given.get("migrate_to_chat_id")
    return Refused(code, reason, moved if isinstance(moved, int) else None)
