"""What is known of an instance that runs: where it answers, and what it takes."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final, final

import attrs
import httpx2
import trio

from starpod.host import process
from starpod.host.route import Running
from starpod.lock import LockUnusable, read_daemon
from starpod.workspace import Instance

SHORTEST: Final = 2.5
"""Seconds over which the use of the processor is measured at least."""


@final
@attrs.define(kw_only=True)
class Seen:
    """One instance."""

    place: Path
    """Its folder."""
    process: Running
    generation: int
    """Of its row when it was started."""
    url: str | None = None
    heartbeat: float = 0.0
    """When it last answered: seconds since 1970."""
    since: float = attrs.field(factory=time.monotonic)
    said: bool = False
    """Whether its row says that it runs."""
    trouble: str = ""
    """What went wrong with the last look at it, beside itself."""
    _used: float = attrs.field(default=0.0, init=False)
    """Seconds of processor at the last look."""
    _looked: float = attrs.field(factory=time.monotonic, init=False)
    _cpu_percent: float = attrs.field(default=0.0, init=False)

    async def look(self, http: httpx2.AsyncClient) -> bool:
        """Ask it whether it lives; whether it says so for the first time."""
        daemon = None
        with suppress(LockUnusable):
            daemon = read_daemon(Instance(root=self.place))
        self.url = None if daemon is None or daemon.address is None else daemon.url
        answers = False
        if self.url is not None:
            with suppress(httpx2.HTTPError):
                answers = (await http.get(f"{self.url}/api/health")).status_code < 500
        first = answers and not self.heartbeat
        self.heartbeat = time.time() if answers else self.heartbeat
        self._measure()
        return first

    def _measure(self) -> None:
        now, used = time.monotonic(), process.seconds_used(self.process.pid)
        if now - self._looked >= SHORTEST:
            self._cpu_percent = 100 * max(0.0, used - self._used) / (now - self._looked)
            self._used, self._looked = used, now

    async def health(self) -> dict[str, float] | None:
        """How it is; None until it has answered once."""
        if not self.heartbeat:
            return None
        disk = await trio.to_thread.run_sync(process.disk_used, self.place)
        return {
            "cpu_percent": round(self._cpu_percent, 1),
            "memory_mb": round(process.memory_used(self.process.pid) / 2**20, 1),
            "disk_mb": round(disk / 2**20, 2),
            "last_heartbeat": self.heartbeat,
            "uptime_secs": round(time.monotonic() - self.since, 1),
        }
