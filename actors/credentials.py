"""Secrets that a subsystem works with: the vault's, and for those that it does not hold the environment's."""

import math
from collections.abc import Mapping
from typing import Final, final

import trio

from actors.vault import messages as vault
from bus import Bus, DeliveryError, NoRoute

AGAIN: Final = 30.0
"""Seconds after which a vault that did not answer is asked again, when a secret is needed."""


@final
class Credentials:
    """Secrets as they are now. A change makes a new mapping. After vault.SecretsChanged, say :meth:`changed`."""

    def __init__(self, environment: Mapping[str, str], names: tuple[str, ...], why: str) -> None:
        """`why` is for the person who reads the log of the vault."""
        self._environment = environment
        self._names = names
        self._why = why
        self._due = -math.inf
        self._reading = trio.Lock()
        self.current = environment
        """By name of the variable."""
        self.unreadable: Mapping[str, str] = {}
        """Why one that the vault holds is not among them, by its name."""

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
            found = await bus.ask(vault.Read(names=self._names, why=self._why))
        except NoRoute:
            return
        except (vault.VaultFailed, DeliveryError):
            self._due = now + AGAIN  # what was read before still counts
            return
        held = {each.name: each.value for each in found.secrets}
        self.current = {**self._environment, **held} if held else self._environment
        self.unreadable = {
            name: f"{name} is in the vault and cannot be read: {why}"
            for name, why in found.unreadable.items()
        }
