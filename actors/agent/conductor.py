"""The door of the agent: stores what people say, then wakes the conversation it belongs to."""

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, final

import attrs
import trio

from actors.agent import lookup, messages
from actors.agent.acceptance import after, fate, with_more
from actors.agent.occasions import NOBODY, Occasions
from actors.agent.order import Order
from actors.agent.revising import revised
from actors.agent.settings import Settings
from actors.agent.spending import limits
from actors.agent.spending.allowance import Zone
from actors.answering import answer_to
from actors.context import Expansion
from actors.llm import messages as llm
from actors.session import messages as session
from bus import (
    Actor,
    Bus,
    BusError,
    DeliveryError,
    Remains,
    Request,
    Unavailable,
    concurrent,
    redact,
    redacted,
)

NOTHING: Final = Remains()
COMMAND: Final = "/"
"""What the text of a message begins with that may call something up."""
Expand = Callable[[Bus, session.Incoming], Awaitable[Expansion | None]]
"""Says what a message calls up; None for one that means its words."""
_AGAIN: Final = 0.5
"""Seconds between attempts to wake a conversation whose mailbox is full, or that is down."""


@final
class ConductorActor(Actor):
    """Accepts messages. What it has acknowledged is stored, whatever happens to the conversation.

    Args:
      settings: those in force.
      remains: what the process before has left, if it did not end in order.
      expand: says what a message calls up.
      occasions: who may step in when a person writes.
      zone: where the days of people are counted; None is where the program runs.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        remains: Remains = NOTHING,
        expand: Expand | None = None,
        zone: Zone = lambda: None,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._settings = settings
        self._expand = expand
        self._occasions = occasions
        self._zone = zone
        self._remains = remains
        self._models: frozenset[str] = frozenset()
        self._late: dict[str, deque[messages.Deliver]] = {}
        """By session, what could not be delivered yet."""
        self._order = Order()

    async def start(self) -> None:
        """Claim the turns of earlier boots, before any channel opens, and wake their conversations."""
        died = self._remains
        recover = session.Recover(boot=self.bus.boot_id, of_boot=died.boot, culprits=died.names)
        try:
            turns = await self.bus.ask(recover)
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error
        for turn in turns:
            await self._deliver(messages.Deliver(session=turn.session, turn=turn.id, mode=turn.mode))

    def describe(self) -> dict[str, Any]:
        return {"late": {session_id: len(late) for session_id, late in self._late.items()}}

    @messages.Accept.handler
    @concurrent(256, isolated=True)
    async def accept(self, request: messages.Accept) -> messages.Accepted:
        return await self._take(
            request.incoming, lambda kept, expansion: session.Accept(incoming=kept, expansion=expansion)
        )

    @messages.Revise.handler
    @concurrent(256, isolated=True)
    async def revise(self, request: messages.Revise) -> messages.Accepted:
        said = await self.bus.ask(session.GetWhole(turn=request.turn, user=request.user))
        return await self._take(
            revised(said, request),
            lambda kept, expansion: session.Revise(turn=request.turn, incoming=kept, expansion=expansion),
        )

    @messages.Choose.handler
    @concurrent(256, isolated=True)
    async def choose(self, request: messages.Choose) -> session.Chosen:
        chosen = await self.bus.ask(session.Choose(turn=request.turn, user=request.user))
        with contextlib.suppress(
            DeliveryError
        ):  # whoever does not hear of it sees it the next time they look
            await self.bus.tell(messages.ShowPath(session=chosen.session, turn=chosen.turn))
        return chosen

    async def _take(
        self,
        incoming: session.Incoming,
        storing: Callable[[session.Incoming, Expansion | None], Request[session.Accepted]],
    ) -> messages.Accepted:
        """Have a message stored, and wake its conversation."""
        for model in (incoming.options.model, *(incoming.options.fallbacks or ())):
            await self._check(model)
        mode = incoming.mode or self._settings().followup_mode
        kept = attrs.evolve(
            incoming,
            mode=mode,
            text=redact(incoming.text),
            key=redacted(incoming.key),
            client_message_id=redacted(incoming.client_message_id),
        )
        async with self._order.stored(incoming, self._stored(kept, storing)) as stored:
            with self.bus.baggage(user=incoming.user, session=stored.session, turn=stored.turn):
                if stored.state == "accepted":  # also the second time: perhaps nobody heard of the first one
                    await self._deliver(messages.Deliver(session=stored.session, turn=stored.turn, mode=mode))
        place = None if stored.created and not stored.duplicate else await self._locate(stored)
        return messages.Accepted(
            session=stored.session,
            turn=stored.turn,
            duplicate=stored.duplicate,
            created=stored.created,
            fate=fate(stored, mode, place),
            after=after(place),
        )

    async def _stored(
        self,
        kept: session.Incoming,
        storing: Callable[[session.Incoming, Expansion | None], Request[session.Accepted]],
    ) -> session.Accepted:
        """Have a message stored, with what it calls up and what others have to add. Raises PromptRefused."""
        expansion = await self._expanded(kept)
        if kept.triggered_by is not None or kept.delegation is not None:
            return await self.bus.ask(storing(kept, expansion))
        async with self._occasions.said(self.bus, kept) as added:
            return await self.bus.ask(storing(kept, with_more(kept, expansion, added)))

    @messages.Amend.handler
    @concurrent(256, isolated=True)
    async def amend(self, request: messages.Amend) -> bool:
        said = session.Incoming(text=redact(request.text), user=request.user)
        try:
            async with self._occasions.said(self.bus, said) as added:
                amending = session.Amend(turn=request.turn, user=request.user, text=request.text)
                return not added and await self.bus.ask(amending)
        except messages.PromptRefused:
            return False

    @messages.Run.handler
    @concurrent(1024)
    async def run(self, request: messages.Run) -> messages.Answer:
        # Over the bus, where an acceptance is brought to its end although nobody waits for it any more.
        accepted = await self.bus.ask(messages.Accept(incoming=request.incoming))
        return await answer_to(self.bus, accepted, request.incoming.user)

    @messages.SelectModel.handler
    @concurrent(256, isolated=True)
    async def select_model(self, request: messages.SelectModel) -> session.Session:
        await self._check(request.model)
        return await self.bus.ask(
            session.SetModel(
                session=request.session, user=request.user, model=request.model, effort=request.effort
            )
        )

    @messages.GetToday.handler
    @concurrent(256, isolated=True)
    async def today(self, request: messages.GetToday) -> messages.Today:
        began, ends = limits.day_of(self.bus.clock.now(), self._zone())
        report = await self.bus.ask(session.Costs(since=began, of_user=request.user))
        return limits.today(self._settings().limits, report.total, ends)

    @messages.FindTools.handler
    async def find_tools(self, request: messages.FindTools) -> str:
        return lookup.described(request.found)

    async def _check(self, model: str | None) -> None:
        """Raise ModelNotAllowed for a model that is not offered. The list is asked for again before a refusal."""
        if model is None or model in self._models:
            return
        offered = await self.bus.ask(llm.Models())
        self._models = frozenset(info.spec for info in offered.models)
        if model not in self._models:
            raise llm.ModelNotAllowed(model=model, allowed=tuple(info.spec for info in offered.models))

    async def _expanded(self, incoming: session.Incoming) -> Expansion | None:
        """What a message calls up. It is not lost because nobody can say: then it means its words."""
        if self._expand is None or incoming.delegation or not incoming.text.startswith(COMMAND):
            return None
        try:
            found = await self._expand(self.bus, incoming)
        except BusError:
            return None
        return found and attrs.evolve(found, text=redact(found.text))

    async def _locate(self, stored: session.Accepted) -> messages.Location | None:
        """Where the conversation stands; None when it cannot say now, which must not undo the acceptance."""
        try:
            return await self.bus.ask(messages.Locate(session=stored.session, turn=stored.turn))
        except DeliveryError:
            return None

    # --- waking conversations -----------------------------------------------------------------------------

    async def _deliver(self, command: messages.Deliver) -> None:
        """Wake a conversation: now if it can take the turn, else as soon as it can, in order. It is stored already."""
        behind = self._late.get(command.session)
        if behind is not None:
            behind.append(command)
            return
        try:
            await self.bus.tell(command)
        except DeliveryError:
            self._late[command.session] = deque([command])
            self.spawn(self._catch_up, command.session)

    async def _catch_up(self, session_id: str) -> None:
        """Deliver what could not be delivered at once. What a conversation knows by then it ignores."""
        late = self._late[session_id]
        while late:
            await trio.sleep(_AGAIN)
            with contextlib.suppress(DeliveryError):
                while late:
                    await self.bus.tell(late[0])
                    late.popleft()
        del self._late[session_id]
