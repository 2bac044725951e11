"""Everybody who subscribed gets an event, in order; each says what happens when it lags (G24)."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import (
    Actor,
    Backoff,
    Command,
    DeadlineExceeded,
    Event,
    Lag,
    Lane,
    Limits,
    Message,
    Overflow,
    Request,
    Restart,
    Subscription,
    SubscriptionLagged,
)
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.checkpoints import cancel_at_each_checkpoint
from bus.testing.virtual import in_virtual_time
from tests.bus.world import Diary, books, buried, reasons


@final
@attrs.frozen(kw_only=True)
class Rang(Event):
    n: int


@final
@attrs.frozen(kw_only=True)
class Sang(Event):
    n: int


@final
@attrs.frozen(kw_only=True)
class Moved(Event):
    key_field: ClassVar[str | None] = "who"
    who: str
    n: int


# Events an actor handles, one for each thing that may be done when its mailbox is full.


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


def waiting(subscription: Subscription[Any]) -> list[int]:
    """What could be read without waiting."""
    found: list[Any] = []
    while (event := subscription.take_nowait()) is not None:
        found.append(event)
    return numbers(found)


class TestASubscription:
    async def test_gets_events_of_all_its_types_in_the_order_of_publishing(self, mesh: MeshUnderTest) -> None:
        bus = mesh.bus
        async with bus.subscribe(Rang, Sang) as events:
            published: list[Rang | Sang] = [Rang(n=n) if n % 3 else Sang(n=n) for n in range(20)]
            for event in published:
                await bus.publish(event)
            assert [await anext(events) for _ in published] == published
            assert len(events) == 0

    async def test_gets_an_event_once_even_if_it_names_the_type_twice(self, mesh: MeshUnderTest) -> None:
        async with mesh.bus.subscribe(Rang, Rang) as events:
            await mesh.bus.publish(Rang(n=1))
            assert waiting(events) == [1]

    async def test_gets_nothing_of_other_types(self, mesh: MeshUnderTest) -> None:
        async with mesh.bus.subscribe(Rang) as events:
            await mesh.bus.publish(Sang(n=1))
            assert waiting(events) == []

    async def test_gets_only_what_is_published_while_it_lasts(self, mesh: MeshUnderTest) -> None:
        await mesh.bus.publish(Rang(n=1))
        async with mesh.bus.subscribe(Rang) as events:
            await mesh.bus.publish(Rang(n=2))
            assert waiting(events) == [2]
        await mesh.bus.publish(Rang(n=3))
        assert waiting(events) == []

    async def test_with_a_key_gets_only_events_with_that_key(self, mesh: MeshUnderTest) -> None:
        bus = mesh.bus
        async with (
            bus.subscribe(Moved, key="ada") as ada,
            bus.subscribe(Moved, key="bob") as bob,
            bus.subscribe(Moved, Rang, key="ada") as both,
            bus.subscribe(Moved) as everybody,
        ):
            for n, who in enumerate(("ada", "bob", "eve", "ada")):
                await bus.publish(Moved(who=who, n=n))
            await bus.publish(Rang(n=9))
            assert [waiting(each) for each in (ada, bob, both, everybody)] == [
                [0, 3],
                [1],
                [0, 3],
                [0, 1, 2, 3],
            ]
        await bus.publish(Moved(who="ada", n=10))
        assert waiting(ada) == []

    async def test_wakes_a_reader_that_waits(self, mesh: MeshUnderTest) -> None:
        seen: list[int] = []

        async def follow() -> None:
            async for event in events:
                seen.append(event.n)  # noqa: PERF401

        async with mesh.bus.subscribe(Rang) as events, trio.open_nursery() as nursery:
            nursery.start_soon(follow)
            for n in range(5):
                await mesh.settle()
                await mesh.bus.publish(Rang(n=n))
            await mesh.settle()
            nursery.cancel_scope.cancel()
        assert seen == list(range(5))

    async def test_may_have_several_readers(self, mesh: MeshUnderTest) -> None:
        seen: list[int] = []

        async def read_one() -> None:
            seen.append((await anext(events)).n)

        async with mesh.bus.subscribe(Rang) as events, trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(read_one)
                await mesh.settle()
            for n in range(5):
                await mesh.bus.publish(Rang(n=n))
        assert sorted(seen) == list(range(5))

    async def test_ends_for_a_reader_elsewhere_when_its_block_is_left(self, mesh: MeshUnderTest) -> None:
        seen: list[int] = []

        async def follow(events: Subscription[Rang]) -> None:
            seen.extend([event.n async for event in events])

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                async with mesh.bus.subscribe(Rang) as events:
                    nursery.start_soon(follow, events)
                    await mesh.bus.publish(Rang(n=1))
                    await mesh.settle()
        assert seen == [1]

    async def test_loses_nothing_when_its_reader_is_cancelled(self, mesh: MeshUnderTest) -> None:
        seen: list[int] = []
        published = 0

        async def scenario() -> None:
            nonlocal published
            for _ in range(3):
                await mesh.bus.publish(Rang(n=published))
                nursery.start_soon(mesh.bus.publish, Rang(n=published + 1))  # when it is waited for
                published += 2
                for _ in range(2):
                    seen.append((await anext(events)).n)  # noqa: PERF401

        async def check() -> None:
            await mesh.settle()
            seen.extend(waiting(events))
            assert seen == list(range(published))

        async with mesh.bus.subscribe(Rang) as events, trio.open_nursery() as nursery:
            await cancel_at_each_checkpoint(scenario, check)

    async def test_that_is_read_never_keeps_others_from_running(self, mesh: MeshUnderTest) -> None:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await trio.lowlevel.checkpoint()

        async with mesh.bus.subscribe(Rang, limit=1000) as events, trio.open_nursery() as nursery:
            for n in range(1000):
                await mesh.bus.publish(Rang(n=n))
            nursery.start_soon(turn)
            for _ in range(1000):
                await anext(events)
            nursery.cancel_scope.cancel()
        assert turns >= 500


class TestASlowSubscriber:
    async def test_under_drop_oldest_sees_the_newest_and_how_many_are_missing(
        self, mesh: MeshUnderTest
    ) -> None:
        async with mesh.bus.subscribe(Rang, limit=3, lag=Lag.DROP_OLDEST) as events:
            for n in range(3):
                await mesh.bus.publish(Rang(n=n))
            assert events.missed == 0
            for n in range(3, 10):
                await mesh.bus.publish(Rang(n=n))
            assert events.missed == 7
            assert waiting(events) == [7, 8, 9]
            await mesh.bus.publish(Rang(n=10))
            assert (waiting(events), events.missed) == ([10], 7)

    async def test_under_end_gets_what_waits_and_then_the_end(self, mesh: MeshUnderTest) -> None:
        async with mesh.bus.subscribe(Rang, limit=3, lag=Lag.END) as events:
            for n in range(8):
                await mesh.bus.publish(Rang(n=n))
            assert [(await anext(events)).n for _ in range(3)] == [0, 1, 2]
            await mesh.bus.publish(Rang(n=8))  # room or not, it has ended
            for _ in range(2):
                with pytest.raises(SubscriptionLagged, match="has missed 6 events") as caught:
                    await anext(events)
                assert caught.value.missed == events.missed == 6

    async def test_under_end_is_told_at_once_when_it_waits_already(self, mesh: MeshUnderTest) -> None:
        """It cannot lag and wait at the same time, unless it has two readers."""
        outcomes: list[str] = []

        async def read_all() -> None:
            try:
                async for _ in events:
                    pass
            except SubscriptionLagged:
                outcomes.append("lagged")

        async with mesh.bus.subscribe(Rang, limit=1) as events, trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(read_all)
            await mesh.settle()
            for n in range(3):
                await mesh.bus.publish(Rang(n=n))
        assert outcomes == ["lagged", "lagged"]

    @pytest.mark.parametrize("lag", [Lag.END, Lag.DROP_OLDEST])
    async def test_does_not_slow_its_publisher(
        self, autojump_clock: Any, mesh: MeshUnderTest, lag: Lag
    ) -> None:
        async with (
            mesh.bus.subscribe(Rang, limit=1, lag=lag),
            mesh.bus.subscribe(Rang, limit=1000) as quick,
        ):
            with trio.fail_after(0):  # publishing does not even yield
                for n in range(1000):
                    await mesh.bus.publish(Rang(n=n))
            assert waiting(quick) == list(range(1000))

    async def test_under_block_makes_its_publisher_wait(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        diary = Diary(mesh)

        async def publish() -> None:
            for n in range(6):
                await mesh.bus.publish(Rang(n=n))
                diary.note(f"published {n}")

        async with (
            mesh.bus.subscribe(Rang, limit=2, lag=Lag.BLOCK) as events,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(publish)
            seen: list[int] = []
            for _ in range(6):
                await trio.sleep(1)
                seen.append((await anext(events)).n)
        assert seen == list(range(6))
        assert diary.lines == [
            (0.0, "published 0"),
            (0.0, "published 1"),
            (1.0, "published 2"),
            (2.0, "published 3"),
            (3.0, "published 4"),
            (4.0, "published 5"),
        ]


class TestPublishersThatWait:
    async def test_each_get_a_place_in_the_order_in_which_they_came(self, mesh: MeshUnderTest) -> None:
        """One place and ten publishers: no wake-up is lost and nobody pushes in."""
        async with mesh.bus.subscribe(Rang, limit=1, lag=Lag.BLOCK) as events:
            with trio.fail_after(5):
                async with trio.open_nursery() as nursery:
                    for n in range(10):
                        nursery.start_soon(mesh.bus.publish, Rang(n=n))
                        await mesh.settle()
                    assert [(await anext(events)).n for _ in range(10)] == list(range(10))

    async def test_go_on_when_the_subscriber_leaves(self, mesh: MeshUnderTest) -> None:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                async with mesh.bus.subscribe(Rang, limit=1, lag=Lag.BLOCK):
                    for n in range(5):
                        nursery.start_soon(mesh.bus.publish, Rang(n=n))
                    await mesh.settle()
                    assert len(nursery.child_tasks) == 4

    @pytest.mark.parametrize("leaving", [0, 1, 2])
    async def test_forget_nobody_while_others_come_and_go(self, mesh: MeshUnderTest, leaving: int) -> None:
        """Three subscribers; the publisher waits for the first, one of them leaves, another one comes."""
        async with trio.open_nursery() as nursery:
            subscriptions = [mesh.bus.subscribe(Rang, limit=1, lag=Lag.BLOCK)]
            subscriptions += [mesh.bus.subscribe(Rang) for _ in range(2)]
            events = [await subscription.__aenter__() for subscription in subscriptions]
            await mesh.bus.publish(Rang(n=0))
            nursery.start_soon(mesh.bus.publish, Rang(n=1))
            await mesh.settle()
            await subscriptions[leaving].__aexit__(None, None, None)
            async with mesh.bus.subscribe(Rang) as newcomer:
                await mesh.settle()
                if leaving != 0:
                    assert (await anext(events[0])).n == 0
                    await mesh.settle()
                seen = [waiting(each) for each in events]
                assert waiting(newcomer) == []
            for index, subscription in enumerate(subscriptions):
                if index != leaving:
                    await subscription.__aexit__(None, None, None)
        expected = [[1] if leaving else [], [0, 1], [0, 1]]
        expected[leaving] = []
        assert seen == expected

    async def test_and_are_cancelled_have_published_nothing_there(self, mesh: MeshUnderTest) -> None:
        async with mesh.bus.subscribe(Rang, limit=1, lag=Lag.BLOCK) as events:
            await mesh.bus.publish(Rang(n=0))
            async with trio.open_nursery() as nursery:
                for n in (1, 2, 3):
                    nursery.start_soon(mesh.bus.publish, Rang(n=n))
                await mesh.settle()
                nursery.cancel_scope.cancel()
            assert waiting(events) == [0]
            await mesh.bus.publish(Rang(n=4))
            assert waiting(events) == [4]

    async def test_and_are_cancelled_when_they_have_just_got_a_place_have_published(
        self, mesh: MeshUnderTest
    ) -> None:
        async with mesh.bus.subscribe(Rang, limit=1, lag=Lag.BLOCK) as events:
            await mesh.bus.publish(Rang(n=0))
            async with trio.open_nursery() as nursery:
                for n in (1, 2):
                    nursery.start_soon(mesh.bus.publish, Rang(n=n))
                    await mesh.settle()
                assert numbers([events.take_nowait()]) == [0]
                nursery.cancel_scope.cancel()
            assert waiting(events) == [1]


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


# --- any order of publishing and reading ----------------------------------------------------------------------

STEPS = st.lists(st.sampled_from(["publish", "publish", "read", "read all"]), max_size=40)


@given(steps=STEPS, limit=st.integers(1, 5), lag=st.sampled_from(Lag))
def test_whatever_the_order_a_subscription_is_a_bounded_list(steps: list[str], limit: int, lag: Lag) -> None:
    in_virtual_time(_compare_with_a_list, steps, limit, lag)


async def _compare_with_a_list(steps: list[str], limit: int, lag: Lag) -> None:
    published, missed, ended = 0, 0, False
    model: list[int] = []
    async with open_test_mesh() as mesh, mesh.bus.subscribe(Rang, limit=limit, lag=lag) as events:
        async with trio.open_nursery() as nursery:
            for step in steps:
                if step == "publish":
                    nursery.start_soon(mesh.bus.publish, Rang(n=published))
                    await mesh.settle()
                    if lag is Lag.BLOCK or (len(model) < limit and not ended):
                        model.append(published)
                    else:
                        missed += 1
                        ended = ended or lag is Lag.END
                        if lag is Lag.DROP_OLDEST:
                            model = [*model[1:], published]
                    published += 1
                else:
                    count = len(model) if step == "read all" else min(1, len(model))
                    for _ in range(count):
                        assert (await anext(events)).n == model.pop(0)
                    await mesh.settle()
                assert len(events) == min(limit, len(model))
                assert events.missed == missed
                assert len(nursery.child_tasks) == max(0, len(model) - limit)
            nursery.cancel_scope.cancel()
