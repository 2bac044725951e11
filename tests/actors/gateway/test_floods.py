"""What one client sends too much, or in too small pieces, costs the others little."""

import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
import trio

from actors.gateway.limits import Limits
from actors.gateway.server import for_clients
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import KNOWN, PATIENCE, Socket, eventually
from tests.actors.gateway.raw import raw, read_all, request
from tests.actors.gateway.world import TOKEN, Gateway, running

WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


async def upgraded(stream: trio.SocketStream, gateway: Gateway, *more: str) -> bytes:
    """Open a WebSocket; the answer to the handshake."""
    await stream.send_all(request(gateway, "GET", "/ws", *WEBSOCKET, *more))
    with trio.fail_after(PATIENCE):
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await stream.receive_some(1024)
    return answer


async def test_compression_of_messages_is_not_granted(gateway: Gateway) -> None:
    async with raw(gateway) as stream:
        answer = await upgraded(stream, gateway, "Sec-WebSocket-Extensions: permessage-deflate")
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in answer.lower()


async def test_a_message_without_end_ends_its_connection(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path, limits=Limits(socket_message=1000)) as gateway, raw(gateway) as stream:
        await upgraded(stream, gateway)
        await stream.send_all(b"\x01\xff" + (1 << 30).to_bytes(8, "big") + bytes(4) + b"x" * 5000)
        assert (1009).to_bytes(2, "big") in await read_all(stream)


async def is_answered_promptly(client: Socket) -> None:
    """Twenty answers, for each of which this process works a tenth of a second at the most."""
    before = time.process_time()  # not that of others on a busy machine
    for _ in range(20):
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}
    assert time.process_time() - before < 20 * 0.1


@pytest.mark.parametrize("crumbs", ["fragments", "pings"])
async def test_a_client_that_sends_crumbs_does_not_hold_up_the_others(gateway: Gateway, crumbs: str) -> None:
    fragment = b"\x00\x81\x00\x00\x00\x00x" if crumbs == "fragments" else b"\x89\x80\x00\x00\x00\x00"
    async with gateway.socket() as good, raw(gateway) as flood, trio.open_nursery() as nursery:
        await upgraded(flood, gateway)

        async def send() -> None:
            await flood.send_all(b"\x01\x81\x00\x00\x00\x00x")
            while True:
                await flood.send_all(fragment * 10_000)

        async def hear() -> None:
            while await flood.receive_some(65536):
                pass

        nursery.start_soon(send)
        nursery.start_soon(hear)
        await is_answered_promptly(good)
        nursery.cancel_scope.cancel("enough")


async def test_nor_does_one_whose_body_comes_in_crumbs(gateway: Gateway) -> None:
    head = request(
        gateway, "POST", "/api/chat", "Content-Type: application/json", "Transfer-Encoding: chunked"
    )
    async with gateway.socket() as good, raw(gateway) as flood, trio.open_nursery() as nursery:

        async def send() -> None:
            await flood.send_all(head)
            with suppress(trio.BrokenResourceError):
                while True:
                    await flood.send_all(b"1\r\nx\r\n" * 10_000)

        nursery.start_soon(send)
        await is_answered_promptly(good)
        nursery.cancel_scope.cancel("enough")


async def test_those_who_look_on_do_not_hold_up_who_speaks(gateway: Gateway) -> None:
    async with gateway.socket() as good, trio.open_nursery() as nursery:

        async def poll() -> None:
            async with httpx2.AsyncClient(
                base_url=f"http://{gateway.address}", headers=KNOWN, verify=False
            ) as client:
                while True:
                    await client.get("/api/mesh", timeout=60)

        for _ in range(10):
            nursery.start_soon(poll)
        await is_answered_promptly(good)
        nursery.cancel_scope.cancel("enough")


async def test_a_look_that_hangs_holds_up_no_other(gateway: Gateway) -> None:
    gateway.mesh.mesh.console.suspend("fake-session")
    operator = {"Authorization": f"Bearer {TOKEN}"}
    ended: list[httpx2.Response] = []

    async def hang() -> None:
        ended.append(await gateway.http.get("/api/mesh/trace?turn=t1"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hang)
        await eventually(lambda: bool(gateway.mesh.cell("console").hands.current))
        for path in ("/api/health", "/api/mesh", "/api/bus/tree"):
            assert (await gateway.http.get(path, headers=operator)).status_code == 200
        assert ended == []
        nursery.cancel_scope.cancel("enough")


async def test_the_header_of_a_part_has_an_end(gateway: Gateway) -> None:
    head = request(
        gateway,
        "POST",
        "/api/uploads",
        "Content-Type: multipart/form-data; boundary=x",
        "Transfer-Encoding: chunked",
    )
    async with raw(gateway) as stream, trio.open_nursery() as nursery:

        async def send() -> None:
            piece = b"y" * 65536
            with suppress(trio.BrokenResourceError):
                await stream.send_all(head + b"6\r\n--x\r\nA\r\n")
                while True:
                    await stream.send_all(b"10000\r\n" + piece + b"\r\n")

        nursery.start_soon(send)
        assert b"HTTP/1.1 413" in await read_all(stream)
        nursery.cancel_scope.cancel("it was refused")


async def test_more_clients_than_there_is_room_for_are_told(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path, limits=Limits(connections=2)) as gateway:
        async with gateway.socket() as first, gateway.socket():
            async with raw(gateway) as third:
                answer = await read_all(third)
                assert answer.startswith(b"HTTP/1.1 503")
                assert b"too many clients" in answer
            await first.say(type="ping")
            assert await first.hear() == {"type": "pong"}


async def test_a_client_that_asks_for_nothing_makes_room(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path, limits=Limits(connections=1)) as gateway, raw(gateway) as silent:
        assert (await gateway.http.get("/api/health")).status_code == 200
        assert await read_all(silent) == b""


async def test_more_sockets_than_there_is_room_for_are_told(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path, limits=Limits(sockets=1)) as gateway, gateway.socket():
        async with raw(gateway) as second:
            assert (await upgraded(second, gateway)).startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize(("most", "left"), [(64, 32), (1024, 768), (resource.RLIM_INFINITY, sys.maxsize)])
def test_a_part_of_the_files_is_for_others(most: int, left: int) -> None:
    assert for_clients(most) == left
