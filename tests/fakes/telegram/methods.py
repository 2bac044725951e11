"""The methods of the Bot API that the stand-in has, with the parameters each of them knows."""

import re
from collections.abc import Callable
from typing import Any, Final

from tests.fakes.telegram import media, sending
from tests.fakes.telegram.parameters import Parameters
from tests.fakes.telegram.refusals import bad_request, refusal
from tests.fakes.telegram.state import World

Method = Callable[[World, Parameters], Any]

MOST_COMMANDS: Final = 100
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")


def call(world: World, method: str, p: Parameters) -> Any:
    """The result of a method, in small letters. A parameter that is not documented is refused, as a slip.

    Raises Refusal.
    """
    if method not in METHODS:
        raise refusal(404, "method not found")
    run, known = METHODS[method]
    sent = set(p.values) if method == "sendmediagroup" else {*p.values, *p.uploads}
    if unknown := sent - known:
        raise bad_request(f"{method} has no parameter {sorted(unknown)}")
    return run(world, p)


def get_me(world: World, p: Parameters) -> dict[str, Any]:
    more = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
    return world.bot.json() | dict.fromkeys(more, False)


def set_webhook(world: World, p: Parameters) -> bool:
    url = p.text("url")
    if url and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    return _change_webhook(world, p, url)


def delete_webhook(world: World, p: Parameters) -> bool:
    return _change_webhook(world, p, "")


def _change_webhook(world: World, p: Parameters, url: str) -> bool:
    world.webhook = url
    if p.flag("drop_pending_updates"):
        world.updates.clear()
    allow(world, p)
    return True


def allow(world: World, p: Parameters) -> None:
    """Kinds of updates that the bot wants from now on, if it says so."""
    kinds = p.json("allowed_updates")
    if isinstance(kinds, list):
        world.updates.allow(map(str, kinds))  # pyright: ignore[reportUnknownArgumentType]


def get_webhook_info(world: World, p: Parameters) -> dict[str, Any]:
    waiting = len(world.updates.waiting)
    return {"url": world.webhook, "has_custom_certificate": False, "pending_update_count": waiting}


def set_my_commands(world: World, p: Parameters) -> bool:
    commands = p.list_of_objects("commands")
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(p)] = commands
    return True


def get_my_commands(world: World, p: Parameters) -> list[dict[str, Any]]:
    return world.commands.get(_scope(p), [])


def delete_my_commands(world: World, p: Parameters) -> bool:
    world.commands.pop(_scope(p), None)
    return True


def _scope(p: Parameters) -> str:
    scope = p.object("scope")
    parts = [
        scope.get("type", "default"),
        scope.get("chat_id"),
        scope.get("user_id"),
        p.text("language_code"),
    ]
    return " ".join(str(part) for part in parts if part)


def answer_callback_query(world: World, p: Parameters) -> bool:
    id = p.text("callback_query_id")
    if world.callbacks.get(id, {}) is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(p.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    world.callbacks[id] = p.shown()
    return True


def get_chat(world: World, p: Parameters) -> dict[str, Any]:
    return world.chat(p.text("chat_id")).json() | {"accent_color_id": 0, "max_reaction_count": 11}


_PLACE: Final = (
    "business_connection_id chat_id message_thread_id direct_messages_topic_id disable_notification protect_content "
    "allow_paid_broadcast message_effect_id suggested_post_parameters reply_parameters reply_markup "
    "reply_to_message_id allow_sending_without_reply"
)
_EDIT: Final = "business_connection_id chat_id message_id inline_message_id reply_markup"
_CAPTION: Final = "caption parse_mode caption_entities show_caption_above_media"
_PREVIEW: Final = "link_preview_options disable_web_page_preview"
_SCOPE: Final = "scope language_code"

_METHODS: Final[dict[str, tuple[Method, str]]] = {
    "getMe": (get_me, ""),
    "setWebhook": (
        set_webhook,
        "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
    ),
    "deleteWebhook": (delete_webhook, "drop_pending_updates"),
    "getWebhookInfo": (get_webhook_info, ""),
    "setMyCommands": (set_my_commands, f"commands {_SCOPE}"),
    "getMyCommands": (get_my_commands, _SCOPE),
    "deleteMyCommands": (delete_my_commands, _SCOPE),
    "answerCallbackQuery": (answer_callback_query, "callback_query_id text show_alert url cache_time"),
    "getChat": (get_chat, "chat_id"),
    "getFile": (media.get_file, "file_id"),
    "sendMessage": (sending.send_message, f"{_PLACE} text parse_mode entities {_PREVIEW}"),
    "sendChatAction": (
        sending.send_chat_action,
        "business_connection_id chat_id message_thread_id action",
    ),
    "sendPhoto": (media.send_photo, f"{_PLACE} photo has_spoiler {_CAPTION}"),
    "sendDocument": (
        media.send_document,
        f"{_PLACE} document thumbnail disable_content_type_detection {_CAPTION}",
    ),
    "sendMediaGroup": (media.send_media_group, f"{_PLACE} media"),
    "editMessageText": (sending.edit_message_text, f"{_EDIT} text parse_mode entities {_PREVIEW}"),
    "editMessageCaption": (sending.edit_message_caption, f"{_EDIT} {_CAPTION}"),
    "editMessageReplyMarkup": (sending.edit_message_reply_markup, _EDIT),
    "deleteMessage": (sending.delete_message, "chat_id message_id"),
}
METHODS: Final = {
    name.lower(): (run, frozenset(parameters.split())) for name, (run, parameters) in _METHODS.items()
}
GET_UPDATES: Final = frozenset({"offset", "limit", "timeout", "allowed_updates"})
"""Parameters of the one method that waits, which the server has itself."""
