"""The running daemon, as the command line speaks with it: found by its lock file, asked with the operator's token.

HTTP here, a WebSocket in ``connection.py``; both say in the same words why it did not come to an answer.
"""

import argparse
import itertools
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast, final
from urllib.parse import urlencode, urlsplit

from actors import jsontext
from actors.causes import why
from starpod.cli.output import printable, say
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

if TYPE_CHECKING:
    from http.client import HTTPConnection

PATIENCE: Final = 15.0
"""Seconds to wait for an answer."""
SENDING: Final = 300.0
"""Seconds without a sign of life while a file is sent."""
PIECE: Final = 256 * 1024
"""Bytes of a file that are read at once."""
_NO_ENDS: Final = dict.fromkeys(map(ord, "\r\n"), "_")
LONGEST_ANSWER: Final = 256 * 1024 * 1024
"""Bytes; a whole recording is one answer."""


class Unreachable(StarpodError):
    """The daemon does not answer."""

    def __init__(self, daemon: DaemonInfo, why: object = "") -> None:
        super().__init__(f"the daemon at {daemon.address} does not answer" + (f": {why}" if why else ""))


class Refused(StarpodError):
    """The daemon answers, but not with what was asked for. The text is its reason."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.answer = _object(body)
        """What it says, as far as that is a JSON object."""
        said = self.answer.get("error") or (
            "" if body.startswith(b"{") else body.decode(errors="replace")[:200]
        )
        super().__init__(str(said) or f"HTTP {status}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return jsontext.read_object(body)
    except jsontext.NotJson:
        return {}


def credentials(daemon: DaemonInfo) -> dict[str, str]:
    """The header that shows who asks: the operator of this machine."""
    return {"Authorization": f"Bearer {daemon.token}"}


def encryption() -> Any:
    """TLS to a daemon that wants it, whatever name its certificate is for.

    The lock file, which its owner alone can write, says where on this machine it is; it is as sure as without TLS.
    """
    import ssl  # not before it is needed: it loads what the machine has of certificates

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@final
class Client:
    """Asks a daemon over HTTP. Every method waits; in an async function it belongs into a thread."""

    def __init__(self, daemon: DaemonInfo) -> None:
        self.daemon = daemon

    def get(self, path: str, *, patience: float = PATIENCE, **query: str | int | None) -> Any:
        """What ``GET <path>`` answers within `patience` seconds. Raises Unreachable and Refused."""
        wanted = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(wanted)}" if wanted else path, None, patience)

    def take(self, path: str, **query: str) -> bytes:
        """The file that ``GET <path>`` answers with, whole. Raises Unreachable and Refused."""
        return self._exchange("GET", f"{path}?{urlencode(query)}", None, SENDING)

    def post(self, path: str, body: Mapping[str, Any], *, patience: float = PATIENCE) -> Any:
        """What ``POST <path>`` answers within `patience` seconds. Raises Unreachable and Refused."""
        return self._ask("POST", path, json.dumps(body), patience)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """What ``PUT <path>`` answers. Raises Unreachable and Refused."""
        return self._ask("PUT", path, json.dumps(body), PATIENCE)

    def delete(self, path: str, body: Mapping[str, Any]) -> Any:
        """What ``DELETE <path>`` answers. Raises Unreachable and Refused."""
        return self._ask("DELETE", path, json.dumps(body), PATIENCE)

    def upload(self, file: Path, *, patience: float = SENDING) -> dict[str, Any]:
        """Send a file, to be named in a message afterwards. Raises OSError, Unreachable and Refused."""
        boundary = secrets.token_hex(16)
        name = file.name.replace("\\", "_").replace('"', "_").translate(_NO_ENDS)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode(errors="replace")
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            headers["Content-Length"] = str(len(head) + size + len(tail))
            body = itertools.chain([head], _pieces(opened, size), [tail])
            (stored,) = self._ask("POST", "/api/uploads", body, patience, headers)
        found: dict[str, Any] = stored
        return found

    def _ask(
        self,
        method: str,
        path: str,
        body: str | Iterable[bytes] | None,
        patience: float,
        more: Mapping[str, str] | None = None,
    ) -> Any:
        text = self._exchange(method, path, body, patience, more)
        try:
            return jsontext.read(text, limit=LONGEST_ANSWER, depth=jsontext.OWN_DEPTH) if text else None
        except ValueError as error:
            raise Unreachable(self.daemon, why(error)) from error

    def _exchange(
        self,
        method: str,
        path: str,
        body: str | Iterable[bytes] | None,
        patience: float,
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        import http.client  # a tenth of what `starpod chat` takes, which seldom needs it

        headers = {**credentials(self.daemon), **(more or {})}
        if isinstance(body, str):
            headers["Content-Type"] = "application/json"
        connection, base = connection_to(self.daemon, patience)
        try:
            connection.request(method, f"{base}{path}", body, headers)
            response = connection.getresponse()
            text: bytes = response.read()
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                raise Refused(response.status, text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(self.daemon, why(error)) from error
        finally:
            connection.close()
        return text


def connection_to(daemon: DaemonInfo, patience: float) -> tuple["HTTPConnection", str]:
    """A connection to a daemon, encrypted where its address says so, and the path that all of its own begin with."""
    import http.client

    where = urlsplit(daemon.url)
    if where.scheme == "https":
        encrypted: Any = http.client.HTTPSConnection(where.netloc, timeout=patience, context=encryption())
        return encrypted, where.path
    return http.client.HTTPConnection(where.netloc, timeout=patience), where.path


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """As many bytes as were promised, whatever becomes of the file. Raises OSError when there are fewer."""
    while size:
        piece = file.read(min(PIECE, size))
        if not piece:
            raise OSError("it became shorter while it was sent")
        size -= len(piece)
        yield piece


@final
class Console:
    """The operator's side of a daemon, ``/api/bus``."""

    def __init__(self, daemon: DaemonInfo, *, write: bool = False) -> None:
        """`write`: whether the person has said that changes are meant."""
        self.daemon = daemon
        self._client = Client(daemon)
        self._write = write

    def get(self, path: str, **query: str | int | None) -> Any:
        """What ``GET /api/bus/<path>`` answers. Raises StarpodError with the reason of a refusal."""
        return shown(self._client.get(f"/api/bus/{path}", patience=PATIENCE, **query))

    def post(self, path: str, body: Mapping[str, Any], *, patience: float = PATIENCE) -> Any:
        """What ``POST /api/bus/<path>`` answers. Raises StarpodError, also when a change was not meant."""
        if not self._write:
            raise StarpodError("this changes what the agent does: say that you mean it with --write")
        return shown(self._client.post(f"/api/bus/{path}", body, patience=patience))


def shown(value: Any) -> Any:
    """What came from elsewhere, made harmless for a terminal if it is going to be shown on one."""
    return _harmless(value) if sys.stdout.isatty() else value


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        members: Any = cast("Any", value)
        return [_harmless(member) for member in members]
    if isinstance(value, dict):
        fields: Any = cast("Any", value).items()
        return {printable(name): _harmless(member) for name, member in fields}
    return value


def console_of(args: argparse.Namespace) -> Console:
    """The operator's side of the daemon that the arguments mean. Raises StarpodError when none runs."""
    return Console(live_daemon(find_instance(args.agent)), write=getattr(args, "write", False))


def print_json(value: Any) -> None:
    """Print JSON for another program."""
    say(json.dumps(value, ensure_ascii=False, indent=2))
