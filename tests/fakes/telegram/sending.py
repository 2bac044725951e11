"""Methods that write, change and take away messages."""

import copy
import time
from typing import Any, Final, cast

from tests.fakes.telegram import entities, markup
from tests.fakes.telegram.parameters import Parameters
from tests.fakes.telegram.refusals import bad_request
from tests.fakes.telegram.state import Chat, Message, World, quoted
from tests.fakes.telegram.tidying import is_blank, tidy

ACTIONS: Final = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
    | {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)
BUTTON_DATA: Final = 64
"""Bytes."""
NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def send_message(world: World, p: Parameters) -> Message:
    chat, about = place(world, p)
    text, found = formatted(p, "text", "entities", entities.TEXT_LIMIT)
    if not text:
        raise bad_request("message text is empty")
    count(world, chat)
    return show(world, chat, about | {"text": text} | ({"entities": found} if found else {}) | _preview(p))


def send_chat_action(world: World, p: Parameters) -> bool:
    place(world, p)
    if p.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True


def edit_message_text(world: World, p: Parameters) -> Message:
    text, found = formatted(p, "text", "entities", entities.TEXT_LIMIT)
    if not text:
        raise bad_request("message text is empty")
    return _edit(world, p, "text", {"text": text, "entities": found})


def edit_message_caption(world: World, p: Parameters) -> Message:
    text, found = formatted(p, "caption", "caption_entities", entities.CAPTION_LIMIT)
    return _edit(world, p, "caption", {"caption": text, "caption_entities": found})


def edit_message_reply_markup(world: World, p: Parameters) -> Message:
    return _edit(world, p, "", {})


def delete_message(world: World, p: Parameters) -> bool:
    chat = world.chat(p.text("chat_id"))
    chat.check_open()
    message = chat.messages.get(p.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not world.own(message) and chat.kind != "private":
        raise bad_request("message can't be deleted")
    world.remove(chat, message["message_id"])
    return True


# what they share


def place(world: World, p: Parameters) -> tuple[Chat, dict[str, Any]]:
    """The chat to write to, and what a message says of its place there: thread, what it replies to, its buttons."""
    chat = world.chat(p.text("chat_id"))
    chat.check_open()
    about: dict[str, Any] = {}
    thread = p.integer("message_thread_id")
    reply = _replied(chat, p)
    if thread and thread not in chat.topics and (chat.is_forum or thread not in chat.messages):
        raise bad_request("message thread not found")
    if reply is not None:
        about["reply_to_message"] = quoted(reply)
        thread = thread or reply.get("message_thread_id", 0)
    if thread:
        about["message_thread_id"] = thread
    if thread in chat.topics:
        about["is_topic_message"] = True
    if buttons := _buttons(p):
        about["reply_markup"] = buttons
    return chat, about


def formatted(p: Parameters, name: str, entities_name: str, limit: int) -> tuple[str, list[dict[str, Any]]]:
    """A text with its entities, as people will see it; empty if there is none. Raises Refusal."""
    mode = p.text("parse_mode")
    text = p.text(name)
    if mode.lower() == "html":
        text, found = markup.parse(text)
    elif mode:
        raise bad_request(f"unsupported parse_mode: the stand-in reads HTML and entities, not {mode}")
    else:
        found = p.list_of_objects(entities_name)
    entities.check(text, found)
    text, found = tidy(text, found)
    if entities.units(text) > limit:
        raise bad_request("message is too long" if name == "text" else f"message {name} is too long")
    return ("", []) if is_blank(text) else (text, found)


def count(world: World, chat: Chat) -> None:
    """One more message. Raises Refusal when that is too many."""
    limits = world.limits
    own = limits.chat if chat.kind == "private" else limits.group
    world.meter.take([("all", limits.overall), (f"chat {chat.id}", own)], world.clock())


def show(world: World, chat: Chat, content: dict[str, Any]) -> Message:
    """Put the bot's message into the chat."""
    message = world.new_message(chat, {"from": world.bot.json()}, **content)
    world.put(chat, message)
    return message


def _replied(chat: Chat, p: Parameters) -> Message | None:
    wanted = p.object("reply_parameters")
    number = wanted.get("message_id") or p.integer("reply_to_message_id")
    if not number:
        return None
    if str(wanted.get("chat_id", chat.id)) != str(chat.id):
        raise bad_request("the stand-in has no replies across chats")
    message = chat.messages.get(int(number))
    may_miss = wanted.get("allow_sending_without_reply") or p.flag("allow_sending_without_reply")
    if message is None and not may_miss:
        raise bad_request("message to be replied not found")
    return message


def _buttons(p: Parameters) -> dict[str, Any]:
    buttons = p.object("reply_markup")
    for row in cast("list[list[dict[str, Any]]]", buttons.get("inline_keyboard", [])):
        for button in row:
            if not button.get("text"):
                raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
            if "callback_data" in button:
                if not 1 <= len(str(button["callback_data"]).encode()) <= BUTTON_DATA:
                    raise bad_request("BUTTON_DATA_INVALID")
            elif not entities.link(str(button.get("url", ""))):
                raise bad_request(
                    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                )
    return buttons


def _preview(p: Parameters) -> dict[str, Any]:
    options = p.object("link_preview_options") or (
        {"is_disabled": True} if p.flag("disable_web_page_preview") else {}
    )
    return {"link_preview_options": options} if options else {}


def _edit(world: World, p: Parameters, needs: str, content: dict[str, Any]) -> Message:
    chat = world.chat(p.text("chat_id"))
    chat.check_open()
    before = chat.messages.get(p.integer("message_id"))
    if before is None:
        raise bad_request("message to edit not found")
    if not world.own(before):
        raise bad_request("message can't be edited")
    if needs == "text" and "text" not in before:
        raise bad_request("there is no text in the message to edit")
    if needs == "caption" and "text" in before:
        raise bad_request("there is no caption in the message to edit")
    after = copy.deepcopy(before) | content
    after.pop("reply_markup", None)
    if needs == "text":
        after.pop("link_preview_options", None)
        after |= _preview(p)
    after = {name: value for name, value in after.items() if value or name not in content}
    if buttons := _buttons(p):
        after["reply_markup"] = buttons
    if after == before:
        raise bad_request(NOT_MODIFIED)
    limits = world.limits
    world.meter.take([("all", limits.overall), (f"edit {chat.id}", limits.edits)], world.clock())
    after["edit_date"] = int(time.time())
    world.put(chat, after, "edited")
    return after
