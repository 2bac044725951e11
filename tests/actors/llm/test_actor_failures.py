"""Failures as the actor of the models meets them: retries, health, clients that cannot be made."""

from typing import Any

import pytest
import trio

from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.completion import Completion
from actors.llm.settings import Retry
from actors.vocabulary import Text, Usage
from bus import ActorCrashed, State
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.llm.world import KEYS, QUESTION, actor, ask, at, eventually, health, next_said
from tests.fakes.model_script import Drop, Fail, Raw, Refuse, Reply, Say, Tokens, Wait
from tests.fakes.model_server import ModelServer

# --- what goes wrong ---------------------------------------------------------------------------------------


async def test_a_short_failure_is_repaired_without_a_word(
    mesh: MeshUnderTest, anthropic: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "actors.llm.failover.retry.QUIET", 60.0
    )  # a busy machine takes seconds to import the SDK
    anthropic.script(Refuse(status=529), Reply(Drop()), Reply(Say("ok")))
    items, completed = await ask(mesh)
    bill, said = items
    assert isinstance(bill, llm.Wasted), "the prompt of the answer that broke off"
    assert said == llm.TextDelta(text="ok")
    assert completed.content == (Text(text="ok"),)
    assert len(anthropic.requests) == 3


@pytest.mark.parametrize("broken", [Reply(Say("on"), Drop()), Reply(Say("on"), Fail())])
async def test_a_failure_after_text_is_announced_and_the_answer_begins_anew(
    mesh: MeshUnderTest, anthropic: ModelServer, broken: Reply
) -> None:
    anthropic.script(broken, Reply(Say("once")))
    items, completed = await ask(mesh)
    first, bill, retrying, second = items
    assert isinstance(bill, llm.Wasted)
    assert (first, second) == (llm.TextDelta(text="on"), llm.TextDelta(text="once"))
    assert isinstance(retrying, llm.Retrying)
    assert retrying.reason.startswith("anthropic: ")
    assert completed.content == (Text(text="once"),)


async def test_a_permanent_failure_is_told_after_six_requests_and_shows_in_the_health(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.rule = lambda _: Refuse(status=429, message="slow down")
    with pytest.raises(llm.ModelUnavailable, match="slow down") as caught:
        await ask(mesh)
    assert caught.value.reason == "rate_limited"
    assert len(anthropic.requests) == 6
    state, why = health(mesh)
    assert state is State.DEGRADED
    assert why is not None
    assert "slow down" in why


async def test_the_health_is_degraded_while_it_tries_and_well_again_after_a_success(
    mesh: MeshUnderTest, model_server: ModelServer
) -> None:
    await mesh.start(actor(at(model_server, retry=Retry(first_wait=0.3)), KEYS), name="llm")
    model_server.script(Refuse(status=500, message="oops"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, mesh)
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        await eventually(lambda: health(mesh)[0] is State.DEGRADED)
        assert "oops" in str(health(mesh)[1])
    assert health(mesh) == (State.READY, None)


async def test_a_refused_key_shows_in_the_health_and_a_bad_request_does_not(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.script(Refuse(status=400, message="bad"), Refuse(status=401, message="no such key"))
    with pytest.raises(llm.ModelError):
        await ask(mesh)
    assert health(mesh)[0] is State.READY
    with pytest.raises(llm.ModelError, match="is ANTHROPIC_API_KEY right"):
        await ask(mesh)
    assert health(mesh)[0] is State.DEGRADED
    await ask(mesh)
    assert health(mesh)[0] is State.READY


async def test_whoever_leaves_knows_what_it_has_cost_by_then(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.script(Reply(Say("x" * 4000), Wait(60), tokens=Tokens(input=1000, output=3)))
    bills: list[Usage] = []
    with trio.fail_after(20):
        async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as stream:
            async for item in stream:
                if isinstance(item, llm.Spending):
                    bills.append(item.usage)
                if bills and bills[-1].output_tokens >= 1000:
                    break
    assert [bill.model for bill in bills] == ["anthropic/claude-haiku-4-5"] * len(bills)
    last = bills[-1]
    assert (last.input_tokens, last.output_tokens) == (1000, 1000), "told, and by its length"
    assert last.cost_usd == pytest.approx(1000 * 1e-6 + 1000 * 5e-6)


async def test_leaving_the_stream_closes_the_connection(mesh: MeshUnderTest, anthropic: ModelServer) -> None:
    anthropic.script(Reply(Say("one"), Wait(60), Say("two")))
    with trio.fail_after(20):
        async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as stream:
            assert await next_said(stream) == llm.TextDelta(text="one")
        await anthropic.wait_for(lambda server: server.closed_by_client == 1)


async def test_leaving_the_stream_ends_a_wait_between_two_requests(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.script(Refuse(status=429, headers={"retry-after": "50"}))
    with trio.fail_after(20):
        async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as stream:
            async for item in stream:
                assert isinstance(item, llm.Retrying)
                break
        await mesh.settle()
    assert len(anthropic.requests) == 1


async def test_many_answers_at_once_do_not_wait_for_each_other(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    anthropic.rule = lambda _: Reply(delay=600)
    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(ask, mesh)
        await anthropic.wait_for(lambda server: len(server.requests) == 50)
        nursery.cancel_scope.cancel()


async def test_nonsense_in_one_answer_leaves_the_others_alone(
    mesh: MeshUnderTest, anthropic: ModelServer
) -> None:
    nested = Raw(b'data: {"type":"ping","x":' + b"[" * 5000 + b"]" * 5000 + b"}\n\n")
    await ask(mesh)
    running = mesh.cell("llm").actor
    anthropic.script(Reply(Say("sl", "ow"), gap=0.2))
    done: list[llm.Completed] = []

    async def slow() -> None:
        done.append((await ask(mesh))[1])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(slow)
        await anthropic.wait_for(lambda server: len(server.requests) == 2)
        anthropic.rule = lambda _: Reply(nested)
        with pytest.raises(llm.ModelUnavailable, match="nests") as caught:
            await ask(mesh)
    assert caught.value.reason == "protocol"
    assert [completed.content for completed in done] == [(Text(text="slow"),)]
    assert mesh.cell("llm").actor is running


async def test_a_bug_in_one_answer_leaves_the_others_alone(
    mesh: MeshUnderTest, anthropic: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LlmActor._completed

    def broken(self: LlmActor, spec: str, completion: Completion) -> llm.Completed:
        if completion.content == (Text(text="bug"),):
            raise ZeroDivisionError
        return whole(self, spec, completion)

    monkeypatch.setattr(LlmActor, "_completed", broken)
    running = mesh.cell("llm").actor
    anthropic.script(Reply(Say("one"), Wait(600)), Reply(Say("bug")))
    async with mesh.bus.stream(llm.Complete(messages=QUESTION)) as slow:
        assert await next_said(slow) == llm.TextDelta(text="one")
        with pytest.raises(ActorCrashed):
            await ask(mesh)
        await ask(mesh)
        assert mesh.cell("llm").actor is running
        assert anthropic.closed_by_client == 0


async def test_no_message_and_no_state_shows_a_key(mesh: MeshUnderTest, anthropic: ModelServer) -> None:
    await ask(mesh)
    state = mesh.cell("llm").describe()
    assert state == {
        "default": "anthropic/claude-haiku-4-5",
        "fallbacks": [],
        "clients": ["anthropic"],
        "resting": {},
    }
    shown = [await mesh.bus.ask(llm.Models()), mesh.cell("llm").actor, mesh.cell("llm").health]
    assert "sk-secret" not in repr(shown)


async def test_stopping_closes_the_connections(model_server: ModelServer) -> None:
    async with open_test_mesh() as mesh:
        await mesh.start(actor(at(model_server), KEYS), name="llm")
        await ask(mesh)
        assert model_server.open == 1
    with trio.fail_after(20):
        await model_server.wait_for(lambda server: server.open == 0)


# --- loading -----------------------------------------------------------------------------------------------


async def test_the_default_provider_is_made_ready_before_it_is_asked(
    mesh: MeshUnderTest, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.llm.actor.WARM_UP", 0.0)
    cell = await mesh.start(actor(at(model_server), KEYS), name="llm")
    llm_actor = cell.actor
    assert isinstance(llm_actor, LlmActor)
    await eventually(lambda: llm_actor._clients.names() == ["anthropic"])
    with trio.fail_after(20):
        await llm_actor._clients.prepare("anthropic", llm_actor._settings, KEYS)
    assert model_server.connections == 0


async def test_a_client_that_cannot_be_made_is_an_error_of_whoever_asks_and_made_anew_for_the_next(
    mesh: MeshUnderTest, anthropic: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise ImportError("No module named 'anthropic'")

    with monkeypatch.context() as patch:
        patch.setattr("actors.llm.providers.connect", broken)
        for _ in range(2):
            with pytest.raises(llm.ModelError, match="No module named 'anthropic'"):
                await ask(mesh)
    assert health(mesh)[0] is State.DEGRADED
    await ask(mesh)
    assert health(mesh)[0] is State.READY
