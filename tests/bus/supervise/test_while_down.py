"""What becomes of messages while their actor, or its whole group, is down (G5, G10, §6.1)."""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import (
    ActorCrashed,
    ActorStopped,
    Backoff,
    Bus,
    Child,
    DeadlineExceeded,
    Intensity,
    Limits,
    MailboxFull,
    Mesh,
    Supervisor,
    Unavailable,
)
from bus.testing import MeshUnderTest
from tests.bus.family import STEADY, Boom, Stage, running
from tests.bus.world import Aside, Poke, Puppet, Read, Script, Urgent, buried

Ends = list[tuple[float, object]]


async def crash(actor: object, message: object) -> None:
    raise Boom("crash")


async def hold(actor: object, message: object) -> None:
    await trio.sleep(1)
    raise Boom("after a while")


async def answer(actor: object, message: Any) -> object:
    return message.n if hasattr(message, "n") else "here"


SCRIPTS: Mapping[str, Script] = {"crash": crash, "hold": hold, "answer": answer}


def puppet(scripts: Mapping[str, Script] | None = None, mailbox: int = 64, **options: Any) -> Child:
    options.setdefault("backoff", STEADY)
    return Child(
        "puppet", partial(Puppet, {**SCRIPTS, **(scripts or {})}), limits=Limits(mailbox=mailbox), **options
    )


def failing_after_the_first(times: int) -> Script:
    """A start that succeeds, then fails some times, with bugs and outages in turn."""
    starts = itertools.count()

    async def start(actor: object) -> None:
        n = next(starts)
        if 1 <= n <= times:
            raise Boom if n % 2 else Unavailable

    return start


class Asker:
    """Asks in the background and writes down how and when each ask ended."""

    def __init__(self, mesh: Mesh, nursery: trio.Nursery) -> None:
        self.bus: Bus = mesh.bus
        self.nursery = nursery
        self.ends: Ends = []

    async def send(self, *messages: Any) -> None:
        for message in messages:
            verb: Callable[[Any], Awaitable[Any]] = (
                self.bus.tell if isinstance(message, Poke) else self.bus.ask
            )
            self.nursery.start_soon(self._send, verb, message)
            await wait_all_tasks_blocked()

    async def _send(self, verb: Callable[[Any], Awaitable[Any]], message: Any) -> None:
        try:
            result: object = await verb(message)
        except (ActorCrashed, ActorStopped, DeadlineExceeded) as error:
            result = type(error)
        self.ends.append((round(trio.current_time(), 6), result))


class TestAnAskThatIsQueued:
    async def test_survives_the_crash_of_the_one_before_it(self, autojump_clock: MockClock) -> None:
        async with running(puppet()) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            nursery.start_soon(asker.send, Read(do="crash"), Read(do="answer", n=1))
            await trio.sleep(1)
            assert asker.ends == [(0, ActorCrashed), (0.2, 1)]

    async def test_survives_several_restarts(self, autojump_clock: MockClock) -> None:
        async with running(puppet()) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(
                Read(do="hold"), *(Read(do="crash", n=n) for n in range(2)), Read(do="answer", n=7)
            )
            await trio.sleep(5)
            assert asker.ends == [(1, ActorCrashed), (1.2, ActorCrashed), (1.6, ActorCrashed), (2.4, 7)]

    async def test_survives_failed_starts_and_outages(self, autojump_clock: MockClock) -> None:
        async with running(puppet({"start": failing_after_the_first(2)})) as mesh:
            async with trio.open_nursery() as nursery:
                asker = Asker(mesh, nursery)
                await asker.send(Read(do="crash"), Read(do="answer", n=1))
            # crash, bug, outage, up
            assert asker.ends == [(0, ActorCrashed), (1.4, 1)]
            assert len(mesh.root.budget.crashes) == 2

    async def test_ends_at_its_own_deadline_all_the_same(self, autojump_clock: MockClock) -> None:
        slow = puppet(backoff=Backoff(first=60, cap=60, jitter=0))
        async with running(slow) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Read(do="crash"), Read(do="answer"))
            await trio.sleep(30)
            assert asker.ends == [(0, ActorCrashed), (10, DeadlineExceeded)]
            await trio.sleep(60)
            assert [reason for _, reason in buried(MeshUnderTest(mesh))] == ["crashed", "expired"]

    async def test_survives_the_restart_of_its_whole_group(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        inner = Supervisor(
            "inner", "rest_for_one", [stage.child("a"), puppet()], intensity=Intensity(0), backoff=STEADY
        )
        async with running(inner) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            stage.crash("a")  # spends the budget: the group ends and its parent restarts it
            await trio.sleep(0.1)
            assert mesh.tree.groups["inner"].node_health().health.state.value == "backoff"
            await asker.send(Read(do="answer", n=1), Poke(do="answer"), Urgent(do="answer"))
            await trio.sleep(1)
            assert asker.ends[0] == (0.1, None)
            assert set(asker.ends[1:]) == {(0.2, 1), (0.2, "here")}

    async def test_ends_when_the_group_gives_up(self, autojump_clock: MockClock) -> None:
        async with running(puppet(), intensity=Intensity(0)) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Read(do="hold"), Read(do="answer"))
            await mesh.wait()
            await wait_all_tasks_blocked()
            assert asker.ends == [(1, ActorCrashed), (1, ActorStopped)]


class TestAFullMailbox:
    async def test_stays_full_over_a_restart_and_its_senders_wait(self, autojump_clock: MockClock) -> None:
        async with running(puppet(mailbox=2)) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Poke(do="crash"))
            await asker.send(
                *(Read(do="answer", n=n) for n in range(5))
            )  # two queued, three waiting for a place
            cell = mesh.bus.routes.named("puppet")
            assert cell is not None
            assert cell.queued == 2
            assert cell.mailbox.waiting_writers == 3
            await trio.sleep(1)
            assert asker.ends[0] == (0, None)
            assert set(asker.ends[1:]) == {(0.2, n) for n in range(5)}

    async def test_turns_senders_away_at_their_deadline(self, autojump_clock: MockClock) -> None:
        slow = puppet(mailbox=1, backoff=Backoff(first=60, cap=60, jitter=0))
        async with running(slow) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Poke(do="crash"), Poke(do="answer"))
            await asker.send(Read(do="answer"))
            await trio.sleep(20)
            assert asker.ends == [(0, None), (0, None), (10, MailboxFull)]

    async def test_turns_senders_away_when_its_actor_stops_for_good(self, autojump_clock: MockClock) -> None:
        slow = puppet(mailbox=1, backoff=Backoff(first=60, cap=60, jitter=0))
        async with running(slow) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Poke(do="crash"), Poke(do="answer"))
            await asker.send(Read(do="answer", n=1), Poke(do="answer", n=2))
            await trio.sleep(1)
            await mesh.stop()
            await wait_all_tasks_blocked()
            assert asker.ends == [(0, None), (0, None), (1, ActorStopped), (1, ActorStopped)]


class TestWhatWasInHand:
    async def test_is_answered_and_buried_and_not_tried_again(self, autojump_clock: MockClock) -> None:
        tries: list[object] = []

        async def die(actor: object, message: object) -> None:
            tries.append(message)
            raise Boom

        async with running(puppet({"die": die})) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Read(do="die"))
            await trio.sleep(10)
            assert asker.ends == [(0, ActorCrashed)]
            assert tries == [Read(do="die")]
            assert buried(MeshUnderTest(mesh)) == [(Read(do="die"), "crashed")]

    @pytest.mark.parametrize(("seconds", "end"), [(0.5, (0.5, "done")), (5.0, (1.0, ActorCrashed))])
    async def test_beside_the_one_that_crashed_gets_a_second_to_end(
        self, autojump_clock: MockClock, seconds: float, end: tuple[float, object]
    ) -> None:
        async def slow(actor: object, message: object) -> str:
            await trio.sleep(seconds)
            return "done"

        async with running(puppet({"slow": slow})) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            await asker.send(Aside(do="slow"), Aside(do="crash"))
            await trio.sleep(10)
            assert asker.ends == [(0, ActorCrashed), end]
