"""Turns that hand parts of their work to others, on a real bus with the real store."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.vocabulary import ADMIN, ToolResult
from bus import Sink
from tests.actors.agent.world import Answer, World, after, check_valid, fail, last_text, say, use
from tests.actors.subagents.delegated import DOWN, FREE, Parts, called, of, part, results

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
