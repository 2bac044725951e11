"""An answer as it grows, as server-sent events."""

from collections.abc import AsyncIterator, Iterator
from typing import Final, final

import attrs
import trio

from actors.agent import messages as agent
from actors.following import Replay, follow
from actors.gateway.event_stream import STILL_HERE, EventStream
from actors.gateway.failures import report
from actors.gateway.presence import Presence
from actors.gateway.v1 import shapes
from actors.gateway.v1.shapes import Writer
from actors.gateway.v1.telling import Telling
from actors.session import messages as session
from actors.vocabulary import Principal
from bus import ActorError, Bus, Data, DeliveryError

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
class Stream(EventStream):
    """The body of a streamed answer."""

    def __init__(self, bus: Bus, presence: Presence, turn: Ongoing, writer: Writer) -> None:
        super().__init__(presence, turn.who, turn.changes)
        self._write = writer
        self._bus = bus
        self._turn = turn
        self._events: list[agent.TurnEvent] = []
        self._answer: agent.Answer | None = None
        """Of a turn that another request has begun."""
        self._broken: str | None = None
        """Why nothing more is to be expected."""
        self._telling = Telling()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self._write.begun()
        over = False
        while not over:
            if not await self._is_told():
                yield STILL_HERE
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

    async def _run(self) -> None:
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
