"""The client without an SDK, before servers that answer in all ways."""

import gzip

import pytest

from actors.llm.messages import ModelUnavailable
from actors.vocabulary import Text
from tests.actors.llm.answering import answering, stream_of
from tests.actors.llm.asking import KEY, ask, connect

SAID = b'data: {"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}\r\n\r\n'


def refusal(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(
        (f"HTTP/1.1 {status}", "content-type: application/json", "connection: close", *headers)
    )
    return head.encode() + b"\r\n\r\n" + body


async def test_it_sends_the_key_and_keeps_the_parameters_of_the_address() -> None:
    async with answering(stream_of(SAID)) as (host, requests):
        provider = connect("gemini", f"http://{host}/google?team=a", options={"x": 1})
        _, answer = await ask(provider, model="gemini-2.5-pro")
        await provider.close()
    assert answer.content == (Text(text="hi"),)
    line = b"POST /google/models/gemini-2.5-pro:streamGenerateContent?team=a&alt=sse HTTP/1.1\r\n"
    assert requests[0].startswith(line)
    assert f"\r\nx-goog-api-key: {KEY}\r\n".encode() in requests[0]
    assert b"\r\ncontent-type: application/json\r\n" in requests[0]


@pytest.mark.parametrize("packed", [True, False])
async def test_a_refusal_is_read(packed: bool) -> None:  # noqa: FBT001
    body = b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Slow down."}}'
    headers = ("retry-after: 7", *(("content-encoding: gzip",) if packed else ()))
    answer = refusal("429 Too Many Requests", gzip.compress(body) if packed else body, *headers)
    async with answering(answer) as (host, _):
        provider = connect("gemini", f"http://{host}")
        with pytest.raises(ModelUnavailable, match=r"Slow down\.") as caught:
            await ask(provider)
        await provider.close()
    assert (caught.value.reason, caught.value.status, caught.value.retry_after) == ("rate_limited", 429, 7.0)


async def test_of_a_refusal_without_end_the_beginning_is_read() -> None:
    async with answering(refusal("500 Broken", b"x " * 100_000)) as (host, _):
        provider = connect("gemini", f"http://{host}")
        with pytest.raises(ModelUnavailable, match="x x"):
            await ask(provider)
        await provider.close()


async def test_the_key_is_not_taken_elsewhere() -> None:
    async with answering(stream_of(SAID)) as (elsewhere, requests):
        answer = refusal("302 Found", b"", f"location: http://{elsewhere}/")
        async with answering(answer) as (host, _):
            provider = connect("gemini", f"http://{host}")
            with pytest.raises(ModelUnavailable, match="302"):
                await ask(provider)
            await provider.close()
    assert requests == []


async def test_a_refusal_that_breaks_off_is_a_lost_connection() -> None:
    answer = refusal("400 Bad Request", b"{", "content-length: 100")
    async with answering(answer) as (host, _):
        provider = connect("gemini", f"http://{host}")
        with pytest.raises(ModelUnavailable, match="connection failed"):
            await ask(provider)
        await provider.close()
