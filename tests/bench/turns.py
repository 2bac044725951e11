"""What a turn costs beyond the model's own time."""

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, final

import httpx2
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

from tests.bench.daemons import KEY, instance
from tests.bench.figures import Figure, median, quantile
from tests.fakes.model_process import model_process

TURNS = 300
TOOL_ROUNDS = 4
CROWD = 200
IDLE = 1000
SESSIONS = 20
"""Of the memory test."""
MODEL_SECONDS = 0.2


@final
class Connection:
    """A client of the WebSocket."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self._socket = socket

    async def send(self, message: dict[str, Any]) -> None:
        await self._socket.send_message(json.dumps(message))

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a type."""
        while True:
            message: dict[str, Any] = json.loads(await self._socket.get_message())
            if message["type"] == kind:
                return message
            if message["type"] == "error":
                raise RuntimeError(message["message"])


@asynccontextmanager
async def listening(address: str, key: str = KEY) -> AsyncGenerator[Connection]:
    """A connection to the WebSocket of a daemon, for whoever has that key."""
    async with open_websocket_url(
        f"ws://{address}/ws", extra_headers=[(b"X-API-Key", key.encode())]
    ) as socket:
        yield Connection(socket)


async def _turns(
    address: str, text: str, count: int, new_session: int = 50
) -> tuple[list[float], list[float]]:
    """Seconds of whole turns and to their first text, in sessions of some turns each."""
    whole: list[float] = []
    first: list[float] = []
    async with listening(address) as connection:
        session: str | None = None
        for number in range(count):
            message = {"type": "message", "text": text}
            if session is not None and number % new_session:
                message["session_id"] = session
            start = time.perf_counter()
            await connection.send(message)
            session = (await connection.until("accepted"))["session_id"]
            await connection.until("text_delta")
            first.append(time.perf_counter() - start)
            await connection.until("stream_end")
            whole.append(time.perf_counter() - start)
    return whole, first


async def _calls(address: str, turns: int) -> list[float]:
    """Seconds from the announcement of a tool call to that of its result."""
    seconds: list[float] = []
    async with listening(address) as connection:
        for _ in range(turns):
            await connection.send({"type": "message", "text": "hello"})
            for _ in range(TOOL_ROUNDS):
                await connection.until("tool_use")
                start = time.perf_counter()
                await connection.until("tool_result")
                seconds.append(time.perf_counter() - start)
            await connection.until("stream_end")
    return seconds


def _direct(url: str, count: int) -> list[float]:
    """Seconds to the first byte of text from the model server itself: what is not ours."""
    seconds: list[float] = []
    body = {
        "model": "m",
        "max_tokens": 10,
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
    }
    with httpx2.Client(trust_env=False) as client:
        for _ in range(count):
            start = time.perf_counter()
            with client.stream("POST", f"{url}/v1/messages", json=body) as answer:
                for chunk in answer.iter_bytes():
                    if b"text_delta" in chunk:
                        break
                seconds.append(time.perf_counter() - start)
    return seconds


def measure_turns(folder: Path) -> list[Figure]:
    """One turn after the other, everything stored."""
    with model_process() as url, instance(folder / "turns", url) as daemon:
        address = daemon.start()
        trio.run(_turns, address, "hello", 20)
        whole, first = trio.run(_turns, address, "hello", TURNS)
        direct = _direct(url, TURNS)
        sizes = _first_request_size(url)
    with (
        model_process('tool:FileRead*4:{"path":"note.txt"}') as url,
        instance(folder / "tools", url) as daemon,
    ):
        (daemon.folder / "home" / "note.txt").write_text("a small file\n", encoding="utf-8")
        address = daemon.start()
        trio.run(_turns, address, "hello", 5)
        calls = trio.run(_calls, address, 50)
    added = median(first) - median(direct)
    return [
        Figure(name="one turn, instant model: median", value=1000 * median(whole), unit="ms", budget=4),
        Figure(name="one turn, instant model: p99", value=1000 * quantile(whole, 0.99), unit="ms", budget=12),
        Figure(name="added to time-to-first-token", value=1000 * added, unit="ms", budget=3),
        Figure(name="each tool call, result stored", value=1000 * median(calls), unit="ms", budget=2),
        Figure(name="first request to the model", value=sizes / 1000, unit="kB", budget=14),
    ]


def measure_subagents(folder: Path) -> list[Figure]:
    """One subagent after the other, each a turn in a conversation of its own."""
    call = json.dumps({"description": "Say hello", "prompt": "Say hello."})
    with (
        model_process(f"tool:Agent*{TOOL_ROUNDS}:{call}") as url,
        instance(folder / "subagents", url) as daemon,
    ):
        address = daemon.start()
        trio.run(_calls, address, 5)
        calls = trio.run(_calls, address, 50)
    return [
        Figure(
            name="a subagent, from its call to its result", value=1000 * median(calls), unit="ms", budget=12
        )
    ]


def _first_request_size(url: str) -> float:
    received: list[dict[str, Any]] = httpx2.get(f"{url}/_requests", trust_env=False).json()
    return float(len(json.dumps(received[0]["body"], separators=(",", ":"))))


async def _crowd(address: str) -> float:
    """Seconds until every one of many conversations has its answer."""
    async with trio.open_nursery() as nursery:
        start = time.perf_counter()
        for _ in range(CROWD):
            nursery.start_soon(_one_of_many, address)
    return time.perf_counter() - start


async def _one_of_many(address: str) -> None:
    async with listening(address) as connection:
        await connection.send({"type": "message", "text": "hello"})
        end = await connection.until("stream_end")
        if end["is_error"]:
            raise RuntimeError(str(end))


def measure_crowd(folder: Path) -> list[Figure]:
    """Many conversations at once."""
    with model_process(f"delay:{MODEL_SECONDS}") as url, instance(folder / "crowd", url) as daemon:
        address = daemon.start()
        trio.run(_turns, address, "hello", 2)
        seconds = [trio.run(_crowd, address) for _ in range(3)]
    note = f"model takes {1000 * MODEL_SECONDS:.0f} ms; connecting included"
    return [
        Figure(name=f"{CROWD} conversations at once", value=median(seconds), unit="s", budget=0.8, note=note)
    ]


async def _rounds(address: str, sessions: list[str | None], turns: int) -> None:
    """Turns in a closed set of sessions, one after the other; None stands for one that has yet to begin."""
    async with listening(address) as connection:
        for number in range(turns):
            here = number % len(sessions)
            message = {"type": "message", "text": "hello"}
            known = sessions[here]
            if known is not None:
                message["session_id"] = known
            await connection.send(message)
            sessions[here] = (await connection.until("accepted"))["session_id"]
            await connection.until("stream_end")


def measure_growth(folder: Path, turns: int) -> list[Figure]:
    """Memory after many turns of a closed set of sessions."""
    sessions: list[str | None] = [None] * SESSIONS
    with model_process() as url, instance(folder / "growth", url) as daemon:
        address = daemon.start()
        trio.run(_rounds, address, sessions, 130 * SESSIONS)  # until all that is kept of ended turns is full
        before = daemon.memory()
        trio.run(_rounds, address, sessions, turns)
        grown = daemon.memory() - before
    name = f"memory growth over {turns} turns of {SESSIONS} sessions"
    return [Figure(name=name, value=max(grown, 0.0), unit="MB", budget=5)]


async def _idle(address: str, memory: Callable[[], float]) -> float:
    """Megabytes that clients cost which are connected and silent."""
    before = memory()
    async with AsyncExitStack() as clients:
        for _ in range(IDLE):
            await clients.enter_async_context(listening(address))
        return memory() - before


def measure_idle(folder: Path) -> list[Figure]:
    """A thousand clients that only listen."""
    with instance(folder / "idle") as daemon:
        megabytes = trio.run(_idle, daemon.start(), daemon.memory)
    return [Figure(name=f"{IDLE} idle WebSockets", value=megabytes, unit="MB")]
