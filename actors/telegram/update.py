"""An update as the Bot API gives it, as far as it is read here. Nothing that JSON can say is too odd for it. Pure.

https://core.telegram.org/bots/api#update
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast, final

import attrs

from actors.storage import one_line

Json = Mapping[str, Any]
NOTHING: Final[Json] = {}
LONGEST_NAME: Final = 64
"""Characters of a name that are shown."""
_GREATEST: Final = 2**62
"""Numbers beyond are none of Telegram's."""
_LAST_MOMENT: Final = 2**35
"""Seconds since 1970 that a calendar can still say."""


@final
@attrs.frozen(kw_only=True)
class Bot:
    """Who we are there."""

    id: int
    username: str
    """Without ``@``."""


@final
@attrs.frozen(kw_only=True)
class Sender:
    """The account that has written."""

    id: int
    username: str | None
    """Without ``@``, as it is written there."""
    name: str
    """As the account calls itself, on one line."""


@final
@attrs.frozen(kw_only=True)
class Post:
    """A message of a chat."""

    chat: int
    thread: int | None
    """The topic of a forum in which it stands."""
    message_id: int
    in_group: bool
    sender: Sender | None
    """None where nobody in particular speaks: a channel, an admin who hides, another bot."""
    at: int
    """When it was written, seconds since 1970; 0 where nobody says."""
    edited: bool
    album: str | None
    """What the messages of an album have in common."""
    message: Json

    @property
    def key(self) -> str:
        """Of its conversation, and how answers are addressed: ``chat``, or ``chat:topic``."""
        return f"{self.chat}" if self.thread is None else f"{self.chat}:{self.thread}"


@final
@attrs.frozen(kw_only=True)
class Press:
    """A button of one of our messages that somebody has pressed."""

    id: str
    """By which it is acknowledged."""
    data: str
    """What the button says."""
    post: Post
    """The message that has the button. Its sender is who has pressed it."""


# --- values -----------------------------------------------------------------------------------------------


def mapping(value: Any) -> Json:
    """The value, if it is an object; else one with nothing in it."""
    return cast("Json", value) if isinstance(value, dict) else NOTHING


def items(value: Any) -> Sequence[Any]:
    """The value, if it is a list; else one with nothing in it."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def text(value: Any) -> str:
    """The value, if it is a text; else none."""
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    """The value, if it is a whole number that Telegram can mean."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _GREATEST:
        return value
    return None


def shown(*names: Any) -> str:
    """A name that somebody has chosen, on one line and not too long."""
    name = one_line(" ".join(filter(None, map(text, names))))
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


# --- updates ----------------------------------------------------------------------------------------------


def id_of(update: Any) -> int | None:
    """The number of an update; None for what is none."""
    return number(mapping(update).get("update_id"))


def bot_of(user: Any) -> Bot | None:
    """Who we are, as ``getMe`` says; None for what says nothing."""
    said = mapping(user)
    id, username = number(said.get("id")), text(said.get("username"))
    return None if id is None else Bot(id=id, username=shown(username))


def read(update: Any) -> Post | None:
    """The message that an update brings; None for one that brings none."""
    said = mapping(update)
    edited = "message" not in said
    message = mapping(said.get("edited_message" if edited else "message"))
    return _post(message, _sender(message), edited=edited)


def press(update: Any) -> Press | None:
    """The button that an update tells of; None for one that tells of none, or of a message that cannot be named."""
    said = mapping(mapping(update).get("callback_query"))
    message = mapping(said.get("message"))
    post = _post(message, _account(mapping(said.get("from"))), edited=False)
    id = text(said.get("id"))
    if post is None or not id:
        return None
    return Press(id=id[:LONGEST_NAME], data=text(said.get("data"))[:LONGEST_NAME], post=post)


def _post(message: Json, sender: Sender | None, *, edited: bool) -> Post | None:
    chat = mapping(message.get("chat"))
    id, message_id = number(chat.get("id")), number(message.get("message_id"))
    if id is None or message_id is None:
        return None
    return Post(
        chat=id,
        thread=number(message.get("message_thread_id")) if message.get("is_topic_message") is True else None,
        message_id=message_id,
        in_group=chat.get("type") != "private",
        sender=sender,
        at=min(max(number(message.get("date")) or 0, 0), _LAST_MOMENT),
        edited=edited,
        album=text(message.get("media_group_id"))[:LONGEST_NAME] or None,
        message=message,
    )


def _sender(message: Json) -> Sender | None:
    return None if mapping(message.get("sender_chat")) else _account(mapping(message.get("from")))


def _account(user: Json) -> Sender | None:
    id = number(user.get("id"))
    if id is None or user.get("is_bot") is True:
        return None
    return Sender(
        id=id,
        username=shown(user.get("username")) or None,
        name=shown(user.get("first_name"), user.get("last_name")) or str(id),
    )
