"""What subagents use counts for whoever called them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Limits, Settings
from actors.guarding import Allow, Ask, Proposal
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.vocabulary import ADMIN
from tests.actors.agent.acting.test_consent import Person
from tests.actors.agent.world import MODELS, Answer, World, after, say, usage, use
from tests.actors.subagents.delegated import FREE, Parts, called, of, part, results

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
