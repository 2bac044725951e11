"""Many clients, many conversations, clients that do not listen and clients that do not stop: memory stays flat, and
nobody else is disturbed."""

import base64
import json
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import trio

from tests.fakes.model_script import Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import PATIENCE, Daemon, Place, serving, until

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

MB: Final = 1_000_000
AT_ONCE: Final = 8
"""Clients that talk at the same time where many are needed one after the other."""


def memory(daemon: Daemon) -> int:
    """Bytes that the daemon holds in memory."""
    pages = Path(f"/proc/{daemon.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def many(count: int, work: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Do something so many times, some at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    with trio.fail_after(2 * PATIENCE):
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(worker)


async def raw_socket(daemon: Daemon, *, room: int | None = None) -> trio.SocketStream:
    """A WebSocket without a library: what it does not read stays unread. `room` bounds what the kernel reads for it."""
    host, _, port = daemon.address.rpartition(":")
    plain = trio.socket.socket()
    if room is not None:
        plain.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, room)
    await plain.connect((host, int(port)))
    stream = trio.SocketStream(plain)
    key = base64.b64encode(os.urandom(16)).decode()
    await stream.send_all(
        f"GET /ws HTTP/1.1\r\nHost: {daemon.address}\r\nAuthorization: Bearer {daemon.token}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await stream.receive_some(1024)
    assert b" 101 " in answer
    return stream


def frame(text: str) -> bytes:
    """A text frame of a client; the mask is zero, which every server has to take."""
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


async def still_answers(daemon: Daemon) -> None:
    answer = await daemon.chat("help")
    assert (answer["status"], answer["outcome"]) == (200, "success")


@asynccontextmanager
async def closing(stream: trio.SocketStream) -> AsyncGenerator[trio.SocketStream]:
    try:
        yield stream
    finally:
        await trio.aclose_forcefully(stream)


@needs_proc
async def test_a_thousand_clients_that_only_listen_cost_little_and_are_told_to_come_again(
    place: Place,
) -> None:
    async with serving(place) as daemon:
        await still_answers(daemon)
        before = memory(daemon)
        clients: list[trio.SocketStream] = []

        async def join(_: int) -> None:
            clients.append(await raw_socket(daemon))

        try:
            await many(1000, join)
            assert memory(daemon) - before < 60 * MB
            assert (await daemon.get("/api/health"))["status"] == "ok"
            await still_answers(daemon)
            assert await daemon.stop() == 0
            for client in clients:
                said = b""
                while data := await client.receive_some(4096):
                    said += data
                assert said.endswith((1012).to_bytes(2) + b"restart")
        finally:
            for client in clients:
                await trio.aclose_forcefully(client)


@pytest.mark.slow
@needs_proc
async def test_a_thousand_conversations_leave_no_more_behind_than_six_hundred(place: Place) -> None:
    conversations: list[str] = []
    async with serving(place) as daemon:

        async def talk(number: int) -> None:
            answer = await daemon.chat(f"hello, I am number {number}")
            assert answer["status"] == 200
            conversations.append(answer["session_id"])

        await many(600, talk)
        before = memory(daemon)
        await many(400, talk)
        assert memory(daemon) - before < 8 * MB
        assert len(set(conversations)) == 1000
        for conversation in conversations[::100]:
            assert [role for role, _ in await daemon.rows(conversation)] == ["user", "assistant"]
        health = await daemon.get("/api/health")
        assert health["status"] == "ok"


async def test_a_client_that_says_five_hundred_things_at_once_is_heard_in_full_and_in_order(
    place: Place,
) -> None:
    said = [f"thought {number}" for number in range(500)]
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.say("message", text=said[0], client_message_id="0")
        conversation = (await socket.until("accepted"))[-1]["session_id"]

        async def flood() -> None:
            for number, text in enumerate(said[1:], 1):
                await socket.say("message", text=text, client_message_id=str(number), session_id=conversation)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            await still_answers(daemon)
            await socket.until("accepted", client_message_id="499")
        assert await all_that_was_heard(place, conversation) == said
        assert (await daemon.rows(conversation))[-1][0] == "assistant"


async def all_that_was_heard(place: Place, conversation: str) -> list[str]:
    """What the model was told of a conversation, once no turn is left."""
    left = "SELECT count(*) FROM turns WHERE session_id = ? AND state IN ('accepted', 'running')"
    heard = "SELECT content FROM steps WHERE session_id = ? AND kind = 'user' ORDER BY id"
    database = sqlite3.connect(f"file:{place.database}?mode=ro", uri=True)
    try:
        await until(lambda: database.execute(left, (conversation,)).fetchone() == (0,))
        return [
            said["text"]
            for (content,) in database.execute(heard, (conversation,))
            for said in json.loads(content)
        ]
    finally:
        database.close()


@needs_proc
async def test_a_client_that_asks_without_listening_is_let_go(place: Place) -> None:
    async with serving(place) as daemon, closing(await raw_socket(daemon, room=4096)) as deaf:
        await still_answers(daemon)
        before = memory(daemon)
        pings = frame('{"type": "ping"}') * 100
        with pytest.raises(trio.BrokenResourceError), trio.fail_after(PATIENCE):
            while True:
                await deaf.send_all(pings)
        assert memory(daemon) - before < 20 * MB
        await still_answers(daemon)


@needs_proc
async def test_a_client_that_stops_reading_holds_up_nobody(tmp_path: Path, model_server: ModelServer) -> None:
    words = "all work and no play " * 50
    async with (
        serving(Place(tmp_path / "aster", model_server.url)) as daemon,
        daemon.socket() as socket,
        closing(await raw_socket(daemon, room=4096)) as deaf,
    ):
        first = await daemon.chat("hello")
        before = memory(daemon)
        model_server.script(Reply(Say(*[words] * 900), gap=0.001))
        await deaf.send_all(frame(f'{{"type":"resume","session_id":"{first["session_id"]}"}}'))
        await socket.say("message", text="tell me all", session_id=first["session_id"])
        frames = await socket.until("stream_end")
        text = "".join(each["text"] for each in frames if each["type"] == "text_delta")
        assert text == words * 900
        assert memory(daemon) - before < 30 * MB, "a megabyte was said"
        with trio.fail_after(PATIENCE):
            while await deaf.receive_some(65536):
                pass  # what was on its way; then the end


async def test_a_clock_that_was_set_back_moves_no_message(place: Place) -> None:
    async with serving(place) as daemon:
        first = await daemon.chat("note: one")
    ahead = int(timedelta(days=3650) / timedelta(microseconds=1))
    with sqlite3.connect(place.database) as database:
        database.execute(
            "UPDATE sessions SET created_at = created_at + ?, last_message_at = last_message_at + ?",
            (ahead,) * 2,
        )
        database.execute(
            "UPDATE turns SET accepted_at = accepted_at + ?, finished_at = finished_at + ?", (ahead,) * 2
        )
        database.execute(
            "UPDATE steps SET started_at = started_at + ?, ended_at = ended_at + ?", (ahead,) * 2
        )
        database.execute("UPDATE usage SET at = at + ?", (ahead,))
    database.close()
    async with serving(place) as daemon:
        second = await daemon.chat("note: two", session_id=first["session_id"])
        assert (second["status"], second["outcome"]) == (200, "success")
        asked = [text for role, text in await daemon.rows(first["session_id"]) if role == "user"]
        assert asked == ["note: one", "note: two"]
        third = await daemon.chat("note: three")
        listed = {each["id"] for each in await daemon.get("/api/sessions")}
        assert listed == {first["session_id"], third["session_id"]}
