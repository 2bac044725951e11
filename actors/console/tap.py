"""What passes over the bus, as it passes."""

import re
from datetime import timedelta
from typing import Final, final

import trio

from actors.console.messages import LOOKING, BadFilter, Json
from actors.console.messages import Tap as Request
from actors.wire import timestamp
from bus import Clock, Sink, Tap
from bus.console import Console, FilterError, TapEvent, to_json

UNSEEN: Final = f"!origin={LOOKING}"
"""Leaves out what looking causes."""
_NAMES_ORIGIN: Final = re.compile(r"(?:^|\s)!?origin=")


async def show(request: Request, sink: Sink[Json], console: Console, clock: Clock) -> None:
    """Send what passes, until the limit or the time is reached. Raises BadFilter."""
    try:
        filter = seen(request.filter)
        async with console.tap(filter, rate=request.rate) as tap:
            with trio.move_on_after(request.seconds):
                viewer = Viewer(request, sink, clock)
                if request.since:
                    since = clock.monotonic() - request.since
                    await viewer.replay(console.recorded(filter, since=since))
                await viewer.watch(tap)
    except FilterError as error:
        raise BadFilter(reason=str(error)) from None


def seen(filter: str) -> str:
    """The filter without what looking causes, unless it asks for some origin itself: taps would show each other."""
    return filter if _NAMES_ORIGIN.search(filter) else f"{UNSEEN} {filter}"


@final
class Viewer:
    """Sends events and counts them."""

    def __init__(self, request: Request, sink: Sink[Json], clock: Clock) -> None:
        self._request = request
        self._sink = sink
        self._clock = clock
        self._sent = 0

    @property
    def _done(self) -> bool:
        return 0 < self._request.limit <= self._sent

    async def replay(self, events: list[TapEvent]) -> None:
        for event in sorted(events, key=lambda event: event.seq) if self._request.tree else events:
            if not self._done:
                await self._send(event)

    async def watch(self, tap: Tap) -> None:
        while not self._done:
            missed, event = await tap.take()
            if missed:
                await self._sink.send({"missed": missed})
            await self._send(event)

    async def _send(self, event: TapEvent) -> None:
        self._sent += 1
        ago = timedelta(seconds=self._clock.monotonic() - event.at)
        shown = to_json(event, body=self._request.body == 1)
        await self._sink.send({"time": timestamp(self._clock.now() - ago), **shown})
