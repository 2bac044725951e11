"""What Telegram costs: how soon a message is safe, how long a crowd waits, what it takes to listen."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import trio

from tests.bench.daemons import Instance, instance
from tests.bench.figures import Figure, median, quantile
from tests.fakes.model_process import model_process
from tests.fakes.telegram.server import TelegramServer
from tests.fakes.telegram.state import TOKEN

ONE_BY_ONE: Final = 60
CROWD: Final = 200
FIRST: Final = 1000
"""Id of the first of those who write."""
QUIET: Final = 30.0
"""Seconds in which nobody writes: longer than a poll lasts."""
SETTLED: Final = 10.0
"""Seconds after which a daemon has loaded in the background what it will need."""


def measure(folder: Path) -> list[Figure]:
    """All of it."""
    return [
        *trio.run(partial(_stored, folder / "stored")),
        trio.run(partial(_crowd, folder / "crowd")),
        trio.run(partial(_idle, folder / "idle")),
    ]


@contextmanager
def _bot(folder: Path, telegram: TelegramServer, people: int) -> Generator[Instance]:
    """An instance that receives from Telegram and knows so many people."""
    known = range(FIRST, FIRST + people)
    for person in known:
        telegram.people.meet(person, f"Person {person}")
    with model_process() as url, instance(folder, url) as daemon:
        settings = folder / ".starpod" / "config" / "agent.toml"
        channel = f'[channels.telegram]\napi_url = "{telegram.url}"\nallowed_users = {list(known)}\n'
        settings.write_text(f"{settings.read_text(encoding='utf-8')}{channel}", encoding="utf-8")
        daemon.variables["TELEGRAM_BOT_TOKEN"] = TOKEN
        yield daemon


async def _polled(telegram: TelegramServer, daemon: Instance) -> None:
    await trio.to_thread.run_sync(daemon.start)
    await telegram.wait_for(telegram.seen.polling)


async def _stored(folder: Path) -> list[Figure]:
    """From the answer of a poll until the next one confirms what it brought, which is after it was stored."""
    seconds = list[float]()
    async with TelegramServer.running() as telegram:
        with _bot(folder, telegram, ONE_BY_ONE) as daemon:
            await _polled(telegram, daemon)
            for person in range(FIRST, FIRST + ONE_BY_ONE):
                start = time.perf_counter()
                telegram.people.write("hello", sender=person)
                await telegram.wait_for(lambda: not telegram.seen.waiting())
                seconds.append(time.perf_counter() - start)
                await telegram.wait_for(partial(_is_answered, telegram, person))
                await telegram.wait_for(telegram.seen.polling)
                await trio.sleep(0.05)
    return [
        Figure(
            name="Telegram: update to stored",
            value=1000 * median(seconds),
            unit="ms",
            budget=30,
            note=f"p99 {1000 * quantile(seconds, 0.99):.1f} ms",
        )
    ]


async def _crowd(folder: Path) -> Figure:
    """Many write at the same moment, until the last of them has an answer."""
    async with TelegramServer.running() as telegram:
        with _bot(folder, telegram, CROWD) as daemon:
            await _polled(telegram, daemon)
            await trio.sleep(SETTLED)
            people = range(FIRST, FIRST + CROWD)
            start = time.perf_counter()
            for person in people:
                telegram.people.write("hello", sender=person)
            await telegram.wait_for(lambda: not telegram.seen.waiting())
            stored = time.perf_counter() - start
            for person in people:
                await telegram.wait_for(partial(_is_answered, telegram, person))
            taken = time.perf_counter() - start
    return Figure(
        name=f"{CROWD} chats write at once: all answered",
        value=taken,
        unit="s",
        note=f"all stored after {1000 * stored:.0f} ms; 25 messages a second are sent at most",
    )


async def _idle(folder: Path) -> Figure:
    """A bot to which nobody writes."""
    async with TelegramServer.running() as telegram:
        with _bot(folder, telegram, 1) as daemon:
            await _polled(telegram, daemon)
            await trio.sleep(SETTLED)
            polls, before = len(telegram.seen.requests("getUpdates")), daemon.processor()
            await trio.sleep(QUIET)
            share = (daemon.processor() - before) / QUIET
            polls = len(telegram.seen.requests("getUpdates")) - polls
            os.kill(daemon.pid, 0)  # the daemon lives: what is measured is no silence of the dead
    return Figure(
        name="Telegram: idle polling",
        value=100 * share,
        unit="% of a core",
        budget=0.3,
        note=f"{polls} polls in {QUIET:g} s",
    )


def _is_answered(telegram: TelegramServer, person: int) -> bool:
    return bool(telegram.seen.texts(person))
