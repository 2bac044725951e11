"""The native SSH client for an instance: its argument vector, and a key that is on the disk only while it runs.

A backend that has no SSH server, as `starpod host` has none, says in which folder of its machine the agent is; where
that is this very machine a shell there does the same.
"""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final
from urllib.parse import quote

import attrs

from actors.instances.messages import WayIn
from actors.instances.reading import Unreadable, record
from bus import Data

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,252})")
_USER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}")
_CONTAINER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
ENGINES: Final = frozenset({"podman", "docker"})


@final
@attrs.frozen(kw_only=True)
class Way(Data):
    """How an instance is entered."""

    host: str
    port: int
    user: str
    key: str | None = attrs.field(default=None, repr=False)
    """PEM."""
    folder: str | None = None
    """Where the agent is on the machine of a backend that has no SSH server."""
    container: tuple[str, str] | None = None
    """The engine and the name of the container that it is in, if there is one."""


def way(value: object) -> Way:
    """What a backend says, where nothing of it could be an option of the client. Raises Unreadable."""
    fields = record(value, "it")
    host, port, user = fields.get("host"), fields.get("port"), fields.get("user")
    folder, key = fields.get("folder"), fields.get("private_key")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise Unreadable("its host is none")
    if not isinstance(user, str) or not _USER.fullmatch(user):
        raise Unreadable("its user is none")
    if isinstance(folder, str) and port == 0:
        if not folder.startswith("/") or not folder.isprintable():
            raise Unreadable("its folder is none")
        return Way(host=host, port=0, user=user, folder=folder, container=_container(fields.get("container")))
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise Unreadable("its port is none")
    return Way(host=host, port=port, user=user, key=key if isinstance(key, str) and key.strip() else None)


def _container(value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    fields = record(value, "its container")
    engine, name = fields.get("engine"), fields.get("name")
    if engine not in ENGINES or not isinstance(name, str) or not _CONTAINER.fullmatch(name):
        raise Unreadable("its container is none")
    return str(engine), name


def shell_in(container: tuple[str, str]) -> list[str]:
    """The argument vector for a shell in a container of this machine."""
    engine, name = container
    return [engine, "exec", "--interactive", "--tty", name, "/bin/sh"]


def arguments(to: Way, known_hosts: Path, key: Path | None) -> list[str]:
    """The argument vector. What the first connection learns of the host holds for all that follow."""
    of_key = [] if key is None else ["-i", str(key), "-o", "IdentitiesOnly=yes"]
    hosts = str(known_hosts).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    learned = ["-o", "StrictHostKeyChecking=accept-new", "-o", f'UserKnownHostsFile="{hosts}"']
    return ["ssh", *of_key, *learned, "-p", str(to.port), "-l", to.user, "--", to.host]


def way_in(to: Way, instance: str) -> WayIn:
    """What people are told, so that they enter it themselves."""
    native = None if to.key is not None or to.folder is not None else _joined(to)
    return WayIn(command=shlex.join(["starpod", "instance", "ssh", instance]), ssh=native, folder=to.folder)


def _joined(to: Way) -> str:
    return shlex.join(["ssh", "-p", str(to.port), "-l", to.user, "--", to.host])


def known_hosts(folder: Path, instance: str) -> Path:
    """The file with what is known of the host of an instance."""
    return folder / "known_hosts" / quote(instance, safe="").replace(".", "%2E")


@contextmanager
def key_file(to: Way) -> Generator[Path | None]:
    """The key in a file of a folder that nobody else may enter, for the time of the block."""
    if to.key is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="starpod-ssh-"))  # 0700
    try:
        path = folder / "key"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to.key if to.key.endswith("\n") else f"{to.key}\n")
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
