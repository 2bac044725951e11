"""The scheduler with the real agent and the real stores, in virtual time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from actors.cron import messages as cron
from actors.cron.actor import CronActor
from actors.cron.messages import AddJob, Interval, Job, OneShot, Run
from actors.cron.settings import Settings
from actors.notification import Notification
from actors.notify.actor import NotifyActor
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN
from actors.webpush.actor import WebPushActor
from bus.testing import MeshUnderTest
from tests.actors.agent.world import World

HOURLY = Interval(every_ms=3_600_000)


@attrs.define(eq=False)
class Desk:
    """The scheduler beside an agent."""

    world: World
    folder: Path
    offset: list[float]
    """Seconds by which the clock on the wall is set."""
    settings: Settings = attrs.field(factory=Settings)

    @property
    def mesh(self) -> MeshUnderTest:
        return self.world.mesh

    @property
    def now(self) -> datetime:
        return self.mesh.bus.clock.now()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Desk"]:
        async with self.world.running():
            await self.mesh.start(
                partial(
                    UsersActor,
                    self.folder / "users.db",
                    chosen=None,
                    key_file=self.folder / "admin.key",
                    on_first_key=lambda _key: None,
                    seed=lambda _user: None,
                    has_left=lambda _user: False,
                ),
                name="users",
            )
            await self.start_notify()
            await self.start_cron()
            yield self

    async def start_notify(self) -> None:
        factory = partial(NotifyActor, self.folder / "notify.db", lambda: ZoneInfo("Europe/Rome"))
        await self.mesh.start(factory, name="notify")
        await self.mesh.start(partial(WebPushActor, self.folder / "webpush.db"), name="webpush")

    async def start_cron(self) -> None:
        factory = partial(
            CronActor,
            self.folder / "cron.db",
            lambda: self.settings,
            self.folder,
            lambda: ZoneInfo("Europe/Rome"),
        )
        await self.mesh.start(factory, name="cron")

    async def ask(self, kind: Any, **fields: Any) -> Any:
        return await self.mesh.bus.ask(kind(user=ADMIN, role="admin", **fields))

    async def add(self, name: str = "tea", schedule: cron.Schedule = HOURLY, **fields: Any) -> Job:
        made: Job = await self.ask(AddJob, name=name, prompt=f"make {name}", schedule=schedule, **fields)
        return made

    async def runs(self, job: Job) -> list[Run]:
        """What has become of a job's instants, the earliest first, without the one that is planned."""
        found = await self.ask(cron.ListRuns, id=job.id, limit=500)
        return [run for run in reversed(found) if run.state != "planned"]

    async def states(self, job: Job) -> list[str]:
        return [run.state for run in await self.runs(job)]

    def told(self) -> list[str]:
        return [f"{each.title}: {each.text}" for each in self.mesh.published(Notification)]

    def once(self, seconds: float) -> OneShot:
        return OneShot(at=(self.now + timedelta(seconds=seconds)).isoformat())
