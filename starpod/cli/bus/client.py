"""The operator's side of ``/api/bus``: one connection to the running daemon."""

import argparse
import http.client
import json
import sys
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast, final
from urllib.parse import urlencode

from starpod.cli.output import printable
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

PATIENCE: Final = 15.0
"""Seconds to wait for an answer."""


class Unreachable(StarpodError):
    """The daemon does not answer."""


@final
class Client:
    """Asks a daemon with its operator's token."""

    def __init__(self, daemon: DaemonInfo, *, write: bool = False) -> None:
        self.daemon = daemon
        self._write = write

    def get(self, path: str, **query: str | int | None) -> Any:
        """What ``GET /api/bus/<path>`` answers. Raises StarpodError with the reason of a refusal."""
        wanted = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(wanted)}" if wanted else path, None, PATIENCE)

    def post(self, path: str, body: Mapping[str, Any], *, patience: float = PATIENCE) -> Any:
        """What ``POST /api/bus/<path>`` answers. Raises StarpodError, also when a change was not meant."""
        if not self._write:
            raise StarpodError("this changes what the agent does: say that you mean it with --write")
        return self._ask("POST", path, json.dumps(body), patience)

    def _ask(self, method: str, path: str, body: str | None, patience: float) -> Any:
        headers = {"Authorization": f"Bearer {self.daemon.token}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Starpod-Write": "yes"}
        connection = http.client.HTTPConnection(self.daemon.address or "", timeout=patience)
        try:
            connection.request(method, f"/api/bus/{path}", body, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"the daemon at {self.daemon.address} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            _refused(response.status, text)
        return shown(json.loads(text))


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


def _refused(status: int, text: bytes) -> NoReturn:
    try:
        reason = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        reason = text.decode(errors="replace")[:200]
    raise StarpodError(reason or f"HTTP {status}")


def client_of(args: argparse.Namespace) -> Client:
    """A client of the daemon that the arguments mean. Raises StarpodError when none runs."""
    return Client(live_daemon(find_instance(args.agent)), write=getattr(args, "write", False))


def print_json(value: Any) -> None:
    """Print JSON for another program."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
