"""Every subscription gets its events in order, and says what happens when it lags (G24)."""

from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import Event, Lag, Subscription, SubscriptionLagged
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.checkpoints import cancel_at_each_checkpoint
from bus.testing.virtual import in_virtual_time


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
        assert bus._subscriptions._table == {}  # keys come and go

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

        with trio.fail_after(60):
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
                    if len(model) < limit and not ended:
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
            nursery.cancel_scope.cancel()
