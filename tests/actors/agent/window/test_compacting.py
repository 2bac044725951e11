"""A conversation that grows too long is shortened, and goes on the same way after a restart."""

import pytest
from trio.testing import MockClock

from actors.agent import failures
from actors.agent import messages as agent
from actors.agent.settings import Compaction, Settings
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.history import BROKEN_OFF
from actors.vocabulary import Usage
from bus import Sink
from tests.actors.agent.world import World, check_valid, fail, last_text, say, shape, usage, use

SMALL = Settings(compaction=Compaction(context_budget=1000, min_keep_messages=2))
BIG = usage(2000)
TOO_LONG = fail(llm.ModelError(reason="context_length", provider="test", detail="too many tokens"))


def summaries(world: World) -> list[llm.Complete]:
    """What was asked of a model that writes summaries."""
    return [request for request in world.requests if not request.tools]


async def grown(world: World, turns: int = 3) -> None:
    """Have a conversation whose last answer reports a prompt that is too long."""
    for n in range(turns):
        await world.turn(f"q{n}", say(f"a{n}", used=BIG if n == turns - 1 else usage()))


async def test_before_the_first_call_of_a_turn_the_last_prompt_counts(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        end = await world.turn("q3", say("In short."), say("a3"))
        assert end.text == "a3"
        (asked,) = summaries(world)
        assert asked.model == "test/summaries"
        assert asked.max_tokens == 250, "a quarter of the budget"
        found = shape(world.requests[-1].messages)
        assert found[0].startswith("u:[Summary of the conversation so far")
        assert "In short." in found[0]
        assert found[1:] == ["a:a2", "u:q3"]
        (notice,) = [event for event in world.mesh.published(agent.Notice) if event.kind == "compacted"]
        assert notice.text == "5 older messages were replaced by a summary."


async def test_a_conversation_within_its_budget_is_left_alone(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await world.turn("q0", say("a0"))
        await world.turn("q1", say("a1", used=usage(1000)))
        await world.turn("q2", say("a2"))
        assert summaries(world) == []


async def test_the_window_of_the_model_counts(world: World, autojump_clock: MockClock) -> None:
    """80 % of a window of 1000 tokens."""
    await world.turn("q0", say("a0", used=usage(801)), options=session.TurnOptions(model="test/small"))
    for n in (1, 2):
        await world.turn(
            f"q{n}", say(f"a{n}", used=usage(801)), options=session.TurnOptions(model="test/small")
        )
    await world.turn("q3", say("In short."), say("a3"), options=session.TurnOptions(model="test/small"))
    assert len(summaries(world)) == 1


async def test_it_is_compacted_between_the_rounds_of_one_turn(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await world.turn("q0", say("a0"))
        await world.turn("q1", say("a1"))
        world.script[:] = [say(calls=[use("Peek", "c1", what="a")], used=BIG), say("In short.")]
        world.script += [say(calls=[use("Peek", "c2", what="b")], used=BIG), say("done")]
        end = await world.turn("go")
        assert end.text == "done"
        for request in world.requests:
            check_valid(request.messages)
        assert len(summaries(world)) == 1, "another one so soon would not be worth its price"
        assert shape(world.requests[-1].messages)[1:] == ["call c1", "c1=peeked a", "call c2", "c2=peeked b"]


async def test_the_stored_conversation_is_the_one_the_model_got(
    lives: World, autojump_clock: MockClock
) -> None:
    """What a turn appends to after a compaction is what the next incarnation reads."""
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        await world.turn("q3", say("In short."), say(calls=[use("Peek", what="a")]), say("a3"))
        live = world.requests[-1].messages
        rows = await world.said(world.events()[0].session)
        assert rows == ["q0", "q1", "q2", "q3"], "the person still sees everything"
    async with lives.running() as world:
        await world.turn("q4")
        assert world.requests[-1].messages[: len(live)] == live


async def test_a_failing_summary_falls_back_to_the_model_that_answers(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        broken = fail(llm.ModelNotAllowed(model="x", allowed=()))
        await world.turn("q3", broken, say("In short."), say("a3"))
        assert [request.model for request in summaries(world)] == ["test/summaries", None]
        assert "In short." in shape(world.requests[-1].messages)[0]


async def test_an_empty_summary_is_no_summary(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        await world.turn("q3", say("  "), say("In short."), say("a3"))
        assert "In short." in shape(world.requests[-1].messages)[0]


BUSY = fail(llm.ModelUnavailable(reason="overloaded", provider="test", detail="busy"))
BROKEN = fail(llm.ModelError(reason="invalid_request", provider="test", detail="no"))


async def test_without_a_model_first_lines_stand_in_for_a_summary_and_a_better_one_is_made_later(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        end = await world.turn(
            "q3", BUSY, BUSY, say(calls=[use("Peek", what="a")], used=BIG), say("a3", used=BIG)
        )
        assert end.text == "a3"
        assert len(summaries(world)) == 2, "once a turn"
        first = shape(world.requests[-1].messages)[0]
        assert "user: q0\nassistant: a0\nuser: q1" in first
        await world.turn("q4", say("In short."), say("a4"))
        assert "In short." in shape(world.requests[-1].messages)[0]
        assert "q0" in last_text(summaries(world)[-1].messages), "nothing of it was stored"


async def test_first_lines_stay_where_the_models_refuse_to_sum_up(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        await world.turn("q3", BROKEN, BROKEN, say("a3"))
        await world.turn("q4")
        assert len(summaries(world)) == 2
        assert "user: q0\nassistant: a0" in shape(world.requests[-1].messages)[0]


async def test_large_old_results_are_shortened_before_anything_is_summarised(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(context_budget=4000, min_keep_messages=2))
    async with lives.running() as world:
        await world.turn("look", say(calls=[use("Peek", what="x" * 5000)]), say("seen", used=usage(3000)))
        await world.turn("and now?")
        results = [entry for entry in shape(world.requests[-1].messages) if entry.startswith("c1=")]
        assert len(results[0]) < 1000
        assert "characters left out" in results[0]
        assert summaries(world) == []


async def test_a_model_that_finds_it_too_long_gets_a_shorter_one(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(min_keep_messages=2))
    async with lives.running() as world:
        await grown(world)
        end = await world.turn("q3", TOO_LONG, say("In short."), say("a3"))
        assert end.text == "a3"
        assert shape(world.requests[-1].messages)[1:] == ["a:a2", "u:q3"]


async def test_what_stays_too_long_is_reduced_to_the_newest_words(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(min_keep_messages=2))
    async with lives.running() as world:
        await grown(world)
        end = await world.turn("q3", TOO_LONG, say("In short."), TOO_LONG, say("a3"))
        assert end.text == "a3"
        assert shape(world.requests[-1].messages) == ["u:q3"]
        told = [event.text for event in world.mesh.published(agent.Notice) if event.kind == "compacted"]
        assert told == ["5 older messages were replaced by a summary.", failures.SHORTENED]


async def test_a_turn_of_which_nothing_fits_ends_and_the_next_one_begins_with_what_is_stored(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(min_keep_messages=2))
    async with lives.running() as world:
        await grown(world)
        end = await world.turn("q3", TOO_LONG, say("In short."), TOO_LONG, TOO_LONG)
        assert isinstance(end, agent.TurnFailed)
        assert "too long" in end.reason
        assert "a model with a larger window helps" in end.reason
        assert world.script == [], "asked three times and for one summary"
        assert (await world.turn("q4", say("a4"))).text == "a4"
        assert "In short." in shape(world.requests[-1].messages)[0]
        assert shape(world.requests[-1].messages)[1:] == ["a:a2", "u:q3", f"u:{BROKEN_OFF}", "u:q4"]


async def test_the_price_of_a_summary_is_recorded(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        before = await world.bus.ask(session.Costs())
        await world.turn("q3", say("In short."), say("a3"))
        after = await world.bus.ask(session.Costs())
        assert (after.total.usage.cost_usd or 0.0) - (before.total.usage.cost_usd or 0.0) == pytest.approx(
            1.0
        )


async def test_what_a_failed_attempt_at_a_summary_has_used_is_part_of_its_price(
    lives: World, autojump_clock: MockClock
) -> None:
    async def stumble(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Wasted(usage=Usage(model="test/one", cost_usd=0.25)))
        await say("In short.")(request, sink)

    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        await world.turn("q3", stumble, say("a3"))
        report = await world.bus.ask(session.Costs())
        (found,) = [each for each in report.by_purpose if each.name == "compaction"]
        assert (found.calls, found.usage.cost_usd) == (2, 0.75)


async def test_a_model_list_that_cannot_be_had_is_no_obstacle(
    lives: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)

        def missing() -> llm.Models:
            raise llm.ModelNotAllowed(model="x", allowed=())

        monkeypatch.setattr(llm, "Models", missing)
        end = await world.turn("q3", say("In short."), say("a3"))
        assert end.text == "a3"
        assert [request.model for request in summaries(world)] == [None]
