"""A host whose instances are units: real ones of systemd, where it manages any for us."""

from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx2
import pytest
import trio

from tests.system.daemons import PATIENCE, read_json, starpod, until
from tests.system.engines import shown, systemd, units
from tests.system.test_host import SECRET, Host, environment_of, hosting, marked, workspace

__all__ = ["workspace"]

ENGINE: Final = ("--engine", "systemd")


@pytest.fixture(scope="module")
def manager() -> Generator[dict[str, str]]:
    with systemd() as variables:
        yield variables


async def gone(host: Host, manager: dict[str, str], before: list[str]) -> None:
    """Wait until a host has no instance, and see that nothing of one is left."""
    with trio.fail_after(PATIENCE):
        while await host.instances():
            await trio.sleep(0.05)
    assert list((host.data / "instances").iterdir()) == []
    assert marked(host.data) == []
    assert units(manager) == before


def told_of(pid: int, file: str) -> str:
    """What the system tells of a process."""
    return Path(f"/proc/{pid}/{file}").read_text()


def first_of(known: str) -> int:
    """The first process of a unit."""
    return int(known.partition("\nMainPID=")[2].partition("\n")[0])


@pytest.mark.slow
async def test_an_agent_lives_in_a_unit_and_leaves_nothing(
    workspace: Path, manager: dict[str, str], tmp_path: Path
) -> None:
    data, before = tmp_path / "host with ${HOME}", units(manager)
    async with hosting(data, "", *ENGINE, **manager, PYTHONPATH=str(data)) as host:
        await host.ready()
        me = {"HOME": str(tmp_path / "me"), "STARPOD_URL": host.url}

        async def run(*words: str, status: int = 0, stdin: str = "", **more: str) -> str:
            ended = await starpod(workspace, *words, stdin=stdin, **{**me, **more})
            assert ended.status == status, f"{ended.out}{ended.err}\n{host.log}"
            assert SECRET not in ended.out + ended.err
            return ended.out + ended.err

        await run("auth", "login", "--paste", stdin=host.key)
        await run("deploy", "bot", "--only", "X_TOKEN")
        (one,) = await host.instances()
        folder = data / "instances" / one["id"]
        (name,) = set(units(manager)) - set(before)
        known = shown(manager, name)
        first = first_of(known)
        agent = read_json(folder / ".starpod/daemon.lock")["pid"]

        assert one["id"] in name
        assert {first, agent} <= set(marked(data)), "the unit's own, with the mark"
        for each in marked(data):
            assert "\nNoNewPrivs:\t1\n" in told_of(each, "status")
            assert name in told_of(each, "cgroup")
        assert f"X_TOKEN={SECRET}" in environment_of(agent)
        assert {f"HOME={folder}", f"PYTHONPATH={data}"} <= set(environment_of(agent))
        assert f"PYTHONPATH={data}" in environment_of(first)
        assert not [
            each for each in environment_of(agent) if each.startswith(("MANAGERPID=", "XDG_", "DBUS_"))
        ]
        assert SECRET not in known
        assert SECRET not in told_of(first, "cmdline")
        assert [
            each for each in data.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()
        ] == []
        assert (folder / "agent.log").stat().st_mode & 0o777 == 0o600

        assert "bot" in await run("instance", "list")
        assert "Aster is running" in await run("instance", "logs", "bot", "--no-follow")
        assert (await host.ask("GET", f"/instances/{one['id']}/health")).json()["memory_mb"] > 20
        shell = tmp_path / "shell"
        shell.write_text("#!/bin/sh\npwd\nexit 5\n")
        shell.chmod(0o755)
        assert str(folder) in await run("instance", "ssh", "bot", status=5, SHELL=str(shell))

        await run("instance", "pause", "bot")
        assert (await host.instances())[0]["status"] == "paused"
        assert (marked(data), units(manager)) == ([], before)
        await run("instance", "restart", "bot")
        assert (await host.until_state("running"))["web_url"] == one["web_url"]
        assert units(manager) == [*before, name]

        await run("instance", "kill", "bot")
        await gone(host, manager, before)
        assert SECRET not in host.log


@pytest.mark.slow
async def test_a_host_of_units_that_is_killed_at_each_step_goes_on_and_leaves_nothing_behind(
    manager: dict[str, str], tmp_path: Path
) -> None:
    data, before = tmp_path / "host", units(manager)
    async with hosting(data, "create.launched", *ENGINE, **manager) as host:
        await host.ready()
        await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    for point in ("started", "given", "running"):
        async with hosting(data, f"create.{point}", *ENGINE, **manager) as host:
            await host.died()
    (name,) = set(units(manager)) - set(before)
    first = first_of(shown(manager, name))
    async with hosting(data, "delete.entered", *ENGINE, **manager) as host:
        await host.ready()
        one = await host.until_seen()
        assert units(manager) == [*before, name]
        assert first_of(shown(manager, name)) == first, "it was found again"
        with pytest.raises(httpx2.HTTPError):
            await host.ask("DELETE", f"/instances/{one['id']}")
        await host.died()
    for point in ("ended", "removed"):
        async with hosting(data, f"delete.{point}", *ENGINE, **manager) as host:
            await host.died()
    async with hosting(data, "", *ENGINE, **manager) as host:
        await host.ready()
        await gone(host, manager, before)


@pytest.mark.slow
async def test_a_unit_of_which_no_row_knows_is_removed(manager: dict[str, str], tmp_path: Path) -> None:
    data, before = tmp_path / "host", units(manager)
    async with hosting(data, "create.launched", *ENGINE, **manager) as host:
        await host.ready()
        await host.ask("POST", "/instances", json={"name": "one"})
        await host.died()
    for each in data.glob("host.db*"):
        each.unlink()
    async with hosting(data, "", *ENGINE, **manager) as host:
        await host.ready()
        await gone(host, manager, before)


async def test_where_systemd_runs_no_unit_the_host_says_so(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for manages, runs, why in (
        (
            "echo Failed to connect to bus: No medium found >&2; exit 1",
            "",
            "No medium found): log in, or have",
        ),
        ("echo Failed to connect to bus: No medium found >&2; exit 1", "", "`loginctl enable-linger`"),
        ("echo Version=252", "echo no such luck >&2; exit 1", "no such luck"),
    ):
        for name, script in (("systemctl", manages), ("systemd-run", runs)):
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        await _refused(tmp_path, programs, why)
    (programs / "systemd-run").unlink()
    await _refused(tmp_path, programs, "there is no systemd-run here")


async def _refused(folder: Path, programs: Path, why: str) -> None:
    async with hosting(folder / "host", "", *ENGINE, PATH=str(programs)) as host:
        await until(lambda: host.process.poll() is not None, "it runs all the same")
        assert host.process.wait() == 1
        assert why in host.log
        assert read_json(folder / "host" / "host.lock") == {}
