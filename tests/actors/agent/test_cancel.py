"""Cancelling: at any point, what was stored stays, the conversation is valid, and the next message goes on."""

import itertools
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.vocabulary import FollowupMode
from bus import Message, Sink, wire_name
from tests.actors.agent.world import Gate, World, check_numbers, check_valid, say, shape, spending, use


async def cancel(world: World, session_id: str) -> str | None:
    return (await world.bus.ask(agent.Cancel(session=session_id, user="admin"))).turn


async def test_nothing_runs_nothing_is_cancelled(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("hello")
    assert await cancel(world, end.session) is None


async def test_what_the_model_had_said_is_kept(world: World, autojump_clock: MockClock) -> None:
    async def endless(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Once upon "))
        await sink.send(llm.TextDelta(text="a time"))
        await trio.sleep_forever()

    world.script.append(endless)
    accepted = await world.send("tell me a story")
    await world.quiet()
    assert await cancel(world, accepted.session) == accepted.turn
    end = await world.end(accepted.turn)
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("cancelled", "Once upon a time")
    assert (await world.bus.ask(session.GetTurn(turn=end.turn, user="admin"))).state == "cancelled"
    await world.turn("go on", say("there was"))
    assert shape(world.requests[1].messages) == ["u:tell me a story", "a:Once upon a time", "u:go on"]


async def test_the_stream_of_the_model_is_closed(world: World, autojump_clock: MockClock) -> None:
    closed = trio.Event()

    async def endless(_request: llm.Complete, _sink: Sink[llm.CompletionEvent]) -> None:
        try:
            await trio.sleep_forever()
        finally:
            closed.set()

    world.script.append(endless)
    accepted = await world.send("hello")
    await world.quiet()
    await cancel(world, accepted.session)
    with trio.fail_after(1):
        await closed.wait()


async def test_running_tools_are_stopped_and_finished_ones_keep_their_results(
    world: World, autojump_clock: MockClock
) -> None:
    world.gates["b"] = Gate()
    world.script.append(say(calls=[use("Peek", "c1", what="a"), use("Peek", "c2", what="b")]))
    accepted = await world.send("go")
    await world.quiet()
    await cancel(world, accepted.session)
    end = await world.end(accepted.turn)
    assert isinstance(end, agent.TurnEnded)
    assert world.done == ["a"]
    await world.turn("next")
    found = shape(world.requests[-1].messages)
    assert found[3] == "c1=peeked a"
    assert found[4].startswith("c2!")
    check_valid(world.requests[-1].messages)


async def test_cancelling_twice_is_cancelling_once(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("never")))
    accepted = await world.send("go")
    await gate.reached.wait()
    found = [await cancel(world, accepted.session), await cancel(world, accepted.session)]
    assert found[0] == accepted.turn
    await world.end(accepted.turn)
    assert len(world.mesh.published(agent.TurnEnded)) == 1


async def test_messages_that_wait_get_their_turn_after_a_cancel(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("never")), say("second")])
    first = await world.send("one")
    await gate.reached.wait()
    second = await world.send("two")
    await cancel(world, first.session)
    assert (await world.end(second.turn)).text == "second"


async def test_those_who_joined_a_cancelled_turn_are_told(world: World, autojump_clock: MockClock) -> None:
    world.gates["a"] = Gate()
    hold = Gate()
    world.script.extend([say(calls=[use("Peek", what="a")]), hold.then(say("never"))])
    first = await world.send("one")
    await world.gates["a"].reached.wait()
    second = await world.send("two")
    world.gates["a"].open.set()
    await hold.reached.wait()
    await cancel(world, first.session)
    await world.end(first.turn)
    fates = [event.fate for event in world.mesh.published(agent.FollowupFate) if event.turn == second.turn]
    assert fates == ["merged", "answered"]


async def _cancel_at(world: World, point: int) -> bool:
    """Cancel a turn at the given point of its traffic; False when there are not so many."""
    world.script.extend([
        spending(say("Let ", "me ", "see.", calls=[use("Peek", "c1", what="a"), use("Tell", "c2", what="b")])),
        spending(say("That ", "is ", "all.")),
    ])  # fmt: skip
    count = 0
    async with world.console.tap("", rate=None) as tap, trio.open_nursery() as nursery:
        accepted = await world.send("go")

        async def watch() -> None:
            nonlocal count
            async for _ in tap:
                count += 1
                if count == point:
                    await cancel(world, accepted.session)
                    return

        nursery.start_soon(watch)
        await world.end(accepted.turn)
        nursery.cancel_scope.cancel(reason="the turn is over")
    return count == point


async def check_counted(world: World) -> None:
    """Raise AssertionError unless each completion of which something was heard was counted, and none twice."""
    kinds = [type(event) for event in world.events()]
    heard = sum(pair == (agent.CompletionStarted, agent.TextDelta) for pair in pairwise(kinds))
    counted = (await world.bus.ask(session.Costs())).total.calls
    assert heard <= counted
    assert counted <= len(world.requests)


async def test_cancelled_at_any_point_the_conversation_is_valid_and_goes_on(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    outcomes: list[str] = []
    for point in itertools.count(1, 2):
        world = World(tmp_path / f"{point}")
        world.path.mkdir()
        async with world.running():
            reached = await _cancel_at(world, point)
            await check_counted(world)
            world.script.clear()
            await world.turn("and now?")
            check_valid(world.requests[-1].messages)
            check_numbers(world.events())
            ends = world.mesh.published(agent.TurnEnded)
            assert len(ends) == 2
            outcomes.append(ends[0].outcome)
            rows = await world.rows(ends[0].session)
            assert [text for role, text in rows if role == "user"] == ["go", "and now?"]
            said = "".join(text for role, text in rows if role == "assistant")
            assert said.startswith(ends[0].text.replace("\n\n", ""))
        if not reached:
            break
    assert len(outcomes) > 20
    assert outcomes[-1] == "success"
    assert outcomes.count("cancelled") > 15


async def test_a_message_that_has_not_begun_is_cancelled_too(world: World, autojump_clock: MockClock) -> None:
    accepted = await world.bus.ask(
        session.Accept(incoming=session.Incoming(text="go", user="admin", key="main"))
    )
    await world.bus.tell(agent.Deliver(session=accepted.session, turn=accepted.turn, mode="inject"))
    assert await cancel(world, accepted.session) == accepted.turn
    end = await world.end(accepted.turn)
    assert (end.outcome, world.requests) == ("cancelled", [])


@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5])
async def test_a_cancel_during_parallel_tools_waits_for_what_is_being_stored(
    world: World, autojump_clock: MockClock, seconds: float
) -> None:
    calls = [use("Peek", f"c{n}", what=f"{n}") for n in range(4)]
    world.durations = {f"{n}": float(n) for n in range(4)}
    world.script.append(say(calls=calls))
    accepted = await world.send("go")
    await trio.sleep(seconds)
    await cancel(world, accepted.session)
    await world.end(accepted.turn)
    finished = [event.call for event in world.mesh.published(agent.ToolFinished)]
    assert finished == [f"c{n}" for n in range(4) if n < seconds]
    await world.turn("next")
    kept = [entry for entry in shape(world.requests[-1].messages) if "=peeked" in entry]
    assert kept == [f"c{n}=peeked {n}" for n in range(4) if n < seconds]


@pytest.mark.parametrize("mode", ["inject", "queue"])
async def test_one_waiting_message_is_cancelled_without_the_turn_that_runs(
    world: World, autojump_clock: MockClock, mode: FollowupMode
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("first", calls=[use("Peek", what="a")])), say("more"), say("third")])
    first = await world.send("one")
    await gate.reached.wait()
    second = await world.send("two", mode=mode)
    third = await world.send("three", mode="queue")
    cancelled = await world.bus.ask(agent.Cancel(session=first.session, user="admin", turn=second.turn))
    assert cancelled.turn == second.turn
    gate.open.set()
    assert (await world.end(first.turn)).outcome == "success"
    assert (await world.end(second.turn)).outcome == "cancelled"
    assert (await world.end(third.turn)).text == "third"
    assert "u:two" not in shape(world.requests[1].messages)


@pytest.mark.parametrize("moments", range(0, 40, 2))
async def test_an_answer_is_not_repeated_because_the_message_that_was_to_follow_it_is_cancelled(
    world: World, autojump_clock: MockClock, moments: int
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("first")), say("second")])
    first = await world.send("one")
    await gate.reached.wait()
    second = await world.send("two")
    gate.open.set()
    for _ in range(moments):
        await trio.lowlevel.checkpoint()
    request = agent.Cancel(session=first.session, user="admin", turn=second.turn)
    cancelled = (await world.bus.ask(request)).turn == second.turn
    end = await world.end(first.turn)
    assert end.outcome == "success"
    asked = [shape(request.messages)[-1] for request in world.requests]
    if cancelled:
        assert (end.text, asked) == ("first", ["u:one"])
        assert ("assistant", "first") in await world.rows(first.session)
    else:
        assert (end.text, asked) == ("first\n\nsecond", ["u:one", "u:two"])


async def test_a_turn_that_does_not_wait_is_not_cancelled(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("first")))
    first = await world.send("one")
    await gate.reached.wait()
    nothing = await world.bus.ask(agent.Cancel(session=first.session, user="admin", turn="another"))
    assert nothing.turn is None
    gate.open.set()
    assert (await world.end(first.turn)).outcome == "success"
    assert (
        await world.bus.ask(agent.Cancel(session=first.session, user="admin", turn=first.turn))
    ).turn is None


async def cancel_when(world: World, request: type[Message], accepted: agent.Accepted) -> str | None:
    """Cancel as soon as the store has taken a request; what the answer was."""
    async with world.console.tap(f"type={wire_name(request)}", rate=None) as tap:
        async for event in tap:
            if event.point == "taken":
                break
    return await cancel(world, accepted.session)


async def test_a_result_that_is_being_stored_is_told_as_well(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write: Callable[..., Any] = SessionActor._write

    async def slowly(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(arg, session.SaveResult) for arg in args):
            await trio.sleep(2.0)
        return await write(actor, *args, **kwargs)

    monkeypatch.setattr(SessionActor, "_write", slowly)
    world.script.append(say(calls=[use("Peek", what="a")]))
    accepted = await world.send("go")
    assert await cancel_when(world, session.SaveResult, accepted) == accepted.turn
    assert (await world.end(accepted.turn)).outcome == "cancelled"
    assert [event.call for event in world.mesh.published(agent.ToolFinished)] == ["c1"]
    results = [content for role, content in await world.rows(accepted.session) if role == "tool_result"]
    assert len(results) == 1
    assert "peeked a" in results[0]


@pytest.mark.parametrize("moments", range(8, 28))
async def test_what_is_acknowledged_in_the_last_moment_of_a_turn_is_cancelled(
    world: World, autojump_clock: MockClock, moments: int
) -> None:
    world.script.append(say(*[f"{n} " for n in range(20)]))
    accepted = await world.send("go")
    async with world.bus.subscribe(agent.TextDelta, key=accepted.session, limit=1000) as deltas:
        await anext(deltas)
        for _ in range(moments):
            await trio.lowlevel.checkpoint()
        acknowledged = await cancel(world, accepted.session)
    end = await world.end(accepted.turn)
    assert end.outcome == ("success" if acknowledged is None else "cancelled")
    stored = await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
    assert stored.outcome == end.outcome


async def test_an_end_that_is_being_stored_is_not_cancelled(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("done")))
    accepted = await world.send("go")
    await gate.reached.wait()
    async with trio.open_nursery() as nursery:

        async def check() -> None:
            assert await cancel_when(world, session.Finish, accepted) is None

        nursery.start_soon(check)
        await world.mesh.settle()
        gate.open.set()
    assert (await world.end(accepted.turn)).outcome == "success"


# --- acknowledged is final --------------------------------------------------------------------------------


class Disk:
    """A disk that can be filled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full_for: tuple[type, ...] = ()
        write: Callable[..., Any] = SessionActor._write

        async def guarded(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
            if any(isinstance(arg, self.full_for) for arg in args):
                raise session.StorageFailed(reason="the disk is full")
            return await write(actor, *args, **kwargs)

        monkeypatch.setattr(SessionActor, "_write", guarded)


async def test_a_message_that_was_cancelled_while_it_waited_stays_cancelled_after_a_kill(
    lives: World, autojump_clock: MockClock
) -> None:
    async with lives.running() as world:
        gate = Gate()
        world.script.append(gate.then(say("never")))
        first = await world.send("one")
        await gate.reached.wait()
        second = await world.send("two", mode="queue")
        await world.bus.ask(agent.Cancel(session=first.session, user="admin", turn=second.turn))
        world.kill()
    async with lives.running() as world:
        world.script.append(say("first"))
        assert (await world.end(first.turn)).text == "first"
        await world.quiet()
        turn = await world.bus.ask(session.GetTurn(turn=second.turn, user="admin"))
        assert (turn.state, len(world.requests)) == ("cancelled", 2)


async def test_a_turn_that_was_cancelled_while_it_ran_is_not_begun_again_after_a_kill(
    lives: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    async with lives.running() as world:
        gate = Gate()
        world.script.append(gate.then(say("never")))
        accepted = await world.send("one")
        await gate.reached.wait()
        disk.full_for = (session.Finish,)
        await cancel(world, accepted.session)
        world.kill()
    disk.full_for = ()
    async with lives.running() as world:
        end = await world.end(accepted.turn)
        assert (end.outcome, len(world.requests)) == ("cancelled", 1)


async def test_a_cancel_outlives_a_disk_that_is_full_when_the_turn_ends(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    gate = Gate()
    world.script.append(gate.then(say("never")))
    accepted = await world.send("go")
    await gate.reached.wait()
    disk.full_for = (session.Finish,)
    assert await cancel(world, accepted.session) == accepted.turn
    await trio.sleep(100)
    disk.full_for = ()
    await trio.sleep(60)
    turn = await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
    assert (turn.state, len(world.requests)) == ("cancelled", 1)
    assert (await world.turn("next", say("fine"))).text == "fine"


async def test_a_cancel_that_cannot_be_stored_is_not_acknowledged(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    gate = Gate()
    world.script.append(gate.then(say("done")))
    accepted = await world.send("go")
    await gate.reached.wait()
    disk.full_for = (session.CancelTurn,)
    with pytest.raises(session.StorageFailed):
        await cancel(world, accepted.session)
    gate.open.set()
    assert (await world.end(accepted.turn)).text == "done"


async def test_a_turn_that_waits_for_the_disk_is_cancelled_at_once_when_the_disk_is_back(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    disk.full_for = (session.SaveCompletion,)
    world.script.extend([say(calls=[use("Peek", what="a")])] * 2)
    accepted = await world.send("go")
    await trio.sleep(60)
    assert await cancel(world, accepted.session) == accepted.turn
    await trio.sleep(1)
    (ended,) = world.mesh.published(agent.TurnEnded)
    assert (ended.turn, ended.outcome) == (accepted.turn, "cancelled")


async def test_nobody_cancels_or_follows_the_conversation_of_another(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.append(gate.then(say("done")))
    accepted = await world.send("go")
    await gate.reached.wait()
    with pytest.raises(session.UnknownSession):
        await world.bus.ask(agent.Cancel(session=accepted.session, user="eve"))
    with pytest.raises(session.UnknownSession):
        await world.bus.ask(agent.Follow(session=accepted.session, user="eve", after=0))
    gate.open.set()
    assert (await world.end(accepted.turn)).outcome == "success"
