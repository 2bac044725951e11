"""What it costs to have many people: each with a key, a socket and a conversation."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import trio

from tests.bench.daemons import HEADERS, instance
from tests.bench.figures import Figure
from tests.bench.turns import Connection, listening
from tests.fakes.model_process import model_process

USERS: Final = 50
PATH: Final = "/api/settings/auth/users"


def measure(folder: Path) -> list[Figure]:
    """Fifty users connect, say something at once, and are answered by a model that takes no time."""
    with model_process() as url, instance(folder / "people", url) as daemon:
        address = daemon.start()
        keys = _made(address)
        seconds, megabytes = trio.run(_measure, address, keys, daemon.memory)
    return [
        Figure(name=f"{USERS} users say something at once", value=seconds, unit="s", budget=1),
        Figure(
            name=f"memory of {USERS} users who have said something",
            value=megabytes,
            unit="MB",
            budget=20,
        ),
    ]


def _made(address: str) -> list[str]:
    """The keys of new users."""
    keys: list[str] = []
    with httpx2.Client(base_url=f"http://{address}", headers=HEADERS, timeout=60, trust_env=False) as client:
        for number in range(USERS):
            client.post(PATH, json={"id": f"user{number}"}).raise_for_status()
            made = client.post(f"{PATH}/user{number}/api-keys", json={})
            keys.append(made.raise_for_status().json()["key"])
    return keys


@asynccontextmanager
async def _connected(address: str, keys: list[str]) -> AsyncGenerator[list[Connection]]:
    async with AsyncExitStack() as sockets:
        yield [await sockets.enter_async_context(listening(address, key)) for key in keys]


async def _measure(address: str, keys: list[str], memory: Callable[[], float]) -> tuple[float, float]:
    """Seconds until the last one is answered, and megabytes that all of them cost."""
    async with listening(address) as admin:
        await _say(admin)  # loads what any answer needs
    before = memory()
    async with _connected(address, keys) as sockets:
        start = time.perf_counter()
        async with trio.open_nursery() as nursery:
            for socket in sockets:
                nursery.start_soon(_say, socket)
        return time.perf_counter() - start, memory() - before


async def _say(socket: Connection) -> None:
    await socket.send({"type": "message", "text": "hello"})
    if (await socket.until("stream_end"))["is_error"]:
        raise RuntimeError("the turn failed")
