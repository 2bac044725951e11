"""Work kept back while its actor is suspended, and work taken out of turn (G3, G10)."""

from functools import partial
from typing import Any

import trio

from bus import Actor, Child, Message, Supervisor, open_mesh
from tests.bus.run.scene import Scene
from tests.bus.world import Aside, Keyed, Poke, Puppet, Read, Urgent, Write, books, pass_time, reasons

# --- suspended --------------------------------------------------------------------------------------------


async def test_a_suspended_actor_begins_nothing_until_it_is_resumed(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    await scene.mesh.settle()
    cell.suspend()
    cell.suspend()
    await scene.mesh.bus.tell(Poke(do="note", n=1))
    await pass_time(scene.mesh, 5)
    assert (scene.lines, cell.suspended, cell.queued) == ([], True, 1)
    cell.resume()
    cell.resume()
    await scene.mesh.settle()
    assert scene.lines == [(5.0, "Poke 1")]


async def test_suspending_catches_a_reader_that_was_just_woken(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    await scene.mesh.settle()
    await scene.mesh.bus.tell(Poke(do="note", n=1))
    cell.suspend()
    await scene.mesh.settle()
    assert scene.lines == []
    cell.resume()
    await scene.mesh.settle()
    assert scene.lines == [(0.0, "Poke 1")]


async def test_suspending_lets_the_message_in_hand_end(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    await scene.mesh.bus.tell(Poke(do="second", n=1))
    await scene.mesh.bus.tell(Poke(do="second", n=2))
    await scene.mesh.settle()
    cell.suspend()
    await pass_time(scene.mesh, 5)
    assert books(cell) == (2, 1, 0, 1, 0)


async def test_what_runs_beside_others_begins_when_the_actor_is_resumed(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        cell.suspend()
        await scene.ask_in_turn(nursery, Aside(do="note", n=1))
        await trio.sleep(0.5)
        cell.resume()
    assert scene.lines == [(0.5, "Aside 1")]


async def test_a_suspended_actor_still_answers_in_its_control_lane(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    cell.suspend()
    await scene.mesh.bus.ask(Urgent(do="note"))
    assert scene.lines == [(0.0, "Urgent")]


async def test_a_suspended_actor_can_be_stopped(autojump_clock: Any, scene: Scene) -> None:
    cell = await scene.start()
    cell.suspend()
    await scene.mesh.bus.tell(Poke(do="note"))
    cell.request_stop()
    await scene.mesh.settle()
    assert cell.disposed
    assert reasons(scene.mesh) == ["stopped"]


async def test_a_message_that_waits_for_a_place_is_not_begun_while_its_actor_is_suspended(
    autojump_clock: Any, scene: Scene
) -> None:
    cell = await scene.start()
    async with trio.open_nursery() as nursery:
        await scene.ask_in_turn(nursery, *(Aside(do="second", n=n) for n in range(3)))
        cell.suspend()
        await scene.mesh.settle()
        assert books(cell) == (3, 0, 0, 1, 2)
        await pass_time(scene.mesh, 3)
        cell.resume()
    assert sorted(scene.lines) == [(0.0, "Aside 0"), (0.0, "Aside 1"), (3.0, "Aside 2")]
    assert sorted(scene.ends) == [0, 1, 2]


# --- out of turn ------------------------------------------------------------------------------------------


async def test_draining_takes_the_waiting_commands_of_a_class_in_order_and_no_others(
    autojump_clock: Any, scene: Scene
) -> None:
    async def drain(actor: Actor, message: Message) -> list[int]:
        await trio.sleep(1)
        return [poke.n for poke in actor.drain(Poke)]

    cell = await scene.start(drain=drain)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Write(do="drain"))
        await scene.mesh.settle()
        await scene.mesh.bus.tell(Poke(do="note", n=1))
        nursery.start_soon(scene.ask, Read(do="note", n=7))
        await scene.mesh.settle()
        await scene.mesh.bus.tell(Poke(do="note", n=2))
    assert [1, 2] in scene.ends
    assert 7 in scene.ends
    assert scene.lines == [(1.0, "Read 7")]
    assert books(cell) == (4, 4, 0, 0, 0)
    assert cell.metrics[Poke].ok == 2


async def test_draining_can_choose_and_finds_nothing_twice(autojump_clock: Any, scene: Scene) -> None:
    async def drain(actor: Actor, message: Message) -> list[list[int]]:
        await trio.sleep(1)
        wanted = [latest.n for latest in actor.drain(Keyed, lambda latest: latest.of == "a")]
        return [wanted, [latest.n for latest in actor.drain(Keyed, lambda latest: latest.of == "a")]]

    await scene.start(drain=drain, keyed=scene.note)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Write(do="drain"))
        await scene.mesh.settle()
        for of, n in (("a", 1), ("b", 2)):
            await scene.mesh.bus.tell(Keyed(of=of, n=n))
    await scene.mesh.settle()
    assert scene.ends == [[[1], []]]
    assert scene.lines == [(1.0, "Keyed 2")]


async def test_draining_lets_those_in_who_wait_for_room(autojump_clock: Any, scene: Scene) -> None:
    async def drain(actor: Actor, message: Message) -> int:
        await trio.sleep(1)
        first = len(actor.drain(Poke))
        return first + len(actor.drain(Poke))

    await scene.start(drain=drain)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.ask, Write(do="drain"))
        await scene.mesh.settle()
        for n in range(6):
            nursery.start_soon(scene.mesh.bus.tell, Poke(do="note", n=n))
    assert scene.ends == [6]


async def test_draining_needs_no_observer(autojump_clock: Any) -> None:
    async def drain(actor: Actor, message: Message) -> int:
        await trio.sleep(1)
        return len(actor.drain(Poke))

    child = Child("puppet", partial(Puppet, {"drain": drain}))
    async with open_mesh(Supervisor("root", "one_for_one", (child,)), complete=False) as mesh:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Read(do="drain"))
            await trio.sleep(0.5)
            await mesh.bus.tell(Poke(do="drain"))
        assert mesh.console.books() == {"puppet": (2, 2, 0, 0, 0)}
