"""Carries out the tool calls of one answer: decode, ask, render, sanitise, store, tell."""

from collections.abc import Iterable, Sequence
from typing import final

import attrs
import trio

from actors.agent import resume
from actors.agent.interrupt import Interrupt
from actors.agent.ledger import Ledger
from actors.agent.publisher import Publisher
from actors.agent.rounds import PARALLEL, batches
from actors.agent.sanitise import sanitise
from actors.context import TurnContext
from actors.session import messages as session
from actors.tooling import CallContext, Catalogue, Rendered, failure, render
from actors.vocabulary import Text, ToolUse
from bus import Bus, BusError, DeliveryError, crash_point

Result = tuple[ToolUse, Rendered]


def _error(text: str) -> Rendered:
    return Rendered(content=(Text(text=text),), is_error=True)


@final
class Toolbox:
    """The tools, as one running turn uses them. Whatever goes wrong with a call becomes its result."""

    def __init__(
        self,
        bus: Bus,
        catalogue: Catalogue,
        turn: TurnContext,
        *,
        ledger: Ledger,
        publisher: Publisher,
        interrupt: Interrupt,
        max_bytes: int,
    ) -> None:
        """`max_bytes` is how much text of one result the model gets to see."""
        self._bus = bus
        self._catalogue = catalogue
        self._turn = turn
        self._ledger = ledger
        self._publisher = publisher
        self._interrupt = interrupt
        self._max_bytes = max_bytes

    def intent(self, call: ToolUse) -> tuple[ToolUse, session.Effect]:
        """A call with what it may change; one that will not be carried out changes nothing."""
        if call.unreadable is not None or call.name not in self._catalogue:
            return call, "pure"
        return call, self._catalogue.get(call.name).effect

    async def run(self, steps: Sequence[session.ToolStep], *, resumed: bool = False) -> list[Result]:
        """Carry out calls, as if one after another; those that only read run at once. Results in order of the calls.

        `resumed` calls were begun before a restart; their effect decides what becomes of them.
        """
        found: dict[int, Rendered] = {}
        for batch in batches(steps):
            if len(batch) == 1:
                found[batch[0].n] = await self._carry_out(batch[0], resumed=resumed)
            else:
                await self._together(batch, found, resumed=resumed)
        return [(step.call, found[step.n]) for step in steps]

    async def _together(
        self, batch: Iterable[session.ToolStep], found: dict[int, Rendered], *, resumed: bool
    ) -> None:
        places = trio.CapacityLimiter(PARALLEL)
        failed: list[BusError] = []

        async def one(step: session.ToolStep) -> None:
            try:
                async with places:
                    found[step.n] = await self._carry_out(step, resumed=resumed)
            except BusError as error:  # the store failed; raised below, without the group of a nursery
                failed.append(error)
                nursery.cancel_scope.cancel(reason="a result could not be stored")

        async with trio.open_nursery() as nursery:
            for step in batch:
                nursery.start_soon(one, step)
        if failed:
            raise failed[0]

    # --- one call -----------------------------------------------------------------------------------------

    async def _carry_out(self, step: session.ToolStep, *, resumed: bool) -> Rendered:
        with self._interrupt:
            await self._publisher.tool_started(self._turn.turn, step.call)
        began = self._bus.clock.monotonic()
        answer = (await self._settled(step) if resumed else None) or await self._answer(step)
        result = attrs.evolve(answer, content=sanitise(answer.content, self._max_bytes))
        elapsed = self._bus.clock.monotonic() - began
        with self._interrupt:  # a cancellation waits until the result is stored and told
            await self._ledger.save_result(step.n, result)
            await self._publisher.tool_finished(self._turn.turn, step.call, result, elapsed)
        return result

    async def _settled(self, step: session.ToolStep) -> Rendered | None:
        """The result of a call that is not to be repeated after a restart; None for one that is."""
        call = step.call
        on_doubt = self._catalogue.get(call.name).on_doubt if call.name in self._catalogue else None
        match resume.decide(step, on_doubt):
            case "run":
                return None
            case "skip":
                return _error(resume.SKIPPED)
            case "tell":
                with self._interrupt:
                    await self._publisher.notice(self._turn.turn, "doubt", resume.notice(call.name))
                return _error(resume.IN_DOUBT)

    async def _answer(self, step: session.ToolStep) -> Rendered:
        call = step.call
        if call.unreadable is not None:
            return _error(call.unreadable)
        try:
            request = self._catalogue.decode(call.name, call.input, self._context(step))
            crash_point(call.name, "before_run")
            reply = await self._bus.ask(request)
            crash_point(call.name, "after_run")
            return render(reply)
        except BusError as error:
            doubtful = isinstance(error, DeliveryError) and not error.retry_safe and step.effect != "pure"
            return _error(f"{error}. It may or may not have happened.") if doubtful else failure(error)

    def _context(self, step: session.ToolStep) -> CallContext:
        return CallContext(call=f"{self._turn.turn}:{step.n}", **attrs.asdict(self._turn, recurse=False))
