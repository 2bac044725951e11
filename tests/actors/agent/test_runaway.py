"""Models that would go on for ever: each turn ends within its limits, with a notice, and the next one runs."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.acting.circles import STOPPED, WARNED
from actors.agent.settings import Limits, Settings
from actors.agent.spending.limits import LAST_WORDS
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session.messages import Consumed, TurnOptions
from actors.vocabulary import ADMIN
from bus import Sink
from tests.actors.agent.world import MODELS, Answer, Gate, World, check_valid, fail, say, shape, usage, use

MANY = 400
"""Answers of a model that goes on for ever."""


def calling(*names: str, used: float = 0.5) -> list[Answer]:
    """A call of a tool each time, the names in turn."""
    return [
        say(calls=[use("Peek", f"c{n}", what=names[n % len(names)])], used=usage(cost_usd=used))
        for n in range(MANY)
    ]


def growing() -> list[Answer]:
    return [say("And then", calls=[use("Keep", f"c{n}", what=f"step {n}")]) for n in range(MANY)]


def crowds() -> list[Answer]:
    return [say(calls=[use("Peek", f"c{n}-{m}", what=f"{n} {m}") for m in range(100)]) for n in range(MANY)]


def stop(reason: str, **used: int) -> list[Answer]:
    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Completed(content=(), stop_reason=reason, usage=usage(**used)))

    return [answer] * MANY


def cut() -> list[Answer]:
    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(
            llm.Completed(content=(use("Tell", what="x"),), stop_reason="max_tokens", usage=usage())
        )

    return [answer] * MANY


FOR_EVER: dict[str, Callable[[], list[Answer]]] = {
    "the same call": lambda: calling("a"),
    "two by turns": lambda: calling("a", "b"),
    "three by turns": lambda: calling("a", "b", "c"),
    "a growing plan": growing,
    "a hundred calls at once": crowds,
    "always empty": lambda: stop("end_turn"),
    "always pausing": lambda: stop("pause_turn"),
    "always cut": cut,
}


@pytest.mark.parametrize("name", FOR_EVER)
async def test_a_turn_ends_whatever_the_model_does(
    tmp_path: Path, autojump_clock: MockClock, name: str
) -> None:
    limits = Limits(calls_per_turn=100, usd_per_turn=1000.0)
    async with World(tmp_path, settings=Settings(limits=limits)).running() as world:
        end = await world.turn("go", *FOR_EVER[name]())
        assert isinstance(end, agent.TurnEnded)
        assert end.outcome != "success"
        assert end.notice
        assert len(world.requests) <= 31
        assert len(world.done) <= 100
        world.script.clear()
        assert (await world.turn("and now?", say("Now."))).text == "Now."
        check_valid(world.requests[-1].messages)


# --- circles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["a", "ab", "abc"])
async def test_a_model_that_goes_round_in_circles_is_warned_and_then_asked_to_close(
    world: World, autojump_clock: MockClock, names: str
) -> None:
    world.settings = Settings(limits=Limits(usd_per_turn=0))
    rounds = STOPPED * len(names)
    end = await world.turn("go", *calling(*names)[:rounds], say("I am stuck."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, len(world.done)) == ("loop", "I am stuck.", rounds)
    assert f"{STOPPED} times in a row, with the same results" in (end.notice or "")
    warned = ["Once more will not help" in request.system[-1].text for request in world.requests[:-1]]
    assert warned.index(True) == WARNED * len(names)
    assert "Do not call tools now" in world.requests[-1].system[-1].text


async def test_waiting_for_something_to_change_is_no_circle(world: World, autojump_clock: MockClock) -> None:
    numbers = count()
    world.results["a"] = lambda: f"{next(numbers)} %"
    end = await world.turn("go", *calling("a", used=0.0)[:12], say("There."))
    assert (end.outcome, end.text) == ("success", "There.")


async def test_calls_that_fail_are_a_circle_whatever_they_say(
    world: World, autojump_clock: MockClock
) -> None:
    script = [say(calls=[use("Fail", f"c{n}", how="refuse")]) for n in range(STOPPED)]
    end = await world.turn("go", *script, say("No way."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("loop", "No way.")
    assert "and they fail" in (end.notice or "")


async def test_a_person_who_joins_begins_the_count_anew(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    script = calling("a", used=0.0)
    script[STOPPED - 1] = gate.then(script[STOPPED - 1])
    world.script += [*script[: STOPPED + 1], say("There.")]
    accepted = await world.send("go")
    await gate.reached.wait()
    await world.send("try again", mode="inject")
    gate.open.set()
    assert (await world.end(accepted.turn)).outcome == "success"


async def test_a_circle_survives_a_kill(lives: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with lives.running() as world:
        script = calling("a", used=0.0)
        world.script += [*script[: STOPPED - 1], gate.then(say("never"))]
        accepted = await world.send("go")
        await gate.reached.wait()
        world.kill()
    async with lives.running() as world:
        world.script += [script[STOPPED - 1], say("I am stuck.")]
        end = await world.end(accepted.turn)
        assert (end.outcome, end.text) == ("loop", "I am stuck.")


# --- calls, time, money, tokens of a turn -----------------------------------------------------------------


async def test_of_a_hundred_calls_in_one_answer_as_many_are_carried_out_as_may_be(
    world: World, autojump_clock: MockClock
) -> None:
    world.settings = Settings(limits=Limits(calls_per_answer=5, calls_per_turn=103))
    end = await world.turn("go", *crowds()[:2], say("Enough."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, len(world.done)) == ("max_turns", "Enough.", 8)
    assert "(limits.calls_per_turn)" in (end.notice or "")
    told = shape(world.requests[1].messages)
    assert told[-1] == (
        "c0-99!This call was not carried out: 5 of the 100 calls in this answer were (limits.calls_per_answer)."
    )


async def test_once_the_time_is_over_there_is_a_last_answer(world: World, autojump_clock: MockClock) -> None:
    world.settings = Settings(limits=Limits(seconds_per_turn=60))
    world.durations["slow"] = 61.0
    end = await world.turn("go", say(calls=[use("Peek", what="slow")]), say("That took long."))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("deadline", "That took long.")
    assert "60 seconds (limits.seconds_per_turn)" in (end.notice or "")


async def test_what_takes_far_too_long_is_cut_off(world: World, autojump_clock: MockClock) -> None:
    world.settings = Settings(limits=Limits(seconds_per_turn=60))
    world.gates["never"] = Gate()
    began = trio.current_time()
    end = await world.turn("go", say(calls=[use("Peek", what="never")]))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("deadline", "")
    assert "60 seconds (limits.seconds_per_turn)" in (end.notice or "")
    assert 60 + LAST_WORDS <= trio.current_time() - began < 60 + LAST_WORDS + 1


async def test_go_on_goes_on(world: World, autojump_clock: MockClock) -> None:
    world.settings = Settings(limits=Limits(usd_per_turn=1.0))
    end = await world.turn("go", *calling("a", "b")[:1], say("So far."))
    assert (end.outcome, end.text) == ("budget", "So far.")
    assert (await world.turn("go on", say("The end."))).outcome == "success"


async def test_a_last_answer_that_cannot_be_had_is_no_failure(
    world: World, autojump_clock: MockClock
) -> None:
    error = llm.ModelError(reason="server", provider="test", detail="broken")
    end = await world.turn("go", *calling("a")[:1], fail(error, "So"), options=TurnOptions(max_turns=1))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text) == ("max_turns", "So")


async def test_what_a_turn_has_used_is_known_after_a_kill(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(limits=Limits(usd_per_turn=1.0))
    gate = Gate()
    async with lives.running() as world:
        world.script += [*calling("a", used=1.5)[:1]]
        world.gates["a"] = gate
        accepted = await world.send("go")
        await gate.reached.wait()
        world.kill()
    lives.gates.clear()
    async with lives.running() as world:
        end = await world.end(accepted.turn)
        assert (end.outcome, len(world.requests)) == ("budget", 1)


# --- a conversation, a day --------------------------------------------------------------------------------


async def test_a_conversation_that_has_used_its_share_is_told_so(
    world: World, autojump_clock: MockClock
) -> None:
    world.settings = Settings(limits=Limits(tokens_per_conversation=20))
    await world.turn("one", say("fine"))
    await world.turn("two", say("fine"))
    end = await world.turn("three", say("never"))
    assert isinstance(end, agent.TurnEnded)
    assert (end.outcome, end.text, len(world.requests)) == ("budget", "", 2)
    assert "(limits.tokens_per_conversation). A new conversation can go on." in (end.notice or "")
    assert (await world.turn("four", key="other")).outcome == "success"


async def test_a_day_of_a_user_ends_at_midnight_and_is_nobody_elses(
    world: World, autojump_clock: MockClock
) -> None:
    world.settings = Settings(limits=Limits(usd_per_day=0.5))
    await world.turn("one", say("fine"))
    for user, source, outcome in (
        (ADMIN, "web", "budget"),
        (ADMIN, "cron", "budget"),
        ("ada", "web", "success"),
    ):
        end = await world.turn("two", say("fine"), user=user, source=source, key=f"{user} {source}")
        world.script.clear()
        assert end.outcome == outcome
    await trio.sleep(24 * 3600)
    assert (await world.turn("three", say("fine"))).outcome == "success"


async def test_what_was_used_beside_turns_counts_for_the_day(world: World, autojump_clock: MockClock) -> None:
    world.settings = Settings(limits=Limits(tokens_per_day=1000))
    review = session.RecordUsage(user=ADMIN, purpose="review", usage=usage(1000), session="")
    await world.bus.ask(review)
    assert (await world.turn("one", say("never"))).outcome == "budget"


COST = 0.5
PRICED = attrs.evolve(
    MODELS,
    models=tuple(
        attrs.evolve(model, input_price=1.0, output_price=COST * 1e6 / 10_000) for model in MODELS.models
    ),
)


@pytest.mark.parametrize(
    ("limits", "at_once"), [(Limits(usd_per_day=6.2), 8), (Limits(tokens_per_day=500, usd_per_day=0), 1)]
)
async def test_eight_conversations_at_once_spend_at_most_the_limit_and_one_completion(
    tmp_path: Path, autojump_clock: MockClock, limits: Limits, at_once: int
) -> None:
    lives = World(tmp_path, models=PRICED, settings=Settings(max_tokens=10_000, limits=limits))
    running: list[int] = []

    async def slow(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        number = len(lives.requests)
        running.append(number)
        assert len(running) <= at_once
        await trio.sleep(1.0)
        running.remove(number)
        call = use("Peek", f"c{number}", what=f"{number}")
        await say(calls=[call], used=usage(98, cost_usd=COST))(request, sink)

    lives.script += [slow] * MANY
    async with lives.running() as world:
        accepted = [await world.send("go", key=f"chat {n}") for n in range(8)]
        await trio.sleep(1.5)
        world.kill()
    running.clear()
    async with lives.running() as world:
        ends = [await world.end(each.turn) for each in accepted]
        assert {end.outcome for end in ends} == {"budget"}
        day = await used_today(world)
        assert limits.usd_per_day <= day.usd < limits.usd_per_day + COST or not limits.usd_per_day
        assert limits.tokens_per_day <= day.tokens < limits.tokens_per_day + 100 or limits.usd_per_day


async def used_today(world: World) -> Consumed:
    began = world.bus.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    measure = session.Measure(user=ADMIN, session="", turn="", since=began)
    return (await world.bus.ask(measure)).day
