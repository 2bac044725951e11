"""The line to Telegram for whoever sends: clients of the bot as its token and its address are now."""

import math
from collections.abc import Callable
from typing import Final, final

from actors.credentials import Credentials
from actors.telegram.client import Client
from actors.telegram.liveness import Goal, goal
from actors.telegram.settings import TOKEN, Telegram
from bus import Bus

CONNECTIONS: Final = 24
"""Of messages, and at most so many at once: none is to wait for a connection."""
QUICK: Final = 4
"""Connections of what shows that somebody is at work, which the messages never wait for."""
REFUSED: Final = 600.0
"""Seconds after which a token that was refused is tried again."""


@final
class Line:
    """Two clients of one bot: `messages`, and `quick` for what matters less."""

    def __init__(self, bus: Bus, credentials: Credentials, settings: Callable[[], Telegram]) -> None:
        self._bus = bus
        self._settings = settings
        self._credentials = credentials
        self._of: tuple[str, str] | None = None
        self._clients: tuple[Client, Client] | None = None
        self._old: list[Client] = []
        self._refused: tuple[str, str] | None = None
        self._refused_until = -math.inf

    @property
    def why(self) -> str | None:
        """Why nothing can be sent, as a sentence for the owner; None when it can, or when there is to be no bot."""
        wanted = self._goal()
        if wanted.phase != "receiving":
            return wanted.why if wanted.phase == "unauthorized" else None
        return None if self.usable else f"Telegram refuses {TOKEN}: get a new one from @BotFather and set it"

    @property
    def usable(self) -> bool:
        """Whether there is a bot that has not been refused lately."""
        bot = self._bot()
        now = self._bus.clock.monotonic()
        return bot is not None and (bot != self._refused or now >= self._refused_until)

    def messages(self) -> Client | None:
        """The client that messages go by; None when there is no bot."""
        clients = self._current()
        return None if clients is None else clients[0]

    def quick(self) -> Client | None:
        """The client for everything else."""
        clients = self._current()
        return None if clients is None else clients[1]

    def refuse(self) -> None:
        """Telegram knows no such token: nothing is sent until there is another one, or for a while."""
        self._refused, self._refused_until = self._of, self._bus.clock.monotonic() + REFUSED

    async def close(self) -> None:
        """Close every connection."""
        for client in (*self._old, *(self._clients or ())):
            await client.close()

    def _goal(self) -> Goal:
        secrets = self._credentials
        return goal(self._settings(), secrets.current, secrets.unreadable)

    def _bot(self) -> tuple[str, str] | None:
        """Address and token, if there is a bot to send as."""
        wanted = self._goal()
        return (wanted.api_url, wanted.token) if wanted.phase == "receiving" else None

    def _current(self) -> tuple[Client, Client] | None:
        """What is under way on older ones comes to its end there."""
        bot = self._bot()
        if bot != self._of:
            self._old.extend(self._clients or ())
            self._of = bot
            self._clients = (
                None
                if bot is None
                else (Client(*bot, connections=CONNECTIONS), Client(*bot, connections=QUICK))
            )
        return self._clients
