"""An asker that leaves: nobody works for it, and it keeps nobody from a place (G5, G6)."""

from typing import Any

import pytest
import trio

from bus import Actor, Backoff, DeadlineExceeded, Limits, MailboxFull, Message
from bus.run.mailbox import CONTROL_CAPACITY
from bus.testing import MeshUnderTest
from bus.testing.checkpoints import cancel_at_each_checkpoint
from tests.bus.run.asking import ask_into, puppet
from tests.bus.world import Aside, Poke, Read, Urgent, Write, books, buried, reasons

# --- an asker that leaves ---------------------------------------------------------------------------------


async def test_an_ask_in_a_cancelled_scope_is_abandoned_before_it_begins(mesh: MeshUnderTest) -> None:
    cell = await mesh.start(puppet())
    with trio.CancelScope() as scope:
        scope.cancel()
        await mesh.bus.ask(Write(do="answer"))
    assert scope.cancelled_caught
    await mesh.settle()
    assert buried(mesh) == [(Write(do="answer"), "abandoned")]
    assert books(cell) == (1, 0, 1, 0, 0)


async def test_a_reply_that_has_arrived_is_not_lost_to_a_cancellation(mesh: MeshUnderTest) -> None:
    async def cancel_and_answer(actor: Actor, message: Message) -> str:
        scope_of_asker.cancel()
        return "answer"

    async def answer_and_cancel(actor: Actor, message: Message) -> str:
        trio.lowlevel.current_trio_token().run_sync_soon(scope_of_asker.cancel)
        return "answer"

    await mesh.start(puppet(cancel_and_answer=cancel_and_answer, answer_and_cancel=answer_and_cancel))
    with trio.CancelScope() as scope_of_asker:
        await mesh.bus.ask(Write(do="cancel_and_answer"))
    assert scope_of_asker.cancelled_caught
    assert reasons(mesh) == ["late_reply"]  # it came when the asker had been cancelled and did not know yet
    with trio.CancelScope() as scope_of_asker:
        assert await mesh.bus.ask(Write(do="answer_and_cancel")) == "answer"


@pytest.mark.parametrize("kind", [Read, Write, Aside, Urgent])
async def test_an_ask_cancelled_at_any_checkpoint_leaves_nothing_behind(
    mesh: MeshUnderTest, kind: type[Read | Write | Aside | Urgent]
) -> None:
    async def pause(actor: Actor, message: Message) -> str:
        await trio.lowlevel.checkpoint()
        return "answer"

    async def check() -> None:
        await mesh.settle()
        assert cell.in_hand == cell.queued == len(mesh.bus.core.deadlines) == 0
        assert cell.conserved()
        assert await mesh.bus.ask(kind(do="pause")) == "answer"

    async def scenario() -> None:
        outcomes.append(await mesh.bus.ask(kind(do="pause")))

    outcomes: list[str] = []
    cell = await mesh.start(puppet(pause=pause))
    assert await cancel_at_each_checkpoint(scenario, check) == 1
    assert outcomes == ["answer", "answer"]  # cancelled after the answer had come, and not cancelled


async def test_a_request_waiting_for_room_that_is_cancelled_leaves_its_place_to_the_next(
    mesh: MeshUnderTest,
) -> None:
    async def hold(actor: Actor, message: Message) -> None:
        await released[-1].wait()

    async def scenario() -> None:
        released.append(trio.Event())
        await mesh.bus.tell(Poke(do="hold"))
        await mesh.settle()
        await mesh.bus.tell(Poke(do="hold"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_into, results, mesh, Read(do="answer"))
            await mesh.settle()
            nursery.start_soon(release)
            assert await mesh.bus.ask(Read(do="answer")) == "answer"

    async def release() -> None:
        await mesh.settle()
        released[-1].set()

    async def check() -> None:
        released[-1].set()
        await mesh.settle()
        assert (cell.queued, cell.mailbox.waiting_writers, cell.in_hand) == (0, 0, 0)
        assert cell.conserved()

    released: list[trio.Event] = []
    results: list[Any] = []
    cell = await mesh.start(puppet(hold=hold), limits=Limits(mailbox=1))
    assert await cancel_at_each_checkpoint(scenario, check) > 3


# --- places of the dead ---------------------------------------------------------------------------------------


async def test_who_has_left_keeps_no_place(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    """An actor in backoff, and 32 control requests whose askers have gone: the 33rd, a cancel, must get in."""
    cell = await mesh.start(puppet(), backoff=Backoff(first=100.0, cap=100.0, jitter=0.0))
    await mesh.bus.tell(Poke(do="crash"))
    await mesh.settle()
    results: list[Any] = []
    async with trio.open_nursery() as nursery:
        for _ in range(CONTROL_CAPACITY):
            nursery.start_soon(ask_into, results, mesh, Urgent(do="answer"))
        await trio.sleep(1)
        assert len(cell.control) == CONTROL_CAPACITY
        nursery.cancel_scope.cancel()
    assert cell.queued == 0
    assert reasons(mesh)[1:] == ["abandoned"] * CONTROL_CAPACITY
    with pytest.raises(DeadlineExceeded) as caught:
        await mesh.bus.ask(Urgent(do="answer"))
    assert not isinstance(caught.value, MailboxFull)
    assert cell.queued == 0
    assert reasons(mesh)[-1] == "expired"


async def test_the_place_of_who_has_left_goes_to_who_waits_for_one(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    await mesh.start(puppet(), limits=Limits(mailbox=1))
    results: list[Any] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_into, results, mesh, Write(do="sleep"))
        await mesh.settle()
        with trio.move_on_after(0.5):
            nursery.start_soon(ask_into, results, mesh, Read(do="answer"))
            await mesh.bus.ask(Read(do="sleep"))
    assert sorted(results) == ["answer", "slept"]


async def test_a_deadline_is_looked_at_once_more_before_the_handler_begins(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    """Whoever keeps the deadlines may come second in the very instant."""
    results: list[Any] = []
    cell = await mesh.start(puppet())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_into, results, mesh, Write(do="sleep"))
        await mesh.settle()
        nursery.start_soon(ask_into, results, mesh, Read(do="answer"))
        await mesh.settle()
        (waiting,) = cell.mailbox.waiting
        mesh.bus.core.deadlines.remove(waiting)
        waiting.deadline = trio.current_time() + 0.1
    assert {type(each) for each in results} == {str, DeadlineExceeded}
    assert reasons(mesh) == ["expired"]
