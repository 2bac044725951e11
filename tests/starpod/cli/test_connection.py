"""A WebSocket to a daemon, against a daemon that is played here."""

import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime

import pytest
import trio

from starpod.cli.client import Client, Unreachable
from starpod.cli.connection import connect
from starpod.lock import DaemonInfo

PING_AND_CLOSE = b"\x89\x00" + b"\x88\x02\x03\xe8"


def a_daemon(address: str) -> DaemonInfo:
    return DaemonInfo(
        pid=1, address=address, started_at=datetime.now(UTC), boot_id="b", token="t", command="starpod serve"
    )


async def _asks_while_the_client_leaves(stream: trio.SocketStream) -> None:
    key = re.findall(rb"(?i)sec-websocket-key: (\S+)", await stream.receive_some())[0]
    proof = b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    await stream.send_all(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )
    assert (await stream.receive_some())[0] == 0x88, "it says that it leaves"
    await stream.send_all(PING_AND_CLOSE)


async def test_a_client_leaves_although_it_is_asked_for_a_sign_of_life_just_then() -> None:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, _asks_while_the_client_leaves, [listener])
        port = listener.socket.getsockname()[1]
        with trio.fail_after(10):
            async with connect(a_daemon(f"127.0.0.1:{port}"), "/ws"):
                pass
        nursery.cancel_scope.cancel()


async def test_a_daemon_that_is_not_there_is_told_with_the_reason(free_port: int) -> None:
    daemon = a_daemon(f"127.0.0.1:{free_port}")
    for_people = f"the daemon at 127.0.0.1:{free_port} does not answer: Connection refused"
    with pytest.raises(Unreachable) as over_http:
        Client(daemon).get("/api/health")
    with pytest.raises(Unreachable) as by_socket:
        async with connect(daemon, "/ws"):
            pass
    assert (str(over_http.value), str(by_socket.value)) == (for_people, for_people)
