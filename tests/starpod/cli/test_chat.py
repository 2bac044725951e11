"""What ``starpod chat`` makes of ids and figures; conversations with it are in ``tests/system``."""

import io
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import get_args

import pytest
import trio

from actors.vocabulary import Effort
from starpod.cli import chat, figures
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

LISTED = b'[{"id": "007bf23f-338e"}, {"id": "0071aaaa-0000"}, {"id": "c385e1db-1111"}]'


@asynccontextmanager
async def daemon_that_lists(body: bytes, status: str = "200 OK") -> AsyncGenerator[DaemonInfo]:
    async def answer(stream: trio.SocketStream) -> None:
        assert (await stream.receive_some()).startswith(b"GET /api/sessions?limit=200 ")
        await stream.send_all(
            b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status.encode(), len(body), body)
        )

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, answer, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        yield DaemonInfo(
            pid=1,
            address=f"127.0.0.1:{listener.socket.getsockname()[1]}",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            boot_id="boot",
            token="token",
            command="starpod serve",
        )
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("given", "whole"), [("007b", "007bf23f-338e"), ("c", "c385e1db-1111"), ("nope", "nope")]
)
async def test_the_beginning_of_an_id_is_enough(given: str, whole: str) -> None:
    async with daemon_that_lists(LISTED) as daemon:
        assert await chat.whole_id(daemon, given) == whole


async def test_a_beginning_that_several_share_is_not_guessed_at() -> None:
    async with daemon_that_lists(LISTED) as daemon:
        with pytest.raises(StarpodError, match="2 conversations begin with '007'"):
            await chat.whole_id(daemon, "007")


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (b'{"error": "in a moment"}', "503 Service Unavailable", "^in a moment$"),
        (b"{}", "503 Service Unavailable", "HTTP 503"),
        (b"half of", "200 OK", "does not answer"),
    ],
)
async def test_a_daemon_that_cannot_list_says_why(answer: bytes, status: str, why: str) -> None:
    async with daemon_that_lists(answer, status) as daemon:
        with pytest.raises(StarpodError, match=why):
            await chat.whole_id(daemon, "007")


@pytest.mark.parametrize(("words", "said"), [(["a", "b"], "a b"), (["-"], "piped"), ([], "piped")])
def test_what_is_said_comes_from_the_arguments_or_a_pipe(
    monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("piped"))
    assert chat._said(words) == said


def test_nobody_is_kept_waiting_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO("typed later")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert chat._said([]) == ""


@pytest.mark.parametrize(
    ("tokens", "shown"), [(0, "0"), (12, "12"), (999, "999"), (1000, "1.0k"), (75_512, "75.5k")]
)
def test_small_numbers_of_tokens_are_told_exactly(tokens: int, shown: str) -> None:
    assert figures.thousands(tokens) == shown


@pytest.mark.parametrize("terminal", [True, False])
def test_an_interruption_breaks_the_line_of_a_terminal_and_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    printer = chat.Printer()
    printer.show({"type": "text_delta", "text": "Hel"})
    printer.interrupted("gone")
    printer.show({"type": "text_delta", "text": "lo"})
    said = capsys.readouterr()
    assert said.out == ("Hel\nlo" if terminal else "Hello")
    assert "gone" in said.err


def test_the_efforts_are_those_that_a_message_may_have() -> None:
    assert get_args(Effort) == chat.EFFORTS
