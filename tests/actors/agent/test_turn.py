"""One turn: what is asked, stored and told."""

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Settings
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tooling import tool_of
from actors.vocabulary import ProviderData, Text, Thinking, Usage
from bus import Sink
from tests.actors.agent.toolbox import TOOLS
from tests.actors.agent.world import World, after, check_numbers, check_valid, fail, say, shape, usage, use

SIGNED = ProviderData(origin="anthropic", data={"signature": "s"})


async def test_a_message_is_answered_and_everything_is_told_in_order(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("hello", say("Hi ", "there."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, end.tool_rounds, end.usage.model) == (
        "success",
        "Hi there.",
        0,
        "test/one",
    )
    assert [type(event).__name__ for event in world.events()] == [
        "TurnStarted",
        "CompletionStarted",
        "TextDelta",
        "TurnEnded",
    ]
    check_numbers(world.events())
    assert await world.rows(end.session) == [("user", "hello"), ("assistant", "Hi there.")]


async def test_the_next_turn_goes_on_from_the_last(world: World, autojump_clock: MockClock) -> None:
    await world.turn("one", say("first"))
    await world.turn("two", say("second"))
    assert shape(world.requests[1].messages) == ["u:one", "a:first", "u:two"]


async def test_a_round_of_tools_is_one_message_of_results(world: World, autojump_clock: MockClock) -> None:
    calls = (use("Peek", "c1", what="a"), use("Peek", "c2", what="b"))
    end = await world.turn("look", say("Looking.", calls=calls), say("Done."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.text, end.tool_rounds) == ("Looking.\n\nDone.", 1)
    assert shape(world.requests[1].messages) == [
        "u:look", "a:Looking.", "call c1", "call c2", "c1=peeked a", "c2=peeked b",
    ]  # fmt: skip


async def test_usage_is_summed_over_the_completions(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("look", say(calls=[use("Peek", what="a")]), say("ok"))
    assert isinstance(end, agent.TurnEnded)
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.cost_usd) == (20, 4, 1.0)
    turn = await world.bus.ask(session.GetTurn(turn=end.turn, user="admin"))
    assert (turn.completions, turn.usage, turn.outcome) == (2, end.usage, "success")


async def test_what_changes_with_time_stands_behind_what_is_cached(
    world: World, autojump_clock: MockClock
) -> None:
    await world.turn("hello")
    stable, changing = world.requests[0].system
    assert stable.cached
    assert "Be kind." in stable.text
    assert not changing.cached
    assert [spec.name for spec in world.requests[0].tools] == [tool_of(kind).name for kind in TOOLS]


async def test_a_prompt_has_the_same_bytes_up_to_what_is_new(world: World, autojump_clock: MockClock) -> None:
    await world.turn("look", say(calls=[use("Peek", what="a")]), say("ok"))
    await world.turn("again")
    first, second, third = world.requests
    assert second.messages[: len(first.messages)] == first.messages
    assert third.messages[: len(second.messages)] == second.messages
    assert first.system == second.system
    assert first.system[0] == third.system[0]


async def test_a_model_that_a_message_names_is_asked(world: World, autojump_clock: MockClock) -> None:
    await world.turn("hello", options=session.TurnOptions(model="test/two"))
    assert world.requests[0].model == "test/two"


async def test_thinking_is_told_and_kept(world: World, autojump_clock: MockClock) -> None:
    async def think(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.ThinkingDelta(text="hm"))
        await sink.send(llm.TextDelta(text="yes"))
        blocks = (Thinking(text="hm", provider_data=SIGNED), Text(text="yes"))
        await sink.send(llm.Completed(content=blocks, stop_reason="end_turn", usage=usage()))

    end = await world.turn("so?", think)
    assert end.text == "yes"
    assert [event.text for event in world.mesh.published(agent.ThinkingDelta)] == ["hm"]
    await world.turn("and?")
    assert world.requests[1].messages[1].content[0] == Thinking(text="hm", provider_data=SIGNED)


async def test_a_retry_voids_what_was_said(world: World, autojump_clock: MockClock) -> None:
    async def stumble(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Hel"))
        await sink.send(llm.Retrying(reason="overloaded", wait=2.0))
        await sink.send(llm.TextDelta(text="Hello"))
        await sink.send(llm.Completed(content=(Text(text="Hello"),), stop_reason="end_turn", usage=usage()))

    end = await world.turn("hi", stumble)
    assert end.text == "Hello"
    assert [type(event).__name__ for event in world.events()] == [
        "TurnStarted",
        "CompletionStarted",
        "TextDelta",
        "Notice",
        "CompletionStarted",
        "TextDelta",
        "TurnEnded",
    ]


async def test_another_model_that_answers_is_told_once_and_voids_what_was_said(
    world: World, autojump_clock: MockClock
) -> None:
    async def step_in(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Hel"))
        await sink.send(llm.Switched(model="test/two", reason="test: busy"))
        await say("Look.", calls=[use("Peek", what="a")])(_request, sink)

    async def again(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Switched(model="test/two", reason="test: busy"))
        await say("Done.")(_request, sink)

    end = await world.turn("hi", step_in, again)
    assert end.text == "Look.\n\nDone."
    (notice,) = world.mesh.published(agent.Notice)
    assert (notice.kind, notice.text) == ("switched", "test/two answers instead (test: busy).")
    assert notice.data == {"model": "test/two", "reason": "test: busy"}
    names = [type(event).__name__ for event in world.events()]
    assert names[1:6] == ["CompletionStarted", "TextDelta", "Notice", "CompletionStarted", "TextDelta"]


async def test_what_failed_attempts_have_used_counts_for_the_turn_and_is_no_answer(
    world: World, autojump_clock: MockClock
) -> None:
    bill = Usage(model="test/two", input_tokens=30, output_tokens=5, cost_usd=0.25)

    async def stumble(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="Hel"))
        await sink.send(llm.Wasted(usage=bill))
        await sink.send(llm.Retrying(reason="overloaded", wait=2.0))
        await sink.send(llm.Wasted(usage=bill))
        await say("Hello")(request, sink)

    async def fall(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Wasted(usage=bill))
        raise refusal("server")

    end = await world.turn("hi", stumble)
    assert end.text == "Hello"
    stored = await world.bus.ask(session.GetTurn(turn=end.turn, user="admin"))
    assert (stored.completions, stored.usage.model) == (1, "test/one")
    await world.turn("and now?", fall)
    report = await world.bus.ask(session.Costs())
    (failed,) = [each for each in report.by_purpose if each.name == "failed"]
    assert (failed.calls, failed.usage.input_tokens, failed.usage.cost_usd) == (3, 90, 0.75)


async def test_what_was_void_is_not_kept_when_the_answer_breaks_off(
    world: World, autojump_clock: MockClock
) -> None:
    async def stumble_and_fall(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="void"))
        await sink.send(llm.Retrying(reason="overloaded", wait=2.0))
        await sink.send(llm.TextDelta(text="Bye"))
        raise refusal("server")

    end = await world.turn("hi", stumble_and_fall)
    assert end.text == "Bye"
    assert ("assistant", "Bye") in await world.rows(end.session)


# --- models that fail -------------------------------------------------------------------------------------


def refusal(kind: llm.Reason = "authentication") -> llm.ModelError:
    return llm.ModelError(reason=kind, provider="test", detail="no such key")


async def test_a_model_that_refuses_fails_the_turn_with_a_reason(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("hi", fail(refusal()))
    assert isinstance(end, agent.TurnFailed)
    assert (end.outcome, end.reason) == ("error", "The model provider refused the key (test: no such key).")
    assert await world.rows(end.session) == [("user", "hi"), ("notice", end.reason)]


async def test_the_conversation_goes_on_after_a_failure(world: World, autojump_clock: MockClock) -> None:
    await world.turn("hi", fail(refusal("server"), "I was say"))
    end = await world.turn("again", say("better"))
    assert end.text == "better"
    assert shape(world.requests[1].messages) == ["u:hi", "a:I was say", "u:again"]
    check_valid(world.requests[1].messages)


async def test_an_unreachable_model_says_so(world: World, autojump_clock: MockClock) -> None:
    error = llm.ModelUnavailable(reason="network", provider="test", detail="connection refused")
    end = await world.turn("hi", fail(error))
    assert isinstance(end, agent.TurnFailed)
    assert "could not be reached" in end.reason


async def test_a_completion_that_a_crash_cut_off_is_asked_for_again(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("hi", fail(ValueError("a bug"), "I was "), say("here"))
    assert (end.outcome, end.text) == ("success", "here")
    assert [type(event).__name__ for event in world.events()] == [
        "TurnStarted",
        "CompletionStarted",
        "TextDelta",
        "Notice",
        "CompletionStarted",
        "TextDelta",
        "TurnEnded",
    ]
    (notice,) = world.mesh.published(agent.Notice)
    assert (notice.kind, notice.data["wait"]) == ("retrying", 0.5)


async def test_a_completion_that_always_crashes_fails_its_turn_and_nothing_else(
    world: World, autojump_clock: MockClock
) -> None:
    """Two crashes of an equal message make it poison, which is refused at once."""
    end = await world.turn("hi", *[fail(ValueError("a bug"))] * 4)
    assert isinstance(end, agent.TurnFailed)
    assert "ValueError" not in end.reason
    assert len(world.requests) == 2
    world.script.clear()
    assert (await world.turn("again", say("fine"))).text == "fine"


async def test_a_completion_is_not_repeated_for_ever(lives: World, autojump_clock: MockClock) -> None:
    async with lives.running() as world:

        async def restart() -> None:
            while True:
                await trio.sleep(0.25)
                await world.console.restart("llm")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(restart)
            world.script[:] = [after(60.0, say("never"))] * 9
            end = await world.turn("hi")
            nursery.cancel_scope.cancel()
        assert isinstance(end, agent.TurnFailed)
        assert len(world.requests) == 4


async def test_a_crash_of_one_completion_costs_the_others_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    world.script.extend([after(20.0, say("never")), fail(ValueError("a bug"))])
    slow = await world.send("a", key="a")
    await world.quiet()
    bad = await world.send("b", key="b")
    assert [(await world.end(each.turn)).text for each in (slow, bad)] == ["echo a", "echo b"]


async def test_a_stream_without_an_end_is_a_failure(world: World, autojump_clock: MockClock) -> None:
    async def vanish(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="and th"))

    end = await world.turn("hi", vanish)
    assert isinstance(end, agent.TurnFailed)
    assert "cannot be read" in end.reason
    assert end.text == "and th"


async def test_a_failure_after_tools_keeps_what_was_done(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("hi", say("First.", calls=[use("Peek", what="a")]), fail(refusal("server")))
    assert isinstance(end, agent.TurnFailed)
    assert end.text == "First."
    await world.turn("again")
    assert "c1=peeked a" in shape(world.requests[2].messages)


# --- the limit of rounds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3])
async def test_at_the_limit_of_rounds_the_model_is_asked_to_close(
    lives: World, autojump_clock: MockClock, limit: int
) -> None:
    lives.settings = Settings(max_turns=limit)
    async with lives.running() as world:
        calling = [say(f"Round {n}.", calls=[use("Peek", f"c{n}", what=f"{n}")]) for n in range(limit)]
        end = await world.turn("go", *calling, say("That is how far I came."))
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, end.tool_rounds) == ("max_turns", limit)
        assert end.text.endswith("That is how far I came.")
        assert len(world.requests) == limit + 1
        assert f"limit of {limit} rounds" in world.requests[-1].system[-1].text
        notice = (await world.rows(end.session))[-1]
        assert notice[0] == "notice"
        assert f"{limit} rounds" in notice[1]


async def test_calls_in_the_closing_answer_are_not_carried_out(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(max_turns=1)
    async with lives.running() as world:
        more = say("One more.", calls=[use("Peek", "c2", what="b")])
        end = await world.turn("go", say(calls=[use("Peek", what="a")]), more)
        assert (end.outcome, end.text) == ("max_turns", "One more.")
        assert world.done == ["a"]
        await world.turn("next")
        check_valid(world.requests[-1].messages)


async def test_an_answer_below_the_limit_is_a_success(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(max_turns=2)
    async with lives.running() as world:
        end = await world.turn("go", say(calls=[use("Peek", what="a")]), say("done"))
        assert end.outcome == "success"
