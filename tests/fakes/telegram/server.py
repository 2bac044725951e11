"""A stand-in for the Bot API of Telegram on loopback: the real wire format, strict, with faults on demand.

In a test, ask for the fixture ``telegram``::

    async def test_something(telegram: TelegramServer) -> None:
        telegram.people.write("hello")                 # Ada writes to the bot
        ...                                            # api_url = telegram.url, token = telegram.token
        await telegram.wait_for(lambda: telegram.seen.texts(ADA) == ["Hello, Ada."])
        telegram.faults.add("drop", on="sends", effect=True)

`people` is what people do, `seen` what they see and what the bot has called, `faults` what goes wrong. Polls, limits
and slow answers take the time of trio, so they follow a virtual clock.

As a process of its own, for tests that end the daemon by force::

    python tests/fakes/telegram/server.py --port 0

prints its address and ends with its parent. ``POST /_do/people/write`` with a JSON object of arguments does the same
as the method above; `remote` has a client for it.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, final

import trio

if __name__ == "__main__":  # run by path: the repository is not on the import path
    sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.fakes.telegram import calls, control
from tests.fakes.telegram.connection import Answer, Connection, Gone
from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.limits import REAL, Limits
from tests.fakes.telegram.line import Line
from tests.fakes.telegram.people import People
from tests.fakes.telegram.seen import Seen
from tests.fakes.telegram.state import TOKEN, World

_PATIENCE: Final = 300.0
"""Seconds until what is waited for does not come any more."""


@final
class TelegramServer:
    """Serves until its block is left; see the module for how to use it."""

    def __init__(self, token: str = TOKEN) -> None:
        self.url = ""
        """``http://127.0.0.1:port``, in place of ``https://api.telegram.org``."""
        self.world = World(token)
        self.world.clock = trio.current_time
        self.world.changed = self._notify
        self.people = People(self.world)
        self.seen = Seen(self.world)
        self.faults = Faults()
        self.connections = 0
        """Connections made so far, those of tests from outside included."""
        self.changes = 0
        """How often something has changed."""
        self._changed = trio.Event()
        self._calls = calls.Calls(self.world, self.faults)
        self._line: Line

    @classmethod
    @asynccontextmanager
    async def running(cls, token: str = TOKEN, port: int = 0) -> "AsyncGenerator[TelegramServer]":
        server = cls(token)
        async with trio.open_nursery() as nursery:
            with contextlib.closing(Line(nursery, server._serve, port)) as server._line:
                server.url = f"http://127.0.0.1:{server._line.port}"
                yield server
                server.unplug()
                nursery.cancel_scope.cancel()

    def unplug(self) -> None:
        """Refuse connections from now on, and cut those of the bot."""
        self._line.disconnect()

    def plug(self) -> None:
        """Take connections again, at the same address."""
        self._line.connect()

    @property
    def token(self) -> str:
        """What the bot has to say in every address."""
        return self.world.token

    def limit(self, limits: Limits = REAL) -> None:
        """Answer 429 to what is too much from now on; without a word everything may pass."""
        self.world.limits = limits

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is looked at after every change. Raises TooSlowError."""
        with trio.fail_after(_PATIENCE):
            while not condition():
                await self._changed.wait()

    async def wait_beyond(self, changes: int, seconds: float) -> int:
        """The number of changes, once it is above `changes` or `seconds` have passed."""
        with trio.move_on_after(seconds):
            while self.changes <= changes:
                await self._changed.wait()
        return self.changes

    def _notify(self) -> None:
        self.changes += 1
        self._calls.wake()
        self._changed.set()
        self._changed = trio.Event()

    async def _serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        connection = Connection(stream)
        with self._line.carrying() as scope:
            try:
                while (request := await connection.receive()) is not None:
                    if request.path.startswith("/_"):
                        self._line.spare(scope)
                        await connection.send(await self._control(connection, request.path, request.body))
                    else:
                        await self._calls.answer(connection, request)
            except (Gone, trio.BrokenResourceError):
                return
            finally:
                await trio.aclose_forcefully(stream)

    async def _control(self, connection: Connection, path: str, body: bytes) -> Answer:
        if path == "/_changes":
            asked = control.read(body)
            return control.told(
                await connection.watching(self.wait_beyond, int(asked["after"]), float(asked["seconds"]))
            )
        doors = {"people": self.people, "seen": self.seen, "faults": self.faults, "server": self}
        return control.do(doors, path, body)


# --- a process of its own ---------------------------------------------------------------------------------------


async def _serve_forever(options: argparse.Namespace) -> None:
    parent = os.getppid()
    async with TelegramServer.running(options.token, options.port) as server:
        print(server.url, flush=True)  # noqa: T201
        while os.getppid() == parent:  # the kernel tells nobody that a parent has ended
            await trio.sleep(1.0)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Stand-in for the Bot API of Telegram on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    trio.run(_serve_forever, parser.parse_args(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
