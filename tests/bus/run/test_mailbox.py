"""Bounded, explicit overflow, one reader; nothing is lost, doubled or overtaken (G3)."""

import trio

from bus.message.envelope import Envelope
from bus.run.mailbox import FAIRNESS, Beside, Mailbox
from bus.testing.checkpoints import cancel_at_each_checkpoint
from tests.bus.run.envelopes import envelope, numbers, settle


def filled(capacity: int, messages: int) -> Mailbox:
    mailbox = Mailbox(capacity)
    for n in range(messages):
        mailbox.put(envelope(n))
    return mailbox


# --- taking -----------------------------------------------------------------------------------------------


async def test_messages_come_out_in_the_order_they_went_in() -> None:
    mailbox = filled(10, 10)
    assert [(await mailbox.get() or envelope(-1)).seq for _ in range(10)] == list(range(10))
    assert mailbox.take() is None


async def test_a_parked_reader_gets_the_message_that_arrives(nursery: trio.Nursery) -> None:
    async def read() -> None:
        got.append(await mailbox.get())

    got: list[Envelope | None] = []
    mailbox = Mailbox()
    nursery.start_soon(read)
    await settle()
    mailbox.put(envelope(7))
    await settle()
    assert got[0] is not None
    assert got[0].seq == 7


async def test_a_woken_reader_comes_back_without_a_message_even_if_one_has_arrived(
    nursery: trio.Nursery,
) -> None:
    async def read() -> None:
        got.append(await mailbox.get())

    got: list[Envelope | None] = []
    mailbox = Mailbox()
    nursery.start_soon(read)
    await settle()
    mailbox.put(envelope(1))
    mailbox.wake()
    await settle()
    assert got == [None]
    assert numbers(mailbox.waiting) == [1]


async def test_a_reader_woken_while_it_yields_leaves_the_message() -> None:
    class WakeWhileItYields(trio.abc.Instrument):
        def after_task_step(self, task: trio.lowlevel.Task) -> None:
            mailbox.wake()

    mailbox = filled(100, 100)
    for _ in range(FAIRNESS - 1):
        await mailbox.get()
    instrument = WakeWhileItYields()
    trio.lowlevel.add_instrument(instrument)
    assert await mailbox.get() is None
    trio.lowlevel.remove_instrument(instrument)
    assert len(mailbox) == 100 - (FAIRNESS - 1)


async def test_a_wake_that_nobody_waited_for_is_forgotten(nursery: trio.Nursery) -> None:
    async def read() -> None:
        got.append(await mailbox.get())

    got: list[Envelope | None] = []
    mailbox = Mailbox()
    mailbox.wake()
    nursery.start_soon(read)
    await settle()
    mailbox.put(envelope(1))
    await settle()
    assert [each and each.seq for each in got] == [1]

    mailbox = filled(100, 100)
    mailbox.wake()
    assert [(await mailbox.get() or envelope(-1)).seq for _ in range(100)] == list(range(100))


async def test_a_busy_reader_yields_every_64_messages(nursery: trio.Nursery) -> None:
    async def count() -> None:
        while True:
            turns.append(1)
            await trio.lowlevel.checkpoint()

    turns: list[int] = []
    mailbox = filled(1000, 10 * FAIRNESS)
    nursery.start_soon(count)
    for _ in range(10 * FAIRNESS):
        assert mailbox.take_at_once() or await mailbox.get()
    nursery.cancel_scope.cancel()
    assert 9 <= len(turns) <= 11


async def test_what_is_taken_at_once_counts_among_the_64_and_gives_its_place_away(
    nursery: trio.Nursery,
) -> None:
    mailbox = filled(FAIRNESS, FAIRNESS)
    nursery.start_soon(mailbox.put_when_room, envelope(FAIRNESS))
    await settle()
    for n in range(FAIRNESS - 1):
        taken = mailbox.take_at_once()
        assert taken is not None
        assert taken.seq == n
    assert numbers(mailbox.waiting) == [FAIRNESS - 1, FAIRNESS]
    assert mailbox.take_at_once() is None  # the reader has to yield
    assert await mailbox.get() is not None
    assert mailbox.take_at_once() is not None
    assert mailbox.take_at_once() is None  # there is none


async def test_a_reader_whose_messages_were_taken_while_it_yielded_waits_for_the_next(
    nursery: trio.Nursery,
) -> None:
    class DrainWhileItYields(trio.abc.Instrument):
        def after_task_step(self, task: trio.lowlevel.Task) -> None:
            mailbox.drain(lambda _: True)

    async def read() -> None:
        got.append(await mailbox.get())

    got: list[Envelope | None] = []
    mailbox = filled(FAIRNESS, FAIRNESS)
    for _ in range(FAIRNESS - 1):
        mailbox.take_at_once()
    instrument = DrainWhileItYields()
    trio.lowlevel.add_instrument(instrument)
    nursery.start_soon(read)
    await settle()
    trio.lowlevel.remove_instrument(instrument)
    assert got == []
    mailbox.put(envelope(99))
    await settle()
    assert [each and each.seq for each in got] == [99]


async def test_a_reader_cancelled_at_any_checkpoint_loses_nothing(nursery: trio.Nursery) -> None:
    async def put(message: Envelope) -> None:
        mailbox.put(message)

    async def scenario() -> None:
        nursery.start_soon(put, envelope(len(offered)))
        offered.append(len(offered))
        received = await mailbox.get()
        assert received is not None
        taken.append(received.seq)

    async def check() -> None:
        await settle()
        while (left := mailbox.take()) is not None:
            taken.append(left.seq)
        assert taken == offered

    offered: list[int] = []
    taken: list[int] = []
    mailbox = Mailbox()
    assert await cancel_at_each_checkpoint(scenario, check) == 1


# --- waiting for room -------------------------------------------------------------------------------------


async def test_who_waits_for_room_is_queued_in_order_before_anybody_else(nursery: trio.Nursery) -> None:
    mailbox = filled(1, 1)
    for n in (1, 2, 3):
        nursery.start_soon(mailbox.put_when_room, envelope(n))
        await settle()
    assert mailbox.take() is not None
    assert not mailbox.put(envelope(4))  # the place was given away in the same step
    assert numbers(mailbox.waiting) == [1]
    nursery.start_soon(mailbox.put_when_room, envelope(4))
    await settle()
    order: list[int] = []
    while (each := mailbox.take()) is not None:
        order.append(each.seq)
    assert order == [1, 2, 3, 4]


async def test_a_writer_cancelled_at_any_checkpoint_leaves_everything_as_it_was(
    nursery: trio.Nursery,
) -> None:
    async def make_room() -> None:
        taken.append(mailbox.take())

    async def scenario() -> None:
        nursery.start_soon(make_room)
        assert await mailbox.put_when_room(envelope(1))
        arrived.append(1)

    async def check() -> None:
        await settle()
        assert mailbox.waiting_writers == 0
        assert numbers(mailbox.waiting) == arrived
        mailbox.clear()
        mailbox.put(envelope(0))
        arrived.clear()

    arrived: list[int] = []
    taken: list[Envelope | None] = []
    mailbox = filled(1, 1)
    assert await cancel_at_each_checkpoint(scenario, check) == 1


async def test_a_cancelled_writer_leaves_its_turn_to_the_next(nursery: trio.Nursery) -> None:
    mailbox = filled(1, 1)
    with trio.CancelScope() as first:
        async with trio.open_nursery() as inner:
            inner.start_soon(mailbox.put_when_room, envelope(1))
            await settle()
            nursery.start_soon(mailbox.put_when_room, envelope(2))
            await settle()
            first.cancel()
    mailbox.take()
    assert numbers(mailbox.waiting) == [2]


async def test_clearing_turns_away_who_waits(nursery: trio.Nursery) -> None:
    async def write() -> None:
        queued.append(await mailbox.put_when_room(envelope(9)))

    queued: list[bool] = []
    mailbox = filled(2, 2)
    nursery.start_soon(write)
    await settle()
    assert numbers(mailbox.clear()) == [0, 1]
    await settle()
    assert queued == [False]
    assert len(mailbox) == 0


async def test_draining_makes_room_for_as_many_as_wait(nursery: trio.Nursery) -> None:
    admitted: list[int] = []
    mailbox = Mailbox(3, admitted=lambda each: admitted.append(each.seq))
    for n in range(3):
        mailbox.put(envelope(n))
    for n in (3, 4, 5):
        nursery.start_soon(mailbox.put_when_room, envelope(n))
        await settle()
    assert numbers(mailbox.drain(lambda each: each.seq != 1)) == [0, 2]
    assert numbers(mailbox.waiting) == [1, 3, 4]
    assert admitted == [3, 4]
    mailbox.take()
    assert admitted == [3, 4, 5]


# --- what runs beside others ------------------------------------------------------------------------------


def test_a_class_may_run_as_often_as_its_limit_says() -> None:
    beside = Beside(2, limit=2)
    for n in (0, 1):
        assert beside.is_free
        beside.running.add(envelope(n))
    assert not beside.is_free


def test_what_is_removed_is_taken_out_alone() -> None:
    mailbox = filled(5, 2)
    each = envelope(2)
    mailbox.put(each)
    assert mailbox.remove(each)
    assert not mailbox.remove(each)
    assert numbers(mailbox.waiting) == [0, 1]


# --- room -------------------------------------------------------------------------------------------------


def test_a_full_mailbox_takes_nothing_more() -> None:
    mailbox = filled(2, 2)
    assert not mailbox.put(envelope(2))
    assert numbers(mailbox.waiting) == [0, 1]


def test_the_statistics_tell_depth_peak_and_waits() -> None:
    mailbox = filled(4, 3)
    mailbox.take()
    assert (len(mailbox), mailbox.capacity, mailbox.peak) == (2, 4, 3)
    assert (mailbox.waiting_writers, mailbox.waits) == (0, 0)
