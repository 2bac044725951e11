"""How much context an Ollama is asked to make room for. Pure."""

from collections.abc import Callable, Iterable
from typing import Final, final

from actors import jsontext
from actors.llm.fields import JsonObject

STEPS: Final = tuple(2**n for n in range(13, 21))
"""Tokens: 8192 to 1 048 576."""
KEPT: Final = 600.0
"""Seconds for which a model keeps the room that it was last in need of."""
ROOM_FOR_ANSWER: Final = 4096
"""Tokens of an answer for which room is made from the start. A longer one that does not fit is cut at its limit, and
as the conversation goes on there is room for it."""
UNKNOWN: Final = 131_072
"""Tokens that a model is taken to hold where nobody says."""
_BYTES: Final = 3
"""Of text for each token, rather too few than too many: English has four, code and most other languages three."""
_MESSAGE: Final = 8
"""Tokens that stand around each message."""
_PICTURE: Final = 1024
"""Tokens of a picture, which vary between some hundred and a few thousand."""


@final
class Windows:
    """Chooses ``num_ctx``, in a few fixed steps, each twice the one before.

    What Ollama does by itself is a trap: it takes 4096 tokens where nobody says, and silently drops what does not
    fit. To always ask for all that a model can hold is none better, since that memory is taken at once, mostly more
    than there is. And a model is loaded anew, for seconds or minutes, whenever the number differs from that of the
    request before. So a step holds for many turns, and a short request (for a title, for a summary) that comes
    between those of a long conversation takes the step which that one needs; only when it has been of no use for ten
    minutes is there a smaller one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds, from any beginning."""
        self._clock = clock
        self._held: dict[str, tuple[int, float]] = {}
        """By model: the step, and when it was last needed."""

    def choose(self, model: str, needed: int, most: int | None) -> int:
        """Tokens of context for a request that needs so many, of a model that holds at most `most`."""
        now = self._clock()
        step = next((each for each in STEPS if each >= needed), STEPS[-1])
        held, since = self._held.get(model, (0, now))
        if held <= step or now - since >= KEPT:
            self._held[model] = held, _ = step, now
        return min(held, most or UNKNOWN)


def needed(messages: Iterable[JsonObject], tools: Iterable[JsonObject], limit: int) -> int:
    """Tokens, rather too many, of a request in Ollama's form whose answer may have `limit` tokens."""
    tokens = min(limit, ROOM_FOR_ANSWER)
    size = sum(len(jsontext.encode(tool)) for tool in tools)
    for message in messages:
        size += sum(len(message.get(key, "").encode(errors="replace")) for key in ("content", "thinking"))
        size += sum(len(jsontext.encode(call)) for call in message.get("tool_calls", ()))
        tokens += _MESSAGE + _PICTURE * len(message.get("images", ()))
    return tokens + size // _BYTES
