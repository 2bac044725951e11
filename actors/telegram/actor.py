"""The actor that receives from Telegram: waits for a token, and loads what works with it once there is one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

import trio

from actors.credentials import Credentials
from actors.settings import messages as settings
from actors.subsystem import Given
from actors.telegram import messages
from actors.telegram.keeping import Keeping
from actors.telegram.liveness import RECHECK, Goal, Liveness, goal
from actors.telegram.settings import TOKEN, Settings, Telegram
from actors.users import messages as users
from actors.vault import messages as vault
from bus import Lag, Subscription, Unavailable, run_in_thread

if TYPE_CHECKING:
    from actors.telegram.running import Running


@final
class TelegramActor(Keeping):
    """Receives what people write to the bot, and answers for it.

    Args:
      given: as every subsystem is.
      agent_name: what the agent is called.
    """

    def __init__(self, given: Given, agent_name: Callable[[], str]) -> None:
        super().__init__(given)
        self._in_force = given.settings(Settings)
        self._uploads = given.data / "uploads"
        self._agent_name = agent_name
        self._credentials = Credentials(given.environment, (TOKEN,), "the token of the Telegram bot")
        self._live = Liveness()
        self._storage_trouble: str | None = None
        self._running: Running | None = None
        self._loading = trio.Lock()
        self._news = trio.Event()
        """Settings or secrets are others."""

    async def start(self) -> None:
        """Go on with what waits. Raises Unavailable while the database cannot be opened."""
        try:
            await super().start()
        except messages.TelegramFailed as error:
            raise Unavailable(str(error)) from error
        self.spawn(self._receive)

    async def on_stop(self) -> None:
        if self._running is not None:
            await self._running.close()
        await super().on_stop()

    def describe(self) -> dict[str, Any]:
        now = self.bus.clock.monotonic()
        polled = None if self._live.completed is None else round(now - self._live.completed, 1)
        found = {"state": self._live.state(now), "why": self._live.why, "seconds_since_poll": polled}
        at_work = 0 if self._running is None else self._running.at_work
        return {**found, "chats_at_work": at_work, **super().describe()}

    async def _loaded(self) -> "Running":
        """What does the work. It and its libraries are a twentieth of all that is loaded, and most have no bot."""
        async with self._loading:
            if self._running is None:
                kind = await run_in_thread(_running, limiter=trio.CapacityLimiter(1))
                self._running = kind(
                    self,
                    self._agent_name,
                    self._settings,
                    self._uploads,
                    self._goal,
                    self._live,
                    self._tell_health,
                )
            return self._running

    # --- health -------------------------------------------------------------------------------------------

    def degraded(self, why: str | None) -> None:
        """Of the database; what keeps the bot from receiving is added to it."""
        self._storage_trouble = why
        self._tell_health()

    def _tell_health(self) -> None:
        super().degraded(self._storage_trouble or self._live.trouble(self.bus.clock.monotonic()))

    # --- receiving ----------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Receive as settings and secrets say; another token, or other settings, count at once."""
        async with (
            self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST) as secrets,
            self.bus.subscribe(settings.SettingsChanged, limit=1, lag=Lag.DROP_OLDEST) as others,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(self._follow, secrets, self._credentials.changed)
            nursery.start_soon(self._follow, others, lambda: None)
            await self._until_wanted()
            await (await self._loaded()).run()

    async def _follow(self, changes: Subscription[Any], first: Callable[[], None]) -> None:
        async for _ in changes:
            first()
            self._news.set()
            if self._running is not None:
                self._running.look()

    async def _until_wanted(self) -> None:
        """Wait until there is to be a bot. The clock is for secrets that could not be had before."""
        while not (wanted := await self._goal()).is_wanted:
            self._live.begin(wanted, self.bus.clock.monotonic())
            with trio.move_on_after(RECHECK):
                await self._news.wait()
            self._news = trio.Event()

    def _settings(self) -> Telegram:
        return self._in_force().channels.telegram

    async def _goal(self) -> Goal:
        if self._settings().enabled:
            await self._credentials.read(self.bus)
        return goal(self._settings(), self._credentials.current, self._credentials.unreadable)

    # --- the front door -----------------------------------------------------------------------------------

    @messages.GetTelegramStatus.handler
    async def status(self, request: messages.GetTelegramStatus) -> messages.TelegramStatus:
        running, now = await self._loaded(), self.bus.clock.monotonic()
        return messages.TelegramStatus(
            state=self._live.state(now),
            why=self._live.trouble(now) or self._live.why,
            username=running.username,
            last_poll_at=self._live.completed_at,
            waiting=await running.waiting(),
        )

    @messages.FindMessages.handler
    async def find_messages(self, request: messages.FindMessages) -> messages.Placed:
        return await (await self._loaded()).found(request)

    @messages.KeepMessage.handler
    async def keep_message(self, request: messages.KeepMessage) -> None:
        await (await self._loaded()).keep_message(request)

    @messages.KeepQuestion.handler
    async def keep_question(self, request: messages.KeepQuestion) -> None:
        await (await self._loaded()).keep_question(request)

    @messages.ListPairings.handler
    async def pairings(self, request: messages.ListPairings) -> tuple[messages.Pairing, ...]:
        return await (await self._loaded()).pairings()

    @messages.AcceptPairing.handler
    async def accept(self, request: messages.AcceptPairing) -> users.TelegramLink:
        return await (await self._loaded()).accept(request)

    @messages.RefusePairing.handler
    async def refuse(self, request: messages.RefusePairing) -> None:
        await (await self._loaded()).refuse(request.code)


def _running() -> "type[Running]":
    """In a thread, as it takes a while."""
    from actors.telegram.running import Running

    return Running
