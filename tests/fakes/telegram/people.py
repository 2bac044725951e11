"""What people do: they write, send files, press buttons, block the bot. Each returns the update that the bot gets.

Whoever is not known yet is met with their first message. Arguments and results are plain, so that a test may say the
same from another process; see `remote`.
"""

import base64
import copy
import itertools
import time
from typing import Any, Final, TypedDict, Unpack, final

from tests.fakes.telegram import media
from tests.fakes.telegram.found import entities_in
from tests.fakes.telegram.state import Chat, Kind, Message, Person, Standing, World, quoted
from tests.fakes.telegram.updates import Update

ADA: Final = 7
"""Who acts unless another person is named."""
ANONYMOUS: Final = Person(1087968824, "Group", "GroupAnonymousBot", language_code=None, is_bot=True)
"""Whom Telegram names as sender of what an anonymous administrator writes."""
PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture in PNG."""
_ALBUMS: Final = itertools.count(12_000_000_000_000_001)


class Where(TypedDict, total=False):
    """Who writes, and where."""

    sender: int | None
    """None is somebody in the name of the group."""
    chat: int
    """The sender's private chat with the bot, if nothing is said."""
    thread: int
    """Topic of a forum."""
    reply_to: int
    """Message id."""
    date: int
    """Unix time in seconds; now, if nothing is said."""
    more: dict[str, Any]
    """Further fields of the message, such as ``forward_origin``."""


@final
class People:
    def __init__(self, world: World) -> None:
        self._world = world
        self.meet(ADA, "Ada", "ada")

    # who and where

    def meet(self, id: int, first_name: str, username: str | None = None, **more: Any) -> None:
        """A person who has not written to the bot so far."""
        self._world.people[id] = Person(id, first_name, username, **more)
        self._world.chats[id] = Chat(id, "private", first_name, username, standing="unknown")

    def gather(
        self, id: int, title: str = "Group", kind: Kind = "supergroup", *, forum: bool = False
    ) -> None:
        """A group or channel in which the bot is; its id is negative."""
        self._world.chats[id] = Chat(id, kind, title, is_forum=forum)

    def open_topic(self, chat: int, name: str, sender: int = ADA) -> Update:
        """A topic of a forum; its thread id is the id of the message that the update holds."""
        content = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        update = self._say(content, {"sender": sender, "chat": chat})
        self._world.chats[chat].topics[update["message"]["message_id"]] = name
        return update

    def close_topic(self, chat: int, thread: int) -> None:
        """The topic is gone, with everything in it."""
        group = self._world.chats[chat]
        del group.topics[thread]
        for number in [n for n, m in group.messages.items() if m.get("message_thread_id") == thread]:
            self._world.remove(group, number)

    def stand(self, chat: int, standing: Standing) -> None:
        """How the bot stands in a chat from now on: blocked by its person, kicked out, and so on."""
        self._world.chats[chat].standing = standing

    def upgrade(self, chat: int, to: int) -> None:
        """A group becomes a supergroup with another id; the bot is told in both."""
        group = self._world.chats[chat]
        self.gather(to, group.title)
        self._say({"migrate_to_chat_id": to}, {"chat": chat})
        self._say({"migrate_from_chat_id": chat}, {"chat": to})
        group.moved_to = to

    # what they write

    def write(
        self, text: str, entities: list[dict[str, Any]] | None = None, **where: Unpack[Where]
    ) -> Update:
        """A text; commands, mentions and links in it are found unless `entities` says what it has."""
        found = entities_in(text) if entities is None else entities
        return self._say({"text": text} | ({"entities": found} if found else {}), where)

    def photo(
        self, caption: str = "", data: bytes = PIXEL, size: int | None = None, **where: Unpack[Where]
    ) -> Update:
        """A picture in several sizes; `size` is what Telegram tells of the largest, if not the truth."""
        return self._say(self._picture(data, size) | _caption(caption), where)

    def document(
        self,
        data: bytes,
        name: str = "notes.txt",
        media_type: str = "text/plain",
        caption: str = "",
        size: int | None = None,
        **where: Unpack[Where],
    ) -> Update:
        content = media.document(self._world, name, media_type, data, size)
        return self._say(content | _caption(caption), where)

    def album(
        self, pictures: list[bytes], captions: list[str] | None = None, **where: Unpack[Where]
    ) -> list[Update]:
        """Several pictures at once: a message each, held together by ``media_group_id``."""
        album = {"media_group_id": str(next(_ALBUMS))}
        texts = [*(captions or []), *[""] * len(pictures)]
        return [
            self._say(self._picture(data, None) | album | _caption(text), where)
            for data, text in zip(pictures, texts, strict=False)
        ]

    def voice(self, data: bytes, duration: int = 3, **where: Unpack[Where]) -> Update:
        file = self._world.files.add("voice", "file.oga", data).json()
        return self._say({"voice": {"duration": duration, "mime_type": "audio/ogg", **file}}, where)

    def location(self, latitude: float, longitude: float, **where: Unpack[Where]) -> Update:
        return self._say({"location": {"latitude": latitude, "longitude": longitude}}, where)

    def send(self, content: dict[str, Any], **where: Unpack[Where]) -> Update:
        """Any other content, as the Bot API has it: ``{"contact": {…}}``."""
        return self._say(content, where)

    def edit(self, message_id: int, text: str, chat: int = ADA) -> Update:
        """The author of a message changes its text or caption."""
        group = self._world.chats[chat]
        after = copy.deepcopy(group.messages[message_id]) | {"edit_date": int(time.time())}
        name = "text" if "text" in after else "caption"
        after[name] = text
        after["entities" if name == "text" else "caption_entities"] = entities_in(text)
        self._world.put(group, after, "edited")
        kind = "edited_channel_post" if group.kind == "channel" else "edited_message"
        return self._tell(kind, after)

    def remove(self, message_id: int, chat: int = ADA) -> None:
        """Somebody takes a message away; bots are not told."""
        self._world.remove(self._world.chats[chat], message_id)
        self._world.changed()

    def press(self, message_id: int, data: str, chat: int = ADA, sender: int = ADA) -> Update:
        """A button of a message of the bot."""
        message = self._world.chats[chat].messages[message_id]
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == data for row in rows for button in row):
            raise LookupError(f"message {message_id} has no button {data!r}")
        id = str(4_000_000 + len(self._world.callbacks))
        self._world.callbacks[id] = None
        query = {
            "id": id,
            "from": self._person(sender).json(),
            "message": message,
            "chat_instance": str(chat * 31),
            "data": data,
        }
        return self._tell("callback_query", query)

    # the bot's side of it

    def new_token(self, token: str) -> None:
        """Its owner has asked for another token; the one before is none any more."""
        self._world.token = token
        self._world.changed()

    def renumber_updates(self, first: int) -> None:
        """Updates get ids from `first` on, as after a week without any."""
        self._world.updates.number_from(first)

    def webhook(self, url: str) -> None:
        """Somebody else sets a webhook, or takes it away with the empty string."""
        self._world.webhook = url
        self._world.changed()

    # how

    def _picture(self, data: bytes, size: int | None) -> dict[str, Any]:
        content = media.photo_sizes(self._world, "photo.jpg", data, 1280, 960)
        if size is not None:
            told = self._world.files.add("photos", "photo.jpg", data, size)
            content["photo"][-1] |= told.json()
        return content

    def _person(self, id: int) -> Person:
        if id not in self._world.people:
            self.meet(id, f"Person {id}")
        return self._world.people[id]

    def _say(self, content: dict[str, Any], where: Where) -> Update:
        sender = where.get("sender", ADA)
        if sender is not None:
            self._person(sender)
        chat = self._world.chats[where.get("chat", sender or 0)]
        if chat.kind == "private":
            chat.standing = "open"
        message = self._world.new_message(
            chat, self._sender(chat, sender), **_position(chat, where), **content, **where.get("more", {})
        )
        if "date" in where:
            message["date"] = where["date"]
        self._world.put(chat, message)
        return self._tell("channel_post" if chat.kind == "channel" else "message", message)

    def _sender(self, chat: Chat, sender: int | None) -> dict[str, Any]:
        if chat.kind == "channel":
            return {"sender_chat": chat.json()}
        if sender is None:
            return {"from": ANONYMOUS.json(), "sender_chat": chat.json()}
        return {"from": self._world.people[sender].json()}

    def _tell(self, kind: str, content: Message) -> Update:
        update = self._world.updates.add(kind, copy.deepcopy(content))
        self._world.changed()
        return update


def _caption(text: str) -> dict[str, Any]:
    found = entities_in(text)
    return ({"caption": text} if text else {}) | ({"caption_entities": found} if found else {})


def _position(chat: Chat, where: Where) -> dict[str, Any]:
    """Thread and quoted message, with what surprises in the real ones.

    In a forum what replies to nothing replies to the message that made its topic; in other supergroups replies have a
    thread as well, which is no topic.
    """
    thread = where.get("thread")
    replied = chat.messages[where["reply_to"]] if "reply_to" in where else None
    if chat.is_forum and thread is None and replied is not None:
        thread = replied.get("message_thread_id")
    if chat.is_forum and thread is not None:
        replied = replied or chat.messages[thread]
        return {"message_thread_id": thread, "is_topic_message": True, "reply_to_message": quoted(replied)}
    if replied is None:
        return {}
    root = replied.get("message_thread_id", replied["message_id"])
    in_thread = {"message_thread_id": root} if chat.kind == "supergroup" else {}
    return {**in_thread, "reply_to_message": quoted(replied)}
