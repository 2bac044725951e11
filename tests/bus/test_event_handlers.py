"""An actor handles events between its other messages; what its full mailbox does to them, its class says (G24)."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import (
    Actor,
    Backoff,
    Command,
    DeadlineExceeded,
    Event,
    Lane,
    Limits,
    Message,
    Overflow,
    Request,
    Restart,
)
from bus.testing import MeshUnderTest
from tests.bus.world import Diary, books, buried, reasons

# One class for each thing that may be done when a mailbox is full.


@final
@attrs.frozen(kw_only=True)
class Dropped(Event):
    n: int


@final
@attrs.frozen(kw_only=True)
class DroppedOldest(Event):
    overflow: ClassVar[Overflow | None] = Overflow.DROP_OLDEST
    n: int


@final
@attrs.frozen(kw_only=True)
class Coalesced(Event):
    key_field: ClassVar[str | None] = "who"
    overflow: ClassVar[Overflow | None] = Overflow.COALESCE
    who: str = "ada"
    n: int


@final
@attrs.frozen(kw_only=True)
class Rejected(Event):
    overflow: ClassVar[Overflow | None] = Overflow.REJECT
    n: int


@final
@attrs.frozen(kw_only=True)
class Awaited(Event):
    overflow: ClassVar[Overflow | None] = Overflow.BLOCK
    n: int


@final
@attrs.frozen(kw_only=True)
class Urgent(Event):
    lane: ClassVar[Lane] = Lane.CONTROL
    n: int


@final
@attrs.frozen(kw_only=True)
class Sleep(Command):
    seconds: float
    crash: bool = False


@final
@attrs.frozen(kw_only=True)
class PublishAll(Request[None]):
    """Publishes so many awaited events out of a handler with four seconds."""

    within: ClassVar[float] = 4.0
    count: int


class Listener(Actor):
    def __init__(self, heard: list[Message]) -> None:
        self._heard = heard

    @Dropped.handler
    async def dropped(self, event: Dropped) -> None:
        self._heard.append(event)

    @DroppedOldest.handler
    async def dropped_oldest(self, event: DroppedOldest) -> None:
        self._heard.append(event)

    @Coalesced.handler
    async def coalesced(self, event: Coalesced) -> None:
        self._heard.append(event)

    @Rejected.handler
    async def rejected(self, event: Rejected) -> None:
        self._heard.append(event)

    @Awaited.handler
    async def awaited(self, event: Awaited) -> None:
        self._heard.append(event)

    @Urgent.handler
    async def urgent(self, event: Urgent) -> None:
        self._heard.append(event)

    @Sleep.handler
    async def sleep(self, command: Sleep) -> None:
        await trio.sleep(command.seconds)
        if command.crash:
            raise OSError("a bug")


class Publisher(Actor):
    @PublishAll.handler
    async def publish_all(self, request: PublishAll) -> None:
        for n in range(request.count):
            await self.bus.publish(Awaited(n=n))


class Herald(Actor):
    """Listens to what it publishes itself."""

    @PublishAll.handler
    async def publish_all(self, request: PublishAll) -> None:
        for n in range(request.count):
            await self.bus.publish(Awaited(n=n))

    @Awaited.handler
    async def awaited(self, event: Awaited) -> None:
        pass


def numbers(events: list[Any]) -> list[int]:
    return [event.n for event in events]


class TestAnActorThatListens:
    async def test_handles_events_between_its_other_messages(self, mesh: MeshUnderTest) -> None:
        heard: list[Message] = []
        cell = await mesh.start(partial(Listener, heard))
        events = [Dropped(n=1), Awaited(n=2), Coalesced(n=3), Urgent(n=4)]
        for event in events:
            await mesh.bus.publish(event)
            await mesh.settle()
        assert heard == events
        assert books(cell) == (4, 4, 0, 0, 0)

    @pytest.mark.parametrize(
        ("kind", "heard", "lost"),
        [
            (Dropped, [0, 1], [(2, "dropped"), (3, "dropped")]),
            (DroppedOldest, [2, 3], [(0, "dropped"), (1, "dropped")]),
            (Coalesced, [3], [(0, "coalesced"), (1, "coalesced"), (2, "coalesced")]),
            (Rejected, [0, 1], [(2, "full"), (3, "full")]),
            (Awaited, [0, 1, 2, 3], []),
        ],
    )
    async def test_with_a_full_mailbox_loses_what_its_class_says_and_visibly(
        self,
        autojump_clock: Any,
        mesh: MeshUnderTest,
        kind: Callable[..., Event],
        heard: list[int],
        lost: list[tuple[int, str]],
    ) -> None:
        seen: list[Message] = []
        cell = await mesh.start(partial(Listener, seen), limits=Limits(mailbox=2))
        diary = Diary(mesh)
        await mesh.bus.tell(Sleep(seconds=3))
        await mesh.settle()
        for n in range(4):
            await mesh.bus.publish(kind(n=n))
        assert diary.now == (3.0 if kind is Awaited else 0.0)
        await trio.sleep(10)
        assert numbers(seen) == heard
        assert [(getattr(message, "n", None), reason) for message, reason in buried(mesh)] == lost
        assert books(cell) == (5, 5 - len(lost), len(lost), 0, 0)

    async def test_with_a_full_mailbox_loses_what_cannot_be_coalesced(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        seen: list[Message] = []
        cell = await mesh.start(partial(Listener, seen), limits=Limits(mailbox=1))
        await mesh.bus.tell(Sleep(seconds=3))
        await mesh.settle()
        for who in ("ada", "bob", "ada"):
            await mesh.bus.publish(Coalesced(who=who, n=1))
        await trio.sleep(4)
        assert seen == [Coalesced(who="ada", n=1)]
        assert reasons(mesh) == ["full", "coalesced"]
        assert books(cell) == (4, 2, 2, 0, 0)

    async def test_hears_urgent_ones_while_it_works(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        heard: list[Message] = []
        cell = await mesh.start(partial(Listener, heard), limits=Limits(mailbox=1))
        await mesh.bus.tell(Sleep(seconds=3))
        await mesh.settle()
        await mesh.bus.tell(Sleep(seconds=3))
        await mesh.bus.publish(Urgent(n=1))
        await trio.sleep(1)
        assert numbers(heard) == [1]
        cell.suspend()
        await trio.sleep(3)
        assert cell.suspended

    async def test_loses_urgent_ones_beyond_what_the_control_lane_holds(self, mesh: MeshUnderTest) -> None:
        heard: list[Message] = []
        cell = await mesh.start(partial(Listener, heard))
        for n in range(40):  # in one step, so that nothing is handled meanwhile
            await mesh.bus.publish(Urgent(n=n))
        await mesh.settle()
        assert numbers(heard) == list(range(32))
        assert reasons(mesh) == ["full"] * 8
        assert books(cell) == (40, 32, 8, 0, 0)

    async def test_that_is_restarting_hears_afterwards_what_was_published_meanwhile(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        heard: list[Message] = []
        cell = await mesh.start(partial(Listener, heard), backoff=Backoff(first=2.0, jitter=0.0))
        await mesh.bus.tell(Sleep(seconds=0, crash=True))
        await mesh.settle()
        await mesh.bus.publish(Dropped(n=1))
        await mesh.bus.publish(Urgent(n=2))
        assert heard == []
        await trio.sleep(2)
        await mesh.settle()
        assert sorted(numbers(heard)) == [1, 2]
        assert cell.incarnation == 2

    async def test_that_has_stopped_keeps_nobody_waiting(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        heard: list[Message] = []
        gone = await mesh.start(partial(Listener, heard), name="gone", restart=Restart.TEMPORARY)
        gone.request_stop()
        await trio.sleep(1)
        await mesh.bus.publish(Awaited(n=1))
        await mesh.bus.publish(Dropped(n=2))
        assert (heard, reasons(mesh)) == ([], [])

    async def test_that_stops_while_its_publisher_waits_lets_it_go_on_to_the_others(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        limits = Limits(mailbox=1, stop_within=0.0)
        heard: list[Message] = []
        stops = await mesh.start(
            partial(Listener, []), name="stops", restart=Restart.TEMPORARY, limits=limits
        )
        await mesh.bus.tell(Sleep(seconds=100))
        await mesh.settle()
        await mesh.start(partial(Echo, heard), name="echo")
        async with trio.open_nursery() as nursery:
            for n in range(3):
                nursery.start_soon(mesh.bus.publish, Awaited(n=n))
                await mesh.settle()
            assert numbers(heard) == [0]
            stops.request_stop()
            stops.cancel()
        await mesh.settle()
        assert sorted(numbers(heard)) == [0, 1, 2]
        assert sorted(reasons(mesh)) == ["stopped"] * 4

    async def test_that_keeps_its_publisher_waiting_beyond_its_deadline_loses_the_event(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        """The publisher has four seconds; the first event is queued, the second one waits that long."""
        heard: list[Message] = []
        await mesh.start(partial(Listener, heard), limits=Limits(mailbox=1))
        await mesh.start(Publisher)
        await mesh.bus.tell(Sleep(seconds=10))
        await mesh.settle()
        diary = Diary(mesh)
        with suppress(DeadlineExceeded):  # at that very instant its own asker gives up as well
            await mesh.bus.ask(PublishAll(count=2))
        assert diary.now == 4.0
        await trio.sleep(20)
        assert numbers(heard) == [0]
        assert reasons(mesh)[0] in {"abandoned", "full"}

    async def test_to_itself_does_not_wait_for_itself(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        cell = await mesh.start(Herald, limits=Limits(mailbox=2))
        diary = Diary(mesh)
        await mesh.bus.ask(PublishAll(count=5))
        await mesh.settle()
        assert diary.now == 0.0
        assert reasons(mesh) == ["full"] * 3
        assert books(cell) == (6, 3, 3, 0, 0)


class Echo(Actor):
    """Listens to the same as somebody else."""

    def __init__(self, heard: list[Message]) -> None:
        self._heard = heard

    @Awaited.handler
    async def awaited(self, event: Awaited) -> None:
        self._heard.append(event)
