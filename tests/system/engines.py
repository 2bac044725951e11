"""Podman as a test can use it, with an image of what is here; skipped where it runs no container.

Where a machine has cgroups that containers do not like, or gives nobody any, it is run apart: in mounts of its own.
"""

import os
import shutil
import subprocess
import sys
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
