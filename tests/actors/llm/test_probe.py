import json
import trio
from tests.fakes.model_server import ModelServer
from tests.fakes.model_script import Reply, Say


async def test_hello(model_server: ModelServer) -> None:
    import httpx

    model_server.script(Reply(Say("hé", "llo")))
    async with httpx.AsyncClient() as c:
        r = await c.post(
            model_server.url + "/v1/messages",
            json={"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]},
        )
        print(r.text)
        r = await c.post(
            model_server.url + "/v1/chat/completions",
            json={
                "model": "m",
                "stream": True,
                "messages": [{"role": "user", "content": "hi"}],
                "stream_options": {"include_usage": True},
            },
        )
        print(r.text)
    assert model_server.connections == 1
    assert len(model_server.requests) == 2
