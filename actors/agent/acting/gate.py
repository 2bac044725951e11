"""The gate: what stands between a call that the model asked for and what is done.

A call is decoded, put to hooks, to the policy and perhaps to a person (:mod:`actors.agent.acting.admission`), begun,
carried out, put to hooks again, stored and told, in this order and nowhere else. Whatever goes wrong with one becomes
its result.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import final

import attrs
import trio

from actors.agent.acting import calls
from actors.agent.acting.admission import Admission, Refused
from actors.agent.record import Record
from actors.agent.window.sanitise import sanitise
from actors.guarding import Decision, Proposal
from actors.session import messages as session
from actors.tooling import Catalogue, Effect, Rendered, failure, render
from actors.vocabulary import Text, ToolUse
from bus import ActorCrashed, ActorStopped, Bus, BusError, DeliveryError, Request, crash_point, redacted

Result = tuple[ToolUse, Rendered]


@final
@attrs.define(kw_only=True, eq=False)
class Gate:
    """The calls of one attempt of a turn go through here."""

    bus: Bus
    catalogue: Catalogue
    admission: Admission
    record: Record
    max_bytes: int
    """How much text of one result the model gets to see."""
    stop: Callable[[], Awaitable[None]]
    """Returns once the program stops."""
    beside_waiting: Callable[[], Awaitable[None]]
    """Runs while calls wait for other turns, until cancelled."""

    def intent(self, call: ToolUse) -> tuple[ToolUse, Effect]:
        """A call with what it may change; one that will not be carried out changes nothing."""
        if call.unreadable is not None or call.name not in self.catalogue:
            return call, "pure"
        return call, self.catalogue.get(call.name).effect

    async def run(self, steps: Sequence[session.ToolStep]) -> list[Result]:
        """Carry out calls, as if one after another; those that only read run at once. Results in order of the calls."""
        found: dict[int, Rendered] = {}
        waiting = self.catalogue.waiting
        for batch in calls.batches(steps, waiting):
            if batch[0].effect != "pure" and batch[0].call.name in waiting:
                await self._waiting(batch, found)
            elif len(batch) == 1:
                found[batch[0].n] = await self._one(batch[0])
            else:
                await self._together(batch, found)
        return [(step.call, found[step.n]) for step in steps]

    async def _waiting(self, batch: Iterable[session.ToolStep], found: dict[int, Rendered]) -> None:
        """Carry out calls that wait for other turns. They do not hold up the end of the program."""
        failed: list[BusError] = []

        async def watch() -> None:
            await self.stop()
            self.record.leave()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            nursery.start_soon(self.beside_waiting)
            try:
                await self._together(batch, found)
            except BusError as error:
                failed.append(error)
            nursery.cancel_scope.cancel(reason="all have been waited for")
        if failed:
            raise failed[0]

    async def _together(self, batch: Iterable[session.ToolStep], found: dict[int, Rendered]) -> None:
        places = trio.CapacityLimiter(calls.PARALLEL)
        failed: list[BusError] = []

        async def one(step: session.ToolStep, before: trio.Event, begun: trio.Event) -> None:
            await before.wait()  # who looks on sees the calls in the order in which they are stored
            try:
                async with places:
                    found[step.n] = await self._one(step, begun.set)
            except BusError as error:  # the store failed; raised below, without the group of a nursery
                failed.append(error)
                nursery.cancel_scope.cancel(reason="a result could not be stored")

        async with trio.open_nursery() as nursery:
            before = trio.Event()
            before.set()
            for step in batch:
                begun = trio.Event()
                nursery.start_soon(one, step, before, begun)
                before = begun
        if failed:
            raise failed[0]

    # --- one call -----------------------------------------------------------------------------------------

    async def _one(self, step: session.ToolStep, begun: Callable[[], None] = lambda: None) -> Rendered:
        """Take a call from what the model wrote to its stored result. `begun` is called once the call is told of."""
        began = self.bus.clock.monotonic()
        decision: Decision | None = None
        try:
            await self._settle(step)
            admitted = await self.admission.admit(step, begun)
            began = self.bus.clock.monotonic()  # not when a person was asked
        except Refused as refused:
            await self.record.call_started(step, told=refused.told)
            begun()
            decision = refused.decision
            answer = _with(_error(calls.refusal(step, refused.why)), refused.context)
        else:
            changes = step.effect != "pure"
            begins = admitted.decision if changes else None
            decision = None if changes else admitted.decision
            await self.record.call_started(step, begins, told=admitted.told)
            begun()
            answer = await self._carried_out(step, admitted.request)
            if self.admission.guards.hooked(step.call.name):
                answer = await self._looked_at(admitted.proposal, answer)
            answer = _with(answer, admitted.context)
        shown = sanitise(redacted(answer.content), self.max_bytes)
        result = attrs.evolve(answer, content=shown, diff=redacted(answer.diff))
        await self.record.call_ended(step, result, self.bus.clock.monotonic() - began, decision)
        return result

    async def _looked_at(self, proposal: Proposal, answer: Rendered) -> Rendered:
        """The result as hooks leave it."""
        try:
            return await self.admission.guards.after(self.bus, proposal, answer)
        except BusError as error:
            return attrs.evolve(answer, content=(*answer.content, Text(text=f"(A hook failed: {error})")))

    async def _settle(self, step: session.ToolStep) -> None:
        """Refuse a call that had begun before a restart and is not to be repeated."""
        name = step.call.name
        match calls.decide(step, self.catalogue.get(name).on_doubt if name in self.catalogue else None):
            case "run":
                return
            case "skip":
                raise Refused(calls.SKIPPED)
            case "tell":
                await self.record.notice("doubt", calls.doubt(name), name=name)
                raise Refused(calls.IN_DOUBT)

    async def _asked(self, step: session.ToolStep, request: Request[object]) -> object:
        """The reply. A call that waits for other turns is made again where those who do the waiting are restarted."""
        if self.catalogue.get(step.call.name).waits:
            for pause in calls.PAUSES:
                try:
                    return await self.bus.ask(request)
                except (ActorCrashed, ActorStopped):
                    await trio.sleep(pause)
        return await self.bus.ask(request)

    async def _carried_out(self, step: session.ToolStep, request: Request[object]) -> Rendered:
        try:
            crash_point(step.call.name, "before_run")
            reply = await self._asked(step, request)
            crash_point(step.call.name, "after_run")
        except BusError as error:
            doubtful = isinstance(error, DeliveryError) and not error.retry_safe and step.effect != "pure"
            return _error(f"{error}. It may or may not have happened.") if doubtful else failure(error)
        try:
            return render(reply)
        except Exception as error:  # noqa: BLE001 - a reply draws itself, and what it raises is no end of a turn
            return _error(f"It was done, but its result cannot be shown: {error!r}")


def _with(answer: Rendered, context: Iterable[str]) -> Rendered:
    """A result, and what the model is told with it."""
    return attrs.evolve(answer, content=(*answer.content, *(Text(text=text) for text in context)))


def _error(text: str) -> Rendered:
    return Rendered(content=(Text(text=text),), is_error=True)
