"""A disk that is full or a store that crashes delays a turn; it neither loses it nor brings anything down."""

from collections.abc import Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.conversation import ConversationActor
from actors.session import endings
from actors.session import messages as session
from actors.session.actor import SessionActor
from tests.actors.agent.world import World, after, check_valid, say, shape, use


class Disk:
    """A disk that can be filled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.refused = 0
        write: Callable[..., Any] = SessionActor._write

        async def guarded(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
            if self.full:
                self.refused += 1
                raise session.StorageFailed(reason="the disk is full")
            return await write(actor, *args, **kwargs)

        monkeypatch.setattr(SessionActor, "_write", guarded)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def test_a_short_outage_is_waited_for(world: World, disk: Disk, autojump_clock: MockClock) -> None:
    world.durations["x"] = 5.0
    world.script.extend([say(calls=[use("Peek", what="x")]), say("done")])
    accepted = await world.send("go")
    await trio.sleep(2)
    disk.full = True
    await trio.sleep(10)
    disk.full = False
    end = await world.end(accepted.turn)
    assert end.text == "done"
    assert [event.text for event in world.mesh.published(agent.Notice)] == ["Waiting: the disk is full"]
    assert world.begun == ["x"]
    assert shape(world.requests[-1].messages)[-1] == "c1=peeked x"


@pytest.mark.parametrize("calls", [1, 3])
async def test_a_long_outage_is_told_once_and_the_turn_goes_on_afterwards(
    world: World, disk: Disk, autojump_clock: MockClock, calls: int
) -> None:
    world.durations["x"] = 5.0
    world.script.append(say(calls=[use("Peek", f"c{n}", what="x") for n in range(calls)]))
    accepted = await world.send("go")
    await trio.sleep(2)
    disk.full = True
    await trio.sleep(300)
    (failed,) = world.mesh.published(agent.TurnFailed)
    assert failed.turn == accepted.turn
    assert "could not be stored (the disk is full)" in failed.reason
    assert disk.refused < 60, "it must not spin"
    disk.full = False
    world.script.append(say("done"))
    await trio.sleep(60)
    (ended,) = world.mesh.published(agent.TurnEnded)
    assert ended.text == "done"
    check_valid(world.requests[-1].messages)
    assert (await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))).state == "done"
    assert (await world.turn("again", say("fine"))).text == "fine"


async def test_what_came_during_the_outage_is_done_after_it(
    world: World, disk: Disk, autojump_clock: MockClock
) -> None:
    world.durations["x"] = 5.0
    world.script.append(say(calls=[use("Peek", what="x")]))
    first = await world.send("one")
    second = await world.send("two", mode="queue")
    await trio.sleep(2)
    disk.full = True
    with pytest.raises(session.StorageFailed):
        await world.send("three")
    await trio.sleep(100)
    disk.full = False
    await trio.sleep(100)
    assert [event.turn for event in world.mesh.published(agent.TurnEnded)] == [first.turn, second.turn]


async def test_a_store_that_crashes_in_mid_turn_does_not_crash_the_conversation(
    world: World, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    crashes = [ZeroDivisionError()]
    write: Callable[..., Any] = SessionActor._write

    async def crash(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
        if crashes and any(isinstance(arg, session.SaveResult) for arg in args):
            raise crashes.pop()
        return await write(actor, *args, **kwargs)

    monkeypatch.setattr(SessionActor, "_write", crash)
    world.script.extend([say(calls=[use("Peek", what="x")]), say("done")])
    accepted = await world.send("go")
    await trio.sleep(100)
    end = await world.end(accepted.turn)
    assert end.text == "done"
    assert world.mesh.cell("conversation[" + accepted.session + "]").incarnation == 1


async def test_a_conversation_that_cannot_read_its_store_waits_and_starts_later(
    lives: World, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    unreadable = True
    read: Callable[..., Any] = SessionActor._read

    async def refuse(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
        if unreadable:
            raise session.StorageFailed(reason="cannot be read")
        return await read(actor, *args, **kwargs)

    async with lives.running() as world:
        monkeypatch.setattr(SessionActor, "_read", refuse)
        accepted = await world.send("hello")
        await trio.sleep(200)
        unreadable = False
        assert (await world.end(accepted.turn)).text == "echo hello"


async def test_a_turn_that_somebody_else_runs_is_let_go(world: World, autojump_clock: MockClock) -> None:
    world.durations["x"] = 5.0
    world.script.append(say(calls=[use("Peek", what="x")]))
    accepted = await world.send("go")
    await trio.sleep(1)
    await world.bus.ask(session.Begin(turn=accepted.turn, boot="another boot"))
    await trio.sleep(60)
    assert world.mesh.published(agent.TurnEnded) == []
    assert len(world.requests) == 1
    assert (await world.turn("elsewhere", say("fine"), key="other")).text == "fine"


async def test_an_outage_of_the_store_does_not_count_as_an_attempt(
    world: World, disk: Disk, autojump_clock: MockClock
) -> None:
    world.durations["x"] = 40.0
    world.script.append(say(calls=[use("Peek", what="x")]))
    accepted = await world.send("go")
    for _ in range(5):
        await trio.sleep(10)
        disk.full = True
        await trio.sleep(100)
        disk.full = False
        await trio.sleep(30)
    world.script[:] = [say("done")]
    await trio.sleep(100)
    turn = await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
    assert turn.state == "done"
    assert turn.deaths == 0


async def test_an_outage_before_an_orderly_stop_does_not_count_as_an_attempt(
    lives: World, disk: Disk, autojump_clock: MockClock
) -> None:
    lives.durations["x"] = 5.0
    lives.script.append(say(calls=[use("Peek", what="x")]))
    turn = ""
    for _ in range(4):
        async with lives.running() as world:
            turn = turn or (await world.send("go")).turn
            await trio.sleep(2)
            disk.full = True
            await trio.sleep(60)
            disk.full = False
    async with lives.running() as world:
        await trio.sleep(100)
        stored = await world.bus.ask(session.GetTurn(turn=turn, user="admin"))
        assert (stored.state, stored.deaths) == ("done", 0)


async def test_an_orderly_stop_while_an_end_waits_for_the_disk_does_not_count_as_an_attempt(
    lives: World, disk: Disk, autojump_clock: MockClock
) -> None:
    turn = ""
    for _ in range(4):
        async with lives.running() as world:
            disk.full = False
            world.script[:] = [after(1.0, say("done"))]
            turn = turn or (await world.send("go")).turn
            await trio.sleep(0.5)
            disk.full = True
            await trio.sleep(2)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(world.mesh.mesh.stop)
                await trio.sleep(3.5)  # it is not tried again before the conversation is cut short
                disk.full = False
    async with lives.running() as world:
        disk.full = False
        stored = await world.bus.ask(session.GetTurn(turn=turn, user="admin"))
        assert (stored.state, stored.deaths) in {("accepted", 0), ("running", 0)}


async def test_a_turn_whose_end_crashes_the_store_is_parked_after_three_attempts(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(endings, "finish", crash)
    accepted = await world.send("go")
    await trio.sleep(3600)
    stored = await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
    assert (stored.state, stored.outcome) == ("failed", "parked")
    assert len(world.requests) == 3, "each of them is paid for"


async def test_a_last_answer_may_be_as_long_as_any(world: World, autojump_clock: MockClock) -> None:
    assert (await world.turn("go", say(*["x" * 1_000_000] * 5))).outcome == "success"


async def test_a_call_whose_beginning_was_stored_late_is_carried_out_without_doubt(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write: Callable[..., Any] = SessionActor._write
    slow = [11.0]

    async def slowly(actor: SessionActor, *args: Any, **kwargs: Any) -> Any:
        value = await write(actor, *args, **kwargs)
        if isinstance(args[1], session.BeginStep) and slow:
            await trio.sleep(slow.pop())
        return value

    monkeypatch.setattr(SessionActor, "_write", slowly)
    end = await world.turn("go", say(calls=[use("Tell", what="a")]), say("done"))
    assert end.outcome == "success"
    assert world.begun == ["a"]
    assert shape(world.requests[-1].messages)[-1] == "c1=told a"


async def test_a_turn_whose_conversation_crashes_for_long_runs_once_it_does_not(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it crashes before the turn is claimed, so that there is nothing to be counted."""
    begin = ConversationActor._hand_back
    crashes = [ZeroDivisionError() for _ in range(5)]

    async def crash(actor: ConversationActor, turn: str) -> None:
        if crashes:
            raise crashes.pop()
        await begin(actor, turn)

    monkeypatch.setattr(ConversationActor, "_hand_back", crash)
    accepted = await world.send("go")
    await trio.sleep(60)
    assert (await world.end(accepted.turn)).outcome == "success"
