"""The fake itself: what other tests and benchmarks rely on."""

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio

from tests.fakes.model_script import Call, Received, Refuse, Reply, Say, Think, behaviour, reply_from_json
from tests.fakes.model_server import ModelServer

PROGRAM = Path(__file__).parent / "model_server.py"
TOOL = {
    "name": "FileRead",
    "input_schema": {"properties": {"path": {"type": "string"}}, "required": ["path"]},
}
DONE: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "FileRead", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "text"}]},
    ],
    "openai": [
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "1", "content": "text"},
    ],
}
PATHS = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions"}


def body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": messages or [{"role": "user", "content": "one two"}], **more}


@asynccontextmanager
async def process(*options: str) -> AsyncGenerator[str]:
    """The server as a process; yields its address."""
    async with trio.open_nursery() as nursery:
        run = partial(
            trio.run_process, [sys.executable, str(PROGRAM), *options], check=False, stdout=subprocess.PIPE
        )
        server: trio.Process = await nursery.start(run)
        assert server.stdout is not None
        yield (await server.stdout.receive_some()).decode().strip()
        server.terminate()


async def test_it_answers_whole_in_both_formats(model_server: ModelServer) -> None:
    async with httpx2.AsyncClient(base_url=model_server.url, verify=False) as client:
        model_server.script(*[Reply(Think("hm"), Say("a", "b"), Call("FileRead", {"path": "x"}))] * 2)
        anthropic = (await client.post(PATHS["anthropic"], json=body())).json()
        openai = (await client.post(PATHS["openai"], json=body())).json()
    assert anthropic["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "signature"},
        {"type": "text", "text": "ab"},
        {"type": "tool_use", "id": "toolu_1_1", "name": "FileRead", "input": {"path": "x"}},
    ]
    assert anthropic["stop_reason"] == "tool_use"
    message = openai["choices"][0]["message"]
    assert message["content"] == "ab"
    assert message["tool_calls"][0]["function"] == {"name": "FileRead", "arguments": '{"path": "x"}'}


async def test_it_echoes_until_it_is_told_otherwise(model_server: ModelServer) -> None:
    async with httpx2.AsyncClient(base_url=model_server.url, verify=False) as client:
        answer = await client.post(PATHS["anthropic"], json=body(stream=True))
    assert "event: message_stop" in answer.text
    assert model_server.requests[0].last_text == "one two"
    assert model_server.connections == 1


@pytest.mark.parametrize("wire", ["anthropic", "openai"])
def test_a_tool_is_called_in_as_many_rounds_as_wanted(wire: Any) -> None:
    rule = behaviour("tool:FileRead*2")
    tools: list[Any] = [TOOL] if wire == "anthropic" else [
        {"type": "function", "function": {"name": "FileRead", "parameters": TOOL["input_schema"]}}
    ]  # fmt: skip
    done = DONE[wire]
    asked = [{"role": "user", "content": "go"}]
    said: list[Any] = []
    for rounds in range(3):
        request = Received(
            wire=wire, path="", headers={}, body=body(*asked, *done * rounds, tools=tools), size=0
        )
        answer = rule(request)
        assert isinstance(answer, Reply)
        said.append(answer.parts[0])
    assert [type(part) for part in said] == [Call, Call, Say]
    assert said[0].input == {"path": "notes.md"}
    assert "text" in "".join(said[2].chunks)


def test_scripts_are_read_from_json() -> None:
    refusal = reply_from_json({"status": 429, "headers": {"retry-after": "1"}, "body": "x"})
    assert refusal == Refuse(status=429, headers={"retry-after": "1"}, body=b"x")
    reply = reply_from_json(
        {"think": ["hm"], "say": "hi", "calls": [{"name": "T", "input": {"a": 1}}], "drop": True, "gap": 0.1}
    )
    assert isinstance(reply, Reply)
    assert [type(part).__name__ for part in reply.parts] == ["Think", "Say", "Call", "Drop"]
    assert reply.gap == 0.1


def test_an_unknown_behaviour_is_an_error() -> None:
    with pytest.raises(ValueError, match="no behaviour is called 'dance'"):
        behaviour("dance")


async def test_it_runs_as_a_process_and_is_told_what_to_do_over_http(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"say": "first"}]))
    async with (
        process("--behaviour", "say:always", "--script", str(script)) as url,
        httpx2.AsyncClient(base_url=url, verify=False) as client,
    ):

        async def say() -> str:
            return str((await client.post(PATHS["anthropic"], json=body())).json()["content"][0]["text"])

        assert await say() == "first"
        assert await say() == "always"
        await client.post("/_script", json=[{"say": "queued"}])
        assert await say() == "queued"
        await client.post("/_behaviour", content="echo")
        assert await say() == "You said: one two"
        stats = (await client.get("/_stats")).json()
        assert stats == {"requests": 4, "connections": 1, "closed_by_client": 0}
        assert [r["wire"] for r in (await client.get("/_requests")).json()] == ["anthropic"] * 4
        assert (await client.get("/nowhere")).status_code == 404


async def test_it_ends_with_the_process_that_started_it() -> None:
    starter = f"""
import subprocess, sys
server = subprocess.Popen([sys.executable, {str(PROGRAM)!r}], stdout=subprocess.PIPE, text=True)
print(server.stdout.readline(), end="", flush=True)
"""
    done = await trio.run_process([sys.executable, "-c", starter], capture_stdout=True)
    url = httpx2.URL(done.stdout.decode().strip())
    assert url.port is not None
    with trio.fail_after(60), pytest.raises(OSError, match="127"):
        while True:
            await (await trio.open_tcp_stream(url.host, url.port)).aclose()
            await trio.sleep(0.1)
