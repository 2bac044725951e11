"""What tokens cost. Pure."""

from typing import Final, final

import attrs

from actors.llm.completion import Tokens
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Rates(Data):
    """US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float


FREE: Final = Rates(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0)


def cost(tokens: Tokens, rates: Rates | None) -> float | None:
    """US dollars of one completion; None when the rates are not known."""
    if rates is None:
        return None
    parts = (
        tokens.input * rates.input,
        tokens.output * rates.output,
        tokens.cache_read * rates.cache_read,
        tokens.cache_write * rates.cache_write,
    )
    return sum(parts) / 1_000_000
