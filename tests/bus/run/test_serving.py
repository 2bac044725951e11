"""How an actor takes its messages: one at a time, beside each other, or in the control lane (G2, G3)."""

from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest
import trio

from bus import Actor, ActorCrashed, ActorStopped, DeadlineExceeded, Message, State
from bus.message.envelope import OUTSIDE
from bus.run.mailbox import Mailbox
from bus.run.serving import NOT_ZERO
from bus.testing import MeshUnderTest
from tests.bus.run.scene import Scene
from tests.bus.world import Aside, Poke, Puppet, Read, Urgent, books, buried, pass_time, reasons

# --- one at a time ----------------------------------------------------------------------------------------


async def test_work_is_done_one_message_at_a_time(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    for n in range(3):
        await scene.mesh.bus.tell(Poke(do="second", n=n))
    await pass_time(scene.mesh, 3)
    assert scene.lines == [(0.0, "Poke 0"), (1.0, "Poke 1"), (2.0, "Poke 2")]


async def test_no_message_is_begun_after_a_stop_was_asked_for(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    await scene.mesh.settle()
    await scene.mesh.bus.tell(Poke(do="note"))  # its reader has been woken, and has not run yet
    cell.request_stop()
    await scene.mesh.settle()
    assert scene.lines == []
    assert reasons(scene.mesh) == ["stopped"]


async def test_no_message_is_begun_by_an_incarnation_that_has_crashed(
    autojump_clock: Any, scene: Scene
) -> None:
    async def spawn(actor: Actor, message: Message) -> None:
        async def fail() -> None:
            await scene.mesh.bus.tell(Poke(do="life"))
            raise RuntimeError("a bug")

        actor.spawn(fail)

    async def life(actor: Actor, message: Message) -> None:
        scene.diary.note(f"life {cell.incarnation}")

    cell = await scene.start(spawn=spawn, life=life)
    await scene.mesh.bus.tell(Poke(do="spawn"))
    await pass_time(scene.mesh, 2)
    assert scene.lines == [(1.0, "life 2")]


async def test_an_actor_can_tell_that_it_is_to_stop(autojump_clock: Any, scene: Scene) -> None:
    async def run(actor: Actor, message: Message) -> None:
        while not actor.stopping:
            await trio.sleep(1)
        scene.diary.note("came to a good place")

    cell = await scene.start(run=run)
    await scene.mesh.bus.tell(Poke(do="run"))
    await trio.sleep(2.5)
    cell.request_stop()
    await pass_time(scene.mesh, 1)
    assert scene.lines == [(3.0, "came to a good place")]
    assert books(cell) == (1, 1, 0, 0, 0)


async def test_an_actor_can_wait_until_it_is_to_stop(autojump_clock: Any, scene: Scene) -> None:
    async def run(actor: Actor, message: Message) -> None:
        await actor.stopped()
        scene.diary.note(f"asked to stop: {actor.stopping}")

    cell = await scene.start(run=run)
    await scene.mesh.bus.tell(Poke(do="run"))
    await trio.sleep(2.5)
    cell.request_stop()
    await pass_time(scene.mesh, 1)
    assert scene.lines == [(2.5, "asked to stop: True")]


async def test_a_message_taken_at_the_zero_of_the_clock_counts_as_taken(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    cell = await mesh.start(partial(Puppet, {}))
    envelope = mesh.bus.core.envelope("tell", Poke(do=""), OUTSIDE, "puppet", 0.0, target=cell)
    cell.hands.serial = envelope
    assert cell._serving._begin(envelope)
    assert envelope.taken_at == NOT_ZERO
    cell.hands.put_down(envelope)


# --- beside each other ------------------------------------------------------------------------------------


async def test_up_to_its_limit_a_class_is_served_at_once(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    async with trio.open_nursery() as nursery:
        for n in range(5):
            nursery.start_soon(scene.ask, Aside(do="second", n=n))
            await scene.mesh.settle()
    assert sorted(scene.lines) == [
        (0.0, "Aside 0"),
        (0.0, "Aside 1"),
        (1.0, "Aside 2"),
        (1.0, "Aside 3"),
        (2.0, "Aside 4"),
    ]


async def test_serial_work_goes_on_beside_them(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Aside(do="second", n=1))
        await scene.mesh.settle()
        await scene.mesh.bus.tell(Poke(do="second", n=2))
        await scene.mesh.bus.tell(Poke(do="second", n=3))
    await pass_time(scene.mesh, 1)
    assert sorted(scene.lines) == [(0.0, "Aside 1"), (0.0, "Poke 2"), (1.0, "Poke 3")]


async def test_they_begin_when_what_was_sent_before_has_ended_unless_that_runs_beside_them(
    autojump_clock: Any, scene: Scene
) -> None:
    await scene.start()
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, Aside(do="second", n=0))
        await scene.mesh.bus.tell(Poke(do="second", n=1))
        await trio.sleep(0.5)
        await scene.ask_in_turn(nursery, Aside(do="note", n=2))
        await scene.mesh.bus.tell(Poke(do="second", n=3))
        await scene.ask_in_turn(nursery, Aside(do="note", n=4))
    assert sorted(scene.lines) == [
        (0.0, "Aside 0"),
        (0.0, "Poke 1"),
        (1.0, "Aside 2"),
        (1.0, "Poke 3"),
        (2.0, "Aside 4"),
    ]


async def test_they_do_not_wait_for_what_was_sent_before_and_then_given_up(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    cell.suspend()
    async with trio.open_nursery() as nursery:
        with trio.move_on_after(0.5):
            nursery.start_soon(scene.ask_in_turn, nursery, Aside(do="note", n=2))
            await scene.mesh.bus.ask(Read(do="note"))
        cell.resume()
    assert scene.lines == [(0.5, "Aside 2")]


async def test_they_see_no_context_variable_of_who_has_sent_them(scene: Scene) -> None:
    seen: list[str] = []

    async def look(actor: Actor, message: Message) -> None:
        seen.append(whose.get())

    whose = ContextVar("whose", default="nobody's")
    await scene.start(look=look)
    whose.set("the sender's")
    await scene.mesh.bus.ask(Aside(do="look"))
    await scene.mesh.bus.ask(Urgent(do="look"))
    await scene.mesh.bus.ask(Read(do="look"))
    assert seen == ["nobody's"] * 3


async def test_stopping_one_leaves_the_others_alone(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Aside(do="second", n=1))
        await scene.mesh.settle()
        with trio.move_on_after(0.5):
            await scene.mesh.bus.ask(Aside(do="second", n=2))
        await scene.mesh.bus.tell(Poke(do="second", n=3))
    assert scene.ends == [1]
    await pass_time(scene.mesh, 1)
    assert reasons(scene.mesh) == ["abandoned"]
    assert scene.mesh.cell("puppet").metrics[Poke].ok == 1


async def test_a_message_that_waits_for_a_place_may_run_out_of_time(
    autojump_clock: Any, scene: Scene
) -> None:
    async def slow(actor: Actor, message: Message) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(20)

    await scene.start(slow=slow)
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, Aside(do="slow", n=1), Aside(do="slow", n=2), Aside(do="note", n=3))
    assert {(type(end), end.waited) for end in scene.ends} == {(DeadlineExceeded, 10.0)}
    assert sorted(end.retry_safe for end in scene.ends) == [False, False, True]


async def test_a_message_that_waits_for_a_place_is_not_lost_to_a_crash(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, *(Aside(do="second", n=n) for n in range(3)))
        await trio.sleep(0.5)
        with pytest.raises(ActorCrashed):
            await scene.mesh.bus.ask(Urgent(do="crash"))
    assert cell.incarnation == 2
    assert sorted(end for end in scene.ends if isinstance(end, int)) == [0, 1, 2]
    assert scene.lines[-1] == (2.0, "Aside 2")


async def test_a_message_that_waits_for_a_place_is_turned_away_by_a_final_stop(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, *(Aside(do="second", n=n) for n in range(3)))
        cell.request_stop()
    assert sorted(end for end in scene.ends if isinstance(end, int)) == [0, 1]
    [refused] = [end for end in scene.ends if isinstance(end, ActorStopped)]
    assert (refused.retry_safe, refused.waited) == (True, 1.0)
    assert buried(scene.mesh) == [(Aside(do="second", n=2), "stopped")]


async def test_a_cancelled_actor_does_not_begin_the_message_that_waits_for_a_place(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, *(Aside(do="second", n=n) for n in range(3)))
        cell.request_stop()
        cell.cancel()
    assert sorted(end.retry_safe for end in scene.ends) == [False, False, True]
    assert reasons(scene.mesh) == ["stopped"] * 3


async def test_a_class_at_its_limit_holds_up_nobody_else(autojump_clock: Any, scene: Scene) -> None:
    """Eighteen share two places; the next message of another class is served at once all the same."""
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        for n in range(18):
            nursery.start_soon(scene.ask, Aside(do="second", n=n))
        await trio.sleep(0.5)
        await scene.mesh.bus.ask(Read(do="note"))
        assert scene.lines[-1] == (0.5, "Read 0")
    assert books(cell) == (19, 19, 0, 0, 0)
    assert scene.diary.now == 9.0


# --- control lane -----------------------------------------------------------------------------------------


async def test_control_messages_are_handled_while_work_is_done(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    await scene.mesh.bus.tell(Poke(do="second", n=1))
    await trio.sleep(0.5)
    await scene.mesh.bus.ask(Urgent(do="note"))
    assert scene.lines == [(0.0, "Poke 1"), (0.5, "Urgent")]


async def test_control_messages_are_handled_one_after_the_other(autojump_clock: Any, scene: Scene) -> None:
    await scene.start()
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(scene.ask, Urgent(do="second"))
    assert scene.lines == [(0.0, "Urgent"), (1.0, "Urgent"), (2.0, "Urgent")]


async def test_a_crash_in_the_control_lane_leaves_the_other_control_messages_for_the_next_incarnation(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Urgent(do="crash"))
        await trio.lowlevel.checkpoint()
        for _ in range(2):
            nursery.start_soon(scene.ask, Urgent(do="note"))
    assert cell.incarnation == 2
    assert scene.lines == [(1.0, "Urgent"), (1.0, "Urgent")]


async def test_leaving_stops_a_control_handler_and_not_the_lane(autojump_clock: Any, scene: Scene) -> None:
    async def forever(actor: Actor, message: Message) -> None:
        await trio.sleep_forever()

    await scene.start(forever=forever)
    with trio.move_on_after(1):
        await scene.mesh.bus.ask(Urgent(do="forever"))
    await scene.mesh.bus.ask(Urgent(do="note"))
    assert scene.lines == [(1.0, "Urgent")]
    assert reasons(scene.mesh) == ["abandoned"]


async def test_a_stop_lets_the_control_message_in_hand_end(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Urgent(do="second"))
        await scene.mesh.settle()
        nursery.start_soon(scene.ask, Urgent(do="second"))
        await scene.mesh.settle()
        cell.request_stop()
    first, second = sorted(scene.ends, key=lambda end: isinstance(end, ActorStopped))
    assert (first, type(second)) == (0, ActorStopped)
    assert reasons(scene.mesh) == ["stopped"]


# --- tasks and health -------------------------------------------------------------------------------------


async def test_a_background_task_needs_a_living_actor(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    actor = cell.actor
    assert actor is not None
    cell.request_stop()
    await scene.mesh.settle()
    with pytest.raises(RuntimeError, match="puppet is not running"):
        actor.spawn(trio.sleep, 1)


async def test_a_fault_of_the_runtime_is_a_crash_like_any_other(
    autojump_clock: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Mailbox) -> None:
        monkeypatch.undo()
        raise RuntimeError("in the runtime")

    cell = await scene.start()
    monkeypatch.setattr(Mailbox, "take_at_once", fail)
    await scene.mesh.bus.tell(Poke(do="note", n=1))
    await pass_time(scene.mesh, 1)
    assert cell.incarnation == 2
    assert scene.lines == [(1.0, "Poke 1")]


async def test_an_actor_that_is_not_well_says_so_until_it_is(autojump_clock: Any, scene: Scene) -> None:
    async def unwell(actor: Actor, message: Message) -> None:
        actor.degraded("slow disk")

    async def well(actor: Actor, message: Message) -> None:
        actor.degraded(None)

    cell = await scene.start(unwell=unwell, well=well)
    await scene.mesh.bus.ask(Read(do="unwell"))
    assert (cell.health.state, cell.health.why) == (State.DEGRADED, "slow disk")
    await scene.mesh.bus.ask(Read(do="well"))
    assert cell.health.state is State.READY


async def test_an_actor_shows_nothing_of_itself_unless_it_wants_to(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    assert cell.describe() == {}
    assert cell.actor is not None
    assert cell.actor.key is None
    cell.request_stop()
    await scene.mesh.settle()
    assert cell.describe() == {}
