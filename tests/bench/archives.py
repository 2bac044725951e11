"""What many conversations cost: their list, a search through all messages, and a long one in the page."""

import time
from pathlib import Path
from typing import Final

import httpx2

from tests.bench.daemons import HEADERS, Instance, instance
from tests.bench.figures import Figure, quantile
from tests.fakes.archive import Words, archive

CONVERSATIONS: Final = 10_000
TURNS: Final = 5
"""Of each conversation; a turn is two messages."""
WORDS: Final = 40
"""Of an answer."""
ASKED: Final = 40
PAGE: Final = "/api/sessions?limit=50"
LABEL: Final = "work"
PINNED: Final = 20
"""How many are on top; every tenth has a label."""


def measure(folder: Path) -> list[Figure]:
    """100 000 messages in 10 000 conversations."""
    with instance(folder / "archive") as daemon:
        with archive(_database(daemon)) as ledger:
            for number in range(CONVERSATIONS):
                labels = f'["{LABEL}"]' if number % 10 == 0 else "[]"
                ledger.conversation(TURNS, tools=False, words=WORDS, pinned=number < PINNED, labels=labels)
        address = daemon.start()
        with httpx2.Client(base_url=f"http://{address}", headers=HEADERS, trust_env=False) as client:
            return [*_lists(client), *_searches(client)]


def _database(daemon: Instance) -> Path:
    return daemon.folder / ".starpod" / "db" / "session.db"


def _lists(client: httpx2.Client) -> list[Figure]:
    """Pages of the list, as the page asks for them."""
    far = CONVERSATIONS - 100
    paths = {
        "the first page": [PAGE],
        "the last page": [f"{PAGE}&offset={far}"],
        "those on top": [f"{PAGE}&pinned=true"],
        "those with a label": [f"{PAGE}&label={LABEL}"],
        "all labels": ["/api/labels"],
        "by a word of the title": [f"{PAGE}&q={Words().text(1)}"],
    }
    return [
        Figure(
            name=f"list of {CONVERSATIONS:,} conversations: {what}".replace(",", " "),
            value=_took(client, asked * ASKED),
            unit="ms",
            budget=30,
        )
        for what, asked in paths.items()
    ]


def _searches(client: httpx2.Client) -> list[Figure]:
    """Words of the vocabulary, whole, as they are typed, and the first letter of one."""
    words = Words(seed=2)
    asked = {
        "a word": [words.text(1) for _ in range(ASKED)],
        "three words": [words.text(3) for _ in range(ASKED)],
        "two letters": [words.text(1)[:2] for _ in range(ASKED)],
        "one letter": list("etaoinshrdlucmfwypvbgkqjxz"),
        "what nobody said": [f"zzz{number}" for number in range(ASKED)],
    }
    return [
        Figure(
            name=f"search in {CONVERSATIONS * TURNS * 2:,} messages: {what}".replace(",", " "),
            value=_took(client, [f"/api/search?q={each}" for each in queries]),
            unit="ms",
            budget=80,
            note="95 of 100",
        )
        for what, queries in asked.items()
    ]


def _took(client: httpx2.Client, paths: list[str]) -> float:
    """Milliseconds within which 95 of 100 are answered."""
    seconds = list[float]()
    client.get(paths[0]).raise_for_status()
    for path in paths:
        began = time.perf_counter()
        client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - began)
    return 1000 * quantile(seconds, 0.95)
