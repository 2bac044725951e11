"""Following a conversation from any number on."""

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from bus import Sink
from tests.actors.agent.world import Gate, World, say, use


async def follow(world: World, session_id: str, after: int) -> agent.Backlog:
    return await world.bus.ask(agent.Follow(session=session_id, user="admin", after=after))


async def test_a_client_that_comes_in_the_middle_gets_the_whole_turn(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()

    async def slowly(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Hel"))
        await sink.send(llm.TextDelta(text="lo "))
        await gate.wait()
        await say("you")(_request, sink)

    world.script.append(slowly)
    accepted = await world.send("hi")
    await gate.reached.wait()
    await world.mesh.settle()
    backlog = await follow(world, accepted.session, accepted.after)
    assert backlog.complete
    assert backlog.running == accepted.turn
    assert [type(event).__name__ for event in backlog.events] == [
        "TurnStarted",
        "CompletionStarted",
        "TextDelta",
    ]
    assert isinstance(backlog.events[-1], agent.TextDelta)
    assert (backlog.events[-1].text, backlog.events[-1].n) == ("Hello ", backlog.last)
    gate.open.set()
    await world.end(accepted.turn)


async def test_a_backlog_and_a_subscription_are_the_whole_without_repeats(
    world: World, autojump_clock: MockClock
) -> None:
    async def chatty(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for n in range(20):
            await sink.send(llm.TextDelta(text=f"{n} "))
            await trio.sleep(1.0)
        await say("end")(_request, sink)

    world.script.append(chatty)
    accepted = await world.send("hi")
    await trio.sleep(7.5)
    async with world.bus.subscribe(*agent.TURN_EVENTS, key=accepted.session, limit=1000) as live:
        backlog = await follow(world, accepted.session, accepted.after)
        text = "".join(event.text for event in backlog.events if isinstance(event, agent.TextDelta))
        async for event in live:
            if isinstance(event, agent.TurnEnded):
                break
            if isinstance(event, agent.TextDelta) and event.n > backlog.last:
                text += event.text
    assert text == "".join(f"{n} " for n in range(20)) + "end"


async def test_after_the_last_event_there_is_nothing(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("hi")
    backlog = await follow(world, end.session, end.n)
    assert (backlog.events, backlog.last, backlog.complete, backlog.running) == ((), end.n, True, None)


async def test_after_a_restart_the_client_is_told_to_read_again(
    lives: World, autojump_clock: MockClock
) -> None:
    async with lives.running() as world:
        end = await world.turn("hi")
    async with lives.running() as world:
        backlog = await follow(world, end.session, end.n)
        assert (backlog.events, backlog.complete) == ((), False)


async def test_nobody_follows_a_session_that_does_not_exist(world: World, autojump_clock: MockClock) -> None:
    with pytest.raises(session.UnknownSession):
        await follow(world, "nobody", 0)


async def test_a_fast_model_does_not_run_away_from_those_who_follow(
    world: World, autojump_clock: MockClock
) -> None:
    async def burst(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for n in range(2000):
            await sink.send(llm.TextDelta(text=f"{n} "))
        await say("done")(_request, sink)

    async with world.bus.subscribe(agent.TextDelta, agent.TurnEnded, limit=8) as live:
        world.script.append(burst)
        await world.send("hi")
        pieces: list[str] = []
        async for event in live:
            if isinstance(event, agent.TurnEnded):
                break
            assert isinstance(event, agent.TextDelta)
            pieces.append(event.text)
    assert "".join(pieces) == "".join(f"{n} " for n in range(2000)) + "done"
    assert 16 < len(pieces) < 200  # more than may wait, and far fewer than it sent


async def test_a_slow_follower_changes_nothing_in_the_order(world: World, autojump_clock: MockClock) -> None:
    """Tools that end at the same time tell of it from different tasks, which all wait for the one who follows."""
    world.durations["x"] = 1.0
    world.script.append(say(calls=[use("Peek", f"c{n}", what="x") for n in range(8)]))
    numbers: list[int] = []
    async with world.bus.subscribe(*agent.TURN_EVENTS, limit=1000) as live:
        await world.send("go")
        async for event in live:
            numbers.append(event.n)
            if isinstance(event, agent.TurnEnded):
                break
            await trio.sleep(0.1)
    assert numbers == list(range(1, len(numbers) + 1))
