"""Reading requests and writing answers, the same way on every route."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from quart import Quart, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from actors.endpoints import BadMessage, parse_object
from actors.gateway.protocol import wire
from actors.vocabulary import ADMIN
from actors.wire import encode

View = Callable[..., Awaitable[Response]]

_USER = re.compile(r"[A-Za-z0-9_-]{1,32}")


def route(app: Quart, method: str, path: str, view: View) -> None:
    """Answer `method` on `path` with `view`."""
    app.add_url_rule(path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(encode(wire.json(value)), status, dict(headers or {}), content_type="application/json")


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """The form every error has."""
    return answer({"error": text}, status, headers)


async def read_fields(*, optional: bool = False) -> Mapping[str, Any]:
    """The JSON object of the running request; an `optional` one may be left out.

    Raises BadMessage, UnsupportedMediaType or RequestEntityTooLarge.
    """
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    if not body and optional:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("send JSON, with content-type application/json")
    return parse_object(body)


def query_integer(
    args: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int | None = None
) -> int:
    """A number of a query string; one above `most` counts as `most`. Raises BadMessage."""
    text = args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
        raise BadMessage(f"expected an integer of at least {least}", name)
    return int(text) if most is None else min(int(text), most)


def query_user(args: Mapping[str, str]) -> str:
    """The user a request acts for, ``user_id`` of a query string or the admin. Raises BadMessage."""
    user = args.get("user_id", ADMIN)
    if _USER.fullmatch(user) is None:
        raise BadMessage("expected 1 to 32 letters, digits, _ or -", "user_id")
    return user
