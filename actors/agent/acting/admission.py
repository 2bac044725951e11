"""Whether a call is carried out: it is decoded, put to hooks, to the policy, and perhaps to a person."""

from collections.abc import Awaitable, Callable, Container, Mapping
from contextlib import AbstractContextManager
from typing import Any, final

import attrs
import trio

from actors.agent.acting import calls
from actors.agent.acting.literally import stands
from actors.agent.record import Record
from actors.guarding import Allow, Ask, Asked, Decision, Deny, Guards, Pass, Proposal
from actors.session import messages as session
from actors.tooling import CallContext, Catalogue
from actors.vocabulary import ChatMessage
from bus import Bus, BusError, Data, Request


@attrs.define(eq=False)
class Refused(Exception):
    """The call is not carried out."""

    why: str
    decision: Decision | None = None
    """None where nobody had to decide: it could not be decoded, or is not repeated."""
    told: bool = False
    """Whether those who follow know of the call already."""
    context: tuple[str, ...] = ()
    """What the model is told besides."""


@final
@attrs.frozen(kw_only=True)
class Admitted(Data):
    """A call that is to be carried out."""

    request: Request[object]
    proposal: Proposal
    decision: Decision
    told: bool
    context: tuple[str, ...]
    """What the model is told with the result."""


@final
@attrs.define(kw_only=True, eq=False)
class Admission:
    """Decides about the calls of one attempt of a turn."""

    bus: Bus
    catalogue: Catalogue
    withheld: Container[str]
    """Names of tools that the turn may not use."""
    guards: Guards
    context: Callable[[session.ToolStep], CallContext]
    """Where a call comes from."""
    messages: Callable[[], tuple[ChatMessage, ...]]
    """What the model had read when it made the calls."""
    record: Record
    stop: Callable[[], Awaitable[None]]
    """Returns once the program stops."""
    paused: Callable[[], AbstractContextManager[None]]
    """Within it, the time of the turn stands still."""
    halted: str | None = attrs.field(default=None, init=False)
    """Why the turn is to end with the results that there are; None while it may go on."""

    async def admit(self, step: session.ToolStep, begun: Callable[[], None]) -> Admitted:
        """The request that a call asks for. `begun` is called if the call is told of here. Raises Refused."""
        call = step.call
        if call.unreadable is not None:
            raise Refused(call.unreadable)
        if call.name in self.withheld:
            why = calls.withheld(call.name, self.catalogue.names)
            raise Refused(why, Decision(verdict="denied", by="turn", reason=why))
        try:
            request, proposal = self._decoded(step, call.input)
            proposal, verdict, context = await self._judged(proposal)
            if proposal.input is not call.input:
                request, proposal = self._decoded(step, proposal.input)
        except BusError as error:
            raise Refused(str(error)) from error
        except Refused:
            raise
        except Exception as error:  # tools, hooks and policies are foreign code: what they raise ends no turn
            raise Refused(f"The call could not be prepared: {error!r}") from error
        told = False
        if isinstance(verdict, Ask):
            verdict, told = await self._agreed(step, proposal, verdict, begun)
        if isinstance(verdict, Deny):
            self._halt(verdict)
            why = f"This call is not allowed: {verdict.reason}"
            decision = _decision(proposal, "denied", verdict.by, verdict.reason)
            raise Refused(why, decision, told, context)
        if verdict.input is not None and verdict.input is not proposal.input:
            request, proposal = self._redecoded(step, verdict.input, told=told)
        return Admitted(
            request=request,
            proposal=proposal,
            decision=_decision(proposal, "allowed", verdict.by),
            told=told,
            context=context,
        )

    def _halt(self, denied: Deny) -> None:
        """Take note that the turn is to end. Where several say so, the first one's reason counts."""
        if denied.stop and self.halted is None:
            self.halted = denied.reason

    def _redecoded(
        self, step: session.ToolStep, input: Mapping[str, Any], *, told: bool
    ) -> tuple[Request[object], Proposal]:
        """What is to be done instead, as whoever was asked wants it. Raises Refused."""
        try:
            return self._decoded(step, input)
        except BusError as error:
            raise Refused(str(error), told=told) from error

    def _decoded(self, step: session.ToolStep, input: Mapping[str, Any]) -> tuple[Request[object], Proposal]:
        """Raises UnknownTool, InvalidInput or Refused."""
        context = self.context(step)
        request = self.catalogue.decode(step.call.name, input, context)
        tool = self.catalogue.get(step.call.name)
        if step.effect == "pure" != tool.effect:  # nobody would be asked, and nothing kept
            raise Refused(calls.changed(tool.name))
        proposal = Proposal(
            call=step.call,
            input=input,
            effect=step.effect,
            delegates=tool.waits,
            outward=tool.outward,
            acts_on=tool.subject,
            context=context,
            heard=lambda text: stands(text, self.messages(), self.catalogue.waiting),
        )
        return request, proposal

    async def _judged(self, proposal: Proposal) -> tuple[Proposal, Allow | Deny | Ask, tuple[str, ...]]:
        """The proposal as hooks want it, what they and the policy say to it, and what they have the model told."""
        said: Pass | Allow | Deny | Ask = Pass()
        if self.guards.hooked(proposal.call.name):
            said = await self.guards.before(self.bus, proposal)
            if isinstance(said, Deny):
                return proposal, said, said.context
            if said.input is not None:
                proposal = attrs.evolve(proposal, input=said.input)
        verdict = self.guards.policy(proposal)
        if isinstance(verdict, Deny) or isinstance(said, Pass):
            return proposal, verdict, said.context
        return proposal, said, said.context

    async def _agreed(
        self, step: session.ToolStep, proposal: Proposal, question: Ask, begun: Callable[[], None]
    ) -> tuple[Allow | Deny, bool]:
        """What a person says, and whether those who follow were told of the call meanwhile."""
        try:
            asked = await self.guards.ask(self.bus, proposal, question)
            if not isinstance(asked, Asked):
                return asked, False
            await self.record.awaits(step, asked, question.reason)
            begun()
            with self.paused():
                verdict = await self._answered(asked)
        except BusError as error:
            return Deny(f"nobody could be asked: {error}", by="failure"), False
        await self.record.answered(step, asked, verdict)
        return verdict, True

    async def _answered(self, asked: Asked) -> Allow | Deny:
        """Wait for the answer. The end of the program is not held up by that."""
        found: list[Allow | Deny] = []
        failed: list[BusError] = []

        async def watch() -> None:
            await self.stop()
            self.record.leave()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            try:
                found.append(await self.guards.answer(self.bus, asked))
            except BusError as error:
                failed.append(error)
            nursery.cancel_scope.cancel(reason="it was answered")
        if failed:
            raise failed[0]
        return found[0]


def _decision(proposal: Proposal, verdict: Any, by: str, reason: str = "") -> Decision:
    return Decision(
        verdict=verdict,
        by=by,
        reason=reason,
        subject=proposal.subject,
        outside=proposal.outside,
        input=None if proposal.input is proposal.call.input else proposal.input,
    )
