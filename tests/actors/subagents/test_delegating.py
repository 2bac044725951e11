"""Turns that hand parts of their work to others, on a real bus with the real store."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Limits, Settings
from actors.guarding import Allow, Ask, Proposal
from actors.llm import messages as llm
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.vocabulary import ADMIN, ToolResult, ToolUse
from bus import Sink
from tests.actors.agent.acting.test_consent import Person
from tests.actors.agent.test_merging import until_idle
from tests.actors.agent.world import (
    MODELS,
    Answer,
    Gate,
    World,
    after,
    check_valid,
    fail,
    last_text,
    say,
    usage,
    use,
)

DOWN = llm.ModelError(reason="billing", provider="test", detail="no")
FREE = Settings(limits=Limits(usd_per_turn=0, usd_per_conversation=0, usd_per_day=0))


def part(what: str, id: str = "c1", **input: Any) -> ToolUse:
    return use("Agent", id, description=f"Part {what}", prompt=what, **input)


class Parts:
    """Answers by what a conversation began with, in their order; one that has none left echoes."""

    def __init__(self, **answers: list[Answer]) -> None:
        self.left = answers

    async def __call__(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        first = last_text(request.messages[:1])
        left = self.left.get(first)
        await (left.pop(0) if left else say(f"echo {last_text(request.messages)}"))(request, sink)


def of(world: World, first: str) -> list[llm.Complete]:
    """What the models were asked in the conversation that began so."""
    return [
        each for each in world.requests if last_text(each.messages[:1]).partition("\n\n[Words")[0] == first
    ]


async def called(world: World, turn: str) -> tuple[session.Subagent, ...]:
    return await world.bus.ask(session.Subagents(turn=turn, user=ADMIN))


async def results(world: World, turn: str) -> list[agent.ToolFinished]:
    return [event for event in world.mesh.published(agent.ToolFinished) if event.turn == turn]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, subagents=SubagentSettings()).running() as world:
        yield world


# --- one --------------------------------------------------------------------------------------------------


async def test_its_last_words_are_the_result(world: World, autojump_clock: MockClock) -> None:
    world.rule = Parts(
        go=[say("I ask.", calls=[part("look")]), say("It is there.")],
        look=[say("I look.", calls=[use("Hand", path="a.txt")]), say("Behind the door.")],
    )
    end = await world.turn("go", channel="telegram", key="chat")
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("success", "I ask.\n\nIt is there.")
    assert [file.name for file in end.attachments] == ["a.txt"]
    (result,) = await results(world, end.turn)
    assert (result.content, result.is_error) == ("Behind the door.", False)
    (sub,) = await called(world, end.turn)
    assert (sub.call, sub.title, sub.state, sub.outcome) == ("c1", "Part look", "done", "success")
    assert sub.used.usd == 1.0
    turn = await world.bus.ask(session.GetTurn(turn=sub.turn, user=ADMIN))
    assert (turn.delegated_by, turn.origin, turn.depth) == (f"{end.turn}:2", end.turn, 1)
    assert (turn.channel, turn.source, turn.role) == ("telegram", "subagent", "user")
    for request in world.requests:
        check_valid(request.messages)


async def test_model_and_effort_are_those_of_whoever_calls_unless_the_call_names_a_model(
    world: World, autojump_clock: MockClock
) -> None:
    calls = [part("look", "c1"), part("two", "c2", model="test/two")]
    world.rule = Parts(
        go=[say("Hi."), say(calls=calls), say("Done."), say(calls=[part("there")]), say("Done.")]
    )
    end = await world.turn("go")
    await world.bus.ask(agent.SelectModel(session=end.session, user=ADMIN, model="test/small", effort="high"))
    await world.turn("and now?")
    await world.turn("again", options=session.TurnOptions(model="test/one", effort="low"))
    wanted = [[(each.model, each.effort) for each in of(world, what)] for what in ("look", "two", "there")]
    assert wanted == [[("test/small", "high")], [("test/two", "high")], [("test/one", "low")]]


async def test_an_order_says_that_whoever_gave_it_has_read_words_from_outside(
    world: World, autojump_clock: MockClock
) -> None:
    world.rule = Parts(go=[say(calls=[part("look")]), say(calls=[part("there", "c2")]), say("Done.")])
    await world.turn("go")
    orders = [last_text(each.messages[:1]) for each in world.requests if len(each.messages) == 1][1:]
    assert orders == ["look", "there\n\n[Words from outside went into this: Agent]"]


async def test_nobody_sees_it_who_has_not_asked_for_it(world: World, autojump_clock: MockClock) -> None:
    world.rule = Parts(go=[say(calls=[part("look")]), say("Done.")])
    end = await world.turn("go", channel="telegram", key="chat")
    assert [each.id for each in await world.bus.ask(session.List(user=ADMIN))] == [end.session]
    pushed = await world.bus.ask(session.ClaimOutbox(channel="telegram", claimer="bot"))
    assert [row.body["session"] for row in pushed.rows] == [end.session]
    assert await world.bus.ask(session.ClosedAfter(seq=0)) == ()
    (sub,) = await called(world, end.turn)
    shown = await world.bus.ask(session.Get(session=sub.session, user=ADMIN))
    assert (shown.is_closed, shown.parent, shown.delegated_by) == (True, end.session, f"{end.turn}:2")
    with pytest.raises(session.SessionIsClosed):
        await world.send("and I?", session=sub.session)
    with pytest.raises(session.UnknownTurn):
        await world.bus.ask(session.Subagents(turn=end.turn, user="eve"))


async def test_it_knows_what_it_is_and_has_no_tool_that_its_caller_has_not(
    world: World, autojump_clock: MockClock
) -> None:
    world.rule = Parts(
        go=[
            say(calls=[part("look", "c1", tools=["Peek"]), part("more", "c2", tools=["Peek", "Shell"])]),
            say("Done."),
        ],
        look=[
            say(calls=[use("Tell", "d1", what="x"), part("deeper", "d2"), use("Peek", "d3", what="y")]),
            say("So."),
        ],
    )
    end = await world.turn("go")
    first = of(world, "look")[0]
    assert [tool.name for tool in first.tools] == ["Peek"]
    assert "You are a subagent" in first.system[0].text
    assert "You are a subagent" not in of(world, "go")[0].system[0].text
    (sub,) = await called(world, end.turn)
    told = {event.call: event.content for event in await results(world, sub.turn)}
    assert told["d1"] == "This turn may not use Tell. The tools that it was given: Peek."
    assert told["d2"] == "This turn may not use Agent. The tools that it was given: Peek."
    assert world.done == ["y"]
    refused = [event for event in await results(world, end.turn) if event.is_error]
    assert [event.call for event in refused] == ["c2"]
    assert "Shell is not" in refused[0].content


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([fail(DOWN, "I be")], "I be"),
        ([say("Half", calls=[use("Peek", what="a")]), fail(DOWN)], "Half"),
    ],
)
async def test_what_fails_is_an_error_with_what_it_had_said(
    world: World, autojump_clock: MockClock, answers: list[Answer], said: str
) -> None:
    world.rule = Parts(go=[say(calls=[part("look")]), say("Too bad.")], look=answers)
    end = await world.turn("go")
    assert end.text == "Too bad."
    (result,) = await results(world, end.turn)
    assert result.is_error
    assert result.content.startswith("The subagent has not finished. ")
    assert result.content.endswith(f"What it had said so far:\n\n{said}")


async def test_a_model_that_is_not_offered_is_refused(world: World, autojump_clock: MockClock) -> None:
    world.rule = Parts(
        go=[say(calls=[part("look", "c1", model="none/such"), part("two", "c2", model="test/two")]), say(".")]
    )
    end = await world.turn("go", options=session.TurnOptions(model="test/small"))
    refused, done = await results(world, end.turn)
    assert (refused.is_error, done.content) == (True, "echo two")
    assert "none/such" in refused.content
    assert [request.model for request in of(world, "two")] == ["test/two"]


# --- many -------------------------------------------------------------------------------------------------


async def test_those_who_wait_never_hold_the_places_of_those_they_wait_for(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Sixteen conversations over four places, each with two subagents that have a subagent of their own."""

    async def rule(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        first, last = last_text(request.messages[:1]), request.messages[-1].content[-1]
        parts = {"go": ("part", "part"), "part": ("bit",)}.get(first.split()[0], ())
        if parts and not isinstance(last, ToolResult):
            calls = [part(f"{each} {n}", f"c{n}") for n, each in enumerate(parts)]
            await after(1.0, say(calls=calls))(request, sink)
        else:
            await after(1.0, say(f"did {first}"))(request, sink)

    world = World(
        tmp_path, subagents=SubagentSettings(depth=2, at_once=1), places=4, rule=rule, settings=FREE
    )
    async with world.running():
        accepted = [await world.send(f"go {n}", key=f"k{n}") for n in range(16)]
        ends = [await world.end(each.turn, every=1.0) for each in accepted]
        assert [end.text for end in ends] == [f"did go {n}" for n in range(16)]
        assert len(world.requests) == 16 * (2 + 2 * 2 + 2)


async def test_calls_of_one_answer_run_at_once_as_far_as_there_are_places(
    world: World, autojump_clock: MockClock
) -> None:
    names = [f"p{n}" for n in range(8)]
    world.rule = Parts(
        go=[say(calls=[part(name, f"c{name}") for name in names]), say("All.")],
        **{name: [after(10.0, say(f"did {name}"))] for name in names},
    )
    began = trio.current_time()
    end = await world.turn("go")
    assert end.text == "All."
    assert 20.0 <= trio.current_time() - began < 25.0
    found = of(world, "go")[1].messages[-1].content
    assert [block.content[0].text for block in found] == [f"did {name}" for name in names]  # type: ignore[union-attr]
    assert await world.bus.ask(session.Subagents(turn=end.turn, user=ADMIN)) == await called(world, end.turn)


async def test_deeper_ones_count_for_the_same_message(tmp_path: Path, autojump_clock: MockClock) -> None:
    bounds = SubagentSettings(depth=2, per_turn=3)
    async with World(tmp_path, subagents=bounds, settings=FREE).running() as world:
        world.rule = Parts(
            go=[say(calls=[part("a")]), say("All.")],
            a=[say(calls=[part("b", "d1"), part("c", "d2"), part("d", "d3")]), say("Two of them.")],
        )
        end = await world.turn("go")
        assert end.text == "All."
        (sub,) = await called(world, end.turn)
        told = await results(world, sub.turn)
        assert sorted(event.is_error for event in told) == [False, False, True]
        assert "limits.subagents_per_turn" in next(event.content for event in told if event.is_error)
        deeper = await called(world, sub.turn)
        turn = await world.bus.ask(session.GetTurn(turn=deeper[0].turn, user=ADMIN))
        assert (turn.depth, turn.origin) == (2, end.turn)
        assert not any(tool.name == "Agent" for tool in of(world, "b")[0].tools)


async def test_a_bomb_goes_off_within_its_limits(tmp_path: Path, autojump_clock: MockClock) -> None:
    bounds = SubagentSettings(depth=3, per_turn=10)

    async def bomb(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        calls = [part(f"bomb {len(lives.requests)}-{n}", f"c{n}") for n in range(12)]
        if any(tool.name == "Agent" for tool in request.tools) and len(request.messages) < 4:
            await say(calls=calls)(request, sink)
        else:
            await say("Enough.")(request, sink)

    lives = World(tmp_path, subagents=bounds, settings=FREE, rule=bomb)
    async with lives.running() as world:
        end = await world.turn("go")
        assert end.outcome == "success"
        found = await world.bus.ask(session.FindTurns(limit=500))
        assert len(found) == 11
        assert all(turn.state == "done" for turn in found)


# --- budgets ----------------------------------------------------------------------------------------------


def working(cost: float) -> Callable[[], list[Answer]]:
    return lambda: [
        say(f"step {n}. ", calls=[use("Peek", f"k{n}", what=f"{n}")], used=usage(cost_usd=cost))
        for n in range(50)
    ]


@pytest.mark.parametrize("options", [session.TurnOptions(), session.TurnOptions(budget_usd=5.0)])
async def test_what_eight_spend_is_at_most_what_their_caller_may_and_one_completion(
    tmp_path: Path, autojump_clock: MockClock, options: session.TurnOptions
) -> None:
    limits = Limits(usd_per_turn=5.0 if options.budget_usd is None else 500.0, usd_per_day=0)
    bounds = SubagentSettings(at_once=8)
    priced = tuple(attrs.evolve(model, input_price=1.0, output_price=16.0) for model in MODELS.models)
    lives = World(tmp_path, settings=Settings(limits=limits), subagents=bounds)
    lives.models = attrs.evolve(MODELS, models=priced)
    async with lives.running() as world:
        names = [f"p{n}" for n in range(8)]
        endless = working(0.25)
        world.rule = Parts(
            go=[say(calls=[part(name, f"c{name}") for name in names], used=usage(cost_usd=0.25))],
            **{name: [after(1.0 + n / 10, each) for each in endless()] for n, name in enumerate(names)},
        )
        end = await world.turn("go", options=options)
        costs = await world.bus.ask(session.Costs(session=end.session))
        assert 4.0 <= (costs.total.usage.cost_usd or 0.0) <= 5.25
        told = await results(world, end.turn)
        assert len(told) == 8
        assert all(event.is_error and "step 0." in event.content for event in told)
        assert all("Stopped at the limit of one turn: $5" in event.content for event in told)
        assert "echo" in end.text  # its caller had something left to say what came of them


async def test_what_they_use_counts_for_turn_conversation_and_day(
    world: World, autojump_clock: MockClock
) -> None:
    world.rule = Parts(go=[say(calls=[part("look")]), say("Done.")])
    end = await world.turn("go")
    (sub,) = await called(world, end.turn)
    since = datetime(2000, 1, 1, tzinfo=UTC)
    for turn, conversation in ((end.turn, end.session), (sub.turn, sub.session)):
        wanted = session.Measure(user=ADMIN, session=conversation, turn=turn, since=since)
        found = await world.bus.ask(wanted)
        assert (found.turn.usd, found.conversation.usd, found.day.usd) == (1.5, 1.5, 1.5)
        assert found.turn.tokens == found.conversation.tokens == 36


async def test_the_time_of_its_caller_is_its_own(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with World(tmp_path, subagents=SubagentSettings(), settings=FREE).running() as world:
        world.durations["long"] = 1000.0
        world.rule = Parts(
            go=[say(calls=[part("look")]), say("Too slow.")],
            look=[say("I look.", calls=[use("Peek", what="long")])],
        )
        end = await world.turn("go", options=session.TurnOptions(deadline_s=100.0))
        assert (end.outcome, end.text) == ("success", "Too slow.")
        (result,) = await results(world, end.turn)
        assert result.elapsed == pytest.approx(90.0, abs=1.0)
        assert "Stopped after 90 s" in result.content
        (sub,) = await called(world, end.turn)
        assert (sub.state, sub.outcome) == ("done", "deadline")


async def test_the_time_of_its_caller_stands_still_while_it_waits_for_a_person(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    def of_telling(proposal: Proposal) -> Allow | Ask:
        return Ask("why") if proposal.call.name == "Tell" else Allow()

    person = Person(policy=of_telling)
    settings = Settings(limits=attrs.evolve(FREE.limits, seconds_per_turn=30.0))
    lives = World(tmp_path, subagents=SubagentSettings(depth=2), settings=settings, places=1)
    lives.guards = person.guards()
    scripts: list[dict[str, list[Answer]]] = [
        {
            "go": [say(calls=[part("look"), part("count", "c2")])],
            "look": [say(calls=[part("ask")])],
            "ask": [say(calls=[use("Tell", what="a")])],
        },
        {"go": [say("Done.")], "look": [say("I looked.")], "ask": [say("I asked.")]},
    ]
    async with lives.running() as world:
        world.rule = Parts(**scripts[0])
        accepted = await world.send("go")
        await person.waiting.wait()
        await trio.sleep(80_000)
        other = await world.turn("hi", key="other")  # nobody who waits keeps the only place
        assert other.text == "echo hi"
        world.kill()
    person.waiting = trio.Event()
    async with lives.running() as world:
        world.rule = Parts(**scripts[1])
        await person.waiting.wait()
        await trio.sleep(80_000)
        person.says(Allow())
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, end.text, world.begun) == ("success", "Done.", ["a"])
        assert end.elapsed < 30
        texts = [block.content[0].text for block in of(world, "go")[-1].messages[-1].content]  # type: ignore[union-attr]
        assert texts == ["I looked.", "echo count"]


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
