"""One conversation: runs its turns, one at a time, from what is stored to what is stored.

A turn walks through :meth:`ConversationActor._walk`: followups, completion, tool calls, and again, until the model
has said its last word. Everything is stored before it is told, so that after a crash the next incarnation goes on
where this one stopped. Nothing is kept here that the store does not know, except the events of the last turns.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, final
from zoneinfo import ZoneInfo

import attrs
import trio

from actors.agent import failures, history, messages, prompt
from actors.agent.compactor import Compactor
from actors.agent.completion import Speaker
from actors.agent.followups import Waiting
from actors.agent.interrupt import Interrupt
from actors.agent.journal import Journal
from actors.agent.ledger import Ledger
from actors.agent.publisher import Publisher
from actors.agent.settings import Settings
from actors.agent.toolbox import Toolbox
from actors.agent.turn import Ending, Run
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tooling import Catalogue
from actors.vocabulary import FollowupMode, ToolUse
from bus import Actor, BusError, DeliveryError, Unavailable

ATTEMPTS: Final = 3
"""A turn that stopped the program this often is not tried again."""
RETRY: Final = 30.0
"""Seconds until a turn that could not be stored is tried again."""


@final
@attrs.define
class _Current:
    """The turn that runs."""

    turn: str
    interrupt: Interrupt
    ending: bool = False
    """Its end is being stored: there is nothing left to cancel."""


@final
@attrs.frozen
class _Attempt:
    """One attempt of one turn: what is known of it, and who works for it."""

    run: Run
    ledger: Ledger
    speaker: Speaker
    toolbox: Toolbox
    compactor: Compactor
    interrupt: Interrupt


@final
class ConversationActor(Actor):
    """The loop of one session. Deliver wakes it; what there is to do, and in which order, the store knows."""

    def __init__(
        self, session_id: str, *, settings: Settings, catalogue: Catalogue, soul: Callable[[], str]
    ) -> None:
        """`soul` reads the personality of the agent; once a life, so that the prompt keeps its bytes."""
        self._session = session_id
        self._settings = settings
        self._catalogue = catalogue
        self._identity = prompt.stable(settings.agent_name, soul())
        self._zone = None if settings.timezone is None else ZoneInfo(settings.timezone)
        self._waiting = Waiting()
        self._suspended: set[str] = set()
        self._unwanted: set[str] = set()
        """Turns that were cancelled before they began."""
        self._current: _Current | None = None
        self._cut_short: Ledger | None = None
        """Of the turn that was running when this actor was stopped."""

    async def start(self) -> None:
        """Learn what is unfinished, and go on with it. Raises UnknownSession."""
        try:
            opened = await self.bus.ask(session.Open(session=self._session))
            ran_before = opened.last_event > 0 or any(turn.attempt for turn in opened.turns)
            self._journal = Journal(opened.last_event, ran_before=ran_before)
            self._publisher = Publisher(self.bus, self._session, self._journal)
            for turn in opened.turns:
                if turn.attempt - turn.released >= ATTEMPTS:
                    await self._park(turn)
                else:
                    self._waiting.add(turn.id, turn.mode)
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error
        self._resume_after(0.0)

    async def on_stop(self) -> None:
        """Hand back a turn that had no time to come to a boundary: being stopped is not its fault."""
        if self._cut_short is not None:
            await self._cut_short.release()

    async def _park(self, turn: session.Turn) -> None:
        """Give up a turn that brought the program down again and again, and tell the person."""
        ending = Ending(state="failed", outcome="parked", notice=failures.parked(turn.attempt))
        await Ledger(self.bus, turn, self._journal, self._publisher).finish(ending)
        await self._publisher.failed(turn.id, ending)

    def _resume_after(self, seconds: float) -> None:
        """Go on with the turns that wait, after a while."""
        due = next(iter(self._waiting), None)
        if due is not None:
            self.timers.after(seconds, messages.Resume(session=self._session, turn=due))

    # --- messages -----------------------------------------------------------------------------------------

    @messages.Deliver.handler
    async def deliver(self, command: messages.Deliver) -> None:
        self._waiting.add(command.turn, command.mode)
        await self._run_waiting()

    @messages.Resume.handler
    async def resume(self, command: messages.Resume) -> None:
        await self._run_waiting()

    async def _run_waiting(self) -> None:
        while not self.stopping and (due := self._waiting.take()) is not None:
            if not await self._attempt(*due):
                return

    @messages.Cancel.handler
    async def cancel(self, request: messages.Cancel) -> messages.Cancelled:
        current = self._current
        if current is not None and request.turn in {None, current.turn}:
            if current.ending:
                return messages.Cancelled(turn=None)
            current.interrupt.request()
            return messages.Cancelled(turn=current.turn)
        waiting = (*self._waiting, *self._mailbox())
        due = next((turn for turn in waiting if request.turn in {None, turn}), None)
        if due is not None:
            self._unwanted.add(due)
        return messages.Cancelled(turn=due)

    @messages.Follow.handler
    async def follow(self, request: messages.Follow) -> messages.Backlog:
        events, complete = self._journal.after(request.after)
        return messages.Backlog(
            events=events, last=self._journal.last, complete=complete, running=self._running
        )

    @messages.Locate.handler
    async def locate(self, request: messages.Locate) -> messages.Location:
        return messages.Location(
            last=self._journal.last, began=self._journal.before(request.turn), running=self._running
        )

    @property
    def _running(self) -> str | None:
        return None if self._current is None else self._current.turn

    # --- one turn -----------------------------------------------------------------------------------------

    async def _attempt(self, turn: str, mode: FollowupMode) -> bool:
        """Run a turn; False when the store fails and the turn is to be tried again later."""
        scope = trio.CancelScope()
        self._current = _Current(turn, Interrupt(partial(scope.cancel, reason="the turn was cancelled")))
        if turn in self._unwanted:
            self._unwanted.discard(turn)
            self._current.interrupt.request()
        try:
            with self.bus.baggage(session=self._session, turn=turn):
                await self._turn(self._current, scope)
        except (session.StaleAttempt, session.UnknownTurn):
            pass  # somebody else runs it, or it has gone: it is no longer ours
        except (session.StorageFailed, DeliveryError) as error:
            await self._suspend(turn, mode, error)
            return False
        finally:
            self._current = None
        return True

    async def _suspend(self, turn: str, mode: FollowupMode, error: BusError) -> None:
        """Leave a turn as it is stored and try again later. Crashing would not bring the disk back."""
        self._waiting.put_first(turn, mode)
        self._resume_after(RETRY)
        if turn not in self._suspended:
            self._suspended.add(turn)
            ending = Ending(state="failed", outcome="error", notice=failures.unstored(error))
            await self._publisher.failed(turn, ending)

    async def _turn(self, current: _Current, scope: trio.CancelScope) -> None:
        """Take a turn from its beginning, or from where it was left, to its end."""
        begun = await self.bus.ask(session.Begin(turn=current.turn, boot=self.bus.boot_id))
        if begun.over:
            return
        self._suspended.discard(current.turn)
        attempt = await self._begin(begun, current.interrupt)
        await self._publisher.started(begun.turn)
        ending: Ending | None = None
        try:
            with scope:
                ending = await self._walk(attempt, begun.open_calls)
        except trio.Cancelled:
            self._cut_short = attempt.ledger
            raise
        if scope.cancelled_caught:
            ending = attempt.run.cancelled()
        if ending is None:
            await attempt.ledger.release()
            return
        current.ending = True
        await self._end(attempt, ending)

    async def _begin(self, begun: session.Begun, interrupt: Interrupt) -> _Attempt:
        run = Run(
            turn=begun.turn,
            started=self.bus.clock.monotonic(),
            system=(self._identity, prompt.current(self.bus.clock.now(), self._zone, self._session)),
            messages=begun.history,
            iteration=begun.iteration,
            context_tokens=begun.context_tokens,
            model=begun.turn.model,
        )
        if begun.iteration:
            await self._recall(run)
        publisher, settings = self._publisher, self._settings
        ledger = Ledger(self.bus, begun.turn, self._journal, publisher)
        speaker = Speaker(
            self.bus, settings, self._catalogue.specs(), publisher=publisher, interrupt=interrupt
        )
        toolbox = Toolbox(
            self.bus,
            self._catalogue,
            begun.turn,
            ledger=ledger,
            publisher=publisher,
            interrupt=interrupt,
            max_bytes=settings.compaction.max_tool_result_bytes,
        )
        compactor = Compactor(self.bus, settings.compaction, publisher, interrupt)
        return _Attempt(run, ledger, speaker, toolbox, compactor, interrupt)

    async def _recall(self, run: Run) -> None:
        """Learn what earlier attempts have said, used, handed over and taken in."""
        used = await self.bus.ask(session.GetTurnUsage(turn=run.id))
        rows = await self.bus.ask(session.Messages(session=self._session, user=None))
        others = dict.fromkeys(row.turn for row in rows if row.role == "user" and row.turn != run.id)
        turns = [await self.bus.ask(session.GetTurn(turn=turn)) for turn in others]
        followups = [turn for turn in turns if turn.merged_into == run.id]
        run.recall(used, [row for row in rows if row.turn == run.id], followups)

    async def _walk(self, attempt: _Attempt, open_calls: Sequence[session.ToolStep]) -> Ending | None:
        """Followups, completion, tool calls, and again. None when the program stops meanwhile."""
        run = attempt.run
        if open_calls:
            run.results(await attempt.toolbox.run(open_calls, resumed=True))
        while run.rounds < self._settings.max_turns:
            if self.stopping:
                return None
            await self._boundary(attempt)
            await attempt.compactor.relieve(run)
            try:
                answer = await attempt.speaker.complete(run)
            except BusError as error:
                if failures.too_long(error) and await attempt.compactor.compact(run, run.context_tokens):
                    continue
                return run.failed(error)
            calls = history.calls(answer.content)
            if not calls and not self._joining(run):
                return run.success(answer)
            await self._act(attempt, answer, calls)
        return await self._close(attempt)

    async def _end(self, attempt: _Attempt, ending: Ending) -> None:
        """Store the end, tell it, and see which turn is next."""
        run = attempt.run
        following = await attempt.ledger.finish(ending, events=len(run.merged) + 1)
        await self._publisher.ended(run, ending)
        if following is not None and (self._waiting or following.id not in self._mailbox()):
            self._waiting.put_first(
                following.id, following.mode
            )  # else it comes by itself, with its own trace

    # --- steps of a turn ----------------------------------------------------------------------------------

    async def _boundary(self, attempt: _Attempt) -> None:
        """Take in what people have sent meanwhile; tell those who have to wait."""
        run = attempt.run
        joining = self._joining(run)
        with attempt.interrupt:
            if joining:
                merged = await attempt.ledger.merge(joining, run.iteration + 1)
                self._waiting.drop(*joining)
                run.join(merged)
                await self._publisher.merged(run, merged)
            for turn in self._waiting.announce():
                await self._publisher.queued(await self.bus.ask(session.GetTurn(turn=turn)))

    def _joining(self, run: Run) -> tuple[str, ...]:
        """The turns that want to become part of this one, those in the mailbox included."""
        for command in self.drain(messages.Deliver):
            if command.turn != run.id:
                self._waiting.add(command.turn, command.mode)
        return tuple(turn for turn in self._waiting.joining() if turn not in self._unwanted)

    def _mailbox(self) -> list[str]:
        """The turns that the mailbox is going to bring."""
        found: list[str] = []

        def look(command: messages.Deliver) -> bool:
            found.append(command.turn)
            return False

        self.drain(messages.Deliver, look)
        return found

    async def _act(self, attempt: _Attempt, answer: llm.Completed, calls: tuple[ToolUse, ...]) -> None:
        """Store what the model said and carry out its calls."""
        content = history.without_calls(answer.content)
        with attempt.interrupt:
            intents = tuple(map(attempt.toolbox.intent, calls))
            steps = await attempt.ledger.save_completion(content, intents, answer.usage)
            attempt.run.stored(content, calls)
        if steps:
            attempt.run.results(await attempt.toolbox.run(steps))

    async def _close(self, attempt: _Attempt) -> Ending:
        """The rounds are used up: ask for a last answer, in which calls are not carried out."""
        run = attempt.run
        try:
            return run.limit(await attempt.speaker.complete(run, prompt.closing(run.rounds)))
        except BusError as error:
            return run.failed(error)
