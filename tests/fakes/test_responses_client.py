"""The stand-in of OpenAI's Responses interface, before the official client."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.fakes.model_script import Call, Fail, Refuse, Reply, Say, Think, Tokens
from tests.fakes.model_server import ModelServer

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "FileRead",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
ENCRYPTED = {"store": False, "include": ["reasoning.encrypted_content"]}


@pytest.fixture
async def client(model_server: ModelServer) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{model_server.url}/v1", api_key="k", max_retries=0) as client:
        yield client


async def test_a_streamed_answer_is_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(
        Reply(
            Think("hm", signature="gAAA"),
            Say("I ", "look."),
            Call("FileRead", {"path": "a"}, id="c"),
            tokens=Tokens(input=11, output=7, cache_read=5),
        )
    )
    asked: dict[str, Any] = {"model": "gpt-5.4", "input": "hi", "tools": [TOOL], **ENCRYPTED}
    async with client.responses.stream(**asked) as stream:
        kinds = [event.type async for event in stream]
        response = await stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert response.output_text == "I look."
    thought, _, call = response.output
    assert (thought.encrypted_content, thought.summary[0].text) == ("gAAA", "hm")
    assert (call.call_id, call.name, call.arguments) == ("c", "FileRead", '{"path": "a"}')
    assert response.usage.input_tokens_details.cached_tokens == 5
    assert (response.usage.input_tokens, response.usage.output_tokens) == (16, 7)


async def test_a_whole_answer_is_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(Reply(Think("hm"), Say("a", "b"), stop="max_tokens"), Reply(Say("c")))
    response = await client.responses.create(model="m", input=[{"role": "user", "content": "hi"}])
    assert (response.output_text, response.status) == ("ab", "incomplete")
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].encrypted_content is None
    assert (await client.responses.create(model="m", input="hi")).status == "completed"


async def test_refusals_and_errors_are_understood(client: Any, model_server: ModelServer) -> None:
    model_server.script(Refuse(status=404, message="no such thing"), Reply(Say("Hel"), Fail()))
    with pytest.raises(openai.NotFoundError, match="no such thing"):
        await client.responses.create(model="m", input="hi")
    stream = await client.responses.create(model="m", input="hi", stream=True)
    events = [event async for event in stream]
    assert (events[-1].type, events[-1].response.error.message) == ("response.failed", "Overloaded")


async def test_a_conversation_is_read_as_one(client: Any, model_server: ModelServer) -> None:
    call = {"type": "function_call", "call_id": "c", "name": "FileRead", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "AAA"}
    said = {"role": "user", "content": [{"type": "input_text", "text": "look"}]}
    reasoning: dict[str, Any] = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "e"}
    await client.responses.create(
        model="m", instructions="be kind", input=[said, reasoning, call, output], tools=[TOOL]
    )
    (request,) = model_server.requests
    assert [message["role"] for message in request.messages] == ["system", "user", "assistant", "tool"]
    assert (request.last_text, request.tool_results, request.rounds) == ("look", ["AAA"], 1)
    assert request.tools == [{"name": "FileRead", "input_schema": TOOL["parameters"]}]
