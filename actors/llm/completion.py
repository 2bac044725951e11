"""What a provider makes of one request: the whole completion, not yet priced, and where its pieces go before."""

from collections.abc import Awaitable, Callable
from typing import Final, final

import attrs

from actors.llm.messages import CompletionEvent
from actors.vocabulary import Block, Usage
from bus import Data

Send = Callable[[CompletionEvent], Awaitable[None]]
"""Hands one item to whoever asked, waiting while they lag."""

END_TURN: Final = "end_turn"
TOOL_USE: Final = "tool_use"
MAX_TOKENS: Final = "max_tokens"
"""The answer was cut at its limit."""
REFUSAL: Final = "refusal"
"""The model would not."""
FILTERED: Final = "content_filter"
"""Something at the provider withheld the answer, or what was left of it."""
PAUSED: Final = "pause_turn"
"""The model goes on when it gets back what it said."""


@final
@attrs.frozen(kw_only=True)
class Tokens(Data):
    """Tokens of one completion, counted as :class:`actors.vocabulary.Usage` counts them."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


def usage_of(tokens: Tokens, model: str | None = None, cost_usd: float | None = None) -> Usage:
    """The same as others are told it."""
    return Usage(
        model=model,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        cost_usd=cost_usd,
    )


def tokens_of(usage: Usage) -> Tokens:
    """What :func:`usage_of` was made from."""
    return Tokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.cache_read_tokens,
        cache_write=usage.cache_write_tokens,
    )


@final
@attrs.frozen(kw_only=True)
class Completion(Data):
    """A whole answer as a provider gave it."""

    content: tuple[Block, ...]
    stop_reason: str
    tokens: Tokens
