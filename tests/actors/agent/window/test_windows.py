"""A model whose window is what it is: no conversation comes to a dead end, whatever it holds."""

import itertools
import random
import shutil
from collections.abc import Iterator

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import failures
from actors.agent import messages as agent
from actors.agent.settings import Compaction, Limits, Settings
from actors.agent.window.digest import PIECES
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.recent import RecentHistories
from actors.vocabulary import Text, Usage
from bus import Sink
from tests.actors.agent.world import Answer, World, check_valid, say, shape, use, weight, within
from tests.fakes.ledger import Ledger

WINDOW = 60_000
"""Characters."""
HUGE = 20_000
"""Characters of a result."""


def fill(world: World, turns: int) -> str:
    """Store a conversation of so many turns with a huge result each, and return its session."""
    folder = world.path / "ledger"
    folder.mkdir()
    ledger = Ledger(folder)
    ledger.recent = RecentHistories(capacity=10**10)  # else each turn would read all before it
    found = ""
    for n in range(turns):
        accepted = ledger.accept(f"Look at file {n}.", key="main")
        found = accepted.session
        ledger.begin(accepted.turn)
        (step,) = ledger.complete(accepted.turn, calls=[f"c{n}"])
        ledger.begin_step(accepted.turn, step.n)
        ledger.result(accepted.turn, step.n, f"{n} " * (HUGE // len(f"{n} ")))
        ledger.finish(accepted.turn, f"I have seen file {n}.", usage=Usage(input_tokens=WINDOW // 8))
    ledger.close()
    shutil.move(folder / "0" / "session.db", world.path / "session.db")
    return found


def busy(seed: int) -> Answer:
    """A model that calls tools, alone and together, with much in calls and results, and then says something."""
    rng, numbers = random.Random(seed), itertools.count()

    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        done = isinstance(request.messages[-1].content[-1], Text) is False and rng.random() < 0.6
        if not request.tools or done or rng.random() < 0.2:
            await say(f"said {next(numbers)} " + "w" * rng.choice((10, 3000)))(request, sink)
            return
        calls = [
            use("Peek", f"live{next(numbers)}", what="x" * rng.choice((10, HUGE)))
            for _ in range(rng.choice((1, 1, 4)))
        ]
        await say(calls=calls)(request, sink)

    return answer


async def talk(world: World, turns: int) -> None:
    """Have some turns, of which each must come to a good end."""
    for n in range(turns):
        words = "y" * HUGE if n % 7 == 3 else "go on"
        end = await world.turn(f"{n}: {words}")
        assert isinstance(end, agent.TurnEnded), end
        assert end.outcome == "success"
    for request in world.requests:
        check_valid(request.messages)


LENGTHS = [120, pytest.param(5000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("detail", ["too many tokens", f"maximum context length is {WINDOW // 4} tokens"])
async def test_a_long_conversation_of_huge_results_goes_on_with_a_model_of_a_hard_limit(
    lives: World, autojump_clock: MockClock, length: int, detail: str
) -> None:
    fill(lives, length)
    lives.rule = within(WINDOW, busy(length), detail)
    async with lives.running() as world:
        await talk(world, 12 if length < 1000 else 50)
        asked = [request for request in world.requests if request.tools]
        written = [request for request in world.requests if not request.tools]
        assert all(request.messages[0].role == "user" for request in asked)
        refused = [request for request in asked if weight(request) > WINDOW]
        assert len(refused) <= len(asked) // 3
        at_first = next(n for n, request in enumerate(world.requests) if request.tools)
        assert at_first <= 3 * PIECES, "a long conversation is summed up in few pieces"
        assert len(written) <= at_first + len(asked), "and later on what has come since"


async def test_a_window_that_the_catalogue_knows_is_not_run_into(
    world: World, autojump_clock: MockClock
) -> None:
    world.models = llm.Catalogue(
        default="test/one",
        models=(
            llm.ModelInfo(
                spec="test/one", context_window=WINDOW // 4, vision=False, input_price=None, output_price=None
            ),
        ),
        compaction="test/one",
    )
    world.rule = within(WINDOW, busy(1))
    await talk(world, 20)
    assert [weight(request) for request in world.requests if weight(request) > WINDOW] == []
    assert max(request.max_tokens for request in world.requests) < WINDOW // 4


async def test_a_window_that_was_learned_is_not_run_into_again(
    lives: World, autojump_clock: MockClock
) -> None:
    fill(lives, 40)
    lives.rule = within(WINDOW, say("fine"))
    async with lives.running() as world:
        for n in range(6):
            assert (await world.turn(f"q{n}")).text == "fine"
        asked = [request for request in world.requests if request.tools]
        refused = [n for n, request in enumerate(asked) if weight(request) > WINDOW]
        assert refused == list(range(len(refused))), "only the first turn was refused"
        assert len(asked) - len(refused) == 6


async def test_a_window_too_small_for_instructions_and_tools_is_called_that(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.rule = within(300, say("fine"), "maximum context length is 512 tokens")
    async with lives.running() as world:
        end = await world.turn("hello")
        assert isinstance(end, agent.TurnFailed)
        assert "its window of 512 tokens is too small for the instructions and tools alone" in end.reason
        assert len(world.requests) <= 3
        world.rule = None
        assert (await world.turn("again")).text == "echo again"


async def test_a_message_that_is_too_long_for_the_model_is_shortened_and_the_next_one_is_answered(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.rule = within(WINDOW, say("fine"))
    async with lives.running() as world:
        end = await world.turn("z" * 10 * WINDOW)
        assert end.text == "fine"
        assert "characters left out" in shape(world.requests[-1].messages)[0]
        notices = [event.text for event in world.mesh.published(agent.Notice)]
        assert notices == [failures.SHORTENED]
        assert (await world.turn("short")).text == "fine"
        assert shape(world.requests[-1].messages)[-1] == "u:short"


async def test_a_part_too_long_for_the_model_that_sums_up_is_cut_into_pieces(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(context_budget=20_000))
    fill(lives, 60)
    summed: Iterator[int] = itertools.count(1)

    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        said = f"summary {next(summed)}" if not request.tools else "fine"
        await within(10_000 if not request.tools else 10**9, say(said), "limit is 2500 tokens")(request, sink)

    lives.rule = answer
    async with lives.running() as world:
        assert (await world.turn("hello")).text == "fine"
        written = [request for request in world.requests if not request.tools]
        assert len([request for request in written if weight(request) > 10_000]) == 1
        first, second = shape(written[1].messages)[0], shape(written[2].messages)[0]
        assert "<summary>" not in first
        assert "<summary>\nsummary 2\n</summary>" in second, "the first one was refused"
        assert f"summary {len(written)}\n" in shape(world.requests[-1].messages)[0]


async def test_what_is_used_up_while_a_summary_is_written_ends_it_and_the_turn(
    lives: World, autojump_clock: MockClock
) -> None:
    """Each piece is booked before the next one is asked for."""
    limits = attrs.evolve(Limits(), usd_per_turn=0.7)
    lives.settings = Settings(compaction=Compaction(context_budget=2000), limits=limits)
    fill(lives, 60)
    async with lives.running() as world:
        end = await world.turn("hello")
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, "(limits.usd_per_turn)" in (end.notice or "")) == ("budget", True)
        assert [request for request in world.requests if request.tools] == []
        assert len(world.requests) == 2, "of half a dollar each"
        report = await world.bus.ask(session.Costs())
        assert [
            (each.name, each.calls, each.usage.cost_usd)
            for each in report.by_purpose
            if each.name != "completion"
        ] == [("compaction", 2, 1.0)]


async def test_a_kill_while_a_summary_is_written_costs_another_and_nothing_else(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = Settings(compaction=Compaction(context_budget=20_000))
    stored = fill(lives, 30)
    reached = trio.Event()

    async def never(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        reached.set()
        await trio.sleep_forever()

    lives.rule = never
    async with lives.running() as world:
        accepted = await world.send("hello")
        with trio.fail_after(60):
            await reached.wait()
        world.kill()
    lives.rule = say("in the next life")
    async with lives.running() as world:
        assert (await world.end(accepted.turn)).text == "in the next life"
        assert "in the next life" in shape(world.requests[-1].messages)[0], "as a summary"
        said = await world.bus.ask(session.Messages(session=stored, user="admin", limit=1000))
        assert len([row for row in said if row.role == "user"]) == 31
        before = len(world.requests)
        await world.turn("more")
        assert len(world.requests) == before + 1, "and it is not made again"
