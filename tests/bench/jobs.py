"""What scheduled jobs cost: many that are not due, many that are due at once, one that is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from actors.cron import jobs
from actors.cron.actor import CronActor
from actors.cron.messages import Interval, OneShot, Schedule
from actors.cron.rows import Kept
from actors.cron.scheduler import MIGRATIONS
from actors.cron.settings import Settings
from actors.storage import micros, numbered
from actors.storage.database import Database
from actors.vocabulary import ADMIN
from bus import Child, Supervisor, open_mesh
from tests.bench.daemons import instance
from tests.bench.figures import Figure, median, quantile

MANY: Final = 10_000
AT_ONCE: Final = 1000
LOOKS: Final = 300
RUNS: Final = 12
QUIET: Final = 20.0
"""Seconds in which nothing is due."""
SETTLED: Final = 10.0
"""Seconds after which a daemon has loaded in the background what it will need."""
DAILY: Final = Interval(every_ms=86_400_000)


def measure(folder: Path) -> list[Figure]:
    """All of it."""
    return [*_many(folder / "many"), _burst(folder / "burst"), *_one(folder / "one")]


def _many(folder: Path) -> Iterator[Figure]:
    with instance(folder) as without:
        idle = _idle(without)
    with instance(folder) as daemon:
        database = _fill(folder, MANY, DAILY)
        looks = trio.run(_looks, database, folder)
        yield Figure(
            name=f"a look at {MANY} jobs",
            value=1000 * median(looks),
            unit="ms",
            budget=1,
            note=f"p99 {1000 * quantile(looks, 0.99):.2f} ms",
        )
        share = _idle(daemon) - idle
        yield Figure(
            name=f"{MANY} jobs that are not due",
            value=100 * max(share, 0.0),
            unit="% of a core",
            budget=0.1,
            note=f"without them {100 * idle:.2f} %",
        )


def _idle(daemon: Any) -> float:
    daemon.start()
    time.sleep(SETTLED)
    before = daemon.processor()
    time.sleep(QUIET)
    share = (daemon.processor() - before) / QUIET
    daemon.stop()
    return float(share)


async def _looks(database: Path, folder: Path) -> list[float]:
    """Seconds that the scheduler takes to see that nothing is due."""
    factory = partial(CronActor, database, Settings, folder, lambda: None)
    tree = Supervisor("root", "one_for_one", (Child("cron", factory),))
    seconds = list[float]()
    async with open_mesh(tree, complete=False) as mesh:
        actor: Any = mesh.bus.routes.named("cron")
        look = actor.actor._look
        await look()
        for _ in range(LOOKS):
            start = time.perf_counter()
            await look()
            seconds.append(time.perf_counter() - start)
    return seconds


def _burst(folder: Path) -> Figure:
    with instance(folder) as daemon:
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
        database = _fill(folder, AT_ONCE, OneShot(at=due.isoformat()))
        daemon.start()
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - 0.5))
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            while connection.execute("SELECT EXISTS (SELECT 1 FROM runs WHERE state = 'planned')").fetchone()[
                0
            ]:
                time.sleep(0.002)
        taken = (datetime.now(UTC) - due).total_seconds()
    return Figure(name=f"{AT_ONCE} jobs due at one instant, all claimed", value=taken, unit="s", budget=1)


def _one(folder: Path) -> Iterator[Figure]:
    with instance(folder) as daemon:
        database = _fill(folder, 1, Interval(every_ms=1000))
        daemon.start()
        time.sleep(2)
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            first = micros(datetime.now(UTC) + timedelta(seconds=1))
            query = (
                "SELECT started_at - instant FROM runs WHERE attempt AND started_at NOTNULL AND instant > ?"
            )
            late = list[float]()
            while len(late) < RUNS:
                time.sleep(0.2)
                late = [micro / 1000 for (micro,) in connection.execute(query, (first,)).fetchall()]
    yield Figure(
        name="from due to accepted", value=median(late), unit="ms", budget=50, note=f"most {max(late):.1f} ms"
    )


def _fill(folder: Path, many: int, schedule: Schedule) -> Path:
    """A database with so many jobs."""
    path = folder / ".starpod" / "db" / "cron.db"
    database = Database(path=path, migrations=numbered(MIGRATIONS), synchronous="FULL", busy_timeout=1.0)
    now = datetime.now(UTC)
    with closing(database.open_writer()) as connection:
        connection.execute("BEGIN")
        for n in range(many):
            job = Kept(
                id=f"j{n}",
                owner=ADMIN,
                name=f"job {n}",
                prompt="help",
                schedule=schedule,
                timezone="Europe/Rome",
                anchor=now.replace(microsecond=0),
                created_at=now,
            )
            jobs.add(connection, job, now, many)
        connection.execute("COMMIT")
    return path
