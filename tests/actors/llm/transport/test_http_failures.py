"""What goes wrong on the wire, with both SDKs: refusals, broken streams, servers that are none."""

from collections.abc import Callable, Iterator

import attrs
import pytest
import trio

from actors.llm import providers
from actors.llm.completion import Completion
from actors.llm.completion import Tokens as Counted
from actors.llm.messages import (
    CompletionEvent,
    ModelError,
    ModelUnavailable,
    Reason,
    Spending,
    TextDelta,
    Wasted,
)
from actors.llm.models.catalogue import ModelDetails
from actors.llm.openai import format as openai_format
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Text
from tests.actors.llm.answering import answering, stream_of
from tests.actors.llm.asking import BOTH, QUESTION, ask, connect
from tests.fakes.model_script import Call, Drop, Fail, Raw, Refuse, Reply, Say, Tokens, Wait
from tests.fakes.model_server import ModelServer


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
    assert items[0] == TextDelta(text="one")
    assert all(isinstance(item, Wasted) for item in items[1:]), "as far as the provider has told by then"


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


@BOTH
async def test_what_an_answer_had_used_is_told_when_it_breaks_off(
    provider: Provider, name: str, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("x" * 400), Drop(), tokens=Tokens(input=70, output=3)))
    items: list[CompletionEvent] = []
    with pytest.raises(ModelUnavailable):
        await ask(provider, items, messages=(ChatMessage(role="user", content=(Text(text="y" * 40),)),))
    (bill,) = [item.usage for item in items if isinstance(item, Wasted)]
    told = 70 if name == "anthropic" else 10
    assert (bill.input_tokens, bill.output_tokens) == (told, 100), "what was told, the rest by its length"


@BOTH
async def test_what_an_answer_uses_is_told_as_it_comes(provider: Provider, model_server: ModelServer) -> None:
    model_server.script(
        Reply(Say(*["x" * 1200] * 4), Call("FileRead", '{"path": "' + "x" * 2400, fragments=2), finish=False)
    )
    items: list[CompletionEvent] = []

    async def send(item: CompletionEvent) -> None:
        items.append(item)

    with pytest.raises(ModelUnavailable):
        await provider.complete(Prompt(provider="x", model="m", messages=(QUESTION,)), send)
    bills = [item.usage.output_tokens for item in items if isinstance(item, Spending)]
    assert bills == sorted(set(bills))
    assert 1200 + 300 < bills[-1] <= 1200 + 603, "a call counts as well"


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
    with pytest.raises(ModelUnavailable, match=r"connection failed: .*Connection refused$") as caught:
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
    monkeypatch.setattr("actors.llm.transport.http_provider.LONGEST", 1000)
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
    tokens = Counted()
    written = 0

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
    monkeypatch.setattr("actors.llm.transport.http_provider._REPORT", 100)
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + b"Log in. " * 100_000
    async with answering(page) as (host, _):
        provider = connect("openai", f"http://{host}")
        with trio.fail_after(20), pytest.raises(ModelError, match=r"Log in\. Log in"):
            await ask(provider)
        await provider.close()
