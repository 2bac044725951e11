"""The clock of a machine is set under a running daemon, and while none runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import trio

from actors.cron.messages import FINAL
from bus.message.clock import OFFSET
from tests.system.daemons import Daemon, Place, serving

DAY: Final = timedelta(days=1)
HOURLY: Final = {"kind": "interval", "every_ms": 3_600_000}
SECOND: Final = {"kind": "interval", "every_ms": 1000}


class Machine:
    """A daemon on a machine whose clock can be set."""

    def __init__(self, daemon: Daemon, file: Path) -> None:
        self._daemon = daemon
        self._file = file
        self._made = 0

    async def set_clock(self, by: timedelta) -> None:
        """Set it to so much from the truth, and have the scheduler look at once: a new job makes it."""
        new = self._file.with_suffix(".new")
        new.write_text(str(by.total_seconds()))
        new.replace(self._file)
        self._made += 1
        await self.add(f"nudge {self._made}", HOURLY, enabled=False)

    async def add(self, name: str, schedule: dict[str, Any], **fields: Any) -> str:
        job = {"name": name, "prompt": "help", "schedule": schedule, **fields}
        answer = await self._daemon.request("POST", "/api/cron/jobs", json=job)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def runs(self, job: str) -> list[dict[str, Any]]:
        """The earliest first, without the one that is planned."""
        found = await self._daemon.get(f"/api/cron/jobs/{job}/runs", limit=500)
        return [run for run in reversed(found) if run["state"] != "planned"]

    async def next(self, job: str) -> datetime:
        shown = await self._daemon.get(f"/api/cron/jobs/{job}")
        return datetime.fromisoformat(shown["next_run_at"])

    async def ended(self, job: str, least: int) -> list[dict[str, Any]]:
        """Its runs, once so many are there and all are over."""
        found = list[dict[str, Any]]()
        with trio.fail_after(60):
            while len(found) < least or any(run["state"] not in FINAL for run in found):
                await trio.sleep(0.1)
                found = await self.runs(job)
        return found


def states(runs: list[dict[str, Any]]) -> list[str]:
    return [run["state"] for run in runs]


def doubles(runs: list[dict[str, Any]]) -> bool:
    """Whether an instant has two rows, or a run two turns."""
    return len({run["instant"] for run in runs}) < len(runs) or any(len(run["attempts"]) > 1 for run in runs)


async def test_a_day_on_and_a_day_back(place: Place) -> None:
    file = place.root / "offset"
    place.variables[OFFSET] = str(file)
    async with serving(place) as daemon:
        machine = Machine(daemon, file)
        hourly, quick = await machine.add("hourly", HOURLY), await machine.add("quick", SECOND)
        await machine.ended(quick, 2)

        await machine.set_clock(DAY)
        missed = await machine.ended(hourly, 24)
        assert states(missed) == ["collapsed"] * 23 + ["done"]
        following = await machine.next(hourly)
        assert timedelta() < following - (datetime.now(UTC) + DAY) < timedelta(hours=1)
        assert states(await machine.runs(quick)).count("done") < 60  # and not a day's worth of seconds

        wrong = await machine.add("wrong", {"kind": "cron", "expr": "0 12 * * *"})
        await machine.set_clock(timedelta())
        await machine.ended(quick, 5)
        assert await machine.runs(hourly) == missed
        assert await machine.next(hourly) == following
        assert timedelta() < await machine.next(wrong) - datetime.now(UTC) <= DAY
        assert timedelta() < await machine.next(quick) - datetime.now(UTC) + timedelta(minutes=1)
        assert not doubles(await machine.runs(quick))


async def test_a_day_of_downtime(place: Place) -> None:
    file = place.root / "offset"
    place.variables[OFFSET] = str(file)
    async with serving(place) as daemon:
        machine = Machine(daemon, file)
        hourly = await machine.add("hourly", HOURLY)
        every = await machine.add("every", HOURLY, missed="all", overlap="queue")
        late = await machine.add("late", HOURLY, missed="skip_older_than", missed_secs=7200)
        await daemon.kill()
    file.write_text(str(DAY.total_seconds()))
    async with serving(place) as daemon:
        machine = Machine(daemon, file)
        assert states(await machine.ended(hourly, 24)) == ["collapsed"] * 23 + ["done"]
        ran = await machine.ended(every, 24)
        assert states(ran) == ["collapsed"] * 14 + ["done"] * 10
        begun = [run["started_at"] for run in ran[14:]]
        assert begun == sorted(begun)
        assert states(await machine.ended(late, 24)) == ["late"] * 22 + ["collapsed", "done"]
        assert not doubles(ran)
        assert timedelta() < await machine.next(hourly) - (datetime.now(UTC) + DAY) < timedelta(hours=1)
