"""Killed and started again: a turn goes on from what is stored, and nothing accepted is lost."""

import itertools
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.conversation import ConversationActor
from actors.agent.journal import GAP
from actors.agent.settings import Settings
from actors.session import messages as session
from actors.vocabulary import FollowupMode
from tests.actors.agent.world import (
    Answer,
    Gate,
    World,
    check_numbers,
    check_valid,
    crash_once,
    say,
    shape,
    use,
)


async def kill_during(world: World, gate: Gate, text: str, *script: Answer) -> agent.Accepted:
    """Begin a turn and kill the program once it has reached the gate."""
    world.script.extend(script)
    accepted = await world.send(text)
    await gate.reached.wait()
    world.kill()
    return accepted


async def test_a_turn_killed_during_a_completion_asks_again(lives: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "hello", gate.then(say("never")))
    async with lives.running() as world:
        world.script.append(say("Hi."))
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert end.text == "Hi."
        assert [event.attempt for event in world.mesh.published(agent.TurnStarted)] == [2]
        assert [shape(request.messages) for request in world.requests] == [["u:hello"]] * 2
        assert await world.rows(end.session) == [("user", "hello"), ("assistant", "Hi.")]


async def test_a_finished_completion_is_not_paid_for_twice(lives: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    looking = say("Looking.", calls=[use("Hand", path="a.txt")])
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "go", looking, gate.then(say("never")))
    async with lives.running() as world:
        world.script.append(say("Done."))
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.text, end.tool_rounds, end.usage.input_tokens) == ("Looking.\n\nDone.", 1, 20)
        assert [file.name for file in end.attachments] == ["a.txt"]
        assert len(world.requests) == 3
        assert world.requests[1].messages == world.requests[2].messages


@pytest.mark.parametrize(
    ("tool", "runs", "result"),
    [
        ("Peek", 2, "c1=peeked x"),
        ("Keep", 2, "c1=kept x"),
        ("Retry", 2, "c1=retried x"),
        (
            "Tell",
            1,
            "c1!The program was interrupted while this call was being carried out. It may or may not",
        ),
        ("Skip", 1, "c1!The program was interrupted before this call was completed. It counts as not done."),
    ],
)
async def test_a_call_without_a_result_goes_on_by_its_effect(
    lives: World, autojump_clock: MockClock, tool: str, runs: int, result: str
) -> None:
    lives.gates["x"] = gate = Gate()
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "go", say(calls=[use(tool, what="x")]))
    lives.gates.clear()
    async with lives.running() as world:
        world.script.append(say("done"))
        await world.end(accepted.turn)
        assert world.begun == ["x"] * runs
        assert shape(world.requests[-1].messages)[-1].startswith(result)
        check_valid(world.requests[-1].messages)
        doubts = [event for event in world.mesh.published(agent.Notice) if event.kind == "doubt"]
        assert len(doubts) == (tool == "Tell")
        assert len(set(world.keys)) <= 1


async def test_a_call_that_had_not_begun_is_carried_out_after_a_restart(
    lives: World, autojump_clock: MockClock
) -> None:
    """Of two calls that change something only the first can have happened."""
    lives.gates["a"] = gate = Gate()
    calls = [use("Tell", "c1", what="a"), use("Tell", "c2", what="b")]
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "go", say(calls=calls))
    lives.gates.clear()
    async with lives.running() as world:
        world.script.append(say("done"))
        await world.end(accepted.turn)
        assert world.begun == ["a", "b"]
        told = shape(world.requests[-1].messages)
        assert told[-2].startswith("c1!The program was interrupted while this call was being carried out")
        assert told[-1] == "c2=told b"
        doubts = [event.data for event in world.mesh.published(agent.Notice) if event.kind == "doubt"]
        assert doubts == [{"name": "Tell"}]


async def test_a_round_that_a_kill_cut_in_two_is_one_round(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(max_turns=2)
    lives.gates["a"] = gate = Gate()
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "go", say(calls=[use("Peek", what="a")]))
    lives.gates.clear()
    async with lives.running() as world:
        world.script.extend([say(calls=[use("Peek", what="b")]), say("That is all.")])
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, end.tool_rounds, world.done) == ("max_turns", 2, ["a", "b"])


async def test_results_that_were_stored_stay_and_the_others_follow(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.gates["b"] = gate = Gate()
    calls = [use("Peek", f"c{n}", what=what) for n, what in enumerate("abc")]
    async with lives.running() as world:
        world.script.append(say(calls=calls))
        accepted = await world.send("go")
        await gate.reached.wait()
        await world.quiet()
        world.kill()
    lives.gates.clear()
    async with lives.running() as world:
        world.script.append(say("done"))
        await world.end(accepted.turn)
        assert sorted(world.begun) == ["a", "b", "b", "c"]
        assert shape(world.requests[-1].messages)[-3:] == ["c0=peeked a", "c1=peeked b", "c2=peeked c"]


async def test_a_tool_that_is_gone_after_the_restart_is_an_error(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.gates["x"] = gate = Gate()
    async with lives.running() as world:
        accepted = await kill_during(world, gate, "go", say(calls=[use("Peek", what="x")]))
    lives.tools = ()
    async with lives.running() as world:
        world.script.append(say("done"))
        await world.end(accepted.turn)
        assert shape(world.requests[-1].messages)[-1].startswith("c1!There is no tool 'Peek'")


async def test_a_stop_in_order_leaves_the_turn_at_a_boundary(lives: World, autojump_clock: MockClock) -> None:
    lives.durations["x"] = 2.0
    async with lives.running() as world:
        world.script.extend([say(calls=[use("Peek", what="x")]), say("not in this life")])
        accepted = await world.send("go")
        await world.quiet(1.0)
        await world.mesh.mesh.stop()
        assert len(world.requests) == 1
        assert world.done == ["x"]
        assert world.mesh.published(agent.TurnEnded) == []
    async with lives.running() as world:
        assert (await world.end(accepted.turn)).text == "not in this life"


async def test_messages_that_waited_run_after_the_restart_in_their_order(
    lives: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with lives.running() as world:
        world.script.append(gate.then(say("never")))
        sent = [await world.send("m0")]
        await gate.reached.wait()
        sent += [await world.send(f"m{n}", mode="queue") for n in (1, 2, 3)]
        world.kill()
    async with lives.running() as world:
        for each in sent:
            await world.end(each.turn)
        ended = [event.turn for event in world.mesh.published(agent.TurnEnded)]
        assert ended == [each.turn for each in sent]
        assert await world.said(sent[0].session) == ["m0", "m1", "m2", "m3"]


async def test_a_message_stored_before_the_kill_but_never_delivered_is_answered(
    lives: World, autojump_clock: MockClock
) -> None:
    async with lives.running(conductor=False) as world:
        accepted = await world.bus.ask(
            session.Accept(incoming=session.Incoming(text="hello", user="admin", key="main"))
        )
    async with lives.running() as world:
        assert (await world.end(accepted.turn)).text == "echo hello"


async def test_a_new_message_does_not_overtake_an_unfinished_turn(
    lives: World, autojump_clock: MockClock
) -> None:
    """The conversation learns of both from the store, whoever wakes it first."""
    lives.gates["x"] = gate = Gate()
    async with lives.running() as world:
        old = await kill_during(world, gate, "old", say(calls=[use("Peek", what="x")]))
    lives.gates.clear()
    async with lives.running(conductor=False) as world:
        await world.bus.ask(session.Recover(boot=world.bus.boot_id))
        new = await world.bus.ask(
            session.Accept(incoming=session.Incoming(text="new", user="admin", key="main", mode="queue"))
        )
        await world.bus.tell(agent.Deliver(session=new.session, turn=new.turn, mode="queue"))
        await world.end(old.turn)
        await world.end(new.turn)
        started = [event.turn for event in world.mesh.published(agent.TurnStarted)]
        assert started == [old.turn, new.turn]
        check_valid(world.requests[-1].messages)


async def test_numbers_never_come_twice(lives: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with lives.running() as world:
        await kill_during(world, gate, "hello", gate.then(say("never")))
        before = [event.n for event in world.events()]
    async with lives.running() as world:
        await world.quiet()
        after = [event.n for event in world.events()]
    assert max(before) < min(after)
    assert min(after) > GAP
    async with lives.running() as world:
        await world.turn("again")
        assert min(event.n for event in world.events()) > max(after)


async def test_conversations_that_cannot_start_take_nobody_along(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was accepted there is answered as soon as they can."""
    start = ConversationActor.start
    broken = True

    async def fail(actor: ConversationActor) -> None:
        if broken:
            raise ZeroDivisionError
        await start(actor)

    good = await world.turn("hello", key="good")
    monkeypatch.setattr(ConversationActor, "start", fail)
    waiting = [await world.send("hello", key=f"bad{n}") for n in range(25)]
    await trio.sleep(120)
    assert (await world.turn("still there?", key="good")).session == good.session
    broken = False
    for accepted in waiting:
        assert (await world.end(accepted.turn)).text == "echo hello"


# --- poison -----------------------------------------------------------------------------------------------


async def test_a_turn_that_kills_the_program_three_times_is_parked(
    lives: World, autojump_clock: MockClock
) -> None:
    accepted = None
    for _ in range(3):
        async with lives.running() as world:
            gate = Gate()
            world.script.append(gate.then(say("never")))
            accepted = accepted or await world.send("boom")
            await gate.reached.wait()
            world.kill(accepted.turn)
    assert accepted is not None
    async with lives.running() as world:
        world.script.clear()
        end = await world.turn("hello", say("still here"))
        assert end.text == "still here"
        (failed,) = world.mesh.published(agent.TurnFailed)
        assert (failed.turn, failed.outcome) == (accepted.turn, "parked")
        assert "3 times" in failed.reason
        assert len(world.requests) == 4
        assert (await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))).state == "failed"
        assert await world.rows(end.session) == [
            ("user", "boom"), ("notice", failed.reason), ("user", "hello"), ("assistant", "still here"),
        ]  # fmt: skip


async def test_those_that_merely_ran_each_time_are_not_blamed(
    lives: World, autojump_clock: MockClock
) -> None:
    names = ("a", "b", "c")
    sent: dict[str, agent.Accepted] = {}
    for _ in range(3):
        async with lives.running() as world:
            gates = [Gate() for _ in names]
            world.script[:] = [gate.then(say("never")) for gate in gates]
            for name in names:
                sent[name] = sent.get(name) or await world.send(name, key=name)
            for gate in gates:
                await gate.reached.wait()
            world.kill(sent["a"].turn)
    async with lives.running() as world:
        ends = [await world.end(sent[name].turn) for name in names]
        assert [end.outcome for end in ends] == ["parked", "success", "success"]


async def test_a_turn_that_crashes_its_conversation_three_times_is_parked(
    lives: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation is restarted, goes on, crashes again; other messages are served meanwhile and after."""

    def crash(text: str, limit: int) -> str:
        if "bad" in text:
            raise ZeroDivisionError
        return text

    monkeypatch.setattr("actors.agent.window.sanitise.cut", crash)
    async with lives.running() as world:
        accepted = await world.send("boom")
        world.script.append(say(calls=[use("Peek", what="bad")]))
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnFailed)
        assert end.outcome == "parked"
        assert world.begun == ["bad"] * 3
        assert [event.attempt for event in world.mesh.published(agent.TurnStarted)] == [1, 2, 3]
        assert (await world.turn("and now?", say("fine"))).text == "fine"
        check_valid(world.requests[-1].messages)


async def test_a_crash_that_does_not_come_again_costs_nothing(
    lives: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_once(monkeypatch)
    async with lives.running() as world:
        end = await world.turn("go", say(calls=[use("Peek", what="a")]), say("done"))
        assert isinstance(end, agent.TurnEnded)
        assert end.text == "done"
        assert world.begun == ["a", "a"]


async def test_followups_of_a_crashed_turn_are_not_lost_and_those_who_joined_are_told(
    lives: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_once(monkeypatch, "bad")
    async with lives.running() as world:
        world.gates["a"] = Gate()
        world.gates["bad"] = Gate()
        world.script.extend([
            say(calls=[use("Peek", "c1", what="a")]),
            say(calls=[use("Peek", "c2", what="bad")]),
            say("done"),
            say("later"),
        ])  # fmt: skip
        first = await world.send("one")
        await world.gates["a"].reached.wait()
        joined = await world.send("two", options=session.TurnOptions(model="test/two"))
        world.gates["a"].open.set()
        await world.gates["bad"].reached.wait()
        queued = await world.send("three", mode="queue")
        world.gates["bad"].open.set()
        await world.end(first.turn)
        assert (await world.end(queued.turn)).text == "later"
        fates = [
            event.fate for event in world.mesh.published(agent.FollowupFate) if event.turn == joined.turn
        ]
        assert fates == ["merged", "answered"]
        assert [request.model for request in world.requests] == [None, "test/two", "test/two", None]
        assert await world.said(first.session) == ["one", "two", "three"]


# --- killed at any point ----------------------------------------------------------------------------------


async def _killed_at(world: World, point: int, mode: FollowupMode) -> list[agent.Accepted] | None:
    """Run a turn with two followups; kill the program at the given point of its traffic, None if there is none."""
    accepted: list[agent.Accepted] = []
    count = 0

    async with world.running(), world.console.tap("", rate=None) as tap, trio.open_nursery() as nursery:
        world.script[:] = [
            say("Let me see.", calls=[use("Peek", "c1", what="a"), use("Keep", "c2", what="b")]),
            say("More.", calls=[use("Retry", "c3", what="c")]),
            say("Done."),
        ]

        async def talk() -> None:
            accepted.append(await world.send("m0", client_message_id="m0"))
            for n in (1, 2):
                await trio.sleep(1.0)
                accepted.append(await world.send(f"m{n}", client_message_id=f"m{n}", mode=mode))
            await world.quiet(60)
            nursery.cancel_scope.cancel(reason="it is over")

        async def watch() -> None:
            nonlocal count
            async for _ in tap:
                count += 1
                if count == point:
                    world.kill()
                    nursery.cancel_scope.cancel(reason="killed")

        nursery.start_soon(talk)
        nursery.start_soon(watch)
    return accepted if count == point else None


@pytest.mark.parametrize("mode", ["inject", "queue"])
async def test_killed_at_any_point_everything_accepted_is_part_of_one_turn(
    tmp_path: Path, autojump_clock: MockClock, mode: FollowupMode
) -> None:
    kills = 0
    for point in itertools.count(1, 7):
        world = World(tmp_path / f"{point}", durations={"a": 0.5, "b": 0.7, "c": 0.4})
        world.path.mkdir()
        accepted = await _killed_at(world, point, mode)
        if accepted is None:
            break
        kills += 1
        world.script.clear()
        async with world.running():
            # what was not acknowledged is sent again, as a client does
            for n in range(3):
                accepted.append(await world.send(f"m{n}", client_message_id=f"m{n}", mode=mode))
            await world.quiet(100)
            turns = {each.turn for each in accepted}
            assert len(turns) == 3
            states = {turn: await world.bus.ask(session.GetTurn(turn=turn, user="admin")) for turn in turns}
            assert {state.state for state in states.values()} <= {"done", "merged"}
            said = await world.said(accepted[0].session)
            assert sorted(said) == ["m0", "m1", "m2"]
            await world.turn("probe")
            messages = world.requests[-1].messages
            check_valid(messages)
            assert sorted(entry for entry in shape(messages) if entry.startswith("u:m")) == [
                "u:m0",
                "u:m1",
                "u:m2",
            ]
            assert len(set(world.keys)) <= 1
            check_numbers(world.events())
    assert kills > 10


async def test_a_turn_that_is_cut_short_by_orderly_stops_is_never_parked(
    lives: World, autojump_clock: MockClock
) -> None:
    accepted = None
    for _ in range(4):
        async with lives.running() as world:
            gate = Gate()
            world.script.append(gate.then(say("never")))
            accepted = accepted or await world.send("patience")
            await gate.reached.wait()
    assert accepted is not None
    async with lives.running() as world:
        world.script.clear()
        world.script.append(say("here"))
        end = await world.end(accepted.turn)
        assert (end.outcome, end.text) == ("success", "here")


@pytest.mark.parametrize("calls", [1, 3])
async def test_a_turn_cut_short_by_a_stop_among_its_tools_is_handed_back(
    lives: World, autojump_clock: MockClock, calls: int
) -> None:
    """However often the program is stopped in order, that is not the fault of the turn."""
    accepted = None
    for _ in range(4):
        lives.gates["x"] = Gate()
        async with lives.running() as world:
            world.script[:] = [say(calls=[use("Peek", f"c{n}", what="x") for n in range(calls)])]
            accepted = accepted or await world.send("go")
            await world.gates["x"].reached.wait()
            await world.mesh.mesh.stop()
    assert accepted is not None
    lives.gates.clear()
    async with lives.running() as world:
        world.script[:] = [say("done")]
        end = await world.end(accepted.turn)
        assert end.text == "done"
        turn = await world.bus.ask(session.GetTurn(turn=accepted.turn, user="admin"))
        assert (turn.attempt, turn.deaths) == (5, 0)
