"""What ``starpod chat`` does when the connection is lost; with real daemons in ``tests/system``."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio_websocket

from starpod.cli import exchange
from starpod.cli.exchange import Exchange, Lost
from starpod.errors import StarpodError
from starpod.lock import InstanceLock
from starpod.workspace import Instance

Json = dict[str, Any]
Answer = Callable[[trio_websocket.WebSocketConnection, Json], Awaitable[None]]

ACCEPTED = {"type": "accepted", "session_id": "session", "turn_id": "turn", "fate": "started"}


class Recorded:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.answers: list[Json] = []
        self.interruptions: list[str] = []

    def show(self, event: Json) -> None:
        self.events.append(event)

    def interrupted(self, why: str) -> None:
        self.interruptions.append(why)

    def answer(self, stored: Json) -> None:
        self.answers.append(stored)


@asynccontextmanager
async def daemon(lock: InstanceLock, *answers: Answer) -> AsyncGenerator[list[Json]]:
    """A daemon that deals with each connection as the next of `answers` says; what it was told."""
    told: list[Json] = []
    waiting = list(answers)

    async def serve(request: trio_websocket.WebSocketRequest) -> None:
        socket = await request.accept()
        message = json.loads(await socket.get_message())
        told.append(message)
        await waiting.pop(0)(socket, message)

    async with trio.open_nursery() as nursery:
        listen = partial(trio_websocket.serve_websocket, serve, "127.0.0.1", 0, ssl_context=None)
        server = await nursery.start(listen)
        lock.announce(f"127.0.0.1:{server.port}")
        yield told
        nursery.cancel_scope.cancel()


def sending(*events: Json) -> Answer:
    """Send these, then end."""

    async def answer(socket: trio_websocket.WebSocketConnection, message: Json) -> None:
        for event in events:
            await socket.send_message(json.dumps(event))
        await socket.aclose(1012, "the gateway stops")

    return answer


def text(number: int, said: str) -> Json:
    return {"type": "text_delta", "session_id": "session", "turn_id": "turn", "seq": number, "text": said}


def end(number: int, *, is_error: bool = False) -> Json:
    return {
        "type": "stream_end",
        "outcome": "success",
        "session_id": "session",
        "turn_id": "turn",
        "seq": number,
        "is_error": is_error,
    }


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(root=tmp_path)
    made.agent_home.mkdir()
    return made


@pytest.fixture
def message() -> Json:
    return {"type": "message", "client_message_id": "mine", "text": "hello"}


def locked(instance: Instance) -> InstanceLock:
    return InstanceLock(instance, command="starpod serve", boot_id="boot", now=datetime.now(UTC))


async def test_what_was_shown_is_not_shown_again_after_a_lost_connection(
    instance: Instance, message: Json
) -> None:
    shown = Recorded()
    before = sending(ACCEPTED, text(1, "Hel"))
    afterwards = sending(ACCEPTED, text(1, "Hel"), text(2, "lo"), end(3))
    with locked(instance) as lock:
        async with daemon(lock, before, afterwards) as told:
            assert await Exchange(instance, message, shown).run(lock.info) == 0
    assert told == [message, message]
    assert len(shown.interruptions) == 1
    assert "the gateway stops (1012); waiting up to 10 s" in shown.interruptions[0]
    assert [each["text"] for each in shown.events if each["type"] == "text_delta"] == ["Hel", "lo"]


@pytest.mark.parametrize("fate", ["merged", "done", "failed", "cancelled"])
async def test_of_a_turn_that_is_over_the_stored_answer_is_asked_for(
    instance: Instance, message: Json, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Recorded()
    asked: list[str] = []

    async def stored(self: Exchange, info: object) -> int:
        asked.append(fate)
        return 0

    monkeypatch.setattr(Exchange, "_stored", stored)
    with locked(instance) as lock:
        async with daemon(lock, sending({**ACCEPTED, "fate": fate, "duplicate": True})):
            assert await Exchange(instance, message, shown).run(lock.info) == 0
    assert asked == [fate]


async def test_a_message_that_is_stored_is_said_to_be_safe_when_nobody_comes_back(
    instance: Instance, message: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "RETURN_WITHIN", 0.3)
    with locked(instance) as lock:
        async with daemon(lock, sending(ACCEPTED, text(1, "Hel"))):
            found = lock.info
            with pytest.raises(Lost, match=r"is stored \(conversation session\).*--message-id mine") as lost:
                await _while_it_goes(lock, Exchange(instance, message, Recorded()), found)
    assert lost.value.stored


async def test_a_message_that_was_not_confirmed_is_said_to_be_in_doubt(
    instance: Instance, message: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "RETURN_WITHIN", 0.3)
    with locked(instance) as lock:
        async with daemon(lock, sending()):
            found = lock.info
            with pytest.raises(Lost, match=r"may be lost.*safe with --message-id mine") as lost:
                await _while_it_goes(lock, Exchange(instance, message, Recorded()), found)
    assert not lost.value.stored


async def _while_it_goes(lock: InstanceLock, said: Exchange, found: Any) -> None:
    """Speak with a daemon that has let go of the instance by the time the connection is lost."""
    lock.release()
    await said.run(found)


async def test_what_is_refused_after_all_is_not_tried_for_ever(instance: Instance, message: Json) -> None:
    refused = sending({"type": "error", "code": "refused", "message": "not now"})
    with locked(instance) as lock:
        async with daemon(lock, sending(), refused):
            with pytest.raises(StarpodError, match="not now"):
                await Exchange(instance, message, Recorded()).run(lock.info)
