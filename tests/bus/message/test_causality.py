"""Every message knows what caused it: one root is one tree, whatever happens in between (G8)."""

from functools import partial
from typing import Any, ClassVar, Literal, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import Actor, Command, Request, Sink, Stream, Tap, concurrent
from bus.console import TapEvent
from bus.message.envelope import (
    INFINITY,
    OUTSIDE,
    Envelope,
    current,
    hex_trace,
    log_context,
    read_traceparent,
)
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.virtual import in_virtual_time
from tests.bus.world import Client, Happened, Order, Poke, Puppet, Read, Script, pass_time

# --- random programs --------------------------------------------------------------------------------------

How = Literal["ask", "tell", "beside", "timer", "spawn", "child", "stream"]
HOWS: tuple[How, ...] = ("ask", "tell", "beside", "timer", "spawn", "child", "stream")


@attrs.frozen
class Step:
    """One message to a node, by some way, and what its handler does in turn."""

    how: How
    node: str
    then: tuple["Step", ...] = ()


@final
@attrs.frozen(kw_only=True)
class Ask(Request[None]):
    key_field: ClassVar[str | None] = "node"
    within: ClassVar[float] = 100.0
    node: str
    step: int


@final
@attrs.frozen(kw_only=True)
class Beside(Request[None]):
    key_field: ClassVar[str | None] = "node"
    within: ClassVar[float] = 100.0
    node: str
    step: int


@final
@attrs.frozen(kw_only=True)
class Tell(Command):
    key_field: ClassVar[str | None] = "node"
    node: str
    step: int


@final
@attrs.frozen(kw_only=True)
class Items(Stream[int]):
    key_field: ClassVar[str | None] = "node"
    node: str
    step: int


class Program:
    """Messages carry the number of a step; `baggage` keeps what each handler saw of it."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self.baggage: dict[int, str | None] = {}
        self.done = 0

    def number(self, step: Step) -> int:
        self._steps.append(step)
        return len(self._steps) - 1

    async def begin(self, mesh: MeshUnderTest, step: Step) -> None:
        """Send a message from outside."""
        await mesh.bus.tell(Tell(node=step.node, step=self.number(step)))

    async def handle(self, actor: Actor, number: int) -> None:
        here = current.get()
        assert here.waiter is not None
        self.baggage[here.seq] = here.baggage.get("root")
        self.done += 1
        for step in self._steps[number].then:
            await self.send(actor, step)

    async def send(self, actor: Actor, step: Step) -> None:
        bus, node, number = actor.bus, step.node, self.number(step)
        tell = partial(bus.tell, Tell(node=node, step=number))
        match step.how:
            case "ask" | "beside":
                # In the background, since random programs ask in circles.
                message = (Ask if step.how == "ask" else Beside)(node=node, step=number)
                actor.spawn(self._ask, actor, message)
            case "tell":
                await tell()
            case "timer":
                actor.timers.after(1, Tell(node=str(actor.key), step=number), key=number)
            case "spawn":
                actor.spawn(tell)
            case "child":
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(tell)
            case "stream":
                actor.spawn(self._read, actor, Items(node=node, step=number))

    async def _ask(self, actor: Actor, message: Request[None]) -> None:
        await actor.bus.ask(message)

    async def _read(self, actor: Actor, message: Items) -> None:
        async with actor.bus.stream(message) as items:
            async for _ in items:
                pass


class Node(Actor):
    def __init__(self, program: Program, key: str) -> None:
        self._program = program

    @Ask.handler
    async def ask(self, request: Ask) -> None:
        await self._program.handle(self, request.step)

    @Beside.handler
    @concurrent(100)
    async def beside(self, request: Beside) -> None:
        await self._program.handle(self, request.step)

    @Tell.handler
    async def tell(self, command: Tell) -> None:
        await self._program.handle(self, command.step)

    @Items.handler
    @concurrent(100)
    async def items(self, request: Items, sink: Sink[int]) -> None:
        await sink.send(1)
        await self._program.handle(self, request.step)
        await sink.send(2)


class Sent(Tap):
    """Keeps every message that is sent."""

    def __init__(self) -> None:
        super().__init__(rate=None)
        self.events: list[TapEvent] = []

    def offer(self, event: TapEvent) -> None:
        if event.point == "sent":
            self.events.append(event)


STEPS = st.recursive(
    st.builds(Step, st.sampled_from(HOWS), st.sampled_from("abc")),
    lambda inner: st.builds(
        Step,
        st.sampled_from(HOWS),
        st.sampled_from("abc"),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=12,
)


def count(step: Step) -> int:
    return 1 + sum(map(count, step.then))


@given(roots=st.lists(STEPS, min_size=1, max_size=3))
def test_every_message_has_a_parent_that_precedes_it_and_each_root_is_one_tree(roots: list[Step]) -> None:
    async def run() -> None:
        program, sent = Program(), Sent()
        async with open_test_mesh() as mesh:
            await mesh.start_pool(partial(Node, program), name="node")
            mesh.bus.core.taps.attach(sent)
            for number, root in enumerate(roots):
                with mesh.bus.baggage(root=str(number)):
                    await program.begin(mesh, root)
            await pass_time(mesh, 200)
        by_seq = {event.seq: event for event in sent.events}
        assert program.done == len(sent.events) == sum(map(count, roots))
        for event in sent.events:
            if event.cause:
                parent = by_seq[event.cause]
                assert parent.seq < event.seq
                assert parent.trace == event.trace
                assert parent.to == event.sender
        tops = [event for event in sent.events if not event.cause]
        assert len({event.trace for event in tops}) == len(tops) == len(roots)
        roots_of_trace = {event.trace: event.baggage["root"] for event in tops}
        assert all(event.baggage == {"root": roots_of_trace[event.trace]} for event in sent.events)
        assert program.baggage == {event.seq: roots_of_trace[event.trace] for event in sent.events}

    in_virtual_time(run)


# --- what is inherited ------------------------------------------------------------------------------------


async def answer(actor: Actor, message: Any) -> str:
    return "answer"


async def start(mesh: MeshUnderTest, **scripts: Script) -> Sent:
    known: dict[str, Script] = {"answer": answer, **scripts}
    await mesh.start(partial(Client, {name: each for name, each in known.items() if name != "start"}))
    await mesh.start(partial(Puppet, known))
    sent = Sent()
    mesh.bus.core.taps.attach(sent)
    return sent


async def test_what_is_sent_from_outside_is_a_root_each_time(mesh: MeshUnderTest) -> None:
    sent = await start(mesh)
    for _ in range(2):
        await mesh.bus.ask(Read(do="answer"))
    first, second = sent.events
    assert (first.cause, second.cause) == (0, 0)
    assert first.trace != second.trace
    assert first.sender == ""


async def test_an_envelope_that_the_bus_fills_in_by_hand_lacks_nothing(mesh: MeshUnderTest) -> None:
    made = mesh.bus.core.envelope("tell", Poke(do=""), OUTSIDE, "puppet", 1.0)
    like = Envelope(
        made.seq, "tell", made.message, made.trace, 0, "", "puppet", 1.0, INFINITY, OUTSIDE.baggage
    )
    for field in attrs.fields(Envelope):
        assert getattr(made, field.name) == getattr(like, field.name)


async def test_baggage_is_added_to_what_there_is_and_ends_with_its_block(mesh: MeshUnderTest) -> None:
    async def ask(actor: Actor, message: Any) -> None:
        with actor.bus.baggage(turn="t1", session="inner"):
            await actor.bus.ask(Read(do="answer"))
        await actor.bus.ask(Read(do="answer"))

    sent = await start(mesh, ask=ask)
    with mesh.bus.baggage(user="ada", session="outer"):
        await mesh.bus.ask(Order(do="ask"))
    await mesh.bus.ask(Read(do="answer"))
    assert [event.baggage for event in sent.events] == [
        {"user": "ada", "session": "outer"},
        {"user": "ada", "session": "inner", "turn": "t1"},
        {"user": "ada", "session": "outer"},
        {},
    ]


async def test_the_context_of_a_handler_ends_with_it(mesh: MeshUnderTest) -> None:
    async def look(actor: Actor, message: Any) -> int:
        return current.get().seq

    sent = await start(mesh, look=look)
    with mesh.bus.baggage(user="ada"):
        first = await mesh.bus.ask(Read(do="look"))
    second = await mesh.bus.ask(Read(do="look"))
    assert [first, second] == [event.seq for event in sent.events]
    assert current.get().seq == 0


async def test_a_timer_carries_on_what_set_it_and_one_set_at_the_start_is_a_root_each_time(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def start_timer(actor: Actor) -> None:
        actor.timers.every(10, Poke(do="answer", n=1), key="tick")

    async def later(actor: Actor, message: Any) -> None:
        actor.timers.after(5, Poke(do="answer", n=2))

    sent = await start(mesh, later=later, start=start_timer)
    with mesh.bus.baggage(user="ada"):
        await mesh.bus.ask(Read(do="later"))
    await pass_time(mesh, 21)
    read, timed, *ticks = sent.events
    assert (timed.cause, timed.trace, timed.baggage) == (read.seq, read.trace, {"user": "ada"})
    assert [(tick.cause, tick.baggage) for tick in ticks] == [(0, {}), (0, {})]
    assert len({tick.trace for tick in [read, *ticks]}) == 3


async def test_an_actor_started_by_a_message_does_not_inherit_from_it(mesh: MeshUnderTest) -> None:
    class Lazy(Actor):
        def __init__(self, key: str) -> None:
            contexts.append((current.get().trace, dict(current.get().baggage)))

        async def start(self) -> None:
            contexts.append((current.get().trace, dict(current.get().baggage)))

        @Tell.handler
        async def tell(self, command: Tell) -> None: ...

    contexts: list[tuple[int, dict[str, str]]] = []
    await mesh.start_pool(Lazy)
    with mesh.bus.baggage(user="ada"):
        await mesh.bus.tell(Tell(node="a", step=0))
    await mesh.settle()
    assert contexts == [(0, {}), (0, {})]


async def test_a_command_taken_out_of_turn_joins_by_a_link_and_not_by_parenthood(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    async def drain(actor: Actor, message: Any) -> None:
        await trio.sleep(1)
        assert len(actor.drain(Poke)) == 1
        await actor.bus.publish(Happened())

    await start(mesh, drain=drain)
    taken: list[TapEvent] = []

    class Taken(Tap):
        def offer(self, event: TapEvent) -> None:
            if event.point == "taken":
                taken.append(event)

    mesh.bus.core.taps.attach(Taken(rate=None))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mesh.bus.ask, Read(do="drain"))
        await mesh.settle()
        await mesh.bus.tell(Poke(do="answer"))
    turn, followup, *_ = taken
    assert followup.type == "world.Poke@1"
    assert followup.detail == f"joined {turn.seq}"
    assert followup.trace != turn.trace


async def test_stream_items_belong_to_the_stream(mesh: MeshUnderTest) -> None:
    async with open_test_mesh() as other:
        program = Program()
        await other.start_pool(partial(Node, program), name="node")
        step = program.number(Step("stream", "a"))
        events: list[TapEvent] = []

        class Seen(Tap):
            def offer(self, event: TapEvent) -> None:
                if event.point in {"sent", "item"}:
                    events.append(event)

        other.bus.core.taps.attach(Seen(rate=None))
        async with other.bus.stream(Items(node="a", step=step)) as items:
            assert [item async for item in items] == [1, 2]
    request, *shown = events
    assert [(item.item, item.seq, item.trace) for item in shown] == [
        (1, request.seq, request.trace),
        (2, request.seq, request.trace),
    ]


# --- to and from the world --------------------------------------------------------------------------------

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = 0x0AF7651916CD43DD8448EB211C80319C


async def test_a_fresh_context_begins_a_trace_or_carries_on_a_given_one(mesh: MeshUnderTest) -> None:
    sent = await start(mesh)
    with mesh.bus.baggage(user="ada"):
        with mesh.bus.fresh("http", HEADER):
            await mesh.bus.ask(Read(do="answer"))
        with mesh.bus.fresh("http"):
            await mesh.bus.ask(Read(do="answer"))
    given, made = sent.events
    assert (given.trace, given.sender, given.baggage, given.cause) == (hex_trace(TRACE), "http", {}, 0)
    assert made.trace != given.trace


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (HEADER, TRACE),
        (f" {HEADER} ", TRACE),
        (HEADER.replace("00-", "01-", 1) + "-more", TRACE),
        ("", 0),
        ("nonsense", 0),
        (HEADER.upper(), 0),
        (HEADER.replace("00-", "ff-", 1), 0),
        (HEADER.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32), 0),
        (HEADER.replace("b7ad6b7169203331", "0" * 16), 0),
        (HEADER[:-1], 0),
    ],
)
def test_a_header_is_honoured_when_it_says_something(header: str, trace: int) -> None:
    assert read_traceparent(header) == trace


async def test_a_log_line_knows_actor_trace_and_baggage(mesh: MeshUnderTest) -> None:
    async def look(actor: Actor, message: Any) -> dict[str, Any]:
        return log_context()

    sent = await start(mesh, look=look)
    with mesh.bus.baggage(user="ada", session="s1"):
        fields = await mesh.bus.ask(Read(do="look"))
    assert fields == {"user": "ada", "session": "s1", "actor": "puppet", "trace": sent.events[0].trace}
    assert log_context() == {}
