"""A request that is answered before it has been read: its client can read the answer, and the connection goes on."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from actors.gateway.http1 import UNREAD
from actors.gateway.limits import Limits
from actors.gateway.settings import Reach
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import KEY, PATIENCE, eventually
from tests.actors.gateway.raw import raw, read_all
from tests.actors.gateway.world import Gateway, running

MIB = 1 << 20
HEALTH = b"GET /here/api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PLAIN = ("POST /here/api/chat", "Content-Type: application/json")
REFUSED = {
    "nobody": (401, *PLAIN, "X-Other: 1"),
    "a wrong key": (401, *PLAIN, "X-API-Key: sp_live_wrong"),
    "another host": (403, *PLAIN, "Host: evil.example"),
    "another origin": (403, *PLAIN, "Origin: https://evil.example"),
    "another site": (403, *PLAIN, "Sec-Fetch-Site: cross-site"),
    "outside": (404, "POST /elsewhere"),
    "no such method": (405, "POST /here/nowhere"),
}


@pytest.fixture
async def here(mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway below a path."""
    limits = Limits(keep_alive=2.0, linger=0.2)
    async with running(mesh, tmp_path, limits=limits, reach=Reach(base_path="/here")) as gateway:
        yield gateway


def head(line: str, *more: str, length: int | None) -> bytes:
    """The beginning of a request with so long a body, or with chunks."""
    host = () if any(each.startswith("Host:") for each in more) else ("Host: 127.0.0.1",)
    body = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return "\r\n".join([f"{line} HTTP/1.1", *host, *more, body, "", ""]).encode()


async def answer(stream: trio.SocketStream) -> tuple[int, bytes]:
    """The next answer: its status and its headers."""
    said = b""
    with trio.fail_after(PATIENCE):
        while True:
            more = await stream.receive_some(1)  # not a byte of what follows
            assert more, said
            said += more
            headers, found, body = said.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", headers)
            if found and len(body) == int(length[1] if length else 0):
                return int(said.split()[1]), headers.lower()


@pytest.mark.parametrize("why", REFUSED)
async def test_whoever_is_still_writing_reads_the_refusal_and_goes_on(here: Gateway, why: str) -> None:
    status, *lines = REFUSED[why]
    async with raw(here) as stream:
        await stream.send_all(head(*map(str, lines), length=MIB))
        refused, headers = await answer(stream)
        assert refused == status
        assert b"connection: close" not in headers
        for _ in range(64):
            await stream.send_all(bytes(MIB // 64))
        await stream.send_all(HEALTH)
        assert (await answer(stream))[0] == 200


@pytest.mark.parametrize("why", REFUSED)
async def test_a_body_and_more_behind_it_that_came_with_the_refused_request_are_no_obstacle(
    here: Gateway, why: str
) -> None:
    status, *lines = REFUSED[why]
    async with raw(here) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, head(*map(str, lines), length=MIB) + bytes(MIB) + HEALTH)
        assert (await answer(stream))[0] == status
        assert (await answer(stream))[0] == 200


async def test_too_large_a_body_is_refused_before_it_ends(here: Gateway) -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    async with raw(here) as stream, trio.open_nursery() as nursery:
        said = head(*PLAIN, f"X-API-Key: {KEY}", length=None) + 48 * chunk + b"0\r\n\r\n" + HEALTH
        nursery.start_soon(stream.send_all, said)
        assert (await answer(stream))[0] == 413
        assert (await answer(stream))[0] == 200


async def test_a_body_without_end_is_not_read_for_ever(here: Gateway) -> None:
    async with raw(here) as stream:
        await stream.send_all(head(*PLAIN, length=100 * UNREAD))
        assert (await answer(stream))[0] == 401
        sent = 0
        with pytest.raises(trio.BrokenResourceError):
            while sent < 50 * UNREAD:
                await stream.send_all(bytes(MIB))
                sent += MIB
    await eventually(lambda: not here.actor.describe()["connections"])


async def test_a_body_that_does_not_come_keeps_no_connection(here: Gateway) -> None:
    async with raw(here) as stream:
        await stream.send_all(head(*PLAIN, length=10))
        assert (await answer(stream))[0] == 401
        assert await read_all(stream) == b""
    await eventually(lambda: not here.actor.describe()["connections"])


async def test_a_client_that_leaves_in_the_middle_of_it_leaves_nothing_behind(here: Gateway) -> None:
    for why in REFUSED:
        async with raw(here) as stream:
            await stream.send_all(head(*map(str, REFUSED[why][1:]), length=MIB) + bytes(1000))
    await eventually(lambda: not here.actor.describe()["connections"])


async def test_a_socket_that_is_refused_says_that_its_connection_ends(here: Gateway) -> None:
    """So that no proxy sends the next request into it."""
    lines = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    keys = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "")
    for more, status in ((keys, 401), (("X-Other: 1",), 400)):
        async with raw(here) as stream:
            await stream.send_all(head("GET /here/ws", *lines, *filter(None, more), length=0))
            found, headers = await answer(stream)
        assert (found, b"connection: close" in headers) == (status, True)
