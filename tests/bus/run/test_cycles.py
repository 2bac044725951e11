"""Nobody waits in a circle: the message that would close it is refused, and no other (G7)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import Actor, AskCycle, DeadlineExceeded, Limits, Message, Request, SelfSendWouldBlock, concurrent
from bus.message.message import Sink
from bus.testing import MeshUnderTest
from tests.bus.world import (
    Aside,
    Client,
    Diary,
    Hurry,
    Listing,
    Look,
    Order,
    Poke,
    Puppet,
    Read,
    Script,
    Urgent,
    Write,
    buried,
    pass_time,
    without_deadline,
)


async def answer(actor: Actor, message: Message) -> str:
    return "answer"


def asks(request: Request[Any]) -> Script:
    async def ask(actor: Actor, message: Message) -> Any:
        return await actor.bus.ask(request)

    return ask


async def start(mesh: MeshUnderTest, **scripts: Script) -> None:
    """A puppet and a client who know the same scripts."""
    await mesh.start(partial(Puppet, scripts | {"answer": answer}), limits=Limits(mailbox=2))
    await mesh.start(partial(Client, scripts | {"answer": answer}))


async def path_of(mesh: MeshUnderTest, request: Request[Any]) -> tuple[str, ...]:
    with pytest.raises(AskCycle) as caught:
        await mesh.bus.ask(request)
    return caught.value.path


# --- single cases -----------------------------------------------------------------------------------------


async def test_an_actor_that_asks_itself_is_refused_at_once(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await start(mesh, me=asks(Read(do="answer")))
    diary = Diary(mesh)
    with pytest.raises(AskCycle) as caught:
        await mesh.bus.ask(Write(do="me"))
    error = caught.value
    assert (error.path, error.request, error.waited, diary.now) == (
        ("puppet", "puppet"),
        "world.Read@1",
        0.0,
        0.0,
    )
    assert str(error) == "world.Read@1 would close the waiting cycle puppet -> puppet"
    assert buried(mesh) == []  # it was never sent


async def test_two_actors_that_ask_each_other_are_refused_with_the_path(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    await start(mesh, there=asks(Order(do="back")), back=asks(Read(do="answer")))
    diary = Diary(mesh)
    assert await path_of(mesh, Read(do="there")) == ("client", "puppet", "client")
    assert diary.now == 0.0


async def test_an_actor_may_ask_its_own_control_lane(mesh: MeshUnderTest) -> None:
    await start(mesh, me=asks(Urgent(do="answer")))
    assert await mesh.bus.ask(Read(do="me")) == "answer"


async def test_a_control_handler_may_ask_while_its_own_work_lane_waits_for_the_other(
    mesh: MeshUnderTest,
) -> None:
    """The client's work waits for the puppet, which asks the client's control lane, which is free."""
    await start(mesh, there=asks(Read(do="back")), back=asks(Hurry(do="answer")))
    assert await mesh.bus.ask(Order(do="there")) == "answer"


async def test_a_cycle_through_a_control_lane_is_refused(mesh: MeshUnderTest) -> None:
    await start(mesh, there=asks(Hurry(do="back")), back=asks(Read(do="answer")))
    assert await path_of(mesh, Read(do="there")) == ("client", "puppet", "client")


async def test_a_cycle_through_a_handler_that_runs_beside_others_is_refused(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The client waits for this very message of the puppet, so the puppet must not wait for the client."""
    await start(mesh, there=asks(Aside(do="back")), back=asks(Order(do="answer")))
    diary = Diary(mesh)
    assert await path_of(mesh, Order(do="there")) == ("puppet", "client", "puppet")
    assert diary.now == 0.0


async def test_a_handler_that_runs_beside_others_may_ask_its_own_actor(mesh: MeshUnderTest) -> None:
    await start(mesh, me=asks(Read(do="answer")))
    assert await mesh.bus.ask(Aside(do="me")) == "answer"


async def test_waiting_for_a_handler_that_runs_beside_others_does_not_hold_up_its_actor(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The client waits for one message of the puppet; another one of the puppet asks the client: no cycle."""

    async def slow(actor: Actor, message: Message) -> str:
        await trio.sleep(1)
        return "slow"

    async def first(actor: Actor, message: Message) -> Any:
        return await actor.bus.ask(Aside(do="slow"))

    await start(mesh, slow=slow, first=first, back=asks(Order(do="answer")))
    results: list[Any] = []

    async def keep(request: Request[Any]) -> None:
        results.append(await mesh.bus.ask(request))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep, Order(do="first"))
        await mesh.settle()
        nursery.start_soon(keep, Read(do="back"))
    assert results == ["slow", "answer"]


async def test_two_asks_at_once_from_one_handler_count_both(mesh: MeshUnderTest) -> None:
    async def both(actor: Actor, message: Message) -> list[Any]:
        results: list[Any] = []

        async def one(request: Request[Any]) -> None:
            try:
                results.append(await actor.bus.ask(request))
            except AskCycle as cycle:
                results.append(cycle.path)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(one, Aside(do="answer"))
            nursery.start_soon(one, Read(do="back"))
        return results

    await start(mesh, both=both, back=asks(Order(do="answer")))
    results = await mesh.bus.ask(Order(do="both"))
    assert set(results) == {"answer", ("puppet", "client", "puppet")}


async def test_what_an_actor_asks_while_it_starts_counts(mesh: MeshUnderTest) -> None:
    async def start_client(actor: Actor) -> None:
        with pytest.raises(AskCycle) as caught:
            await actor.bus.ask(Read(do="back"))
        paths.append(caught.value.path)

    paths: list[tuple[str, ...]] = []
    await mesh.start(partial(Puppet, {"back": asks(Order(do="answer"))}))
    await mesh.start(partial(Client, {"start": start_client}))
    assert paths == [("puppet", "client", "puppet")]


async def test_what_an_actor_asks_while_it_cleans_up_counts(mesh: MeshUnderTest) -> None:
    async def on_stop(actor: Actor) -> None:
        with pytest.raises(AskCycle) as caught:
            await actor.bus.ask(Read(do="back"))
        paths.append(caught.value.path)

    paths: list[tuple[str, ...]] = []
    await mesh.start(partial(Puppet, {"back": asks(Order(do="answer"))}))
    client = await mesh.start(partial(Client, {"on_stop": on_stop}))
    client.request_stop()
    await mesh.settle()
    assert paths == [("puppet", "client", "puppet")]


async def test_an_asker_whose_answer_has_come_waits_no_longer(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The puppet is stopped when its asker's time is up, and asks that asker in the same step."""

    async def linger(actor: Actor, message: Message) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with without_deadline(), trio.CancelScope(shield=True):
                results.append(await actor.bus.ask(Order(do="answer")))

    async def give_up(actor: Actor, message: Message) -> str:
        with pytest.raises(DeadlineExceeded):
            await actor.bus.ask(Read(do="linger"))
        return "gave up"

    results: list[Any] = []
    await start(mesh, linger=linger, give_up=give_up)
    assert await mesh.bus.ask(Order(do="give_up")) == "gave up"
    await mesh.settle()
    assert results == ["answer"]
    assert mesh.bus.core.waits.idle


# --- waiting for room -------------------------------------------------------------------------------------


async def fill(mesh: MeshUnderTest, do: str) -> None:
    """Make the puppet busy with `do` and fill its two places."""
    await mesh.bus.tell(Poke(do=do))
    await mesh.settle()
    for _ in range(2):
        await mesh.bus.tell(Poke(do="answer"))


def tells(command: Poke) -> Script:
    async def tell(actor: Actor, message: Message) -> str:
        await actor.bus.tell(command)
        return "told"

    return tell


async def test_an_actor_cannot_wait_for_its_own_full_mailbox(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def tell_myself(actor: Actor, message: Message) -> None:
        for n in range(3):
            await actor.bus.tell(Poke(do="answer", n=n))

    await start(mesh, tell_myself=tell_myself)
    diary = Diary(mesh)
    with pytest.raises(SelfSendWouldBlock) as caught:
        await mesh.bus.ask(Read(do="tell_myself"))
    assert str(caught.value) == "puppet cannot wait for its own full mailbox with world.Poke@1"
    assert diary.now == 0.0
    assert buried(mesh) == [(Poke(do="answer", n=2), "full")]


async def test_a_background_task_may_wait_for_the_mailbox_of_its_own_actor(mesh: MeshUnderTest) -> None:
    async def spawn(actor: Actor, message: Message) -> None:
        async def tell() -> None:
            for _ in range(5):
                await actor.bus.tell(Poke(do="answer"))

        actor.spawn(tell)

    await start(mesh, spawn=spawn)
    await mesh.bus.ask(Read(do="spawn"))
    await mesh.settle()
    assert mesh.cell("puppet").books.handled == 6


async def test_a_blocking_tell_that_closes_a_cycle_is_refused_and_buried(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def wait(actor: Actor, message: Message) -> None:
        await trio.sleep(1)
        await actor.bus.ask(Order(do="tell"))

    await start(mesh, wait=wait, tell=tells(Poke(do="answer", n=1)))
    await fill(mesh, "wait")
    await pass_time(mesh, 1)
    assert buried(mesh) == [(Poke(do="answer", n=1), "full")]
    assert mesh.cell("puppet").books.handled == 3


async def test_an_ask_that_closes_a_cycle_with_a_blocked_tell_is_refused(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def wait(actor: Actor, message: Message) -> None:
        await trio.sleep(1)
        with pytest.raises(AskCycle) as caught:
            await actor.bus.ask(Order(do="answer"))
        paths.append(caught.value.path)

    paths: list[tuple[str, ...]] = []
    await start(mesh, wait=wait, tell=tells(Poke(do="answer")))
    await fill(mesh, "wait")
    assert await mesh.bus.ask(Order(do="tell")) == "told"
    assert paths == [("puppet", "client", "puppet")]


async def test_a_sender_that_has_got_its_place_waits_no_longer(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The puppet asks the client in the step in which it gave the client's message a place."""

    async def wait(actor: Actor, message: Message) -> None:
        await trio.sleep(1)

    await start(mesh, wait=wait, tell=tells(Poke(do="answer")), back=asks(Order(do="answer")))
    await mesh.bus.tell(Poke(do="wait"))
    await mesh.settle()
    await mesh.bus.tell(Poke(do="back"))
    await mesh.bus.tell(Poke(do="answer"))
    assert await mesh.bus.ask(Order(do="tell")) == "told"
    await mesh.settle()
    assert mesh.cell("puppet").metrics[Poke].errors == 0
    assert mesh.cell("puppet").books.handled == 4


# --- streams ----------------------------------------------------------------------------------------------


async def test_a_producer_that_asks_its_waiting_consumer_is_refused(mesh: MeshUnderTest) -> None:
    async def produce(actor: Actor, message: Listing, sink: Sink[int]) -> None:
        await trio.lowlevel.checkpoint()
        await actor.bus.ask(Order(do="answer"))

    async def consume(actor: Actor, message: Message) -> None:
        async with actor.bus.stream(Listing(do="produce")) as items:
            async for _ in items:
                pass

    await start(mesh, produce=produce, consume=consume)
    assert await path_of(mesh, Order(do="consume")) == ("puppet", "client", "puppet")


async def test_a_consumer_whose_item_has_come_waits_no_longer(mesh: MeshUnderTest) -> None:
    async def produce(actor: Actor, message: Listing, sink: Sink[int]) -> None:
        await trio.lowlevel.checkpoint()
        await sink.send(1)
        await actor.bus.ask(Order(do="answer"))

    async def consume(actor: Actor, message: Message) -> int:
        async with actor.bus.stream(Listing(do="produce")) as items:
            async for item in items:
                return item
        return 0

    await start(mesh, produce=produce, consume=consume)
    assert await mesh.bus.ask(Order(do="consume")) == 1


async def test_a_stream_of_ones_own_is_refused_before_it_is_opened(mesh: MeshUnderTest) -> None:
    async def consume(actor: Actor, message: Message) -> None:
        async with actor.bus.stream(Listing(do="produce")):
            pytest.fail("it was opened")

    await start(mesh, consume=consume)
    assert await path_of(mesh, Read(do="consume")) == ("puppet", "puppet")
    assert buried(mesh) == []


# --- through a class that runs as often as it may ------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Narrow(Request[Any]):
    within: ClassVar[float] = 100.0
    n: int


@final
@attrs.frozen(kw_only=True)
class Other(Request[int]):
    n: int


class Strait(Actor):
    """Serves two at once; what each of them does a test says."""

    def __init__(self, does: Callable[[Actor, int], Awaitable[Any]]) -> None:
        self._does = does

    @Narrow.handler
    @concurrent(2)
    async def narrow(self, request: Narrow) -> Any:
        return await self._does(self, request.n)

    @Other.handler
    async def other(self, request: Other) -> int:
        return request.n


async def ask_narrow(mesh: MeshUnderTest, ends: list[Any], n: int) -> None:
    try:
        ends.append(await mesh.bus.ask(Narrow(n=n)))
    except AskCycle as cycle:
        ends.append(cycle.path)


async def test_one_at_its_limit_may_ask_its_own_actor_for_something_else(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def does(actor: Actor, n: int) -> int:
        await trio.sleep(1)
        return await actor.bus.ask(Other(n=n))

    await mesh.start(partial(Strait, does))
    ends: list[Any] = []
    async with trio.open_nursery() as nursery:
        for n in range(4):
            nursery.start_soon(ask_narrow, mesh, ends, n)
    assert sorted(ends) == [0, 1, 2, 3]


async def test_the_last_of_a_full_class_that_would_wait_for_one_more_of_it_is_refused(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The first may wait, since the second will end; the second may not, since then nobody would."""

    async def does(actor: Actor, n: int) -> Any:
        await trio.sleep(n)
        if n in {1, 2}:
            try:
                return await actor.bus.ask(Narrow(n=0))
            except AskCycle as cycle:
                return cycle.path
        return n

    await mesh.start(partial(Strait, does), name="strait")
    ends: list[Any] = []
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for n in (1, 2):
            nursery.start_soon(ask_narrow, mesh, ends, n)
    assert ends == [("strait", "strait"), 0]
    assert trio.current_time() - began == 2.0


async def test_who_waits_for_a_full_class_is_free_as_long_as_one_of_it_is(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The client's handler waits behind two; one of them asks the client, the other one just ends."""

    async def does(actor: Actor, n: int) -> Any:
        await trio.sleep(1)
        if n == 1:
            with pytest.raises(DeadlineExceeded):
                await actor.bus.ask(Look(do="answer"))
        await trio.sleep(n)
        return n

    async def through(actor: Actor, message: Any) -> Any:
        return await actor.bus.ask(Narrow(n=9))

    await mesh.start(partial(Strait, does))
    await mesh.start(partial(Client, {"through": through, "answer": answer}))
    ends: list[Any] = []
    async with trio.open_nursery() as nursery:
        for n in (1, 5):
            nursery.start_soon(ask_narrow, mesh, ends, n)
        await mesh.settle()
        assert await mesh.bus.ask(Order(do="through")) == 9
    assert sorted(ends) == [1, 5]


class Impatient(Actor):
    """Its mailbox loop asks for one more of a class that serves one at a time."""

    @Narrow.handler
    @concurrent(1)
    async def narrow(self, request: Narrow) -> int:
        await trio.sleep(request.n)
        return request.n

    @Other.handler
    async def other(self, request: Other) -> Any:
        try:
            return await self.bus.ask(Narrow(n=request.n))
        except AskCycle as cycle:
            return cycle.path


async def test_an_older_message_of_the_loop_counts_beside_those_of_a_full_class(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """The one that is served will end, but the next is not begun before the message that asks for it."""
    await mesh.start(Impatient)
    ends: list[Any] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_narrow, mesh, ends, 5)
        await mesh.settle()
        path: Any = await mesh.bus.ask(Other(n=1))
        assert path == ("impatient", "impatient")
        assert ends == []
    assert ends == [5]
