"""What starting, resting and being killed cost."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import trio

from tests.bench.daemons import HEADERS, chat, environment, instance
from tests.bench.figures import Figure, median
from tests.bench.turns import listening
from tests.fakes.model_process import model_process

STARTS = 5
SETTLED = 10.0
"""Seconds after which a daemon has loaded in the background what it will need."""
QUIET = 20.0
"""Seconds in which nobody asks anything of it."""


def _seconds_to_first_answer(folder: Path, model: str | None) -> tuple[float, float, float, float]:
    """Seconds to the first accepted request and to the first answer; megabytes before and after it."""
    with instance(folder, model) as daemon:
        start = time.perf_counter()
        address = daemon.start()
        httpx2.get(f"http://{address}/api/sessions", headers=HEADERS, trust_env=False).raise_for_status()
        accepted = time.perf_counter() - start
        chat(address, "hello")
        answered = time.perf_counter() - start
        after = daemon.memory()
    with instance(folder, None) as daemon:
        daemon.start()
        time.sleep(1.0)
        return accepted, answered, daemon.memory(), after


def measure_starts(folder: Path) -> list[Figure]:
    """Start-up with and without a model's SDK."""
    _seconds_to_first_answer(folder / "first", None)  # compiles what has changed since the last time
    with model_process() as url:
        offline = [_seconds_to_first_answer(folder / f"offline{n}", None) for n in range(STARTS)]
        remote = [_seconds_to_first_answer(folder / f"remote{n}", url) for n in range(STARTS)]
    return [
        Figure(name="serve to first request", value=median(r[0] for r in offline), unit="s", budget=0.7),
        Figure(
            name="serve to first answer, offline", value=median(r[1] for r in offline), unit="s", budget=0.8
        ),
        Figure(
            name="serve to first answer of a model", value=median(r[1] for r in remote), unit="s", budget=2.4
        ),
        Figure(
            name="idle memory before any model call",
            value=median(r[2] for r in offline),
            unit="MB",
            budget=65,
        ),
        Figure(name="memory with one SDK loaded", value=median(r[3] for r in remote), unit="MB", budget=120),
    ]


def measure_rest(folder: Path) -> list[Figure]:
    """A daemon that has answered once and then is left alone, with one client that listens."""
    with model_process() as url, instance(folder / "rest", url) as daemon:
        share = trio.run(_processor_at_rest, daemon.start(), daemon.processor)
    return [Figure(name="processor while idle", value=100 * share, unit="% of a core", budget=0.2)]


async def _processor_at_rest(address: str, processor: Callable[[], float]) -> float:
    async with listening(address) as connection:
        await connection.send({"type": "message", "text": "hello"})
        await connection.until("stream_end")
        await trio.sleep(SETTLED)
        before = processor()
        await trio.sleep(QUIET)
        return (processor() - before) / QUIET


def measure_chat(folder: Path) -> list[Figure]:
    """``starpod chat`` as a person waits for it."""
    with instance(folder / "chat", None) as daemon:
        alone = [_seconds_of_chat(daemon.folder) for _ in range(STARTS)]
        daemon.start()
        running = [_seconds_of_chat(daemon.folder) for _ in range(STARTS)]
    return [
        Figure(name="starpod chat to a running daemon", value=median(running), unit="s", budget=0.4),
        Figure(name="starpod chat alone", value=median(alone), unit="s", budget=1.2),
    ]


def _seconds_of_chat(folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "starpod", "chat", "hello"],
        cwd=folder,
        env=environment(),
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def measure_kill(folder: Path) -> list[Figure]:
    """SIGKILL while a model answers: seconds from the next start's readiness to the end of the turn."""
    seconds: list[float] = []
    with model_process("delay:1") as url:
        for number in range(3):
            with instance(folder / f"kill{number}", url) as daemon:
                session = trio.run(_begin_and_leave, daemon.start())
                daemon.kill()
                address = daemon.start()
                start = time.perf_counter()
                trio.run(_until_answered, address, session)
                seconds.append(time.perf_counter() - start - 1.0)
    note = "the model's own second taken off"
    return [
        Figure(
            name="SIGKILL in mid-turn, until answered", value=median(seconds), unit="s", budget=2, note=note
        )
    ]


async def _begin_and_leave(address: str) -> str:
    """Send a message and leave as soon as it is stored."""
    async with listening(address) as connection:
        await connection.send({"type": "message", "text": "hello"})
        accepted = await connection.until("stream_start")
        await trio.sleep(0.3)
        return str(accepted["session_id"])


async def _until_answered(address: str, session: str) -> None:
    while True:
        async with listening(address) as connection:
            await connection.send({"type": "resume", "session_id": session, "after_seq": None})
            backlog = await connection.until("backlog")
            if backlog["running_turn_id"] is None:
                async with httpx2.AsyncClient(headers=HEADERS, trust_env=False) as client:
                    rows = (await client.get(f"http://{address}/api/sessions/{session}/messages")).json()
                if any(row["role"] == "assistant" for row in rows):
                    return
                await trio.sleep(0.05)
                continue
            await connection.until("stream_end")
            return
