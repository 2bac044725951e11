"""How a host looks after its instances: programs that end at once, databases that break."""

import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, final

import pytest
import trio

from starpod.host import store
from starpod.host.keeper import Keeper
from starpod.host.pace import Pace
from starpod.host.route import AsProcess
from starpod.host.safe import Safe
from starpod.host.schema import open_store
from starpod.host.store import Row

QUICK: Final = Pace(beat=0.05, soon=0.02, first_wait=0.01, longest_wait=0.05)
DIES: Final = (sys.executable, "-c", "import sys; print('no, not today'); sys.exit(7)")
LIVES: Final = (sys.executable, "-c", "import time; time.sleep(600)")


@final
class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "host.db"
        self.safe = Safe.of(folder)
        self.logged: list[str] = []
        self._name = token_hex(6)  # other tests run at the same time, and a host ends what it does not know
        (folder / "agents").mkdir()
        (folder / "instances").mkdir()

    @asynccontextmanager
    async def keeping(self, program: tuple[str, ...], pace: Pace = QUICK) -> AsyncGenerator[Keeper]:
        rows = open_store(str(self.path), self.safe)
        route = AsProcess(self._name, program)
        keeper = Keeper(self.folder, rows, self.safe, self._name, self._log, pace=pace, route=route)
        async with trio.open_nursery() as nursery:
            started = trio.Event()
            nursery.start_soon(keeper.run, started.set)
            await started.wait()
            with trio.fail_after(60):
                yield keeper
            nursery.cancel_scope.cancel()
        rows.close()

    def _log(self, _level: str, event: str, fields: dict[str, Any]) -> None:
        self.logged.append(f"{event} {fields.get('error', '')!r}")

    def outside(self) -> sqlite3.Connection:
        """Another hand in the database."""
        return sqlite3.connect(self.path, isolation_level=None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def make(keeper: Keeper, name: str = "one", **variables: str) -> Row:
    return keeper.create(name, None, None, variables)


async def until(holds: Any) -> None:
    while not holds():
        await trio.sleep(0.01)


def state(keeper: Keeper, row: Row) -> str | None:
    found = store.instance(keeper.rows, row.id)
    return None if found is None else found.state


async def test_one_that_ends_at_once_is_started_so_often_and_then_left_alone_with_what_it_said(
    world: World,
) -> None:
    async with world.keeping(DIES) as keeper:
        row = make(keeper)
        await until(lambda: state(keeper, row) == "error")
        assert sum("has ended" in each for each in world.logged) == QUICK.attempts
        found = store.instance(keeper.rows, row.id)
        assert found is not None
        assert found.error == "it ended with status 7: no, not today"
        assert keeper.seen == {}

        world.logged.clear()
        assert await keeper.become(row.id, "starting", anew=True)
        await until(lambda: sum("has ended" in each for each in world.logged) == QUICK.attempts)
        await until(lambda: state(keeper, row) == "error")


async def test_one_that_cannot_be_started_is_told_why_and_the_others_run(world: World) -> None:
    async with world.keeping(LIVES) as keeper:
        sealed = store.set_secret(keeper.rows, world.safe, "s", "gone", "A_KEY", "the value of it", 1.0)
        assert sealed["hint"] == "…f it"
        one = make(keeper)
        await until(lambda: one.id in keeper.seen)
        (world.folder / "vault.key").unlink()
        keeper.rows.execute("UPDATE secrets SET agent_id = ''")
        two = make(keeper, "two")
        await until(lambda: state(keeper, two) == "error")
        found = store.instance(keeper.rows, two.id)
        assert found is not None
        assert "the secret A_KEY cannot be read" in str(found.error)
        assert not keeper.seen[one.id].process.ended


async def test_an_instance_listens_where_it_did(world: World) -> None:
    said = "import sys, time; print(sys.argv[-1], flush=True); time.sleep(600)"
    told: list[str] = []
    for _ in range(2):
        async with world.keeping((sys.executable, "-c", said)) as keeper:
            row = store.instances(keeper.rows)[0] if told else make(keeper)
            log = keeper.log_of(row.id)
            await until(lambda: log.exists() and len(log.read_text().split()) == len(told) + 1)  # noqa: B023
            told = log.read_text().split()
    assert told[0] == told[1] != "0"


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        ("ALTER TABLE instances RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO instances"),
        (
            "CREATE TRIGGER broken BEFORE UPDATE ON instances BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
            "DROP TRIGGER broken",
        ),
    ],
    ids=["cannot be read", "cannot be written"],
)
async def test_a_database_that_fails_ends_no_instance_and_not_the_host(
    world: World, breaks: str, mends: str
) -> None:
    async with world.keeping(LIVES) as keeper:
        one, two = make(keeper), make(keeper, "two")
        await until(lambda: {one.id, two.id} == keeper.seen.keys())
        first, second = keeper.seen[one.id].process, keeper.seen[two.id].process
        world.outside().execute(breaks)
        world.logged.clear()

        (keeper.place(one.id) / ".starpod").rename(world.folder / "kept")  # it cannot be built anew
        (keeper.place(one.id) / ".starpod").write_text("in the way")
        os.kill(first.pid, signal.SIGKILL)
        await until(
            lambda: sum("OperationalError" in each or "IntegrityError" in each for each in world.logged) > 2
        )
        assert not second.ended
        assert keeper.seen[two.id].process is second

        world.outside().execute(mends)
        await until(lambda: state(keeper, one) == "error")
        (keeper.place(one.id) / ".starpod").unlink()
        assert await keeper.become(one.id, "starting", anew=True)
        await until(lambda: one.id in keeper.seen)
        assert keeper.seen[two.id].process is second


async def test_a_database_that_is_destroyed_under_a_host_ends_no_instance(world: World) -> None:
    async with world.keeping(LIVES) as keeper:
        one, two = make(keeper), make(keeper, "two")
        await until(lambda: {one.id, two.id} == keeper.seen.keys())
        keeper.rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        world.path.write_bytes(b"nothing of a database" * 2000)
        keeper.rows.execute("PRAGMA shrink_memory")
        with pytest.raises(sqlite3.DatabaseError):
            store.instances(keeper.rows)
        second = keeper.seen[two.id].process
        os.kill(keeper.seen[one.id].process.pid, signal.SIGKILL)
        await until(lambda: sum("DatabaseError" in each for each in world.logged) > 2)
        assert not second.ended
