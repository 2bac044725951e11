"""A message over HTTP, answered when its turn has ended."""

import sys
from collections.abc import Mapping
from typing import Any, final

import trio
from quart import Quart, Response, request

from actors.agent import messages as agent
from actors.endpoints import BadMessage, read
from actors.gateway.answer import OVER, Answer, Watch, from_event, from_store
from actors.gateway.follow import Replay, follow
from actors.gateway.http import answer, principal, read_fields, refusal, route
from actors.gateway.protocol import ClientMessage
from actors.gateway.stopping import Stopping
from actors.session import messages as session
from bus import Bus


@final
class ChatRoutes:
    """``POST /api/chat``. A client that goes away does not stop the turn; repeating the request finds its answer."""

    def __init__(self, app: Quart, bus: Bus, stopping: Stopping) -> None:
        self._bus = bus
        self._stopping = stopping
        route(app, "POST", "/api/chat", self.chat)

    async def chat(self) -> Response:
        """Accept a message, wait for the end of its turn, answer with what the agent said."""
        message = _read(await read_fields()).accept(principal().user, "http", ())
        trace = request.headers.get("traceparent")
        with self._bus.fresh("gateway", trace), self._bus.baggage(origin=message.incoming.source):
            accepted = await self._bus.ask(message)
        found = await self._await(accepted, message.incoming.user)
        if found is None:
            text = "the agent is restarting and will finish the turn; repeat the request for its answer"
            return refusal(503, text, {"Retry-After": "2"})
        return answer(found.json(), 200 if found.error is None else 502)

    async def _await(self, accepted: agent.Accepted, user: str) -> Answer | None:
        """The answer; None when the gateway stops before it has come."""
        if accepted.fate in OVER:
            return await self._stored(accepted.turn, user)
        waiter = _Waiter(self._bus, accepted, user)
        with self._stopping.scope() as stopped, waiter.until_done:
            await follow(self._bus, accepted.session, user, accepted.after, waiter)
        if stopped.cancelled_caught:
            return None
        if waiter.watch.ending is None:
            return await self._stored(accepted.turn, user)
        return from_event(accepted.turn, waiter.watch.ending)

    async def _stored(self, turn: str, user: str) -> Answer:
        """The answer of a turn that ended before this request came."""
        answering = await self._bus.ask(session.GetTurn(turn=turn, user=user))
        if answering.merged_into is not None:
            answering = await self._bus.ask(session.GetTurn(turn=answering.merged_into, user=user))
        messages = await self._bus.ask(
            session.Messages(session=answering.session, user=user, turn=answering.id, limit=sys.maxsize)
        )
        return from_store(turn, answering, messages)


@final
class _Waiter:
    """Follows a conversation until the message that was accepted has its answer."""

    def __init__(self, bus: Bus, accepted: agent.Accepted, user: str) -> None:
        self._bus = bus
        self._user = user
        self._turn = accepted.turn
        self.watch = Watch(accepted.turn)
        self.until_done = trio.CancelScope()

    async def replay(self, replay: Replay) -> None:
        for event in replay.events:
            self.live(event)
        if self.watch.ending is None and await self._is_over():
            self.until_done.cancel("the turn has ended")

    def live(self, event: agent.TurnEvent) -> None:
        self.watch.see(event)
        if self.watch.ending is not None:
            self.until_done.cancel("the turn has ended")

    async def _is_over(self) -> bool:
        """Whether the answer is stored already: its event came before we listened, or is no longer kept."""
        turn = await self._bus.ask(session.GetTurn(turn=self._turn, user=self._user))
        if turn.state == "merged" and turn.merged_into is not None:
            self.watch.target = turn.merged_into
            turn = await self._bus.ask(session.GetTurn(turn=turn.merged_into, user=self._user))
        return turn.state in OVER


def _read(fields: Mapping[str, Any]) -> ClientMessage:
    """The message, its ``Idempotency-Key`` header included. Raises BadMessage."""
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        if fields.get("client_message_id") not in {None, key}:
            raise BadMessage("differs from the header Idempotency-Key", "client_message_id")
        fields = {**fields, "client_message_id": key}
    message = read(ClientMessage, fields)
    if message.attachments:
        raise BadMessage("send files over /ws", "attachments")
    return message
