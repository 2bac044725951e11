"""The agent as OpenAI's own client sees it, over a real socket."""

import json
from collections.abc import AsyncIterator
from typing import Any

import attrs
import openai
import pytest
import trio

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.vocabulary import Attachment, Usage
from tests.actors.gateway.client import KEY, PATIENCE, eventually
from tests.actors.gateway.values import ENDED, FAILED, STARTED, USED, a_session, a_turn, an_ended_turn
from tests.actors.gateway.world import Gateway

HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"http://{gateway.address}/v1", api_key=KEY) as client:
        yield client


async def ask(gateway: Gateway, **fields: Any) -> Any:
    return await gateway.http.post("/v1/chat/completions", json={"messages": HI, **fields})


# --- whole answers --------------------------------------------------------------------------------------------


async def test_a_message_is_answered(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    found = await client.chat.completions.create(model="starpod", messages=HI)
    assert found.choices[0].message.content == "Hello, Ada"
    assert found.choices[0].finish_reason == "stop"
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (100, 7)
    (incoming,) = gateway.world.asked_to_run
    assert (incoming.text, incoming.source, incoming.key, incoming.mode) == ("Hi", "openai", None, "queue")
    assert incoming.options.model is None


async def test_the_conversation_is_named_by_a_header_or_by_the_user(gateway: Gateway) -> None:
    talk = [*HI, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    await ask(gateway, messages=talk, user="u1")
    gateway.world.sessions["s2"] = a_session("s2", key="h1")
    headers = {"X-Session-Id": "h1", "Idempotency-Key": "k1"}
    await gateway.http.post("/v1/chat/completions", json={"messages": talk, "user": "u1"}, headers=headers)
    first, second = gateway.world.asked_to_run
    assert (first.key, first.client_message_id) == ("u1", None)
    assert first.text.startswith("And now?\n\n<earlier-in-this-conversation>")
    assert (second.key, second.client_message_id, second.text) == ("h1", "k1", "And now?")


async def test_files_come_along_or_nothing_is_done(gateway: Gateway) -> None:
    def with_file(name: str) -> Any:
        file = {"filename": name, "file_data": "data:text/plain;base64,QUJD"}
        return [
            {"role": "user", "content": [{"type": "text", "text": "Read"}, {"type": "file", "file": file}]}
        ]

    assert (await ask(gateway, messages=with_file("a.txt"))).status_code == 200
    (attachment,) = gateway.world.asked_to_run[0].attachments
    assert (gateway.world.home / attachment.path).read_text() == "ABC"
    refused = await ask(gateway, messages=with_file("a.exe"))
    assert refused.status_code == 400
    assert "exe" in refused.json()["error"]["message"]
    assert len(gateway.world.asked_to_run) == 1


async def test_a_failed_turn_is_an_error_that_is_not_tried_again(
    gateway: Gateway, client: openai.AsyncOpenAI
) -> None:
    turn = an_ended_turn("t1", state="failed", outcome="error", usage=Usage())
    gateway.world.answer = attrs.evolve(gateway.world.answer, answered_by=turn, notice="no network")
    with pytest.raises(openai.InternalServerError, match="no network") as failed:
        await client.chat.completions.create(model="starpod", messages=HI)
    assert (failed.value.status_code, failed.value.code) == (502, "turn_failed")
    assert len(gateway.world.asked_to_run) == 1


async def test_a_model_that_is_not_there(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    gateway.world.failure = llm.ModelNotAllowed(model="x/y", allowed=("offline/offline",))
    with pytest.raises(openai.NotFoundError, match="choose one of offline/offline") as refused:
        await client.chat.completions.create(model="x/y", messages=HI)
    assert refused.value.code == "model_not_found"


async def test_models(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["starpod", "offline/offline"]
    assert (await client.models.retrieve("offline/offline")).owned_by == "offline"
    assert (await client.models.retrieve("starpod")).id == "starpod"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("x/y")


# --- refusals -------------------------------------------------------------------------------------------------


async def test_who_is_not_known_is_told_so_in_the_same_shape(gateway: Gateway) -> None:
    async with openai.AsyncOpenAI(base_url=f"http://{gateway.address}/v1", api_key="wrong-key") as stranger:
        with pytest.raises(openai.AuthenticationError, match="key"):
            await stranger.chat.completions.create(model="starpod", messages=HI)
    assert gateway.world.asked_to_run == []


async def test_what_is_not_there_or_not_understood_is_told_in_the_same_shape(gateway: Gateway) -> None:
    nothing = await gateway.http.post("/v1/nothing")
    assert (nothing.status_code, nothing.json()["error"]["type"]) == (404, "not_found_error")
    wrong = await gateway.http.post("/v1/chat/completions", json={"messages": 5})
    assert wrong.json()["error"]["message"] == "messages: expected a list"
    elsewhere = await gateway.http.get("/v1/models", headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


async def test_a_conversation_with_pictures_may_be_long_and_has_a_limit(gateway: Gateway) -> None:
    assert (await ask(gateway, messages=[{"role": "user", "content": "x" * 3_000_000}])).status_code == 200
    too_long = await ask(gateway, messages=[{"role": "user", "content": "x" * 17_000_000}])
    assert too_long.status_code == 413


# --- streams --------------------------------------------------------------------------------------------------


async def streamed(client: openai.AsyncOpenAI, **more: Any) -> tuple[str, list[Any]]:
    """Text and chunks of an answer."""
    chunks: list[Any] = []
    stream: Any = await client.chat.completions.create(model="starpod", messages=HI, stream=True, **more)
    with trio.fail_after(PATIENCE):
        chunks.extend([chunk async for chunk in stream])
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices), chunks


async def test_an_answer_comes_as_it_grows(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    world = gateway.world

    async def answer(_: agent.Accept, turn: str) -> None:
        await world.happen(agent.TurnStarted, turn, text="Hi", **STARTED)
        for n, texts in enumerate((["I ", "look."], ["Fo"], ["Found", " it."]), 1):
            await world.happen(agent.CompletionStarted, turn, iteration=min(n, 2), model=None)
            await world.say(*texts, turn=turn)
        await world.happen(agent.TurnEnded, turn, text="I look.\n\nFound it.", **ENDED)

    world.on_accept = answer
    text, chunks = await streamed(client, stream_options={"include_usage": True})
    assert text == "I look.\n\nFound it."
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {chunk.id for chunk in chunks} == {"chatcmpl-t1"}
    assert chunks[-1].usage.total_tokens == USED.prompt_tokens + USED.output_tokens


async def test_limits_and_files_are_told_at_the_end(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    file = Attachment(name="x.png", media_type="image/png", path="documents/x.png", size=3)
    how: dict[str, Any] = {**ENDED, "outcome": "max_turns", "notice": "Stopped.", "attachments": (file,)}

    async def answer(_: agent.Accept, turn: str) -> None:
        await gateway.world.happen(agent.TurnEnded, turn, text="So far.", **how)

    gateway.world.on_accept = answer
    text, chunks = await streamed(client)
    assert text == "So far.\n\nStopped.\n\n[Files: documents/x.png]"
    assert chunks[-1].choices[0].finish_reason == "length"


async def test_a_failure_in_the_middle(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    async def answer(_: agent.Accept, turn: str) -> None:
        await gateway.world.happen(agent.CompletionStarted, turn, iteration=1, model=None)
        await gateway.world.say("Let me", turn=turn)
        await gateway.world.happen(agent.TurnFailed, turn, text="Let me", **FAILED)

    gateway.world.on_accept = answer
    with pytest.raises(openai.APIError, match="no network"):
        await streamed(client)


@pytest.mark.parametrize("failed", [False, True])
async def test_the_same_request_again_finds_the_answer(
    gateway: Gateway,
    client: openai.AsyncOpenAI,
    failed: bool,  # noqa: FBT001
) -> None:
    async def answer(_: agent.Accept, turn: str) -> None:
        await gateway.world.run("Hello, Ada", turn=turn)

    gateway.world.on_accept = answer
    key = {"extra_headers": {"Idempotency-Key": "k1"}}
    assert (await streamed(client, **key))[0] == "Hello, Ada"
    if failed:
        turn = an_ended_turn("t1", state="failed", outcome="error", usage=Usage())
        gateway.world.answer = attrs.evolve(gateway.world.answer, answered_by=turn, notice=None)
        with pytest.raises(openai.APIError, match="the turn failed"):
            await streamed(client, **key)
    else:
        assert (await streamed(client, **key))[0] == "Hello, Ada"
    assert len(gateway.world.accepted) == 1


async def test_a_conversation_that_cannot_be_followed(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.APIError):
        await streamed(client, user="gone")


async def test_whoever_goes_stops_nothing_and_leaves_nothing(gateway: Gateway) -> None:
    body = {"messages": HI, "stream": True}
    async with gateway.http.stream("POST", "/v1/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            assert json.loads(line.removeprefix("data: "))["choices"][0]["delta"]["role"] == "assistant"
            break
    await eventually(lambda: gateway.actor.describe()["connections"] == 0)
    assert gateway.world.cancelled == []


async def test_whoever_may_no_longer_wait_is_told_so(gateway: Gateway) -> None:
    lines: list[str] = []
    async with gateway.http.stream(
        "POST", "/v1/chat/completions", json={"messages": HI, "stream": True}
    ) as response:
        async for line in response.aiter_lines():
            if not lines:
                gateway.actor._presence.close()
            lines += filter(None, [line])
    assert "the turn goes on" in lines[1]
    assert lines[2] == "data: [DONE]"


async def test_a_long_silence_is_filled(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.gateway.event_stream.PULSE", 0.01)
    async with gateway.http.stream(
        "POST", "/v1/chat/completions", json={"messages": HI, "stream": True}
    ) as response:
        lines = response.aiter_lines()
        with trio.fail_after(PATIENCE):
            while not (await anext(lines)).startswith(":"):
                pass


# --- responses ------------------------------------------------------------------------------------------------


async def test_a_response_and_the_one_that_continues_it(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(model="starpod", input="Hi", instructions="Be short.")
    assert (first.output_text, first.status, first.id) == ("Hello, Ada", "completed", "resp_t1")
    second = await client.responses.create(
        model="starpod", input="And now?", instructions="Be short.", previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
    begun, continued = gateway.world.asked_to_run
    assert begun.text.startswith("Hi\n\n<instructions-of-the-program>")
    assert (begun.session, continued.session, continued.text) == (None, "s1", "And now?")


async def test_a_response_of_somebody_else_is_not_there(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    gateway.world.turns["t9"] = a_turn("t9", user="bob")
    with pytest.raises(openai.NotFoundError):
        await client.responses.create(model="starpod", input="Hi", previous_response_id="resp_t9")


async def test_a_response_comes_as_it_grows(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    async def answer(_: agent.Accept, turn: str) -> None:
        await gateway.world.run("Hello, ", "Ada", turn=turn)

    gateway.world.on_accept = answer
    stream = await client.responses.create(model="starpod", input="Hi", stream=True)
    with trio.fail_after(PATIENCE):
        events = [event async for event in stream]
    assert (
        "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hello, Ada"
    )
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "Hello, Ada"
