"""A loop that stands still is noticed, and whoever holds it is named; what all tasks do can be asked for (G15)."""

import inspect
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import Actor, Child, Supervisor
from bus.console.dump import task_tree
from bus.console.stall import Stall, Watchdog, inspect_thread
from tests.bus.family import running
from tests.bus.world import Aside, Listing, Order, Poke, Puppet, Read, Scripted, Urgent

TOLD: list[Stall] = []
"""Reports of spins. No event, whose methods are functions in which the loop would be held."""


def spin(longest: float = 20.0) -> None:
    """Hold the loop until that is told, and a moment longer, in which it could be told again."""
    until = time.monotonic() + longest
    while time.monotonic() < until:
        if TOLD:
            TOLD.clear()
            until = time.monotonic() + 0.2


async def spinning(actor: object, message: object = None, sink: object = None) -> None:
    spin()


class Reports:
    """What the watchdog said of ``spin``; on a busy machine other things may stand still as well."""

    def __init__(self) -> None:
        TOLD.clear()
        self.all: list[Stall] = []

    def take(self, stall: Stall) -> None:
        self.all.append(stall)
        if stall.where.endswith(" in spin"):
            TOLD.append(stall)

    @property
    def stalls(self) -> list[Stall]:
        return [stall for stall in self.all if stall.where.endswith(" in spin")]

    @property
    def named(self) -> list[tuple[str, str]]:
        return [(stall.actor, stall.message) for stall in self.stalls]

    @contextmanager
    def watching(self, limit: float = 0.15) -> Generator[None]:
        watchdog = Watchdog(self.take, limit=limit)
        watchdog.start()
        try:
            yield
        finally:
            watchdog.stop()


class Wakings(trio.abc.Instrument):
    """How often the loop has gone round."""

    count = 0

    def after_io_wait(self, timeout: float) -> None:
        self.count += 1


@pytest.fixture
def reports() -> Reports:
    # Whoever reads the sources of a whole stack for the first time may not be done before a spin has ended.
    inspect_thread(threading.get_ident(), 0.0)
    return Reports()


class TestTheWatchdog:
    @pytest.mark.parametrize(
        ("message", "name"),
        [(Read(do="spin"), "Read"), (Urgent(do="spin"), "Urgent"), (Aside(do="spin"), "Aside")],
    )
    async def test_names_actor_message_and_line_of_a_handler_that_spins(
        self, reports: Reports, message: Any, name: str
    ) -> None:
        async with running(Child("busy", partial(Puppet, {"spin": spinning}))) as mesh:
            with reports.watching():
                await mesh.bus.ask(message)
        assert len(reports.stalls) == 1
        stall = reports.stalls[0]
        assert (stall.actor, stall.message) == ("busy", f"world.{name}@1")
        assert 0.15 < stall.seconds < 20
        assert re.fullmatch(rf"{re.escape(__file__)}:\d+ in spin", stall.where)
        first = inspect.getsourcelines(spin)[1]
        line = int(stall.where.removeprefix(f"{__file__}:").split()[0])
        assert first < line < first + 6
        assert "in spinning\n" in stall.stack
        assert str(stall).startswith("the loop stands still for ")
        assert str(stall).endswith(f" s: busy handling world.{name}@1, at {stall.where}")

    async def test_names_the_producer_of_a_stream(self, reports: Reports) -> None:
        async with running(Child("busy", partial(Puppet, {"spin": spinning}))) as mesh:
            with reports.watching():
                async with mesh.bus.stream(Listing(do="spin")) as items:
                    assert [item async for item in items] == []
        assert reports.named == [("busy", "world.Listing@1")]

    @pytest.mark.parametrize("where", ["constructor", "start", "background", "on_stop"])
    async def test_names_the_actor_whose_other_code_spins(self, reports: Reports, where: str) -> None:
        class Slow(Actor):
            def __init__(self) -> None:
                if where == "constructor":
                    spin()

            async def start(self) -> None:
                if where == "start":
                    spin()
                if where == "background":
                    self.spawn(self.work)

            async def work(self) -> None:
                spin()

            async def on_stop(self) -> None:
                if where == "on_stop":
                    spin()

        with reports.watching():
            async with running(Child("slow", Slow)):
                await trio.lowlevel.checkpoint()
        assert reports.named == [("slow", "")]
        assert "slow, at " in str(reports.stalls[0])

    async def test_names_the_inner_actor_when_one_holds_the_loop_for_another(self, reports: Reports) -> None:
        async def ask(actor: Actor, message: object) -> None:
            await actor.bus.ask(Read(do="spin"))

        children = (
            Child("inner", partial(Puppet, {"spin": spinning})),
            Child("outer", partial(Asking, {"ask": ask})),
        )
        async with running(*children) as mesh:
            with reports.watching():
                await mesh.bus.ask(Order(do="ask"))
        assert reports.named == [("inner", "world.Read@1")]

    async def test_knows_code_outside_of_any_actor(self, reports: Reports) -> None:
        with reports.watching():
            await trio.lowlevel.checkpoint()
            spin()
            await trio.lowlevel.checkpoint()
        assert reports.named == [("", "")]
        assert "code outside of any actor" in str(reports.stalls[0])

    async def test_reports_each_stall_once(self, reports: Reports) -> None:
        with reports.watching():
            for _ in range(2):
                spin()
                await trio.sleep(1.0)  # until it has seen that the loop turns again
        assert len(reports.stalls) == 2

    async def test_is_silent_while_the_loop_turns(self, reports: Reports) -> None:
        with reports.watching(limit=1.5):  # a busy machine may stand still for a while by itself
            await trio.sleep(2.5)
        assert reports.all == []

    async def test_does_not_wake_a_loop_that_has_nothing_to_do(self, reports: Reports) -> None:
        wakings = Wakings()
        with reports.watching(limit=0.02):
            trio.lowlevel.add_instrument(wakings)
            await trio.sleep(0.5)
            trio.lowlevel.remove_instrument(wakings)
        assert wakings.count < 5  # one of its own; the watchdog looks fifty times

    async def test_counts_from_its_start(self, reports: Reports) -> None:
        watchdog = Watchdog(reports.take, limit=1.0)
        time.sleep(1.1)  # noqa: ASYNC251 - nobody watches yet
        watchdog.start()
        await trio.sleep(0.2)
        watchdog.stop()
        assert reports.all == []

    def test_ends_with_the_loop_it_watches(self, reports: Reports) -> None:
        async def main() -> threading.Thread:
            before = set(threading.enumerate())
            Watchdog(reports.all.append, limit=0.02).start()
            (own,) = set(threading.enumerate()) - before
            return own

        thread = trio.run(main)
        thread.join(60)
        assert not thread.is_alive()

    def test_says_what_little_it_can_of_a_thread_that_has_gone(self) -> None:
        stall = inspect_thread(-1, 2.0)
        assert str(stall) == "the loop stands still for 2.0 s: code outside of any actor, at unknown"


async def work(actor: Actor) -> None:
    await trio.sleep(60)


class Asking(Scripted):
    @Order.handler
    async def order(self, request: Order) -> Any:
        return await self.run(request)


class TestTheTaskTree:
    async def test_shows_each_task_below_its_parent_and_what_its_actor_does(
        self, autojump_clock: MockClock
    ) -> None:
        async def slow(actor: object, message: object = None) -> None:
            await trio.sleep(60)

        async def start(actor: Actor) -> None:
            actor.spawn(work, actor)

        inner = Supervisor(
            "inner", "one_for_one", [Child("puppet", partial(Puppet, {"slow": slow, "start": start}))]
        )
        async with running(inner) as mesh:
            await mesh.bus.tell(Poke(do="slow"))
            await mesh.bus.tell(Poke(do="slow"))
            await wait_all_tasks_blocked()
            await trio.sleep(2.5)
            text = task_tree()
            await trio.sleep(200)
        lines = text.splitlines()
        tree = [line for line in lines if re.match(r" *(root|inner|puppet|\*)", line)]
        assert [re.sub(r":\d+ ", " ", line.strip()) for line in tree] == [
            "root  at supervise/supervisor.py in _sleep",
            "root/inner  at supervise/supervisor.py in _sleep",
            "inner/puppet  at console/test_stall.py in slow",
            "* puppet: ready, incarnation 1, 1 waiting",
            "*   world.Poke@1 from outside for 2.5 s",
            "puppet:work  at console/test_stall.py in work",
        ]
        depths = [len(line) - len(line.lstrip()) for line in tree]
        assert [depth - depths[0] for depth in depths] == [0, 2, 4, 4, 4, 6]
        assert lines[0].startswith("<init>")
        assert any(line.endswith("  at this call") for line in lines)

    async def test_shows_complaints_and_tasks_that_have_yet_to_begin(self, autojump_clock: MockClock) -> None:
        async def slow(actor: object, message: object = None) -> None:
            await trio.sleep(1)

        async with running(Child("puppet", partial(Puppet, {"slow": slow}))) as mesh:
            cell = mesh.bus.routes.named("puppet")
            assert cell is not None
            assert cell.actor is not None
            cell.actor.degraded("slow disk")
            text = ""
            while "about to begin" not in text:  # a matter of luck, since tasks run in random order
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(mesh.bus.ask, Aside(do="slow"))
                    while not cell.hands.current:
                        await trio.lowlevel.checkpoint()
                    text = task_tree()
        assert "* puppet: degraded (slow disk), incarnation 1, 0 waiting\n" in text
        assert "*   world.Aside@1 from outside about to begin\n" in text
        assert "puppet:Aside  at run/serving.py" in text
        assert "<TrioToken.run_sync_soon task>  at a place inside trio\n" in text
