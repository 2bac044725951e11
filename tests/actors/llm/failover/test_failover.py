"""Chains of models under virtual time: who is asked when, and what a reader sees of it."""

from collections.abc import Sequence

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.llm.completion import Completion, Send, Tokens
from actors.llm.failover.circuit import FIRST_REST
from actors.llm.failover.failover import Endpoint, Failover
from actors.llm.messages import (
    CompletionEvent,
    Failure,
    ModelError,
    ModelUnavailable,
    Retrying,
    Switched,
    TextDelta,
)
from actors.llm.settings import Retry
from actors.vocabulary import Text

CHAIN = ("anthropic/a", "openai/b", "groq/c")


def down(spec: str, wait: float | None = None) -> ModelUnavailable:
    return ModelUnavailable(
        reason="overloaded", provider=spec.partition("/")[0], detail="busy", retry_after=wait
    )


def refused(spec: str) -> ModelError:
    return ModelError(reason="invalid_request", provider=spec.partition("/")[0], detail="bad")


@attrs.define
class Model:
    """One model: it says something piece by piece, then fails or is done."""

    says: Sequence[str] = ("ok",)
    fails: Failure | None = None
    lasts: float = 0.0


@attrs.define
class World:
    models: dict[str, list[Model]] = attrs.field(factory=dict[str, list[Model]])
    """What each does next; the last one stays as it is."""
    asked: list[tuple[float, str]] = attrs.field(factory=list[tuple[float, str]])
    sent: list[CompletionEvent] = attrs.field(factory=list[CompletionEvent])
    ended: list[tuple[str, bool]] = attrs.field(factory=list[tuple[str, bool]])
    failover: Failover = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.failover = Failover(
            endpoint=self._endpoint,
            clock=trio.current_time,
            chance=lambda: 0.0,
            sleep=trio.sleep,
            ended=lambda spec, error: self.ended.append((spec, error is None)),
        )

    @staticmethod
    def _endpoint(spec: str) -> Endpoint:
        return spec.partition("/")[0], None

    async def attempt(self, spec: str, send: Send) -> Completion:
        self.asked.append((trio.current_time(), spec))
        queue = self.models.get(spec, [Model()])
        model = queue.pop(0) if len(queue) > 1 else queue[0]
        for piece in model.says:
            await send(TextDelta(text=piece))
        await trio.sleep(model.lasts)
        if model.fails is not None:
            raise model.fails
        return Completion(content=(Text(text="".join(model.says)),), stop_reason="end_turn", tokens=Tokens())

    async def ask(self, *chain: str, retry: Retry | None = None) -> tuple[str, Completion]:
        self.asked.clear()
        self.sent.clear()
        return await self.failover.ask(chain or CHAIN, self.attempt, self.keep, retry or Retry())

    async def keep(self, item: CompletionEvent) -> None:
        self.sent.append(item)

    @property
    def who(self) -> list[str]:
        return [spec for _, spec in self.asked]

    @property
    def times(self) -> list[float]:
        return [round(time - self.asked[0][0], 3) for time, _ in self.asked]


def fails(spec: str, *says: str, wait: float | None = None) -> list[Model]:
    return [Model(says, down(spec, wait))]


@pytest.mark.parametrize(("allowed", "asked"), [(1, "a"), (2, "aa"), (5, "aabbc")])
async def test_nobody_else_is_asked_when_there_may_be_no_more(
    autojump_clock: MockClock, allowed: int, asked: str
) -> None:
    world = World({spec: fails(spec, "so") for spec in CHAIN})
    with pytest.raises(ModelUnavailable):
        await world.failover.ask(
            CHAIN,
            world.attempt,
            world.keep,
            Retry(max_retries=1),
            may_go_on=lambda: len(world.asked) < allowed,
        )
    assert "".join(spec[-1] for spec in world.who) == asked


async def test_nothing_is_said_of_others_while_the_chosen_one_answers(autojump_clock: MockClock) -> None:
    world = World()
    spec, answer = await world.ask()
    assert (spec, world.who, world.sent) == ("anthropic/a", ["anthropic/a"], [TextDelta(text="ok")])
    assert answer.content == (Text(text="ok"),)


async def test_after_a_few_short_tries_the_next_one_is_asked(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    spec, _ = await world.ask()
    assert spec == "openai/b"
    assert world.who == ["anthropic/a"] * 3 + ["openai/b"]
    assert world.times == [0, 1, 3, 3]
    assert world.sent == [Switched(model="openai/b", reason="anthropic: busy"), TextDelta(text="ok")]
    assert world.ended == [("anthropic/a", False)] * 3 + [("openai/b", True)]


async def test_patience_limits_the_tries(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    await world.ask(retry=Retry(patience=0.0))
    assert world.who == ["anthropic/a", "openai/b"]


async def test_text_that_was_streamed_is_void_from_the_first_word_of_the_other(
    autojump_clock: MockClock,
) -> None:
    world = World({"anthropic/a": fails("anthropic/a", "Hel"), "openai/b": [Model(("Good ", "day"))]})
    await world.ask(retry=Retry(max_retries=0))
    assert world.sent == [
        TextDelta(text="Hel"),
        Switched(model="openai/b", reason="anthropic: busy"),
        TextDelta(text="Good "),
        TextDelta(text="day"),
    ]


async def test_one_that_fails_as_well_is_not_announced(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a"), "openai/b": fails("openai/b")})
    spec, _ = await world.ask()
    assert spec == "groq/c"
    assert world.sent == [Switched(model="groq/c", reason="anthropic: busy"), TextDelta(text="ok")]


async def test_an_answer_without_a_word_before_its_end_is_announced(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a"), "openai/b": [Model(())]})
    await world.ask()
    assert world.sent == [Switched(model="openai/b", reason="anthropic: busy")]


async def test_a_long_wait_that_is_asked_for_is_no_wait(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a", wait=30.0)})
    await world.ask()
    assert (world.who, world.times) == (["anthropic/a", "openai/b"], [0, 0])
    await trio.sleep(29)
    await world.ask()
    assert world.who == ["openai/b"]
    await trio.sleep(2)
    world.models.clear()
    await world.ask()
    assert world.who == ["anthropic/a"]


async def test_one_that_rests_is_passed_over_until_a_probe_finds_it_well(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    await world.ask()
    await world.ask()
    assert world.who == ["openai/b"]
    assert world.sent[0] == Switched(model="openai/b", reason="anthropic: busy")
    await trio.sleep(FIRST_REST)
    await world.ask()
    assert world.who == ["anthropic/a", "openai/b"]
    await trio.sleep(FIRST_REST)
    await world.ask()
    assert world.who == ["openai/b"]
    await trio.sleep(FIRST_REST)
    world.models.clear()
    for _ in range(2):
        await world.ask()
        assert world.who == ["anthropic/a"]


async def test_while_one_asks_whether_it_is_back_the_others_go_elsewhere(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    await world.ask()
    await trio.sleep(FIRST_REST)
    world.models["anthropic/a"] = [Model(lasts=60.0)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.ask)
        await trio.testing.wait_all_tasks_blocked()
        await world.ask()
        assert world.who == ["openai/b"]
        nursery.cancel_scope.cancel()
    world.models.clear()
    await world.ask()  # the one that was cancelled has shown nothing
    assert world.who == ["anthropic/a"]


async def test_without_anybody_else_one_that_rests_is_asked_but_not_for_long(
    autojump_clock: MockClock,
) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    with pytest.raises(ModelUnavailable, match="anthropic: busy"):
        await world.ask("anthropic/a")
    assert len(world.who) == 6
    with pytest.raises(ModelUnavailable, match="anthropic: busy"):
        await world.ask("anthropic/a")
    assert world.times == [0, 1, 3, 7]
    world.models.clear()
    spec, _ = await world.ask("anthropic/a")
    assert (spec, world.sent) == ("anthropic/a", [TextDelta(text="ok")])


async def test_a_wait_that_is_asked_for_is_worth_it_without_anybody_else(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": [*fails("anthropic/a", wait=20.0) * 2, Model()]})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.ask, "anthropic/a")
        await trio.sleep(5)
        await world.ask("anthropic/a")
    assert world.ended[-2:] == [("anthropic/a", True)] * 2


async def test_when_all_rest_each_is_asked_once_more_in_order(autojump_clock: MockClock) -> None:
    world = World({spec: fails(spec) for spec in CHAIN})
    with pytest.raises(ModelUnavailable) as caught:
        await world.ask()
    assert world.who == ["anthropic/a"] * 3 + ["openai/b"] * 3 + ["groq/c"] * 6
    assert str(caught.value) == "anthropic: busy; openai: busy; groq: busy"
    world.models["anthropic/a"] = [Model()]
    spec, _ = await world.ask()
    assert (spec, world.who) == ("anthropic/a", ["anthropic/a"])


async def test_the_one_that_rests_may_answer_in_place_of_the_next(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a")})
    await world.ask("anthropic/a", "openai/b")
    world.models = {"openai/b": fails("openai/b", "Hel")}
    spec, _ = await world.ask("anthropic/a", "openai/b", retry=Retry(max_retries=0))
    assert (spec, world.who) == ("anthropic/a", ["openai/b", "anthropic/a"])
    assert world.sent == [
        Switched(model="openai/b", reason="anthropic: busy"),
        TextDelta(text="Hel"),
        Switched(model="anthropic/a", reason="openai: busy"),
        TextDelta(text="ok"),
    ]


async def test_a_bad_request_stays_with_the_chosen_one_and_does_not_make_it_rest(
    autojump_clock: MockClock,
) -> None:
    world = World({"anthropic/a": [Model((), refused("anthropic/a"))]})
    for _ in range(5):
        with pytest.raises(ModelError, match="anthropic: bad"):
            await world.ask()
        assert world.who == ["anthropic/a"]


async def test_what_one_in_its_place_cannot_take_the_next_one_may(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": fails("anthropic/a"), "openai/b": [Model((), refused("openai/b"))]})
    spec, _ = await world.ask()
    assert spec == "groq/c"


async def test_leaving_ends_a_chain_at_once(autojump_clock: MockClock) -> None:
    world = World({"anthropic/a": [Model(lasts=50.0)]})
    with trio.move_on_after(5) as scope:
        await world.ask()
    assert scope.cancelled_caught
    assert world.who == ["anthropic/a"]


# --- whatever happens ---------------------------------------------------------------------------------------

WORDS = st.lists(st.text("ab ", min_size=1, max_size=3), max_size=3).map(tuple)
BROKE = ModelError(reason="billing", provider="x", detail="no")
ERRORS = st.sampled_from(
    [
        None,
        down("x"),
        down("x", 5.0),
        down("x", 50.0),
        refused("x"),
        ModelError(reason="billing", provider="x", detail="no"),
    ]
)
MODELS = st.builds(Model, WORDS, ERRORS, st.sampled_from([0.0, 1.0, 40.0]))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(CHAIN), min_size=1, max_size=3, unique=True),
    st.fixed_dictionaries({spec: st.lists(MODELS, min_size=1, max_size=4) for spec in CHAIN}),
    st.integers(1, 3),
)
def test_a_reader_sees_the_answer_of_the_one_that_gave_it_once(
    chain: list[str], models: dict[str, list[Model]], questions: int
) -> None:
    async def play() -> None:
        world = World(models)
        for _ in range(questions):
            try:
                spec, answer = await world.ask(*chain)
            except (ModelError, ModelUnavailable):
                continue
            seen, speaker = "", chain[0]
            for item in world.sent:
                match item:
                    case TextDelta():
                        seen += item.text
                    case Retrying():
                        seen = ""
                    case Switched():
                        assert item.model != speaker
                        assert item.reason
                        seen, speaker = "", item.model
                    case _:
                        raise AssertionError(item)
            said = [block.text for block in answer.content if isinstance(block, Text)]
            assert (seen, speaker) == ("".join(said), spec)

    trio.run(play, clock=MockClock(autojump_threshold=0))
