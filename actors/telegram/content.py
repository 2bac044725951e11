"""What a message brings: words, files, what it answers and where it comes from. Total over whatever may come. Pure.

https://core.telegram.org/bots/api#message
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from actors.outside import QUOTED, holding
from actors.telegram import entities
from actors.telegram.update import Bot, Json, items, mapping, number, shown, text

LONGEST_QUOTE: Final = 1000
"""Characters of a message that is answered."""
LARGEST_FILE: Final = 20 * 1024 * 1024
"""Bytes of a file that bots may fetch."""
SPOKEN: Final = "(spoken)"
"""Stands before words that were not written."""
HALF_ROUND: Final = 180
"""Degrees; no place is further from the beginning of its counting."""


@final
@attrs.frozen(kw_only=True)
class Wanted:
    """A file that came with a message, and is still at Telegram."""

    id: str
    name: str
    media_type: str | None
    size: int | None
    """Bytes, as far as that is said."""
    spoken: bool = False
    """Whether somebody says in it what others write."""

    @property
    def is_too_large(self) -> bool:
        return self.size is not None and self.size > LARGEST_FILE


@final
@attrs.frozen(kw_only=True)
class Content:
    """What one message brings."""

    said: str = ""
    """Words of the person."""
    context: tuple[str, ...] = ()
    """What they refer to, a paragraph each."""
    theirs: bool = False
    """Whether all of it, `said` included, was written by somebody else."""
    quotes: bool = False
    """Whether words of somebody else are among what it refers to."""
    shared: tuple[str, ...] = ()
    """What they share beside files and words, a line each: a place, a contact."""
    files: tuple[Wanted, ...] = ()
    unsupported: str | None = None
    """What it is, where nothing of it can be taken."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it for the agent."""
        return not (self.said or self.shared or self.files)


def read(message: Json, bot: Bot) -> Content:
    """What a message brings."""
    content = Content(
        said=entities.words(message, bot),
        context=tuple(filter(None, (_forwarded(message), _answered(message, bot)))),
        theirs=_is_theirs(message, bot),
        quotes=_quotes(message, bot),
        shared=tuple(_shared(message)),
        files=tuple(_files(message)),
    )
    if content.is_empty and not SERVICE & message.keys():
        return attrs.evolve(content, unsupported=_kind(message))
    return content


def composed(contents: Sequence[Content]) -> str:
    """What a message, or an album of several, says to the agent.

    What is referred to comes first; after words that call something up, which only do so at the beginning. Words of
    others are marked as such.
    """
    said = "\n\n".join(each.said for each in contents if each.said)
    shared = "\n".join(line for each in contents for line in each.shared)
    context = "\n\n".join(dict.fromkeys(part for each in contents for part in each.context))
    theirs = any(each.theirs for each in contents)
    parts = (said, shared, context) if said.startswith("/") and not theirs else (context, said, shared)
    text = "\n\n".join(filter(None, parts))
    return holding(text, QUOTED) if text and (theirs or any(each.quotes for each in contents)) else text


def with_words(content: Content, words: str) -> Content:
    """The same with what is said in its voice message, marked as spoken: it may have been misheard."""
    return attrs.evolve(content, said="\n\n".join(filter(None, (content.said, f"{SPOKEN} {words}"))))


# --- what it refers to ------------------------------------------------------------------------------------


def _is_theirs(message: Json, bot: Bot) -> bool:
    """Whether a message was forwarded, and not from what the person has written elsewhere; or made by another bot."""
    origin, maker = mapping(message.get("forward_origin")), mapping(message.get("via_bot"))
    if maker and maker.get("id") != bot.id:
        return True
    author = number(mapping(origin.get("sender_user")).get("id"))
    return bool(origin) and (author is None or author != number(mapping(message.get("from")).get("id")))


def _quotes(message: Json, bot: Bot) -> bool:
    """Whether what is answered was written by somebody who is neither the person nor we."""
    if message.get("external_reply"):
        return True
    other = answered(message)
    if not other:
        return bool(message.get("quote"))
    author = number(mapping(other.get("from")).get("id"))
    if author is None or bool(other.get("forward_origin")):
        return True
    return author not in (bot.id, number(mapping(message.get("from")).get("id")))


def _forwarded(message: Json) -> str:
    origin = mapping(message.get("forward_origin"))
    if not origin:
        return ""
    user, chat = mapping(origin.get("sender_user")), mapping(origin.get("sender_chat") or origin.get("chat"))
    name = (
        shown(user.get("first_name"), user.get("last_name"))
        or shown(origin.get("sender_user_name"))
        or shown(chat.get("title"))
    )
    return f"Forwarded from {name or 'somebody'}:"


def _answered(message: Json, bot: Bot) -> str:
    """The message, or the part of one, that is answered."""
    other = answered(message)
    quote = text(mapping(message.get("quote")).get("text"))
    if not other and not quote:
        return ""
    whole = quote or entities.words(other, bot) or "\n".join(_shared(other)) or f"({_kind(other)})"
    said = whole if len(whole) <= LONGEST_QUOTE else f"{whole[: LONGEST_QUOTE - 1]}…"
    return f"In reply to {_speaker(other, message, bot)}:\n" + "\n".join(
        f"> {line}" for line in said.splitlines()
    )


def answered(message: Json) -> Json:
    """The message that is answered; empty for none. In a topic of a forum all that is said hangs on its first one."""
    other = mapping(message.get("reply_to_message"))
    return {} if "forum_topic_created" in other else other


def _speaker(other: Json, message: Json, bot: Bot) -> str:
    user = mapping(other.get("from"))
    if user.get("id") == bot.id:
        return "you"
    if user and user.get("id") == mapping(message.get("from")).get("id"):
        return "their own message"
    chat = mapping(other.get("sender_chat"))
    return shown(user.get("first_name"), user.get("last_name")) or shown(chat.get("title")) or "a message"


# --- what is shared ---------------------------------------------------------------------------------------


def _shared(message: Json) -> Iterator[str]:
    for name, line in _LINES.items():
        said = mapping(message.get(name))
        if said and not (name == "location" and "venue" in message) and (told := line(said)):
            yield told


def _place(location: Any) -> str:
    said = mapping(location)
    latitude, longitude = said.get("latitude"), said.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return ""
    return f"{latitude:.6f}, {longitude:.6f}" if max(abs(latitude), abs(longitude)) <= HALF_ROUND else ""


def _location(said: Json) -> str:
    place = _place(said)
    live = ", live" if "live_period" in said else ""
    return place and f"Location: {place} (latitude, longitude{live})"


def _venue(said: Json) -> str:
    where = ", ".join(filter(None, (shown(said.get("title")), shown(said.get("address")))))
    return f"Place: {where or 'without a name'} ({_place(said.get('location')) or 'nobody knows where'})"


def _contact(said: Json) -> str:
    name = shown(said.get("first_name"), said.get("last_name"))
    return f"Contact: {', '.join(filter(None, (name, shown(said.get('phone_number')))))}"


def _poll(said: Json) -> str:
    options = [shown(mapping(each).get("text")) for each in items(said.get("options"))[:20]]
    return f"Poll: {_bounded(said.get('question'), 300)} ({' / '.join(filter(None, options))})"


def _dice(said: Json) -> str:
    value = number(said.get("value"))
    return f"{shown(said.get('emoji'))} {'' if value is None else value}".strip()


def _sticker(said: Json) -> str:
    return shown(said.get("emoji")) or "(a sticker)"


def _bounded(value: Any, most: int) -> str:
    return " ".join(text(value).split())[:most]


_LINES: Final[Mapping[str, Callable[[Json], str]]] = {
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
    "sticker": _sticker,
}


# --- files ------------------------------------------------------------------------------------------------

_MEDIA: Final = {
    "animation": ("animation.mp4", "video/mp4"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "document": ("document", None),
}
"""What each is called, and is, where nobody says so."""
_VOICE: Final = "voice"


def _files(message: Json) -> Iterator[Wanted]:
    if photo := _largest(message.get("photo")):
        yield photo
    for kind, (name, media_type) in _MEDIA.items():
        said = mapping(message.get(kind))
        doubled = kind == "document" and "animation" in message  # an animation says all of itself twice
        if said and not doubled and (file := _file(said, name, media_type)):
            yield attrs.evolve(file, spoken=True) if kind == _VOICE else file


def _file(said: Json, name: str, media_type: str | None) -> Wanted | None:
    id = text(said.get("file_id"))
    if not id:
        return None
    return Wanted(
        id=id[:500],
        name=text(said.get("file_name"))[:500] or name,
        media_type=text(said.get("mime_type"))[:100] or media_type,
        size=number(said.get("file_size")),
    )


def _largest(photo: Any) -> Wanted | None:
    """Of the sizes of a photo, which come with growing size, the largest that may be fetched."""
    sizes = [file for each in items(photo) if (file := _file(mapping(each), "photo.jpg", "image/jpeg"))]
    fit = [each for each in sizes if not each.is_too_large]
    return max(fit or sizes, key=_area(items(photo)), default=None)


def _area(sizes: Sequence[Any]) -> Callable[[Wanted], tuple[int, int]]:
    by_id = {
        text(said.get("file_id"))[:500]: (number(said.get("width")) or 0) * (number(said.get("height")) or 0)
        for said in map(mapping, sizes)
    }
    return lambda file: (by_id.get(file.id, 0), file.size or 0)


# --- kinds ------------------------------------------------------------------------------------------------

SERVICE: Final = frozenset({
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
    "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "connected_website", "write_access_allowed",
    "proximity_alert_triggered", "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
    "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden",
    "giveaway_created", "giveaway_completed", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
    "video_chat_participants_invited", "web_app_data", "users_shared", "chat_shared", "successful_payment",
    "refunded_payment", "gift", "unique_gift", "paid_message_price_changed", "direct_message_price_changed",
    "checklist_tasks_done", "checklist_tasks_added", "passport_data", "suggested_post_approved",
    "suggested_post_declined", "suggested_post_paid", "suggested_post_refunded", "suggested_post_approval_failed",
    "chat_owner_left", "chat_owner_changed",
})  # fmt: skip
"""Of what Telegram says itself in a chat, that nobody has written."""

_ENVELOPE: Final = frozenset({
    "message_id", "message_thread_id", "from", "sender_chat", "date", "chat", "text", "caption", "reply_to_message",
    "quote", "external_reply", "entities", "forward_origin", "edit_date", "media_group_id", "via_bot", "reply_markup",
})  # fmt: skip
_PHOTO: Final = "photo"


def _kind(message: Json) -> str:
    """What a message is, in a word or two."""
    if _PHOTO in message:
        return "a photo"
    kinds = [key for key in message if key in _MEDIA] or [key for key in message if key not in _ENVELOPE]
    plain = [key for key in kinds if re.fullmatch("[a-z]{1,20}(_[a-z]{1,20}){0,3}", key)]
    things = [
        key for key in plain if not key.startswith(("is_", "has_", "can_", "sender_", "author_", "show_"))
    ]
    return f"a message of the kind “{things[0].replace('_', ' ')}”" if things else "such a message"
