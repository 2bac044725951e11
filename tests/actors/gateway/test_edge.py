"""What the application sees of a request."""

from typing import Any

import pytest

from actors.gateway.edge import Edge
from actors.gateway.forwarded import Proxies

HTTP: dict[str, Any] = {
    "type": "http",
    "scheme": "http",
    "path": "/api/health",
    "root_path": "",
    "headers": [(b"host", b"localhost:3000"), (b"x-forwarded-for", b"203.0.113.9"), (b"accept", b"*/*")],
    "client": ("127.0.0.1", 4711),
    "server": ("127.0.0.1", 3000),
}
SOCKET = {**HTTP, "type": "websocket", "scheme": "ws"}


async def through(scope: dict[str, Any], *proxies: str, base: str = "") -> tuple[Any, list[dict[str, Any]]]:
    """What the application saw, if it was asked, and what was answered without it."""
    seen: list[Any] = []
    answered: list[dict[str, Any]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    await Edge(app, Proxies(proxies), base)(scope, None, send)
    return (seen[0] if seen else None), answered


async def test_without_proxies_everything_stays_as_it_came() -> None:
    assert await through(HTTP) == (HTTP, [])


async def test_a_request_looks_as_it_was_sent() -> None:
    told = [
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"agent.example"),
        (b"forwarded", b"for=x"),
    ]
    for scope, scheme in ((HTTP, "https"), (SOCKET, "wss")):
        seen, _ = await through({**scope, "headers": [*scope["headers"], *told]}, "127.0.0.1")
        assert (seen["scheme"], seen["client"]) == (scheme, ("203.0.113.9", 0))
        assert seen["headers"] == [(b"accept", b"*/*"), (b"host", b"agent.example")]
        assert seen["server"] == HTTP["server"]


async def test_a_stranger_does_not_pass_for_a_proxy() -> None:
    seen, _ = await through({**HTTP, "client": ("192.0.2.1", 1)}, "127.0.0.1")
    assert (seen["client"], seen["scheme"]) == (("192.0.2.1", 0), "http")


async def test_tls_of_our_own_is_none_of_the_proxys_business() -> None:
    seen, _ = await through({**HTTP, "scheme": "https", "client": None, "headers": []}, "127.0.0.1")
    assert (seen["scheme"], seen["headers"]) == ("https", [])


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_below_the_base_path_the_application_is_told_of_it(kind: str) -> None:
    seen, answered = await through({**HTTP, "type": kind, "path": "/starpod/api/health"}, base="/starpod")
    assert (seen["path"], seen["root_path"], answered) == ("/starpod/api/health", "/starpod", [])


@pytest.mark.parametrize("path", ["/", "/api/health", "/starpodium/", "/x/starpod/", "/STARPOD/", ""])
async def test_outside_of_it_there_is_nothing(path: str) -> None:
    for kind, prefix in (("http", ""), ("websocket", "websocket.")):
        seen, (start, body) = await through({**HTTP, "type": kind, "path": path}, base="/starpod")
        assert (seen, start["status"], start["type"]) == (None, 404, f"{prefix}http.response.start")
        assert b"below /starpod/" in body["body"]
        assert dict(start["headers"])[b"x-content-type-options"] == b"nosniff"


async def test_the_base_path_itself_leads_to_the_page() -> None:
    _, (start, _) = await through({**HTTP, "path": "/starpod"}, base="/starpod")
    assert (start["status"], dict(start["headers"])[b"location"]) == (308, b"/starpod/")
