"""The stand-in of an Ollama, before the official client."""

from collections.abc import AsyncIterator
from typing import Any

import ollama
import pytest

from tests.fakes.model_script import Call, Fail, Refuse, Reply, Say, Think, Tokens
from tests.fakes.model_server import ModelServer
from tests.fakes.ollama_wire import showing

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "FileRead",
        "description": "Read.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    },
}
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def client(model_server: ModelServer) -> AsyncIterator[Any]:
    made: Any = ollama.AsyncClient(host=model_server.url)
    async with made:
        yield made


async def test_it_lists_and_shows_models(client: Any, model_server: ModelServer) -> None:
    model_server.ollama.models = ["qwen3:8b", "gemma3:4b"]
    model_server.ollama.shown = {"qwen3:8b": showing(40_960, "tools", "thinking")}
    assert [model.model for model in (await client.list()).models] == ["qwen3:8b", "gemma3:4b"]
    shown = await client.show("qwen3:8b")
    assert (shown.modelinfo or {})["llama.context_length"] == 40_960
    assert shown.capabilities == ["completion", "tools", "thinking"]
    assert (await client.show("gemma3:4b")).capabilities == ["completion", "tools"]
    with pytest.raises(ollama.ResponseError, match="not found"):
        await client.show("nobody")


async def test_a_streamed_answer_is_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(
        Reply(
            Think("hm"),
            Say("I ", "look."),
            Call("FileRead", {"path": "a"}, id="c"),
            tokens=Tokens(input=11, output=7),
        )
    )
    parts = [
        part
        async for part in await client.chat("m", HI, tools=[TOOL], think=True, stream=True, keep_alive="5m")
    ]
    assert "".join(part.message.content or "" for part in parts) == "I look."
    assert "".join(part.message.thinking or "" for part in parts) == "hm"
    (call,) = [call for part in parts for call in part.message.tool_calls or ()]
    assert (call.function.name, call.function.arguments) == ("FileRead", {"path": "a"})
    last = parts[-1]
    assert (last.done, last.done_reason, last.prompt_eval_count, last.eval_count) == (True, "stop", 11, 7)
    (request,) = model_server.requests
    assert request.wire == "ollama"
    assert request.tools == [{"name": "FileRead", "input_schema": TOOL["function"]["parameters"]}]


async def test_a_whole_answer_is_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(Reply(Think("hm"), Say("a", "b"), Call("FileRead", {"path": "x"}), stop="max_tokens"))
    answer = await client.chat("m", HI)
    assert (answer.message.content, answer.message.thinking) == ("ab", "hm")
    assert [call.function.name for call in answer.message.tool_calls or ()] == ["FileRead"]
    assert answer.done_reason == "length"


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the client leaves its streams open
async def test_refusals_and_errors_are_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(
        Refuse(status=404, message="model 'm' not found"), Reply(Say("Hel"), Fail(message="out"))
    )
    with pytest.raises(ollama.ResponseError, match="model 'm' not found") as raised:
        await client.chat("m", HI)
    assert raised.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="out"):
        async for _ in await client.chat("m", HI, stream=True):
            pass


async def test_what_does_not_fit_is_dropped_without_a_word_and_a_model_is_loaded_for_its_context(
    client: Any, model_server: ModelServer
) -> None:
    long = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "x" * 20_000}, *HI]
    await client.chat("m", long)
    assert [message["content"] for message in model_server.requests[0].messages] == ["be kind", "hi"]
    for window in (4096, 8192, 8192):
        await client.chat("m", HI, options={"num_ctx": window})
    assert model_server.ollama.loads == [("m", 4096), ("m", 8192)]
