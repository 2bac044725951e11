"""The actor that receives from Telegram."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, final

import trio

from actors.credentials import Credentials
from actors.settings import messages as settings
from actors.skills import messages as skills
from actors.storage import micros
from actors.subsystem import Given
from actors.telegram import commands, inbox, messages, pairing, placing
from actors.telegram.client import Client, TelegramError
from actors.telegram.liveness import Goal, Liveness, goal
from actors.telegram.poll import CLOSING, Poller
from actors.telegram.receiving import Reached, Receiver
from actors.telegram.settings import TOKEN, Settings
from actors.telegram.update import Bot
from actors.users import messages as users
from actors.vault import messages as vault
from bus import BusError, Lag, Subscription, Unavailable

SHARED: Final = ""
"""Owner of the skills that everybody has."""
GATHERING: Final = 2.0
"""Seconds in which several changes of skills become one."""
AGAIN: Final = 600.0
"""Seconds after which Telegram is told of commands again that it did not take."""
_LOG: Final = logging.getLogger("starpod.telegram")


@final
class TelegramActor(Receiver):
    """Receives what people write to the bot, and answers for it.

    Args:
      given: as every subsystem is.
      agent_name: what the agent is called.
    """

    def __init__(self, given: Given, agent_name: Callable[[], str]) -> None:
        in_force = given.settings(Settings)
        super().__init__(
            given.database("telegram"),
            agent_name,
            lambda: in_force().channels.telegram,
            given.data / "uploads",
        )
        self._credentials = Credentials(given.environment, (TOKEN,), "the token of the Telegram bot")
        self._live = Liveness()
        self._storage_trouble: str | None = None
        self._bot: Bot | None = None
        self._menu_due = trio.Event()

    async def start(self) -> None:
        """Go on with what waits. Raises Unavailable while the database cannot be opened."""
        try:
            await super().start()
        except messages.TelegramFailed as error:
            raise Unavailable(str(error)) from error
        clock, random = self.bus.clock, self.bus.ids.random
        self._poller = Poller(
            self._goal, self._keep, self._live, self._tell_health, self._meet, clock, random
        )
        self.spawn(self._receive)
        self.spawn(self._deal)
        self.spawn(self._follow_skills)
        self.spawn(self._questions.run)

    async def on_stop(self) -> None:
        if self._reached is not None:
            await self._close(self._reached.client)
        await super().on_stop()

    def describe(self) -> dict[str, Any]:
        now = self.bus.clock.monotonic()
        polled = None if self._live.completed is None else round(now - self._live.completed, 1)
        found = {"state": self._live.state(now), "why": self._live.why, "seconds_since_poll": polled}
        return {**found, "chats_at_work": len(self._busy), **super().describe()}

    # --- health -------------------------------------------------------------------------------------------

    def degraded(self, why: str | None) -> None:
        """Of the database; what keeps the bot from receiving is added to it."""
        self._storage_trouble = why
        self._tell_health()

    def _tell_health(self) -> None:
        super().degraded(self._storage_trouble or self._live.trouble(self.bus.clock.monotonic()))

    # --- receiving ----------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Poll as settings and secrets say; another token, or other settings, count at once."""
        async with (
            self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST) as secrets,
            self.bus.subscribe(settings.SettingsChanged, limit=1, lag=Lag.DROP_OLDEST) as others,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(self._follow, secrets, self._credentials.changed)
            nursery.start_soon(self._follow, others, lambda: None)
            await self._poller.run()

    async def _follow(self, changes: Subscription[Any], first: Callable[[], None]) -> None:
        async for _ in changes:
            first()
            self._poller.look()

    async def _goal(self) -> Goal:
        if self._settings().enabled:
            await self._credentials.read(self.bus)
        return goal(self._settings(), self._credentials.current, self._credentials.unreadable)

    async def _keep(self, bot: int, came: Sequence[Any]) -> None:
        """Store updates, on the disk when this returns."""
        arrivals = [each for each in map(inbox.arrival, came) if each is not None]
        await self._write(inbox.store_updates, bot, arrivals, micros(self.bus.clock.now()))
        self._news.set()

    def _meet(self, goal: Goal, bot: Bot | None) -> None:
        """Telegram has said who we are, so that what waits can be dealt with; or there is no bot to be."""
        before, self._bot = self._reached, bot
        if before is not None and (before.goal, before.bot) == (goal, bot):
            return
        self._reached = None if bot is None else Reached(goal, bot, Client(goal.api_url, goal.token))
        if before is not None:
            self.spawn(self._close, before.client)
        self._news.set()
        self._menu_due.set()
        self._questions.look()

    async def _close(self, client: Client) -> None:
        with trio.move_on_after(CLOSING):
            await client.close()

    # --- the list of commands -----------------------------------------------------------------------------

    async def _follow_skills(self) -> None:
        """Have the apps of people know the commands and the skills that there are."""
        async with self.bus.subscribe(skills.SkillsChanged, limit=1, lag=Lag.DROP_OLDEST) as changes:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._tell_menu)
                async for _ in changes:
                    self._menu_due.set()

    async def _tell_menu(self) -> None:
        told: tuple[Reached | None, list[dict[str, str]]] = (None, [])
        while True:
            await self._menu_due.wait()
            await trio.sleep(GATHERING)
            self._menu_due = trio.Event()
            reached = self._reached
            if reached is None:
                continue
            try:
                found = await self.bus.ask(skills.ListSkills(user=SHARED, role="user"))
                menu = commands.menu(found)
                if told != (reached, menu):
                    await reached.client.call("setMyCommands", {"commands": menu})
                    told = (reached, menu)
            except (TelegramError, BusError) as error:
                _LOG.info("the list of commands is told later: %s", error)
                with trio.move_on_after(AGAIN):
                    await self._menu_due.wait()
                self._menu_due.set()

    # --- the front door -----------------------------------------------------------------------------------

    @messages.GetTelegramStatus.handler
    async def status(self, request: messages.GetTelegramStatus) -> messages.TelegramStatus:
        now = self.bus.clock.monotonic()
        return messages.TelegramStatus(
            state=self._live.state(now),
            why=self._live.trouble(now) or self._live.why,
            username=None if self._bot is None else self._bot.username,
            last_poll_at=self._live.completed_at,
            waiting=await self._read(inbox.count_waiting),
        )

    @messages.FindMessages.handler
    async def find_messages(self, request: messages.FindMessages) -> messages.Placed:
        return await self._read(placing.find, request)

    @messages.KeepMessage.handler
    async def keep_message(self, request: messages.KeepMessage) -> None:
        # It changes what is shown, and nothing that was promised: not worth a wait for the disk.
        now = micros(self.bus.clock.now())
        await self._write_relaxed(placing.keep, request.turn, request.message, now)

    @messages.KeepQuestion.handler
    async def keep_question(self, request: messages.KeepQuestion) -> None:
        await self._questions.kept(request.approval, request.of_user, request.chat, request.message_id)

    @messages.ListPairings.handler
    async def pairings(self, request: messages.ListPairings) -> tuple[messages.Pairing, ...]:
        return await self._read(pairing.listed, micros(self.bus.clock.now()))

    @messages.AcceptPairing.handler
    async def accept(self, request: messages.AcceptPairing) -> users.TelegramLink:
        asks, chat = await self._asking(request.code)
        name = users.plain_name(asks.username)
        link = await self.bus.ask(
            users.LinkTelegram(
                id=request.id or request.user,
                telegram_id=asks.telegram_id,
                username=name if name and name.isascii() and name.isidentifier() else None,
                user=request.user,
                proof=request.proof,
                address=request.address,
            )
        )
        key = f"tg:pairing:{asks.code}:{asks.telegram_id}"
        await self._send(link.user, str(chat), key, commands.welcome(self._agent_name(), link.user))
        await self._write(pairing.forget, asks.code)
        return link

    @messages.RefusePairing.handler
    async def refuse(self, request: messages.RefusePairing) -> None:
        asks, _ = await self._asking(request.code)
        await self._write(pairing.forget, asks.code)

    async def _asking(self, code: str) -> tuple[messages.Pairing, int]:
        found = await self._read(pairing.find, code, micros(self.bus.clock.now()))
        if found is None:
            raise messages.UnknownPairing(code=code)
        return found
