"""The bus, watched from outside: one JSON object per message of a WebSocket."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self, final

import attrs
import trio
from quart import Quart, Response, websocket

from actors.endpoints import BadMessage
from actors.gateway.http import query_integer
from actors.gateway.operator import Operator
from actors.gateway.stopping import Stopping
from actors.wire import Json, encode, timestamp
from bus import Bus, Clock, Tap
from bus.console import Console, FilterError, TapEvent, to_json

MAX_FILTER = 2000
MAX_RATE = 100_000
MAX_SECONDS = 24 * 60 * 60


@final
@attrs.frozen(kw_only=True)
class Wish:
    """What the operator wants to see."""

    filter: str
    body: bool
    limit: int
    """Events after which the tap ends; 0: never."""
    rate: int
    """Events a second at most."""
    seconds: int
    """How long to look, so that a forgotten tap does not burden the bus for ever."""
    since: int
    """Seconds to look back first, into what the flight recorder holds."""
    tree: bool
    """Look back in the order of sending, so that causes come before what they caused."""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        """Understand a query string. Raises BadMessage."""
        filter = args.get("filter") or ""
        if len(filter) > MAX_FILTER:
            raise BadMessage(f"expected at most {MAX_FILTER} characters", "filter")
        return cls(
            filter=filter,
            body=query_integer(args, "body", 0, most=1) == 1,
            limit=query_integer(args, "limit", 0),
            rate=query_integer(args, "rate", 200, least=1, most=MAX_RATE),
            seconds=query_integer(args, "seconds", 600, least=1, most=MAX_SECONDS),
            since=query_integer(args, "since", 0),
            tree=query_integer(args, "tree", 0, most=1) == 1,
        )


@final
class TapRoutes:
    """``/api/bus/tap``, for whoever knows the operator's token."""

    def __init__(
        self, app: Quart, bus: Bus, console: Console, stopping: Stopping, operator: Operator
    ) -> None:
        self._bus = bus
        self._console = console
        self._stopping = stopping
        self._operator = operator
        app.add_websocket("/api/bus/tap", "tap", self.tap)

    async def tap(self) -> Response | None:
        """Stream what passes over the bus, until the client leaves or what it wished for is seen."""
        refused = self._operator.refuse(websocket.headers.get("Authorization"))
        if refused is not None:
            return refused
        wish = Wish.read(websocket.args)
        socket: Any = websocket
        await socket.accept()
        try:
            code, reason = await self._show(wish)
        except FilterError as error:
            await websocket.send(encode({"error": str(error)}))
            code, reason = 1008, "invalid filter"
        await websocket.close(code, reason)
        return None

    async def _show(self, wish: Wish) -> tuple[int, str]:
        """Show until an end is reached, and say which as the close code. Raises FilterError."""
        async with self._console.tap(wish.filter, rate=wish.rate) as tap:
            viewer = _Viewer(wish, self._bus.clock)
            with self._stopping.scope() as stopped, trio.move_on_after(wish.seconds) as timed:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_ignore_client)
                    if wish.since:
                        earliest = self._bus.clock.monotonic() - wish.since
                        await viewer.replay(self._console.recorded(wish.filter, since=earliest))
                    await viewer.watch(tap)
                    nursery.cancel_scope.cancel("the limit is reached")
            if stopped.cancelled_caught:
                return 1012, "restart"
            return 1000, f"{wish.seconds} s have passed" if timed.cancelled_caught else "limit reached"


@final
class _Viewer:
    """Sends events to the client and counts them."""

    def __init__(self, wish: Wish, clock: Clock) -> None:
        self._clock = clock
        self._body = wish.body
        self._limit = wish.limit
        self._tree = wish.tree
        self._sent = 0

    @property
    def _done(self) -> bool:
        return 0 < self._limit <= self._sent

    async def replay(self, events: list[TapEvent]) -> None:
        for event in sorted(events, key=lambda event: event.seq) if self._tree else events:
            if not self._done:
                await self._show(event)

    async def watch(self, tap: Tap) -> None:
        while not self._done:
            missed, event = await tap.take()
            if missed:
                await _send({"missed": missed})
            await self._show(event)

    async def _show(self, event: TapEvent) -> None:
        self._sent += 1
        ago = timedelta(seconds=self._clock.monotonic() - event.at)
        await _send({"time": timestamp(self._clock.now() - ago), **to_json(event, body=self._body)})


async def _send(line: Json) -> None:
    await websocket.send(encode(line))
    # To a peer that has left, sending neither fails nor yields.
    await trio.lowlevel.checkpoint()


async def _ignore_client() -> None:
    """Read what the client says, so that its leaving is noticed behind it."""
    while True:
        await websocket.receive()
