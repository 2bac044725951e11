"""What is known of the models of an Ollama: asked for when it is needed, kept, and asked for again after a while."""

from collections.abc import Callable, Iterable
from typing import Final, final

import attrs
import trio

from actors.llm.models import endpoints
from actors.llm.models.catalogue import ModelDetails
from actors.llm.ollama import server as ollama
from actors.llm.ollama.models import Facts
from actors.llm.ollama.options import fixed_window
from actors.llm.settings import ProviderSettings

FRESH: Final = 300.0
"""Seconds for which what was said counts: a model may be replaced by another one of its name."""
LOOK_AGAIN: Final = 5.0
"""Seconds after which an Ollama that did not answer is asked again."""
_AT_ONCE: Final = 8

_Key = tuple[str, str]
"""Address and name."""


@final
@attrs.define
class _Known:
    facts: Facts | None
    again: float
    """When to ask again."""


@final
class LocalModels:
    """The models of every Ollama that was asked. Whatever one answers, or does not, nothing here fails."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds, from any beginning."""
        self._clock = clock
        self._known: dict[_Key, _Known] = {}

    async def learn(self, own: ProviderSettings, models: Iterable[str]) -> None:
        """Ask for those of `models` of which too little, or nothing of late, is known. Takes a few seconds at most."""
        at, now = endpoints.ollama(own.base_url), self._clock()
        wanted = [key for model in dict.fromkeys(models) if self._is_due(key := (at, model), now)]
        for key in wanted:  # whoever comes meanwhile asks for none of them as well
            self._known.setdefault(key, _Known(None, 0)).again = now + LOOK_AGAIN
        limit = trio.CapacityLimiter(_AT_ONCE)
        async with trio.open_nursery() as nursery:
            for key in wanted:
                nursery.start_soon(self._ask, key, limit)

    def details(self, own: ProviderSettings, model: str, details: ModelDetails) -> ModelDetails:
        """`details` of the catalogue with what was learned of a model."""
        known = self._known.get((endpoints.ollama(own.base_url), model))
        return ((known and known.facts) or Facts()).over(details, fixed_window(own.options))

    def _is_due(self, key: _Key, now: float) -> bool:
        known = self._known.get(key)
        return known is None or now >= known.again

    async def _ask(self, key: _Key, limit: trio.CapacityLimiter) -> None:
        said = await trio.to_thread.run_sync(ollama.shown, *key, abandon_on_cancel=True, limiter=limit)
        if said is not None:
            self._known[key] = _Known(said, self._clock() + FRESH)
