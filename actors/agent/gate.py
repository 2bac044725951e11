"""The gate: what stands between a call that the model asked for and what is done.

A call is decoded, put to the policy, begun, carried out, stored and told, in this order and nowhere else. Whatever goes
wrong with one becomes its result. Hooks before and after a call, and the question to a person, belong here too.
"""

from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from typing import final

import attrs
import trio

from actors.agent import calls
from actors.agent.record import Record
from actors.agent.sanitise import sanitise
from actors.session import messages as session
from actors.tooling import CallContext, Catalogue, Rendered, failure, render
from actors.vocabulary import Text, ToolUse
from bus import ActorCrashed, ActorStopped, Bus, BusError, DeliveryError, Request, crash_point, redacted

Result = tuple[ToolUse, Rendered]


# --- the policy -------------------------------------------------------------------------------------------


@final
@attrs.frozen
class Allow:
    """The call may be carried out."""


@final
@attrs.frozen
class Deny:
    """The call is not carried out; the model is told why."""

    reason: str


Policy = Callable[[ToolUse, CallContext], Awaitable[Allow | Deny]]
"""Decides about a call that could be decoded. What it raises denies the call."""


async def allow_all(_call: ToolUse, _context: CallContext) -> Allow | Deny:
    """The policy of an agent whose tools do no harm outside of its own home."""
    return Allow()


# --- the gate ---------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class _Refused(Exception):
    """The call is not carried out."""

    why: str


@final
@attrs.define(kw_only=True, eq=False)
class Gate:
    """The calls of one attempt of a turn go through here."""

    bus: Bus
    catalogue: Catalogue
    withheld: Container[str]
    """Names of tools that the turn may not use."""
    policy: Policy
    context: Callable[[session.ToolStep], CallContext]
    """Where a call comes from."""
    record: Record
    max_bytes: int
    """How much text of one result the model gets to see."""
    stop: Callable[[], Awaitable[None]]
    """Returns once the program stops."""
    leave: Callable[[], None]
    """Leaves the turn as it is, to be gone on with when the program starts again."""

    def intent(self, call: ToolUse) -> tuple[ToolUse, session.Effect]:
        """A call with what it may change; one that will not be carried out changes nothing."""
        if call.unreadable is not None or call.name not in self.catalogue:
            return call, "pure"
        return call, self.catalogue.get(call.name).effect

    async def run(self, steps: Sequence[session.ToolStep]) -> list[Result]:
        """Carry out calls, as if one after another; those that only read run at once. Results in order of the calls."""
        found: dict[int, Rendered] = {}
        waiting = {tool.name for tool in self.catalogue if tool.waits}
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
            self.leave()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
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
        try:
            await self._settle(step)
            request = await self._admitted(step)
        except _Refused as refused:
            await self.record.call_started(step)
            begun()
            answer = _error(refused.why)
        else:
            await self.record.call_started(step, begins=step.effect != "pure")
            begun()
            answer = await self._carried_out(step, request)
        result = attrs.evolve(answer, content=sanitise(redacted(answer.content), self.max_bytes))
        await self.record.call_ended(step, result, self.bus.clock.monotonic() - began)
        return result

    async def _settle(self, step: session.ToolStep) -> None:
        """Refuse a call that had begun before a restart and is not to be repeated."""
        name = step.call.name
        match calls.decide(step, self.catalogue.get(name).on_doubt if name in self.catalogue else None):
            case "run":
                return
            case "skip":
                raise _Refused(calls.SKIPPED)
            case "tell":
                await self.record.notice("doubt", calls.doubt(name), name=name)
                raise _Refused(calls.IN_DOUBT)

    async def _admitted(self, step: session.ToolStep) -> Request[object]:
        """The request that a call asks for, if the policy allows it."""
        call = step.call
        if call.unreadable is not None:
            raise _Refused(call.unreadable)
        if call.name in self.withheld:
            raise _Refused(calls.withheld(call.name, (tool.name for tool in self.catalogue)))
        try:
            context = self.context(step)
            request = self.catalogue.decode(call.name, call.input, context)
            verdict = await self.policy(call, context)
        except BusError as error:
            raise _Refused(str(error)) from error
        except Exception as error:  # tools and policies are foreign code: what they raise ends no turn
            raise _Refused(f"The call could not be prepared: {error!r}") from error
        if isinstance(verdict, Deny):
            raise _Refused(f"This call is not allowed: {verdict.reason}")
        return request

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


def _error(text: str) -> Rendered:
    return Rendered(content=(Text(text=text),), is_error=True)
