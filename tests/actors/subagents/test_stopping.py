"""Subagents end with whoever called them, also across a restart."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.vocabulary import ADMIN
from tests.actors.agent.test_merging import until_idle
from tests.actors.agent.world import Gate, World, after, say, use
from tests.actors.subagents.delegated import FREE, Parts, called, of, part, results

# --- ends -------------------------------------------------------------------------------------------------


async def test_who_is_cancelled_stops_all_who_work_for_them(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with World(tmp_path, subagents=SubagentSettings(depth=2), settings=FREE).running() as world:
        world.rule = Parts(
            go=[say(calls=[part("a")])],
            a=[say(calls=[part("b")])],
            b=[gate.then(say("never"))],
        )
        accepted = await world.send("go")
        await gate.reached.wait()
        await world.bus.ask(agent.Cancel(session=accepted.session, user=ADMIN))
        assert (await world.end(accepted.turn)).outcome == "cancelled"
        with trio.fail_after(5):
            while await world.bus.ask(session.FindTurns(states=("running", "accepted"))):
                await trio.sleep(0.1)
        found = await world.bus.ask(session.FindTurns())
        assert [turn.state for turn in found] == ["cancelled"] * 3


async def test_one_that_is_stopped_by_a_person_is_an_error_for_its_caller(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.rule = Parts(go=[say(calls=[part("look")]), say("I see.")], look=[gate.then(say("never"))])
    accepted = await world.send("go")
    await gate.reached.wait()
    (sub,) = await called(world, accepted.turn)
    assert sub.state == "running"
    await world.bus.ask(agent.Cancel(session=sub.session, user=ADMIN))
    assert (await world.end(accepted.turn)).text == "I see."
    (result,) = await results(world, accepted.turn)
    assert (result.is_error, "It was stopped" in result.content) == (True, True)


async def test_nothing_is_begun_for_a_turn_that_is_over(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("go")
    late = session.Delegation(turn=end.turn, step=1, title="late", most=5)
    with pytest.raises(session.TurnIsOver):
        await world.send("late", source="subagent", delegation=late)


# --- restarts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed", [True, False])
async def test_the_same_call_waits_for_the_same_turn_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock, *, killed: bool
) -> None:
    lives = World(tmp_path, subagents=SubagentSettings())
    if killed:
        lives.gates["x"] = Gate()
    lives.durations["x"] = 2.0
    async with lives.running() as world:
        world.rule = Parts(
            go=[say(calls=[part("look"), part("more", "c2")])],
            look=[say("I look.", calls=[use("Retry", what="x")])],
        )
        accepted = await world.send("go")
        while not world.begun:
            await trio.sleep(0.1)
        began = trio.current_time()
        if killed:
            world.kill()
    # The tool that a subagent uses may hold up the end; the turn that waits for it does not.
    assert trio.current_time() - began < 3.0
    lives.gates.clear()
    async with lives.running() as world:
        world.rule = Parts(go=[say("Done.")], look=[say("There.")])
        end = await world.end(accepted.turn)
        assert end.text == "Done."
        told = await results(world, end.turn)
        assert "There." in {event.content for event in told} <= {"There.", "echo more"}
        subs = await called(world, end.turn)
        assert [sub.state for sub in subs] == ["done", "done"]
        assert len(await world.bus.ask(session.FindTurns())) == 3
        found = of(world, "go")[-1].messages[-1].content
        assert [block.content[0].text for block in found] == ["There.", "echo more"]  # type: ignore[union-attr]


async def test_a_cancelled_caller_stops_its_subagents_also_across_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    lives, gate = World(tmp_path, subagents=SubagentSettings()), Gate()
    async with lives.running() as world:
        world.rule = Parts(go=[say(calls=[part("look")])], look=[gate.then(say("never"))])
        accepted = await world.send("go")
        await gate.reached.wait()
        await world.bus.ask(session.CancelTurn(turn=accepted.turn, user=ADMIN))
        world.kill()
    async with lives.running() as world:
        world.rule = Parts(look=[after(50.0, say("too late"))])
        assert (await world.end(accepted.turn)).outcome == "cancelled"
        await world.quiet(5.0)
        (sub,) = await called(world, accepted.turn)
        assert (sub.state, sub.outcome) == ("cancelled", "cancelled")


async def test_who_waits_is_not_lost_with_those_who_do_the_waiting(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.rule = Parts(go=[say(calls=[part("look")]), say("Done.")], look=[gate.then(say("There."))])
    accepted = await world.send("go")
    await gate.reached.wait()
    for name in ("subagents", "conductor"):
        await world.console.restart(name)
        await world.quiet()
    gate.open.set()
    end = await world.end(accepted.turn)
    assert end.text == "Done."
    (result,) = await results(world, end.turn)
    assert (result.content, result.is_error) == ("There.", False)
    assert len(of(world, "look")) == 1


async def test_the_trace_of_a_turn_goes_on_in_its_subagents(world: World, autojump_clock: MockClock) -> None:
    world.rule = Parts(go=[say(calls=[part("look")]), say("Done.")])
    async with world.console.tap("type=llm.Complete@*", rate=None) as tap:
        await world.turn("go")
        seen = [event.trace for event in await until_idle(tap) if event.point == "sent"]
    assert len(seen) == 3
    assert len(set(seen)) == 1
