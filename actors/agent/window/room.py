"""How much of a conversation a model can take, as far as that is known. Pure.

A window comes from the catalogue, or is learned from a provider that has refused a prompt as too long. Where neither
says anything, the configured budget counts.
"""

import re
from typing import Final, final

import attrs

from actors.agent.settings import Compaction
from actors.agent.window.unwanted import Unwanted
from bus import Data

CHARACTERS: Final = 4
"""Characters of a token, where a provider has not told better."""
SMALL: Final = 4000
"""Characters of a conversation that is not worth being made smaller by degrees."""
LEAST: Final = 256
"""Tokens that an answer gets at least."""

_MEASURED: Final = 8000
"""Characters of a prompt from which on it tells how many make a token."""
_NAMED: Final = re.compile(
    r"(?:maximum|max|available|limit(?!\s+exceeded)|only|allowed|n_ctx|context[ _](?:length|size|window))"
    r"[^0-9>]{0,40}([0-9][0-9,_]*)"
    r"|>=?\s*([0-9][0-9,_]*)"
    r"|([0-9][0-9,_]*)\s*(?:tokens?\s*)?(?:maximum|max\b|limit)",
    re.IGNORECASE,
)
_WINDOWS: Final = range(512, 100_000_000)
"""Numbers of tokens that can be a window."""


@final
@attrs.frozen(kw_only=True)
class Room(Data):
    """What a prompt may hold."""

    window: int | None
    """Tokens of prompt and answer together; None when not known."""
    budget: int
    """Tokens of prompt past which a conversation is compacted."""
    fixed: int
    """Characters that instructions and tools take."""
    rate: float = 1 / CHARACTERS
    """Tokens of a character."""

    @property
    def characters(self) -> int:
        """Characters that a conversation may have.

        A budget that somebody has set speaks of the conversation: it is no reason to leave out all of it.
        """
        fixed = 0 if self.window is None else self.fixed
        return max(0, int(self.budget / self.rate) - fixed)

    def tokens(self, characters: int) -> int:
        """Tokens of a conversation of that size, roughly: what is fixed counts where the window is known."""
        fixed = 0 if self.window is None else self.fixed
        return int((characters + fixed) * self.rate)

    def answer(self, wanted: int, characters: int) -> int:
        """Tokens an answer may have, of `wanted` ones, to a conversation of that size."""
        if self.window is None:
            return wanted
        left = self.window - self.tokens(characters) * 5 // 4
        return min(wanted, max(left, self.window // 5, LEAST))


def room(settings: Compaction, window: int | None, fixed: int, rate: float = 1 / CHARACTERS) -> Room:
    """The room in a window of so many tokens: 80 % of it at most are for the prompt."""
    budget = settings.context_budget if window is None else min(settings.context_budget, window * 8 // 10)
    return Room(window=window, budget=budget, fixed=fixed, rate=rate)


def rate(tokens: int, characters: int) -> float:
    """Tokens of a character in a prompt; neither less than is usual nor more than there can be."""
    if characters < _MEASURED:
        return 1 / CHARACTERS
    return min(1.0, max(1 / CHARACTERS, tokens / characters))


def smaller(size: int, refusals: int) -> int:
    """Characters to aim at when a conversation of `size` was refused, `refusals` times in this turn by now."""
    if size <= SMALL:
        return 0
    return size * 8 // 10 if refusals == 1 else size >> refusals


def named_window(detail: str) -> int | None:
    """The limit that a provider names in its refusal, in tokens; None when it names none.

    Of several numbers the least: too little costs words, too much another refusal.
    """
    numbers = (next(filter(None, match.groups())) for match in _NAMED.finditer(detail))
    found = [int(number.replace(",", "").replace("_", "")) for number in numbers]
    return min((number for number in found if number in _WINDOWS), default=None)


@final
@attrs.define
class Learned:
    """What a conversation has found out while it is in memory."""

    windows: dict[str, int] = attrs.field(factory=dict[str, int])
    """Tokens, by ``provider/model``."""
    weights: dict[str, dict[str, int]] = attrs.field(factory=dict[str, dict[str, int]])
    """Characters that documents weigh, likewise and by path."""
    toolless: set[str] = attrs.field(factory=set[str])
    """Models that take no tools, of which the person was told."""
    unwanted: Unwanted = attrs.field(factory=Unwanted)
    """What providers have refused."""
    noted: int = 0
    """Step before which all was handed over to be remembered."""

    def window(self, model: str, known: int | None) -> int | None:
        """The window to go by: what was learned, unless more is not even in the catalogue."""
        learned = self.windows.get(model)
        return min((size for size in (learned, known) if size is not None), default=None)

    def refused(self, model: str, room: Room, aim: int, named: int | None) -> None:
        """A prompt did not fit; `aim` is the number of characters that is tried next."""
        fitting = int((aim + room.fixed) * room.rate) * 10 // 8
        self.windows[model] = max(1, min(size for size in (fitting, named) if size is not None))

    def gave_up(self, model: str, named: int | None) -> None:
        """Nothing was small enough: the refusals say nothing of the window, unless they name it."""
        self.windows.pop(model, None)
        if named is not None:
            self.windows[model] = named
