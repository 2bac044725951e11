"""Both SDKs against the scripted server: what goes over the wire, what comes back."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from actors.llm import providers
from actors.llm.format import Format
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.models.catalogue import ModelDetails
from actors.llm.openai import format as openai_format
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ProviderData, Text, Thinking, ToolSpec, ToolUse
from tests.actors.llm.answering import answering, stream_of
from tests.actors.llm.asking import BOTH, KEY, QUESTION, ask, connect
from tests.fakes.model_script import Call, Raw, Redacted, Reply, Say, Think, Tokens, Wait
from tests.fakes.model_server import ModelServer

SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


RELATIVES = pytest.mark.parametrize("name", ["groq", "deepseek", "openrouter"])


SIGNED = ProviderData(origin="anthropic", data={"signature": "sig"})
REDACTED = ProviderData(origin="anthropic", data={"redacted": "opaque"})


@BOTH
async def test_text_calls_and_usage_arrive(provider: Provider, model_server: ModelServer) -> None:
    model_server.script(
        Reply(
            Say("Grüß ", "dich 🙂"),
            Call("FileRead", {"path": "a.md", "n": [1, {"x": None}]}, id="c1", fragments=7),
            Call("FileRead", {}, id="c2"),
            tokens=Tokens(input=11, output=7, cache_read=5),
        )
    )
    items, answer = await ask(provider, tools=(SPEC,))
    assert items == [
        TextDelta(text="Grüß "),
        TextDelta(text="dich 🙂"),
        ToolCallStarted(id="c1", name="FileRead"),
        ToolCallStarted(id="c2", name="FileRead"),
    ]
    assert answer.content == (
        Text(text="Grüß dich 🙂"),
        ToolUse(id="c1", name="FileRead", input={"path": "a.md", "n": [1, {"x": None}]}),
        ToolUse(id="c2", name="FileRead", input={}),
    )
    assert answer.stop_reason == "tool_use"
    assert (answer.tokens.input, answer.tokens.output, answer.tokens.cache_read) == (11, 7, 5)


@BOTH
@pytest.mark.parametrize("cut", [1, 2, 7])
async def test_where_the_network_cuts_does_not_matter(
    provider: Provider, model_server: ModelServer, cut: int
) -> None:
    model_server.script(
        Reply(Say("Grüße 🙂 \u2028 — ", "日本"), Call("FileRead", {"ü": "\u2028🙂"}), cut=cut)
    )
    items, answer = await ask(provider)
    assert answer.content[0] == Text(text="Grüße 🙂 \u2028 — 日本")
    assert isinstance(answer.content[1], ToolUse)
    assert answer.content[1].input == {"ü": "\u2028🙂"}
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["Grüße 🙂 \u2028 — ", "日本"]


@pytest.mark.parametrize("name", ["anthropic"])
async def test_thinking_keeps_its_signature(provider: Provider, model_server: ModelServer) -> None:
    model_server.script(Reply(Think("h", "m", signature="sig"), Redacted("opaque"), Say("ok")))
    items, answer = await ask(provider, effort="low", details=ModelDetails(thinking="budget"))
    assert items == [ThinkingDelta(text="h"), ThinkingDelta(text="m"), TextDelta(text="ok")]
    assert answer.content == (
        Thinking(text="hm", provider_data=SIGNED),
        Thinking(text="", provider_data=REDACTED),
        Text(text="ok"),
    )
    assert model_server.requests[0].body["thinking"] == {"type": "enabled", "budget_tokens": 4096}


@pytest.mark.parametrize("name", ["anthropic"])
async def test_the_anthropic_request_is_what_its_server_expects(
    provider: Provider, model_server: ModelServer
) -> None:
    await ask(provider, tools=(SPEC,))
    (request,) = model_server.requests
    assert request.path == "/v1/messages"
    assert request.wire == "anthropic"
    assert request.body["stream"] is True
    assert request.headers["anthropic-version"]
    assert KEY in (request.headers.get("x-api-key", "") + request.headers.get("authorization", ""))


@pytest.mark.parametrize("name", ["openai"])
async def test_the_openai_request_is_what_its_server_expects(
    provider: Provider, model_server: ModelServer
) -> None:
    await ask(provider, tools=(SPEC,))
    (request,) = model_server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["stream_options"] == {"include_usage": True}


@RELATIVES
async def test_relatives_of_openai_work_by_configuration(
    provider: Provider, model_server: ModelServer, name: str
) -> None:
    model_server.script(Reply(Think("hm"), Say("hello"), Call("FileRead", {"path": "a"}, id="c")))
    _, answer = await ask(provider, tools=(SPEC,))
    assert answer.content == (
        Thinking(text="hm", provider_data=ProviderData(origin=name, data={"field": "reasoning_content"})),
        Text(text="hello"),
        ToolUse(id="c", name="FileRead", input={"path": "a"}),
    )
    (request,) = model_server.requests
    assert request.path.endswith("/v1/chat/completions")
    assert "max_tokens" in request.body


async def test_relatives_are_not_told_what_the_environment_says_of_openai(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-somebody")
    provider = connect("groq", model_server.url)
    await ask(provider)
    await provider.close()
    assert "of-somebody" not in str(model_server.requests[0].headers)


async def test_the_environment_does_not_redirect_a_provider(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another")
    for name in ("anthropic", "openai"):
        provider = connect(name, model_server.url)
        await ask(provider)
        await provider.close()
    assert len(model_server.requests) == 2
    assert "another" not in str(model_server.requests[0].headers)


@BOTH
async def test_options_reach_the_request(name: str, model_server: ModelServer) -> None:
    provider = connect(name, model_server.url + "/v1", options={"temperature": 0.1})
    await ask(provider)
    await provider.close()
    assert model_server.requests[0].body["temperature"] == 0.1


@BOTH
async def test_answers_in_a_row_share_one_connection(provider: Provider, model_server: ModelServer) -> None:
    for _ in range(3):
        await ask(provider)
    assert model_server.connections == 1
    assert model_server.closed_by_client == 0


@BOTH
async def test_a_body_that_does_not_end_does_not_delay_the_answer(
    provider: Provider, model_server: ModelServer, name: str
) -> None:
    last = (
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
        if name == "anthropic"
        else b"data: [DONE]\n\n"
    )
    model_server.script(Reply(Say("hi"), Raw(last), Wait(60)))
    with trio.fail_after(20):
        _, answer = await ask(provider)
    assert answer.content == (Text(text="hi"),)
    with trio.fail_after(20):
        await model_server.wait_for(lambda server: server.closed_by_client == 1)


@BOTH
async def test_cancelling_while_the_headers_are_awaited_closes_the_connection(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("late"), delay=60))
    await cancel_when(provider, model_server, lambda server: len(server.requests) == 1)


@BOTH
async def test_cancelling_in_the_middle_of_the_answer_closes_the_connection(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("one"), Wait(60), Say("two")))
    await cancel_at_first_word(provider, model_server, keep_up=True)


@BOTH
async def test_a_consumer_that_lags_holds_the_reading_back(
    provider: Provider, model_server: ModelServer
) -> None:
    # The server can write all of it only when somebody reads: it is still writing when the connection is closed.
    model_server.script(Reply(Say(*["x" * 1000] * 20_000)))
    await cancel_at_first_word(provider, model_server, keep_up=False)


async def cancel_when(
    provider: Provider, server: ModelServer, condition: Callable[[ModelServer], bool]
) -> None:
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, provider)
            await server.wait_for(condition)
            nursery.cancel_scope.cancel()
        await server.wait_for(lambda each: each.closed_by_client == 1)


async def cancel_at_first_word(provider: Provider, server: ModelServer, *, keep_up: bool) -> None:
    spoken = trio.Event()

    async def send(item: CompletionEvent) -> None:
        spoken.set()
        if not keep_up:
            await trio.sleep_forever()

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(provider.complete, Prompt(provider="x", model="m", messages=(QUESTION,)), send)
            await spoken.wait()
            nursery.cancel_scope.cancel()
        await server.wait_for(lambda each: each.closed_by_client == 1)


@pytest.mark.parametrize("name", ["anthropic"])
async def test_a_call_cut_off_at_the_token_limit_says_so(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(Reply(Call("FileRead", '{"path": "a'), stop="max_tokens"))
    _, answer = await ask(provider)
    (use,) = answer.content
    assert isinstance(use, ToolUse)
    assert use.unreadable is not None
    assert "cut off" in use.unreadable
    assert answer.stop_reason == "max_tokens"


async def test_no_sdk_is_imported_before_one_is_used() -> None:
    heavy = ("anthropic", "openai", "httpx2", "pydantic")
    code = f"import sys, actors.llm.actor; print([m for m in {heavy} if m in sys.modules])"
    root = Path(__file__).parents[4]
    done = await trio.run_process(
        [sys.executable, "-c", code],
        capture_stdout=True,
        cwd=root,
    )
    assert done.stdout.strip() == b"[]"


async def test_a_further_provider_is_one_entry_with_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    format = Format(
        path="/models/{model}:stream?alt=sse",
        headers={"x-client": "us"},
        body=lambda prompt, options: {"contents": len(prompt.messages), **options},
        reader=openai_format.Reader,
    )
    entry = providers.Entry(base_url="http://127.0.0.1:1/v1beta", format=format)
    monkeypatch.setattr(providers, "PROVIDERS", {**providers.PROVIDERS, "gemini": entry})
    said = b'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    async with answering(stream_of(said)) as (host, requests):
        provider = connect("gemini", f"http://{host}", options={"a": 1})
        _, answer = await ask(provider, model="tuned/m 1")
        await provider.close()
    assert answer.content == (Text(text="hi"),)
    assert requests[0].startswith(b"POST /v1beta/models/tuned%2Fm%201:stream?alt=sse HTTP/1.1\r\n")
    assert b"\r\nx-client: us\r\n" in requests[0]
    assert requests[0].endswith(b'{"contents":1,"a":1}')
