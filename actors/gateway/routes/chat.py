"""A message over HTTP, answered when its turn has ended; and stopping a turn."""

from collections.abc import Mapping
from typing import Any, final

from quart import Quart, Response, g, request

from actors.agent import messages as agent
from actors.endpoints import BadMessage, read
from actors.gateway.client_frames import ClientMessage
from actors.gateway.http import answer, principal, read_fields, refusal, route
from actors.gateway.presence import ENDED, RESTART, Presence
from actors.gateway.protocol import wire
from actors.session import messages as session
from actors.vocabulary import Usage
from actors.wire import Json
from bus import Bus


@final
class ChatRoutes:
    """``POST /api/chat``. A client that goes away does not stop the turn; repeating the request finds its answer."""

    # They are no endpoints: one is answered with the status of the turn, the other takes two messages.

    def __init__(self, app: Quart, bus: Bus, presence: Presence) -> None:
        self._bus = bus
        self._presence = presence
        route(app, "POST", "/api/chat", self.chat)
        route(app, "POST", "/api/sessions/{id}/cancel", self.cancel)

    async def chat(self) -> Response:
        """Accept a message, wait for the end of its turn, answer with what the agent said."""
        incoming = _read(await read_fields()).accept(principal(), "http", ()).incoming
        trace = request.headers.get("traceparent")
        with self._bus.fresh("gateway", trace), self._bus.baggage(origin=incoming.source, user=incoming.user):
            with self._presence.stay(principal(), g.changes) as stay:
                found = await self._bus.ask(agent.Run(incoming=incoming))
        if stay.why == ENDED:
            return refusal(401, "your access has ended meanwhile; the turn goes on")
        if stay.why is not None:
            what = (
                "the agent is restarting" if stay.why == RESTART else "what you may do has changed meanwhile"
            )
            text = f"{what}; the turn goes on, repeat the request for its answer"
            return refusal(503, text, {"Retry-After": "2"})
        return answer(_json(found), 502 if found.answered_by.state == "failed" else 200)

    async def cancel(self, id: str) -> Response:
        """Stop the running turn of a conversation, or the next one."""
        user = principal().user
        await self._bus.ask(
            session.Get(session=id, user=user)
        )  # so that none is begun for an id that is wrong
        cancelled = await self._bus.ask(agent.Cancel(session=id, user=user))
        return answer({"cancelled": cancelled.turn})


def _json(found: agent.Answer) -> Json:
    body: Json = {
        "text": found.text,
        "session_id": found.answered_by.session,
        "turn_id": found.turn,
        "outcome": found.answered_by.outcome,
        "usage": _usage(found.answered_by.usage),
        "attachments": wire.json(found.attachments),
        "notice": found.notice,
    }
    failed = found.answered_by.state == "failed"
    return {"error": found.notice or "the turn failed", **body} if failed else body


def _usage(used: Usage) -> Json:
    """What it took, with a number for the cost in any case: clients of this route have always got one."""
    return {**wire.json(used), "cost_usd": used.cost_usd or 0.0, "cost_known": used.cost_usd is not None}


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
