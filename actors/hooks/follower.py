"""What has ended is told to hooks from the ledger, so that a crash skips none: each is told at least once.

The last end that was told is stored once the hooks have been called. While there are none for it nothing is stored, and
what ends meanwhile is told to nobody later either.
"""

import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from actors.agent import messages as agent
from actors.hooks import store
from actors.hooks.armed import Armed
from actors.hooks.forms import SUBAGENT
from actors.hooks.messages import (
    EventName,
    Fire,
    Outcome,
    SessionEnd,
    Stop,
    SubagentStop,
    fire,
)
from actors.hooks.store import Ledger
from actors.session import messages as session
from actors.storage import LateKeeper
from bus import ActorError, DeliveryError, Lag, Unavailable, crash_point

SOURCE: Final = "hook"
"""Where messages of hooks come from."""
PAGE: Final = 20
"""Ends that are read at once."""
ROWS: Final = 100
"""Of a turn, among which its last words are looked for."""
TURNS: Final[frozenset[EventName]] = frozenset({"Stop", "SubagentStop"})
CLOSED: Final[frozenset[EventName]] = frozenset({"SessionEnd"})

_LOG: Final = logging.getLogger(__name__)


class Follower(LateKeeper):
    """Reads the ledger of conversations for hooks of ends."""

    _armed: Armed
    _reading: trio.Lock
    _followed: set[Ledger]
    """Those of which the last end that was told may be stored."""
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
        """Tell a page of a ledger; whether there may be more."""
        seq = await self._place(ledger, events, new=new)
        return seq is not None and await tell(seq)

    async def _place(self, ledger: Ledger, events: frozenset[EventName], *, new: int = 0) -> int | None:
        """The last end that was told; None while nobody is to be told.

        Where nobody was told yet, all but the `new` last ends that there are count as told.
        """
        if not self._armed.wants_any(events):
            if ledger in self._followed and await self._read(store.cursor, ledger) is not None:
                await self._write_relaxed(store.move, ledger, None)
            self._followed.discard(ledger)
            return None
        self._followed.add(ledger)
        seq = await self._read(store.cursor, ledger)
        if seq is None:
            ends = await self.bus.ask(session.FindEnds())
            seq = max(0, (ends.turns if ledger == "turns" else ends.closed) - new)
            await self._write_relaxed(store.move, ledger, seq)
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
            if turn.state == "done":
                await self._turn_ended(turn)
            crash_point("hook", "told")
            await self._write_relaxed(store.move, "turns", turn.end_seq)
        return bool(turns)

    async def _tell_closed(self, seq: int) -> bool:
        closed = await self.bus.ask(session.ClosedAfter(seq=seq, limit=PAGE))
        for each in closed:
            found = each.session
            reason = "gap" if found.summary == session.INACTIVITY else "user"
            await self._fired(fire(SessionEnd(reason=reason), session=found.id, user=found.user))
            await self._write_relaxed(store.move, "closed", each.seq)
        return bool(closed)

    # --- the end of a turn --------------------------------------------------------------------------------

    async def _turn_ended(self, turn: session.Turn) -> None:
        with self.bus.baggage(user=turn.user, session=turn.session, turn=turn.id):
            if turn.delegated_by is not None:
                await self._subagent_ended(turn, turn.delegated_by)
                return
            stop = Stop(
                stop_hook_active=turn.source == SOURCE, last_assistant_message=await self._last_words(turn)
            )
            outcome = await self._fired(fire(stop, session=turn.session, user=turn.user))
            if outcome.decision == "deny":
                await self._go_on(turn, outcome)

    async def _subagent_ended(self, turn: session.Turn, call: str) -> None:
        stop = SubagentStop(
            stop_hook_active=False,
            agent_id=turn.id,
            agent_transcript_path="",
            agent_type=SUBAGENT,
            last_assistant_message=await self._last_words(turn),
        )
        try:
            caller = await self.bus.ask(session.GetTurn(turn=call.partition(":")[0], user=turn.user))
        except session.UnknownTurn:  # deleted since, with its conversation
            return
        await self._fired(fire(stop, session=caller.session, user=turn.user, agent_session=turn.session))

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
