"""A mailbox does what plain lists would do, whatever happens in whatever order (G3)."""

from collections import deque
from typing import Any

import attrs
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus.message.envelope import Envelope
from bus.run.mailbox import Mailbox
from bus.testing.virtual import in_virtual_time
from tests.bus.run.envelopes import envelope, numbers, settle
from tests.bus.world import Keyed

KEYS = st.sampled_from("ab")
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.booleans()),
    st.tuples(st.just("take")),
    st.tuples(st.just("read")),
    st.tuples(st.just("wake")),
    st.tuples(st.just("stop reading")),
    st.tuples(st.just("stop writing"), st.integers(0, 5)),
    st.tuples(st.just("drain"), KEYS),
    st.tuples(st.just("clear")),
    st.tuples(st.just("settle")),
)


@attrs.define
class Model:
    """What a mailbox should hold, as plain lists of numbers and keys."""

    capacity: int
    work: list[tuple[int, str]] = attrs.field(factory=list)
    writers: list[tuple[int, str]] = attrs.field(factory=list)
    turned_away: set[int] = attrs.field(factory=set)
    taken: list[int] = attrs.field(factory=list)
    lost: list[int] = attrs.field(factory=list)
    reader: str = "none"
    """``none``, ``parked``, or how it is about to come back: ``message`` or ``woken``."""

    def put(self, n: int, key: str) -> bool:
        if len(self.work) < self.capacity:
            self._append(n, key)
            return True
        return False

    def _append(self, n: int, key: str) -> None:
        self.work.append((n, key))
        if self.reader == "parked":
            self.reader = "message"

    def admit(self) -> None:
        while self.writers and len(self.work) < self.capacity:
            self._append(*self.writers.pop(0))

    def take(self) -> int | None:
        if not self.work:
            return None
        n, _ = self.work.pop(0)
        self.taken.append(n)
        self.admit()
        return n

    def read(self) -> None:
        if self.reader == "none":
            self.reader = "parked"
            if self.work:
                self.take()
                self.reader = "none"

    def wake(self) -> None:
        if self.reader != "none":
            self.reader = "woken"

    def settle(self) -> None:
        if self.reader == "message":
            self.take()
        if self.reader in {"message", "woken"}:
            self.reader = "none"

    def drain(self, key: str) -> list[int]:
        found = [n for n, other in self.work if other == key]
        self.work = [(n, other) for n, other in self.work if other != key]
        self.taken += found
        if found:
            self.admit()
        return found

    def clear(self) -> list[int]:
        everything = [n for n, _ in self.work]
        self.lost += everything
        self.turned_away |= {n for n, _ in self.writers}
        self.work, self.writers = [], []
        return everything


class Machine:
    """Does the same to a mailbox and to its model."""

    def __init__(self, nursery: trio.Nursery, capacity: int) -> None:
        self.nursery = nursery
        self.model = Model(capacity)
        self.mailbox = Mailbox(capacity, admitted=lambda each: self.admitted.append(each.seq))
        self.admitted: list[int] = []
        self.queued: list[int] = []
        self.turned_away: set[int] = set()
        self.taken: list[int] = []
        self.lost: list[int] = []
        self.given_up: list[int] = []
        self.issued = 0
        self.writers: dict[int, trio.CancelScope] = {}
        self.reader: trio.CancelScope | None = None

    def number(self) -> int:
        self.issued += 1
        return self.issued

    async def put(self, key: str, wait: bool) -> None:  # noqa: FBT001 - drawn
        if wait:  # starting a task takes a turn, so nobody may be about to do something
            await self.settle()
        n = self.number()
        message = envelope(n, Keyed(of=key, n=n))
        full = not self.mailbox.put(message)
        assert full is not self.model.put(n, key)
        if full and wait:
            self.model.writers.append((n, key))
            scope = self.writers[n] = trio.CancelScope()
            await self.nursery.start(self._write, message, scope)
        elif full:
            self.given_up.append(n)

    async def _write(
        self, message: Envelope, scope: trio.CancelScope, task_status: trio.TaskStatus[None]
    ) -> None:
        task_status.started()
        with scope:
            if await self.mailbox.put_when_room(message):
                self.queued.append(message.seq)
            else:
                self.turned_away.add(message.seq)
        del self.writers[message.seq]

    async def take(self) -> None:
        taken = self.mailbox.take()
        assert (taken and taken.seq) == self.model.take()
        if taken is not None:
            self.taken.append(taken.seq)

    async def read(self) -> None:
        await self.settle()
        if self.reader is None:
            self.reader = trio.CancelScope()
            self.model.read()
            await self.nursery.start(self._read, self.reader)

    async def _read(self, scope: trio.CancelScope, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        with scope:
            message = self.mailbox.take_at_once() or await self.mailbox.get()  # as the mailbox loop does
            if message is not None:
                self.taken.append(message.seq)
        self.reader = None

    async def wake(self) -> None:
        self.mailbox.wake()
        self.model.wake()

    async def stop_reading(self) -> None:
        if self.reader is not None:
            self.reader.cancel()
            if self.model.reader == "parked":
                self.model.reader = "none"
            await self.settle()

    async def stop_writing(self, which: int) -> None:
        waiting = [n for n, _ in self.model.writers]
        if which < len(waiting):
            n = waiting[which]
            self.writers[n].cancel()
            self.model.writers = [(m, key) for m, key in self.model.writers if m != n]
            self.given_up.append(n)

    async def drain(self, key: str) -> None:
        drained = self.mailbox.drain(lambda each: getattr(each.message, "of", None) == key)
        assert numbers(drained) == self.model.drain(key)
        self.taken += numbers(drained)

    async def clear(self) -> None:
        cleared = self.mailbox.clear()
        assert numbers(cleared) == self.model.clear()
        self.lost += numbers(cleared)

    async def settle(self) -> None:
        await settle()
        self.model.settle()

    def check(self) -> None:
        model, mailbox = self.model, self.mailbox
        assert numbers(mailbox.waiting) == [n for n, _ in model.work]
        assert len(mailbox.waiting) <= mailbox.capacity
        assert mailbox.waiting_writers == len(model.writers)
        assert self.lost == model.lost

    async def finish(self) -> None:
        """Everything that was offered is somewhere, once, and nobody waits for what there is."""
        await self.settle()
        self.check()
        model = self.model
        assert self.taken == model.taken
        assert self.queued == self.admitted
        assert self.turned_away == model.turned_away
        assert (self.reader is not None) == (model.reader == "parked")
        assert not (model.writers and len(model.work) < model.capacity)
        assert not (model.reader == "parked" and model.work)
        waiting = [n for n, _ in model.writers]
        ends = [*self.taken, *self.lost, *self.given_up, *self.turned_away, *waiting]
        assert sorted([*ends, *(n for n, _ in model.work)]) == list(range(1, self.issued + 1))
        self.nursery.cancel_scope.cancel()


@given(capacity=st.integers(1, 3), steps=st.lists(STEPS, max_size=40))
def test_it_does_what_a_list_would_do(capacity: int, steps: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        async with trio.open_nursery() as nursery:
            machine = Machine(nursery, capacity)
            for name, *arguments in steps:
                await getattr(machine, name.replace(" ", "_"))(*arguments)
                machine.check()
            await machine.finish()

    in_virtual_time(run)


@given(sends=st.lists(st.integers(1, 4), min_size=1, max_size=12), capacity=st.integers(1, 3))
def test_with_any_number_of_waiting_senders_the_order_is_that_of_sending(
    sends: list[int], capacity: int
) -> None:
    async def run() -> None:
        async with trio.open_nursery() as nursery:
            mailbox = Mailbox(capacity)
            sent: deque[int] = deque()
            received: list[int] = []

            async def send(count: int) -> None:
                for _ in range(count):
                    n = len(sent)
                    sent.append(n)
                    message = envelope(n)
                    if not mailbox.put(message):
                        await mailbox.put_when_room(message)
                    await trio.lowlevel.checkpoint()

            for count in sends:
                nursery.start_soon(send, count)
            while len(received) < sum(sends):
                message = await mailbox.get()
                assert message is not None
                received.append(message.seq)
            assert received == list(sent)

    in_virtual_time(run)
