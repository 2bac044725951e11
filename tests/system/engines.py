"""Podman and systemd as a test can use them, Podman with an image of what is here; skipped where they do not run.

Where a machine has cgroups that containers do not like, or gives nobody any, it is run apart: in mounts of its own.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.fakes.forked import ROOT

PATIENCE: Final = 120.0
IMAGE: Final = "localhost/starpod-of-this-test"
SYSTEM: Final = ("/usr", "/bin", "/lib", "/lib64", "/etc/ssl")
MOUNTS: Final = "mount --make-rprivate / && umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup"
SETTINGS: Final = """
[containers]
volumes = [{volumes}]
{unusual}
[engine]
cgroup_manager = "cgroupfs"
"""
UNUSUAL: Final = """
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
"""
APART: Final = """#!/bin/sh
exec nsenter --mount=/proc/{pid}/ns/mnt --wd="$PWD" {podman} "$@"
"""

MANAGER: Final = "/usr/lib/systemd/systemd"
BOOTED: Final = "mount -t tmpfs none /run && mkdir -p /run/systemd/system"
MANAGED: Final = f"""
echo $$ > /sys/fs/cgroup/{{group}}/cgroup.procs
dbus-daemon --session --nofork --address="$DBUS_SESSION_BUS_ADDRESS" &
exec {MANAGER} --user --unit=basic.target
"""


@contextmanager
def podman() -> Generator[dict[str, str]]:
    """Variables with which `podman` runs containers of IMAGE, in a storage of its own. Skips where it does not."""
    found = shutil.which("podman")
    if found is None:
        pytest.skip("there is no podman here")
    # A longer path than 50 characters podman does not like: each end of a container takes 20 s then.
    with TemporaryDirectory(prefix="sp-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield from _podman(found, Path(folder))


def _podman(found: str, folder: Path) -> Generator[dict[str, str]]:
    for driver in ("overlay", "vfs"):
        of_driver = folder / driver
        of_driver.mkdir()
        (of_driver / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{of_driver / "root"}"\nrunroot = "{of_driver / "run"}"\n'
        )
    path = os.environ["PATH"]
    apart = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f"{MOUNTS} && echo ready && exec cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert apart.stdout is not None
        unusual, way = "", path
        if apart.stdout.readline():
            program = folder / "bin" / "podman"
            program.parent.mkdir()
            program.write_text(APART.format(pid=apart.pid, podman=found))
            program.chmod(0o755)
            unusual, way = UNUSUAL, f"{program.parent}:{path}"
        why = ""
        for driver in ("overlay", "vfs"):
            settings = folder / driver / "containers.conf"
            volumes = ", ".join(f'"{each}:{each}:ro"' for each in _seen())
            settings.write_text(SETTINGS.format(volumes=volumes, unusual=unusual))
            variables = {
                "CONTAINERS_STORAGE_CONF": str(folder / driver / "storage.conf"),
                "CONTAINERS_CONF": str(settings),
                "PATH": way,
            }
            why = _fails(folder, variables)
            if not why:
                yield variables
                return
        pytest.skip(f"podman cannot run a container here: {why}")
    finally:
        apart.communicate()


def _seen() -> list[str]:
    """What the image has of this machine: it is too large to be copied."""
    python = {sys.prefix, sys.base_prefix, str(ROOT)}
    found = sorted(each for each in {*SYSTEM, *python} if Path(each).exists())
    return [
        each
        for each in found
        if not any(each != other and Path(each).is_relative_to(other) for other in found)
    ]


def _fails(folder: Path, variables: dict[str, str]) -> str:
    """Why no container can be run so; nothing if it can."""
    empty = folder / "empty.tar"
    subprocess.run(["tar", "-cf", empty, "--files-from", os.devnull], check=True)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for words in (
        ("import", "--change", f"ENV PATH={path}", str(empty), IMAGE),
        ("run", "--rm", "--publish", "127.0.0.1::1", IMAGE, "/bin/true"),
    ):
        tried = _run(variables, *words)
        if tried.returncode:
            return tried.stderr.strip()[-300:]
    return ""


def _run(variables: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["podman", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def containers(variables: dict[str, str]) -> list[str]:
    """Names of those that are known, whether they run or not."""
    told = _run(variables, "ps", "--all", "--format", "{{.Names}}")
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def inspected(variables: dict[str, str], name: str) -> str:
    """All that is known of one."""
    return _run(variables, "inspect", name).stdout


@contextmanager
def systemd() -> Generator[dict[str, str]]:
    """Variables with which `systemctl --user` reaches a manager: yours, or one of ours. Skips where there is none."""
    yours = {
        name: os.environ[name]
        for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
        if name in os.environ
    }
    if shutil.which("systemd-run") is None:
        pytest.skip("there is no systemd here")
    if _manages(yours):
        yield yours
        return
    if not Path(MANAGER).exists() or shutil.which("dbus-daemon") is None:
        pytest.skip("systemd manages nothing for us, and no manager can be started")
    with TemporaryDirectory(prefix="sp-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield from _systemd(Path(folder))


def _systemd(folder: Path) -> Generator[dict[str, str]]:
    variables = {
        "XDG_RUNTIME_DIR": str(folder),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'bus'}",
    }
    apart = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f"{MOUNTS} && {BOOTED} && echo ready && exec cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    group = Path(f"/proc/{apart.pid}/root/sys/fs/cgroup/{folder.name}")
    manager: subprocess.Popen[bytes] | None = None
    try:
        assert apart.stdout is not None
        if not apart.stdout.readline():
            pytest.skip("no mounts of our own, in which systemd would run")
        group.mkdir()
        manager = subprocess.Popen(
            ["nsenter", f"--mount=/proc/{apart.pid}/ns/mnt", "sh", "-c", MANAGED.format(group=folder.name)],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not _manages(variables):
            if manager.poll() is not None or time.monotonic() > deadline:
                pytest.skip("systemd does not run here")
            time.sleep(0.1)
        yield variables
    finally:
        if manager is not None:
            (group / "cgroup.kill").write_text("1")  # the manager, its bus, and all that they have started
            manager.wait()
            _remove(group)
        apart.communicate()


def _remove(group: Path) -> None:
    """A group of processes that were killed, and those below it, as soon as the kernel lets go of them."""
    for each in (*sorted(group.rglob("*/"), reverse=True), group):
        while each.is_dir():
            try:
                each.rmdir()
            except OSError:
                time.sleep(0.02)


def _manages(variables: dict[str, str]) -> bool:
    """Whether a manager runs units for us. It is asked over its bus, which it reaches after its own socket."""
    tried = subprocess.run(
        ["systemd-run", "--user", "--wait", "--collect", "--quiet", "true"],
        env={**os.environ, **variables},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return tried.returncode == 0


def units(variables: dict[str, str]) -> list[str]:
    """Names of those of Starpod that a manager knows."""
    told = _systemctl(variables, "list-units", "--all", "--full", "--plain", "--no-legend", "starpod-*")
    return [line.split()[0] for line in told.splitlines()]


def shown(variables: dict[str, str], name: str) -> str:
    """All that a manager knows of a unit."""
    return _systemctl(variables, "show", name)


def _systemctl(variables: dict[str, str], *words: str) -> str:
    return subprocess.run(
        ["systemctl", "--user", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
