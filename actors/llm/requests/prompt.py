"""One request for one model: the model chosen, its files loaded, its limits known. Pure."""

from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests.files import Files
from actors.vocabulary import ChatMessage, Effort, ToolSpec
from bus import Data

BUDGETS: Final[Mapping[Effort, int]] = {"low": 4096, "medium": 10240, "high": 32768}
"""Tokens of thinking."""

LIMITS: Final = ("max_completion_tokens", "max_tokens")
"""Names of one thing, the limit of the answer, in chat completions: the first is what OpenAI's reasoning models demand,
the second all that relatives know."""

ROOM_FOR_WORDS: Final = 8192
"""Tokens that remain for the answer when all of the thinking budget is used."""


@final
@attrs.frozen(kw_only=True)
class Prompt(Data):
    """A completion as a provider gets it."""

    provider: str
    """Name of the provider, to which what it wants back is sent back."""
    model: str
    """Id as the provider knows it."""
    messages: tuple[ChatMessage, ...]
    system: tuple[SystemText, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 16384
    effort: Effort | None = None
    details: ModelDetails = attrs.field(factory=ModelDetails)
    files: Files = attrs.field(factory=dict[str, Any], repr=False)


def answer_limit(prompt: Prompt, budget: int | None) -> int:
    """Tokens to allow for an answer that may think for `budget` tokens, within what the model can do."""
    wanted = prompt.max_tokens if budget is None else max(prompt.max_tokens, budget + ROOM_FOR_WORDS)
    return min(wanted, prompt.details.max_output or wanted)
