"""Servers that call their answers something else, or do not end them, over real sockets."""

import json

import pytest
import trio

from actors.llm.messages import ModelError, ModelUnavailable
from actors.vocabulary import Text
from tests.actors.llm.answering import answering
from tests.actors.llm.asking import BOTH, ask, connect
from tests.fakes.model_script import Raw, Refuse, Reply, Say, Wait
from tests.fakes.model_server import ModelServer

WHOLE = {
    "anthropic": {
        "type": "message",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
    },
    "openai": {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]},
}
CHUNK = b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}'


HEL = b'{"choices":[{"delta":{"content":"Hel"}}]}'
LO = b'{"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]}'


def answer(kind: str, body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n".encode() + body


@BOTH
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", ""])
@pytest.mark.parametrize("indent", [None, 2])
async def test_a_whole_answer_is_one_whatever_it_is_called(name: str, kind: str, indent: int | None) -> None:
    async with answering(answer(kind, json.dumps(WHOLE[name], indent=indent).encode())) as (host, _):
        provider = connect(name, f"http://{host}")
        _, completion = await ask(provider)
        await provider.close()
    assert completion.content == (Text(text="Hello"),)


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=utf-8", "application/octet-stream", "application/x-ndjson"]
)
@pytest.mark.parametrize("body", [CHUNK + b"\n\n", CHUNK, CHUNK.removeprefix(b"data: ") + b"\n"])
async def test_a_stream_is_one_whatever_it_is_called(kind: str, body: bytes) -> None:
    async with answering(answer(kind, body)) as (host, _):
        provider = connect("openai", f"http://{host}")
        _, completion = await ask(provider)
        await provider.close()
    assert completion.content == (Text(text="Hello"),)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_what_is_no_answer_says_where_it_came_from(kind: str) -> None:
    async with answering(answer(kind, b'{"models": []}')) as (host, _):
        provider = connect("openai", f"http://{host}")
        with pytest.raises(ModelError, match=rf"{host}.* answered with {kind}.*models.*base_url"):
            await ask(provider)
        await provider.close()


@BOTH
async def test_an_error_with_a_status_that_says_all_is_well_is_an_error(
    name: str, model_server: ModelServer
) -> None:
    error = b'{"error": {"code": 429, "message": "Slow down"}}'
    model_server.script(Refuse(status=200, body=error, content_type="application/json"))
    provider = connect(name, model_server.url)
    with pytest.raises(ModelUnavailable, match="Slow down"):
        await ask(provider)
    await provider.close()


@pytest.mark.parametrize("after", [b"data: {\n\n", b'data: {"error":{"message":"late"}}\n\n', b": ping\n\n"])
async def test_nothing_behind_the_last_word_spoils_the_answer(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, after: bytes
) -> None:
    monkeypatch.setattr("actors.llm.transport.http_provider._REST", 0.1)
    end = b'data: {"choices":[{"delta":{"content":" there"},"finish_reason":"stop"}]}\n\n'
    model_server.script(Reply(Say("Hello"), Raw(end), Wait(0.01), Raw(after), Wait(60)))
    provider = connect("openai", model_server.url)
    with trio.fail_after(20):
        _, completion = await ask(provider)
    await provider.close()
    assert completion.content == (Text(text="Hello there"),)


@pytest.mark.parametrize("body", [CHUNK + b"\n\n", CHUNK[:20]])
async def test_a_page_is_only_what_begins_like_one(body: bytes) -> None:
    async with answering(answer("text/html; charset=utf-8", body)) as (host, _):
        provider = connect("openai", f"http://{host}")
        if body != CHUNK[:20]:
            _, completion = await ask(provider)
            assert completion.content == (Text(text="Hello"),)
        else:
            with pytest.raises((ModelError, ModelUnavailable)):
                await ask(provider)
        await provider.close()


async def test_a_page_without_end_is_read_no_further_than_a_report_goes() -> None:
    body = b"<html>" + b"<p>x</p>" * 50_000
    async with answering(answer("text/html", body)) as (host, _):
        provider = connect("openai", f"http://{host}")
        with pytest.raises(ModelError, match="base_url"):
            await ask(provider)
        await provider.close()


@pytest.mark.parametrize(
    "body",
    [
        b"[" + HEL + b",\n" + LO + b"]",
        b"data: " + HEL + LO,
        b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}],"timings":{"a":NaN}}',
        b"data: keep-alive\n\ndata: null\n\n" + CHUNK,
    ],
)
async def test_an_event_that_is_less_or_more_than_one_object_is_taken_for_what_it_holds(body: bytes) -> None:
    async with answering(answer("text/event-stream", body)) as (host, _):
        provider = connect("openai", f"http://{host}")
        _, completion = await ask(provider)
        await provider.close()
    assert completion.content == (Text(text="Hello"),)


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": 2**63 - 1, "completion_tokens": 10**15}])
async def test_an_answer_whose_bill_is_none_or_nonsense_is_counted_by_its_length(
    usage: dict[str, int],
) -> None:
    data = {"choices": [{"delta": {"content": "word " * 8}, "finish_reason": "stop"}], "usage": usage}
    async with answering(answer("text/event-stream", b"data: " + json.dumps(data).encode())) as (host, _):
        provider = connect("openai", f"http://{host}")
        _, completion = await ask(provider)
        await provider.close()
    assert completion.tokens.output == 10
    assert completion.tokens.input < 1000
