"""What a test may ask: what people see now, how it came about, and every call of the bot."""

from typing import Any, final

import attrs

from tests.fakes.telegram.state import Message, World


@final
class Seen:
    def __init__(self, world: World) -> None:
        self._world = world

    def messages(self, chat: int, thread: int | None = None) -> list[Message]:
        """What the chat shows now, in order; of one topic, if `thread` is given."""
        shown = self._world.chats[chat].messages
        return [m for _, m in sorted(shown.items()) if thread is None or m.get("message_thread_id") == thread]

    def texts(self, chat: int, thread: int | None = None) -> list[str]:
        """Texts and captions of the bot's messages, as they are now."""
        return [_text(message) for message in self.messages(chat, thread) if self._world.own(message)]

    def history(self, chat: int) -> list[dict[str, Any]]:
        """Everything that was sent, edited and deleted in a chat: ``what``, ``at`` and the ``message`` then."""
        return self._world.chats[chat].history

    def versions(self, chat: int, message_id: int) -> list[str]:
        """Texts that one message had, one after another."""
        messages = [event["message"] for event in self.history(chat) if event["what"] != "deleted"]
        return [_text(message) for message in messages if message["message_id"] == message_id]

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """Calls of the bot in order: ``method`` in its own writing, ``parameters``, ``at`` and ``outcome``."""
        wanted = method.lower()
        calls = self._world.requests
        return [
            attrs.asdict(call, recurse=False) for call in calls if not wanted or call.method.lower() == wanted
        ]

    def polling(self) -> bool:
        """Whether a poll waits now."""
        return self._world.polls > 0

    def waiting(self) -> list[int]:
        """Ids of the updates that no poll has confirmed."""
        return [update["update_id"] for update in self._world.updates.waiting]

    def content(self, file_id: str) -> bytes:
        """What is in a file that somebody has sent."""
        return self._world.files.find(file_id).data

    def commands(self) -> dict[str, list[dict[str, Any]]]:
        """What the bot offers in its menu, by scope and language."""
        return self._world.commands

    def callbacks(self) -> dict[str, dict[str, Any] | None]:
        """How the bot answered presses of buttons, by id of the query; None if it has not."""
        return self._world.callbacks


def _text(message: Message) -> str:
    return str(message.get("text", message.get("caption", "")))
