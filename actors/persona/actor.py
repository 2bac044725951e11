"""The persona actor: says who the agent is."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

from actors.context import Section
from actors.persona import messages, texts
from actors.persona.settings import Settings
from actors.prose import Prose, read
from bus import Actor

_LOG: Final = logging.getLogger(__name__)


@final
class PersonaActor(Actor):
    """Looks at its settings and at SOUL.md whenever it is asked, so that a change counts from the next turn on."""

    def __init__(self, settings: Callable[[], Settings], soul: Path) -> None:
        self._settings = settings
        self._path = soul
        self._told: str | None = None
        """The last fault of the file that somebody was told of."""

    async def start(self) -> None:
        if (fault := self._read().fault) is not None:
            _LOG.warning("%s (%s)", fault, self._path)

    @messages.Identity.handler
    async def identity(self, request: messages.Identity) -> str:
        return texts.identity(self._settings().agent_name)

    @messages.Soul.handler
    async def soul(self, request: messages.Soul) -> Section:
        found = self._read()
        fresh = found.fault != self._told
        self._told = found.fault
        return Section(text=found.text, notice=found.fault if fresh else None)

    @messages.Now.handler
    async def now(self, request: messages.Now) -> str:
        return texts.now(self.bus.clock.now(), self._settings().zone, request.session)

    def _read(self) -> Prose:
        """The file as it is; what is wrong with it is also the health of this actor. A missing one is well."""
        found = read(self._path, texts.SOUL_BYTES)
        self.degraded(found.fault)
        return found
