"""The bot while there is a token: receives, deals with what came, and answers what others ask of it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, final

import trio

from actors.skills import messages as skills
from actors.storage import micros
from actors.telegram import commands, inbox, messages, pairing, placing
from actors.telegram.client import Client, TelegramError
from actors.telegram.keeping import Keeping
from actors.telegram.liveness import Goal, Liveness
from actors.telegram.poll import CLOSING, Poller
from actors.telegram.receiving import Reached, Receiver
from actors.telegram.settings import Telegram
from actors.telegram.update import Bot
from actors.users import messages as users
from bus import BusError, Lag

SHARED: Final = ""
"""Owner of the skills that everybody has."""
GATHERING: Final = 2.0
"""Seconds in which several changes of skills become one."""
AGAIN: Final = 600.0
"""Seconds after which Telegram is told of commands again that it did not take."""
_LOG: Final = logging.getLogger("starpod.telegram")


@final
class Running(Receiver):
    """All that the actor does beyond waiting for a token.

    Args:
      keeper: the actor.
      agent_name: what the agent is called.
      settings: those in force.
      uploads: the folder where files wait until they are stored.
      goal: what is to be done, as of now.
      live: told how it goes.
      changed: called whenever that is another than before.
    """

    def __init__(
        self,
        keeper: Keeping,
        agent_name: Callable[[], str],
        settings: Callable[[], Telegram],
        uploads: Path,
        goal: Callable[[], Awaitable[Goal]],
        live: Liveness,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(keeper, agent_name, settings, uploads)
        self._write_relaxed = keeper.write_relaxed
        clock, random = self.bus.clock, self.bus.ids.random
        self._poller = Poller(goal, self._keep, live, changed, self._meet, clock, random)
        self._bot: Bot | None = None
        self._menu_due = trio.Event()

    @property
    def username(self) -> str | None:
        """Of the bot, once Telegram has said it."""
        return None if self._bot is None else self._bot.username

    @property
    def at_work(self) -> int:
        """Chats that are being dealt with."""
        return len(self._busy)

    async def run(self) -> None:
        """Receive, and deal with what waits, until cancelled."""
        self.spawn(self._deal)
        self.spawn(self._follow_skills)
        self.spawn(self._questions.run)
        await self._poller.run()

    def look(self) -> None:
        """Settings or secrets are others."""
        self._poller.look()

    async def close(self) -> None:
        """Leave Telegram, as far as that is possible within a moment."""
        if self._reached is not None:
            await self._close(self._reached.client)

    # --- receiving ----------------------------------------------------------------------------------------

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

    # --- what others ask ----------------------------------------------------------------------------------

    async def waiting(self) -> int:
        """How many updates are not dealt with."""
        return await self._read(inbox.count_waiting)

    async def found(self, request: messages.FindMessages) -> messages.Placed:
        """Which messages belong to a turn."""
        return await self._read(placing.find, request)

    async def keep_message(self, request: messages.KeepMessage) -> None:
        """Remember a message that belongs to a turn."""
        # It changes what is shown, and nothing that was promised: not worth a wait for the disk.
        now = micros(self.bus.clock.now())
        await self._write_relaxed(placing.keep, request.turn, request.message, now)

    async def keep_question(self, request: messages.KeepQuestion) -> None:
        """Remember a message that asks, to change it once it is answered."""
        await self._questions.kept(request.approval, request.of_user, request.chat, request.message_id)

    async def pairings(self) -> tuple[messages.Pairing, ...]:
        """Who asks to be let in."""
        return await self._read(pairing.listed, micros(self.bus.clock.now()))

    async def accept(self, request: messages.AcceptPairing) -> users.TelegramLink:
        """Let somebody in. Raises UnknownPairing."""
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

    async def refuse(self, code: str) -> None:
        """Let nobody in by a code. Raises UnknownPairing."""
        asks, _ = await self._asking(code)
        await self._write(pairing.forget, asks.code)

    async def _asking(self, code: str) -> tuple[messages.Pairing, int]:
        found = await self._read(pairing.find, code, micros(self.bus.clock.now()))
        if found is None:
            raise messages.UnknownPairing(code=code)
        return found
