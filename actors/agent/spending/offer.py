"""The models that there are, as one attempt of a turn goes by them: asked for once."""

from typing import final

from actors.llm import messages as llm
from bus import Bus, BusError


@final
class Offer:
    """Who asks for the models first asks for all of an attempt."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.known: llm.Catalogue | None = None

    async def models(self) -> llm.Catalogue | None:
        """All of them; None where nobody can say, which the next one asks again."""
        if self.known is None:
            try:
                self.known = await self._bus.ask(llm.Models())
            except BusError:
                return None
        return self.known
