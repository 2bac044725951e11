"""A whole answer, and the bill of one that nobody waits for any more."""

from functools import partial

import attrs
import pytest
import trio

from actors import asking
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import ChatMessage, Text, Usage
from bus import Actor, Sink, concurrent
from bus.testing import MeshUnderTest

REQUEST = llm.Complete(messages=(ChatMessage(role="user", content=(Text(text="hi"),)),))
PART = Usage(input_tokens=3, model="test/one")
WHOLE = Usage(input_tokens=3, output_tokens=4, model="test/one")
ANSWER = llm.Completed(content=(), stop_reason="end_turn", usage=WHOLE)


@attrs.define
class World:
    items: list[llm.CompletionEvent]
    waits: bool = False
    begun: trio.Event = attrs.field(factory=trio.Event)
    noted: list[session.NoteUsage | session.RecordUsage] = attrs.field(
        factory=list[session.NoteUsage | session.RecordUsage]
    )


class Model(Actor):
    def __init__(self, world: World) -> None:
        self._world = world

    @llm.Complete.handler
    @concurrent(4)
    async def complete(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for item in self._world.items:
            await sink.send(item)
        self._world.begun.set()
        if self._world.waits:
            await trio.sleep_forever()


class Books(Actor):
    def __init__(self, world: World) -> None:
        self._world = world

    @session.RecordUsage.handler
    async def record(self, request: session.RecordUsage) -> None:
        self._world.noted.append(request)

    @session.NoteUsage.handler
    async def note(self, command: session.NoteUsage) -> None:
        self._world.noted.append(command)


async def begin(mesh: MeshUnderTest, world: World) -> asking.Bill:
    await mesh.start(partial(Model, world), name="llm")
    await mesh.start(partial(Books, world), name="session")
    return asking.Bill(mesh.bus, user="ada", purpose="skill", session="s", turn="t")


async def test_the_answer_is_the_callers_to_count(mesh: MeshUnderTest) -> None:
    world = World([llm.Spending(usage=PART), llm.Wasted(usage=PART), llm.Spending(usage=PART), ANSWER])
    bill = await begin(mesh, world)
    assert await asking.answer(mesh.bus, REQUEST, bill.used, bill.left) == ANSWER
    assert world.noted == [
        session.RecordUsage(user="ada", purpose="skill", usage=PART, session="s", turn="t")
    ], "the attempt that failed"


@pytest.mark.parametrize("items", [[llm.Spending(usage=PART)], [llm.Spending(usage=WHOLE)], [ANSWER]])
async def test_whoever_is_cancelled_leaves_a_bill(
    mesh: MeshUnderTest, items: list[llm.CompletionEvent]
) -> None:
    world = World(items, waits=True)
    bill = await begin(mesh, world)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                await asking.answer(mesh.bus, REQUEST, bill.used, bill.left)

            nursery.start_soon(ask)
            await world.begun.wait()
            await mesh.settle()
            scope.cancel()
    await mesh.settle()
    (noted,) = world.noted
    assert isinstance(noted, session.NoteUsage)
    assert (noted.user, noted.purpose, noted.session, noted.turn) == ("ada", "skill", "s", "t")
    assert noted.usage == (items[0].usage if isinstance(items[0], llm.Spending) else WHOLE)


async def test_whoever_is_cancelled_before_anything_was_used_leaves_none(mesh: MeshUnderTest) -> None:
    world = World([llm.TextDelta(text="x"), llm.Spending(usage=PART), llm.Wasted(usage=PART)], waits=True)
    bill = await begin(mesh, world)
    with trio.move_on_after(0.05):
        await asking.answer(mesh.bus, REQUEST, bill.used, bill.left)
    await mesh.settle()
    assert [type(each) for each in world.noted] == [session.RecordUsage]


async def test_an_answer_without_an_end_is_an_error_and_counts(mesh: MeshUnderTest) -> None:
    world = World([llm.Spending(usage=PART)])
    bill = await begin(mesh, world)
    with pytest.raises(llm.ModelError, match="no end"):
        await asking.answer(mesh.bus, REQUEST, bill.used, bill.left)
    await mesh.settle()
    assert [each.usage for each in world.noted] == [PART]
