"""Endpoints that have one interface of two."""

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from actors.llm.interfaces import is_missing
from actors.llm.messages import (
    CompletionEvent,
    ModelError,
    ModelUnavailable,
    Spending,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.llm.models.catalogue import ModelDetails
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Text, ToolResult, ToolSpec
from tests.actors.llm.answering import answering
from tests.actors.llm.asking import QUESTION, ask, connect
from tests.fakes.model_script import Call, Drop, Fail, Refuse, Reply, Say, Think
from tests.fakes.model_server import ModelServer
from tests.validators import responses as validator


@pytest.fixture
async def ollama(model_server: ModelServer) -> AsyncIterator[Provider]:
    made = connect("ollama", model_server.url)
    yield made
    await made.close()


def paths(server: ModelServer) -> list[str]:
    return [request.path for request in server.requests]


async def test_the_better_interface_is_asked(ollama: Provider, model_server: ModelServer) -> None:
    items, answer = await ask(ollama)
    assert isinstance(items[0], TextDelta)
    assert answer.content == (Text(text="You said: hi"),)
    assert paths(model_server) == ["/api/chat"]


@pytest.mark.parametrize("suffix", ["", "/v1", "/v1/", "/v1/chat/completions", "/api/chat"])
async def test_every_form_of_an_address_leads_to_it(model_server: ModelServer, suffix: str) -> None:
    provider = connect("ollama", model_server.url + suffix)
    await ask(provider)
    await provider.close()
    assert paths(model_server) == ["/api/chat"]


@pytest.mark.parametrize("suffix", ["", "/v1", "/v1/chat/completions"])
async def test_where_there_is_none_the_usual_one_is_asked_and_that_is_remembered(
    model_server: ModelServer, suffix: str
) -> None:
    model_server.ollama.native = False
    provider = connect("ollama", model_server.url + suffix)
    for _ in range(3):
        await ask(provider)
    await provider.close()
    assert paths(model_server) == ["/v1/chat/completions"] * 3
    assert model_server.missed == ["/api/chat"]


async def test_a_refusal_of_the_usual_one_shows_that_it_is_there(
    ollama: Provider, model_server: ModelServer
) -> None:
    model_server.ollama.native = False
    model_server.script(Refuse(status=400, message="too hot"))
    with pytest.raises(ModelError, match="too hot"):
        await ask(ollama)
    await ask(ollama)
    assert model_server.missed == ["/api/chat"]


async def test_an_endpoint_that_has_neither_may_have_both_later(
    ollama: Provider, model_server: ModelServer
) -> None:
    model_server.ollama.native = False
    model_server.script(Refuse(status=404, message="nothing here"))
    with pytest.raises(ModelError, match="nothing here"):
        await ask(ollama)
    model_server.ollama.native = True
    await ask(ollama)
    assert paths(model_server)[-1] == "/api/chat"


async def test_a_model_that_is_not_there_is_no_interface_that_is_not_there(
    ollama: Provider, model_server: ModelServer
) -> None:
    model_server.script(Refuse(status=404, message="model 'm' not found"))
    with pytest.raises(ModelError, match="model 'm' not found"):
        await ask(ollama)
    assert paths(model_server) == ["/api/chat"]


@pytest.mark.parametrize("end", [Fail(message="gone: /api/chat"), Drop()])
async def test_an_answer_that_has_begun_is_not_begun_again(
    ollama: Provider, model_server: ModelServer, end: Any
) -> None:
    model_server.script(Reply(Say("Hel"), end))
    with pytest.raises(ModelUnavailable):
        await ask(ollama)
    assert paths(model_server) == ["/api/chat"]


async def test_a_page_in_place_of_an_answer_is_no_interface() -> None:
    page = b"<html>no such thing</html>"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\n\r\n"
    async with answering(head.encode() + page) as (host, requests):
        provider = connect("ollama", f"http://{host}")
        with pytest.raises(ModelError, match="text/html"):
            await ask(provider)
        await provider.close()
    assert [request.split()[1] for request in requests] == [b"/api/chat", b"/v1/chat/completions"]


async def test_vectors_are_asked_for_by_the_usual_one(ollama: Provider, model_server: ModelServer) -> None:
    made = await ollama.embed("m", ["one", "two"])
    assert len(made.vectors) == 2
    assert paths(model_server) == ["/v1/embeddings"]


MISSING = ModelError(reason="invalid_request", provider="ollama", detail="404 page not found", status=404)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, True),
        ({"status": 405, "detail": "Method Not Allowed"}, True),
        ({"detail": "model 'x' not found"}, False),
        ({"detail": "The model `x` does not exist"}, False),
        ({"status": 400, "detail": "bad"}, False),
        ({"status": None, "detail": "Unexpected endpoint or method. (POST /api/chat)"}, True),
        ({"status": 401, "detail": "sign in for /api/chat", "reason": "authentication"}, False),
        ({"status": None, "detail": "a page", "reason": "protocol"}, True),
    ],
)
def test_what_says_that_an_interface_is_missing(change: dict[str, Any], missing: bool) -> None:  # noqa: FBT001
    assert is_missing(attrs.evolve(MISSING, **change), "/api/chat") is missing


def test_a_server_that_does_not_know_the_method_has_no_interface() -> None:
    error = ModelUnavailable(reason="server", provider="ollama", detail="Unsupported method", status=501)
    assert is_missing(error, "/api/chat")
    assert not is_missing(attrs.evolve(error, status=500), "/api/chat")


REASONS: dict[str, Any] = {"model": "gpt-5.4", "details": ModelDetails(effort=True, effort_with_tools=False)}
SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


@pytest.fixture
async def openai(model_server: ModelServer) -> AsyncIterator[Provider]:
    made = connect("openai", model_server.url)
    yield made
    await made.close()


async def test_a_model_that_reasons_beside_tools_is_asked_by_the_responses_interface(
    openai: Provider, model_server: ModelServer
) -> None:
    call = Call("FileRead", {"path": "a"}, id="c")
    model_server.script(Reply(Think("hm", signature="gAAA"), Say("I look."), call), Reply(Say("done")))
    items: list[CompletionEvent] = []

    async def send(item: CompletionEvent) -> None:
        if not isinstance(item, Spending):
            items.append(item)

    prompt = Prompt(provider="openai", messages=(QUESTION,), tools=(SPEC,), effort="low", **REASONS)
    answer = await openai.complete(prompt, send)
    assert items == [
        ThinkingDelta(text="hm"),
        TextDelta(text="I look."),
        ToolCallStarted(id="c", name="FileRead"),
    ]
    result = ToolResult(tool_use_id="c", name="FileRead", content=(Text(text="AAA"),))
    history = (
        QUESTION,
        ChatMessage(role="assistant", content=answer.content),
        ChatMessage(role="user", content=(result,)),
    )
    await openai.complete(attrs.evolve(prompt, messages=history), send)
    first, second = model_server.requests
    assert [first.path, second.path] == ["/v1/responses"] * 2
    assert first.body["reasoning"]["effort"] == "low"
    assert second.body["input"][1]["encrypted_content"] == "gAAA"
    assert validator.complaints(second.body) == []


async def test_other_models_are_asked_as_ever(openai: Provider, model_server: ModelServer) -> None:
    await ask(openai, model="gpt-4o")
    assert paths(model_server) == ["/v1/chat/completions"]


async def test_an_endpoint_without_the_responses_interface_is_asked_for_chat_completions(
    openai: Provider, model_server: ModelServer
) -> None:
    model_server.has_responses = False
    for _ in range(2):
        await ask(openai, **REASONS)
    assert paths(model_server) == ["/v1/chat/completions"] * 2
    assert model_server.missed == ["/v1/responses"]
