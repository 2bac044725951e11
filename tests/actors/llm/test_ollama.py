import socket

import pytest
import trio

from actors.llm.ollama import installed
from tests.fakes.model_server import ModelServer


async def test_it_lists_the_models_that_talk(model_server: ModelServer) -> None:
    model_server.ollama_models = ["qwen3:8b", "nomic-embed-text:latest", "llama3.3:latest"]
    assert await trio.to_thread.run_sync(installed, model_server.url) == ("qwen3:8b", "llama3.3:latest")


async def test_an_ollama_without_models_has_none(model_server: ModelServer) -> None:
    assert await trio.to_thread.run_sync(installed, model_server.url) == ()


@pytest.mark.parametrize(
    "host", ["http://h:99999", "http://[", "http://h:x", "http://\x00", "http://" + "a" * 70]
)
def test_an_address_that_is_none_has_no_models(host: str) -> None:
    assert installed(host) == ()


def test_nobody_listening_means_none(free_port: int) -> None:
    assert installed(f"http://127.0.0.1:{free_port}") == ()


def test_somebody_who_stays_silent_means_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert installed(f"http://127.0.0.1:{listener.getsockname()[1]}", 0.05) == ()


async def test_somebody_else_means_none(model_server: ModelServer) -> None:
    assert await trio.to_thread.run_sync(installed, f"{model_server.url}/elsewhere") == ()
    model_server.ollama_models = [5]  # type: ignore[list-item]  # pyright: ignore[reportAttributeAccessIssue]
    assert await trio.to_thread.run_sync(installed, model_server.url) == ()
