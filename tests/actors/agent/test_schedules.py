"""Whatever people, tools, models and restarts do to each other, every prompt is one that a provider accepts.

A schedule is one conversation at random: messages that join or wait, cancellations, calls alone and together, tools
that refuse, crash or take long, a model with a hard window that is busy or breaks off, and another that takes its
place. Then it goes on.
"""

import contextlib
import itertools
import random
from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Compaction, Settings
from actors.llm import messages as llm
from actors.vocabulary import ADMIN, ToolUse
from bus import BusError, Sink
from tests.actors.agent.world import World, check_valid, say, shape, usage, use, within
from tests.validators import every

WINDOW = 12_000
"""Characters, of which tools take some."""
TOGETHER = 50
"""Schedules that run at the same time."""

TROUBLE: Sequence[Exception] = (
    llm.ModelError(reason="context_length", provider="test", detail="too many tokens"),
    llm.ModelError(reason="context_length", provider="test", detail="maximum context length is 4000 tokens"),
    llm.ModelError(reason="invalid_request", provider="test", detail="no"),
    llm.ModelUnavailable(reason="overloaded", provider="test", detail="busy"),
    ZeroDivisionError(),
)


class Moods:
    """A model at random; when it is calm, it only has its window."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._numbers = itertools.count()
        self.calm = False
        self.switches = 0
        """Times that another model has taken over."""

    async def __call__(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        if self.calm:
            await within(WINDOW, say("fine"))(request, sink)
            return
        await trio.sleep(self._rng.choice((0.0, 0.0, 0.1, 1.0)))
        while self._rng.random() < 0.3:
            await sink.send(llm.TextDelta(text="I was about to"))
            if self._rng.random() < 0.5:
                raise self._rng.choice(TROUBLE)
            await self._takes_over(sink)
        calls = self._calls() if request.tools and self._rng.random() < 0.6 else []
        await within(WINDOW, say("w" * self._rng.choice((0, 5, 5, 2000)) or "x", calls=calls))(request, sink)

    async def _takes_over(self, sink: Sink[llm.CompletionEvent]) -> None:
        """The model has failed after a few words: it, or another one, begins anew."""
        await sink.send(llm.Wasted(usage=usage(7)))
        if self._rng.random() < 0.3:
            await sink.send(llm.Retrying(reason="busy", wait=0.5))
            await trio.sleep(0.5)
        else:
            self.switches += 1
            await sink.send(
                llm.Switched(model=f"test/{self._rng.choice(('two', 'three'))}", reason="it broke off")
            )

    def _calls(self) -> list[ToolUse]:
        return [self._call(f"c{next(self._numbers)}") for _ in range(self._rng.choice((1, 1, 2, 6)))]

    def _call(self, id: str) -> ToolUse:
        name = self._rng.choice(("Peek", "Peek", "Keep", "Tell", "Hand", "Fail", "Nothing"))
        match name:
            case "Hand":
                return use(name, id, path="a.txt")
            case "Fail":
                return use(name, id, how=self._rng.choice(("refuse", "crash", "hang")))
            case _:
                return use(name, id, what="x" * self._rng.choice((1, 10, 3000)))


class Person:
    """Has one conversation."""

    def __init__(self, world: World, key: str, seed: int) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self._key = key
        self._sent: list[agent.Accepted] = []

    async def live(self) -> None:
        """Say and do things, at any moment of what is going on."""
        for n in range(self._rng.randint(2, 6)):
            await trio.sleep(self._rng.choice((0.0, 0.05, 0.5, 3.0)))
            if self._sent and self._rng.random() < 0.25:
                await self._cancel()
            words = f"{self._key}.{n} " + "y" * self._rng.choice((0, 0, 0, 5000))
            mode = self._rng.choice(("inject", "inject", "queue"))
            self._sent.append(await self._world.send(words, key=self._key, mode=mode))

    async def _cancel(self) -> None:
        request = agent.Cancel(session=self._sent[0].session, user=ADMIN)
        with contextlib.suppress(BusError):  # the conversation has just crashed: there is nothing to cancel
            await self._world.bus.ask(request)

    async def goes_on(self) -> None:
        """Whatever has happened, the next message is answered, and with it all before it is over."""
        last = await self._world.send("and now?", key=self._key, mode="queue")
        end = await self._world.end(last.turn, every=5.0)
        assert isinstance(end, agent.TurnEnded), end
        assert (end.outcome, end.text) == ("success", "fine")


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 200))]
)
async def test_no_prompt_is_one_that_a_provider_refuses_for_its_shape(
    lives: World, autojump_clock: MockClock, seed: int
) -> None:
    """50 schedules each; in every other one the program is killed in the middle."""
    lives.settings = Settings(
        max_turns=6, compaction=Compaction(context_budget=2500, min_keep_messages=2, summary_max_tokens=200)
    )
    lives.rule = moods = Moods(seed)
    async with lives.running() as world:
        await world.turn("hello", key="first")
        people = [Person(world, f"k{n}", 1000 * seed + n) for n in range(TOGETHER)]
        with trio.move_on_after(random.Random(seed).uniform(1.0, 12.0) if seed % 2 else 10_000) as scope:
            async with trio.open_nursery() as nursery:
                for person in people:
                    nursery.start_soon(person.live)
        if scope.cancelled_caught:
            world.kill()
        moods.calm = not scope.cancelled_caught
        if moods.calm:
            await _all_go_on(people)
    if not moods.calm:
        async with lives.running():
            moods.calm = True
            await _all_go_on(people)
    for request in lives.requests:
        check_valid(request.messages)
        assert list(every.complaints(request)) == []
    summed_up = [request for request in lives.requests if "[Summary of" in shape(request.messages)[0]]
    assert len(summed_up) > (0 if seed % 2 else TOGETHER // 5)
    assert seed % 2 or moods.switches > TOGETHER // 10


async def _all_go_on(people: Sequence[Person]) -> None:
    async with trio.open_nursery() as nursery:
        for person in people:
            nursery.start_soon(person.goes_on)
