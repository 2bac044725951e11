"""Eight conversations of one user at once, with models that are out for money: each limit holds, but for one call."""

import itertools
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Compaction, Limits, Settings
from actors.agent.spending.allowance import apart
from actors.agent.spending.underway import UnderWay
from actors.llm import messages as llm
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.vocabulary import ADMIN, ToolUse, Usage
from bus import Sink
from tests.actors.agent.test_runaway import COST, PRICED
from tests.actors.agent.world import World, say, usage, use

TOKENS = 10_000
"""Of an answer at most; they cost COST."""
SETTINGS = Settings(
    max_tokens=TOKENS,
    compaction=Compaction(
        context_budget=3000, min_keep_messages=2, summary_max_tokens=2000, memory_flush=False
    ),
)
SUBAGENTS = SubagentSettings(at_once=4, per_turn=16, depth=2)
UNLIMITED: dict[str, Any] = {
    f"{unit}_per_{whose}": 0 for unit in ("tokens", "usd") for whose in ("turn", "conversation", "day")
}
SPENT = {
    "turn": "SELECT coalesce(origin, turn_id), total(cost_usd) FROM usage"
    " JOIN sessions ON sessions.id = session_id GROUP BY 1",
    "conversation": "SELECT coalesce(origin_session, session_id), total(cost_usd) FROM usage"
    " JOIN sessions ON sessions.id = session_id GROUP BY 1",
    "day": "SELECT user_id, total(cost_usd) FROM usage GROUP BY 1",
}


class Greedy:
    """A model that uses as much as it may, in every way there is."""

    def __init__(self, seed: int, habits: Sequence[str]) -> None:
        self._rng = random.Random(seed)
        self._habits = habits
        self._numbers = itertools.count()
        self.under_way = self.most = 0

    async def __call__(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self._answer(request, sink)
        finally:
            self.under_way -= 1

    async def _answer(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        failed = 0
        while "breaks off" in self._habits and self._rng.random() < 0.4:
            await trio.sleep(self._rng.random())
            await sink.send(llm.TextDelta(text="I was about to"))
            await sink.send(llm.Wasted(usage=self._used(request)))
            failed += 1
            if failed == request.attempts:
                raise llm.ModelUnavailable(reason="network", provider="test", detail="it broke off")
            await sink.send(llm.Switched(model="test/two", reason="it broke off"))
        await trio.sleep(self._rng.random())
        calls = self._calls(self._rng.choice(self._habits)) if request.tools else []
        await say("w" * self._rng.choice((1, 4000)), calls=calls, used=self._used(request))(request, sink)

    def _used(self, request: llm.Complete) -> Usage:
        tokens = int(request.max_tokens * self._rng.uniform(0.5, 1.0))
        cost = COST * tokens / TOKENS
        return Usage(model="test/one", input_tokens=20, output_tokens=tokens, cost_usd=cost)

    def _calls(self, habit: str) -> list[ToolUse]:
        match habit:
            case "repeats":
                return [use("Peek", self._id(), what="the same")]
            case "ping-pong":
                return [use("Peek", self._id(), what=self._rng.choice("ab"))]
            case "bomb":
                return [
                    use("Agent", self._id(), description="More", prompt="Have more subagents.")
                    for _ in range(8)
                ]
            case "crowd":
                return [use("Peek", self._id(), what=f"{next(self._numbers)}") for _ in range(100)]
            case _:
                return [use("Keep", self._id(), what=f"step {next(self._numbers)} {'x' * 1000}")]

    def _id(self) -> str:
        return f"c{next(self._numbers)}"


def spent(world: World, whose: str) -> float:
    """What the dearest one has used, in US dollars."""
    with closing(sqlite3.connect(world.path / "session.db")) as database:
        return max((row[1] for row in database.execute(SPENT[whose])), default=0.0)


HABITS = ("repeats", "ping-pong", "bomb", "crowd", "plan", "breaks off")


@pytest.mark.parametrize(
    ("limits", "habits", "unlisted"),
    [
        ({"usd_per_day": 6.2}, HABITS, 0),
        ({"usd_per_day": 6.2}, HABITS, 20),
        ({"usd_per_conversation": 2.3}, HABITS, 0),
        ({"usd_per_turn": 1.3}, HABITS, 0),
        ({"usd_per_day": 9.0, "usd_per_conversation": 3.1, "usd_per_turn": 1.7}, HABITS, 0),
        ({"usd_per_turn": 2.3, "usd_per_day": 20.0}, ("bomb",), 0),
        ({"usd_per_conversation": 1.0}, ("bomb", "breaks off"), 0),
    ],
)
async def test_no_limit_is_exceeded_by_more_than_one_call(
    tmp_path: Path, autojump_clock: MockClock, limits: dict[str, Any], habits: Sequence[str], unlisted: int
) -> None:
    """Also where nobody could say beforehand what the first completions cost."""
    bounds = attrs.evolve(Limits(), calls_per_turn=60, **{**UNLIMITED, **limits})
    lives = World(
        tmp_path,
        models=PRICED,
        settings=attrs.evolve(SETTINGS, limits=bounds),
        subagents=SUBAGENTS,
        unlisted=unlisted,
    )
    lives.rule = model = Greedy(len(habits) + unlisted, habits)
    async with lives.running() as world:
        for _ in range(3):
            accepted = [await world.send("go", key=f"chat {n}") for n in range(8)]
            ends = [await world.end(each.turn, every=1.0) for each in accepted]
            assert all(isinstance(end, agent.TurnEnded | agent.TurnFailed) for end in ends)
        for name, limit in limits.items():
            assert spent(world, name.removeprefix("usd_per_")) < limit + COST, name
    assert model.most > 1, "they do run at the same time"


async def test_what_is_asked_beside_turns_counts_as_well(lives: World, autojump_clock: MockClock) -> None:
    """Two reviews of the same user: the second one begins when the first one is stored, and a third one not at all."""
    lives.models, under_way, order = PRICED, UnderWay(), list[str]()
    settings = Settings(limits=attrs.evolve(Limits(), usd_per_day=0.7))

    async def review(world: World, seconds: float, cost: float) -> None:
        bounds = (lambda: settings, lambda: UTC, under_way, world.bus, ADMIN, "", 0, TOKENS)
        async with apart(*bounds) as why:
            if why is not None:
                order.append(why)
                return
            order.append("begins")
            await trio.sleep(seconds)
            used = usage(cost_usd=cost)
            await world.bus.ask(session.RecordUsage(user=ADMIN, purpose="review", usage=used, session=""))
            order.append("ends")

    async with lives.running() as world:
        await review(world, 0.0, 0.25)
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(review, world, 1.0, 0.25)
        assert order == ["begins", "ends"] * 3
        await review(world, 0.0, 0.0)
        assert len(under_way) == 0
    (*_, why) = order
    assert "(limits.usd_per_day)" in why
