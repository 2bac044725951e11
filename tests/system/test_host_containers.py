"""A host whose instances are containers: real ones of Podman, where it can run any."""

from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx2
import pytest
import trio

from tests.system.daemons import PATIENCE, read_json, starpod, until
from tests.system.engines import IMAGE, containers, inspected, podman
from tests.system.test_host import SECRET, Host, hosting, marked, workspace

__all__ = ["workspace"]

# Not beside others: a container changes the network of the machine, and browsers break off what they load by then.
pytestmark = pytest.mark.slow

ENGINE: Final = ("--engine", "podman", "--image", IMAGE)


@pytest.fixture(scope="module")
def engine() -> Generator[dict[str, str]]:
    with podman() as variables:
        yield variables


def holding(folder: Path, text: str) -> list[Path]:
    """Files below a folder in which a text is."""
    files = [each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]
    return [each for each in files if text.encode() in each.read_bytes()]


async def gone(host: Host, engine: dict[str, str]) -> None:
    """Wait until a host has no instance, and see that nothing of one is left."""
    with trio.fail_after(PATIENCE):
        while await host.instances():
            await trio.sleep(0.05)
    assert list((host.data / "instances").iterdir()) == []
    assert marked(host.data) == []
    assert containers(engine) == []


async def test_an_agent_lives_in_a_container_that_has_its_folder_and_its_port_and_leaves_nothing(
    workspace: Path, engine: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "host"
    async with hosting(data, "", *ENGINE, **engine) as host:
        await host.ready()
        me = {"HOME": str(tmp_path / "me"), "STARPOD_URL": host.url, **engine}

        async def run(*words: str, status: int = 0, stdin: str = "") -> str:
            ended = await starpod(workspace, *words, stdin=stdin, **me)
            assert ended.status == status, f"{ended.out}{ended.err}\n{host.log}"
            assert SECRET not in ended.out + ended.err
            return ended.out + ended.err

        await run("auth", "login", "--paste", stdin=host.key)
        await run("deploy", "bot", "--only", "X_TOKEN")
        (one,) = await host.instances()
        folder = data / "instances" / one["id"]
        (name,) = containers(engine)

        (first,) = [each for each in marked(data) if _number_within(each) == "1"]
        root = Path(f"/proc/{first}/root")
        assert (root / str(folder).lstrip("/") / ".starpod/config/SOUL.md").is_file()
        assert not (root / str(data / "host.key").lstrip("/")).exists()
        assert "\nCapEff:\t0000000000000000\n" in _status(first)
        assert "\nNoNewPrivs:\t1\n" in _status(first)
        with pytest.raises(OSError, match="Read-only"):
            (root / "etc/other").write_text("")
        known = inspected(engine, name)
        assert name in known
        assert SECRET not in known
        assert holding(tmp_path / "host", SECRET) == []
        assert holding(Path(engine["CONTAINERS_CONF"]).parent / "root" / "overlay-containers", SECRET) == []
        assert any(f"X_TOKEN={SECRET}" in _environment(each) for each in marked(data)), "its own have it"

        assert "Aster is running" in await run("instance", "logs", "bot", "--no-follow")
        assert "memory" in await run("instance", "health", "bot")
        assert (await host.ask("GET", f"/instances/{one['id']}/health")).json()["memory_mb"] > 20
        shell = await run("instance", "ssh", "bot", "--print")
        assert shell.strip() == f"podman exec --interactive --tty {name} /bin/sh"

        await run("instance", "pause", "bot")
        assert (await host.instances())[0]["status"] == "paused"
        assert (marked(data), containers(engine)) == ([], [])
        (workspace / "agents/bot/SOUL.md").write_text("You are Nova.")
        await run("agent", "push", "bot")
        await run("instance", "restart", "bot")
        assert (await host.until_state("running"))["web_url"] == one["web_url"]
        assert (folder / ".starpod/config/SOUL.md").read_text() == "You are Nova."
        (workspace / "agents/bot/SOUL.md").unlink()
        await run("agent", "pull", "bot")
        assert (workspace / "agents/bot/SOUL.md").read_text() == "You are Nova."
        async with httpx2.AsyncClient(trust_env=False, verify=False) as http:
            assert (await http.get(f"{one['web_url']}/api/health")).status_code == 200

        await run("instance", "kill", "bot")
        await gone(host, engine)
        assert SECRET not in host.log


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


def _number_within(pid: int) -> str:
    """The number of a process in its container."""
    return _status(pid).partition("\nNSpid:")[2].partition("\n")[0].split()[-1]


def _environment(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


async def test_a_host_of_containers_that_is_killed_at_each_step_goes_on_and_leaves_nothing_behind(
    engine: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "host"
    async with hosting(data, "create.launched", *ENGINE, **engine) as host:
        await host.ready()
        await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    for point in ("started", "given", "running"):
        async with hosting(data, f"create.{point}", *ENGINE, **engine) as host:
            await host.died()
    (before,) = containers(engine)
    boot = read_json(next((data / "instances").iterdir()) / ".starpod/daemon.lock")["boot_id"]
    async with hosting(data, "delete.entered", *ENGINE, **engine) as host:
        await host.ready()
        one = await host.until_seen()
        assert containers(engine) == [before]
        folder = data / "instances" / one["id"]
        assert read_json(folder / ".starpod/daemon.lock")["boot_id"] == boot, "it was found again"
        with pytest.raises(httpx2.HTTPError):
            await host.ask("DELETE", f"/instances/{one['id']}")
        await host.died()
    for point in ("ended", "removed"):
        async with hosting(data, f"delete.{point}", *ENGINE, **engine) as host:
            await host.died()
    async with hosting(data, "", *ENGINE, **engine) as host:
        await host.ready()
        await gone(host, engine)


async def test_a_container_of_which_no_row_knows_is_removed(engine: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "host"
    async with hosting(data, "create.launched", *ENGINE, **engine) as host:
        await host.ready()
        await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    for each in data.glob("host.db*"):
        each.unlink()
    async with hosting(data, "", *ENGINE, **engine) as host:
        await host.ready()
        await gone(host, engine)


async def test_a_host_that_is_started_with_another_engine_leaves_no_container(
    engine: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "host"
    async with hosting(data, "create.running", *ENGINE, **engine) as host:
        await host.ready()
        await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    assert len(containers(engine)) == 1
    async with hosting(data, "", PATH=str(tmp_path)) as host:
        await until(lambda: host.process.poll() is not None, "it runs without the engine of the one before")
        assert "there is no podman here" in host.log
        assert (host.process.wait(), len(containers(engine))) == (1, 1)
    async with hosting(data, "", **engine) as host:
        await host.ready()
        assert containers(engine) == []
        one = await host.until_state("running")
        assert len(marked(data)) > 0
        await host.ask("DELETE", f"/instances/{one['id']}")
        await gone(host, engine)


async def test_where_no_container_can_be_run_the_host_says_so(tmp_path: Path) -> None:
    engine = tmp_path / "bin" / "podman"
    engine.parent.mkdir()
    for script, path, why in (
        ("", str(tmp_path), "there is no podman here"),
        (
            "exit 1",
            str(engine.parent),
            "there is no image starpod: build it with `podman build --tag starpod --file scripts/Containerfile .`",
        ),
        (
            'test "$1" != run || { echo first; echo no such luck; exit 125; } >&2',
            str(engine.parent),
            "no such luck",
        ),
        ('test "$1" != inspect || echo 0', str(engine.parent), "it does not get as far as Python"),
    ):
        engine.write_text(f"#!/bin/sh\n{script}\n")
        engine.chmod(0o755)
        async with hosting(tmp_path / "host", "", "--engine", "podman", PATH=path) as host:
            with trio.fail_after(PATIENCE):
                while host.process.poll() is None:
                    await trio.sleep(0.02)
            assert host.process.wait() == 1
            assert why in host.log
            assert read_json(tmp_path / "host" / "host.lock") == {}
