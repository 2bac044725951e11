"""Where the keys of providers come from: the vault, and for those that it does not hold the environment."""

import math
from collections.abc import Mapping
from typing import Final, final

import trio

from actors.llm.settings import PROVIDERS, Provider, key_variable
from actors.vault import messages as vault
from bus import Bus, DeliveryError, NoRoute

AGAIN: Final = 30.0
"""Seconds after which a vault that did not answer is asked again, when a key is needed."""
VARIABLES: Final[Mapping[str, Provider]] = {
    variable: provider for provider in PROVIDERS if (variable := key_variable(provider))
}


@final
class Keys:
    """The keys as they are now. A change makes a new mapping."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._due = -math.inf
        self._reading = trio.Lock()
        self.current = environment
        """By name of the variable."""
        self.unreadable: Mapping[Provider, str] = {}
        """Why a key that the vault holds is not among them."""

    def changed(self) -> None:
        """Something in the vault is not what it was."""
        self._due = -math.inf

    async def read(self, bus: Bus) -> None:
        """Ask the vault, if there is something new to be learned from it; whoever comes meanwhile waits for it too."""
        if bus.clock.monotonic() < self._due and not self._reading.locked():
            return
        async with self._reading:
            if (now := bus.clock.monotonic()) >= self._due:
                self._due = math.inf
                await self._ask(bus, now)

    async def _ask(self, bus: Bus, now: float) -> None:
        try:
            found = await bus.ask(vault.Read(names=tuple(VARIABLES), why="provider keys"))
        except NoRoute:
            return
        except (vault.VaultFailed, DeliveryError):
            self._due = now + AGAIN  # what was read before still counts
            return
        held = {each.name: each.value for each in found.secrets}
        self.current = {**self._environment, **held} if held else self._environment
        self.unreadable = {
            VARIABLES[name]: f"{name} is in the vault and cannot be read: {why}"
            for name, why in found.unreadable.items()
        }
