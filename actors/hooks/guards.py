"""Hooks where calls are decided about, and at the other points at which the agent lets somebody step in.

What there is no hook for costs a look into memory; the rest goes over the bus to the actor that calls them.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Literal

import attrs
import trio

from actors.agent import messages as agent
from actors.beginning import beginning_in_bytes
from actors.context import TurnContext
from actors.guarding import Allow, Ask, Asked, Deny, Guards, Pass, Proposal
from actors.hooks.armed import Armed
from actors.hooks.forms import SOURCE, SUBAGENT
from actors.hooks.messages import (
    EventName,
    Input,
    Outcome,
    PermissionRequest,
    PostToolUse,
    PostToolUseFailure,
    PreCompact,
    PreToolUse,
    SessionStart,
    SubagentStart,
    SubagentStop,
    UserPromptSubmit,
    fire,
)
from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.tooling import Rendered
from actors.transcript import texts
from actors.vocabulary import Text
from bus import Bus, BusError, redact

AROUND: Final[tuple[EventName, ...]] = ("PreToolUse", "PostToolUse", "PostToolUseFailure")
LONGEST: Final = 256 * 1024
"""Bytes of a result that hooks are told; of a longer one the beginning."""
NOTHING: Final = Outcome()

_LOG: Final = logging.getLogger(__name__)


async def heard(
    bus: Bus, armed: Armed, told: Input, about: TurnContext | session.Incoming, tool: str = ""
) -> Outcome:
    """What hooks say. Where they cannot be called, one that is required stands in the way, and no other."""
    if not armed.wants(told.event, bus.clock.monotonic(), tool):
        return NOTHING
    try:
        return await bus.ask(fire(told, **_about(about)))
    except BusError as error:
        _LOG.warning("hooks could not be called at %s: %s", told.event, error)
        if (name := armed.needs(told.event, tool)) is None:
            return NOTHING
        reason = f"the hook {name} is required, and it cannot be called: {error}"
        return Outcome(decision="deny", reason=reason, by=name)


def _about(about: TurnContext | session.Incoming) -> dict[str, Any]:
    if isinstance(about, session.Incoming):
        return {"session": about.session or "", "user": about.user}
    agents = {"agent_id": about.turn, "agent_type": SUBAGENT} if about.delegated_by else {}
    return {"session": about.session, "user": about.user, **agents}


# --- calls ------------------------------------------------------------------------------------------------


def hooked(guards: Guards, armed: Armed) -> Guards:
    """The same guards with hooks before and after a call, and before a person is asked."""

    def is_hooked(tool: str) -> bool:
        return armed.wants_one(AROUND, trio.current_time(), tool)

    return attrs.evolve(
        guards,
        hooked=is_hooked,
        before=partial(_before, armed),
        after=partial(_after, armed),
        ask=partial(_ask, armed, guards),
    )


async def _before(armed: Armed, bus: Bus, proposal: Proposal) -> Pass | Allow | Deny | Ask:
    told = PreToolUse(
        tool_name=proposal.call.name,
        tool_input=proposal.input,
        tool_use_id=proposal.context.tool_use_id,
    )
    said = await heard(bus, armed, told, proposal.context, proposal.call.name)
    by, context = f"hook {said.by}", tuple(map(redact, said.context))
    match said.decision:
        case "deny":
            return Deny(redact(said.reason), by, stop=said.stop, context=context)
        case "ask":
            return Ask(redact(said.reason), by, input=said.input, context=context)
        case "allow":
            return Allow(by, said.input, context=context)
        case "none":
            return Pass(said.input, context=context)


async def _after(armed: Armed, bus: Bus, proposal: Proposal, result: Rendered) -> Rendered:
    name, text = proposal.call.name, beginning_in_bytes("\n".join(texts(result.content)), LONGEST)
    call = proposal.context.tool_use_id
    told: Input
    if result.is_error:
        told = PostToolUseFailure(tool_name=name, tool_input=proposal.input, tool_use_id=call, error=text)
    else:
        told = PostToolUse(tool_name=name, tool_input=proposal.input, tool_response=text, tool_use_id=call)
    said = await heard(bus, armed, told, proposal.context, name)
    content = result.content if said.result is None else (Text(text=redact(said.result)),)
    added = tuple(Text(text=redact(each)) for each in said.context)
    return attrs.evolve(result, content=(*content, *added)) if added or said.result is not None else result


async def _ask(
    armed: Armed, guards: Guards, bus: Bus, proposal: Proposal, question: Ask
) -> Allow | Deny | Asked:
    """A hook may answer in the place of a person."""
    name = proposal.call.name
    told = PermissionRequest(tool_name=name, tool_input=proposal.input)
    said = await heard(bus, armed, told, proposal.context, name)
    by = f"hook {said.by}"
    match said.decision:
        case "deny":
            return Deny(redact(said.reason), by, stop=said.stop)
        case "allow":
            await _settled(bus, proposal, said)
            return Allow(by, said.input)
        case _:
            return await guards.ask(bus, proposal, question)


async def _settled(bus: Bus, proposal: Proposal, said: Outcome) -> None:
    """Have permissions hold that a hook gives in the place of a person. The call itself does not depend on that."""
    context = proposal.context
    for each in said.permissions:
        try:
            await bus.ask(
                permissions.Settle(
                    tool=each.tool,
                    allow=each.permission == "allow",
                    outside=bool(proposal.outside),
                    user=context.user,
                    session=context.session,
                    hook=said.by,
                )
            )
        except BusError as error:
            _LOG.warning("what the hook %s says of %s could not be kept: %s", said.by, each.tool, error)


# --- other points -----------------------------------------------------------------------------------------


class Turnstiles:
    """Messages of one person are put to hooks one after the other, so that they are stored as they came."""

    def __init__(self) -> None:
        self._locks: dict[str, trio.StrictFIFOLock] = {}

    @asynccontextmanager
    async def through(self, user: str) -> AsyncGenerator[None]:
        """Wait until whoever came before is through."""
        lock = self._locks.setdefault(user, trio.StrictFIFOLock())
        try:
            async with lock:
                yield
        finally:
            statistics = lock.statistics()
            if not statistics.locked and not statistics.tasks_waiting:
                self._locks.pop(user, None)


@asynccontextmanager
async def said(
    armed: Armed, turnstiles: Turnstiles, bus: Bus, incoming: session.Incoming
) -> AsyncGenerator[tuple[str, ...]]:
    """What is to be added to a message, while it is stored. Raises PromptRefused."""
    if not armed.wants("UserPromptSubmit", bus.clock.monotonic()):
        yield ()
        return
    async with turnstiles.through(incoming.user):
        outcome = await heard(bus, armed, UserPromptSubmit(prompt=incoming.text), incoming)
        if outcome.decision == "deny":
            raise agent.PromptRefused(reason=redact(outcome.reason))
        yield tuple(map(redact, outcome.context))


async def opened(
    armed: Armed, bus: Bus, turn: TurnContext, source: Literal["startup", "resume"], model: str | None
) -> tuple[str, ...]:
    """What the model is told at the beginning of a conversation."""
    outcome = await heard(bus, armed, SessionStart(source=source, model=model), turn)
    return tuple(map(redact, outcome.context))


async def delegated(armed: Armed, bus: Bus, turn: TurnContext) -> tuple[str, ...]:
    """What a subagent is told at its beginning."""
    outcome = await heard(bus, armed, SubagentStart(agent_id=turn.turn, agent_type=SUBAGENT), turn)
    return tuple(map(redact, outcome.context))


async def stopped(
    armed: Armed, bus: Bus, turn: TurnContext, words: str, *, active: bool
) -> session.Incoming | None:
    """What a subagent that is about to end is told instead of a message of a person; None: it may end."""
    if not armed.wants("SubagentStop", bus.clock.monotonic()):
        return None
    try:
        asking = session.GetTurn(turn=turn.delegated_by.partition(":")[0], user=turn.user)
        caller = await bus.ask(asking)
    except BusError as error:  # it has gone with its conversation, or nobody can say
        _LOG.warning("hooks were not told of the end of a subagent: %s", error)
        return None
    stop = SubagentStop(
        stop_hook_active=active,
        agent_id=turn.turn,
        agent_transcript_path="",
        agent_type=SUBAGENT,
        last_assistant_message=words or None,
    )
    about = {"session": caller.session, "user": turn.user, "agent_session": turn.session}
    try:
        said = await bus.ask(fire(stop, **about))
    except BusError as error:
        _LOG.warning("hooks were not told of the end of a subagent: %s", error)
        return None
    if said.decision != "deny":
        return None
    return session.Incoming(
        text=redact(said.reason),
        user=turn.user,
        role="admin" if turn.role == "admin" else "user",
        channel=turn.channel,
        session=turn.session,
        mode="inject",
        source=SOURCE,
        client_message_id=f"stop:{turn.turn}",
        triggered_by=f"hook {said.by}",
    )


async def shortened(armed: Armed, bus: Bus, turn: TurnContext) -> None:
    """Messages are about to be replaced by a summary."""
    await heard(bus, armed, PreCompact(trigger="auto"), turn)
