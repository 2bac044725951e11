"""Sees to it that each instance is as its row says. One task an instance; whatever it does can be done twice.

A host that was killed at any point finds by the rows what it has begun: an instance that was being made is made, one
that was being deleted is deleted, one that runs is found again, and what no row knows is removed.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, final

import attrs
import httpx2
import trio

from actors import atomic, jsontext
from bus import crash_point
from starpod.blueprint import build_standalone
from starpod.errors import StarpodError
from starpod.host import logbook, process, store
from starpod.host.process import Process
from starpod.host.store import Row, State
from starpod.lock import LockUnusable, read_daemon
from starpod.workspace import Instance

BEAT: Final = 5.0
"""Seconds between two looks at an instance that runs."""
SOON: Final = 0.1
"""The same while it starts."""
PATIENCE: Final = 60.0
"""Seconds that an instance has to start."""
ATTEMPTS: Final = 3
"""Ends that follow close upon a start, after which it is left alone."""
STABLE: Final = 60.0
"""Seconds after which an end is no longer close upon the start."""
FIRST_WAIT: Final = 0.5
ANSWER: Final = 20.0
"""Seconds that whoever wants something waits until it is so; it will be so all the same."""
Log = Callable[[str, str, dict[str, Any]], None]


@final
@attrs.define(kw_only=True)
class Seen:
    """What is known of an instance that runs."""

    process: Process
    url: str | None = None
    heartbeat: float = 0.0
    """When it last answered: seconds since 1970."""
    since: float = attrs.field(factory=time.monotonic)
    used: float = 0.0
    """Seconds of processor at the last look."""
    looked: float = attrs.field(factory=time.monotonic)
    cpu_percent: float = 0.0


@final
class Keeper:
    """All instances of a host."""

    def __init__(self, folder: Path, rows: sqlite3.Connection, host: str, log: Log) -> None:
        """`host` is the name of this host among all of this machine, in the marks of its processes."""
        self.rows = rows
        self.seen: dict[str, Seen] = {}
        self._folder = folder
        self._host = host
        self._log = log
        self._wakes: dict[str, trio.Event] = {}
        self._changed = trio.Event()
        self._nursery: trio.Nursery | None = None

    # --- where things are -----------------------------------------------------------------------------------

    def files_of(self, agent: str) -> Path:
        """The files of an agent."""
        return self._folder / "agents" / agent

    def place(self, id: str) -> Path:
        """The folder of an instance."""
        return self._folder / "instances" / id

    def log_of(self, id: str) -> Path:
        """What it says."""
        return self.place(id) / "agent.log"

    # --- what is wanted -------------------------------------------------------------------------------------

    def create(
        self, name: str | None, agent: str | None, region: str | None, variables: dict[str, str]
    ) -> Row:
        """Enter a new instance; it is made behind the answer."""
        now = time.time()
        row = Row(
            id=token_hex(8), name=name, agent_id=agent, region=region, variables=variables, state="creating",
            generation=0, error=None, created_at=now, updated_at=now,
        )  # fmt: skip
        store.add_instance(self.rows, row)
        crash_point("create", "entered")
        self._tend(row.id)
        return row

    async def become(self, id: str, state: State, *, anew: bool = False) -> bool:
        """Have an instance in another state, and wait a while until nothing of the old one runs; False without one."""
        if not store.become(self.rows, id, state, time.time(), anew=anew):
            return False
        if state == "deleting":
            crash_point("delete", "entered")
        self._wake(id)
        with trio.move_on_after(ANSWER):
            while state != "starting" and (
                store.instance(self.rows, id) if state == "deleting" else self.seen.get(id)
            ):
                await self._changed.wait()
        return True

    # --- how it gets there ----------------------------------------------------------------------------------

    async def run(self, started: Callable[[], None]) -> None:
        """Look after all instances until cancelled, then end them in order. `started` is called when that begins."""
        await self._remove_strangers()
        try:
            async with trio.open_nursery() as self._nursery:
                for row in store.instances(self.rows):
                    self._tend(row.id)
                started()
                await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                async with trio.open_nursery() as ending:
                    for seen in self.seen.values():
                        ending.start_soon(seen.process.end)

    async def _remove_strangers(self) -> None:
        """What no row knows: its processes and its folder."""
        known = {row.id for row in store.instances(self.rows)}
        for id in {id for _, id in process.marked_instances(self._host)} - known:
            await process.sweep(process.mark(self._host, id))
        for each in (self._folder / "instances").glob("*"):
            if each.name not in known:
                shutil.rmtree(each, ignore_errors=True)

    def _tend(self, id: str) -> None:
        self._wakes[id] = trio.Event()
        if self._nursery is not None:
            self._nursery.start_soon(self._keep, id)

    def _wake(self, id: str) -> None:
        if id in self._wakes:
            self._wakes[id].set()

    def _told(self) -> None:
        """Something has changed: whoever waits looks again."""
        self._changed.set()
        self._changed = trio.Event()

    async def _keep(self, id: str) -> None:
        ends = 0
        while (row := store.instance(self.rows, id)) is not None:
            wake = self._wakes[id] = trio.Event()
            try:
                if row.state == "deleting":
                    await self._remove(row)
                elif row.state in {"paused", "error"}:
                    await self._end(row)
                    self._told()
                    await wake.wait()
                    ends = 0
                else:
                    started = time.monotonic()
                    why = await self._live(row, wake)
                    if why is not None:
                        ends = 1 if time.monotonic() - started > STABLE else ends + 1
                        await self._ended(row, why, ends, wake)
            except (OSError, StarpodError, sqlite3.Error) as error:
                self._log("error", "an instance cannot be kept", {"instance": id, "error": error})
                if row.state == "deleting":
                    await trio.sleep(FIRST_WAIT)
                else:
                    store.settle(self.rows, row, "error", time.time(), str(error))
            self._told()
        del self._wakes[id]
        self._told()

    async def _ended(self, row: Row, why: str, ends: int, wake: trio.Event) -> None:
        self._log("warning", "an instance has ended", {"instance": row.id, "why": why})
        if ends >= ATTEMPTS:
            store.settle(self.rows, row, "error", time.time(), why)
            return
        with trio.move_on_after(FIRST_WAIT * 2**ends):
            await wake.wait()

    async def _remove(self, row: Row) -> None:
        await self._end(row)
        crash_point("delete", "ended")
        if self.place(row.id).exists():
            await trio.to_thread.run_sync(shutil.rmtree, self.place(row.id))
        crash_point("delete", "removed")
        store.forget(self.rows, row.id)

    async def _end(self, row: Row) -> None:
        """Have no process of it left."""
        seen = self.seen.get(row.id)
        found = seen.process if seen is not None else self._running(row, None)
        if found is not None:
            await found.end()
            found.close()
        await process.sweep(process.mark(self._host, row.id))
        self.seen.pop(row.id, None)

    def _running(self, row: Row, generation: int | None) -> Process | None:
        """The process of it that the host before us has started."""
        try:
            daemon = read_daemon(Instance(root=self.place(row.id)))
        except LockUnusable:
            return None
        return (
            None
            if daemon is None
            else process.adopt(daemon.pid, process.mark(self._host, row.id, generation))
        )

    async def _live(self, row: Row, wake: trio.Event) -> str | None:
        """Have it run until it ends, which is told in a sentence, or until something else is wanted."""
        found = self._running(row, row.generation)
        if found is None:
            await self._end(row)
            await trio.to_thread.run_sync(self._build, row)
            crash_point("create", "built")
            logbook.renew(self.log_of(row.id))
            variables = {**row.variables, **store.values(self.rows, row.agent_id)}
            marked = process.mark(self._host, row.id, row.generation)
            found = process.start(self.place(row.id), self.log_of(row.id), marked, variables)
        seen = self.seen[row.id] = Seen(process=found)
        why: list[str] = []
        async with trio.open_nursery() as nursery:

            async def ends() -> None:
                await found.wait()
                why.append(self._how(row, found))
                nursery.cancel_scope.cancel()

            async def woken() -> None:
                await wake.wait()
                nursery.cancel_scope.cancel()

            nursery.start_soon(ends)
            nursery.start_soon(woken)
            nursery.start_soon(self._look, row, seen, why, nursery.cancel_scope)
        await self._end(row)
        return why[0] if why else None

    def _how(self, row: Row, found: Process) -> str:
        status = "" if found.status is None else f" with status {found.status}"
        said = logbook.last(self.log_of(row.id))
        return f"it ended{status}: {said}" if said else f"it ended{status}"

    def _build(self, row: Row) -> None:
        """Bring its folder up to date with the files of its agent; what it has written itself stays."""
        with tempfile.TemporaryDirectory(prefix="starpod-host-") as empty:
            blueprint = Path(empty) if row.agent_id is None else self.files_of(row.agent_id)
            if row.agent_id is None:
                name = jsontext.write(row.name or "Starpod")
                atomic.write(blueprint / "agent.toml", f"agent_name = {name}\n")
            skills = blueprint / "skills"
            build_standalone(
                blueprint, self.place(row.id), skills=skills if skills.is_dir() else None, force=True
            )

    async def _look(self, row: Row, seen: Seen, why: list[str], scope: trio.CancelScope) -> None:
        """Ask it whether it lives, ever again."""
        where = Instance(root=self.place(row.id))
        began = time.monotonic()
        async with httpx2.AsyncClient(timeout=BEAT, trust_env=False, verify=False) as http:
            while True:
                daemon = None
                with suppress(LockUnusable):
                    daemon = read_daemon(where)
                seen.url = None if daemon is None or daemon.address is None else daemon.url
                if seen.url is not None:
                    with suppress(httpx2.HTTPError):
                        answer = await http.get(f"{seen.url}/api/health")
                        if answer.status_code < 500:
                            self._beats(row, seen)
                if not seen.heartbeat and time.monotonic() - began > PATIENCE:
                    why.append(f"it did not start within {PATIENCE:.0f} s")
                    scope.cancel()
                self._measure(seen)
                logbook.renew(self.log_of(row.id))
                await trio.sleep(BEAT if seen.heartbeat else SOON)

    def _beats(self, row: Row, seen: Seen) -> None:
        first, seen.heartbeat = not seen.heartbeat, time.time()
        if first and row.state != "running":
            store.settle(self.rows, row, "running", time.time())
            crash_point("create", "running")
        if first:
            self._told()

    def _measure(self, seen: Seen) -> None:
        now, used = time.monotonic(), process.seconds_used(seen.process.pid)
        if now - seen.looked >= BEAT / 2:
            seen.cpu_percent = 100 * max(0.0, used - seen.used) / (now - seen.looked)
            seen.used, seen.looked = used, now

    # --- how they are ---------------------------------------------------------------------------------------

    def shape(self, row: Row) -> dict[str, Any]:
        """An instance as clients are told of it."""
        seen = self.seen.get(row.id)
        return {
            "id": row.id,
            "name": row.name,
            "status": row.state,
            "region": row.region,
            "agent_id": row.agent_id,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "error_message": row.error,
            "web_url": None if seen is None else seen.url,
            "health": None,
        }

    async def health(self, id: str) -> dict[str, float] | None:
        """How one is that runs."""
        seen = self.seen.get(id)
        if seen is None or not seen.heartbeat:
            return None
        disk = await trio.to_thread.run_sync(process.disk_used, self.place(id))
        return {
            "cpu_percent": round(seen.cpu_percent, 1),
            "memory_mb": round(process.memory_used(seen.process.pid) / 2**20, 1),
            "disk_mb": round(disk / 2**20, 2),
            "last_heartbeat": seen.heartbeat,
            "uptime_secs": round(time.monotonic() - seen.since, 1),
        }
