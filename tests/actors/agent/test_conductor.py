"""Accepting: stored first, then acknowledged, whatever the conversation does."""

from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Settings
from actors.llm import messages as llm
from actors.session import messages as session
from bus import ActorCrashed
from tests.actors.agent.world import Gate, World, crash_once, say, use


async def test_a_new_conversation_is_followed_from_the_beginning(
    world: World, autojump_clock: MockClock
) -> None:
    accepted = await world.send("hello", key=None)
    assert (accepted.created, accepted.fate, accepted.after, accepted.duplicate) == (
        True,
        "started",
        0,
        False,
    )


async def test_an_idle_conversation_is_followed_from_where_it_stands(
    world: World, autojump_clock: MockClock
) -> None:
    await world.turn("one")
    last = world.events()[-1].n
    accepted = await world.send("two")
    assert (accepted.created, accepted.fate, accepted.after) == (False, "started", last)
    await world.end(accepted.turn)
    first = next(event for event in world.events() if event.turn == accepted.turn)
    assert first.n == last + 1


async def test_the_mode_is_that_of_the_message_or_else_the_configured_one(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(followup_mode="queue")
    async with lives.running() as world:
        gate = Gate()
        world.script.append(gate.then(say("first")))
        await world.send("one")
        await gate.reached.wait()
        assert (await world.send("two")).fate == "queued"
        assert (await world.send("three", mode="inject")).fate == "followup"
        gate.open.set()


async def test_the_same_message_twice_is_one_message(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("once")))
    first = await world.send("hello", client_message_id="m1")
    await gate.reached.wait()
    again = await world.send("hello", client_message_id="m1")
    assert (again.turn, again.session, again.duplicate, again.fate) == (
        first.turn,
        first.session,
        True,
        "started",
    )
    gate.open.set()
    await world.end(first.turn)
    done = await world.send("hello", client_message_id="m1")
    assert (done.turn, done.fate) == (first.turn, "done")
    await world.quiet()
    assert len(world.requests) == 1
    delivered = [
        event for event in world.console.recorded("type=agent.Deliver@1") if event.point == "replied"
    ]
    assert len(delivered) == 1
    backlog = await world.bus.ask(agent.Follow(session=done.session, user="admin", after=done.after))
    assert backlog.complete
    assert [event.n for event in backlog.events] == [event.n for event in world.events()]


async def test_a_message_that_was_stored_but_not_acknowledged_runs_when_it_is_sent_again(
    world: World, autojump_clock: MockClock
) -> None:
    """Its conversation lives, knows nothing of it and would not look."""
    await world.turn("hello")
    message = session.Incoming(text="again", user="admin", key="main", client_message_id="m1")
    stored = await world.bus.ask(session.Accept(incoming=message))
    again = await world.send("again", client_message_id="m1")
    assert (again.turn, again.duplicate) == (stored.turn, True)
    assert (await world.end(stored.turn)).text == "echo again"


async def test_messages_to_one_conversation_are_delivered_in_the_order_in_which_they_were_stored(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("hello")
    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(partial(world.send, f"m{n}", mode="queue"))
    await world.quiet(60)
    stored = await world.said(first.session)
    delivered = [event.turn for event in world.mesh.published(agent.TurnStarted)]
    accepted = await world.bus.ask(session.ListTurns(session=first.session, user="admin"))
    assert delivered == [turn.id for turn in accepted]
    assert len(stored) == 21


async def test_it_does_not_matter_how_a_conversation_is_addressed(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("hello")
    for _ in range(10):
        async with trio.open_nursery() as nursery:
            for n in range(10):
                address = {"session": first.session, "key": None} if n % 2 else {}
                nursery.start_soon(partial(world.send, f"m{n}", mode="queue", **address))
        await world.quiet(60)
    started = [event.turn for event in world.mesh.published(agent.TurnStarted)]
    accepted = await world.bus.ask(session.ListTurns(session=first.session, user="admin"))
    assert started == [turn.id for turn in accepted]
    assert len(started) == 101


async def test_a_model_that_is_not_offered_is_refused_and_nothing_is_stored(
    world: World, autojump_clock: MockClock
) -> None:
    with pytest.raises(llm.ModelNotAllowed) as refused:
        await world.send("hello", options=session.TurnOptions(model="test/none"))
    assert refused.value.allowed == ("test/one", "test/two", "test/small")
    assert await world.bus.ask(session.List(user="admin")) == ()


async def test_an_unknown_or_closed_session_is_refused(world: World, autojump_clock: MockClock) -> None:
    with pytest.raises(session.UnknownSession):
        await world.send("hello", session="nobody")
    end = await world.turn("hello")
    await world.bus.ask(session.Close(session=end.session, user="admin", summary="over"))
    with pytest.raises(session.SessionIsClosed):
        await world.send("hello", session=end.session)


async def test_a_full_mailbox_delays_nobody_and_loses_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.append(gate.then(say("first")))
    first = await world.send("start")
    await gate.reached.wait()
    began = trio.current_time()
    sent = [await world.send(f"m{n}", mode="queue") for n in range(70)]
    assert trio.current_time() - began < 10
    gate.open.set()
    for each in sent:
        await world.end(each.turn)
    assert await world.said(first.session) == ["start", *(f"m{n}" for n in range(70))]


async def test_followups_join_in_order_even_behind_a_full_mailbox(
    world: World, autojump_clock: MockClock
) -> None:
    world.gates["x"] = Gate()
    world.script.append(say(calls=[use("Peek", what="x")]))
    first = await world.send("start")
    await world.gates["x"].reached.wait()
    for n in range(70):
        await world.send(f"m{n}")
    world.gates["x"].open.set()
    await world.end(first.turn)
    await world.quiet(60)
    assert await world.said(first.session) == ["start", *(f"m{n}" for n in range(70))]


async def test_a_message_that_nobody_delivers_runs_after_the_turn_before_it(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("first")), say("second")])
    await world.send("one")
    await gate.reached.wait()
    silent = await world.bus.ask(
        session.Accept(incoming=session.Incoming(text="two", user="admin", key="main"))
    )
    gate.open.set()
    assert (await world.end(silent.turn)).text == "second"


async def test_a_conversation_that_is_restarting_does_not_delay_the_acknowledgement(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_once(monkeypatch)
    gate = world.gates["x"] = Gate()
    world.script.extend([say(calls=[use("Peek", what="x")])])
    first = await world.send("go")
    await gate.reached.wait()
    gate.open.set()
    await world.mesh.settle()
    began = trio.current_time()
    second = await world.send("are you there?")
    assert trio.current_time() - began < 5
    await world.end(first.turn)
    await world.quiet(60)
    assert (await world.bus.ask(session.GetTurn(turn=second.turn, user="admin"))).state in {"done", "merged"}


async def test_a_crash_of_the_conductor_loses_nothing(world: World, autojump_clock: MockClock) -> None:
    """What it had stored and not delivered is delivered by its next incarnation."""
    accepted = await world.bus.ask(
        session.Accept(incoming=session.Incoming(text="hello", user="admin", key="main"))
    )
    world.mesh.cell("conductor").spawn(_crash)
    assert (await world.end(accepted.turn)).text == "echo hello"


async def _crash() -> None:
    raise ZeroDivisionError


async def test_a_bug_in_one_acceptance_is_its_own(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    running = world.mesh.cell("conductor").actor
    with monkeypatch.context() as patch, pytest.raises(ActorCrashed):
        patch.setattr("actors.agent.conductor.fate", broken)
        await world.send("one", key="a")
    assert isinstance(await world.turn("two", key="b"), agent.TurnEnded)
    assert world.mesh.cell("conductor").actor is running


async def test_conversations_run_side_by_side(world: World, autojump_clock: MockClock) -> None:
    world.durations["x"] = 10.0
    began = trio.current_time()

    async def one(n: int) -> None:
        accepted = await world.send(f"m{n}", key=f"k{n}")
        await world.end(accepted.turn)

    world.script.extend(say(calls=[use("Peek", what="x")]) for _ in range(30))
    async with trio.open_nursery() as nursery:
        for n in range(30):
            nursery.start_soon(one, n)
    assert trio.current_time() - began < 20


async def test_an_acknowledged_message_is_on_disk(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with World(tmp_path).running() as world:
        gate = Gate()
        world.script.append(gate.then(say("never")))
        accepted = await world.send("hello")
        world.kill()
    async with World(tmp_path).running(conductor=False) as world:
        assert (await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))).text == "hello"


async def test_a_day_begins_at_midnight_and_is_ones_own(world: World, autojump_clock: MockClock) -> None:
    world.script.append(say("hello"))
    await world.turn("hello")
    today = await world.bus.ask(agent.GetToday(user="admin"))
    assert today.tokens > 0
    assert today.tokens_limit == world.settings.limits.tokens_per_day
    assert world.bus.clock.now() < today.until
    assert (await world.bus.ask(agent.GetToday(user="eve"))).tokens == 0
    await trio.sleep((today.until - world.bus.clock.now()).total_seconds())
    assert (await world.bus.ask(agent.GetToday(user="admin"))).tokens == 0
