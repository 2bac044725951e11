"""The stand-in of Gemini, before the official client."""

from typing import Any

import pytest
import trio
from google import genai
from google.genai import errors, types

from actors.llm.gemini.embeddings import EMBEDDINGS, request_body
from tests.fakes.model_script import (
    Call,
    Fail,
    Received,
    Refuse,
    Reply,
    Say,
    Think,
    Tokens,
    bag_of_words,
    behaviour,
)
from tests.fakes.model_server import ModelServer

MODEL = "gemini-3-pro-preview"
TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="FileRead",
            description="Read.",
            parameters_json_schema={"type": "object", "properties": {"path": {"type": "string"}}},
        )
    ]
)
EVERYTHING = Reply(
    Think("hm"),
    Say("Grüß ", "dich 🙂", signature="c2Fp"),
    Call("FileRead", {"path": "a"}, id="x", signature="c2ln"),
    Call("FileRead", {}),
    tokens=Tokens(input=7, output=3, cache_read=5),
)


async def parts_of(
    server: ModelServer, *, streamed: bool, **config: Any
) -> list[types.GenerateContentResponse]:
    """What the client, which runs no event loop of ours, makes of an answer."""

    def ask() -> list[types.GenerateContentResponse]:
        with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=server.url)) as client:
            models: Any = client.models
            settings = types.GenerateContentConfig(**config)
            if streamed:
                return [*models.generate_content_stream(model=MODEL, contents="hi", config=settings)]
            return [models.generate_content(model=MODEL, contents="hi", config=settings)]

    return await trio.to_thread.run_sync(ask)


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_client_understands_words_thoughts_calls_and_usage(
    model_server: ModelServer,
    streamed: bool,  # noqa: FBT001
) -> None:
    model_server.script(EVERYTHING)
    responses = await parts_of(
        model_server,
        streamed=streamed,
        tools=[TOOL],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    candidates = [each for response in responses for each in response.candidates or ()]
    parts = [part for each in candidates for part in (each.content and each.content.parts) or ()]
    assert "".join(part.text or "" for part in parts if part.thought) == "hm"
    assert "".join(part.text or "" for part in parts if not part.thought) == "Grüß dich 🙂"
    calls = [part for part in parts if part.function_call]
    assert [(each.function_call and each.function_call.args) for each in calls] == [{"path": "a"}, {}]
    assert [each.thought_signature for each in calls] == [b"sig", None]
    assert calls[0].function_call is not None
    assert calls[0].function_call.id == "x"
    assert candidates[-1].finish_reason == types.FinishReason.STOP
    usage = responses[-1].usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.cached_content_token_count, usage.candidates_token_count) == (
        12,
        5,
        3,
    )


@pytest.mark.parametrize(
    ("stop", "reason"),
    [("max_tokens", types.FinishReason.MAX_TOKENS), ("SAFETY", types.FinishReason.SAFETY)],
)
async def test_the_client_understands_how_an_answer_ends(
    model_server: ModelServer, stop: str, reason: types.FinishReason
) -> None:
    model_server.script(Reply(Say("x"), stop=stop))
    (*_, last) = await parts_of(model_server, streamed=True)
    assert (last.candidates or [])[0].finish_reason == reason


async def test_the_client_understands_refusals(model_server: ModelServer) -> None:
    model_server.script(Refuse(status=429, message="Slow down."))
    with pytest.raises(errors.ClientError) as caught:
        await parts_of(model_server, streamed=True)
    assert (caught.value.code, caught.value.status, caught.value.message) == (
        429,
        "RESOURCE_EXHAUSTED",
        "Slow down.",
    )


async def test_the_client_understands_an_error_in_the_stream(model_server: ModelServer) -> None:
    model_server.script(Reply(Say("x"), Fail()))
    with pytest.raises(errors.APIError, match="Overloaded"):
        await parts_of(model_server, streamed=True)


async def test_it_refuses_what_google_refuses(model_server: ModelServer) -> None:
    with pytest.raises(errors.ClientError, match="thinkingConfig"):
        await parts_of(model_server, streamed=True, thinking_config=types.ThinkingConfig(thinking_budget=1))


def test_a_tool_is_called_in_as_many_rounds_as_wanted() -> None:
    rule = behaviour("tool:FileRead*1")
    declared = {"name": "FileRead", "parametersJsonSchema": {"properties": {"path": {"type": "string"}}}}
    contents: list[Any] = [
        {"role": "user", "parts": [{"text": "go"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "FileRead", "args": {}}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "FileRead", "response": {"output": "text"}}}],
        },
    ]
    said: list[Any] = []
    for asked in (contents[:1], contents):
        body = {"contents": asked, "tools": [{"functionDeclarations": [declared]}]}
        answer = rule(Received(wire="gemini", path="", headers={}, body=body, size=0))
        assert isinstance(answer, Reply)
        said.append(answer.parts[0])
    assert [type(part) for part in said] == [Call, Say]
    assert "text" in "".join(said[1].chunks)


def made_of(server: ModelServer, texts: list[str], **config: Any) -> list[list[float]]:
    """The vectors that the client gets."""
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=server.url)) as client:
        models: Any = client.models
        settings = types.EmbedContentConfig(**config)
        made = models.embed_content(model="gemini-embedding-001", contents=texts, config=settings)
    return [each.values for each in made.embeddings]


async def test_the_client_gets_vectors_and_sends_what_we_send(model_server: ModelServer) -> None:
    texts = ["the red boat", "日本 🙂"]
    config = {"task_type": "RETRIEVAL_DOCUMENT", "output_dimensionality": 768}
    found = await trio.to_thread.run_sync(lambda: made_of(model_server, texts, **config))
    assert found == [bag_of_words(text) for text in texts]
    (request,) = model_server.requests
    ours = request_body("gemini-embedding-001", texts, "passage")
    assert [_said(each) for each in request.body["requests"]] == [_said(each) for each in ours["requests"]]
    assert (
        request.path.partition("/models/")[2]
        == EMBEDDINGS.path.replace("{model}", "gemini-embedding-001")[8:]
    )


def _said(request: Any) -> Any:
    """Without the role, which the client adds to what a person says and nobody needs."""
    return {**request, "content": {"parts": request["content"]["parts"]}}


async def test_the_client_is_refused_what_google_refuses(model_server: ModelServer) -> None:
    with pytest.raises(errors.ClientError, match="100"):
        await trio.to_thread.run_sync(made_of, model_server, ["x"] * 101)
