"""The actor that sends to Telegram what waits in the outbox, and shows meanwhile that somebody is at work."""

from typing import TYPE_CHECKING, Any, Final, final

import trio

from actors.credentials import Credentials
from actors.settings.messages import SettingsChanged
from actors.subsystem import Given
from actors.telegram.liveness import goal
from actors.telegram.settings import TOKEN, Settings, Telegram
from actors.vault.messages import SecretsChanged
from bus import Actor, Lag, run_in_thread

if TYPE_CHECKING:
    from actors.telegram.outgoing import Outgoing

LOOK: Final = 30.0
"""Seconds after which it is looked again whether something can be sent."""


@final
class TelegramSenderActor(Actor):
    """Owns the way out to Telegram. What it is to send is kept by the session subsystem, so nothing is lost with it.

    What sends is loaded once there is a token.
    """

    def __init__(self, given: Given) -> None:
        self._settings = given.settings(Settings)
        self._credentials = Credentials(given.environment, (TOKEN,), "the bot's token, to send messages")
        self._outgoing: Outgoing | None = None

    async def start(self) -> None:
        await self._credentials.read(self.bus)
        await self._look()
        self.spawn(self._follow_changes)

    async def on_stop(self) -> None:
        if self._outgoing is not None:
            await self._outgoing.line.close()

    def describe(self) -> dict[str, Any]:
        nothing = {"sending": 0, "trouble": None}
        return nothing if self._outgoing is None else self._outgoing.describe()

    def _telegram(self) -> Telegram:
        return self._settings().channels.telegram

    async def _look(self) -> None:
        """Send, if there is a bot to send as; say in the health check why messages wait."""
        secrets = self._credentials
        if self._outgoing is None:
            if not goal(self._telegram(), secrets.current, secrets.unreadable).is_wanted:
                return
            kind = await run_in_thread(_outgoing, limiter=trio.CapacityLimiter(1))
            self._outgoing = kind(self.bus, secrets, self._telegram, self.degraded)
            self.spawn(self._outgoing.sender.run)
            self.spawn(self._outgoing.companion.run)
        self._outgoing.look()

    async def _follow_changes(self) -> None:
        """Have a new token or other settings in use at once; look now and then, as the vault may not have answered."""
        changes = self.bus.subscribe(SecretsChanged, SettingsChanged, limit=1, lag=Lag.DROP_OLDEST)
        async with changes as changed:
            while True:
                with trio.move_on_after(LOOK):
                    await anext(changed)
                    self._credentials.changed()
                await self._credentials.read(self.bus)
                await self._look()


def _outgoing() -> "type[Outgoing]":
    """In a thread, as it takes a while."""
    from actors.telegram.outgoing import Outgoing

    return Outgoing
