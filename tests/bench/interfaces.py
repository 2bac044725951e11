"""What an answer costs beyond the model's own time, by the interface it comes from."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import trio

from tests.bench.daemons import Instance, instance
from tests.bench.figures import Figure, median
from tests.bench.turns import listening
from tests.fakes.model_process import model_process

MODELS: Final[Mapping[str, tuple[str, str]]] = {
    "anthropic": ("anthropic", "claude-haiku-4-5"),
    "chat completions": ("openai", "a-model"),
    "responses": ("openai", "gpt-5.4"),
    "gemini": ("gemini", "gemini-2.5-flash"),
    "ollama": ("ollama", "a-model"),
}
"""By interface: the provider, and a model of it that is asked by that."""
TURNS: Final = 100
WORDS: Final = 1000
"""Deltas of a long answer."""
LONG: Final = "and so on " * 100
"""A message that, with what was said before it, is more than BUDGET."""
BUDGET: Final = 200
"""Tokens past which a conversation is summed up."""
COMPACTING: Final = f"[compaction]\ncontext_budget = {BUDGET}\nmin_keep_messages = 1\nmemory_flush = false\n"


def measure(folder: Path) -> list[Figure]:
    """One interface after the other, each with a daemon of its own."""
    return [
        figure for number, name in enumerate(MODELS) for figure in _measured(folder / f"if{number}", name)
    ]


def _measured(folder: Path, name: str) -> list[Figure]:
    with model_process() as url:
        with instance(folder / "plain", url) as daemon:
            address = _started(daemon, url, name)
            trio.run(_turns, address, "hello", 10)
            turn = median(trio.run(_turns, address, "hello", TURNS))
            long = median(trio.run(_turns, address, "word " * WORDS, TURNS // 10))
            whole = median(trio.run(_turns, address, LONG, TURNS // 2))
        with instance(folder / "summed-up", url) as daemon:
            address = _started(daemon, url, name, COMPACTING)
            trio.run(_turns, address, LONG, 10)
            summed_up = median(trio.run(_turns, address, LONG, TURNS // 2))
    return [
        Figure(name=f"{name}: a turn, instant model", value=1000 * turn, unit="ms", budget=4),
        Figure(name=f"{name}: each further delta", value=1e6 * (long - turn) / WORDS, unit="µs"),
        Figure(name=f"{name}: a compaction, instant model", value=1000 * (summed_up - whole), unit="ms"),
    ]


def _started(daemon: Instance, url: str, name: str, more: str = "") -> str:
    """The address of a daemon whose model is asked by that interface."""
    provider, model = MODELS[name]
    (daemon.folder / ".starpod" / "config" / "agent.toml").write_text(
        f'agent_name = "Aster"\nserver_addr = "127.0.0.1:0"\nprovider = "{provider}"\nmodel = "{model}"\n'
        f'[providers.{provider}]\nbase_url = "{url}"\n[limits]\ntokens_per_day = 0\nusd_per_day = 0\n{more}',
        encoding="utf-8",
    )
    daemon.variables[f"{provider.upper()}_API_KEY"] = "test-key"
    return daemon.start()


async def _turns(address: str, text: str, count: int) -> list[float]:
    """Seconds of turns of one conversation, from each message to its end."""
    seconds: list[float] = []
    async with listening(address) as connection:
        session: str | None = None
        for _ in range(count):
            message = {"type": "message", "text": text}
            start = time.perf_counter()
            await connection.send(message if session is None else {**message, "session_id": session})
            session = (await connection.until("accepted"))["session_id"]
            end = await connection.until("stream_end")
            seconds.append(time.perf_counter() - start)
            if end["is_error"]:
                raise RuntimeError(str(end))
    return seconds
