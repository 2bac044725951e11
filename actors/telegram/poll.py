"""Asks Telegram for updates, again and again, and is there again soon after whatever has come in between.

https://core.telegram.org/bots/api#getting-updates
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NoReturn, final
from urllib.parse import urlsplit

import trio

from actors.telegram import update as updates
from actors.telegram.client import Client, TelegramError
from actors.telegram.liveness import CALL, LONG_POLL, MARGIN, RECHECK, Goal, Liveness, Phase, pause
from actors.telegram.messages import TelegramFailed
from actors.telegram.update import Bot
from actors.telegram.wire import Conflict, TooMany, Unauthorized, Unknown
from bus import Clock

WANTED: Final = ("message", "edited_message", "callback_query")
MOST: Final = 100
"""Updates of one poll."""
AT_LEAST: Final = 1.0
"""Seconds that a poll takes which brings nothing, also from a server that holds none."""
CLOSING: Final = 1.0
"""Seconds in which a connection is closed in order."""
_LOG: Final = logging.getLogger("starpod.telegram")

Store = Callable[[int, Sequence[Any]], Awaitable[None]]
"""Keeps updates of a bot, by its number; returns when they are safe. Raises TelegramFailed."""


@final
class Poller:
    """Receives what is sent to one bot, or waits until there is one.

    Args:
      goal: what is to be done, as of now.
      store: keeps what has come.
      live: told how it goes.
      changed: called whenever that is another than before.
      met: called with the bot that we are, once Telegram has said so; with None where there is to be none.
      clock: of the bus.
      random: in [0, 1).
    """

    def __init__(
        self,
        goal: Callable[[], Awaitable[Goal]],
        store: Store,
        live: Liveness,
        changed: Callable[[], None],
        met: Callable[[Goal, Bot | None], None],
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._goal = goal
        self._store = store
        self._live = live
        self._changed = changed
        self._met = met
        self._clock = clock
        self._random = random
        self._look = trio.Event()
        self._failures = 0

    def look(self) -> None:
        """Settings or secrets are others: what is to be done may be too."""
        self._look.set()

    async def run(self) -> None:
        """Receive until cancelled."""
        while True:
            goal = await self._goal()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._until_other, goal, nursery.cancel_scope)
                await self._pursue(goal)

    async def _until_other(self, goal: Goal, scope: trio.CancelScope) -> None:
        """Cancel once something else is to be done. The clock is for secrets that could not be had before."""
        while await self._goal() == goal:
            with trio.move_on_after(RECHECK):
                await self._look.wait()
            self._look = trio.Event()
        scope.cancel(reason="something else is to be done")

    async def _pursue(self, goal: Goal) -> None:
        self._live.begin(goal, self._clock.monotonic())
        self._failures = 0
        self._changed()
        if not goal.token:
            self._met(goal, None)
            await trio.sleep_forever()
        while True:
            wait = await self._attempt(goal)
            await trio.sleep(wait)

    async def _attempt(self, goal: Goal) -> float:
        """Receive over a connection of its own until something fails. Seconds until it is tried again."""
        client = Client(goal.api_url, goal.token, connections=1)
        try:
            await self._receive(client, goal)
        except (TelegramError, TelegramFailed) as error:
            return await self._failed(client, error)
        finally:
            with trio.move_on_after(CLOSING):
                await client.close()

    # --- receiving ----------------------------------------------------------------------------------------

    async def _receive(self, client: Client, goal: Goal) -> NoReturn:
        """Poll until something fails. Raises TelegramError, TelegramFailed."""
        bot = updates.bot_of(await client.call("getMe", within=CALL))
        if bot is None:
            raise Unknown("what answers is no Bot API")
        await client.call("deleteWebhook", {"drop_pending_updates": False}, within=CALL)
        self._met(goal, bot)
        # The first poll is answered at once: it shows that all is well. Not where somebody else polls, whom it would
        # take for gone whenever it comes in between.
        seconds = LONG_POLL if self._live.phase == "conflict" else 0
        offset: int | None = None
        while True:
            begun = self._clock.monotonic()
            came = await self._poll(client, offset, seconds)
            if self._live.state(self._clock.monotonic()) != "polling":
                _LOG.info("Telegram is polled for @%s", bot.username)
            self._live.complete(self._clock.monotonic(), self._clock.now())
            self._changed()
            numbers = [number for each in came if (number := updates.id_of(each)) is not None]
            if numbers:
                await self._store(bot.id, came)
            elif seconds:
                await trio.sleep(max(0.0, begun + AT_LEAST - self._clock.monotonic()))
            self._failures = 0
            # What a poll has confirmed it need not confirm again: after a week of silence numbers begin anew, and an
            # offset from before would confirm what nobody has seen.
            offset = max(numbers) + 1 if numbers else None
            seconds = LONG_POLL

    async def _poll(self, client: Client, offset: int | None, seconds: int) -> list[Any]:
        asked = {"offset": offset, "limit": MOST, "timeout": seconds, "allowed_updates": WANTED}
        came = await client.call("getUpdates", asked, within=seconds + MARGIN)
        if not isinstance(came, list):
            raise Unknown("what answers is no Bot API")
        return list[Any](came)  # pyright: ignore[reportUnknownArgumentType]

    # --- failing ------------------------------------------------------------------------------------------

    async def _failed(self, client: Client, error: TelegramError | TelegramFailed) -> float:
        """Say what is wrong. Seconds until it is tried again."""
        self._failures += 1
        phase, why, wait = await self._diagnosis(client, error)
        if isinstance(error, TelegramError):  # of a disk its keeper tells
            if why != self._live.why:
                _LOG.warning("Telegram: %s", why)
            self._live.fail(why, phase)
            self._changed()
        return wait

    async def _diagnosis(
        self, client: Client, error: TelegramError | TelegramFailed
    ) -> tuple[Phase, str, float]:
        wait = pause(self._failures, self._random())
        match error:
            case Conflict():
                return "conflict", await self._rival(client), wait
            case Unauthorized():
                why = f"Telegram does not know the token ({error}): `starpod vault set TELEGRAM_BOT_TOKEN`"
                return "unauthorized", why, RECHECK
            case TooMany():
                return "receiving", str(error), error.seconds
            case _:
                return "receiving", str(error), wait

    async def _rival(self, client: Client) -> str:
        """Who else receives what is sent to the bot."""
        try:
            found = updates.mapping(await client.call("getWebhookInfo", within=CALL))
        except TelegramError:
            found = updates.NOTHING
        if host := updates.shown(_host(updates.text(found.get("url")))):
            return f"a webhook at {host} gets what is sent to this bot; it is taken away"
        return "another program polls with this token: end it, or give one of the two a bot of its own"


def _host(url: str) -> str:
    """Where a webhook leads, without its path, which may hold a secret."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "an odd address" if url else ""
