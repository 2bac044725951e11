"""The web application: who may ask, who answers, and how a refusal looks."""

import logging
from functools import partial
from typing import Any, final

from quart import Quart, Response, has_request_context, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from actors.gateway import security
from actors.gateway.failures import describe
from actors.gateway.http import query_user, refusal
from actors.gateway.limits import Limits
from actors.gateway.pages import Pages
from actors.gateway.requests import request_class
from actors.gateway.security import HostPolicy
from actors.gateway.ws import Desk, WebClient

_log = logging.getLogger(__name__)

_from_elsewhere = partial(refusal, 403, "requests from pages of another origin are refused")


def create_app(limits: Limits) -> Quart:
    """An application without routes."""
    app = QuartTrio("starpod", static_folder=None)
    app.request_class = request_class(limits)
    app.config["RESPONSE_TIMEOUT"] = (
        None  # a download takes as long as it takes; a stalled one ends by its writes
    )
    app.config["BODY_TIMEOUT"] = limits.body_timeout
    app.url_map.merge_slashes = False
    return app


@final
class Guard:
    """Refuses what another site sends through somebody's browser, and puts the security headers on every answer."""

    def __init__(self, app: Quart, policy: HostPolicy) -> None:
        self._policy = policy
        app.before_request(self.check_request)
        app.before_websocket(self.check_websocket)
        app.after_request(self.seal)
        app.after_websocket(self.seal_websocket)

    async def check_request(self) -> Response | None:
        """The page itself may be opened from anywhere; what is below ``/api`` only by itself or by a program."""
        if request.path.startswith("/api/") and security.is_from_elsewhere(
            request.headers.get("Sec-Fetch-Site")
        ):
            return _from_elsewhere()
        return self._check(
            request.headers.get("Host"),
            request.headers.get("Origin"),
            changes=request.method not in security.SAFE_METHODS,
        )

    async def check_websocket(self) -> Response | None:
        return self._check(websocket.headers.get("Host"), websocket.headers.get("Origin"), changes=True)

    def _check(self, host: str | None, origin: str | None, *, changes: bool) -> Response | None:
        if host is None or not self._policy.trusts_host(host):
            return refusal(403, "this address is not served under that Host name; use localhost")
        if changes and not self._policy.trusts_origin(origin, host):
            return _from_elsewhere()
        return None

    async def seal(self, response: Response) -> Response:
        for name, value in security.HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def seal_websocket(self, response: Any) -> Any:
        """A WebSocket that was let in has no response."""
        return None if response is None else await self.seal(response)


@final
class Errors:
    """Answers every failure in JSON, and paths that are no part of the API with the web page."""

    def __init__(self, app: Quart, pages: Pages) -> None:
        self._pages = pages
        app.register_error_handler(NotFound, self.not_found)
        app.register_error_handler(HTTPException, self.refused)
        app.register_error_handler(Exception, self.failed)

    async def not_found(self, error: NotFound) -> Response:
        """A path without a route."""
        if not has_request_context():
            return refusal(404, "there is nothing at this path")
        path = request.path[1:]
        if request.method not in {"GET", "HEAD"} or path.split("/", 1)[0] in {"api", "ws"}:
            return refusal(404, f"there is no {request.method} {request.path}")
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        sending = self._pages.send(path, known=request.headers.get("If-None-Match"), packed=packed)
        if sending is None:
            return refusal(404, f"there is no {request.path}")
        return Response(sending.body, sending.status, dict(sending.headers))

    async def refused(self, error: HTTPException) -> Response:
        """What the framework refuses: method, size, type, time."""
        status = error.code or 500
        headers: dict[str, str] = {}
        if isinstance(error, RequestEntityTooLarge):
            headers["Connection"] = "close"  # the rest of the body is on its way and nobody will read it
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return refusal(status, error.description or error.name, headers)

    async def failed(self, error: Exception) -> Response:
        """What the mesh refuses, and what went wrong in here."""
        failure = describe(error)
        if failure.is_bug:
            _log.error("a request failed", exc_info=error)
        headers = {} if failure.retry_after is None else {"Retry-After": str(failure.retry_after)}
        return refusal(failure.status, failure.text, headers)


def add_socket(app: Quart, desk: Desk) -> None:
    """Serve ``/ws``."""

    async def serve() -> None:
        user = query_user(websocket.args)
        socket: Any = websocket
        await socket.accept()
        await WebClient(desk, user).serve(socket)

    app.add_websocket("/ws", "ws", serve)
