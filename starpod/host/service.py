"""The host as a process: one a folder, on loopback, until it is told to stop."""

import fcntl
import json
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final, Literal, final

import attrs
import trio

from actors import atomic, jsontext
from actors.gateway.limits import Limits
from actors.gateway.messages import AddressInUse, AddressRefused
from actors.gateway.server import Server, listen
from actors.gateway.settings import Address
from actors.instances.account import is_here
from starpod import logs
from starpod.errors import StarpodError
from starpod.host import IMAGE, rotating
from starpod.host.api import create_app
from starpod.host.container import InContainers
from starpod.host.engine import Engine, Kind
from starpod.host.keeper import Keeper
from starpod.host.route import AsProcess, Route
from starpod.host.safe import Safe
from starpod.host.schema import open_store
from starpod.host.unit import InUnits

KEY: Final = "host.key"
LOCK: Final = "host.lock"
ENGINE: Final = "host.engine"
"""What instances were at the last start."""
Systemd = Literal["systemd"]


@final
@attrs.frozen(kw_only=True)
class Host:
    """One that runs."""

    url: str
    key_file: Path


def key_of(folder: Path) -> str:
    """The key of the host in a folder, made if there is none."""
    path = folder / KEY
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        key = f"sp_host_{token_hex(20)}"
        atomic.write(path, f"{key}\n", mode=0o600)
        return key


class HostRuns(StarpodError):
    """Another process has the folder."""

    def __init__(self, folder: Path, said: str) -> None:
        super().__init__(f"another host runs in {folder}: {said}")
        found = jsontext.read_object(said.encode()) if said else {}
        self.url: str | None = found.get("url")
        """Where it listens; None as long as it does not."""


@contextmanager
def _locked(folder: Path) -> Generator[Callable[[str], None]]:
    """The right to run the host in a folder for the time of the block; given is what tells others the address."""
    file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.pread(file, 4096, 0).decode(errors="replace").strip()
            raise HostRuns(folder, said) from None

        def tell(url: str) -> None:
            data = json.dumps({"pid": os.getpid(), "url": url}).encode()
            os.ftruncate(file, 0)
            os.pwrite(file, data + b"\n", 0)

        os.ftruncate(file, 0)
        yield tell
        os.ftruncate(file, 0)
    finally:
        os.close(file)


def _prepare(folder: Path) -> None:
    if not hasattr(os, "pidfd_open") or not Path("/proc/self/environ").exists():
        raise StarpodError("a host needs Linux: it finds its instances again by /proc")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("agents", "instances"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)


async def _route(folder: Path, name: str, engine: Kind | Systemd | None, image: str) -> Route:
    if engine is None:
        return AsProcess(name)
    found = InUnits(name) if engine == "systemd" else InContainers(Engine(engine), image, name)
    await found.try_out(folder)
    return found


async def _leave(folder: Path, name: str, engine: Kind | Systemd | None) -> None:
    """Remove the containers that an engine before this one has of this host, and note this one. Raises StarpodError."""
    note = folder / ENGINE
    before = note.read_text() if note.exists() else ""
    kind: Kind | None = "podman" if before == "podman" else "docker" if before == "docker" else None
    if kind is not None and kind != engine:
        old = InContainers(Engine(kind), IMAGE, name)
        for id in await old.known():
            await old.clean(id)
    atomic.write(note, engine or "process")


def rotate(folder: Path) -> int:
    """Have the secrets of the host in a folder sealed with a new master key, whether it runs or not; how many.

    Raises StarpodError.
    """
    if not (folder / LOCK).exists():
        raise StarpodError(f"there is no host in {folder}")
    try:
        with _locked(folder):
            return rotating.rotate_in(folder)
    except HostRuns as running:
        if running.url is None:
            raise
        return rotating.ask(running.url, key_of(folder))


async def serve(
    folder: Path,
    address: Address,
    on_ready: Callable[[Host], None],
    *,
    engine: Kind | Systemd | None = None,
    image: str = IMAGE,
) -> int:
    """Run the host in a folder until a signal; the exit status. Raises StarpodError where it cannot run.

    Without an engine instances are processes, with one they are containers of an image, or units of systemd.
    """
    if not is_here(address.host):
        raise StarpodError(f"{address} is not of this machine: put a proxy with TLS in front of 127.0.0.1")
    _prepare(folder)
    key, limits = key_of(folder), Limits()
    with _locked(folder) as tell:
        safe = Safe.of(folder)
        rows = open_store(str(folder / "host.db"), safe)
        try:
            socket = listen(address, limits)
        except (AddressInUse, AddressRefused) as error:
            raise StarpodError(str(error)) from error
        host, port = socket.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        name = sha256(key.encode()).hexdigest()[:12]
        route = await _route(folder, name, engine, image)
        await _leave(folder, name, engine)
        keeper = Keeper(folder, rows, safe, name, logs.log, route=route)
        server = Server(create_app(keeper, key), socket, limits, lambda: None)

        def started() -> None:
            tell(url)
            on_ready(Host(url=url, key_file=folder / KEY))

        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(keeper.run, started)
                nursery.start_soon(server.run)
                async for _ in signals:
                    nursery.cancel_scope.cancel("signal")
                    break
        rows.close()
    return 0
