"""What the agent asks a backend for people, and how it looks after what runs there."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, final

import pytest
import trio
from trio.testing import MockClock

from actors.instances import account
from actors.instances import messages as instances
from actors.instances.account import Login
from actors.instances.actor import InstancesActor
from actors.instances.settings import Instances, Settings
from actors.notify import messages as notify
from actors.subsystem import Given
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.instances.backend import StandIn, standing_in

ONE: dict[str, Any] = {"id": "a1", "name": "mine", "status": "running"}
LIST, HEALTH, RESTART = "GET /instances", "GET /instances/a1/health", "POST /instances/a1/restart"
KEY = "the-key-of-the-backend"
PROVIDER = "the-key-of-a-provider"


def health(beat: float) -> dict[str, float]:
    return {"cpu_percent": 0, "memory_mb": 0, "disk_mb": 0, "last_heartbeat": beat, "uptime_secs": 0}


@final
class Told(Actor):
    """Keeps what the owner is told."""

    def __init__(self, kept: list[notify.Notify]) -> None:
        self._kept = kept

    @notify.Notify.handler
    async def told(self, request: notify.Notify) -> None:
        self._kept.append(request)


@final
class World:
    def __init__(self, mesh: MeshUnderTest, backend: StandIn, folder: Path, clock: MockClock) -> None:
        self.mesh = mesh
        self.backend = backend
        self.clock = clock
        self.folder = folder
        self.told: list[notify.Notify] = []
        self.settings = Settings()
        self.environment = {
            "HOME": str(folder),
            account.GATEWAY_URL: backend.url,
            account.GATEWAY_KEY: KEY,
            "ANTHROPIC_API_KEY": PROVIDER,
            "STARPOD_API_KEY": "of-the-agent",
        }

    async def start(self, *, monitor: bool = False) -> None:
        self.settings = Settings(instances=Instances(monitor=monitor, attempts=1))
        given = Given(
            data=self.folder,
            home=self.folder,
            environment=self.environment,
            settings_of=lambda _kind: self.settings,
        )
        await self.mesh.start(partial(Told, self.told), name="notify")
        await self.mesh.start(partial(InstancesActor, given), name="instances")
        await self.mesh.settle()

    async def look(self, beat: float | None, seconds: float = 30.0) -> None:
        """Let the monitor look once, so many seconds later, at a heart; None for one that nobody can ask about."""
        if beat is None:
            self.backend.says(HEALTH, {"error": "busy"}, 500)
        else:
            self.backend.says(HEALTH, health(beat))
        count = sum(each.path.endswith("/health") for each in self.backend.asked)
        self.clock.jump(seconds)
        await self.backend.until_asked(count + 1, HEALTH)
        await self.mesh.settle()

    @property
    def restarts(self) -> int:
        return sum(each.path.endswith("/restart") for each in self.backend.asked)

    @property
    def verdicts(self) -> list[str]:
        return [each.verdict for each in self.mesh.published(instances.Judged)]


@pytest.fixture
async def world(mock_clock: MockClock, mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[World]:
    async with standing_in() as backend:
        backend.says(LIST, [ONE]).says(RESTART)
        yield World(mesh, backend, tmp_path, mock_clock)


# --- for people -----------------------------------------------------------------------------------------------


async def test_people_ask_through_the_agent_with_the_key_that_is_for_it(
    mock_clock: MockClock, world: World
) -> None:
    await world.start()
    backend, ask = world.backend, world.mesh.bus.ask
    backend.says("POST /instances", ONE).says("GET /instances/a1", ONE).says("DELETE /instances/a1")
    backend.says("POST /instances/a1/pause").says(HEALTH, health(1))

    assert [each.id for each in await ask(instances.ListInstances())] == ["a1"]
    assert (await ask(instances.CreateInstance(name="mine", agent_id="g"))).id == "a1"
    assert (await ask(instances.GetInstance(id="a1"))).status == "running"
    assert (await ask(instances.GetHealth(id="a1"))).last_heartbeat == 1
    assert (await ask(instances.PauseInstance(id="a1"))).status == "paused"
    assert (await ask(instances.RestartInstance(id="a1"))).status == "restarted"
    await ask(instances.DeleteInstance(id="a1"))

    assert {each.headers["authorization"] for each in backend.asked} == {f"Bearer {KEY}"}
    assert PROVIDER not in str(backend.asked)


async def test_what_the_backend_refuses_is_told_as_what_it_is(mock_clock: MockClock, world: World) -> None:
    await world.start()
    for status, kind in ((401, instances.KeyRefused), (404, instances.NotThere), (500, instances.Refused)):
        world.backend.says("GET /instances/a1", {"error": "no"}, status)
        with pytest.raises(kind):
            await world.mesh.bus.ask(instances.GetInstance(id="a1"))


async def test_without_a_backend_nobody_is_asked_and_a_login_is_one(
    mock_clock: MockClock, world: World
) -> None:
    del world.environment[account.GATEWAY_URL]
    await world.start()
    with pytest.raises(instances.NotSetUp, match="no hosting backend"):
        await world.mesh.bus.ask(instances.ListInstances())
    assert instances.NotSetUp.kind == "unavailable"

    login = Login(backend_url=world.backend.url, api_key="of-the-login")
    account.keep(account.file_in(world.folder), login)
    await world.mesh.bus.ask(instances.ListInstances())
    assert world.backend.asked[-1].headers["authorization"] == "Bearer of-the-login"


async def test_all_there_is_to_see_is_told_at_once_and_trouble_is_part_of_it(
    mock_clock: MockClock, world: World
) -> None:
    await world.start()
    seen = await world.mesh.bus.ask(instances.Look())
    assert ([each.id for each in seen.instances], seen.url, seen.trouble, seen.monitored) == (
        ["a1"],
        world.backend.url,
        None,
        False,
    )
    for status, trouble in ((401, "key_refused"), (500, "refused")):
        world.backend.says(LIST, {"error": "no such luck"}, status)
        seen = await world.mesh.bus.ask(instances.Look())
        assert (seen.trouble, seen.instances) == (trouble, ())
        assert "no such luck" in seen.reason
        assert KEY not in str(seen)
    world.environment[account.GATEWAY_URL] = "http://127.0.0.1:1"
    seen = await world.mesh.bus.ask(instances.Look())
    assert (seen.trouble, seen.url) == ("not_reached", "http://127.0.0.1:1")
    del world.environment[account.GATEWAY_URL]
    seen = await world.mesh.bus.ask(instances.Look())
    assert (seen.trouble, seen.url, seen.reason) == ("not_set_up", None, "")
    world.environment[account.GATEWAY_URL] = "http://somewhere.example"
    seen = await world.mesh.bus.ask(instances.Look())
    assert (seen.trouble, seen.url) == ("not_set_up", None)
    assert "by https:// only" in seen.reason


async def test_agents_are_listed_and_a_backend_without_any_has_none(
    mock_clock: MockClock, world: World
) -> None:
    await world.start()
    assert await world.mesh.bus.ask(instances.ListAgents()) == ()
    world.backend.says("GET /agents", [{"id": "g", "name": "bot"}, {"id": "h"}])
    found = await world.mesh.bus.ask(instances.ListAgents())
    assert [(each.id, each.name) for each in found] == [("g", "bot"), ("h", "h")]


async def test_a_way_in_is_told_without_its_key(mock_clock: MockClock, world: World) -> None:
    await world.start()
    way = {"host": "a.example", "port": 2222, "user": "root", "private_key": "PEM of nobody"}
    world.backend.says("GET /instances/a1/ssh", way)
    told = await world.mesh.bus.ask(instances.GetWayIn(id="a1"))
    assert told == instances.WayIn(command="starpod instance ssh a1")


async def test_a_log_is_followed_for_as_long_as_somebody_looks(mock_clock: MockClock, world: World) -> None:
    await world.start()

    async def says(send: Any) -> None:
        await send(b'{"timestamp": 1, "level": "info", "message": "one /?code=abc"}\n')
        await send(b'{"timestamp": 2, "level": "warn", "message": "two\\u001b[2J"}\n')
        await trio.sleep_forever()

    world.backend.says("GET /instances/a1/logs", says)
    with trio.fail_after(3600):
        async with world.mesh.bus.stream(instances.FollowLogs(id="a1", tail=7)) as lines:
            found = [await anext(lines), await anext(lines)]
    assert [(each.level, each.message) for each in found] == [("info", "one /?code=…"), ("warn", "two")]
    assert world.backend.asked[-1].query["tail"] == "7"
    world.backend.says("GET /instances/a1/logs", {"error": "gone"}, 404)
    with pytest.raises(instances.NotThere):
        async with world.mesh.bus.stream(instances.FollowLogs(id="a1")) as lines:
            await anext(lines)


# --- the monitor ----------------------------------------------------------------------------------------------


async def test_one_that_is_stuck_is_started_anew_then_given_up_and_told(
    mock_clock: MockClock, world: World
) -> None:
    await world.start(monitor=True)
    for _ in range(4):
        await world.look(7)
    assert (world.restarts, world.verdicts) == (0, [])  # 90 seconds old, and not more

    await world.look(7)
    await world.backend.until_asked(1, RESTART)
    await world.mesh.settle()
    assert world.verdicts == ["stuck"]

    for _ in range(6):
        await world.look(7)
    assert (world.restarts, world.verdicts, len(world.told)) == (1, ["stuck", "given_up"], 1)
    assert (world.told[0].user, world.told[0].title, world.told[0].success) == ("admin", "mine", False)

    await world.look(8)
    assert world.verdicts == ["stuck", "given_up", "recovered"]
    seen = await world.mesh.bus.ask(instances.Look())
    assert [each.what for each in seen.notices] == ["recovered", "given_up", "stuck", "status"]
    assert [each.at for each in seen.notices] == sorted((each.at for each in seen.notices), reverse=True)
    samples = await world.mesh.bus.ask(instances.ShowHistory(id="a1"))
    assert [each.health.last_heartbeat for each in samples] == [*[7] * 11, 8]
    world.backend.says("GET /instances/new", {**ONE, "id": "new"})
    assert await world.mesh.bus.ask(instances.ShowHistory(id="new")) == ()
    with pytest.raises(instances.NotThere):
        await world.mesh.bus.ask(instances.ShowHistory(id="nobody"))


async def test_a_heart_that_beats_or_cannot_be_asked_about_is_left_alone(
    mock_clock: MockClock, world: World
) -> None:
    await world.start(monitor=True)
    for beat in (1, 2, None, 3, None, 4, 5):
        await world.look(beat, 80)
    assert (world.restarts, world.verdicts) == (0, [])


async def test_changes_of_status_are_told_and_who_does_not_run_is_not_asked(
    mock_clock: MockClock, world: World
) -> None:
    await world.start(monitor=True)
    await world.look(1)
    for count, found in ((2, [{**ONE, "status": "paused"}]), (3, []), (4, {"error": "down"})):
        world.backend.says(LIST, found, 500 if isinstance(found, dict) else 200)
        world.clock.jump(30)
        await world.backend.until_asked(count, LIST)
        await world.mesh.settle()
    world.backend.says(LIST, [ONE])
    await world.look(2)

    changes = [(each.before, each.now) for each in world.mesh.published(instances.StatusChanged)]
    assert changes == [(None, "running"), ("running", "paused"), ("paused", None), (None, "running")]
    assert sum(each.path.endswith("/health") for each in world.backend.asked) == 2


async def test_without_leave_nobody_looks(mock_clock: MockClock, world: World) -> None:
    await world.start()
    for _ in range(3):
        world.clock.jump(30)
        await world.mesh.settle()
    assert world.backend.asked == []


async def test_it_stops_at_once(mock_clock: MockClock, world: World) -> None:
    await world.start(monitor=True)
    with trio.fail_after(1):
        await world.mesh.console.restart("instances")
