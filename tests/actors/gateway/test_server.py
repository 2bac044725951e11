"""The listening socket: what a bad client cannot do to others, and how the gateway starts and stops."""

import errno
import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.agent import messages as agent
from actors.gateway.limits import Limits
from actors.gateway.messages import AddressInUse, AddressRefused
from actors.gateway.server import listen, unusable
from actors.gateway.settings import Address, Reach, Settings, Tls
from bus import BootError, Child, Supervisor, open_mesh
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import PATIENCE, connected, eventually
from tests.actors.gateway.raw import raw, read_all, request
from tests.actors.gateway.world import TOKEN, Gateway, a_gateway, running, some_users

BRISK = Limits(send_queue=16, write_timeout=1.0, keep_alive=1.0, linger=0.3, body_timeout=1.0)
"""Limits that a test can wait for, and that a busy machine keeps to."""


@pytest.fixture
async def brisk(mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(mesh, tmp_path, limits=BRISK) as gateway:
        yield gateway


async def all_gone(gateway: Gateway) -> None:
    await eventually(lambda: not gateway.actor.describe()["connections"])


# --- slow and rude clients --------------------------------------------------------------------------------


@pytest.fixture(params=["by us", "by the kernel too"])
def dropped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives a stalled client up; the kernel does where it can, and must not be needed."""

    def configure(sock: socket.socket, limits: Limits) -> None:
        sock.setblocking(False)

    if request.param == "by us":
        monkeypatch.setattr("actors.gateway.server._configure", configure)


async def test_a_client_that_stops_reading_is_closed_and_others_hear_everything(
    dropped: None, brisk: Gateway
) -> None:
    async with brisk.socket() as good, brisk.socket() as slow:
        for client in (good, slow):
            await client.say(type="resume", session_id="s1", after_seq=0)
        assert (await good.hear())["type"] == "backlog"
        piece = "x" * 200_000
        with trio.fail_after(PATIENCE):
            while brisk.actor.describe()["websockets"] == 2:
                await brisk.world.say(piece)
                assert (await good.hear())["text"] == piece
        await good.say(type="ping")
        assert await good.hear() == {"type": "pong"}
    assert brisk.world.cancelled == []


async def test_a_client_that_reads_too_late_finds_1013(brisk: Gateway) -> None:
    async with brisk.socket() as slow:
        await slow.say(type="resume", session_id="s1", after_seq=0)
        await slow.hear()
        for _ in range(400):  # small, so that the socket takes all that is written before the close
            await brisk.world.happen(agent.Notice, kind="doubt", text="x")
        assert await slow.closed() == 1013


async def test_a_stalled_client_does_not_hold_up_the_stop(mesh: MeshUnderTest, tmp_path: Path) -> None:
    async with running(mesh, tmp_path) as gateway, gateway.socket() as stalled:
        await stalled.say(type="resume", session_id="s1", after_seq=0)
        for _ in range(60):
            await gateway.world.say("x" * 200_000)
            await trio.sleep(0.002)
        assert gateway.actor.describe()["websockets"] == 1
        assert await gateway.stop() < 8


async def test_a_peer_that_has_left_does_not_busy_the_loop(gateway: Gateway) -> None:
    async with gateway.socket() as good:
        async with connected(gateway.url()) as leaver:
            await leaver.say(type="resume", session_id="s1", after_seq=0)
            await leaver.hear()
            await trio.aclose_forcefully(leaver.connection._stream)
            for _ in range(200):
                await gateway.world.say("x" * 1000)
            with trio.fail_after(PATIENCE):
                await good.say(type="ping")
                assert await good.hear() == {"type": "pong"}


async def test_a_flood_of_messages_followed_by_silence_leaves_nothing_behind(
    brisk: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    brisk.world.gate = trio.Event()
    async with connected(brisk.url()) as flood:
        for _ in range(100):
            await flood.say(type="message", text="hi")
        await trio.aclose_forcefully(flood.connection._stream)
    brisk.world.gate.set()
    await all_gone(brisk)
    assert not [record for record in caplog.records if record.name.startswith("actors.")]


async def test_an_idle_connection_is_closed_in_time(brisk: Gateway) -> None:
    async with raw(brisk) as stream:
        await stream.send_all(request(brisk))
        answer = await read_all(stream)
    assert answer.count(b"HTTP/1.1 200") == 1
    await all_gone(brisk)


async def test_a_connection_that_says_nothing_is_closed_in_time(brisk: Gateway) -> None:
    async with raw(brisk) as stream:
        await stream.send_all(b"GET / HT")
        assert await read_all(stream) == b""


async def test_a_connection_serves_one_request_after_the_other(gateway: Gateway) -> None:
    async with raw(gateway) as stream:
        last = request(gateway, "GET", "/api/health", "Connection: close")
        await stream.send_all(request(gateway) * 2 + last)
        assert (await read_all(stream)).count(b"HTTP/1.1 200") == 3


async def test_a_working_request_is_not_idle(brisk: Gateway) -> None:
    brisk.world.gate = trio.Event()

    async def late() -> None:
        await trio.sleep(1.5)
        brisk.world.gate.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(late)
        answer = await brisk.http.post("/api/chat", json={"text": "hi"})
    assert answer.json()["text"] == brisk.world.answer.text


async def test_an_idle_websocket_stays_open(brisk: Gateway) -> None:
    async with brisk.socket() as socket:
        await trio.sleep(1.5)
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}


async def test_a_closed_connection_is_let_go_at_once(gateway: Gateway) -> None:
    async with raw(gateway) as stream:
        await stream.send_all(request(gateway))
        await stream.receive_some(1)
    await all_gone(gateway)


async def test_a_body_that_does_not_come_times_out(brisk: Gateway) -> None:
    head = request(brisk, "POST", "/api/chat", "Content-Type: application/json", "Content-Length: 10")
    async with raw(brisk) as stream:
        await stream.send_all(head)
        answer = await read_all(stream)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'{"error":' in answer


@pytest.mark.parametrize("length", ["declared", "unknown"])
async def test_an_oversized_body_is_refused_and_the_answer_arrives(gateway: Gateway, length: str) -> None:
    body = json.dumps({"text": "x" * (3 << 20)}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]

    for _ in range(5):
        response = await gateway.http.post(
            "/api/chat",
            content=body if length == "declared" else pieces(),
            headers={"Content-Type": "application/json"},
        )
        assert response.status_code == 413
        assert "error" in response.json()
    assert (await gateway.http.get("/api/health")).status_code == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /api/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"x" * 70_000,
    ],
)
async def test_garbage_ends_only_its_connection(gateway: Gateway, garbage: bytes) -> None:
    async with raw(gateway) as stream:
        await stream.send_all(garbage)
        await stream.send_eof()
        answer = await read_all(stream)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert (await gateway.http.get("/api/health")).status_code == 200
    assert gateway.mesh.cell("gateway").incarnation == 1


async def test_an_offered_upgrade_to_http2_is_ignored(gateway: Gateway) -> None:
    more = ("Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    async with raw(gateway) as stream:
        await stream.send_all(request(gateway, "GET", "/api/health", *more))
        answer = await read_all(stream)
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "missing", ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
)
async def test_half_a_websocket_handshake_is_refused(gateway: Gateway, missing: str) -> None:
    lines = ["Connection: Upgrade", "Upgrade: websocket"]
    lines += {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"} - {missing}
    async with raw(gateway) as stream:
        await stream.send_all(request(gateway, "GET", "/ws", *lines))
        assert (await read_all(stream)).startswith(b"HTTP/1.1 400")


async def test_a_websocket_under_another_name_is_refused(gateway: Gateway) -> None:
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: evil.org:{gateway.address.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    async with raw(gateway) as stream:
        await stream.send_all("\r\n".join([*lines, "", ""]).encode())
        answer = await read_all(stream)
    assert answer.startswith(b"HTTP/1.1 403")
    assert b'{"error":' in answer


# --- starting and stopping --------------------------------------------------------------------------------


async def test_a_stop_is_quick_and_tells_everybody_to_come_again(gateway: Gateway) -> None:
    await gateway.http.get("/api/health")  # leaves an idle connection behind
    async with gateway.socket() as first, gateway.socket() as second, raw(gateway) as silent:
        await second.say(type="resume", session_id="s1", after_seq=0)
        await second.hear()
        codes: list[int | None] = []

        async def wait(client: Any) -> None:
            codes.append(await client.closed())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, first)
            nursery.start_soon(wait, second)
            await trio.testing.wait_all_tasks_blocked()
            assert await gateway.stop() < 8
        assert codes == [1012, 1012]
        assert await read_all(silent) == b""
    with pytest.raises(OSError, match="failed"):
        async with raw(gateway):
            pass


async def test_a_crash_closes_with_1012_and_the_same_port_serves_again(
    mesh: MeshUnderTest, tmp_path: Path, free_port: int
) -> None:
    async with running(mesh, tmp_path, port=free_port) as gateway:
        async with gateway.socket() as socket:

            async def crash() -> None:
                raise RuntimeError("bug")

            gateway.actor.spawn(crash)
            assert await socket.closed() == 1012
        await eventually(lambda: mesh.cell("gateway").incarnation == 2 and mesh.cell("gateway").running)
        async with gateway.socket() as socket:
            await socket.say(type="ping")
            assert await socket.hear() == {"type": "pong"}


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels are told nothing")
def test_the_kernel_gives_up_a_peer_that_is_gone_within_a_minute() -> None:
    """Its time-out for unacknowledged data counts for its probes as well, and is looked at with each of them."""
    with listen(Address("127.0.0.1", 0), Limits()) as sock:
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        idle, interval, count, unacknowledged = (
            sock.getsockopt(socket.IPPROTO_TCP, each) for each in options
        )
    assert idle + count * interval <= 60
    assert unacknowledged <= 60_000


async def test_a_phone_that_is_gone_leaves_nothing_behind(mesh: MeshUnderTest, tmp_path: Path) -> None:
    """Its kernel acknowledges what comes; it does not answer, as one that sleeps behind a proxy."""
    limits = Limits(silence=0.3, sign_of_life=0.3)
    async with running(mesh, tmp_path, limits=limits) as gateway, raw(gateway) as phone:
        upgrade = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        )
        await phone.send_all(request(gateway, "GET", "/ws", *upgrade))
        await eventually(lambda: gateway.actor.describe()["websockets"] == 1)
        await eventually(lambda: gateway.actor.describe()["websockets"] == 0)
        assert b"\x89\x00" in await read_all(phone)


async def test_the_same_port_can_be_taken_again_at_once(tmp_path: Path, free_port: int) -> None:
    for _ in range(3):
        bound: list[Address] = []
        gateway = Child("gateway", a_gateway(tmp_path, bound.append, port=free_port))
        tree = Supervisor("root", "one_for_one", [Child("users", some_users(tmp_path)), gateway])
        async with open_mesh(tree, complete=False):
            assert bound == [Address("127.0.0.1", free_port)]
            async with connected(f"ws://127.0.0.1:{free_port}/ws") as socket:
                assert (await socket.hear())["type"] == "hello"


async def test_a_port_in_use_fails_the_start_with_the_address(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        tree = Supervisor("root", "one_for_one", [Child("gateway", a_gateway(tmp_path, print, port=port))])
        with (
            trio.fail_after(PATIENCE),
            pytest.raises(BootError, match=rf"127\.0\.0\.1:{port} is already in use") as caught,
        ):
            async with open_mesh(tree, complete=False):
                pytest.fail("it started")
    error = caught.value
    assert isinstance(error.__cause__, AddressInUse)
    assert error.__cause__.address == f"127.0.0.1:{port}"


def test_a_certificate_that_cannot_be_used_is_told_before_the_next_start() -> None:
    (words,) = unusable(Settings(gateway=Reach(tls=Tls(certificate="/nowhere.pem", key="/nowhere.key"))))
    assert words.startswith("[gateway.tls] certificate = /nowhere.pem: No such file")
    assert not list(unusable(Settings(server_addr=Address("192.0.2.1", 3000))))


def test_an_address_the_system_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(AddressRefused, match=r"cannot listen on 127\.0\.0\.1:80: Permission denied"):
        listen(Address("127.0.0.1", 80), Limits())


def test_localhost_is_loopback() -> None:
    sock = listen(Address("localhost", 0), Limits())
    assert sock.getsockname()[0] == "127.0.0.1"
    sock.close()


async def test_nothing_is_printed(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    await gateway.http.get(f"/api/health?token={TOKEN}")
    async with gateway.socket() as socket:
        await socket.raw("{")
        await socket.hear()
    await gateway.stop()
    assert capfd.readouterr() == ("", "")


async def test_tokens_are_not_logged(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    gateway.world.failure = RuntimeError("bug")
    await gateway.http.post(f"/api/chat?token={TOKEN}", json={"text": "a"}, headers={"Authorization": TOKEN})
    await gateway.http.get(f"/api/typo?token={TOKEN}")
    own = [record.getMessage() for record in caplog.records if record.name.startswith("actors.")]
    assert own
    assert TOKEN not in "".join(own)
