"""The web application: who may ask, who answers, and how a refusal looks."""

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from typing import Any, Final, final

import attrs
from quart import Quart, Response, g, has_request_context, request, websocket
from quart.routing import QuartRule
from quart.wrappers import Request, Websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import PathConverter, WebsocketMismatch

from actors.gateway import security
from actors.gateway.authentication import OPERATOR, Authenticator
from actors.gateway.bodies import request_class
from actors.gateway.codes import Codes
from actors.gateway.devices import cookie_name, give_cookie, sign_in
from actors.gateway.failures import report
from actors.gateway.http import (
    COMPATIBLE,
    KNOWN_ONLY,
    SOCKET_PATH,
    accept,
    address_of,
    admitted,
    asked_of,
    principal,
    refusal,
    route,
)
from actors.gateway.limits import Limits
from actors.gateway.mcp import protocol
from actors.gateway.original import Spoken
from actors.gateway.pages import Pages, leads_to
from actors.gateway.presence import Presence
from actors.gateway.security import HostPolicy
from actors.gateway.ws import ClientContext, WebClient
from actors.users import messages as users
from bus import Bus

FOR_PROGRAMS: Final = ("/api/", COMPATIBLE, protocol.PATH)
NO_SOCKET: Final = "there is no WebSocket at this path"

_from_elsewhere = partial(refusal, 403, security.FROM_ELSEWHERE)


class _Rule(QuartRule):
    """A route of which no addresses are made: the functions for that take werkzeug 0.5 ms a route to compile."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
        return _no_address


def _no_address(*_: object, **__: object) -> tuple[str, str]:
    raise TypeError("no address is made of a route")


def create_app(limits: Limits) -> Quart:
    """An application without routes."""
    app = QuartTrio("starpod", static_folder=None)
    app.url_rule_class = _Rule
    app.request_class = request_class(limits)
    app.config["RESPONSE_TIMEOUT"] = (
        None  # a download takes as long as it takes; a stalled one ends by its writes
    )
    app.config["BODY_TIMEOUT"] = limits.body_timeout
    app.url_map.merge_slashes = False
    return app


@final
class Guard:
    """Refuses what another site sends through somebody's browser, finds out who asks, and whether they ask too often.

    It also puts the security headers on every answer.
    """

    def __init__(
        self,
        app: Quart,
        policy: HostPolicy,
        authenticator: Authenticator,
        presence: Presence,
        public: Collection[str],
    ) -> None:
        """`public` are the paths below ``/api`` that anybody may ask for."""
        self._policy = policy
        self._authenticator = authenticator
        self._presence = presence
        self._public = public
        app.before_request(self.check_request)
        app.before_websocket(self.check_websocket)
        app.after_request(self.add_headers)
        app.after_websocket(self.add_headers_of_refusal)

    async def check_request(self) -> Response | None:
        """The page itself may be opened from anywhere; what is for programs only by itself or by one of them."""
        if request.path.startswith(FOR_PROGRAMS) and security.is_from_elsewhere(
            request.headers.get("Sec-Fetch-Site")
        ):
            return _from_elsewhere()
        changes = request.method not in security.SAFE_METHODS
        return await self._check(request, changes=changes, below=FOR_PROGRAMS)

    async def check_websocket(self) -> Response | None:
        return await self._check(websocket, changes=True, below=("/",))

    async def _check(
        self, asked: Request | Websocket, *, changes: bool, below: tuple[str, ...]
    ) -> Response | None:
        why = self._policy.refuses(asked_of(asked), changes=changes)
        if why is not None:
            return refusal(403, why)
        g.principal = None
        if not asked.path.startswith(below) or asked.path in self._public:
            return None
        try:
            g.principal = await admitted(self._authenticator, asked)
        except users.NotKnown as error:
            return refusal(401, f"{error}: {KNOWN_ONLY}")
        g.changes = self._presence.changes
        return None

    async def add_headers(self, response: Response) -> Response:
        for name, value in security.HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        asked = request if has_request_context() else websocket
        if asked.is_secure and security.is_known_by_name(asked.headers.get("Host")):
            response.headers.setdefault("Strict-Transport-Security", security.HSTS)
        return response

    async def add_headers_of_refusal(self, response: Any) -> Any:
        """A WebSocket that was let in has no response."""
        return None if response is None else await self.add_headers(response)


class Place(PathConverter):
    """A place within the page: every path that is no part of the API."""

    regex = r"(?!(?:api|ws|v1|mcp)(?:/|\Z))[^/].*?"


@final
class PageRoutes:
    """The page, its files, and the links that open it."""

    def __init__(self, app: Quart, bus: Bus, pages: Pages, codes: Codes) -> None:
        self._bus = bus
        self._pages = pages
        self._codes = codes
        app.url_map.converters["place"] = Place
        route(app, "GET", "/", self.show, "public")
        route(app, "GET", "/{place:path}", self.show, "public")

    async def show(self, path: str = "") -> Response:
        code = request.args.get("code")
        opened = request.method == "GET" and security.is_opened(request.headers.get("Sec-Fetch-Dest"))
        if code is not None and opened:
            return await self._let_in(code)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        known = request.headers.get("If-None-Match")
        # Of whoever opens the page there is no more to see than the cookie, which proves nobody.
        locked = cookie_name(request) not in request.cookies
        found = self._pages.answer(path, known=known, packed=packed, locked=locked)
        if found is None:
            return refusal(404, f"there is no {request.path}")
        return Response(found.body, found.status, dict(found.headers))

    async def _let_in(self, code: str) -> Response:
        """Give both halves for the code of a link, and lead on to the address without it.

        Not by a redirect: after a link on another site the browser would go there without the cookie.
        """
        user = self._codes.trade(code)
        made = None
        if user is not None:
            who = attrs.evolve(OPERATOR, user=user)
            with suppress(users.UnknownUser):  # they were let in no more since the link was made
                made = await sign_in(self._bus, who, address_of(request))
        place = f"{request.root_path}/" + ("" if made is None else f"#page={made.page}")
        response = Response(leads_to(place), 200, content_type="text/html; charset=utf-8")
        if made is not None:
            give_cookie(response, made)
        return response


@final
class Errors:
    """Answers every failure in JSON."""

    def __init__(self, app: Quart) -> None:
        app.register_error_handler(NotFound, self.not_found)
        app.register_error_handler(HTTPException, self.refused)
        app.register_error_handler(Exception, self.failed)

    async def not_found(self, error: NotFound) -> Response:
        """A path without a route."""
        return refusal(
            404, f"there is no {request.method} {request.path}" if has_request_context() else NO_SOCKET
        )

    async def refused(self, error: HTTPException) -> Response:
        """What the framework refuses: method, size, type, time."""
        if isinstance(error, WebsocketMismatch) and not has_request_context():
            return refusal(404, NO_SOCKET)
        status = error.code or 500
        headers: dict[str, str] = {}
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return refusal(status, error.description or error.name, headers)

    async def failed(self, error: Exception) -> Response:
        """What the mesh refuses, and what went wrong in here."""
        failure = report(error, "a request")
        headers = {} if failure.retry_after is None else {"Retry-After": str(failure.retry_after)}
        more: dict[str, Any] = {"mistakes": failure.mistakes} if failure.mistakes else {}
        if failure.confirming:
            more["needs"] = "confirmation"
        return refusal(failure.status, failure.text, headers, more=more)


def add_socket(app: Quart, context: ClientContext) -> None:
    """Serve ``/ws``."""

    async def serve() -> Response | None:
        if len(context.clients) >= context.limits.sockets:
            return refusal(503, "too many clients are connected", {"Retry-After": "1"})
        spoken = Spoken.of(websocket.args)
        socket: Any = websocket
        await accept(socket)
        client = WebClient(context, principal(), address_of(websocket), spoken)
        with context.presence.entered(principal(), g.changes, client.end):
            await client.serve(socket)
        return None

    app.add_websocket(SOCKET_PATH, "ws", serve)
