"""What a completion has used is counted once, whatever cuts it off."""

import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.messages import TurnOptions
from actors.vocabulary import Usage
from bus import Sink
from tests.actors.agent.window.test_compacting import SMALL, grown, summaries
from tests.actors.agent.world import Answer, Gate, World, fail, say, spending, usage

BEGUN = Usage(model="test/one", input_tokens=30, cost_usd=0.25)
LATER = Usage(model="test/one", input_tokens=30, output_tokens=300, cost_usd=0.75)


def endless(*bills: Usage) -> Answer:
    """Say for ever the same, having told of what it costs."""

    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for bill in bills:
            await sink.send(llm.Spending(usage=bill))
            await sink.send(llm.TextDelta(text="more "))
        await trio.sleep_forever()

    return answer


async def spent(world: World, purpose: str = "failed") -> tuple[int, int, float]:
    """Calls, tokens and dollars of one purpose."""
    report = await world.bus.ask(session.Costs())
    found = [each for each in report.by_purpose if each.name == purpose]
    if not found:
        return 0, 0, 0.0
    (sums,) = found
    return sums.calls, sums.usage.prompt_tokens + sums.usage.output_tokens, sums.usage.cost_usd or 0.0


async def test_a_cancelled_answer_counts_what_it_had_used(world: World, autojump_clock: MockClock) -> None:
    world.script.append(endless(BEGUN, LATER))
    accepted = await world.send("tell me a story")
    await world.quiet()
    await world.bus.ask(agent.Cancel(session=accepted.session, user="admin"))
    end = await world.end(accepted.turn)
    assert end.usage.cost_usd == 0.75, "the turn says so, too"
    assert await spent(world) == (1, 330, 0.75)
    await world.turn("go on", say("there was"))
    assert await spent(world) == (1, 330, 0.75)
    assert await spent(world, "completion") == (1, 12, 0.5)


async def test_one_that_is_out_of_time_counts_what_it_had_used(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("hi", endless(BEGUN), options=TurnOptions(deadline_s=5.0))
    assert end.outcome == "deadline"
    assert await spent(world) == (1, 30, 0.25)


async def test_one_that_a_crash_cuts_off_counts_once_beside_the_one_in_its_place(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("hi", spending(fail(ValueError("a bug"), "I was "), BEGUN), say("here"))
    assert end.text == "here"
    assert await spent(world) == (1, 30, 0.25)
    assert await spent(world, "completion") == (1, 12, 0.5)


async def test_one_whose_bill_has_come_is_not_counted_again(world: World, autojump_clock: MockClock) -> None:
    async def stumble(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Spending(usage=BEGUN))
        await sink.send(llm.Wasted(usage=LATER))
        await sink.send(llm.Retrying(reason="overloaded", wait=2.0))
        await spending(say("Hello"))(request, sink)

    await world.turn("hi", stumble)
    assert await spent(world) == (1, 330, 0.75)
    assert await spent(world, "completion") == (1, 12, 0.5)


async def test_one_that_a_stop_of_the_program_cuts_off_counts_once(
    lives: World, autojump_clock: MockClock
) -> None:
    async with lives.running() as world:
        world.script.append(endless(BEGUN))
        accepted = await world.send("hello")
        await world.quiet()
    async with lives.running() as world:
        world.script.append(say("Hi."))
        assert (await world.end(accepted.turn)).text == "Hi."
        assert await spent(world) == (1, 30, 0.25)
        assert await spent(world, "completion") == (1, 12, 0.5)


async def test_a_summary_that_is_cut_off_counts_what_it_had_used(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        world.script.append(endless(BEGUN))
        accepted = await world.send("q3")
        await world.quiet()
        await world.bus.ask(agent.Cancel(session=accepted.session, user="admin"))
        await world.end(accepted.turn)
        assert len(summaries(world)) == 1
        assert await spent(world, "compaction") == (1, 30, 0.25)


async def test_what_a_summary_that_nobody_gave_has_used_counts(
    lives: World, autojump_clock: MockClock
) -> None:
    lost = llm.ModelUnavailable(reason="network", provider="test", detail="lost")
    lives.settings = SMALL
    async with lives.running() as world:
        await grown(world)
        end = await world.turn("q3", *[spending(fail(lost), BEGUN)] * 2, say("a3"))
        assert end.text == "a3"
        assert await spent(world, "compaction") == (2, 60, 0.5)


async def test_an_answer_that_was_whole_when_it_was_cancelled_counts_what_it_was(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()

    async def slow(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await spending(say("All of it."), BEGUN)(request, sink)
        await gate.wait()

    world.script.append(slow)
    accepted = await world.send("hello")
    await gate.reached.wait()
    await world.mesh.settle()
    await world.bus.ask(agent.Cancel(session=accepted.session, user="admin"))
    await world.end(accepted.turn)
    assert await spent(world) == (1, usage().prompt_tokens + usage().output_tokens, 0.5)
