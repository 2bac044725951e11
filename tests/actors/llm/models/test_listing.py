"""An endpoint is asked which models it has, over a socket."""

import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from actors.llm.models.listing import NotListed, fetch
from actors.llm.models.offers import Question


@contextmanager
def somebody(answer: bytes) -> Generator[str]:
    """An address at which one request is answered with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:

        def serve() -> bytes:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(65536)
                connection.sendall(answer)
            return request

        asked = thread.submit(serve)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1/models"
        assert b"authorization: bearer k" in asked.result().lower()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def ask(url: str) -> list[str]:
    return [each.id for each in fetch(Question(url=url, headers=(("authorization", "Bearer k"),)))]


def test_the_models_are_listed_by_name() -> None:
    with somebody(http(b'{"data": [{"id": "b"}, {"id": "a"}]}')) as url:
        assert ask(url) == ["a", "b"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (http(b'{"error": {"message": "no key"}}', "401 Unauthorized"), "HTTP 401: no key"),
        (http(b"", "404 Not Found"), "HTTP 404$"),
        (http(b"", "302 Found"), "HTTP 302"),
        (http(b"<html>"), "cannot be read: it is not JSON"),
        (http(b"x" * (8 * 1024 * 1024 + 1)), "does not end"),
        (b"nonsense\r\n\r\n", "could not be asked"),
        (b"", "could not be asked"),
    ],
)
def test_why_nothing_is_listed_is_said_in_words(answer: bytes, told: str) -> None:
    with somebody(answer) as url, pytest.raises(NotListed, match=told):
        ask(url)


def test_nobody_there_is_said_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotListed, match=r"could not be asked: Connection refused$"):
        ask(f"http://127.0.0.1:{port}/v1/models")
    with pytest.raises(NotListed, match="could not be asked"):
        ask("http://[broken/v1")
