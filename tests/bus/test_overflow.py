"""What senders see of a full mailbox, policy by policy, and that whoever waits is told (G3)."""

from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorStopped,
    Backoff,
    Command,
    DeliveryError,
    Event,
    Limits,
    MailboxFull,
    Message,
    Overflow,
    Request,
    Restart,
)
from bus.cell import Cell
from bus.testing import MeshUnderTest
from tests.bus.world import (
    Diary,
    Latest,
    Poke,
    Puppet,
    Read,
    Scripted,
    Urgent,
    books,
    buried,
    pass_time,
    reasons,
)


async def forever(actor: Actor, message: Message) -> None:
    await trio.sleep_forever()


async def second(actor: Actor, message: Message) -> None:
    await trio.sleep(1)


async def full_puppet(mesh: MeshUnderTest, overflow: Overflow, places: int = 2, do: str = "forever") -> Cell:
    """A puppet that is busy and whose mailbox is full of pokes 1, 2, …"""
    scripts = {"forever": forever, "second": second, "latest": second}
    cell = await mesh.start(
        partial(Puppet, scripts), name="full", limits=Limits(mailbox=places, overflow=overflow)
    )
    await mesh.bus.tell(Poke(do=do, n=0))
    await mesh.settle()
    for n in range(places):
        await mesh.bus.tell(Poke(do=do, n=n + 1))
    return cell


def queued(cell: Cell) -> list[Message]:
    return [envelope.message for envelope in cell.mailbox.work]


# --- BLOCK ------------------------------------------------------------------------------------------------


async def test_a_sender_waits_until_there_is_room(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await full_puppet(mesh, Overflow.BLOCK, do="second")
    diary = Diary(mesh)
    await mesh.bus.tell(Poke(do="second", n=3))
    assert diary.now == 1.0
    await pass_time(mesh, 5)
    assert books(cell) == (4, 4, 0, 0, 0)
    assert cell.mailbox.statistics().waits == 1


async def test_senders_get_their_turn_in_the_order_in_which_they_sent(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def note(actor: Actor, message: Poke) -> None:
        order.append(message.n)
        await trio.sleep(1)

    order: list[int] = []
    await mesh.start(partial(Puppet, {"note": note}), limits=Limits(mailbox=1))
    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(mesh.bus.tell, Poke(do="note", n=n))
            await mesh.settle()
    await pass_time(mesh, 20)
    assert order == list(range(20))


async def test_a_sender_that_waits_at_an_actor_that_stops_for_good_is_told(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def finish(actor: Actor, message: Message) -> None:
        await trio.sleep(2)
        actor.finish()

    async def tell() -> None:
        try:
            await mesh.bus.tell(Poke(do="finish", n=9))
        except ActorStopped as error:
            errors.append(error)

    errors: list[ActorStopped] = []
    cell = await mesh.start(
        partial(Puppet, {"finish": finish}), limits=Limits(mailbox=1), restart=Restart.TRANSIENT
    )
    async with trio.open_nursery() as nursery:
        await mesh.bus.tell(Poke(do="finish"))
        await mesh.settle()
        await mesh.bus.tell(Poke(do="finish"))
        nursery.start_soon(tell)
    assert [(error.waited, error.retry_safe) for error in errors] == [(2.0, True)]
    assert reasons(mesh) == ["stopped", "stopped"]
    assert books(cell) == (3, 1, 2, 0, 0)


async def test_who_waits_is_still_served_after_a_restart(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def crash(actor: Actor, message: Poke) -> None:
        done.append(message.n)
        if message.n == 0:
            await trio.sleep(1)
            raise RuntimeError("a bug")

    done: list[int] = []
    await mesh.start(
        partial(Puppet, {"crash": crash}), limits=Limits(mailbox=1), backoff=Backoff(first=1.0, jitter=0.0)
    )
    async with trio.open_nursery() as nursery:
        for n in range(4):
            nursery.start_soon(mesh.bus.tell, Poke(do="crash", n=n))
            await mesh.settle()
    await pass_time(mesh, 0)
    assert done == [0, 1, 2, 3]


# --- REJECT -----------------------------------------------------------------------------------------------


async def test_a_rejecting_actor_says_so_at_once_with_its_depth(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await full_puppet(mesh, Overflow.REJECT)
    diary = Diary(mesh)
    for message in (Poke(do="forever", n=9), Read(do="forever")):
        with pytest.raises(MailboxFull) as caught:
            await (mesh.bus.ask(message) if isinstance(message, Read) else mesh.bus.tell(message))
        error = caught.value
        assert (error.to, error.depth, error.waited, error.retry_safe) == ("full", 2, 0.0, True)
    assert diary.now == 0.0
    assert reasons(mesh) == ["full", "full"]
    assert books(cell) == (5, 0, 2, 2, 1)


# --- DROP -------------------------------------------------------------------------------------------------


async def test_the_newest_is_dropped_and_its_sender_content(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await full_puppet(mesh, Overflow.DROP_NEWEST)
    await mesh.bus.tell(Poke(do="forever", n=9))
    assert buried(mesh) == [(Poke(do="forever", n=9), "dropped")]
    assert queued(cell) == [Poke(do="forever", n=1), Poke(do="forever", n=2)]


async def test_the_oldest_is_dropped_and_its_sender_content(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await full_puppet(mesh, Overflow.DROP_OLDEST)
    await mesh.bus.tell(Poke(do="forever", n=9))
    assert buried(mesh) == [(Poke(do="forever", n=1), "dropped")]
    assert queued(cell) == [Poke(do="forever", n=2), Poke(do="forever", n=9)]


@pytest.mark.parametrize("overflow", [Overflow.DROP_NEWEST, Overflow.DROP_OLDEST])
async def test_an_asker_whose_request_is_dropped_is_told_at_once(
    autojump_clock: Any, mesh: MeshUnderTest, overflow: Overflow
) -> None:
    async def ask(n: int) -> None:
        try:
            await mesh.bus.ask(Read(do="forever", n=n))
        except DeliveryError as error:
            ends.append((n, type(error), error.waited))

    ends: list[tuple[int, type[DeliveryError], float]] = []
    scripts = {"forever": forever}
    await mesh.start(partial(Puppet, scripts), limits=Limits(mailbox=1, overflow=overflow))
    async with trio.open_nursery() as nursery:
        for n in range(3):
            nursery.start_soon(ask, n)
            await pass_time(mesh, 1)
        dropped = 1 if overflow is Overflow.DROP_OLDEST else 2
        assert ends == [(dropped, MailboxFull, 1.0 if dropped == 1 else 0.0)]
        nursery.cancel_scope.cancel()


# --- COALESCE ---------------------------------------------------------------------------------------------


async def test_the_latest_for_a_key_replaces_the_queued_one_in_place(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await full_puppet(mesh, Overflow.BLOCK, places=4)
    cell.mailbox.drain(lambda _: True)
    cell.books.handled += 4  # they are of no interest here
    for of, n in (("a", 1), ("b", 2), ("a", 3), ("a", 4)):
        await mesh.bus.tell(Latest(of=of, n=n))
    assert queued(cell) == [Latest(of="a", n=4), Latest(of="b", n=2)]
    assert buried(mesh) == [(Latest(of="a", n=1), "coalesced"), (Latest(of="a", n=3), "coalesced")]


async def test_the_first_for_a_key_waits_for_a_place_like_any_other(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await full_puppet(mesh, Overflow.REJECT, places=1, do="second")
    began = trio.current_time()
    await mesh.bus.tell(Latest(of="a", n=1))
    assert trio.current_time() == began + 1
    assert queued(cell) == [Latest(of="a", n=1)]
    assert buried(mesh) == []


@final
@attrs.frozen(kw_only=True)
class Newest(Request[int]):
    """Whoever asks later asks for those before too; they have to ask again."""

    overflow: ClassVar[Overflow | None] = Overflow.COALESCE
    n: int


@final
@attrs.frozen(kw_only=True)
class Busy(Command):
    pass


@final
@attrs.frozen(kw_only=True)
class Sampled(Event):
    """An event whose subscribers choose what happens to it by its class."""

    overflow: ClassVar[Overflow | None] = Overflow.REJECT
    n: int


@final
@attrs.frozen(kw_only=True)
class Urgently(Event):
    overflow: ClassVar[Overflow | None] = Overflow.BLOCK
    n: int


class Crowded(Scripted):
    def __init__(self) -> None:
        super().__init__({})
        self.seen: list[int] = []

    @Newest.handler
    async def newest(self, request: Newest) -> int:
        return request.n

    @Busy.handler
    async def busy(self, command: Busy) -> None:
        await trio.sleep(1)

    @Sampled.handler
    async def sampled(self, event: Sampled) -> None:
        self.seen.append(event.n)

    @Urgently.handler
    async def urgently(self, event: Urgently) -> None:
        self.seen.append(event.n)


async def test_an_asker_whose_request_is_replaced_is_told_at_once(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def ask(n: int) -> None:
        try:
            ends.append(await mesh.bus.ask(Newest(n=n)))
        except MailboxFull as error:
            ends.append(error.waited)

    ends: list[float] = []
    await mesh.start(Crowded)
    await mesh.bus.tell(Busy())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, 7)
        await pass_time(mesh, 0.5)
        nursery.start_soon(ask, 8)
    assert ends == [0.5, 8]


# --- events -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", [1, 3])
async def test_an_event_without_room_is_lost_visibly_and_its_publisher_goes_on(
    autojump_clock: Any, mesh: MeshUnderTest, places: int
) -> None:
    cell = await mesh.start(Crowded, limits=Limits(mailbox=places))
    await mesh.bus.tell(Busy())
    await mesh.settle()
    diary = Diary(mesh)
    for n in range(3):
        await mesh.bus.publish(Sampled(n=n))
    assert diary.now == 0.0
    await pass_time(mesh, 2)
    assert reasons(mesh) == ["full"] * (3 - places)
    assert books(cell) == (4, 1 + places, 3 - places, 0, 0)


async def test_a_publisher_waits_for_an_actor_where_the_event_says_so(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await mesh.start(Crowded, limits=Limits(mailbox=1))
    await mesh.bus.tell(Busy())
    await mesh.settle()
    diary = Diary(mesh)
    for n in range(3):
        await mesh.bus.publish(Urgently(n=n))
    assert diary.now == 1.0
    await mesh.settle()
    assert isinstance(cell.actor, Crowded)
    assert cell.actor.seen == [0, 1, 2]


# --- control lane -----------------------------------------------------------------------------------------


async def test_the_33rd_control_message_is_refused_at_once(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def start(actor: Actor) -> None:
        await trio.sleep(1)

    async def answer(actor: Actor, message: Message) -> str:
        return "answer"

    async def ask() -> None:
        try:
            ends.append(await mesh.bus.ask(Urgent(do="answer")))
        except MailboxFull as error:
            ends.append(f"{error.waited}")

    ends: list[str] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mesh.start, partial(Puppet, {"start": start, "answer": answer}))
        await mesh.settle()
        for _ in range(33):
            nursery.start_soon(ask)
        await mesh.settle()
        assert ends == ["0.0"]
    assert ends == ["0.0"] + ["answer"] * 32
    assert reasons(mesh) == ["full"]
