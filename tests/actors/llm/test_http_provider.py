"""Both SDKs against the scripted server: what goes over the wire, what comes back, what goes wrong."""

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from actors.llm import openai_format, providers
from actors.llm.catalogue import ModelDetails
from actors.llm.completion import Completion
from actors.llm.format import Format
from actors.llm.messages import (
    CompletionEvent,
    ModelError,
    ModelUnavailable,
    Reason,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.llm.prompt import Prompt
from actors.llm.provider import Provider
from actors.llm.settings import ProviderSettings, Settings, key_variable
from actors.vocabulary import ChatMessage, ProviderData, Text, Thinking, ToolSpec, ToolUse
from tests.fakes.model_script import Call, Drop, Fail, Raw, Redacted, Refuse, Reply, Say, Think, Tokens, Wait
from tests.fakes.model_server import ModelServer

SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})
QUESTION = ChatMessage(role="user", content=(Text(text="hi"),))
BOTH = pytest.mark.parametrize("name", ["anthropic", "openai"])
RELATIVES = pytest.mark.parametrize("name", ["groq", "deepseek", "openrouter", "ollama"])
KEY = "sk-very-secret"
SIGNED = ProviderData(origin="anthropic", data={"signature": "sig"})
REDACTED = ProviderData(origin="anthropic", data={"redacted": "opaque"})


def connect(name: Any, base_url: str, **settings: Any) -> Provider:
    own = ProviderSettings(base_url=base_url, options=settings.pop("options", {}))
    ids = iter(range(100))
    return providers.connect(
        name,
        Settings(providers={name: own}, **settings),
        {key_variable(name) or "": KEY},
        new_id=lambda: f"made-up-{next(ids)}",
        within=trio.move_on_after,
    )


@pytest.fixture
async def provider(name: str, model_server: ModelServer) -> AsyncIterator[Provider]:
    made = connect(name, model_server.url)
    yield made
    await made.close()


async def ask(
    provider: Provider, items: list[CompletionEvent] | None = None, **prompt: Any
) -> tuple[list[CompletionEvent], Completion]:
    said: list[CompletionEvent] = [] if items is None else items

    async def send(item: CompletionEvent) -> None:
        said.append(item)

    asked = attrs.evolve(Prompt(provider="x", model="m", messages=(QUESTION,)), **prompt)
    return said, await provider.complete(asked, send)


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
    items, answer = await ask(provider, effort="low")
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
        Thinking(text="hm"),
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


# --- cancelling --------------------------------------------------------------------------------------------


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


# --- what goes wrong ---------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (Refuse(status=400, type="invalid_request_error", message="bad field"), "invalid_request"),
        (Refuse(status=400, message="prompt is too long: 9 > 8"), "context_length"),
        (Refuse(status=401, type="authentication_error", message="no"), "authentication"),
        (Refuse(status=402, message="pay"), "billing"),
        (Refuse(status=404, type="not_found_error", message="model: m"), "invalid_request"),
        (Refuse(status=400, body=b"not json at all", content_type="text/plain"), "invalid_request"),
    ],
)
async def test_refusals_are_final(
    provider: Provider, model_server: ModelServer, refusal: Refuse, kind: Reason
) -> None:
    model_server.script(refusal)
    with pytest.raises(ModelError) as caught:
        await ask(provider)
    assert caught.value.reason == kind
    assert caught.value.status == refusal.status
    assert len(model_server.requests) == 1


@BOTH
@pytest.mark.parametrize(
    ("refusal", "kind", "retry_after"),
    [
        (Refuse(status=429, type="rate_limit_error", headers={"retry-after": "7"}), "rate_limited", 7.0),
        (Refuse(status=529, type="overloaded_error"), "overloaded", None),
        (Refuse(status=503, body=b"", content_type="text/html"), "overloaded", None),
        (Refuse(status=500), "server", None),
        (Refuse(status=502, body=b"<html>Bad gateway</html>", content_type="text/html"), "server", None),
    ],
)
async def test_what_may_pass_is_asked_once_and_left_to_the_policy(
    provider: Provider, model_server: ModelServer, refusal: Refuse, kind: Reason, retry_after: float | None
) -> None:
    model_server.script(refusal)
    with pytest.raises(ModelUnavailable) as caught:
        await ask(provider)
    assert (caught.value.reason, caught.value.retry_after) == (kind, retry_after)
    assert len(model_server.requests) == 1


@BOTH
async def test_an_error_event_in_mid_stream_is_told_by_its_type(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("one"), Fail("overloaded_error", "Overloaded")))
    items: list[CompletionEvent] = []
    with pytest.raises(ModelUnavailable, match="Overloaded") as caught:
        await ask(provider, items)
    assert caught.value.reason == "overloaded"
    assert items == [TextDelta(text="one")]


@BOTH
@pytest.mark.parametrize(
    "reply",
    [
        Reply(Say("one"), Drop()),
        Reply(Drop()),
        Reply(Say("one"), finish=False),
        Reply(Call("FileRead", '{"path": "a'), finish=False),
        Reply(finish=False),
    ],
)
async def test_a_stream_that_breaks_off_is_a_lost_connection(
    provider: Provider, model_server: ModelServer, reply: Reply
) -> None:
    model_server.script(reply)
    with pytest.raises(ModelUnavailable) as caught:
        await ask(provider)
    assert caught.value.reason == "network"


ENDS = {
    "anthropic": b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}',
    "openai": b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
}


@BOTH
async def test_a_connection_lost_after_the_last_word_costs_nothing(
    provider: Provider, model_server: ModelServer, name: str
) -> None:
    model_server.script(Reply(Say("hi"), Raw(ENDS[name] + b"\n\n"), Drop()))
    _, answer = await ask(provider)
    assert answer.content == (Text(text="hi"),)


@BOTH
async def test_the_last_event_may_lack_its_blank_line(
    provider: Provider, model_server: ModelServer, name: str
) -> None:
    model_server.script(Reply(Say("hi"), Raw(ENDS[name]), finish=False))
    _, answer = await ask(provider)
    assert answer.content == (Text(text="hi"),)


@BOTH
async def test_garbage_in_the_stream_is_told_as_such(provider: Provider, model_server: ModelServer) -> None:
    model_server.script(Reply(Say("one"), Raw(b'event: x\ndata: {"type": "content\n\n')))
    with pytest.raises(ModelUnavailable) as caught:
        await ask(provider)
    assert caught.value.reason == "protocol"


@BOTH
async def test_nobody_listening_is_a_lost_connection(name: str) -> None:
    provider = connect(name, "http://127.0.0.1:1")
    with pytest.raises(ModelUnavailable, match="connection failed") as caught:
        await ask(provider)
    await provider.close()
    assert caught.value.reason == "network"


@BOTH
@pytest.mark.parametrize("reply", [Reply(delay=60), Reply(Say("one"), Wait(60))])
async def test_silence_is_a_lost_connection(name: str, model_server: ModelServer, reply: Reply) -> None:
    model_server.script(reply)
    provider = connect(name, model_server.url, idle_timeout=0.2)
    with trio.fail_after(20), pytest.raises(ModelUnavailable, match="no word for too long"):
        await ask(provider)
    await provider.close()


@BOTH
async def test_a_model_that_thinks_in_silence_has_more_time(name: str, model_server: ModelServer) -> None:
    model_server.script(Reply(Say("done"), delay=0.5))
    provider = connect(name, model_server.url, idle_timeout=0.1)
    _, answer = await ask(provider, details=ModelDetails(effort=True))
    await provider.close()
    assert answer.content == (Text(text="done"),)


@BOTH
async def test_an_answer_that_is_no_stream_says_where_it_came_from(
    provider: Provider, model_server: ModelServer
) -> None:
    model_server.script(
        Refuse(status=200, body=b"<html><title>Log in</title></html>", content_type="text/html")
    )
    with pytest.raises(ModelError, match=r"127\.0\.0\.1.*text/html.*Log in.*base_url") as caught:
        await ask(provider)
    assert caught.value.reason == "protocol"


@BOTH
async def test_no_error_repeats_the_key(provider: Provider, model_server: ModelServer) -> None:
    model_server.script(
        Refuse(status=401, message=f"Incorrect API key provided: {KEY}"),
        Refuse(status=200, body=f"<p>{KEY}</p>".encode(), content_type="text/html"),
        Reply(Fail("overloaded_error", f"busy {KEY}")),
    )
    for _ in range(3):
        with pytest.raises((ModelError, ModelUnavailable)) as caught:
            await ask(provider)
        assert KEY not in str(caught.value)
        assert KEY not in repr(caught.value)


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
    root = Path(__file__).parents[3]
    done = await trio.run_process(
        [sys.executable, "-c", code],
        capture_stdout=True,
        cwd=root,
    )
    assert done.stdout.strip() == b"[]"


# --- servers that are none ---------------------------------------------------------------------------------


@asynccontextmanager
async def answering(answer: bytes) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that sends `answer` to whoever asks; yields its address and the requests."""
    requests: list[bytes] = []

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            request = b""
            while not request.endswith(b"}"):
                request += await stream.receive_some()
            requests.append(request)
            with suppress(trio.BrokenResourceError):
                await stream.send_all(answer)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield f"127.0.0.1:{listeners[0].socket.getsockname()[1]}", requests
        nursery.cancel_scope.cancel()


def stream_of(body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(("HTTP/1.1 200 OK", "content-type: text/event-stream", "connection: close", *headers))
    return head.encode() + b"\r\n\r\n" + body


async def test_a_body_that_cannot_be_unpacked_is_a_lost_connection() -> None:
    async with answering(stream_of(b"no gzip at all", "content-encoding: gzip")) as (host, _):
        provider = connect("openai", f"http://{host}")
        with pytest.raises(ModelUnavailable, match="connection failed") as caught:
            await ask(provider)
        await provider.close()
    assert caught.value.reason == "network"


async def test_an_error_shows_no_password_of_an_address() -> None:
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\nLog in"
    async with answering(page) as (host, _):
        provider = connect("openai", f"http://me:hidden@{host}/api?token=hidden")
        with pytest.raises(ModelError, match=rf"http://{host}/api.* answered with text/html") as caught:
            await ask(provider)
        await provider.close()
    assert "hidden" not in str(caught.value)


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.http_provider.LONGEST", 1000)
    async with answering(stream_of(b": still here\n\n" * 1000)) as (host, _):
        provider = connect("openai", f"http://{host}")
        with pytest.raises(ModelUnavailable, match="does not end"):
            await ask(provider)
        await provider.close()


@BOTH
async def test_an_event_that_is_no_event_is_told_in_words(
    provider: Provider, model_server: ModelServer
) -> None:
    nested = b'data: {"x":' + b"[" * 5000 + b"]" * 5000 + b"}\n\n"
    for raw in (nested, b'data: {"choices": [3], "type": "content_block_delta", "delta": 3}\n\n'):
        model_server.script(Reply(Say("one"), Raw(raw)))
        with pytest.raises(ModelUnavailable, match=r"cannot be read: (it nests|'\w+' is not)") as caught:
            await ask(provider)
        assert caught.value.reason == "protocol"


class Broken:
    """A reader with a mistake in it."""

    finished = False
    whole = False

    def __init__(self, provider: str, new_id: Callable[[], str]) -> None:
        pass

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        raise KeyError("of ours")

    def completion(self) -> Completion:
        raise KeyError("of ours")


async def test_a_mistake_of_ours_about_a_stream_is_no_word_for_the_person(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = attrs.evolve(
        providers.PROVIDERS["groq"], format=attrs.evolve(openai_format.RELATIVE, reader=Broken)
    )
    monkeypatch.setattr(providers, "PROVIDERS", {"groq": entry})
    provider = connect("groq", model_server.url)
    with pytest.raises(ModelUnavailable, match=r"an event of the stream cannot be read$") as caught:
        await ask(provider)
    await provider.close()
    assert isinstance(caught.value.__cause__, KeyError)


async def test_much_of_a_page_that_is_no_stream_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.http_provider._REPORT", 100)
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + b"Log in. " * 100_000
    async with answering(page) as (host, _):
        provider = connect("openai", f"http://{host}")
        with trio.fail_after(20), pytest.raises(ModelError, match=r"Log in\. Log in"):
            await ask(provider)
        await provider.close()


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
