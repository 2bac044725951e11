"""The actor that sends to Telegram what waits in the outbox, and shows meanwhile that somebody is at work."""

from typing import Any, Final, final

import trio

from actors.sending import Sender
from actors.settings.messages import SettingsChanged
from actors.subsystem import Given
from actors.telegram.companion import Companion
from actors.telegram.line import CONNECTIONS, Line
from actors.telegram.pace import Pace
from actors.telegram.placed import Placed
from actors.telegram.sending import Delivery
from actors.telegram.settings import Settings, Telegram
from actors.vault.messages import SecretsChanged
from bus import Actor, Lag

LOOK: Final = 30.0
"""Seconds after which it is looked again whether something can be sent."""


@final
class TelegramSenderActor(Actor):
    """Owns the way out to Telegram. What it is to send is kept by the session subsystem, so nothing is lost with it."""

    def __init__(self, given: Given) -> None:
        self._environment = given.environment
        self._settings = given.settings(Settings)
        self._trouble: str | None = None

    async def start(self) -> None:
        self._line = Line(self.bus, self._environment, self._settings)
        pace, placed = Pace(), Placed(self.bus)
        delivery = Delivery(
            self.bus, self._line, lambda: self._telegram().stream_mode, pace, placed, self._report
        )
        self._sender = Sender(
            self.bus, "telegram", delivery.send, ready=lambda: self._line.usable, recipients=CONNECTIONS
        )
        await self._line.read()
        self._report(None)
        self.spawn(self._follow_changes)
        self.spawn(self._sender.run)
        self.spawn(Companion(self.bus, self._line, self._telegram, pace, placed).run)

    async def on_stop(self) -> None:
        await self._line.close()

    def describe(self) -> dict[str, Any]:
        return {"sending": self._sender.in_hand, "trouble": self._line.why or self._trouble}

    def _telegram(self) -> Telegram:
        return self._settings().channels.telegram

    def _report(self, trouble: str | None) -> None:
        """Say in the health check why messages wait."""
        self._trouble = trouble
        self.degraded(self._line.why or trouble)

    async def _follow_changes(self) -> None:
        """Have a new token or other settings in use at once; look now and then, as the vault may not have answered."""
        changes = self.bus.subscribe(SecretsChanged, SettingsChanged, limit=1, lag=Lag.DROP_OLDEST)
        async with changes as changed:
            while True:
                is_new = False
                with trio.move_on_after(LOOK):
                    await anext(changed)
                    is_new = True
                await self._line.read(changed=is_new)
                self._report(self._trouble)
                self._sender.look()
