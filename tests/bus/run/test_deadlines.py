"""Deadlines travel with the message, and nobody works for an asker who has left (G6). All instants are exact."""

from contextlib import suppress
from functools import partial
from typing import Any

import attrs
import pytest
import trio

from bus import Actor, Bus, DeadlineExceeded, MailboxFull, Message
from bus.keep.limits import Limits
from bus.message.envelope import INFINITY, current
from bus.run.reply import Deadlines
from bus.testing import MeshUnderTest
from bus.testing.virtual import in_virtual_time
from tests.bus.world import (
    Aside,
    Client,
    Diary,
    Look,
    Order,
    Poke,
    Puppet,
    Read,
    Script,
    Stale,
    Urgent,
    Write,
    buried,
    pass_time,
    reasons,
)

# --- the table --------------------------------------------------------------------------------------------

FREE, SCOPE, INHERITED = "free", "scope", "inherited"
"""Where the asker's limit comes from: nowhere, a trio scope around the ask, the deadline of what it handles itself."""


@attrs.frozen
class Case:
    kind: type[Read | Write | Aside | Urgent]
    limit: str
    busy: float
    """Seconds the owner is busy with something else when the ask arrives."""
    work: float
    """Seconds the handler needs."""
    asker: tuple[float, str]
    """When and how the ask ends."""
    handler: tuple[float, str] | None
    """When and how the handler ends; None when it never begins."""
    lost: tuple[str, ...] = ()
    """Reasons of dead letters about the request."""

    def __str__(self) -> str:
        return f"{self.kind.__name__}-{self.limit}-busy{self.busy:g}-work{self.work:g}"


TABLE = [
    # In time: the reply.
    Case(Read, FREE, 0, 9, (9, "reply"), (9, "finished")),
    Case(Write, FREE, 0, 9, (9, "reply"), (9, "finished")),
    Case(Read, FREE, 6, 3, (9, "reply"), (9, "finished")),
    Case(Read, SCOPE, 0, 2, (2, "reply"), (2, "finished")),
    Case(Read, INHERITED, 0, 2, (2, "reply"), (2, "finished")),
    # The class's own 10 seconds.
    Case(Read, FREE, 0, 20, (10, "deadline, begun"), (10, "cancelled"), ("expired",)),
    Case(Aside, FREE, 0, 20, (10, "deadline, begun"), (10, "cancelled"), ("expired",)),
    Case(Urgent, FREE, 0, 20, (10, "deadline, begun"), (10, "cancelled"), ("expired",)),
    Case(Write, FREE, 0, 20, (10, "deadline, begun"), (20, "finished"), ("late_reply",)),
    Case(Read, FREE, 8, 20, (10, "deadline, begun"), (10, "cancelled"), ("expired",)),
    Case(Write, FREE, 8, 20, (10, "deadline, begun"), (28, "finished"), ("late_reply",)),
    # Never begun.
    Case(Read, FREE, 15, 1, (10, "deadline, waiting"), None, ("expired",)),
    Case(Write, FREE, 15, 1, (10, "deadline, waiting"), None, ("expired",)),
    Case(Aside, FREE, 15, 1, (10, "deadline, waiting"), None, ("expired",)),
    Case(Urgent, FREE, 15, 1, (1, "reply"), (1, "finished")),
    # The asker's own scope of 3 seconds: it leaves.
    Case(Read, SCOPE, 0, 20, (3, "left"), (3, "cancelled"), ("abandoned",)),
    Case(Aside, SCOPE, 0, 20, (3, "left"), (3, "cancelled"), ("abandoned",)),
    Case(Urgent, SCOPE, 0, 20, (3, "left"), (3, "cancelled"), ("abandoned",)),
    Case(Write, SCOPE, 0, 20, (3, "left"), (20, "finished"), ("late_reply",)),
    Case(Read, SCOPE, 5, 1, (3, "left"), None, ("abandoned",)),
    Case(Write, SCOPE, 5, 1, (3, "left"), None, ("abandoned",)),
    # What the asker handles itself has 4 seconds; its own handler is stopped at the same instant.
    Case(Read, INHERITED, 0, 20, (4, "deadline, begun"), (4, "cancelled"), ("expired",)),
    Case(Aside, INHERITED, 0, 20, (4, "deadline, begun"), (4, "cancelled"), ("expired",)),
    Case(Write, INHERITED, 0, 20, (4, "deadline, begun"), (20, "finished"), ("late_reply",)),
    Case(Read, INHERITED, 5, 1, (4, "deadline, waiting"), None, ("expired",)),
    Case(Write, INHERITED, 5, 1, (4, "deadline, waiting"), None, ("expired",)),
]


@pytest.mark.parametrize("case", TABLE, ids=str)
async def test_an_ask_and_its_handler_end_when_and_how_the_table_says(
    autojump_clock: Any, mesh: MeshUnderTest, case: Case
) -> None:
    async def busy(actor: Actor, message: Message) -> None:
        await trio.sleep(case.busy)

    async def work(actor: Actor, message: Message) -> str:
        try:
            await trio.sleep(case.work)
        except trio.Cancelled:
            handler.append((diary.now, "cancelled"))
            raise
        handler.append((diary.now, "finished"))
        return "reply"

    async def ask(actor: Actor, message: Message) -> None:
        with trio.CancelScope(shield=True):  # the deadline of what we handle is to be seen, not to cancel us
            await ask_and_tell(actor.bus)

    async def ask_and_tell(bus: Bus) -> None:
        try:
            end = await bus.ask(request)
        except DeadlineExceeded as error:
            end = "deadline, waiting" if error.retry_safe else "deadline, begun"
        except trio.Cancelled:
            asker.append((diary.now, "left"))
            raise
        asker.append((diary.now, end))

    request = case.kind(do="work")
    asker: list[tuple[float, str]] = []
    handler: list[tuple[float, str]] = []
    await mesh.start(partial(Puppet, {"busy": busy, "work": work}))
    await mesh.start(partial(Client, {"ask": ask}))
    diary = Diary(mesh)
    if case.busy:
        await mesh.bus.tell(Poke(do="busy"))
        await mesh.settle()
    if case.limit == INHERITED:
        with suppress(DeadlineExceeded):
            await mesh.bus.ask(Look(do="ask"))
    else:
        with trio.move_on_after(3 if case.limit == SCOPE else INFINITY):
            await ask_and_tell(mesh.bus)
    await pass_time(mesh, 60)
    assert asker == [case.asker]
    assert handler == ([] if case.handler is None else [case.handler])
    assert tuple(reason for message, reason in buried(mesh) if message == request) == case.lost
    assert len(mesh.bus.core.deadlines) == 0


# --- what is handed on ------------------------------------------------------------------------------------


async def forever(actor: Actor, message: Message) -> None:
    await trio.sleep_forever()


def deadlines_of(seen: dict[str, float], start: float) -> Script:
    """A script that notes how many seconds after `start` its own deadline is, and asks the puppet in turn."""

    async def note(actor: Actor, message: Message) -> None:
        seen[type(message).__name__] = current.get().limit - start
        if isinstance(message, Order | Look):
            await actor.bus.ask(Read(do="note"))

    return note


async def test_a_handler_that_finishes_what_it_began_has_time_of_its_own(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    seen: dict[str, float] = {}
    note = deadlines_of(seen, trio.current_time())
    await mesh.start(partial(Puppet, {"note": note}))
    await mesh.start(partial(Client, {"note": note}))
    await mesh.bus.ask(Order(do="note"))
    assert seen == {"Order": INFINITY, "Read": 10.0}


async def test_a_handler_that_only_reads_hands_its_deadline_on(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    seen: dict[str, float] = {}
    note = deadlines_of(seen, trio.current_time())
    await mesh.start(partial(Puppet, {"note": note}))
    await mesh.start(partial(Client, {"note": note}))
    await mesh.bus.ask(Look(do="note"))
    assert seen == {"Look": 4.0, "Read": 4.0}


async def test_a_command_that_has_begun_is_not_bound_by_the_moment_it_would_have_been_stale(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def ask(actor: Actor, message: Message) -> None:
        await trio.sleep(4.9)
        answers.append(await actor.bus.ask(Order(do="slow")))

    async def slow(actor: Actor, message: Message) -> str:
        await trio.sleep(20)
        return "slow"

    answers: list[str] = []
    await mesh.start(partial(Puppet, {"ask": ask}))
    await mesh.start(partial(Client, {"slow": slow}))
    await mesh.bus.tell(Stale(do="ask"))
    await pass_time(mesh, 30)
    assert answers == ["slow"]


async def test_leaving_stops_the_whole_chain_of_readers_at_once(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def step(actor: Actor, message: Message) -> None:
        try:
            if isinstance(message, Look):
                await actor.bus.ask(Read(do="step"))
            await trio.sleep_forever()
        finally:
            diary.note(type(message).__name__)

    puppet = await mesh.start(partial(Puppet, {"step": step}))
    client = await mesh.start(partial(Client, {"step": step}))
    diary = Diary(mesh)
    with trio.move_on_after(2):
        await mesh.bus.ask(Look(do="step"))
    await mesh.settle()
    assert sorted(diary.lines) == [(2.0, "Look"), (2.0, "Read")]
    assert reasons(mesh) == ["abandoned", "abandoned"]
    assert puppet.in_hand == client.in_hand == 0


async def test_after_the_asker_has_left_a_reader_takes_no_further_step(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def count(actor: Actor, message: Message) -> None:
        while True:
            await trio.sleep(1)
            diary.note("step")

    cell = await mesh.start(partial(Puppet, {"count": count}))
    diary = Diary(mesh)
    with trio.move_on_after(3.5):
        await mesh.bus.ask(Read(do="count"))
    await pass_time(mesh, 10)
    assert diary.lines == [(1.0, "step"), (2.0, "step"), (3.0, "step")]
    assert cell.incarnation == 1
    assert cell.running


async def test_a_handler_may_clean_up_when_its_asker_has_left(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def tidy(actor: Actor, message: Message) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(5, shield=True):
                await trio.sleep(1)
                diary.note("tidied")

    async def answer(actor: Actor, message: Message) -> str:
        return "answer"

    await mesh.start(partial(Puppet, {"tidy": tidy, "answer": answer}))
    diary = Diary(mesh)
    with trio.move_on_after(2):
        await mesh.bus.ask(Read(do="tidy"))
    diary.note("left")
    assert await mesh.bus.ask(Read(do="answer")) == "answer"
    assert diary.lines == [(2.0, "left"), (3.0, "tidied")]


async def test_the_handler_behind_an_abandoned_one_is_not_touched(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def ends_as_it_is_cancelled(actor: Actor, message: Read) -> int:
        scopes[message.n].cancel()
        return message.n

    scopes = {n: trio.CancelScope() for n in range(3)}
    answers: list[int] = []

    async def ask(n: int) -> None:
        with scopes[n] if n != 1 else trio.CancelScope():
            answers.append(await mesh.bus.ask(Read(do="end", n=n)))

    await mesh.start(partial(Puppet, {"end": ends_as_it_is_cancelled}))
    async with trio.open_nursery() as nursery:
        for n in range(3):
            nursery.start_soon(ask, n)
            await mesh.settle()
    assert answers == [1]


# --- what was not begun -----------------------------------------------------------------------------------


async def test_a_stale_command_is_buried_and_not_begun(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def busy(actor: Actor, message: Message) -> None:
        await trio.sleep(5)

    async def note(actor: Actor, message: Message) -> None:
        diary.note("begun")

    await mesh.start(partial(Puppet, {"busy": busy, "note": note}))
    diary = Diary(mesh)
    await mesh.bus.tell(Poke(do="busy"))
    await mesh.bus.tell(Stale(do="note"))
    await trio.sleep(1)
    await mesh.bus.tell(Stale(do="note"))
    await pass_time(mesh, 10)
    assert diary.lines == [(5.0, "begun")]
    assert buried(mesh) == [(Stale(do="note"), "expired")]


async def test_waiting_for_room_ends_at_the_deadline(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    await mesh.start(partial(Puppet, {"forever": forever}), name="full", limits=Limits(mailbox=1))
    for _ in range(2):
        await mesh.bus.tell(Poke(do="forever"))
        await mesh.settle()
    for message, seconds in ((Stale(do="forever"), 5.0), (Read(do="forever"), 10.0)):
        diary = Diary(mesh)
        with pytest.raises(MailboxFull) as caught:
            await (mesh.bus.ask(message) if isinstance(message, Read) else mesh.bus.tell(message))
        error = caught.value
        assert (diary.now, error.waited, error.depth, error.retry_safe) == (seconds, seconds, 1, True)
        assert str(error) == f"full stayed full (1 waiting) for {seconds} s"
    assert reasons(mesh) == ["full", "full"]


async def test_a_tell_is_bound_by_the_deadline_of_what_is_being_handled(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def tell(actor: Actor, message: Message) -> None:
        with trio.CancelScope(shield=True):
            try:
                await actor.bus.tell(Poke(do="forever"))
            except MailboxFull:
                diary.note("full")

    await mesh.start(partial(Puppet, {"forever": forever}), limits=Limits(mailbox=1))
    await mesh.start(partial(Client, {"tell": tell}))
    diary = Diary(mesh)
    for _ in range(2):
        await mesh.bus.tell(Poke(do="forever"))
        await mesh.settle()
    with suppress(DeadlineExceeded):  # both end at the same instant, in any order
        await mesh.bus.ask(Look(do="tell"))
    await mesh.settle()
    assert diary.lines == [(4.0, "full")]


async def test_an_ask_whose_time_is_up_already_ends_at_once(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def late(actor: Actor, message: Message) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(7)
            with pytest.raises(DeadlineExceeded) as caught:
                await actor.bus.ask(Read(do="note"))
            diary.note(f"{caught.value.waited}")

    async def note(actor: Actor, message: Message) -> None:
        diary.note("begun")

    await mesh.start(partial(Puppet, {"note": note}))
    await mesh.start(partial(Client, {"late": late}))
    diary = Diary(mesh)
    with pytest.raises(DeadlineExceeded):
        await mesh.bus.ask(Look(do="late"))
    await pass_time(mesh, 5)
    assert diary.lines == [(7.0, "0.0")]
    assert sorted(reasons(mesh)) == ["expired", "late_reply"]


# --- the one task that keeps them all ---------------------------------------------------------------------


def test_each_deadline_is_kept_to_the_instant_whatever_the_order() -> None:
    async def run() -> None:
        ended: list[tuple[float, object]] = []
        deadlines = Deadlines(lambda envelope: ended.append((trio.current_time(), envelope)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(deadlines.run, trio.current_time)
            names: list[Any] = ["a", "b", "c", "d", "e"]
            for name, at in zip(names, (7.0, 3.0, 5.0, 3.0, 9.0), strict=True):
                deadlines.add(name, at)
            deadlines.remove(names[2])
            deadlines.remove(names[2])
            await trio.sleep(4)
            deadlines.add(names[4], 6.0)  # moved
            deadlines.add(names[1], 4.0)  # due now
            assert len(deadlines) == 3
            await trio.sleep(10)
            assert len(deadlines) == 0
            nursery.cancel_scope.cancel()
        assert ended == [(3.0, "b"), (3.0, "d"), (4.0, "b"), (6.0, "e"), (7.0, "a")]

    in_virtual_time(run)
