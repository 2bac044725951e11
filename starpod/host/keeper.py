"""Sees to it that each instance is as its row says. One task an instance; whatever it does can be done twice.

What goes wrong with one instance, or with the database, ends neither another instance nor the host.

A host that was killed at any point finds by the rows what it has begun: an instance that was being made is made, one
that was being deleted is deleted, one that runs is found again, and what no row knows is removed.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, final

import httpx2
import trio

from actors import atomic, jsontext
from bus import crash_point
from starpod.blueprint import build_standalone
from starpod.errors import StarpodError
from starpod.host import links, logbook, ports, process, store
from starpod.host.pace import Pace
from starpod.host.route import AsProcess, Route, Running
from starpod.host.safe import Safe
from starpod.host.seen import Seen
from starpod.host.store import Row, State
from starpod.lock import LockUnusable, read_daemon
from starpod.workspace import Instance

ANSWER: Final = 20.0
"""Seconds that whoever wants something waits until it is so; it will be so all the same."""
Log = Callable[[str, str, dict[str, Any]], None]


@final
class Keeper:
    """All instances of a host."""

    def __init__(
        self,
        folder: Path,
        rows: sqlite3.Connection,
        safe: Safe,
        host: str,
        log: Log,
        *,
        pace: Pace = Pace(),  # noqa: B008 - frozen
        route: Route | None = None,
    ) -> None:
        """See the class.

        Args:
          folder: where everything is.
          rows: what is wanted.
          safe: opens the secrets.
          host: the name of this host among all of this machine, in the marks of its processes.
          log: told what people may want to know.
          pace: how patient it is.
          route: how instances are run; left out, as processes.
        """
        self.rows = rows
        self.safe = safe
        self.seen: dict[str, Seen] = {}
        self._folder = folder
        self._host = host
        self._log = log
        self._pace = pace
        self._route = route or AsProcess(host)
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

    def container_of(self, id: str) -> dict[str, str] | None:
        """The container that it is run in, with the engine; None where it is in none."""
        return self._route.container(id)

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
        for id in await self._route.known() - known:
            await self._route.clean(id)
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
        """One task of an instance, until it is gone. No error of it, or of the database, is anybody else's."""
        ends, failures = 0, 0
        while True:
            row, wake = None, trio.Event()
            self._wakes[id] = wake
            try:
                row = store.instance(self.rows, id)
                if row is None:
                    break
                ends = await self._do(row, wake, ends)
                failures = 0
            except* Exception as errors:  # noqa: BLE001 - said, and tried again
                self._log("error", "an instance cannot be kept", {"instance": id, "error": errors})
                is_to_run = row is not None and row.state in {"creating", "starting", "running"}
                if row is None or not is_to_run or not self._given_up(row, _reason(errors)):
                    with trio.move_on_after(self._pace.wait(failures)):
                        await wake.wait()
                    failures += 1
            self._told()
        del self._wakes[id]
        self._told()

    async def _do(self, row: Row, wake: trio.Event, ends: int) -> int:
        """What its state asks for, until something else is wanted; how often it has ended soon by then."""
        if row.state == "deleting":
            await self._remove(row)
        elif row.state in {"paused", "error"}:
            await self._end(row)
            self._told()
            await wake.wait()
            return 0
        else:
            started = time.monotonic()
            why = await self._live(row, wake)
            if why is not None:
                ends = 1 if time.monotonic() - started > self._pace.stable else ends + 1
                await self._ended(row, why, ends, wake)
        return ends

    def _given_up(self, row: Row, why: str) -> bool:
        """Whether the database knows by now that it cannot be kept, or that something else is wanted of it."""
        try:
            store.settle(self.rows, row, "error", time.time(), why)
        except sqlite3.Error as error:
            self._log("error", "the database of the host fails", {"error": error})
            return False
        return True

    async def _ended(self, row: Row, why: str, ends: int, wake: trio.Event) -> None:
        self._log("warning", "an instance has ended", {"instance": row.id, "why": why})
        if ends >= self._pace.attempts and self._given_up(row, why):
            return
        with trio.move_on_after(self._pace.wait(ends)):
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
        found = seen.process if seen is not None else await self._running(row, None)
        if found is not None:
            await found.end()
        await self._route.clean(row.id)
        self.seen.pop(row.id, None)
        if found is not None:
            found.close()

    async def _running(self, row: Row, generation: int | None) -> Running | None:
        """What runs of it that the host before us has started."""
        try:
            daemon = read_daemon(Instance(root=self.place(row.id)))
        except LockUnusable:
            return None
        if daemon is None:
            return None
        return await self._route.find(row.id, daemon.pid, process.mark(self._host, row.id, generation))

    async def _start(self, row: Row) -> Running:
        """Build it anew and run it."""
        await self._end(row)
        await trio.to_thread.run_sync(self._build, row)
        crash_point("create", "built")
        logbook.renew(self.log_of(row.id))
        port = ports.choose(row.port, store.ports(self.rows))
        if port and port != row.port:
            store.keep_port(self.rows, row.id, port)
        variables = {**row.variables, **store.values(self.rows, self.safe, row.agent_id)}
        marked = process.mark(self._host, row.id, row.generation)
        return await self._route.start(
            row.id, self.place(row.id), self.log_of(row.id), marked, variables, port
        )

    async def _live(self, row: Row, wake: trio.Event) -> str | None:
        """Have it run until it ends, which is told in a sentence, or until something else is wanted."""
        seen = self.seen.get(row.id)
        if seen is None or seen.generation != row.generation or seen.process.ended:
            found = None if seen is not None else await self._running(row, row.generation)
            found = found or await self._start(row)
            seen = self.seen[row.id] = Seen(
                place=self.place(row.id), process=found, generation=row.generation
            )
        found = seen.process
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

    def _how(self, row: Row, found: Running) -> str:
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
            links.refuse(self.place(row.id), blueprint)
            skills = blueprint / "skills"
            build_standalone(
                blueprint, self.place(row.id), skills=skills if skills.is_dir() else None, force=True
            )

    async def _look(self, row: Row, seen: Seen, why: list[str], scope: trio.CancelScope) -> None:
        """Ask it whether it lives, ever again. What we cannot do meanwhile, as on a full disk, does not end it."""
        began = time.monotonic()
        async with httpx2.AsyncClient(timeout=self._pace.beat, trust_env=False, verify=False) as http:
            while True:
                try:
                    if await seen.look(http):
                        self._told()
                    if seen.heartbeat:
                        self._say_it_runs(row, seen)
                    logbook.renew(self.log_of(row.id))
                    seen.trouble = ""
                except (OSError, sqlite3.Error) as error:
                    if str(error) != seen.trouble:
                        self._log(
                            "error",
                            "an instance cannot be looked after",
                            {"instance": row.id, "error": error},
                        )
                    seen.trouble = str(error)
                if not seen.heartbeat and time.monotonic() - began > self._pace.patience:
                    why.append(f"it did not start within {self._pace.patience:.0f} s")
                    scope.cancel()
                await trio.sleep(self._pace.beat if seen.heartbeat else self._pace.soon)

    def _say_it_runs(self, row: Row, seen: Seen) -> None:
        if row.state != "running" and not seen.said:
            store.settle(self.rows, row, "running", time.time())
            crash_point("create", "running")
        seen.said = True

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
        return None if seen is None else await seen.health()


def _reason(errors: BaseExceptionGroup[Exception]) -> str:
    """The first of them, for people."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    known = isinstance(first, OSError | StarpodError | sqlite3.Error)
    return str(first) if known else "the host has a fault: its log says more"
