"""What has ended is told to hooks from the ledger, so that a crash skips none: each is told at least once.

The last end up to which all were told is stored once the hooks have been called; those of one user do not wait for
those of another one. While there are none for it nothing is stored, and what ends meanwhile is told to nobody later.
"""

import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

import trio

from actors.agent import messages as agent
from actors.hooks import store
from actors.hooks.armed import Armed
from actors.hooks.forms import SOURCE
from actors.hooks.lanes import Lanes, Progress
from actors.hooks.messages import (
    EventName,
    Fire,
    Outcome,
    SessionEnd,
    Stop,
    fire,
)
from actors.hooks.store import Ledger
from actors.session import messages as session
from actors.storage import LateKeeper
from bus import ActorError, DeliveryError, Lag, Unavailable, crash_point

PAGE: Final = 20
"""Ends that are read at once."""
LOOKED_BACK: Final = 1000
"""Ends among which those of this life of the agent are looked for."""
ROWS: Final = 100
"""Of a turn, among which its last words are looked for."""
TURNS: Final[frozenset[EventName]] = frozenset({"Stop"})
CLOSED: Final[frozenset[EventName]] = frozenset({"SessionEnd"})

_LOG: Final = logging.getLogger(__name__)


class Follower(LateKeeper):
    """Reads the ledger of conversations for hooks of ends."""

    _armed: Armed
    _reading: trio.Lock
    _followed: set[Ledger]
    """Those of which the last end that was told may be stored."""
    _lanes: Lanes
    _progress: dict[Ledger, Progress]
    _looked_for: int = 0
    """The last end of a turn for which it was looked whether hooks are to be told."""

    @abstractmethod
    async def _refresh(self) -> bool:
        """Have the hooks be those that are on the disk; whether they were others."""

    async def _follow(self) -> None:
        """Tell what has ended, then what ends."""
        async with self.bus.subscribe(
            session.TurnFinished, session.SessionClosed, limit=1, lag=Lag.DROP_OLDEST
        ) as ends:
            await self._read_on()
            async for end in ends:
                await self._refresh()
                if isinstance(end, session.TurnFinished):
                    await self._read_on("turns")
                    self._looked_for = end.seq
                else:
                    await self._read_on("closed")

    async def _read_on(self, ended: Ledger | None = None) -> None:
        """Tell of all ends since the last one that was told.

        Args:
          ended: where something has ended just now: hooks that are new are told of it, and of nothing before.
        """
        try:
            async with self._reading:
                while await self._told("turns", TURNS, self._tell_turns, new=int(ended == "turns")):
                    pass
                while await self._told("closed", CLOSED, self._tell_closed, new=int(ended == "closed")):
                    pass
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error

    async def _told(
        self,
        ledger: Ledger,
        events: frozenset[EventName],
        tell: Callable[[int], Awaitable[bool]],
        *,
        new: int,
    ) -> bool:
        """Have a page of a ledger told; whether there may be more."""
        seq = await self._place(ledger, events, new=new)
        return seq is not None and not self._progress[ledger].is_full and await tell(seq)

    async def _place(self, ledger: Ledger, events: frozenset[EventName], *, new: int = 0) -> int | None:
        """The last end that was read; None while nobody is to be told.

        Where nobody was told yet, all but the `new` last ends that there are count as told.
        """
        progress = self._progress.get(ledger)
        if not self._armed.wants_any(events):
            self._progress.pop(ledger, None)
            if ledger in self._followed and await self._read(store.cursor, ledger) is not None:
                await self._write_relaxed(store.move, ledger, None)
            self._followed.discard(ledger)
            return None
        self._followed.add(ledger)
        if progress is not None:
            return progress.read
        seq = await self._read(store.cursor, ledger)
        if seq is None:
            ends = await self.bus.ask(session.FindEnds())
            seq = max(0, (ends.turns if ledger == "turns" else ends.closed) - new)
            await self._write_relaxed(store.move, ledger, seq)
        self._progress[ledger] = Progress(seq)
        return seq

    async def _begin(self) -> None:
        """Have hooks told of everything that ends from now on."""
        try:
            await self._place("turns", TURNS)
            await self._place("closed", CLOSED)
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error

    async def _tell_turns(self, seq: int) -> bool:
        turns = await self.bus.ask(session.TurnsAfter(seq=seq, limit=PAGE))
        for turn in turns:
            self._have_told("turns", turn.end_seq or 0, turn.user, partial(self._turn_ended, turn))
        return bool(turns)

    async def _tell_closed(self, seq: int) -> bool:
        closed = await self.bus.ask(session.ClosedAfter(seq=seq, limit=PAGE))
        for each in closed:
            found = each.session
            reason = "gap" if found.summary == session.INACTIVITY else "user"
            told = fire(SessionEnd(reason=reason), session=found.id, user=found.user)
            self._have_told("closed", each.seq, found.user, partial(self._fired, told))
        return bool(closed)

    def _have_told(self, ledger: Ledger, seq: int, user: str, tell: Callable[[], Awaitable[object]]) -> None:
        """Have an end told once the earlier ones of this user were."""
        progress = self._progress[ledger]
        progress.begin(seq)

        async def work() -> None:
            if self._progress.get(ledger) is not progress:
                return  # nobody is to be told any more
            try:
                await tell()
            except (session.StorageFailed, DeliveryError) as error:
                raise Unavailable(str(error)) from error
            crash_point("hook", "told")
            was_full, dealt_with = progress.is_full, progress.end(seq)
            if self._progress.get(ledger) is progress:
                await self._write_relaxed(store.move, ledger, dealt_with)
            if was_full:
                self.spawn(self._read_on)

        self._lanes.put(user, work)

    # --- the end of a turn --------------------------------------------------------------------------------

    async def _turn_ended(self, turn: session.Turn) -> None:
        """That of a subagent was told before it ended."""
        if turn.state != "done" or turn.delegated_by is not None:
            return
        with self.bus.baggage(user=turn.user, session=turn.session, turn=turn.id):
            stop = Stop(
                stop_hook_active=turn.source == SOURCE, last_assistant_message=await self._last_words(turn)
            )
            outcome = await self._fired(fire(stop, session=turn.session, user=turn.user))
            if outcome.decision == "deny":
                await self._go_on(turn, outcome)

    async def _lived(self, since: datetime | None) -> dict[str, str]:
        """Conversations that are not closed and had a turn that ended after a time, each with its user."""
        ends = await self.bus.ask(session.FindEnds())
        turns = await self.bus.ask(
            session.TurnsAfter(seq=max(0, ends.turns - LOOKED_BACK), limit=LOOKED_BACK)
        )
        found = {
            turn.session: turn.user
            for turn in turns
            if turn.delegated_by is None
            and since is not None
            and turn.finished_at is not None
            and turn.finished_at >= since
        }
        earlier = session.ClosedAfter(seq=max(0, ends.closed - LOOKED_BACK), limit=LOOKED_BACK)
        for each in await self.bus.ask(earlier):
            found.pop(each.session.id, None)
        return found

    async def _last_words(self, turn: session.Turn) -> str | None:
        """What the model has said last in a turn; None where that was nothing, or is gone."""
        try:
            rows = await self.bus.ask(
                session.Messages(
                    session=turn.session, user=turn.user, turn=turn.id, before=session.WAITING, limit=ROWS
                )
            )
        except session.UnknownSession:
            return None
        return next((row.content for row in reversed(rows) if row.role == "assistant"), None)

    async def _fired(self, request: Fire) -> Outcome:
        """Over the bus, where it is seen. What cannot be told is left out: it must not hold up what follows."""
        try:
            return await self.bus.ask(request)
        except DeliveryError as error:
            _LOG.warning("hooks were not told of %s in session %s: %s", request.event, request.session, error)
            return Outcome()

    async def _go_on(self, turn: session.Turn, outcome: Outcome) -> None:
        """Have the agent go on, with what a hook says instead of a person; told again it is the same message."""
        incoming = session.Incoming(
            text=outcome.reason,
            user=turn.user,
            role=turn.role,
            channel=turn.channel,
            session=turn.session,
            mode="queue",
            source=SOURCE,
            client_message_id=f"stop:{turn.id}",
            triggered_by=f"hook {outcome.by}",
        )
        try:
            await self.bus.ask(agent.Accept(incoming=incoming))
        except ActorError as error:
            _LOG.warning("the hook %s cannot have session %s go on: %s", outcome.by, turn.session, error)
