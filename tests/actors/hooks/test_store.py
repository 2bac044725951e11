import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from actors.hooks import store
from actors.hooks.breaker import Count
from actors.hooks.messages import Run
from actors.storage import empty, numbered

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with empty(numbered(store.MIGRATIONS)) as connection:
        yield connection


def run(hook: str = "a", n: int = 0) -> Run:
    return Run(
        hook=hook,
        event="PreToolUse",
        tool="Bash",
        session="s",
        at=AT + timedelta(seconds=n),
        seconds=0.25,
        result="deny",
        detail="no",
        stderr="err",
    )


def test_the_last_calls_are_kept_the_newest_first(db: sqlite3.Connection) -> None:
    for n in range(store.MOST + 3):
        store.ran(db, run("a" if n % 2 else "b", n), None)
    kept = store.runs(db, None, 10_000)
    assert len(kept) == store.MOST
    assert kept[0] == run("b", store.MOST + 2)
    assert kept[-1] == run("a", 3)
    assert store.runs(db, "a", 1) == (run("a", store.MOST + 1),)
    assert store.runs(db, "c", 1) == ()


def test_how_hooks_fare_is_kept_until_they_work_again_or_are_gone(db: sqlite3.Connection) -> None:
    store.ran(db, run(), Count(failures=1))
    store.ran(db, run("b"), Count(failures=5, until=AT))
    assert store.failing(db) == {"a": Count(failures=1), "b": Count(failures=5, until=AT)}
    store.ran(db, run(), Count(failures=0))
    store.ran(db, run("b"), Count(failures=6, until=AT))
    assert store.failing(db) == {"b": Count(failures=6, until=AT)}
    store.forget(db, ["b", "c"])
    assert store.failing(db) == {}


def test_how_far_the_ledger_was_read_is_kept_for_each_of_the_two(db: sqlite3.Connection) -> None:
    assert store.cursor(db, "turns") is None
    store.move(db, "turns", 3)
    store.move(db, "turns", 4)
    store.move(db, "closed", 1)
    assert (store.cursor(db, "turns"), store.cursor(db, "closed")) == (4, 1)
    store.move(db, "turns", None)
    assert (store.cursor(db, "turns"), store.cursor(db, "closed")) == (None, 1)
