"""The login by a browser: the page of the backend hands the key to a port of loopback, with a word only we know."""

import hmac
import json
import secrets
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final, final
from urllib.parse import urlsplit

from actors import jsontext
from actors.instances.account import Login
from actors.instances.reading import plain
from starpod.cli.output import hint, note
from starpod.errors import StarpodError

PATIENCE: Final = 300.0
"""Seconds that the person has."""
SLOW: Final = 5.0
"""Seconds that a request may take."""
LARGEST: Final = 64 * 1024
"""Bytes of one."""


def by_browser(url: str) -> Login:
    """The login that the page of the backend at `url` gives. Raises StarpodError when none comes in time."""
    with Listener(url) as listener:
        hint(f"open in a browser: {listener.page}")
        if not _opened(listener.page):
            note("no browser could be started: open it yourself")
        return listener.wait()


def _opened(page: str) -> bool:
    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False


@final
class Listener(HTTPServer):
    """Waits on a free port of loopback for one good answer. A context manager."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        where = urlsplit(url)
        self.backend = url
        self.origin = f"{where.scheme}://{where.netloc}"
        self.state = secrets.token_hex(32)
        self.login: Login | None = None

    @property
    def page(self) -> str:
        """What is to be opened."""
        return f"{self.backend}/cli-auth?port={self.server_address[1]}&state={self.state}"

    def wait(self, patience: float = PATIENCE) -> Login:
        """The login. Raises StarpodError."""
        end = time.monotonic() + patience
        while self.login is None:
            self.timeout = end - time.monotonic()
            if self.timeout <= 0:
                raise StarpodError(f"nobody has logged in within {patience / 60:.0f} minutes")
            self.handle_request()
        return self.login

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no matter."""


@final
class _Handler(BaseHTTPRequestHandler):
    server: Listener  # pyright: ignore[reportIncompatibleVariableOverride] - whose handler it is
    timeout = SLOW

    def do_OPTIONS(self) -> None:
        self._answer(204, None)

    def do_POST(self) -> None:
        status, said = self._taken()
        self._answer(status, {"ok": True} if status == 200 else {"error": said})

    def _taken(self) -> tuple[int, str]:
        if self.headers.get("Origin", self.server.origin) != self.server.origin:
            return 403, "this comes from another page"
        try:
            size = int(self.headers.get("Content-Length", ""))
            if not 0 < size <= LARGEST:
                return 400, "the body is empty or too long"
            fields = jsontext.read_object(self.rfile.read(size))
        except (ValueError, OSError):
            return 400, "this is no JSON object"
        key, email, state = (fields.get(name) for name in ("api_key", "email", "state"))
        if not isinstance(state, str) or not hmac.compare_digest(state.encode(), self.server.state.encode()):
            return 403, "this is not the login that is waited for"
        if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
            return 400, "api_key is missing"
        mail = plain(email) if isinstance(email, str) else ""
        self.server.login = Login(backend_url=self.server.backend, api_key=key, email=mail)
        return 200, ""

    def _answer(self, status: int, body: object) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", self.server.origin)
        self.send_header("Vary", "Origin")
        self.send_header("Access-Control-Allow-Methods", "POST")
        self.send_header("Access-Control-Allow-Headers", "Content-Type")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing of it is for a log."""
