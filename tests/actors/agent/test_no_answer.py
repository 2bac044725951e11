"""Answers that are none, or not all of one: never an empty success."""

import pytest
from trio.testing import MockClock

from actors.agent import endings, failures
from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.vocabulary import Block, Text, Thinking
from bus import ActorCrashed, Sink
from tests.actors.agent.world import Answer, Gate, World, check_valid, say, shape, usage, use


def stop(reason: str, *content: Block, cost: float = 0.5) -> Answer:
    """Answer with these blocks, and end for this reason."""

    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for block in content:
            if isinstance(block, Text):
                await sink.send(llm.TextDelta(text=block.text))
        await sink.send(llm.Completed(content=content, stop_reason=reason, usage=usage(cost_usd=cost)))

    return answer


async def ended(world: World, outcome: str, text: str, notice: str, *script: Answer) -> agent.TurnEnded:
    """A turn ends like this, and the message after it is answered."""
    end = await world.turn("go", *script)
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, end.notice) == (outcome, text, notice)
    assert (await world.rows(end.session))[-1] == ("notice", notice)
    assert (await world.turn("and now?", say("Now."))).text == "Now."
    check_valid(world.requests[-1].messages)
    return end


@pytest.mark.parametrize(
    ("reason", "notice"),
    [
        ("refusal", endings.REFUSED),
        ("content_filter", endings.FILTERED),
        ("max_tokens", endings.cut(16_384)),
    ],
)
@pytest.mark.parametrize("said", ["", "The first half"])
async def test_what_the_model_would_or_could_not_say_is_told(
    world: World, autojump_clock: MockClock, reason: str, notice: str, said: str
) -> None:
    words = [Text(text=said)] if said else []
    outcome = "success" if said and reason == "max_tokens" else reason
    await ended(world, outcome, said, notice, stop(reason, *words))


async def test_calls_of_an_answer_that_was_withheld_are_not_carried_out(
    world: World, autojump_clock: MockClock
) -> None:
    await ended(world, "content_filter", "", endings.FILTERED, stop("content_filter", use("Tell", what="x")))
    assert world.done == []


async def test_calls_of_an_answer_that_was_cut_are_answered_with_that(
    world: World, autojump_clock: MockClock
) -> None:
    await world.turn("go", stop("max_tokens", use("Tell", what="x")), say("I see."))
    assert world.done == []
    assert shape(world.requests[1].messages)[-1] == f"c1!{endings.CUT_OFF}"


@pytest.mark.parametrize("content", [(), (Thinking(text="hm"),), (Text(text=" "),)])
async def test_an_empty_answer_is_asked_for_once_more(
    world: World, autojump_clock: MockClock, content: tuple[Block, ...]
) -> None:
    end = await world.turn("go", stop("end_turn", *content), say("There."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, end.notice, len(world.requests)) == ("success", "There.", None, 2)
    assert end.usage.cost_usd == 1.0
    assert [request.system[-1].text == endings.AGAIN for request in world.requests] == [False, True]


async def test_a_second_empty_answer_is_the_end_with_a_notice(
    world: World, autojump_clock: MockClock
) -> None:
    calls = say(calls=[use("Peek", what="a")])
    end = await ended(world, "empty", "", endings.SILENT, calls, stop("end_turn"), stop("tool_use"))
    assert end.usage.cost_usd == 1.5


async def test_each_answer_may_be_empty_once(world: World, autojump_clock: MockClock) -> None:
    calls = say(calls=[use("Peek", what="a")])
    end = await world.turn("go", stop("end_turn"), calls, stop("end_turn"), say("There."))
    assert (end.outcome, end.text) == ("success", "There.")


async def test_a_model_that_pauses_goes_on_with_what_it_said(world: World, autojump_clock: MockClock) -> None:
    halves = (stop("pause_turn", Text(text="The first ")), stop("end_turn", Text(text="and the second.")))
    end = await world.turn("go", *halves)
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, end.usage.cost_usd) == ("success", "The first and the second.", 1.0)
    assert shape(world.requests[1].messages)[-1] == "a:The first "
    assert world.requests[1].messages[-1].role == "assistant"
    told = [event.text for event in world.events() if isinstance(event, agent.TextDelta)]
    assert told == ["The first ", "and the second."]
    assert (await world.rows(end.session))[-1] == ("assistant", "The first and the second.")


async def test_what_was_said_before_a_pause_is_told_again_when_the_rest_is_asked_for_again(
    world: World, autojump_clock: MockClock
) -> None:
    async def breaks(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.TextDelta(text="and"))
        await sink.send(llm.Retrying(reason="it broke", wait=1.0))
        await sink.send(llm.TextDelta(text="and"))
        raise ActorCrashed(request="llm.Complete@1", to="llm")

    first, rest = stop("pause_turn", Text(text="The first ")), stop("end_turn", Text(text="and the second."))
    end = await world.turn("go", first, breaks, rest)
    assert (end.outcome, end.text) == ("success", "The first and the second.")
    told = [
        event.text if isinstance(event, agent.TextDelta) else "-"
        for event in world.events()
        if isinstance(event, agent.TextDelta | agent.CompletionStarted)
    ]
    assert told == ["-", "The first ", "and", "-", "The first ", "and", "-", "The first ", "and the second."]


async def test_a_model_that_always_pauses_is_left_at_last(world: World, autojump_clock: MockClock) -> None:
    pauses = [stop("pause_turn", Text(text="."))] * (endings.PAUSES + 1)
    end = await ended(world, "pause_turn", "." * (endings.PAUSES + 1), endings.PAUSED, *pauses)
    assert end.usage.cost_usd == (endings.PAUSES + 1) / 2


async def test_a_turn_that_is_killed_in_a_pause_asks_for_the_whole_answer(
    lives: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    async with lives.running() as world:
        world.script += [stop("pause_turn", Text(text="The first ")), gate.then(say("never"))]
        turn = (await world.send("go")).turn
        await gate.reached.wait()
        world.kill()
    async with lives.running() as world:
        world.script.append(say("The whole."))
        end = await world.end(turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, end.text, end.usage.cost_usd) == ("success", "The whole.", 1.0)


def refusing(word: str, how: Answer) -> Answer:
    """A provider that will have no conversation in which `word` is said."""

    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        said = any(word in each for each in shape(request.messages))
        await (how if said else say("Fine."))(request, sink)

    return answer


async def _refuse(_request: llm.Complete, _sink: Sink[llm.CompletionEvent]) -> None:
    raise llm.ModelError(reason="invalid_request", provider="scripted", detail="not appropriate", status=400)


@pytest.mark.parametrize("how", [_refuse, stop("content_filter"), stop("refusal")])
async def test_what_a_provider_has_refused_does_not_cost_the_conversation(
    world: World, autojump_clock: MockClock, how: Answer
) -> None:
    provider = refusing("badword", how)
    await world.turn("hello", provider)
    first = await world.turn("badword", provider)
    assert first.outcome != "success"
    asked = len(world.requests)
    second = await world.turn("and now?", provider, provider)
    assert isinstance(second, agent.TurnEnded)
    assert (second.outcome, second.text, len(world.requests) - asked) == ("success", "Fine.", 2)
    assert shape(world.requests[-1].messages)[:2] == ["u:hello", "a:Fine."]
    check_valid(world.requests[-1].messages)
    notices = [each for each in world.mesh.published(agent.Notice) if each.kind == "left_out"]
    assert [each.text for each in notices] == [failures.LEFT_OUT]
    asked = len(world.requests)
    third = await world.turn("and then?", provider)
    assert isinstance(third, agent.TurnEnded)
    assert third.text == "Fine."
    assert len(world.requests) - asked == 1
