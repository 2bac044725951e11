"""What the stand-in knows: the bot, people, chats with their messages, files. `people` and `methods` change it."""

import copy
import time
from collections.abc import Callable
from typing import Any, Final, Literal, final

import attrs

from tests.fakes.telegram.files import Files
from tests.fakes.telegram.limits import NONE, Limits, Meter
from tests.fakes.telegram.refusals import bad_request, refusal
from tests.fakes.telegram.updates import Updates

TOKEN: Final = "4242:AAStandInTokenOfTheTests"
USERNAME: Final = "starpod_test_bot"

Kind = Literal["private", "group", "supergroup", "channel"]
Standing = Literal["open", "unknown", "blocked", "deactivated", "kicked", "muted"]
Message = dict[str, Any]


@final
@attrs.define
class Person:
    id: int
    first_name: str
    username: str | None = None
    last_name: str | None = None
    language_code: str | None = "en"
    is_bot: bool = False

    def json(self) -> dict[str, Any]:
        said = attrs.asdict(self)
        return {name: value for name, value in said.items() if value is not None}


@final
@attrs.define
class Chat:
    id: int
    kind: Kind
    title: str = ""
    """Of a private chat the name of its person."""
    username: str | None = None
    is_forum: bool = False
    standing: Standing = "open"
    """How the bot stands here. "unknown": its person has never written to it."""
    moved_to: int | None = None
    messages: dict[int, Message] = attrs.field(factory=dict[int, Message])
    """What people see now, by message id."""
    history: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])
    """Everything that was sent, edited and deleted here, in order."""
    topics: dict[int, str] = attrs.field(factory=dict[int, str])
    """Names of a forum's topics by their thread id, which is the id of the message that made them."""
    last_id: int = 0
    """Of a supergroup or channel, which number their own messages."""

    def json(self) -> dict[str, Any]:
        name = {"first_name" if self.kind == "private" else "title": self.title}
        username = {"username": self.username} if self.username else {}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "type": self.kind, **name, **username, **forum}

    def check_open(self) -> None:
        """Raise Refusal unless the bot may write here."""
        if self.moved_to is not None:
            why = "group chat was upgraded to a supergroup chat"
            raise refusal(400, why, migrate_to_chat_id=self.moved_to)
        match self.standing:
            case "open":
                return
            case "unknown":
                raise refusal(403, "bot can't initiate conversation with a user")
            case "blocked":
                raise refusal(403, "bot was blocked by the user")
            case "deactivated":
                raise refusal(403, "user is deactivated")
            case "kicked":
                raise refusal(403, f"bot was kicked from the {self.kind} chat")
            case "muted":
                raise bad_request("not enough rights to send text messages to the chat")


@final
@attrs.define
class Request:
    """A call of the bot, for the record."""

    method: str
    parameters: dict[str, Any]
    at: float
    """Seconds of the server's monotonic clock."""
    outcome: str = ""
    """"ok", the description of the refusal, or the fault that it met; empty while it is under way."""


@final
class World:
    """One bot and everybody around it."""

    def __init__(self, token: str = TOKEN, username: str = USERNAME) -> None:
        self.token = token
        self.bot = Person(int(token.partition(":")[0]), "Starpod", username, language_code=None, is_bot=True)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files = Files()
        self.updates = Updates(first=100_001)
        self.limits: Limits = NONE
        self.meter = Meter()
        self.requests: list[Request] = []
        self.commands: dict[str, list[dict[str, Any]]] = {}
        """By scope and language."""
        self.callbacks: dict[str, dict[str, Any] | None] = {}
        """By id of the query, how the bot has answered it; None as long as it has not."""
        self.webhook = ""
        self.polls = 0
        """Polls that wait now."""
        self.clock: Callable[[], float] = time.monotonic
        self.changed: Callable[[], None] = lambda: None
        """Called after every change, by whoever made it."""
        self._last_id = 0

    def chat(self, id: str) -> Chat:
        """The chat a bot names by its id or its public name. Raises Refusal."""
        if not id:
            raise bad_request("chat_id is empty")
        if id.startswith("@"):
            named = (c for c in self.chats.values() if c.username == id[1:] and c.kind != "private")
            chat = next(named, None)
        else:
            chat = self.chats.get(int(id)) if id.removeprefix("-").isdecimal() else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def new_message(self, chat: Chat, sender: dict[str, Any], **content: Any) -> Message:
        """A message with its number and date, not yet put into its chat."""
        if chat.kind in {"supergroup", "channel"}:
            chat.last_id = number = chat.last_id + 1
        else:
            self._last_id = number = self._last_id + 1
        return {"message_id": number, **sender, "chat": chat.json(), "date": int(time.time()), **content}

    def put(self, chat: Chat, message: Message, what: Literal["sent", "edited"] = "sent") -> None:
        """Show a message, in place of the one with its number if there is one."""
        chat.messages[message["message_id"]] = message
        self._remember(chat, what, message)

    def remove(self, chat: Chat, message_id: int) -> None:
        self._remember(chat, "deleted", chat.messages.pop(message_id))

    def _remember(self, chat: Chat, what: str, message: Message) -> None:
        chat.history.append({"what": what, "at": self.clock(), "message": copy.deepcopy(message)})

    def own(self, message: Message) -> bool:
        """Whether the bot has written it."""
        sender: dict[str, Any] = message.get("from", {})
        return bool(sender.get("id") == self.bot.id)


def quoted(message: Message) -> Message:
    """A message as the one that another replies to: without what it replies to itself."""
    return copy.deepcopy({name: value for name, value in message.items() if name != "reply_to_message"})
