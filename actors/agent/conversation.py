"""One conversation: runs its turns, one at a time, in the order in which they were accepted.

Nothing is kept here that the store does not know, except the events of the last turns. So a crash costs the answer
that was being streamed and no more: the next incarnation goes on from what is stored.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final, final

import attrs
import trio

from actors.agent import failures, messages
from actors.agent.acting import circles
from actors.agent.acting.standstill import Standstill
from actors.agent.followups import Inbox
from actors.agent.interrupt import Interrupt
from actors.agent.journal import Journal
from actors.agent.loop import Loop, Parts
from actors.agent.occasions import NOBODY, Occasions, Opened
from actors.agent.record import OUTAGES, Record, Teller
from actors.agent.settings import Settings
from actors.agent.sources import Sources
from actors.agent.spending import limits
from actors.agent.spending.allowance import Zone
from actors.agent.spending.underway import UnderWay
from actors.agent.turn import Ending, Run
from actors.agent.window.room import Learned
from actors.guarding import UNGUARDED, Guards
from actors.session import messages as session
from actors.vocabulary import FollowupMode
from bus import Actor, BusError, DeliveryError, Intensity, Unavailable

INTENSITY: Final = Intensity(1_000_000)
"""Of their pool. Conversations share nothing, so starting all of them anew cures none: one that crashes waits longer
and longer, by itself."""
RETRY: Final = 30.0
"""Seconds until a turn that could not be stored is tried again."""


@final
@attrs.define
class _Current:
    """The turn that runs."""

    turn: str
    interrupt: Interrupt
    record: Record | None = None
    """Set once the turn is claimed."""


@final
class ConversationActor(Actor):
    """The turns of one session. Deliver wakes it; what there is to do, and in which order, the store knows."""

    def __init__(
        self,
        session_id: str,
        *,
        settings: Callable[[], Settings],
        sources: Callable[[], Sources],
        guards: Guards = UNGUARDED,
        occasions: Occasions = NOBODY,
        under_way: UnderWay | None = None,
        standstill: Standstill | None = None,
        zone: Zone = lambda: None,
    ) -> None:
        self._session = session_id
        self._settings = settings
        self._sources = sources
        self._guards = guards
        self._occasions = occasions
        self._under_way = UnderWay() if under_way is None else under_way
        self._standstill = Standstill() if standstill is None else standstill
        self._zone = zone
        self._inbox = Inbox(partial(self.drain, messages.Deliver))
        self._current: _Current | None = None
        self._suspended: dict[str, Record | None] = {}
        """Turns that the store has kept from going on, with what holds their claim."""
        self._cut_short: Record | None = None
        """Of the turn that was running when this actor was stopped."""

    async def start(self) -> None:
        """Learn what is unfinished, and go on with it. Raises UnknownSession."""
        self._runner = self.bus.ids.uuid()
        try:
            opened = await self.bus.ask(session.Open(session=self._session))
            ran_before = opened.last_event > 0 or any(turn.attempt for turn in opened.turns)
            self._user = opened.user
            self._journal = Journal(opened.last_event, ran_before=ran_before)
            self._teller = Teller(self.bus, self._session, self._journal)
            for turn in opened.turns:
                self._inbox.add(turn.id, turn.mode)
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error
        self._parts = Parts(
            bus=self.bus,
            settings=self._settings,
            sources=self._sources,
            guards=self._guards,
            occasions=self._occasions,
            opened=Opened("resume" if ran_before else "startup"),
            inbox=self._inbox,
            learned=Learned(),
            under_way=self._under_way,
            standstill=self._standstill,
            lending_place=self.lending_place,
            zone=self._zone,
            stopping=lambda: self.stopping,
            stop=self.stopped,
        )
        self._resume_after(0.0)

    async def on_stop(self) -> None:
        """Hand back what had no time to come to a boundary, or waits for the store: being stopped is not its fault."""
        for record in (self._cut_short, *self._suspended.values()):
            await _released(record)

    def describe(self) -> dict[str, Any]:
        return {"running": self._running, "waiting": list(self._inbox), "last_event": self._journal.last}

    def _resume_after(self, seconds: float) -> None:
        """Go on with the turns that wait, after a while."""
        due = next(iter(self._inbox), None)
        if due is not None:
            self.timers.after(seconds, messages.Resume(session=self._session, turn=due))

    # --- messages -----------------------------------------------------------------------------------------

    @messages.Deliver.handler
    async def deliver(self, command: messages.Deliver) -> None:
        self._inbox.add(command.turn, command.mode)
        await self._run_waiting()

    @messages.Resume.handler
    async def resume(self, command: messages.Resume) -> None:
        await self._run_waiting()

    async def _run_waiting(self) -> None:
        while not self.stopping:
            due = self._inbox.take()
            if due is None or not await self._attempt(*due):
                return

    @messages.Cancel.handler
    async def cancel(self, request: messages.Cancel) -> messages.Cancelled:
        self._check(request.user)
        running = () if self._current is None else (self._current.turn,)
        open_turns = (*running, *self._inbox.waiting())
        turn = next((turn for turn in open_turns if request.turn in {None, turn}), None)
        if turn is None:
            return messages.Cancelled(turn=None)
        done = await self.bus.ask(session.CancelTurn(turn=turn, user=request.user))
        if done.fate == "cancelled":
            self._inbox.drop(turn)
            await self._teller.ended(done.turn)
        elif done.fate == "over":
            return messages.Cancelled(turn=None)
        elif self._current is not None and self._current.turn == turn:
            self._current.interrupt.request()
        else:
            self._resume_after(0.0)  # it waits for the store, which ends it instead of beginning it again
        return messages.Cancelled(turn=turn)

    @messages.Follow.handler
    async def follow(self, request: messages.Follow) -> messages.Backlog:
        self._check(request.user)
        events, complete = self._journal.after(request.after)
        return messages.Backlog(
            events=events, last=self._journal.last, complete=complete, running=self._running
        )

    @messages.Locate.handler
    async def locate(self, request: messages.Locate) -> messages.Location:
        return messages.Location(
            last=self._journal.last, began=self._journal.before(request.turn), running=self._running
        )

    @messages.ShowPath.handler
    async def show_path(self, command: messages.ShowPath) -> None:
        await self._teller.path(command.turn, command.turn)

    def _check(self, user: str) -> None:
        """Raise UnknownSession for somebody whose conversation this is not."""
        if user != self._user:
            raise session.UnknownSession(session=self._session)

    @property
    def _running(self) -> str | None:
        return None if self._current is None else self._current.turn

    # --- one turn -----------------------------------------------------------------------------------------

    async def _attempt(self, turn: str, mode: FollowupMode) -> bool:
        """Run a turn; False when it could not be stored and is to be tried again later."""
        scope = trio.CancelScope()
        interrupt = Interrupt(scope)
        self._current = current = _Current(turn, interrupt)
        try:
            with self.bus.baggage(user=self._user, session=self._session, turn=turn):
                await self._turn(current, scope)
        except (session.StaleAttempt, session.UnknownTurn):
            pass  # somebody else runs it, or it has gone: it is no longer ours
        except (session.StorageFailed, DeliveryError) as error:
            await self._suspend(current, mode, error)
            return False
        except BaseException as error:
            self._cut_short = current.record if _is_cancellation(error) else None
            raise
        finally:
            self._under_way.drop(turn)
            self._current = None
        return True

    async def _turn(self, current: _Current, scope: trio.CancelScope) -> None:
        """Take a turn from its beginning, or from where it was left, to its end."""
        await self._hand_back(current.turn)
        begun = await self.bus.ask(
            session.Begin(
                turn=current.turn,
                boot=self.bus.boot_id,
                runner=self._runner,
                last_event=self._journal.last,
            )
        )
        self._suspended.pop(current.turn, None)
        if begun.over:
            if begun.ended:
                await self._teller.ended(begun.turn, notice=begun.notice)
            return
        record = Record(self.bus, begun.turn, self._journal, self._teller, current.interrupt)
        loop = Loop(self._parts, self._run(begun), record)
        current.record = record
        if begun.iteration:
            await loop.recall()
        if (seconds := limits.cut_after(self._settings().limits, begun.turn.options)) is not None:
            current.interrupt.due(trio.current_time() + seconds)
        if begun.turn.follows is not None:
            await self._teller.path(begun.turn.id, begun.turn.follows)
        await self._teller.started(begun.turn)
        ending: Ending | None = None
        with scope:
            ending = await loop.walk(begun.open_calls)
        interrupt = current.interrupt
        if scope.cancelled_caught and (interrupt.requested or not interrupt.left):
            ending = loop.run.cancelled() if interrupt.requested else loop.overdue()
        if ending is None:
            await record.release()
            return
        await self._end(loop, ending)

    def _run(self, begun: session.Begun) -> Run:
        return Run(
            turn=begun.turn,
            started=self.bus.clock.monotonic(),
            transcript=begun.transcript,
            iteration=begun.iteration,
            rounds=begun.turn.tool_rounds,
            made=circles.rounds(begun.transcript.messages),
            context_tokens=begun.context_tokens,
            model=begun.turn.options.model or begun.model,
            effort=begun.turn.options.effort or begun.effort,
            fallbacks=begun.turn.options.fallbacks,
        )

    async def _end(self, loop: Loop, ending: Ending) -> None:
        """Store the end, tell it, and see which turn is next."""
        following = await loop.record.ended(loop.run, ending)
        # One that the mailbox brings comes by itself, with its own trace, unless older ones are known here.
        if following is not None and (self._inbox or not self._inbox.brings(following.id)):
            self._inbox.put_first(following.id, following.mode)

    # --- when the store fails -----------------------------------------------------------------------------

    async def _suspend(self, current: _Current, mode: FollowupMode, error: BusError) -> None:
        """Leave a turn as it is stored and try again later. Crashing would not bring the disk back.

        An outage is not its fault. After anything else its claim is left to be counted as that of an attempt that died:
        what the store cannot do for this turn it will not do the next time either.
        """
        self._inbox.put_first(current.turn, mode)
        self._resume_after(RETRY)
        told = current.turn in self._suspended
        if isinstance(error, OUTAGES):
            self._suspended[current.turn] = current.record or self._suspended.get(current.turn)
        else:
            self._suspended[current.turn] = None
            self._runner = self.bus.ids.uuid()
        if not told:
            await self._teller.unstored(current.turn, failures.unstored(error))

    async def _hand_back(self, turn: str) -> None:
        """Release the claim of an attempt that the store ended: that is not the fault of the turn."""
        if turn in self._suspended:
            await _released(self._suspended[turn])
            self._suspended[turn] = None


async def _released(record: Record | None) -> None:
    """Hand a claim back, if there is one and it was not handed back before."""
    if record is not None:
        with contextlib.suppress(session.StaleAttempt):
            await record.release()


def _is_cancellation(error: BaseException) -> bool:
    """Whether the runtime stops the actor: a cancellation, bare or in the groups of nurseries, and nothing else."""
    group = BaseExceptionGroup("", [error])
    return group.split(trio.Cancelled)[1] is None
