"""What a message wants of its turn, and whether it is kept to."""

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.messages import TurnOptions
from bus import Sink
from tests.actors.agent.world import Gate, World, check_valid, fail, say, shape, use


async def test_what_a_message_wants_of_the_model_is_asked_of_it(
    world: World, autojump_clock: MockClock
) -> None:
    await world.turn("hi", options=TurnOptions(model="test/two", effort="high", max_tokens=7))
    await world.turn("hi")
    wanted = [(request.model, request.effort, request.max_tokens) for request in world.requests]
    assert wanted == [("test/two", "high", 7), (None, None, 16_384)]


async def test_what_was_chosen_for_a_conversation_holds_for_each_turn_that_names_nothing_else(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("hi")
    chosen = agent.SelectModel(session=first.session, user="admin", model="test/two", effort="high")
    assert (await world.bus.ask(chosen)).model == "test/two"
    assert world.mesh.published(session.SessionChanged)[-1].session == first.session
    await world.turn("hi")
    await world.turn("hi", options=TurnOptions(model="test/one", effort="low"))
    await world.turn("hi", key="another")
    await world.bus.ask(agent.SelectModel(session=first.session, user="admin"))
    await world.turn("hi")
    wanted = [(request.model, request.effort) for request in world.requests]
    assert wanted == [
        (None, None),
        ("test/two", "high"),
        ("test/one", "low"),
        (None, None),
        (None, None),
    ]


async def test_a_message_that_joins_a_turn_says_who_goes_on_and_how_much_it_thinks(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script += [gate.then(say(calls=[use("Peek", what="a")])), say("Done.")]
    first = await world.send("hi", options=TurnOptions(model="test/two", effort="low"))
    await gate.reached.wait()
    await world.send("think", options=TurnOptions(effort="high"), mode="inject")
    gate.open.set()
    await world.end(first.turn)
    wanted = [(request.model, request.effort) for request in world.requests]
    assert wanted == [("test/two", "low"), ("test/two", "high")]


async def test_only_what_is_offered_can_be_chosen_and_only_for_ones_own_conversation(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("hi")
    with pytest.raises(llm.ModelNotAllowed):
        await world.bus.ask(agent.SelectModel(session=first.session, user="admin", model="test/none"))
    with pytest.raises(session.UnknownSession):
        await world.bus.ask(agent.SelectModel(session=first.session, user="eve", model="test/two"))
    assert (await world.bus.ask(session.Get(session=first.session, user="admin"))).model is None


async def test_a_model_that_is_gone_from_the_settings_is_told_and_the_usual_one_answers(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("hi")
    await world.bus.ask(agent.SelectModel(session=first.session, user="admin", model="test/two"))
    gone = fail(llm.ModelNotAllowed(model="test/two", allowed=("test/one",)))
    end = await world.turn("and now?", gone, say("I do."))
    assert (end.outcome, end.text) == ("success", "I do.")
    assert [request.model for request in world.requests[-2:]] == ["test/two", None]
    (notice,) = world.mesh.published(agent.Notice)
    assert notice.text == "test/two is not offered any more; the usual model answers instead."


async def test_that_a_model_is_gone_is_told_once_until_another_one_is_chosen(
    lives: World, autojump_clock: MockClock
) -> None:
    async def offered(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        if request.model is not None:
            raise llm.ModelNotAllowed(model=request.model, allowed=("test/one",))
        await say("I do.")(request, sink)

    async def told(world: World) -> int:
        before = len(world.mesh.published(agent.Notice))
        await world.turn("and now?")
        return len(world.mesh.published(agent.Notice)) - before

    async with lives.running() as world:
        first = await world.turn("hi")
        choice = agent.SelectModel(session=first.session, user="admin", model="test/two")
        await world.bus.ask(choice)
        world.rule = offered
        assert [await told(world), await told(world)] == [1, 0]
    async with lives.running() as world:
        assert await told(world) == 0, "also after a restart"
        await world.bus.ask(choice)
        assert [await told(world), await told(world)] == [1, 0]


async def test_a_message_may_say_who_answers_when_its_model_cannot(
    world: World, autojump_clock: MockClock
) -> None:
    await world.turn("hi", options=TurnOptions(fallbacks=("test/two",)))
    await world.turn("hi", options=TurnOptions(fallbacks=()))
    await world.turn("hi")
    assert [request.fallbacks for request in world.requests] == [("test/two",), (), None]


async def test_a_turn_has_the_rounds_it_was_given(world: World, autojump_clock: MockClock) -> None:
    calls = say(calls=[use("Peek", what="a")])
    end = await world.turn("go", calls, calls, say("done"), options=TurnOptions(max_turns=1))
    assert (end.outcome, len(world.requests)) == ("max_turns", 2)


async def test_a_turn_has_the_tools_it_was_given_and_no_others(
    world: World, autojump_clock: MockClock
) -> None:
    calls = say(calls=[use("Peek", "c1", what="a"), use("Tell", "c2", what="b")])
    await world.turn("go", calls, say("done"), options=TurnOptions(tools=("Peek", "Gone")))
    assert [spec.name for spec in world.requests[0].tools] == ["Peek"]
    found = shape(world.requests[-1].messages)
    assert found[-2] == "c1=peeked a"
    assert found[-1].startswith("c2!This turn may not use Tell")


async def test_a_turn_ends_when_its_time_is_over_with_what_was_said(
    world: World, autojump_clock: MockClock
) -> None:
    async def endless(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Once upon "))
        await trio.sleep_forever()

    began = trio.current_time()
    end = await world.turn("a story", endless, options=TurnOptions(deadline_s=5.0))
    assert trio.current_time() - began < 6
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("deadline", "Once upon ")
    rows = await world.rows(end.session)
    assert rows[-1] == ("notice", "Stopped after 5 s, the time that this turn was given (deadline).")
    assert (await world.turn("go on", say("fine"))).text == "fine"
    check_valid(world.requests[-1].messages)


async def test_the_time_of_a_turn_does_not_cut_what_is_being_stored(
    world: World, autojump_clock: MockClock
) -> None:
    world.gates["x"] = Gate()
    world.script.append(say(calls=[use("Tell", what="x")]))
    accepted = await world.send("go", options=TurnOptions(deadline_s=5.0))
    assert (await world.end(accepted.turn)).outcome == "deadline"
    world.gates["x"].open.set()
    await world.turn("and now?")
    check_valid(world.requests[-1].messages)


async def test_a_turn_that_has_spent_its_money_asks_for_no_further_completion(
    world: World, autojump_clock: MockClock
) -> None:
    calls = say(calls=[use("Peek", what="a")])
    last = say("So far.", calls=[use("Peek", what="b")])
    end = await world.turn("go", calls, last, say("never"), options=TurnOptions(budget_usd=0.75))
    assert (end.outcome, end.text, len(world.requests), world.done) == ("budget", "So far.", 2, ["a"])
    rows = await world.rows(end.session)
    assert rows[-1][1].startswith("Stopped at the limit of one turn: $0.75 (budget).")


@pytest.mark.parametrize(
    "options",
    [{"max_turns": 0}, {"max_tokens": 0}, {"effort": "utter"}, {"deadline_s": 0}, {"budget_usd": -1.0}],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        session.TurnOptions(**options)  # type: ignore[arg-type]
