"""The stand-in in a process of its own, driven from a test that runs no event loop or ends processes by force::

    with telegram_process() as telegram:
        telegram.people.write("hello")
        ...                                       # api_url = telegram.url, token = telegram.token
        telegram.wait_for(lambda: telegram.seen.texts(ADA) == ["Hello, Ada."])

What it remembers is the truth about a daemon that was killed meanwhile.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast, final

import httpx2

from tests.fakes.telegram import control
from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.people import People
from tests.fakes.telegram.seen import Seen
from tests.fakes.telegram.state import TOKEN
from tests.system.daemons import environment

SCRIPT: Final = Path(__file__).with_name("server.py")
_PATIENCE: Final = 60.0
"""Seconds until what is waited for does not come any more."""
_KEPT: Final = httpx2.Limits(max_connections=1, keepalive_expiry=None)
"""The connection is kept: while the stand-in is unplugged there is no other."""


@final
class RemoteTelegram:
    """Says to a stand-in elsewhere what can be said to one here."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url
        self.token = token
        self._client = httpx2.Client(
            base_url=url, timeout=_PATIENCE, trust_env=False, limits=_KEPT, verify=False
        )
        self.people = cast("People", _Door(self._client, "people"))
        self.seen = cast("Seen", _Door(self._client, "seen"))
        self.faults = cast("Faults", _Door(self._client, "faults"))

    def limit(self, **rates: tuple[float, int]) -> None:
        """Rates as in Limits; without any about those of the real one."""
        _Door(self._client, "server").limit(*([rates] if rates else []))

    def unplug(self) -> None:
        """Refuse connections from now on, and cut those of the bot."""
        _Door(self._client, "server").unplug()

    def plug(self) -> None:
        """Take connections again, at the same address."""
        _Door(self._client, "server").plug()

    def wait_for(self, condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        """Return once `condition` holds; it is looked at after every change. Raises TimeoutError."""
        end = time.monotonic() + seconds
        changes = self._changes(-1, 0)
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {seconds} s")
            changes = self._changes(changes, min(left, _PATIENCE / 2))

    def close(self) -> None:
        self._client.close()

    def _changes(self, after: int, seconds: float) -> int:
        body = control.write({"after": after, "seconds": seconds})
        return int(control.read(self._client.post("/_changes", content=body).content))


@final
class _Door:
    def __init__(self, client: httpx2.Client, name: str) -> None:
        self._client = client
        self._name = name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def say(*args: Any, **kwargs: Any) -> Any:
            body = control.write({"args": args, "kwargs": kwargs})
            answer = self._client.post(f"/_do/{self._name}/{name}", content=body)
            said = control.read(answer.content)
            if not answer.is_success:
                raise LookupError(f"{self._name}.{name}: {said['error']}")
            return said

        return say


@contextmanager
def telegram_process(port: int = 0) -> Generator[RemoteTelegram]:
    """A stand-in that lives until the block is left, whatever happens to who uses it."""
    command = [sys.executable, str(SCRIPT), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            remote = RemoteTelegram(process.stdout.readline().strip())
            yield remote
            remote.close()
        finally:
            process.kill()
