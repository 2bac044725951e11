"""The loop of one turn: followups, completion, tool calls, and again, until the model has said its last word.

Everything is stored before it is told, so that another attempt can go on where this one stopped.
"""

import logging
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Final, final

import attrs

from actors import transcript
from actors.agent import endings, failures, lookup
from actors.agent import messages as agent
from actors.agent.acting import circles
from actors.agent.acting.admission import Admission
from actors.agent.acting.calls import bounded
from actors.agent.acting.gate import Gate
from actors.agent.acting.standstill import Standstill
from actors.agent.completion import Speaker
from actors.agent.followups import Inbox
from actors.agent.occasions import Occasions, Opened
from actors.agent.record import Record
from actors.agent.settings import Settings
from actors.agent.sources import Sources, prepare
from actors.agent.spending import limits
from actors.agent.spending.allowance import Allowance, Zone
from actors.agent.spending.limits import Stop
from actors.agent.spending.offer import Offer
from actors.agent.spending.underway import UnderWay
from actors.agent.turn import Ending, Run, settings_for
from actors.agent.window.compactor import Compactor
from actors.agent.window.leaving import Leaving
from actors.agent.window.room import Learned
from actors.context import TurnContext
from actors.guarding import Guards
from actors.llm import messages as llm
from actors.outside import CHANNELS, heard
from actors.session import messages as session
from actors.tooling import CallContext
from actors.vocabulary import ChatMessage
from bus import Bus, BusError, Data

_LOG: Final = logging.getLogger(__name__)


@final
@attrs.frozen(kw_only=True)
class Parts(Data):
    """What all turns of a conversation share."""

    bus: Bus
    settings: Callable[[], Settings]
    """Those in force; an attempt goes by what they are when it begins."""
    sources: Callable[[], Sources]
    """Whom to ask, as it is when an attempt begins."""
    guards: Guards
    inbox: Inbox
    learned: Learned
    """What was found out of the models' windows."""
    under_way: UnderWay
    """Completions of all conversations."""
    standstill: Standstill
    lending_place: Callable[[], AbstractContextManager[None]]
    """Within it, another conversation may run in the place of this one."""
    occasions: Occasions
    opened: Opened
    zone: Zone
    """By which a day begins."""
    stopping: Callable[[], bool]
    """Whether the program stops: a turn then comes to its next boundary and no further."""
    stop: Callable[[], Awaitable[None]]
    """Returns once it does."""


@final
class Loop:
    """One attempt of one turn."""

    def __init__(self, parts: Parts, run: Run, record: Record) -> None:
        self.run = run
        self.record = record
        self._parts = parts
        self._settings = settings_for(parts.settings(), run.turn.options)
        self._turn = TurnContext(
            session=run.turn.session,
            turn=run.id,
            user=run.turn.user,
            role=run.turn.role,
            channel=run.turn.channel,
            source=run.turn.source,
            called=run.turn.called,
            triggered_by=run.turn.triggered_by or "",
            delegated_by=run.turn.delegated_by or "",
            depth=run.turn.depth,
        )
        # What an agent tells another is nothing that a person has said.
        self._sources = parts.sources()
        keepsake = None if run.turn.delegated_by else self._sources.keepsake
        offer = Offer(parts.bus)
        self._leaving = Leaving(parts.bus, parts.learned)
        self._allowance = Allowance(parts.bus, self._settings, run.turn, parts.under_way, parts.zone, offer)
        self._compactor = Compactor(
            parts.bus,
            self._settings,
            record,
            self._turn,
            keepsake,
            parts.learned,
            offer,
            self._allowance,
        )
        self._compactor.about_to = partial(parts.occasions.shortened, parts.bus, self._turn)

    async def recall(self) -> None:
        """Learn what earlier attempts have said, handed over and taken in."""
        run, bus = self.run, self._parts.bus
        user = run.turn.user
        rows = await bus.ask(
            session.Messages(session=run.turn.session, user=user, turn=run.id, limit=sys.maxsize)
        )
        others = dict.fromkeys(row.turn for row in rows if row.turn != run.id)
        followups = [await bus.ask(session.GetTurn(turn=turn, user=user)) for turn in others]
        run.recall(rows, followups)

    async def walk(self, open_calls: Sequence[session.ToolStep]) -> Ending | None:
        """Go on from what is stored to the end of the turn. None when the program stops meanwhile."""
        run = self.run
        # What some calls of a round have answered before a crash, the model had not read when it made the others.
        await self._prepare(run.transcript.read if open_calls else run.transcript.messages)
        self._leaving.known(run)
        if open_calls:
            await self._carry_out(open_calls)
        while not self._parts.stopping():
            if (why := self._gate.admission.halted) is not None:
                return run.stopped("stopped", endings.halted(why))
            await self._boundary()
            if (ending := run.answered()) is not None:
                return ending
            stop = await self._readied()
            if stop is not None and stop.last is None:
                return run.stopped(stop.outcome, stop.notice)
            try:
                answer = await self._speaker.complete(
                    run, *asides(run, stop), attempts=self._allowance.attempts
                )
            except BusError as error:
                if (ending := await self._unanswered(error, stop)) is not None:
                    return ending
                continue
            if stop is not None:
                return run.broken_up(answer, stop.outcome, stop.notice)
            if (ending := await self._follow(answer)) is not None:
                return ending
        return None

    async def _readied(self) -> Stop | None:
        """Make the conversation fit, and count what is about to be asked for; what stands against more than that."""
        run = self.run
        stop = await self._allowance.stop(run, self._told)
        if stop is not None and stop.last is None:
            return stop
        before, size = run.transcript, run.size
        await self._compactor.relieve(run)
        # A summary has used something, too; documents weigh something, which is known now.
        if run.transcript is not before or run.size != size:
            stop = await self._allowance.stop(run, self._told)
        return stop

    async def _unanswered(self, error: BusError, stop: Stop | None) -> Ending | None:
        """The end of a turn whose model did not answer; None if it may be asked with less."""
        run = self.run
        if isinstance(error, llm.ModelNotAllowed) and run.dismiss(error.model):
            if await self.record.missing(error.model):
                await self.record.notice("left_out", failures.gone(error.model), model=error.model)
            return None
        if failures.too_long(error) and isinstance(error, llm.ModelError | llm.ModelUnavailable):
            if await self._compactor.refused(run, error):
                return None
            error = await self._compactor.hopeless(run, error)
        elif self._may_ask_again(error) or await self._leaving.refused(run, error):
            return None
        return run.failed(error) if stop is None else run.stopped(stop.outcome, stop.notice)

    def _may_ask_again(self, error: BusError) -> bool:
        """Whether nobody else was asked only because little is left of a limit: the next attempt looks at it anew."""
        run, lost = self.run, self._speaker.lost
        run.broken_off += lost
        tried_all = not isinstance(error, llm.ModelUnavailable) or lost < self._allowance.attempts
        return not tried_all and run.broken_off < limits.ATTEMPTS

    async def _follow(self, answer: llm.Completed) -> Ending | None:
        """Do what an answer asks for. None while the turn goes on."""
        run, course = self.run, endings.course(answer)
        if course in ("refusal", "content_filter"):
            if await self._leaving.refused(run):
                await self._spent(answer)
                return None
        elif self._leaving.helped():
            await self.record.notice("left_out", failures.LEFT_OUT)
        match course:
            case "refusal":
                return run.broken_up(answer, course, endings.REFUSED)
            case "content_filter":
                return run.broken_up(answer, course, endings.FILTERED)
            case "max_tokens":
                return run.cut(answer, run.answer_limit or self._settings.max_tokens)
            case "pause_turn":
                if run.pauses >= endings.PAUSES:
                    return run.broken_up(answer, course, endings.PAUSED)
                run.pause(answer)
                await self._spent(answer)
            case "empty" if not self._joining():
                if run.silences:
                    return run.broken_up(answer, course, endings.SILENT)
                run.silences += 1
                await self._spent(answer)
            case "said" if not self._joining() and not await self._is_to_go_on(answer):
                return run.success(answer)
            case _:
                await self._act(answer)
        return None

    async def _is_to_go_on(self, answer: llm.Completed) -> bool:
        """Whether somebody has something more for a subagent to do that is about to end."""
        run, parts = self.run, self._parts
        if run.turn.delegated_by is None:
            return False
        wanted = await parts.occasions.stopped(
            parts.bus, self._turn, "\n\n".join(transcript.texts(answer.content)), active=run.goes_on
        )
        if wanted is None or run.goes_on:
            return False
        try:
            await parts.bus.ask(agent.Accept(incoming=wanted))
        except BusError as error:
            _LOG.warning("a subagent ends although a hook wants it to go on: %s", error)
            return False
        return bool(self._joining())

    async def _prepare(self, read: Sequence[ChatMessage]) -> None:
        """Learn which tools there are, what the model is to be told, and what came to it with all it has `read`."""
        run, parts = self.run, self._parts
        prepared = await prepare(parts.bus, self._sources, self._turn, run.turn.options.tools)
        opened = await self._opened()
        run.system = (*prepared.system, *(llm.SystemText(text=text, cached=False) for text in opened))
        hooked = tuple(session.Told(source="Hooks", text=text) for text in opened)
        self.record.hears((*prepared.told, *hooked))
        self._catalogue = prepared.catalogue
        self._outside = frozenset(tool.name for tool in prepared.catalogue if tool.outside)
        self._inside = prepared.catalogue.names - self._outside
        self._compactor.outside = self._outside
        self._speaker = Speaker(parts.bus, self._settings, self.record, parts.learned)
        run.outside |= CHANNELS & {run.turn.channel}
        self._hear(read)
        self._offer()
        admission = Admission(
            bus=parts.bus,
            catalogue=prepared.catalogue,
            withheld=prepared.withheld,
            guards=parts.guards,
            context=partial(self._calling, tuple(prepared.catalogue.names)),
            messages=lambda: run.transcript.read,
            record=self.record,
            stop=parts.stop,
            paused=self._paused,
        )
        self._gate = Gate(
            bus=parts.bus,
            catalogue=prepared.catalogue,
            admission=admission,
            record=self.record,
            max_bytes=self._settings.compaction.max_tool_result_bytes,
            stop=parts.stop,
            beside_waiting=self._stand_still,
        )
        for notice in prepared.notices:
            await self.record.notice("left_out", notice)

    async def _opened(self) -> tuple[str, ...]:
        """What hooks of the beginning have the model told: of the conversation, or of what a subagent is to do."""
        parts, run = self._parts, self.run
        if run.turn.delegated_by is not None:
            return await parts.occasions.delegated(parts.bus, self._turn)
        return await parts.opened.context(
            lambda source: parts.occasions.opened(parts.bus, self._turn, source, run.model)
        )

    @contextmanager
    def _paused(self) -> Generator[None]:
        """While a person is waited for, the time of the turn stands still, and that of those who wait for it."""
        parts, run = self._parts, self.run
        with parts.lending_place(), parts.standstill.above(run.turn.delegated_by):
            self.record.pause()
            try:
                yield
            finally:
                run.started += self.record.go_on()

    async def _stand_still(self) -> None:
        """Where a subagent waits for a person, wait with it; until cancelled."""
        while True:
            await self._parts.standstill.begun(self.run.id)
            with self._paused():
                await self._parts.standstill.over(self.run.id)

    def _hear(self, messages: Sequence[ChatMessage]) -> None:
        """Take note of what has come into the conversation: words from outside, tools that were looked up."""
        run = self.run
        run.outside |= heard(messages, self._inside, self._outside)
        looked_up = lookup.looked_up(messages, self._catalogue)
        if new := [name for name in looked_up if name not in run.looked_up]:
            run.looked_up |= dict.fromkeys(new)
            run.outside |= {name for name in new if self._catalogue.get(name).foreign}
            self._offer()

    def _offer(self) -> None:
        """Have the model offered what there is for it. To measure that takes as long as a small call."""
        self._speaker.tools = self._catalogue.specs(self.run.looked_up)
        self._told = limits.size(self.run.system, self._speaker.tools)
        self._compactor.surrounded(self._told)

    def _calling(self, tools: tuple[str, ...], step: session.ToolStep) -> CallContext:
        """Where a call comes from."""
        run = self.run
        whole = limits.whole(self._settings.limits, run.turn.options)
        passed = self._parts.bus.clock.monotonic() - run.started - self.record.paused
        return CallContext(
            call=f"{run.id}:{step.n}",
            tool_use_id=step.call.id,
            outside=tuple(sorted(run.outside)),
            model=run.model,
            effort=run.effort,
            tools=tools,
            left=None if whole is None else whole - passed,
            **attrs.asdict(self._turn, recurse=False),
        )

    async def _boundary(self) -> None:
        """Take in what people have sent meanwhile; tell those who have to wait."""
        run, inbox = self.run, self._parts.inbox
        if joining := self._joining():
            merged = await self.record.merged(joining, run.iteration + 1)
            inbox.drop(*joining)
            run.join(merged)
            self._hear(run.transcript.messages[-1:])
        await self.record.queued(inbox.announce())

    def _joining(self) -> tuple[str, ...]:
        """Messages that want to become part of the turn. One that is delivered again is so already."""
        run, inbox = self.run, self._parts.inbox
        inbox.joining(run.id)
        inbox.drop(*(turn.id for turn in run.merged))
        return inbox.joining(run.id)

    async def _act(self, answer: llm.Completed) -> None:
        """Store what the model said and carry out its calls."""
        bounds = self._settings.limits
        calls = bounded(
            endings.wanted(answer),
            of_answer=bounds.calls_per_answer,
            of_turn=max(0, (bounds.calls_per_turn or sys.maxsize) - self.run.calls),
        )
        content = transcript.without_calls(answer.content)
        intents = tuple(map(self._gate.intent, calls))
        saved = await self.record.completed(self.run.iteration + 1, content, intents, answer.usage)
        self._allowance.settled()
        self.run.stored(saved.step, content, calls)
        if saved.calls:
            await self._carry_out(saved.calls)

    async def _carry_out(self, steps: Sequence[session.ToolStep]) -> None:
        self.run.results(await self._gate.run(steps))
        self._hear(self.run.transcript.messages[-2:])

    async def _spent(self, answer: llm.Completed) -> None:
        """Store what an answer has used of which nothing is stored."""
        await self.record.spent(answer.usage)
        self._allowance.settled()

    def overdue(self) -> Ending:
        """The time that the turn was given is over, and what was under way is cut off."""
        given, limit = self.run.turn.options.deadline_s, self._settings.limits.seconds_per_turn
        notice = limits.overdue(limit) if given is None else failures.overdue(given)
        return self.run.stopped("deadline", notice)


def asides(run: Run, stop: Stop | None) -> Iterator[llm.SystemText]:
    """What a model is told besides: that its turn ends, that it goes round in circles, that it has said nothing."""
    if stop is not None and stop.last is not None:
        yield llm.SystemText(text=stop.last, cached=False)
        return
    if (circle := circles.circle(run.made)) is not None:
        yield llm.SystemText(text=circles.warning(circle), cached=False)
    if run.silences:
        yield llm.SystemText(text=endings.AGAIN, cached=False)
