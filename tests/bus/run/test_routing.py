"""A message goes to the owner of its type and key, in the order of sending; boot checks that it can (G1, G2)."""

import sys
import types
from functools import partial
from typing import ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import (
    Actor,
    ActorStopped,
    BootError,
    Child,
    Command,
    Lane,
    Limits,
    NoRoute,
    Pool,
    Request,
    Supervisor,
    open_mesh,
)
from bus.run.routing import Routes, message_classes
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.virtual import in_virtual_time
from tests.bus.run import front
from tests.bus.world import Keyed, Poke, Puppet, buried


@final
@attrs.frozen(kw_only=True)
class Visit(Request[str]):
    key_field: ClassVar[str | None] = "room"
    room: int | None


@final
@attrs.frozen(kw_only=True)
class Knock(Command):
    key_field: ClassVar[str | None] = "room"
    room: int | None


class Room(Actor):
    def __init__(self, key: str) -> None:
        self.visits = 0

    @Visit.handler
    async def visit(self, request: Visit) -> str:
        self.visits += 1
        return f"{self.key} {self.visits}"

    @Knock.handler
    async def knock(self, command: Knock) -> None: ...


# --- keys -------------------------------------------------------------------------------------------------


async def test_each_key_has_an_actor_of_its_own_made_on_first_use(mesh: MeshUnderTest) -> None:
    await mesh.start_pool(Room)
    assert [cell.name for cell in mesh.bus.routes.addresses()] == []
    visits = [await mesh.bus.ask(Visit(room=room)) for room in (1, 2, 1, 1)]
    assert visits == ["1 1", "2 1", "1 2", "1 3"]
    assert sorted(cell.name for cell in mesh.bus.routes.addresses()) == ["room[1]", "room[2]"]


async def test_a_message_to_a_pool_without_a_key_has_no_route(mesh: MeshUnderTest) -> None:
    await mesh.start_pool(Room)
    with pytest.raises(NoRoute):
        await mesh.bus.ask(Visit(room=None))
    with pytest.raises(NoRoute):
        await mesh.bus.tell(Knock(room=None))
    assert buried(mesh) == [(Visit(room=None), "no_route"), (Knock(room=None), "no_route")]


async def test_a_key_means_nothing_to_a_single_owner(mesh: MeshUnderTest) -> None:
    async def note(actor: Actor, message: Keyed) -> None:
        seen.append(message.of)

    seen: list[str] = []
    await mesh.start(partial(Puppet, {"keyed": note}))
    for of in ("a", "b"):
        await mesh.bus.tell(Keyed(of=of, n=1))
    await mesh.settle()
    assert seen == ["a", "b"]


async def test_a_pool_that_has_ended_says_that_it_stopped() -> None:
    async with open_mesh(Supervisor("root", "one_for_one", (Pool("rooms", Room),)), complete=False) as mesh:
        bus = mesh.bus
        await mesh.stop()
        with pytest.raises(ActorStopped) as caught:
            await bus.ask(Visit(room=1))
        assert (caught.value.to, caught.value.retry_safe) == ("rooms", True)
        assert bus.core.dead.counts["rooms", "stopped"] == 1


# --- order ------------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Work(Command):
    n: int


@final
@attrs.frozen(kw_only=True)
class Slow(Request[None]):
    n: int


@final
@attrs.frozen(kw_only=True)
class Control(Command):
    lane: ClassVar[Lane] = Lane.CONTROL
    n: int


class Scribe(Actor):
    """Notes the number of each envelope in the order in which its handler began."""

    def __init__(self, seen: dict[str, list[int]], pause: float) -> None:
        self._seen = seen
        self._pause = pause

    async def _note(self, lane: str) -> None:
        address = self._address
        envelope = address.hands.serial if lane == "work" else next(iter(address.control.running))
        assert envelope is not None
        self._seen[lane].append(envelope.seq)
        await trio.sleep(self._pause if lane == "work" else 0.0)

    @Work.handler
    async def work(self, command: Work) -> None:
        await self._note("work")

    @Slow.handler
    async def slow(self, request: Slow) -> None:
        await self._note("work")

    @Control.handler
    async def control(self, command: Control) -> None:
        await self._note("control")


SENDERS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(("work", "slow", "control")), st.sampled_from((0.0, 0.5, 1.0))), max_size=6
    ),
    min_size=1,
    max_size=6,
)


@given(senders=SENDERS, places=st.integers(1, 3), pause=st.sampled_from((0.0, 1.0)))
def test_each_lane_is_served_in_the_order_of_sending(
    senders: list[list[tuple[str, float]]], places: int, pause: float
) -> None:
    async def send(mesh: MeshUnderTest, messages: list[tuple[str, float]]) -> None:
        for n, (kind, wait) in enumerate(messages):
            if kind == "work":
                await mesh.bus.tell(Work(n=n))
            elif kind == "slow":
                with trio.CancelScope(shield=True):
                    await mesh.bus.ask(Slow(n=n))
            else:
                await mesh.bus.tell(Control(n=n))
            await trio.sleep(wait)

    async def run() -> None:
        seen: dict[str, list[int]] = {"work": [], "control": []}
        async with open_test_mesh() as mesh:
            cell = await mesh.start(partial(Scribe, seen, pause), limits=Limits(mailbox=places))
            async with trio.open_nursery() as nursery:
                for messages in senders:
                    nursery.start_soon(send, mesh, messages)
            await trio.sleep(100)
            assert cell.books.handled == sum(map(len, senders))
        for lane in seen.values():
            assert lane == sorted(lane)

    in_virtual_time(run)


# --- the table --------------------------------------------------------------------------------------------


async def test_the_table_can_be_read(mesh: MeshUnderTest) -> None:
    cell = await mesh.start(partial(Puppet, {}))
    routes = mesh.bus.routes
    assert routes.owner_name(Poke) == "puppet"
    assert routes.owner_name(Visit) is None
    assert routes.kinds()[Poke] == "puppet"
    assert routes.find(Poke, None) is cell
    assert routes.find(Visit, None) is None
    assert mesh.cell("puppet") is cell
    with pytest.raises(LookupError):
        mesh.cell("nobody")


async def test_an_owner_that_is_taken_out_owns_nothing_any_more(mesh: MeshUnderTest) -> None:
    await mesh.start(partial(Puppet, {}))
    await mesh.start_pool(Room)
    routes = mesh.bus.routes
    [puppet] = [owner for owner in routes._all if owner.name == "puppet"]
    routes.remove(puppet)
    assert set(routes.kinds().values()) == {"room"}
    routes.add(puppet, Puppet.handlers)


# --- boot -------------------------------------------------------------------------------------------------


class Half(Actor):
    @front.Ask.handler
    async def ask(self, request: front.Ask) -> int:
        return request.n


class Whole(Half):
    @front.Tell.handler
    async def tell(self, command: front.Tell) -> None: ...


async def boot(*children: Child | Pool) -> None:
    async with open_mesh(Supervisor("root", "one_for_one", children)):
        pass


def test_the_messages_of_a_module_are_found() -> None:
    assert message_classes(front) == [front.Ask, front.Tell, front.Told]


async def test_a_front_door_that_is_served_as_a_whole_is_fine() -> None:
    await boot(Child("whole", Whole))


async def test_a_message_that_nobody_owns_fails_boot_with_its_name() -> None:
    with pytest.raises(BootError, match=r"^nobody owns front\.Tell@1$"):
        await boot(Child("half", Half))


async def test_a_message_with_two_owners_fails_boot_with_all_three_names() -> None:
    with pytest.raises(BootError, match=r"front\.Ask@1 has two owners: 'half' and 'whole'"):
        await boot(Child("half", Half), Child("whole", Whole))


async def test_two_classes_of_one_name_fail_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ask(Command):
        pass

    async def ask(self: Actor, command: Ask) -> None: ...

    elsewhere = types.ModuleType("elsewhere.front")
    monkeypatch.setitem(sys.modules, elsewhere.__name__, elsewhere)
    Ask.__module__, Ask.__qualname__ = elsewhere.__name__, "Ask"
    twin = type("Twin", (Whole,), {"other": Ask.handler(ask)})
    with pytest.raises(BootError, match=r"^two message classes are called front\.Ask@1$"):
        await boot(Child("twin", twin))


@attrs.frozen(kw_only=True)
class Leaky(Command):
    nursery: object


class Owner(Actor):
    @Leaky.handler
    async def leaky(self, command: Leaky) -> None: ...


async def test_a_message_that_could_not_travel_fails_boot_with_the_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = types.ModuleType("alone.leaky")
    monkeypatch.setitem(sys.modules, alone.__name__, alone)
    monkeypatch.setattr(Leaky, "__module__", alone.__name__)
    with pytest.raises(BootError, match=r"^leaky\.Leaky@1: nursery: .* is not data"):
        await boot(Child("owner", Owner))


async def test_two_nodes_of_one_name_fail_boot() -> None:
    with pytest.raises(BootError, match="two nodes of the tree are called 'whole'"):
        await boot(Child("whole", Whole), Child("whole", partial(Puppet, {})))


async def test_a_node_without_a_name_fails_boot() -> None:
    with pytest.raises(BootError, match="a node of the tree has no name"):
        await boot(Child("", Whole))


def test_an_empty_table_is_complete() -> None:
    Routes().check_complete()
