"""Which models an Ollama on this machine has."""

import json
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from actors.llm.ollama import installed

PATIENT = 30.0
"""Seconds; whoever is there answers sooner."""


NONE: list[Any] = [{"models": []}, {"models": None}, {}, {"models": [5]}, {"models": [{}]}, []]


@contextmanager
def somebody(models: Any, status: str = "200 OK") -> Generator[str]:
    """An address at which one request is answered."""
    body = json.dumps(models).encode()
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
        assert asked.result().startswith(b"GET /api/tags ")


def test_it_lists_the_models_that_talk() -> None:
    vectors = {"name": "minilm", "details": {"family": "bert"}}
    names = ("qwen3:8b", "nomic-embed-text:latest", "llama3.3:latest")
    with somebody({"models": [vectors, *({"name": name} for name in names)]}) as url:
        assert installed(url, PATIENT) == ("qwen3:8b", "llama3.3:latest")


@pytest.mark.parametrize("models", NONE)
def test_an_ollama_without_models_has_none(models: Any) -> None:
    with somebody(models) as url:
        assert installed(url, PATIENT) == ()


def test_somebody_else_means_none() -> None:
    with somebody({"models": [{"name": "qwen3:8b"}]}, "404 Not Found") as url:
        assert installed(url, PATIENT) == ()


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
