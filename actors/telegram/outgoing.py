"""What sends to Telegram, and shows meanwhile that somebody is at work, put together."""

from collections.abc import Callable
from typing import Any, final

from actors.credentials import Credentials
from actors.sending import Sender
from actors.telegram.companion import Companion
from actors.telegram.line import CONNECTIONS, Line
from actors.telegram.pace import Pace
from actors.telegram.placed import Placed
from actors.telegram.sending import Delivery
from actors.telegram.settings import Telegram
from bus import Bus


@final
class Outgoing:
    """All that the actor does beyond waiting for a token.

    Args:
      bus: of the actor.
      credentials: hold the token, once it has one.
      settings: those in force.
      degraded: told why messages wait; None: they do not.
    """

    def __init__(
        self,
        bus: Bus,
        credentials: Credentials,
        settings: Callable[[], Telegram],
        degraded: Callable[[str | None], None],
    ) -> None:
        self.line = line = Line(bus, credentials, settings)
        self._degraded = degraded
        self._trouble: str | None = None
        pace, placed = Pace(), Placed(bus)
        delivery = Delivery(bus, line, lambda: settings().stream_mode, pace, placed, self._report)
        self.sender = Sender(
            bus, "telegram", delivery.send, ready=lambda: line.usable, recipients=CONNECTIONS
        )
        self.companion = Companion(bus, line, settings, pace, placed)

    def describe(self) -> dict[str, Any]:
        """For the console."""
        return {"sending": self.sender.in_hand, "trouble": self.line.why or self._trouble}

    def look(self) -> None:
        """Token or settings may be others."""
        self._report(self._trouble)
        self.sender.look()

    def _report(self, trouble: str | None) -> None:
        """Say in the health check why messages wait."""
        self._trouble = trouble
        self._degraded(self.line.why or trouble)
