"""What senders see of a full mailbox, policy by policy, and that whoever waits is told (G3)."""

from functools import partial
from typing import Any

import pytest
import trio

from bus import (
    Actor,
    ActorStopped,
    Backoff,
    Limits,
    MailboxFull,
    Message,
)
from bus.run.running import RunningActor
from bus.testing import MeshUnderTest
from tests.bus.world import (
    Diary,
    Eager,
    Poke,
    Puppet,
    Urgent,
    books,
    end,
    pass_time,
    reasons,
)


async def forever(actor: Actor, message: Message) -> None:
    await trio.sleep_forever()


async def second(actor: Actor, message: Message) -> None:
    await trio.sleep(1)


async def full_puppet(mesh: MeshUnderTest, places: int = 2, do: str = "forever") -> RunningActor:
    """A puppet that is busy and whose mailbox is full of pokes 1, 2, …"""
    scripts = {"forever": forever, "second": second}
    cell = await mesh.start(partial(Puppet, scripts), name="full", limits=Limits(mailbox=places))
    await mesh.bus.tell(Poke(do=do, n=0))
    await mesh.settle()
    for n in range(places):
        await mesh.bus.tell(Poke(do=do, n=n + 1))
    return cell


# --- BLOCK ------------------------------------------------------------------------------------------------


async def test_a_sender_waits_until_there_is_room(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    cell = await full_puppet(mesh, do="second")
    diary = Diary(mesh)
    await mesh.bus.tell(Poke(do="second", n=3))
    assert diary.now == 1.0
    await pass_time(mesh, 5)
    assert books(cell) == (4, 4, 0, 0, 0)
    assert cell.mailbox.waits == 1


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
        end(actor)

    async def tell() -> None:
        try:
            await mesh.bus.tell(Poke(do="finish", n=9))
        except ActorStopped as error:
            errors.append(error)

    errors: list[ActorStopped] = []
    cell = await mesh.start(partial(Puppet, {"finish": finish}), limits=Limits(mailbox=1))
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


async def test_a_message_that_does_not_wait_for_room_is_refused_at_once(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await full_puppet(mesh)
    diary = Diary(mesh)
    with pytest.raises(MailboxFull) as caught:
        await mesh.bus.ask(Eager(do="forever"))
    error = caught.value
    assert (error.to, error.depth, error.waited, error.retry_safe) == ("full", 2, 0.0, True)
    assert diary.now == 0.0
    assert reasons(mesh) == ["full"]
    assert books(cell) == (4, 0, 1, 2, 1)


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
