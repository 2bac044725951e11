"""What is written to a client arrives whole, or the connection ends; so does that of a client that is gone."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from trio.testing import MockClock

from actors.gateway.connection import FAIRNESS, SMALL, Connection, Serving
from actors.gateway.http1 import App
from actors.gateway.limits import Limits
from actors.gateway.share import Share
from actors.gateway.tls import Certificate
from tests.actors.gateway.client import PATIENCE
from tests.fakes.certificates import certify

FRAME = bytes(range(256)) * (SMALL // 256)


async def _nothing(_scope: object, _receive: object, _send: object) -> None: ...


@asynccontextmanager
async def connected(
    app: App = _nothing, certificate: Certificate | None = None
) -> AsyncGenerator[tuple[Connection, trio.SocketStream]]:
    """A connection, and the client's end of its socket; the kernel holds less than a frame for it."""
    ours, theirs = trio.socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    async with trio.SocketStream(ours) as stream, trio.SocketStream(theirs) as client:
        serving = Serving(
            app=app,
            config=Config(),
            context=WorkerContext(None),
            limits=Limits(),
            crumbs=Share(0.25),
            certificate=certificate,
        )
        yield Connection(serving, stream), client


async def _read(client: trio.SocketStream, count: int) -> bytes:
    data = b""
    with trio.fail_after(PATIENCE):
        while len(data) < count:
            data += await client.receive_some()
    return data


async def test_a_frame_that_the_kernel_takes_in_parts_is_written_whole_by_a_cancelled_task() -> None:
    async with connected() as (connection, client), trio.open_nursery() as nursery:

        async def write() -> None:
            with trio.CancelScope() as scope:
                scope.cancel("before it began")
                await connection._write(FRAME)

        nursery.start_soon(write)
        assert await _read(client, len(FRAME)) == FRAME


async def test_frames_of_many_tasks_do_not_mix() -> None:
    frames = [bytes([number]) * SMALL for number in range(2 * FAIRNESS)]
    async with connected() as (connection, client), trio.open_nursery() as nursery:
        for frame in frames:
            nursery.start_soon(connection._write, frame)
        data = await _read(client, SMALL * len(frames))
    pieces = [data[start : start + SMALL] for start in range(0, len(data), SMALL)]
    assert sorted(pieces) == frames


async def test_over_tls_a_writer_that_finds_nothing_left_to_write_lets_the_next_one_write(
    tmp_path: Path,
) -> None:
    """What the protocol had to say may have gone with what another task has written."""
    files = certify(tmp_path)
    async with connected(certificate=Certificate(files.certificate, files.key)) as (connection, _client):
        async with trio.open_nursery() as nursery:
            await connection._send_lock.acquire()
            nursery.start_soon(connection._write, b"")
            await trio.testing.wait_all_tasks_blocked()
            connection._send_lock.release()
        assert not connection._send_lock.locked()


# --- clients that are no longer there -----------------------------------------------------------------------

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING = b"\x89\x00"
PONG = b"\x8a\x80\x00\x00\x00\x00"
"""As a client sends it, masked."""
LIMITS = Limits()


class Audience:
    """An application with one WebSocket, which only listens."""

    def __init__(self) -> None:
        self.left_at = -1.0

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.accept"})
        self.left_at = trio.current_time()


@asynccontextmanager
async def listened_to() -> AsyncGenerator[tuple[Audience, trio.SocketStream]]:
    """A WebSocket that was opened, and the client's end of it."""
    audience = Audience()
    async with connected(audience) as (connection, client), trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        await client.send_all(UPGRADE)
        assert (await client.receive_some()).startswith(b"HTTP/1.1 101 ")
        yield audience, client
        nursery.cancel_scope.cancel()


def _now() -> float:
    return round(trio.current_time(), 3)


async def test_a_websocket_that_gives_no_sign_of_life_is_let_go_within_a_minute(
    autojump_clock: MockClock,
) -> None:
    began = _now()
    async with listened_to() as (audience, client):
        assert await client.receive_some() == PING
        assert _now() - began == LIMITS.silence
        assert await _until_closed(client) == b""
    assert audience.left_at - began == pytest.approx(LIMITS.silence + LIMITS.sign_of_life)
    assert LIMITS.silence + LIMITS.sign_of_life <= 60


async def test_a_websocket_that_answers_stays_however_long_it_has_nothing_to_say(
    autojump_clock: MockClock,
) -> None:
    async with listened_to() as (audience, client):
        for _ in range(100):
            assert await client.receive_some() == PING
            await trio.sleep(LIMITS.sign_of_life - 1)
            await client.send_all(PONG)
        assert audience.left_at == -1


async def test_a_websocket_that_speaks_is_not_asked(autojump_clock: MockClock) -> None:
    async with listened_to() as (audience, client):
        for _ in range(100):
            await trio.sleep(LIMITS.silence - 1)
            await client.send_all(PONG)
        with trio.move_on_after(0) as nothing:
            await client.receive_some()
        assert (nothing.cancelled_caught, audience.left_at) == (True, -1)


async def _until_closed(client: trio.SocketStream) -> bytes:
    """What comes until the other side ends, however it does so."""
    data = b""
    with suppress(trio.BrokenResourceError):
        async for chunk in client:
            data += chunk
    return data
