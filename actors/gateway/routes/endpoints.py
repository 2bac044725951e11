"""What subsystems offer over HTTP: each request is asked for on the bus, each stream is a WebSocket."""

from collections.abc import Iterable, Mapping
from typing import Any, cast, final, get_args

import attrs
import trio
from quart import Quart, Response, g, has_request_context, request, websocket

from actors.cron import messages as cron
from actors.endpoints import Access, Endpoint
from actors.gateway.failures import report
from actors.gateway.http import (
    accept,
    address_of,
    admit,
    answer,
    principal,
    read_fields,
    refusal,
    route,
    rule,
)
from actors.gateway.limits import Limits
from actors.gateway.original import Spoken, answered
from actors.gateway.presence import Presence, Stay
from actors.gateway.protocol import wire
from actors.gateway.share import Share
from actors.gateway.uploads import Uploads
from actors.instances import messages as instances
from actors.memory import messages as memory
from actors.session import messages as session
from actors.tools import messages as tools
from actors.vocabulary import Principal
from actors.wire import Json, encode
from bus import ActorError, Bus, DeliveryError, Request, Stream, redact

NORMAL = 1000
REFUSED = 1008
PRECONDITION_FAILED = 412
ANOTHER = (tools.FileIsAnother, memory.ChangedMeanwhile)
"""What is said of something that is not as `etag` has it."""
SPOKEN = (
    cron.AddJob,
    cron.GetJob,
    cron.ListJobs,
    cron.UpdateJob,
    instances.CreateInstance,
    instances.GetHealth,
    instances.GetInstance,
    instances.ListInstances,
    session.Get,
    session.List,
)
"""What clients of the original are answered otherwise."""


@final
class EndpointRoutes:
    """Serves endpoints."""

    def __init__(
        self,
        app: Quart,
        bus: Bus,
        endpoints: Iterable[Endpoint],
        presence: Presence,
        limits: Limits,
        uploads: Uploads,
    ) -> None:
        self._bus = bus
        self._limits = limits
        self._uploads = uploads
        self._presence = presence
        self._looks = {each: Share(limits.looking) for each in get_args(Access)}
        """By who may look on, so that the page holds up neither the operator nor who asks for health."""
        for each in endpoints:
            if issubclass(each.kind, Stream):
                app.add_websocket(rule(each.path), each.path, self._socket(each))
            else:
                route(app, each.method, each.path, self._view(each), each.access)

    # --- requests -------------------------------------------------------------------------------------------

    def _view(self, endpoint: Endpoint) -> Any:
        async def view(**parameters: str) -> Response:
            if endpoint.method == "GET" and endpoint.origin is not None:
                looks = self._looks[endpoint.access]
                await looks.rest()  # nobody who looks on may hold up who speaks
                with looks.piece():
                    return await self._answer(endpoint, parameters)
            return await self._answer(endpoint, parameters)

        return view

    async def _answer(self, endpoint: Endpoint, parameters: Mapping[str, str]) -> Response:
        given = {**_query(endpoint), **({} if endpoint.method == "GET" else await read_fields())}
        matched = "If-Match" in request.headers and "etag" in attrs.fields_dict(cast("Any", endpoint.kind))
        if matched:
            given["etag"] = request.headers["If-Match"].strip('"')
        message = cast(
            "Request[Any]", endpoint.message({**given, **parameters}, g.principal, address_of(request))
        )
        origin = endpoint.origin or "gateway"
        with (
            self._bus.fresh(origin, request.headers.get("traceparent")),
            self._bus.baggage(**_baggage(origin)),
        ):
            try:
                reply = await self._bus.ask(message)
            except ANOTHER as error:
                if not matched:
                    raise
                return refusal(PRECONDITION_FAILED, redact(str(error)))
            if isinstance(message, SPOKEN) and _spoken().original:
                reply = answered(reply)
            if isinstance(message, session.Messages) and request.args.get("inline") in {"1", "true"}:
                reply = await self._with_data(wire.json(reply))
            return answer({} if reply is None else reply, endpoint.status)

    async def _with_data(self, messages: list[Json]) -> list[Json]:
        """Displayed messages with the bytes of small files, as long as they are not too many."""
        left = self._limits.inline_files
        for file in (file for message in reversed(messages) for file in message["attachments"]):
            most = min(left, self._limits.inline_file)
            file["data"] = await self._uploads.inline(file["path"], principal(), most)
            left -= 0 if file["data"] is None else file["size"]
        return messages

    # --- streams --------------------------------------------------------------------------------------------

    def _socket(self, endpoint: Endpoint) -> Any:
        async def serve(**parameters: str) -> Response | None:
            refused = admit(endpoint.access)
            if refused is not None:
                return refused
            message = cast(
                "Stream[Any]",
                endpoint.message({**_query(endpoint), **parameters}, g.principal, address_of(websocket)),
            )
            socket: Any = websocket
            await accept(socket)
            await socket.close(*await self._show(endpoint, message))
            return None

        return serve

    async def _show(self, endpoint: Endpoint, message: Stream[Any]) -> tuple[int, str]:
        """Send the items, until their end or that of the gateway, and say which as the close code."""
        origin, refused, stay = endpoint.origin or "gateway", None, Stay()
        try:
            with (
                self._presence.stay(principal(), g.changes) as stay,
                self._bus.fresh(origin),
                self._bus.baggage(**_baggage(origin)),
            ):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_ignore_client)
                    async with self._bus.stream(message) as items:
                        async for item in items:
                            await _send(item)
                    nursery.cancel_scope.cancel("the stream has ended")
        except* (ActorError, DeliveryError) as errors:
            refused = report(_first(errors), "a stream").text
        if refused is not None:
            await _send({"error": refused})
            return REFUSED, "refused"
        return stay.why or (NORMAL, "the end")


def _baggage(origin: str) -> dict[str, str]:
    """What goes along with all that a request causes: where it comes from, and for whom it is."""
    known = cast("Principal | None", g.principal)
    return {"origin": origin} if known is None else {"origin": origin, "user": known.user}


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    found: Any = errors
    while isinstance(found, BaseExceptionGroup):
        found = cast("Any", found).exceptions[0]
    return cast("Exception", found)


def _query(endpoint: Endpoint) -> dict[str, Any]:
    args = request.args if has_request_context() else websocket.args
    return endpoint.gathered(args.items(multi=True))


def _spoken() -> Spoken:
    shown = request.headers
    return Spoken.over_http(request.args, shown.get("X-API-Key"), shown.get("Authorization"))


async def _send(item: Any) -> None:
    await websocket.send(encode(wire.json(item)))
    # To a peer that has left, sending neither fails nor yields.
    await trio.lowlevel.checkpoint()


async def _ignore_client() -> None:
    """Read what the client says, so that its leaving is noticed behind it."""
    while True:
        await websocket.receive()
