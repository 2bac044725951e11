"""Which models an Ollama on this machine has, and what it says of them."""

import json
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from actors.llm.ollama.models import Facts
from actors.llm.ollama.server import installed, installed_if_any, shown

PATIENT = 30.0
"""Seconds; whoever is there answers sooner."""


NONE: list[Any] = [{"models": []}, {"models": None}, {}, {"models": [5]}, {"models": [{}]}, []]


@contextmanager
def somebody(answered: Any, status: str = "200 OK", asked_for: bytes = b"GET /api/tags ") -> Generator[str]:
    """An address at which one request is answered."""
    body = json.dumps(answered).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:

        def answer() -> bytes:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(65536)
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)
            return request

        asked = thread.submit(answer)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert asked.result().startswith(asked_for)


def test_it_lists_the_models_that_talk() -> None:
    vectors = {"name": "minilm", "details": {"family": "bert"}}
    names = ("qwen3:8b", "nomic-embed-text:latest", "llama3.3:latest")
    with somebody({"models": [vectors, *({"name": name} for name in names)]}) as url:
        assert installed(url, PATIENT) == ("qwen3:8b", "llama3.3:latest")


@pytest.mark.parametrize("models", NONE)
def test_an_ollama_without_models_has_none(models: Any) -> None:
    with somebody(models) as url:
        assert installed(url, PATIENT) == ()


def test_one_without_models_is_told_from_somebody_else() -> None:
    with somebody({"models": []}) as url:
        assert installed_if_any(url, PATIENT) == ()
    others: tuple[Any, ...] = ({"data": []}, [])
    for other in others:
        with somebody(other) as url:
            assert installed_if_any(url, PATIENT) is None


def test_somebody_else_means_none() -> None:
    with somebody({"models": [{"name": "qwen3:8b"}]}, "404 Not Found") as url:
        assert installed(url, PATIENT) == ()


def test_an_ollama_behind_a_path_is_asked_there() -> None:
    with somebody({"models": [{"name": "qwen3:8b"}]}, asked_for=b"GET /ollama/api/tags ") as url:
        assert installed(f"{url}/ollama", PATIENT) == ("qwen3:8b",)


def test_it_says_what_a_model_can_do() -> None:
    said = {"model_info": {"qwen3.context_length": 40_960}, "capabilities": ["tools"]}
    with somebody(said, asked_for=b"POST /api/show ") as url:
        facts = shown(url, "qwen3:8b", PATIENT)
    assert facts == Facts(context_window=40_960, tools=True, vision=False, thinking=False)


def test_of_a_model_that_it_does_not_have_it_says_nothing() -> None:
    with somebody({"error": "model not found"}, "404 Not Found", b"POST /api/show ") as url:
        assert shown(url, "qwen3:8b", PATIENT) is None


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
