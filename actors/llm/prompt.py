"""One request for one model, and what a provider does with it. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, final

import attrs

from actors.llm.answer import Answer, Send
from actors.llm.catalogue import Known
from actors.llm.messages import Effort, SystemText
from actors.llm.pictures import Pictures
from actors.vocabulary import ChatMessage, ToolSpec

JsonObject = dict[str, Any]

BUDGETS: Final[Mapping[Effort, int]] = {"low": 4096, "medium": 10240, "high": 32768}
"""Tokens of thinking."""

ROOM_FOR_WORDS: Final = 8192
"""Tokens that remain for the answer when all of the thinking budget is used."""


@final
@attrs.frozen(kw_only=True)
class Prompt:
    """A completion as a provider gets it: model chosen, pictures loaded."""

    model: str
    """Id as the provider knows it."""
    messages: tuple[ChatMessage, ...]
    system: tuple[SystemText, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 16384
    effort: Effort | None = None
    known: Known = attrs.field(factory=Known)
    pictures: Pictures = attrs.field(factory=dict[str, Any], repr=False)


class Provider(Protocol):
    """A translation of one canonical request into one canonical answer, nothing more."""

    async def complete(self, prompt: Prompt, send: Send) -> Answer:
        """Ask once. Text goes through `send` as it arrives; cancelling closes the connection.

        Raises ModelError, or ModelUnavailable when asking again may help.
        """
        ...

    async def close(self) -> None:
        """Close every connection; the provider is not used again."""
        ...


def answer_limit(prompt: Prompt, budget: int | None) -> int:
    """Tokens to allow for an answer that may think for `budget` tokens, within what the model can do."""
    wanted = prompt.max_tokens if budget is None else max(prompt.max_tokens, budget + ROOM_FOR_WORDS)
    return min(wanted, prompt.known.max_output or wanted)
