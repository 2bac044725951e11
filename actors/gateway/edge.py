"""What lies before the application: a request is made to look as its client sent it, below no path but ``/``.

So the application need not know of proxies. What it sees of the client's address, of the scheme and of the host is what
a trusted proxy tells, and its paths begin below the base path, which it is told as ``root_path``.
"""

from collections.abc import Iterable
from typing import Any, Final, final

from actors.gateway.forwarded import FOR, HOST, PROTO, Header, Proxies
from actors.gateway.http1 import App
from actors.gateway.security import HEADERS
from actors.wire import encode

_TOLD: Final = frozenset({b"host", FOR, PROTO, HOST, b"forwarded"})
"""Headers that count no more once the request looks as it was sent."""
_SECURE: Final = {"http": "https", "ws": "wss"}


@final
class Edge:
    """An ASGI application around ours."""

    def __init__(self, app: App, proxies: Proxies, base_path: str) -> None:
        """`base_path` begins with a slash and does not end with one, or is empty."""
        self._app = app
        self._proxies = proxies
        self._base = base_path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, or one WebSocket."""
        if self._proxies:
            scope = self._as_sent(scope)
        if not self._base:
            await self._app(scope, receive, send)
        elif scope["path"].startswith(f"{self._base}/"):
            await self._app({**scope, "root_path": self._base}, receive, send)
        else:
            await self._outside(scope, send)

    def _as_sent(self, scope: Any) -> Any:
        headers: list[Header] = scope["headers"]
        secure = scope["scheme"] in _SECURE.values()
        sent = self._proxies.sent(
            headers, peer=(scope["client"] or ("",))[0], scheme="https" if secure else "http"
        )
        plain = "ws" if scope["type"] == "websocket" else "http"
        left = [header for header in headers if header[0] not in _TOLD]
        if sent.host is not None:
            left.append((b"host", sent.host.encode("latin-1")))
        return {
            **scope,
            "scheme": _SECURE[plain] if sent.scheme == "https" else plain,
            "client": (sent.client, 0),
            "headers": left,
        }

    async def _outside(self, scope: Any, send: Any) -> None:
        """Answer what was not asked for below the base path: at the base path itself, by leading to the page."""
        if scope["path"] == self._base:
            status, more = 308, [(b"location", f"{self._base}/".encode())]
        else:
            status, more = 404, [(b"content-type", b"application/json")]
        text = f"all there is lies below {self._base}/, the base_path of [gateway]"
        await _answer(scope, send, status, [*more, *_security()], encode({"error": text}).encode())


def _security() -> Iterable[Header]:
    return ((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


async def _answer(scope: Any, send: Any, status: int, headers: Iterable[Header], body: bytes) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    length = (b"content-length", str(len(body)).encode())
    await send({"type": f"{kind}.start", "status": status, "headers": [*headers, length]})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})
