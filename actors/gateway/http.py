"""Reading requests and writing answers, the same way on every route."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, cast

from quart import Quart, Response, g, has_request_context, request
from quart.wrappers import Request, Websocket
from werkzeug.exceptions import UnsupportedMediaType

from actors.endpoints import Access, parse_object
from actors.gateway.authentication import Authenticator, Shown
from actors.gateway.devices import cookie_name
from actors.gateway.protocol import wire
from actors.gateway.security import Asked
from actors.gateway.v1.shapes import error
from actors.users.messages import NotKnown
from actors.vocabulary import Principal, may
from actors.wire import encode

View = Callable[..., Awaitable[Response]]

KNOWN_ONLY: Final = (
    "this needs to know who asks: open the page with a link from `starpod open`, or send a key as "
    "Authorization: Bearer <key> or X-API-Key: <key>"
)
SUBPROTOCOL: Final = "starpod"
"""Of WebSockets. The page offers a second one, which is what it keeps, for want of headers."""
COMPATIBLE: Final = "/v1/"
"""Below it is the interface of another."""
RAW_PATH: Final = "/api/files/raw"
ZIP_PATH: Final = "/api/files/zip"
SOCKET_PATH: Final = "/ws"
MOST_COOKIES: Final = 4
"""Of one name, that are looked at."""
ADMIN_ONLY: Final = "this needs somebody whose role is admin"
OPERATOR_ONLY: Final = "this needs the token of the running daemon, as Authorization: Bearer <token>"


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON; one of status 204 says nothing."""
    if status == HTTPStatus.NO_CONTENT:
        return Response(b"", status, dict(headers or {}))
    return Response(encode(wire.json(value)), status, dict(headers or {}), content_type="application/json")


def refusal(
    status: int,
    text: str,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The form every error has; below ``/v1`` that of OpenAI, with the `code` that programs know it by.

    `more` is what else there is to say beside the text.
    """
    compatible = has_request_context() and request.path.startswith(COMPATIBLE)
    said = error(status, text, code) if compatible else {"error": text, **(more or {})}
    return answer(said, status, headers)


async def read_fields() -> Mapping[str, Any]:
    """The JSON object of the running request; empty for an empty body.

    Raises BadMessage, UnsupportedMediaType or RequestEntityTooLarge.
    """
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    if not body:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("send JSON, with content-type application/json")
    return parse_object(body)


# --- who asks -----------------------------------------------------------------------------------------------


async def admitted(authenticator: Authenticator, asked: Request | Websocket) -> Principal:
    """Who asks. Raises what :meth:`Authenticator.admit` raises."""
    *others, last = _shown_by(asked)
    for shown in others:
        with suppress(NotKnown):
            return await authenticator.admit(shown, address_of(asked))
    return await authenticator.admit(last, address_of(asked))


def _shown_by(asked: Request | Websocket) -> list[Shown]:
    """What a request shows to say who speaks.

    A browser may have several cookies of one name, say of an earlier base path, and does not say which is whose.
    """
    key, page = _key(asked), _page_half(asked)
    cookies = asked.cookies.getlist(cookie_name(asked))[:MOST_COOKIES] if key is None else ()
    return [Shown(key=key, cookie=each, page=page) for each in cookies or (None,)]


def _key(asked: Request | Websocket) -> str | None:
    """A key in either header, or where clients of the original show it.

    Whatever else ``Authorization`` holds is meant for a proxy that asks for a password.
    """
    scheme, _, credentials = asked.headers.get("Authorization", "").partition(" ")
    key = credentials.strip() if scheme.lower() == "bearer" else asked.headers.get("X-API-Key")
    if key is not None:
        return _as_typed(key)
    return asked.args.get("token") if isinstance(asked, Websocket) and asked.path == SOCKET_PATH else None


def _as_typed(header: str) -> str:
    """Text that a person chose. Terminals send UTF-8 in headers, browsers Latin-1, as which we get both."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _page_half(asked: Request | Websocket) -> str | None:
    """What the page keeps, from where it can show it: a browser adds no header to a socket, a picture or a download."""
    if isinstance(asked, Websocket):
        return next((each for each in asked.requested_subprotocols if each != SUBPROTOCOL), None)
    return asked.headers.get("X-Starpod-Page") or (
        asked.args.get("page") if asked.path in {RAW_PATH, ZIP_PATH} else None
    )


def asked_of(asked: Request | Websocket) -> Asked:
    """What a request says of itself."""
    scope: Any = asked.scope
    return Asked(
        host=asked.headers.get("Host"),
        origin=asked.headers.get("Origin"),
        scheme="https" if asked.is_secure else "http",
        arrived=(scope["server"] or ("",))[0],
        peer=asked.remote_addr or "",
    )


def address_of(asked: Request | Websocket) -> str:
    """Where a request comes from."""
    return asked.remote_addr or ""


async def accept(asked: Any) -> None:
    """Let in the client of a WebSocket."""
    await asked.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in asked.requested_subprotocols else None)


def principal() -> Principal:
    """Who asks, on a route that is not public."""
    return cast("Principal", g.principal)


def admit(access: Access) -> Response | None:
    """The answer for somebody who may not ask for this; None for whoever may."""
    found = cast("Principal | None", g.principal)
    if access == "public" or (found is not None and _may(found, access)):
        return None
    if access == "operator":
        return refusal(401 if found is None else 403, OPERATOR_ONLY)
    return refusal(401, KNOWN_ONLY) if found is None else refusal(403, ADMIN_ONLY)


def _may(known: Principal, access: Access) -> bool:
    return {"operator": may(known.proof, "operate"), "admin": known.role == "admin"}.get(access, True)


def route(app: Quart, method: str, path: str, view: View, access: Access = "user") -> None:
    """Answer `method` on `path` with `view`, for whoever has that access. Parameters of a path are in braces."""

    async def guarded(**parameters: str) -> Response:
        return admit(access) or await view(**parameters)

    app.add_url_rule(
        rule(path), f"{method} {path}", guarded, methods=[method], provide_automatic_options=False
    )


def rule(path: str) -> str:
    """A path as the framework writes it."""
    return path.replace("{", "<").replace("}", ">")
