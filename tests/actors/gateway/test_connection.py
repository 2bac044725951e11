"""What is written to a client arrives whole, or the connection ends."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext

from actors.gateway.connection import FAIRNESS, SMALL, Connection, Serving
from actors.gateway.limits import Limits
from actors.gateway.share import Share
from tests.actors.gateway.client import PATIENCE

FRAME = bytes(range(256)) * (SMALL // 256)


async def _nothing(_scope: object, _receive: object, _send: object) -> None: ...


@asynccontextmanager
async def connected() -> AsyncGenerator[tuple[Connection, trio.SocketStream]]:
    """A connection, and the client's end of its socket; the kernel holds less than a frame for it."""
    ours, theirs = trio.socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    async with trio.SocketStream(ours) as stream, trio.SocketStream(theirs) as client:
        serving = Serving(
            app=_nothing,
            config=Config(),
            context=WorkerContext(None),
            limits=Limits(),
            crumbs=Share(0.25),
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
