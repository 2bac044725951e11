"""Another model answers: real endpoints that fail in real ways, and what the other one is sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from actors.llm import messages as llm
from actors.llm.settings import ProviderSettings, Retry, Settings
from actors.vocabulary import ChatMessage, ProviderData, Text, Thinking, ToolResult, ToolUse, Usage
from bus import State
from bus.testing import MeshUnderTest
from tests.actors.llm.world import FAST, KEYS, QUESTION, actor, ask, health
from tests.fakes.model_script import Answer, Drop, Fail, Refuse, Reply, Say, Wait
from tests.fakes.model_server import ModelServer

HERE = "anthropic/claude-haiku-4-5"
THERE = "openai/gpt-5"


@pytest.fixture
async def other() -> AsyncIterator[ModelServer]:
    """The endpoint of the second model."""
    async with ModelServer.running() as server:
        yield server


def settings(first: str, second: str, **changes: Any) -> Settings:
    providers: Any = {
        "anthropic": ProviderSettings(base_url=first),
        "openai": ProviderSettings(base_url=second),
    }
    base: dict[str, Any] = {"models": (HERE, THERE), "fallbacks": (THERE,), "retry": FAST}
    return Settings(providers=providers, **base | changes)


def switches(items: list[llm.CompletionEvent]) -> list[llm.Switched]:
    return [item for item in items if isinstance(item, llm.Switched)]


def rule(answer: Answer) -> Any:
    def always(_: Any) -> Answer:
        return answer

    return always


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (Refuse(status=500, message="oops"), "oops"),
        (Refuse(status=429, message="slow down", headers={"retry-after": "600"}), "slow down"),
        (Refuse(status=529, message="Overloaded"), "Overloaded"),
        (Refuse(status=401, type="authentication_error", message="bad key"), "bad key"),
        (Refuse(status=400, message="Your credit balance is too low"), "credit balance"),
        (Refuse(status=404, type="not_found_error", message="model: claude-haiku-4-5"), "claude-haiku-4-5"),
        (Refuse(status=200, body=b"<html>Log in</html>", content_type="text/html"), "base_url right"),
        (Reply(Drop()), "anthropic"),
        (Reply(Say("Half"), Drop()), "anthropic"),
        (Reply(Say("Half"), Fail()), "Overloaded"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_whatever_is_wrong_with_an_endpoint_the_other_one_answers(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer, broken: Answer, why: str
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(broken)
    other.rule = rule(Reply(Say("I ", "do.")))
    items, completed = await ask(mesh)
    (switched,) = switches(items)
    assert (switched.model, why in switched.reason) == (THERE, True)
    after = items[items.index(switched) + 1 :]
    assert "".join(item.text for item in after if isinstance(item, llm.TextDelta)) == "I do."
    assert completed.content == (Text(text="I do."),)
    assert completed.usage.model == THERE
    assert completed.usage.cost_usd is not None
    assert len(model_server.requests) <= 3


async def test_where_nobody_listens_the_other_one_answers(
    mesh: MeshUnderTest, other: ModelServer, free_port: int
) -> None:
    await mesh.start(actor(settings(f"http://127.0.0.1:{free_port}", other.url), KEYS), name="llm")
    items, completed = await ask(mesh)
    assert [switched.model for switched in switches(items)] == [THERE]
    assert completed.usage.model == THERE


async def test_one_that_hangs_is_left_for_the_other(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    impatient = settings(model_server.url, other.url, idle_timeout=0.1, retry=Retry(max_retries=0))
    await mesh.start(actor(impatient, KEYS), name="llm")
    model_server.rule = rule(Reply(Wait(60)))
    items, completed = await ask(mesh)  # the other one may think in silence for longer
    assert "no word for too long" in switches(items)[0].reason
    assert completed.usage.model == THERE


async def test_a_bad_request_and_one_that_is_too_long_are_the_matter_of_the_chosen_one(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.script(
        Refuse(status=400, message="messages.0: bad"), Refuse(status=400, message="prompt is too long")
    )
    with pytest.raises(llm.ModelError, match=r"anthropic: messages\.0: bad"):
        await ask(mesh)
    with pytest.raises(llm.ModelError) as caught:
        await ask(mesh)
    assert caught.value.reason == "context_length"
    assert other.requests == []


async def test_health_and_state_name_the_endpoint_that_rests_until_it_is_back(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(Refuse(status=500, message="oops"))
    for _ in range(3):
        await ask(mesh)
    assert len(model_server.requests) == 3
    place = f"anthropic at {model_server.url.removeprefix('http://')}"
    state, why = health(mesh)
    assert state is State.DEGRADED
    assert f"{place}: oops (HTTP 500) (asked last until " in str(why)
    assert list(mesh.cell("llm").describe()["resting"]) == [place]
    model_server.rule = rule(Reply(Say("back")))
    other.rule = rule(Refuse(status=500))
    _, completed = await ask(mesh)
    assert completed.usage.model == HERE
    assert place not in mesh.cell("llm").describe()["resting"]
    other.rule = rule(Reply(Say("back as well")))
    await ask(mesh, model=THERE)
    assert health(mesh) == (State.READY, None)


async def test_when_nobody_answers_each_is_named_with_its_reason(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(
        actor(settings(model_server.url, other.url, retry=Retry(max_retries=0)), KEYS), name="llm"
    )
    model_server.rule = rule(Refuse(status=500, message="oops"))
    other.rule = rule(Refuse(status=401, message="bad key"))
    running = mesh.cell("llm").actor
    for _ in range(10):
        with pytest.raises(llm.ModelUnavailable) as caught:
            await ask(mesh)
        assert "anthropic: oops" in str(caught.value)
        assert "openai: bad key" in str(caught.value)
    assert mesh.cell("llm").actor is running


async def test_a_message_may_name_its_own_chain_of_what_it_may_choose(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    other.rule = rule(Refuse(status=500))
    _, completed = await ask(mesh, model=THERE, fallbacks=(HERE,))
    assert completed.usage.model == HERE
    with pytest.raises(llm.ModelUnavailable):
        await ask(mesh, model=THERE, fallbacks=())
    with pytest.raises(llm.ModelNotAllowed):
        await ask(mesh, fallbacks=("openai/other",))


async def test_a_fallback_without_a_key_is_left_out_and_shows_in_the_health(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    keys = {"ANTHROPIC_API_KEY": "sk-secret-a"}
    await mesh.start(actor(settings(model_server.url, model_server.url), keys), name="llm")
    await ask(mesh)
    state, why = health(mesh)
    assert state is State.DEGRADED
    assert f"fallback {THERE} is left out: provider 'openai' needs its key" in str(why)
    assert mesh.cell("llm").describe()["fallbacks"] == []


async def test_a_default_without_a_key_is_stood_in_for(mesh: MeshUnderTest, other: ModelServer) -> None:
    keys = {"OPENAI_API_KEY": "sk-secret-o"}
    await mesh.start(actor(settings(other.url, other.url), keys), name="llm")
    items, completed = await ask(mesh)
    assert "needs its key" in switches(items)[0].reason
    assert completed.usage.model == THERE


async def test_the_history_of_one_goes_to_the_other_without_what_is_its_own(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    """In the middle of a turn: what the first one thought and called comes before what the second one says."""
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(Refuse(status=529))
    signed = ProviderData(origin="anthropic", data={"signature": "signed-by-a"})
    history = (
        *QUESTION,
        ChatMessage(
            role="assistant",
            content=(
                Thinking(text="my thought", provider_data=signed),
                Text(text="I look."),
                ToolUse(id="toolu_1", name="FileRead", input={"path": "a.md"}),
            ),
        ),
        ChatMessage(
            role="user",
            content=(ToolResult(tool_use_id="toolu_1", name="FileRead", content=(Text(text="hello"),)),),
        ),
    )
    await ask(mesh, messages=history, effort="low")
    (received,) = other.requests
    assert received.wire == "openai"
    assert received.tool_results == ["hello"]
    (call,) = received.messages[-2]["tool_calls"]
    assert (call["id"], received.messages[-1]["tool_call_id"]) == ("toolu_1", "toolu_1")
    assert "my thought" not in str(received.body)
    assert "signed-by-a" not in str(received.body)
    sent = model_server.requests[0].body
    assert "signed-by-a" in str(sent)


async def test_many_at_once_find_out_together_and_one_of_them_that_it_is_back(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(Refuse(status=500))
    answers: list[str | None] = []

    async def one() -> None:
        answers.append((await ask(mesh))[1].usage.model)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)
    assert answers == [THERE] * 20
    asked = len(model_server.requests)
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)
    assert len(model_server.requests) == asked


async def test_what_each_attempt_has_used_is_told_once_with_the_price_of_its_model(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(Reply(Say("Half"), Fail()))
    other.script(Refuse(status=500, message="oops"), Reply(Say("I do.")))
    items, completed = await ask(mesh)
    bills = [item.usage for item in items if isinstance(item, llm.Wasted)]
    assert len(bills) == len(model_server.requests), "who refuses at once has used nothing"
    assert {(bill.model, bill.input_tokens > 0, bill.cost_usd is not None) for bill in bills} == {
        (HERE, True, True)
    }
    assert completed.usage.model == THERE


@pytest.mark.parametrize("attempts", [1, 2])
async def test_after_so_many_attempts_that_have_used_something_nobody_is_asked(
    mesh: MeshUnderTest, model_server: ModelServer, other: ModelServer, attempts: int
) -> None:
    await mesh.start(actor(settings(model_server.url, other.url), KEYS), name="llm")
    model_server.rule = rule(Reply(Say("Half"), Fail()))
    bills: list[llm.CompletionEvent] = []
    with pytest.raises(llm.ModelUnavailable):
        async with mesh.bus.stream(llm.Complete(messages=QUESTION, attempts=attempts)) as stream:
            async for item in stream:
                bills += [item] if isinstance(item, llm.Wasted) else []
    assert (len(bills), len(model_server.requests), other.requests) == (attempts, attempts, [])


async def test_what_the_only_model_has_used_is_told_before_its_error(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    none = Retry(max_retries=0)
    await mesh.start(
        actor(settings(model_server.url, model_server.url, fallbacks=(), retry=none), KEYS), name="llm"
    )
    model_server.rule = rule(Reply(Say("Half"), Drop()))
    bills: list[Usage] = []
    with pytest.raises(llm.ModelUnavailable):
        async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as stream:
            async for item in stream:
                bills += [item.usage] if isinstance(item, llm.Wasted) else []
    (bill,) = bills
    assert (bill.model, bill.input_tokens > 0) == (HERE, True)
