"""What an operator does to running actors and sees of them (G9, G10, G17)."""

from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from trio.testing import MockClock

from bus import (
    Actor,
    Child,
    Command,
    Event,
    MailboxFull,
    Overflow,
    Request,
    Sink,
    Stream,
    Supervisor,
    open_mesh,
    secret,
)
from bus.console import NotPossible, Operator, UnknownActor
from bus.testing import MeshUnderTest


@final
@attrs.frozen(kw_only=True)
class Add(Request[int]):
    amount: int = 1


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    overflow: ClassVar[Overflow] = Overflow.REJECT
    text: str = ""


@final
@attrs.frozen(kw_only=True)
class Count(Stream[int]):
    to: int = 1


@final
@attrs.frozen(kw_only=True)
class Happened(Event):
    what: str = ""


@final
@attrs.frozen(kw_only=True)
class Visit(Request[str]):
    key_field: ClassVar[str | None] = "room"
    room: str
    password: str = secret(default="")


class Counter(Actor):
    def __init__(self, gate: trio.Event, heard: list[str]) -> None:
        self.total = 0
        self.gate = gate
        self.heard = heard

    @Add.handler
    async def add(self, request: Add) -> int:
        await self.gate.wait()
        self.total += request.amount
        return self.total

    @Note.handler
    async def note(self, command: Note) -> None:
        self.heard.append(command.text)

    @Count.handler
    async def count(self, request: Count, sink: Sink[int]) -> None:
        await sink.send(1)

    def describe(self) -> dict[str, Any]:
        return {"total": self.total, "key": "sk-12345678901234567890", "list": ("sk-12345678901234567890", 1)}


class Room(Actor):
    def __init__(self, key: str, gate: trio.Event) -> None:
        self.visits = 0
        self.gate = gate

    @Visit.handler
    async def visit(self, request: Visit) -> str:
        await self.gate.wait()
        self.visits += 1
        return f"{request.room} {self.visits}"

    def describe(self) -> dict[str, Any]:
        raise RuntimeError("cannot say")


class World:
    def __init__(self, mesh: MeshUnderTest) -> None:
        self.mesh = mesh
        self.bus = mesh.bus
        self.control = mesh.console
        self.gate = trio.Event()
        self.gate.set()
        self.heard: list[str] = []

    async def start(self) -> None:
        await self.mesh.start(partial(Counter, self.gate, self.heard), name="counter")
        await self.mesh.start_pool(partial(Room, gate=self.gate), name="room")


@pytest.fixture
async def world(mesh: MeshUnderTest) -> World:
    world = World(mesh)
    await world.start()
    return world


# --- suspend and resume -----------------------------------------------------------------------------------


async def test_a_suspended_actor_takes_nothing_until_it_is_resumed(
    world: World, autojump_clock: MockClock
) -> None:
    assert world.control.suspend("counter") == "counter"
    with trio.move_on_after(5) as patience:
        await world.bus.ask(Add())
    assert patience.cancelled_caught
    assert world.control.describe("counter")["state"] == "suspended"
    assert world.control.resume("counter") == "counter"
    assert await world.bus.ask(Add()) == 1
    assert world.control.describe("counter")["state"] == "ready"


async def test_an_actor_of_a_pool_is_named_by_the_beginning_of_its_key(world: World) -> None:
    await world.bus.ask(Visit(room="blue-1"))
    await world.bus.ask(Visit(room="blue-2"))
    await world.bus.ask(Visit(room="red"))
    for name in ("room[red]", "room[red", "room[r", "room[re…]"):
        assert world.control.suspend(name) == "room[red]"
        world.control.resume(name)
    with pytest.raises(UnknownActor, match=r"did you mean 'room\[blue-1\]' or 'room\[blue-2\]'"):
        world.control.suspend("room[blue")


class Watcher(Operator):
    async def start(self) -> None:
        self.degraded(f"sees {len(self.console.snapshot()['actors'])}")


async def test_an_operator_has_the_console_from_its_start_on(world: World) -> None:
    await world.mesh.start(Watcher)
    assert world.control.describe("watcher")["why"] == f"sees {len(world.control.books())}"


async def test_a_name_that_is_none_is_refused_with_those_that_look_alike(world: World) -> None:
    with pytest.raises(UnknownActor, match="there is no actor 'countr': did you mean 'counter'"):
        world.control.suspend("countr")
    with pytest.raises(UnknownActor, match=r"there is no actor 'xyz'$"):
        world.control.describe("xyz")


@pytest.mark.parametrize("name", ["root", "room"])
async def test_a_group_is_not_suspended_as_a_whole(world: World, name: str) -> None:
    with pytest.raises(NotPossible, match=f"{name} is no actor; name one of those in it"):
        world.control.suspend(name)


# --- restart ----------------------------------------------------------------------------------------------


async def test_a_restart_gives_fresh_state_and_spends_no_budget(world: World) -> None:
    assert await world.bus.ask(Add()) == 1
    before = world.control.tree()["budget"]
    for _ in range(3):
        assert await world.control.restart("counter") == "counter"
        assert await world.bus.ask(Add()) == 1
    assert world.control.tree()["budget"] == before
    assert world.control.describe("counter")["incarnation"] == 4


async def test_an_actor_of_a_pool_is_restarted_with_its_mailbox(world: World) -> None:
    assert await world.bus.ask(Visit(room="red")) == "red 1"
    assert await world.bus.ask(Visit(room="red")) == "red 2"
    assert await world.control.restart("room[r") == "room[red]"
    assert await world.bus.ask(Visit(room="red")) == "red 1"


async def test_what_waits_for_a_restarted_actor_of_a_pool_is_handled_after_it(
    world: World, autojump_clock: MockClock
) -> None:
    answers: list[str] = []

    async def visit() -> None:
        answers.append(await world.bus.ask(Visit(room="red")))

    await visit()
    room = world.mesh.cell("room[red]")
    room.suspend()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        await world.mesh.settle()
        with trio.fail_after(10):
            await world.control.restart("room[red]")
    assert answers == ["red 1", "red 1"]


async def test_a_whole_pool_and_a_whole_supervisor_are_restarted(world: World) -> None:
    await world.bus.ask(Visit(room="red"))
    await world.control.restart("room")
    assert await world.bus.ask(Visit(room="red")) == "red 1"
    with pytest.raises(NotPossible):
        await world.control.restart("root")


# --- send and resend --------------------------------------------------------------------------------------


async def test_every_kind_but_a_stream_can_be_sent(world: World) -> None:
    assert await world.control.send(Add(amount=5)) == 5
    assert await world.control.send(Note(text="a")) is None
    assert await world.control.send(Happened(what="b")) is None
    await world.mesh.settle()
    assert world.heard == ["a"]
    assert world.mesh.published(Happened) == [Happened(what="b")]
    with pytest.raises(NotPossible, match="is a stream"):
        await world.control.send(Count())


async def test_a_lost_message_is_sent_again_in_its_trace(world: World, autojump_clock: MockClock) -> None:
    world.mesh.cell("counter").suspend()
    with world.bus.baggage(user="ada"):
        for _ in range(64):
            await world.bus.tell(Note(text="early"))
        with pytest.raises(MailboxFull):
            await world.bus.tell(Note(text="lost"))
    (lost,) = world.bus.core.dead.ring
    world.control.resume("counter")
    await world.mesh.settle()

    found = world.control.buried(lost.letter.seq)
    assert found is lost
    assert found is not None
    async with world.control.tap("point=sent") as tap:
        await world.control.resend(found)
        event = await anext(tap)
    assert (event.sender, event.cause) == ("operator", lost.letter.seq)
    assert (event.trace, event.baggage) == (lost.letter.trace, {"user": "ada"})
    await world.mesh.settle()
    assert world.heard[-1] == "lost"


async def test_a_request_that_is_sent_again_is_answered(world: World, autojump_clock: MockClock) -> None:
    world.control.suspend("counter")
    with trio.move_on_after(1):
        await world.bus.ask(Add(amount=7))
    world.control.resume("counter")
    await world.mesh.settle()
    (lost,) = world.bus.core.dead.ring
    assert await world.control.resend(lost) == 7
    assert world.control.buried(10**9) is None


# --- views ------------------------------------------------------------------------------------------------


async def test_an_actor_is_described_without_its_secrets(world: World) -> None:
    await world.bus.ask(Add())
    shown = world.control.describe("counter")
    assert shown["own"] == {"total": 1, "key": "•••", "list": ["•••", 1]}
    assert (shown["sent"], shown["handled"], shown["balanced"]) == (1, 1, True)
    assert shown["messages"]["test_control.Add@1"]["ok"] == 1
    assert shown["limits"]["mailbox"] == 64
    assert "test_control.Add@1" in shown["handles"]


async def test_a_pool_is_described_with_its_members(world: World) -> None:
    await world.bus.ask(Visit(room="red"))
    shown = world.control.describe("room")
    assert [member["name"] for member in shown["members"]] == ["room[red]"]
    assert shown["messages"]["test_control.Visit@1"]["ok"] == 1


async def test_an_actor_that_cannot_describe_itself_is_described_all_the_same(world: World) -> None:
    await world.bus.ask(Visit(room="red"))
    assert world.control.describe("room[red]")["own"] == {"error": "RuntimeError: cannot say"}


async def test_the_tree_has_states_budgets_and_strategies(world: World) -> None:
    await world.bus.ask(Visit(room="red"))
    tree = world.control.tree()
    assert (tree["name"], tree["kind"], tree["strategy"], tree["state"]) == (
        "root",
        "supervisor",
        "one_for_one",
        "ready",
    )
    counter, room = tree["children"]
    assert (counter["name"], counter["kind"], counter["restarts"]) == ("counter", "actor", 0)
    assert (room["kind"], room["members"], room["budget"]) == (
        "pool",
        1,
        {"left": 20, "of": 20, "per": 30.0},
    )


async def test_the_books_balance(world: World) -> None:
    assert world.control.unbalanced() == []
    world.mesh.cell("counter").books.sent += 1
    assert "counter: sent 1 != handled 0" in world.control.unbalanced()[0]
    world.mesh.cell("counter").books.sent -= 1


async def test_who_is_down_is_not_suspended(autojump_clock: MockClock, world: World) -> None:
    await world.control.restart("counter")
    address = world.mesh.cell("counter")
    address.cancel()
    await trio.sleep(0.01)
    with pytest.raises(NotPossible, match="counter is not running: it is backoff"):
        world.control.suspend("counter")


async def test_in_a_tree_that_has_ended_nobody_is_restarted() -> None:
    async with open_mesh(Supervisor("root", "one_for_one", [Child("watcher", Watcher)])) as mesh:
        await mesh.stop()
        with pytest.raises(NotPossible, match="root is not running"):
            await mesh.console.restart("watcher")


async def test_the_messages_that_are_served_are_known_by_name(world: World) -> None:
    kinds = world.control.kinds()
    assert kinds["test_control.Add@1"] is Add
    described = [each["name"] for each in world.control.messages()]
    assert set(kinds) <= set(described)
    assert "test_control.Happened@1" in described
