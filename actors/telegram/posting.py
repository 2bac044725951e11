"""Sending one part to a chat, with a remedy for what Telegram refuses of it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from io import BytesIO
from typing import Any, Final, cast, final

import attrs

from actors.telegram import parts, refusals
from actors.telegram.client import Client, Upload
from actors.telegram.parts import File, Whole
from actors.telegram.question import Keyboard
from actors.telegram.rendering.rich import Rich, units
from actors.telegram.rendering.split import chunks
from actors.telegram.wire import Refused, TelegramError, Unknown, Unreachable
from actors.tools import messages as tools
from bus import Bus, crash_point

FEWEST: Final = 64
"""UTF-16 code units below which a text is not taken for too long."""
_NO_PREVIEW: Final = {"is_disabled": True}


@final
@attrs.define
class Target:
    """Where parts go. What Telegram does not know there is left out from then on."""

    chat: int
    thread: int | None = None
    """Topic of a forum."""
    reply: int | None = None
    """Message that the next part answers."""
    moved: bool = False
    """Whether the chat has become another one meanwhile; it does not do so twice."""

    @classmethod
    def of(cls, recipient: str) -> "Target | None":
        """What a recipient stands for: ``chat`` or ``chat:thread``."""
        chat, _, thread = recipient.partition(":")
        try:
            return cls(int(chat), int(thread) if thread else None)
        except ValueError:
            return None

    def parameters(self) -> dict[str, Any]:
        """As the Bot API takes them."""
        reply = {"message_id": self.reply, "allow_sending_without_reply": True} if self.reply else None
        return {"chat_id": self.chat, "message_thread_id": self.thread, "reply_parameters": reply}

    def does_without(self, error: Refused) -> bool:
        """Leave out what was refused; False when it was something else."""
        match refusals.remedy(error):
            case "no_thread" if self.thread is not None:
                self.thread = None
            case "no_reply" if self.reply is not None:
                self.reply = None
            case "elsewhere" if error.moved_to is not None and not self.moved:
                self.chat, self.thread, self.reply, self.moved = error.moved_to, None, None, True
            case _:
                return False
        return True


@final
class Posting:
    """Sends parts to one target. Each gives the id of its message, the last one where there had to be more.

    All raise TelegramError, and whatever `wait`, which is called with the chat before each call, raises.
    """

    def __init__(self, bus: Bus, client: Client, to: Target, wait: Callable[[int], Awaitable[None]]) -> None:
        self._bus = bus
        self._client = client
        self._to = to
        self._wait = wait

    @property
    def chat(self) -> int:
        """Where the parts go, which another chat may have taken the place of meanwhile."""
        return self._to.chat

    async def remove(self, message_id: int) -> None:
        """Take a message of ours away, if that can be."""
        with suppress(TelegramError):
            where = {"chat_id": self._to.chat, "message_id": message_id}
            await self._client.call("deleteMessage", where)

    async def words(self, rich: Rich, keyboard: Keyboard = ()) -> int:
        """Send a text; without its formatting, in pieces, without topic or reply, if it cannot be otherwise."""
        while True:
            try:
                return await self._message(rich, keyboard)
            except Refused as error:
                remedy = refusals.remedy(error)
                if remedy == "unformatted" and rich.entities:
                    rich = Rich(text=rich.text)
                elif remedy == "shorter" and units(rich.text) > FEWEST:
                    return await self._pieces(rich.text)
                elif not self._to.does_without(error):
                    raise

    async def edit(self, message_id: int, rich: Rich) -> bool:
        """Have a message of ours say something else; False when there is none any more."""
        try:
            await self._edit(message_id, rich)
        except Refused as error:
            if refusals.remedy(error) == "unformatted":
                return await self.edit(message_id, Rich(text=rich.text)) if rich.entities else False
            return refusals.is_same(error)
        except Unknown as error:
            raise Unreachable(
                str(error)
            ) from error  # what is done once more is the same as what is done once
        return True

    async def file(self, file: File, user: str, caption: str, *, in_words: bool) -> int:
        """Send a file, or say why not and where it is; with `in_words` without a try."""
        try:
            found = await self._bus.ask(tools.Locate(path=file.path, user=user))
        except tools.FileError:
            return await self.words(_below(caption, parts.missing(file)))
        if found.size > parts.LARGEST_DOCUMENT:
            return await self.words(_below(caption, parts.too_large(file, found.size)))
        if in_words or not found.size:
            return await self.words(_below(caption, parts.refused(file)))
        upload = Upload("document", file.name, found.media_type, found.open)
        try:
            if found.media_type in parts.PHOTOS and found.size <= parts.LARGEST_PHOTO:
                return await self._photo(upload, caption)
            return await self._upload("sendDocument", upload, caption)
        except tools.FileNotFound:
            return await self.words(_below(caption, parts.missing(file)))
        except Refused as error:
            if error.code == 403:
                raise
            return await self.words(_below(caption, parts.refused(file)))

    async def whole(self, part: Whole, caption: str) -> int:
        """Send a text as a document."""
        media_type = "text/plain" if part.name.endswith(".txt") else "text/markdown"
        upload = Upload("document", part.name, media_type, lambda: BytesIO(part.text.encode()))
        return await self._upload("sendDocument", upload, caption)

    # --- calls --------------------------------------------------------------------------------------------

    async def _message(self, rich: Rich, keyboard: Keyboard) -> int:
        return await self._call("sendMessage", {**self._to.parameters(), **said(rich, keyboard)})

    async def _edit(self, message_id: int, rich: Rich) -> None:
        await self._wait(self._to.chat)
        where = {"chat_id": self._to.chat, "message_id": message_id}
        await self._client.call("editMessageText", {**where, **said(rich)})

    async def _pieces(self, text: str) -> int:
        """Send the parts of a text of which Telegram thinks, against its own rules, that it is too long."""
        halves = chunks(text, units(text) // 2)
        return [await self.words(Rich(text=half.text)) for half in halves][-1]

    async def _photo(self, upload: Upload, caption: str) -> int:
        try:
            return await self._upload("sendPhoto", attrs.evolve(upload, field="photo"), caption)
        except Refused as error:
            if refusals.remedy(error) != "as_document":
                raise
            return await self._upload("sendDocument", upload, caption)

    async def _upload(self, method: str, upload: Upload, caption: str) -> int:
        while True:
            try:
                parameters = {**self._to.parameters(), "caption": caption or None}
                return await self._call(method, parameters, upload)
            except Refused as error:
                if not self._to.does_without(error):
                    raise

    async def _call(self, method: str, parameters: dict[str, Any], upload: Upload | None = None) -> int:
        await self._wait(self._to.chat)
        result = await self._client.call(method, parameters, upload)
        crash_point("telegram", "after_send")
        self._to.reply = None
        return message_id(result)


def message_id(result: Any) -> int:
    """The id of a message that was sent. Raises Unknown."""
    found = cast("dict[str, Any]", result).get("message_id") if isinstance(result, dict) else None
    if not isinstance(found, int):
        raise Unknown("the answer cannot be understood")
    return found


def said(rich: Rich, keyboard: Keyboard = ()) -> dict[str, Any]:
    """A text with its buttons as the Bot API takes it."""
    entities = [entity.json() for entity in rich.entities]
    buttons = [[{"text": words, "callback_data": data} for words, data in row] for row in keyboard]
    return {
        "text": rich.text,
        "entities": entities or None,
        "link_preview_options": _NO_PREVIEW,
        "reply_markup": {"inline_keyboard": buttons} if buttons else None,
    }


def _below(line: str, rich: Rich) -> Rich:
    return rich.below(line) if line else rich
