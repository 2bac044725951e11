"""``/v1``: the agent, for programs that speak with OpenAI's models."""

from collections.abc import Callable, Mapping
from typing import Final, final

from quart import Quart, Response, g, request

from actors.agent import messages as agent
from actors.endpoints import BadMessage
from actors.gateway.client_frames import MAX_ID, ClientMessage
from actors.gateway.http import answer, principal, read_fields, refusal, route
from actors.gateway.presence import ENDED, Presence, Stay
from actors.gateway.uploads import Uploads
from actors.gateway.v1 import asked as asking
from actors.gateway.v1 import shapes
from actors.gateway.v1.asked import AGENT, Asked
from actors.gateway.v1.completions import Chunks, completion
from actors.gateway.v1.responses import PREFIX, Events, Head, response
from actors.gateway.v1.shapes import Writer
from actors.gateway.v1.stream import FAILED, LEFT, Ongoing, Stream
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import Principal
from actors.wire import Json
from bus import Bus

SOURCE: Final = "openai"
"""Of messages that come this way."""
CONVERSATION: Final = "X-Session-Id"
"""Header that names the conversation; the field `user` does as well."""
EVENTS: Final[Mapping[str, str]] = {"X-Accel-Buffering": "no"}
"""Keeps proxies from gathering what is to be seen as it comes."""
NOT_AGAIN: Final[Mapping[str, str]] = {"x-should-retry": "false"}
"""Keeps OpenAI's own clients from asking again for what has failed for good: it would be done once more."""


@final
class V1Routes:
    """``POST /v1/chat/completions``, ``POST /v1/responses`` and ``GET /v1/models``.

    They are no endpoints: two take a message and may answer with a stream, and all have the shapes of another's
    interface. A client that goes away does not stop the turn.
    """

    def __init__(self, app: Quart, bus: Bus, uploads: Uploads, presence: Presence) -> None:
        self._bus = bus
        self._uploads = uploads
        self._presence = presence
        route(app, "POST", "/v1/chat/completions", self.complete)
        route(app, "POST", "/v1/responses", self.respond)
        route(app, "GET", "/v1/models", self.models)
        route(app, "GET", "/v1/models/{path:model}", self.model)

    async def models(self) -> Response:
        """The agent, and the models that it may be told to answer with."""
        return answer(shapes.models(await self._specs()))

    async def model(self, model: str) -> Response:
        """One of them."""
        if model != AGENT and model not in await self._specs():
            return refusal(404, f"there is no model {model!r}", code="model_not_found")
        return answer(shapes.model(model))

    async def _specs(self) -> tuple[str, ...]:
        return tuple(each.spec for each in (await self._bus.ask(llm.Models())).models)

    async def complete(self) -> Response:
        """Take what is new of a conversation, and answer with what the agent says."""
        asked, now = asking.completion(await read_fields()), self._bus.clock.now()

        def writer(turn: str) -> Writer:
            return Chunks(turn=turn, at=now, model=asked.model, usage=asked.usage)

        return await self._answer(asked, lambda found: completion(found, now), writer)

    async def respond(self) -> Response:
        """The same, in the form of the newer interface."""
        asked, now = asking.response(await read_fields()), self._bus.clock.now()

        def head(turn: str) -> Head:
            return Head(turn=turn, at=now, model=asked.model, previous=asked.previous)

        return await self._answer(
            asked, lambda found: response(found, head(found.turn)), lambda turn: Events(head(turn))
        )

    async def _answer(
        self, asked: Asked, whole: Callable[[agent.Answer], Json], writer: Callable[[str], Writer]
    ) -> Response:
        user, trace = principal().user, request.headers.get("traceparent")
        with self._bus.fresh("gateway", trace), self._bus.baggage(origin=SOURCE, user=user):
            try:
                incoming = await self._incoming(asked, principal())
                return await (
                    self._streamed(incoming, writer) if asked.stream else self._told(incoming, whole)
                )
            except llm.ModelNotAllowed as error:
                return refusal(404, str(error), code="model_not_found")

    async def _told(self, incoming: session.Incoming, whole: Callable[[agent.Answer], Json]) -> Response:
        found, stay = await self._found(incoming)
        if found is None:
            return refusal(401 if stay.why == ENDED else 503, LEFT)
        if found.answered_by.state == "failed":
            return refusal(502, found.notice or "the turn failed", NOT_AGAIN, FAILED)
        return answer(whole(found))

    async def _streamed(self, incoming: session.Incoming, writer: Callable[[str], Writer]) -> Response:
        who, changes = principal(), g.changes
        accepted = await self._bus.ask(agent.Accept(incoming=incoming))
        turn = Ongoing(incoming=incoming, accepted=accepted, who=who, changes=changes)
        body = Stream(self._bus, self._presence, turn, writer(accepted.turn))
        return Response(body, 200, dict(EVENTS), content_type="text/event-stream")

    async def _found(self, incoming: session.Incoming) -> tuple[agent.Answer | None, Stay]:
        found = None
        with self._presence.stay(principal(), g.changes) as stay:
            found = await self._bus.ask(agent.Run(incoming=incoming))
        return found, stay

    async def _incoming(self, asked: Asked, who: Principal) -> session.Incoming:
        """What is said to the agent. Raises BadMessage, also for a file that is not taken, and session.UnknownTurn."""
        key = (request.headers.get(CONVERSATION) or asked.user or "")[:MAX_ID] or None
        continued = await self._continued(asked.previous, who.user)
        heard = continued is not None or bool(asked.before and key and await self._is_open(who.user, key))
        message = ClientMessage(
            text=asked.told(heard=heard),
            session_id=continued,
            channel_session_key=key,
            client_message_id=(request.headers.get("Idempotency-Key") or "")[:MAX_ID] or None,
            attachments=asked.files,
            model=asked.model,
            mode="queue",  # so that each request has a turn, and with that an answer, of its own
        )
        files = await self._uploads.of_message(message, who, _refused)
        return message.accept(who, SOURCE, files).incoming

    async def _continued(self, previous: str | None, user: str) -> str | None:
        """The conversation of an earlier response."""
        if previous is None:
            return None
        turn = previous.removeprefix(PREFIX)
        return (await self._bus.ask(session.GetTurn(turn=turn, user=user))).session

    async def _is_open(self, user: str, key: str) -> bool:
        return await self._bus.ask(session.Current(user=user, channel="main", key=key)) is not None


def _refused(reason: str) -> None:
    raise BadMessage(reason, "messages")
