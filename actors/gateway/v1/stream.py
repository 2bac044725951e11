"""An answer as it grows, as server-sent events."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self, final

import attrs
import trio
from quart.wrappers.response import ResponseBody

from actors.agent import messages as agent
from actors.following import Replay, follow
from actors.gateway.failures import report
from actors.gateway.presence import Presence
from actors.gateway.v1 import shapes
from actors.gateway.v1.shapes import Writer
from actors.gateway.v1.telling import Telling
from actors.session import messages as session
from actors.vocabulary import Principal
from bus import ActorError, Bus, Data, DeliveryError

PULSE: Final = 15.0
"""Seconds without a word after which a sign of life is sent: proxies and clients close what is silent for long."""
FAILED: Final = "turn_failed"
LEFT: Final = "the agent is restarting, or your access has changed; the turn goes on"


@final
@attrs.frozen(kw_only=True)
class Ongoing(Data):
    """A turn that a client waits for."""

    incoming: session.Incoming
    accepted: agent.Accepted
    who: Principal
    changes: int
    """How often access had changed when it was found out who asks."""


@final
class Stream(ResponseBody):
    """The body of a streamed answer. A client that goes away does not stop the turn."""

    def __init__(self, bus: Bus, presence: Presence, turn: Ongoing, writer: Writer) -> None:
        self._write = writer
        self._bus = bus
        self._presence = presence
        self._turn = turn
        self._events: list[agent.TurnEvent] = []
        self._some = trio.Event()
        self._answer: agent.Answer | None = None
        """Of a turn that another request has begun."""
        self._broken: str | None = None
        """Why nothing more is to be expected."""
        self._open = AsyncExitStack()
        self._telling = Telling()

    # --- a response's body ----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        turn = self._turn
        self._open.enter_context(self._presence.entered(turn.who, turn.changes, self._leave))
        nursery = await self._open.enter_async_context(trio.open_nursery())
        self._open.callback(nursery.cancel_scope.cancel, "the answer is told")
        nursery.start_soon(self._follow)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, traceback)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self._write.begun()
        over = False
        while not over:
            with trio.move_on_after(PULSE):
                await self._some.wait()
            if not self._some.is_set():
                yield shapes.STILL_HERE
                continue
            events, self._events, self._some = self._events, [], trio.Event()
            for piece in self._told(events):
                yield piece
            over = any(isinstance(event, agent.TurnEnded | agent.TurnFailed) for event in events)
            if not over and (self._answer is not None or self._broken is not None):
                for piece in self._otherwise():
                    yield piece
                over = True

    # --- a follower -----------------------------------------------------------------------------------------

    async def replay(self, replay: Replay) -> None:
        """See :class:`actors.following.Follower`."""
        for event in replay.events:
            self.live(event)

    def live(self, event: agent.TurnEvent) -> None:
        """See :class:`actors.following.Follower`."""
        if event.turn == self._turn.accepted.turn:
            self._events.append(event)
            self._some.set()

    async def _follow(self) -> None:
        accepted, user = self._turn.accepted, self._turn.who.user
        try:
            if accepted.duplicate:  # what has happened may no longer be kept, but its answer is
                self._answer = await self._bus.ask(agent.Run(incoming=self._turn.incoming))
                self._some.set()
                return
            await follow(self._bus, accepted.session, user, accepted.after, self)
        except (ActorError, DeliveryError) as error:
            self._break(report(error, "a streamed answer").text)

    def _leave(self, _code: int, _reason: str) -> None:
        self._break(LEFT)

    def _break(self, why: str) -> None:
        self._broken = why
        self._some.set()

    # --- what is told ---------------------------------------------------------------------------------------

    def _told(self, events: list[agent.TurnEvent]) -> Iterator[bytes]:
        """What happened together, text as one piece."""
        text = ""
        for event in events:
            match event:
                case agent.CompletionStarted():
                    self._telling.begun(event.iteration)
                case agent.TextDelta():
                    text += self._telling.said(event.text)
                case agent.TurnEnded() | agent.TurnFailed():
                    yield from self._ended(event, text)
                    return
                case _:
                    pass
        if text:
            yield self._write.text(text)

    def _ended(self, event: agent.TurnEnded | agent.TurnFailed, text: str) -> Iterator[bytes]:
        if not self._telling.any:  # what was said is no longer kept as it was said
            text += self._telling.paragraph(event.text)
        if isinstance(event, agent.TurnEnded):
            text += self._telling.paragraph(shapes.end(event.notice, event.attachments))
        if text:
            yield self._write.text(text)
        if isinstance(event, agent.TurnEnded):
            yield self._write.ended(event.outcome, event.usage)
        else:
            yield self._write.failed(502, event.reason, FAILED)

    def _otherwise(self) -> Iterator[bytes]:
        """The end of what is not followed to its own: its answer is there already, or will not be had here."""
        found = self._answer
        if found is None:
            yield self._write.failed(503, self._broken or LEFT)
        elif found.answered_by.state == "failed":
            yield self._write.failed(502, found.notice or "the turn failed", FAILED)
        else:
            yield self._write.text(shapes.whole(found))
            yield self._write.ended(found.answered_by.outcome, found.answered_by.usage)
