"""The helpers that actors are tested with: a mesh that checks itself, virtual time, cancellation everywhere."""

from functools import partial
from typing import Any, final

import attrs
import pytest
import trio

from bus import Actor, BootError, Command, Event, State
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.checkpoints import cancel_at_each_checkpoint
from bus.testing.virtual import in_virtual_time
from tests.bus.world import Client, Happened, Puppet

# --- the mesh ---------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Live(Command):
    """Holds something that cannot travel."""

    scope: object


@final
@attrs.frozen(kw_only=True)
class Changing(Event):
    """Does not come back as it was sent."""

    numbers: Any


class Careless(Actor):
    @Live.handler
    async def live(self, command: Live) -> None: ...


async def test_events_are_kept_in_their_order(mesh: MeshUnderTest) -> None:
    for n in range(3):
        await mesh.bus.publish(Happened(n=n))
    assert mesh.published(Happened) == [Happened(n=0), Happened(n=1), Happened(n=2)]
    assert mesh.published(Changing) == []


async def test_a_message_that_cannot_travel_fails_the_test_that_sent_it() -> None:
    with pytest.raises(AssertionError, match="Live: "):
        async with open_test_mesh() as mesh:
            await mesh.start(Careless)
            await mesh.bus.tell(Live(scope=trio.CancelScope()))


async def test_a_message_that_changes_on_its_way_fails_the_test_that_sent_it() -> None:
    with pytest.raises(AssertionError, match=r"Changing changes on its way: .*\(1, 2\).* became .*\[1, 2\]"):
        async with open_test_mesh() as mesh:
            await mesh.bus.publish(Changing(numbers=(1, 2)))


async def test_an_actor_is_called_after_its_class_unless_it_is_given_a_name(mesh: MeshUnderTest) -> None:
    class HttpServerActor(Actor):
        pass

    class Actor2(Actor):
        pass

    assert (await mesh.start(HttpServerActor)).name == "http-server"
    assert (await mesh.start(partial(Puppet, {}))).name == "puppet"
    assert (await mesh.start(partial(partial(Client), {}), name="someone")).name == "someone"
    assert (await mesh.start(Actor2)).name == "actor2"


async def test_an_actor_that_does_not_start_says_why(mesh: MeshUnderTest) -> None:
    async def start(actor: Actor) -> None:
        raise RuntimeError("no disk")

    with pytest.raises(BootError, match="no disk"):
        await mesh.start(partial(Puppet, {"start": start}))


async def test_an_actor_is_ready_when_start_returns(autojump_clock: Any, mesh: MeshUnderTest) -> None:
    async def start(actor: Actor) -> None:
        await trio.sleep(5)

    cell = await mesh.start(partial(Puppet, {"start": start}))
    assert cell.health.state is State.READY
    assert trio.current_time() >= 5


async def test_runs_repeat(autojump_clock: Any) -> None:
    async def run() -> list[str]:
        async with open_test_mesh(seed=5) as mesh:
            return [mesh.bus.ids.uuid(), mesh.bus.boot_id]

    assert await run() == await run()


# --- virtual time -----------------------------------------------------------------------------------------


def test_virtual_time_starts_at_zero_and_costs_nothing() -> None:
    async def run(seconds: float) -> float:
        assert trio.current_time() == 0
        await trio.sleep(seconds)
        return trio.current_time()

    assert in_virtual_time(run, 1e6) == 1e6


# --- cancellation everywhere ------------------------------------------------------------------------------


async def test_code_is_cancelled_at_each_of_its_checkpoints_in_both_moments(nursery: trio.Nursery) -> None:
    async def set_soon(event: trio.Event) -> None:
        event.set()

    async def scenario() -> None:
        seen.append(0)
        for n in range(3):
            event = trio.Event()
            nursery.start_soon(set_soon, event)
            await event.wait()
            seen[-1] = n + 1

    async def check() -> None:
        checked.append(seen[-1])

    seen: list[int] = []
    checked: list[int] = []
    assert await cancel_at_each_checkpoint(scenario, check) == 3
    # Cancelled while it waits for the first event, going on from the first, while it waits for the second, …
    assert checked == [0, 1, 1, 2, 2, 3, 3]


async def test_code_that_leaves_something_behind_is_caught() -> None:
    async def scenario() -> None:
        held.append(1)
        await trio.lowlevel.checkpoint()
        held.pop()

    async def check() -> None:
        assert not held

    held: list[int] = []
    with pytest.raises(AssertionError):
        await cancel_at_each_checkpoint(scenario, check)


async def test_code_that_fails_by_itself_is_not_hidden() -> None:
    async def scenario() -> None:
        await trio.lowlevel.checkpoint()
        raise ValueError("mine")

    async def check() -> None: ...

    with pytest.raises(ValueError, match="mine"):
        await cancel_at_each_checkpoint(scenario, check)


async def test_code_without_a_checkpoint_is_run_once() -> None:
    async def scenario() -> None:
        runs.append(1)

    async def check() -> None: ...

    runs: list[int] = []
    assert await cancel_at_each_checkpoint(scenario, check) == 0
    assert runs == [1]
