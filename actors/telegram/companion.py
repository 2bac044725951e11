"""What shows in a chat that a turn runs: typing, a quiet line with its tools, a draft that grows.

All of it is best effort: it takes what Telegram lets pass besides the messages, and nobody waits for it.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, final

import attrs
import trio

from actors.agent import messages as agent
from actors.following import Replay, follow
from actors.session import messages as session
from actors.telegram import refusals
from actors.telegram.line import Line
from actors.telegram.messages import Kind
from actors.telegram.pace import Pace
from actors.telegram.placed import Messages, Placed
from actors.telegram.posting import Target, message_id, said
from actors.telegram.progress import Progress
from actors.telegram.rendering.rich import Rich
from actors.telegram.settings import Telegram
from actors.telegram.wire import Refused, TelegramError, TooMany, Unknown, Unreachable
from bus import Bus, BusError, DeliveryError, Lag

TYPING: Final = 4.0
"""Seconds after which it is said again that somebody types; Telegram shows it for five."""
FIRST: Final = 1.0
"""Seconds that a turn takes before anything else is shown of it."""
EDITS: Final = 1.5
"""Seconds between two changes in a private chat."""
EDITS_IN_GROUPS: Final = 4.0
WITHIN: Final = 4.0
"""Seconds that a call may take."""
AGAIN: Final = 5.0
"""Seconds after which a conversation that did not answer is followed again."""
MOST: Final = 200
"""Turns that are found running after a start."""
SOURCE: Final = "telegram"
_LOG: Final = logging.getLogger(__name__)


@final
class _Follower:
    """Sees what happens in a turn."""

    def __init__(self, turn: str) -> None:
        self.progress = Progress(turn)
        self.ended = trio.Event()
        self.changed = trio.Event()

    async def replay(self, replay: Replay) -> None:
        if replay.running != self.progress.turn:
            self.end()
            return
        self.progress.forget()
        for event in replay.events:
            self.live(event)

    def live(self, event: agent.TurnEvent) -> None:
        if self.progress.take(event):
            self.changed.set()
            if self.progress.ended:
                self.end()

    def end(self) -> None:
        self.ended.set()
        self.changed.set()


@final
@attrs.define(eq=False)
class _Show:
    """What a chat shows of one turn."""

    of: Messages
    to: Target
    shown: dict[tuple[Kind, int], Rich] = attrs.field(factory=dict[tuple[Kind, int], Rich])
    given_up: set[tuple[Kind, int]] = attrs.field(factory=set[tuple[Kind, int]])
    """What cannot be shown, or has been taken away by somebody."""

    def wants(self, kind: Kind, n: int, rich: Rich) -> bool:
        """Whether this would be news."""
        is_closed = kind == "draft" and n in self.of.closed
        return not is_closed and (kind, n) not in self.given_up and self.shown.get((kind, n)) != rich


@final
class Companion:
    """Accompanies the turns of channel Telegram."""

    def __init__(
        self, bus: Bus, line: Line, settings: Callable[[], Telegram], pace: Pace, placed: Placed
    ) -> None:
        self._bus = bus
        self._line = line
        self._settings = settings
        self._pace = pace
        self._placed = placed
        self._turns: set[str] = set()
        self._held: dict[int, float] = {}
        """By chat, until when Telegram wants nothing of this kind."""

    async def run(self) -> None:
        """Accompany until cancelled."""
        started = self._bus.subscribe(agent.TurnStarted, limit=256, lag=Lag.DROP_OLDEST)
        async with started as events, trio.open_nursery() as nursery:
            await self._find_running(nursery)
            missed = 0
            async for event in events:
                if events.missed > missed:
                    missed = events.missed
                    await self._find_running(nursery)
                if event.source == SOURCE:
                    self._begin(nursery, event.turn)

    async def _find_running(self, nursery: trio.Nursery) -> None:
        try:
            found = await self._bus.ask(session.FindTurns(states=("running",), limit=MOST))
        except BusError:
            return  # they go unaccompanied
        for turn in found:
            if turn.source == SOURCE:
                self._begin(nursery, turn.id)

    def _begin(self, nursery: trio.Nursery, turn: str) -> None:
        if turn not in self._turns:
            self._turns.add(turn)
            nursery.start_soon(self._accompany, turn)

    async def _accompany(self, id: str) -> None:
        try:
            found = await self._bus.ask(session.FindTurns(turn=id, limit=1))
            for turn in found:
                to = Target.of(turn.key)
                if turn.channel == SOURCE and to is not None:
                    await self._watch(turn, to)
        except BusError:
            return  # nobody misses it
        except Exception:  # noqa: BLE001 - whatever is wrong here, the messages go on
            _LOG.exception("what a chat is shown of a turn has failed")
        finally:
            self._turns.discard(id)

    async def _watch(self, turn: session.Turn, to: Target) -> None:
        follower = _Follower(turn.id)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._follow, turn, follower)
            nursery.start_soon(self._type, to, follower.progress)
            await self._show(turn, to, follower)
            nursery.cancel_scope.cancel("the turn has ended")

    async def _follow(self, turn: session.Turn, follower: _Follower) -> None:
        while True:
            try:
                await follow(self._bus, turn.session, turn.user, None, follower)
            except session.UnknownSession:
                follower.end()
                return
            except DeliveryError:
                await trio.sleep(AGAIN)

    # --- typing -------------------------------------------------------------------------------------------

    async def _type(self, to: Target, progress: Progress) -> None:
        """Say that somebody types, but not while a person is waited for."""
        action = {"chat_id": to.chat, "message_thread_id": to.thread, "action": "typing"}
        while True:
            next_at = trio.current_time() + TYPING
            try:
                if not progress.waits:
                    await self._call(to.chat, "sendChatAction", action)
            except Refused:
                return
            except TelegramError:
                pass  # the next one may pass
            await trio.sleep_until(next_at)

    # --- line and draft -----------------------------------------------------------------------------------

    async def _show(self, turn: session.Turn, to: Target, follower: _Follower) -> None:
        """Show how it goes until it has ended."""
        with trio.move_on_after(FIRST):
            await follower.ended.wait()
        show: _Show | None = None
        while not follower.ended.is_set():
            await follower.changed.wait()
            follower.changed = trio.Event()
            if show is None:
                show = _Show(await self._placed.of(turn.id, turn.client_message_id), to)
            if not await self._update(show, follower.progress):
                follower.changed.set()
            with trio.move_on_after(EDITS if to.chat > 0 else EDITS_IN_GROUPS):
                await follower.ended.wait()
        if show is not None and ("line", 0) in show.of.kept:
            await self._put_line(show, follower.progress)

    async def _update(self, show: _Show, progress: Progress) -> bool:
        """Show how it stands now; False when something of it is to be tried once more."""
        done = await self._put_line(show, progress)
        if self._settings().stream_mode == "stream" and (draft := progress.draft()) is not None:
            done = await self._put(show, "draft", progress.iteration, draft) and done
        return done

    async def _put_line(self, show: _Show, progress: Progress) -> bool:
        line = progress.line(tools=self._settings().show_tools)
        return not line or await self._put(show, "line", 0, Rich(text=line))

    async def _put(self, show: _Show, kind: Kind, n: int, rich: Rich) -> bool:
        """Send a message of this kind, or change the one that is there; False when it is to be tried once more."""
        of, made = show.of, None
        async with of.free:
            if not show.wants(kind, n, rich):
                return True
            known = of.kept.get((kind, n))
            try:
                if known is None:
                    made = await self._send(show, kind, rich)
                else:
                    await self._edit(show, known, rich)
            except (Unreachable, TooMany):
                return False
            except TelegramError as error:
                if known is not None and isinstance(error, Unknown):
                    return False
                show.given_up.add((kind, n))
                of.kept.pop((kind, n), None)
                return True
            show.shown[kind, n] = rich
        if made is not None:
            await self._placed.keep(of, kind, n, show.to.chat, made)
        return True

    async def _send(self, show: _Show, kind: Kind, rich: Rich) -> int:
        to, asked = show.to, show.of.asked
        answers = kind == "draft" and to.chat < 0 and asked is not None and asked.chat == to.chat
        where = attrs.evolve(to, reply=asked.message_id if answers and asked is not None else None)
        quiet = {"disable_notification": True} if kind == "line" else {}
        parameters = {**where.parameters(), **said(rich), **quiet}
        try:
            return message_id(await self._call(to.chat, "sendMessage", parameters))
        except Refused as error:
            if refusals.remedy(error) != "unformatted" or not rich.entities:
                raise
            parameters = {**parameters, **said(Rich(text=rich.text))}
            return message_id(await self._call(to.chat, "sendMessage", parameters))

    async def _edit(self, show: _Show, message: int, rich: Rich) -> None:
        where = {"chat_id": show.to.chat, "message_id": message}
        try:
            await self._call(show.to.chat, "editMessageText", {**where, **said(rich)})
        except Refused as error:
            if refusals.is_same(error):
                return
            if refusals.remedy(error) != "unformatted" or not rich.entities:
                raise
            await self._edit(show, message, Rich(text=rich.text))

    async def _call(self, chat: int, method: str, parameters: dict[str, Any]) -> Any:
        """Call a method, unless Telegram has more important things to do. Raises TelegramError."""
        now, client = self._bus.clock.monotonic(), self._line.quick()
        if client is None or not self._line.usable:
            raise Unreachable("there is no bot")
        if now < self._held.get(chat, now) or not self._pace.spare(now):
            raise Unreachable("there is no room for it")
        try:
            return await client.call(method, parameters, within=WITHIN)
        except TooMany as error:
            self._held = {known: until for known, until in self._held.items() if until > now}
            self._held[chat] = now + error.seconds
            raise
