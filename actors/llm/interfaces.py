"""A provider with two interfaces: the better one is asked first, and where it is not, the usual one."""

import re
from collections.abc import Callable, Sequence
from typing import Final, final

import attrs

from actors.llm.answers.delivery import Delivery
from actors.llm.answers.embeddings import Embedding
from actors.llm.answers.transcriptions import Sound, Transcription
from actors.llm.completion import Completion, Send
from actors.llm.messages import ModelError, ModelUnavailable, TextRole
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt

_NO_SUCH_PATH: Final = frozenset({404, 405, 501})
_OF_MODEL: Final = re.compile(r"\bmodel\b", re.IGNORECASE)


@final
@attrs.define(eq=False, kw_only=True)
class Interfaces:
    """One endpoint, asked through two interfaces. Both have one client, which is closed once."""

    better: Provider
    usual: Provider
    path: str
    """How the path of a call of the better one ends."""
    suits: Callable[[Prompt], bool]
    """Whether a prompt is one for the better one."""
    _is_there: bool = True
    """Whether the endpoint is not known to lack the better one."""

    async def complete(self, prompt: Prompt, send: Send) -> Completion:
        """See :class:`actors.llm.provider.Provider`. That there is no better interface is remembered."""
        if not self._is_there or not self.suits(prompt):
            return await self.usual.complete(prompt, send)
        delivery = Delivery(send)
        try:
            return await self.better.complete(prompt, delivery.send)
        except (ModelError, ModelUnavailable) as error:
            if delivery.begun or not is_missing(error, self.path):
                raise
        return await self._ask_usual(prompt, send)

    async def _ask_usual(self, prompt: Prompt, send: Send) -> Completion:
        """Ask where the better interface is missing; an endpoint that has neither may have both later."""
        try:
            completion = await self.usual.complete(prompt, send)
        except ModelError as error:
            self._is_there = is_missing(error, self.path)
            raise
        self._is_there = False
        return completion

    async def embed(self, model: str, texts: Sequence[str], role: TextRole = "passage") -> Embedding:
        """See :class:`actors.llm.provider.Provider`."""
        return await self.usual.embed(model, texts, role)

    async def transcribe(self, model: str, sound: Sound) -> Transcription:
        """See :class:`actors.llm.provider.Provider`."""
        return await self.usual.transcribe(model, sound)

    async def close(self) -> None:
        await self.usual.close()


def is_missing(error: ModelError | ModelUnavailable, path: str) -> bool:
    """Whether an endpoint refused because it has no such interface, rather than no such model.

    Some say so by a page, or by words that name the path, under a status of success.
    """
    if path in error.detail and error.reason != "authentication":
        return True
    if isinstance(error, ModelError) and error.reason == "protocol":
        return True
    return error.status in _NO_SUCH_PATH and not _OF_MODEL.search(error.detail)
