"""A hosting backend on this machine, whole: real hosts, real agents, real commands, and hosts that are killed."""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

import httpx2
import pytest
import trio

from actors.shell import census
from starpod.host import store
from starpod.host.process import MARK
from starpod.host.safe import Safe
from starpod.host.schema import open_store
from starpod.host.store import EVERYBODY
from tests.system.daemons import NOWHERE, PATIENCE, Json, Process, launch, read_json, starpod, until

SECRET: Final = "the-secret-of-an-agent-4713"


@final
class Host:
    """One that was started; it may be dead."""

    def __init__(self, data: Path, process: Process, log: Path) -> None:
        self.data = data
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        told = read_json(self.data / "host.lock")
        return str(told["url"]) if told.get("pid") == self.process.pid else ""

    @property
    def key(self) -> str:
        return (self.data / "host.key").read_text().strip()

    async def ready(self) -> None:
        await until(lambda: self.url or self.process.poll() is not None, "the host did not get ready")
        assert self.url, self.log

    async def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as http:
            headers = {"Authorization": f"Bearer {self.key}"}
            return await http.request(method, f"{self.url}{path}", headers=headers, **options)

    async def instances(self) -> list[Json]:
        found: list[Json] = (await self.ask("GET", "/instances")).json()
        return found

    async def until_state(self, state: str) -> Json:
        """Wait until the only instance is in a state."""
        with trio.fail_after(PATIENCE):
            while (found := await self.instances())[0]["status"] != state:
                await trio.sleep(0.05)
        return found[0]

    async def until_seen(self) -> Json:
        """Wait until it knows where the only instance answers: it has found or started it by then."""
        with trio.fail_after(PATIENCE):
            while (found := await self.instances())[0]["web_url"] is None:
                await trio.sleep(0.05)
        return found[0]

    async def died(self) -> None:
        """Wait until it was killed."""
        await until(lambda: self.process.poll() is not None, f"it was not killed\n{self.log}")
        assert self.process.wait() == -signal.SIGKILL, self.log


@asynccontextmanager
async def hosting(data: Path, crash_at: str = "", *arguments: str, **variables: str) -> AsyncGenerator[Host]:
    """A host. One that still runs at the end of the block is stopped in order."""
    log = data.parent / f"host-{crash_at or 'plain'}.log"
    with log.open("ab") as file, NOWHERE.open("rb") as nothing:
        process = launch(
            data.parent,
            *("host", "--data", str(data), "--listen", "127.0.0.1:0", *arguments),
            streams=(nothing.fileno(), file.fileno(), file.fileno()),
            imported=["starpod.host.service"],
            variables={**variables, **({"BUS_CRASH_AT": crash_at} if crash_at else {})},
        )
    host = Host(data, process, log)
    try:
        yield host
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None, "the host did not stop")
            assert process.wait() == 0, host.log
    finally:
        process.kill()
        process.wait()


def marked(data: Path) -> list[int]:
    """Processes of the instances of a host that run."""
    host = sha256((data / "host.key").read_text().strip().encode()).hexdigest()[:12]
    return list(census.marked(f"{MARK}={host}:"))


def environment_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    (root / "agents" / "bot").mkdir(parents=True)
    (root / "starpod.toml").write_text('provider = "offline"\n')
    (root / "agents/bot/agent.toml").write_text('agent_name = "Aster"\nprovider = "offline"\n')
    (root / "agents/bot/SOUL.md").write_text("You are Aster.")
    (root / "agents/bot/deploy.toml").write_text('version = 1\n[agent.secrets.x]\nsecret = "X_TOKEN"\n')
    (root / "skills/knit").mkdir(parents=True)
    (root / "skills/knit/SKILL.md").write_text("---\nname: knit\ndescription: Knits.\n---\nKnit.\n")
    (root / ".env").write_text(f"X_TOKEN={SECRET}\nOTHER=1\n")
    return root


async def test_an_agent_goes_out_is_looked_after_and_leaves_nothing_behind(
    workspace: Path, tmp_path: Path
) -> None:
    data = tmp_path / "host"
    async with hosting(data) as host:
        await host.ready()
        me = {"HOME": str(tmp_path / "me"), "STARPOD_URL": host.url}

        async def run(*words: str, status: int = 0, stdin: str = "", **more: str) -> str:
            ended = await starpod(workspace, *words, stdin=stdin, **{**me, **more})
            assert ended.status == status, f"{ended.out}{ended.err}\n{host.log}"
            assert SECRET not in ended.out + ended.err
            assert host.key not in ended.out + ended.err
            return ended.out + ended.err

        await run("auth", "login", "--paste", stdin=host.key)
        await run("deploy", "bot", "--only", "X_TOKEN")

        (one,) = await host.instances()
        id = one["id"]
        folder = data / "instances" / id
        assert (folder / ".starpod/config/SOUL.md").read_text() == "You are Aster."
        assert (folder / ".starpod/skills/knit/SKILL.md").is_file()
        (pid,) = [
            each for each in marked(data) if read_json(folder / ".starpod/daemon.lock").get("pid") == each
        ]
        assert f"X_TOKEN={SECRET}" in environment_of(pid)
        assert (await host.ask("GET", f"/instances/{id}/health")).json()["memory_mb"] > 1
        assert [
            each for each in data.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()
        ] == []
        assert "bot" in await run("instance", "list")
        assert "Aster is running" in await run("instance", "logs", "bot", "--no-follow")
        shell = tmp_path / "shell"
        shell.write_text("#!/bin/sh\npwd\nexit 5\n")
        shell.chmod(0o755)
        assert str(folder) in await run("instance", "ssh", "bot", status=5, SHELL=str(shell))

        assert "1 secret is sealed" in await run("host", "rotate", "--data", str(data))
        await run("instance", "pause", "bot")
        assert (await host.instances())[0]["status"] == "paused"
        assert pid not in marked(data)
        (workspace / "agents/bot/SOUL.md").write_text("You are Nova.")
        assert "1 sent" in await run("agent", "push", "bot")
        await run("instance", "restart", "bot")
        assert (await host.until_state("running"))["web_url"] == one["web_url"]
        assert (folder / ".starpod/config/SOUL.md").read_text() == "You are Nova."
        assert f"X_TOKEN={SECRET}" in environment_of(marked(data)[0]), "it opens with the new key"
        (workspace / "agents/bot/SOUL.md").unlink()
        await run("agent", "pull", "bot")
        assert (workspace / "agents/bot/SOUL.md").read_text() == "You are Nova."

        await run("instance", "kill", "bot")
        assert await host.instances() == []
        assert not folder.exists()
        assert marked(data) == []
        assert SECRET not in host.log
        assert host.key not in host.log


async def test_a_host_that_is_killed_at_each_step_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    data = tmp_path / "host"
    async with hosting(data, "create.entered") as host:
        await host.ready()
        with pytest.raises(httpx2.HTTPError):
            await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    for point in ("create.built", "create.started", "create.running"):
        async with hosting(data, point) as host:
            await host.died()
    (folder,) = (data / "instances").iterdir()
    before = read_json(folder / ".starpod/daemon.lock")["pid"]
    async with hosting(data, "delete.entered") as host:
        await host.ready()
        one = await host.until_seen()
        assert read_json(folder / ".starpod/daemon.lock")["pid"] == before, "it was found again"
        with pytest.raises(httpx2.HTTPError):
            await host.ask("DELETE", f"/instances/{one['id']}")
        await host.died()
    for point in ("delete.ended", "delete.removed"):
        async with hosting(data, point) as host:
            await host.died()
    async with hosting(data) as host:
        await host.ready()
        with trio.fail_after(PATIENCE):
            while await host.instances():
                await trio.sleep(0.02)
        assert list((data / "instances").iterdir()) == []
        assert marked(data) == []


async def test_a_new_master_key_that_is_cut_short_at_each_step_loses_no_secret(tmp_path: Path) -> None:
    data, safe = tmp_path / "host", Safe.of(tmp_path / "host")
    data.mkdir()
    (data / "host.lock").touch()
    with closing(open_store(str(data / "host.db"), safe)) as rows:
        store.set_secret(rows, safe, "1", EVERYBODY, "A_KEY", SECRET, 1.0)
    for point, keys in (("key_written", 2), ("sealed", 3), ("old_key_gone", 1)):
        ended = await starpod(tmp_path, "host", "rotate", "--data", str(data), BUS_CRASH_AT=f"rotate.{point}")
        assert ended.status == -signal.SIGKILL, ended.err
        assert len((data / "vault.key").read_text().split()) == keys, point
        with closing(open_store(str(data / "host.db"), safe)) as rows:
            assert store.values(rows, safe, None) == {"A_KEY": SECRET}, point
    ended = await starpod(tmp_path, "host", "rotate", "--data", str(data))
    assert (ended.status, "1 secret is sealed" in ended.out + ended.err) == (0, True), ended.err
    assert len((data / "vault.key").read_text().split()) == 1
