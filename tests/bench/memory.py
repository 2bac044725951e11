"""What it costs to remember: searches over HTTP, writing, and notes that lie there while nobody asks."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.bench.daemons import HEADERS, Instance, instance
from tests.bench.figures import Figure, median, quantile

CHUNKS: Final = ((10_000, 15), (100_000, 60))
"""How many passages, and the milliseconds that 95 of 100 searches may take."""
BYTES: Final = 350
"""Of a passage, about."""
QUESTIONS: Final = 200
WORDS: Final = 20_000
"""In use; how often each is follows Zipf's law, as in a language."""
USERS: Final = 5
SETTLED: Final = 2.0
"""Seconds after which memory is looked at."""
MEGABYTE: Final = 1024 * 1024
QUIET: Final = 10
"""Megabytes of notes that a start finds as they were."""


def measure(folder: Path) -> list[Figure]:
    """All of it."""
    return [
        *(figure for count, budget in CHUNKS for figure in _searches(folder / str(count), count, budget)),
        *_writing(folder / "writing"),
        _rest(folder / "rest"),
        _start(folder / "start"),
    ]


def _searches(folder: Path, chunks: int, budget: float) -> Iterator[Figure]:
    words = _Words(7)
    notes = folder / ".starpod" / "users" / "admin" / "notes"
    written = _fill(notes, words, chunks * BYTES)
    with instance(folder) as daemon, _client(daemon) as client:
        began = time.perf_counter()
        made = client.post("/api/memory/reindex", json={}, timeout=600).json()
        seconds = time.perf_counter() - began
        questions = [words.question() for _ in range(QUESTIONS)]
        taken = [_timed(client, "/api/memory/search", q=question) for question in questions]
    name = f"search of {chunks // 1000} 000 passages"
    note = f"p50 {1000 * median(taken):.1f} ms, {made['chunks']} passages"
    yield Figure(name=f"{name}, p95", value=1000 * quantile(taken, 0.95), unit="ms", budget=budget, note=note)
    yield Figure(
        name=f"index of {chunks // 1000} 000 passages",
        value=seconds / (written / MEGABYTE),
        unit="s/MB",
        budget=0.5,
        note=f"{written / MEGABYTE:.0f} MB",
    )


def _writing(folder: Path) -> list[Figure]:
    """A note of a megabyte, and a line that is added to a log of some length."""
    words = _Words(8)
    with instance(folder) as daemon, _client(daemon) as client:
        content = _text(words, MEGABYTE - 2 * BYTES)
        began = time.perf_counter()
        client.put("/api/memory/file", json={"name": "big.md", "content": content}).raise_for_status()
        large = time.perf_counter() - began
        client.put(
            "/api/memory/file", json={"name": "log.md", "content": _text(words, 20_000)}
        ).raise_for_status()
        appended: list[float] = []
        for _ in range(50):
            began = time.perf_counter()
            body = {"name": "log.md", "content": words.sentence(), "mode": "append"}
            client.put("/api/memory/file", json=body).raise_for_status()
            appended.append(time.perf_counter() - began)
    return [
        Figure(name="a note of 1 MB, until it is found", value=large, unit="s", budget=0.5),
        Figure(name="a line added to a note", value=1000 * median(appended), unit="ms"),
    ]


def _rest(folder: Path) -> Figure:
    """Megabytes that the notes of some users take who have asked a moment ago."""
    with instance(folder) as daemon, _client(daemon) as admin:
        admin.get("/api/sessions").raise_for_status()
        keys: list[str] = []
        for number in range(USERS):
            user = f"user{number}"
            admin.post("/api/settings/auth/users", json={"id": user}).raise_for_status()
            keys.append(admin.post("/api/auth/keys", json={"id": user}).json()["key"])
        for key in keys:  # who they are is known, before and after
            admin.get("/api/sessions", headers={"X-API-Key": key}).raise_for_status()
        time.sleep(SETTLED)
        before = daemon.memory()
        for key in keys:
            admin.get(
                "/api/memory/search", params={"q": "hello"}, headers={"X-API-Key": key}
            ).raise_for_status()
        time.sleep(SETTLED)
        after = daemon.memory()
    return Figure(name=f"memory of the notes of {USERS} users", value=after - before, unit="MB", budget=6)


def _start(folder: Path) -> Figure:
    """How much longer the first search after a start takes with notes that are as they were; the start opens none."""
    taken = {size: _seconds_to_search(folder / str(size), size) for size in (0, QUIET)}
    return Figure(
        name=f"start with {QUIET} MB of unchanged notes",
        value=taken[QUIET] - taken[0],
        unit="s",
        budget=0.1,
        note=f"the first search; {taken[0]:.3f} s without any",
    )


def _seconds_to_search(folder: Path, size: int) -> float:
    _fill(folder / ".starpod" / "users" / "admin" / "notes", _Words(9), size * MEGABYTE)
    seconds: list[float] = []
    with instance(folder) as daemon:
        with _client(daemon) as client:
            client.post("/api/memory/reindex", json={}, timeout=600).raise_for_status()
        daemon.stop()
        for _ in range(5):
            with _client(daemon) as client:
                client.get("/api/sessions").raise_for_status()
                seconds.append(_timed(client, "/api/memory/search", q="hello"))
            daemon.stop()
    return min(seconds)


def _client(daemon: Instance) -> httpx2.Client:
    """A client of the daemon, which is started for it."""
    return httpx2.Client(base_url=f"http://{daemon.start()}", headers=HEADERS, timeout=60, trust_env=False)


def _timed(client: httpx2.Client, path: str, **query: Any) -> float:
    began = time.perf_counter()
    client.get(path, params=query).raise_for_status()
    return time.perf_counter() - began


# --- text -----------------------------------------------------------------------------------------------------


class _Words:
    """Made-up words, the first of them as frequent as those of a language are."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
        self._words = [
            "".join(self._random.choices(syllables, k=self._random.randint(2, 4))) for _ in range(WORDS)
        ]
        self._weights = [1 / rank for rank in range(1, WORDS + 1)]
        self._waiting: list[str] = []

    def word(self) -> str:
        if not self._waiting:
            self._waiting = self._random.choices(self._words, self._weights, k=10_000)
        return self._waiting.pop()

    def sentence(self) -> str:
        return " ".join(self.word() for _ in range(12)) + "."

    def question(self) -> str:
        """Some words of those that have a meaning: the most frequent ones of a language have none."""
        return " ".join(self._random.choices(self._words[200:5000], self._weights[200:5000], k=5)) + "?"


def _text(words: _Words, size: int) -> str:
    lines: list[str] = []
    while size > 0:
        lines.append(words.sentence())
        size -= len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def _fill(folder: Path, words: _Words, size: int) -> int:
    """Write notes of so many bytes, about; how many they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = number = 0
    while written < size:
        text = _text(words, min(64 * 1024, size - written))
        (folder / f"note{number:04}.md").write_text(text, encoding="utf-8")
        written += len(text)
        number += 1
    return written
