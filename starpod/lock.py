"""One daemon per instance, and how to find it.

The daemon holds an exclusive lock on ``.starpod/daemon.lock`` while it runs; the operating system lets go of it when
the process ends, however it ends. The file says who holds it, so what it says counts only while the lock is held.
"""

import errno
import fcntl
import json
import os
import secrets
import stat
import time
from datetime import datetime
from types import TracebackType
from typing import Final, Self, final

import attrs

from actors import jsontext
from starpod.errors import StarpodError
from starpod.workspace import Instance

_PROBES: Final = 10
_PROBE_WAIT: Final = 0.02  # seconds


@final
@attrs.frozen(kw_only=True)
class DaemonInfo:
    """A running daemon as it describes itself."""

    pid: int
    address: str | None
    """``host:port``; None until it listens."""
    started_at: datetime
    boot_id: str
    token: str = attrs.field(repr=False)
    """Whoever shows it is this machine's operator."""
    command: str
    """What it was started as, such as ``starpod serve``."""
    scheme: str = "http"
    """What it speaks there, ``http`` or ``https``."""
    base_path: str = ""
    """Below it lies all there is; without slash at its end."""

    @property
    def url(self) -> str:
        """Where it is found, once it listens."""
        return f"{self.scheme}://{self.address}{self.base_path}"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote. Raises ValueError, KeyError or TypeError on anything else."""
        stored = jsontext.read_object(text)
        return cls(
            pid=stored["pid"],
            address=stored["address"],
            started_at=datetime.fromisoformat(stored["started_at"]),
            boot_id=stored["boot_id"],
            token=stored["token"],
            command=stored["command"],
            scheme=stored["scheme"],
            base_path=stored["base_path"],
        )

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**attrs.asdict(self), "started_at": self.started_at.isoformat()}) + "\n"


class InstanceBusy(StarpodError):
    """Another process runs this instance."""

    def __init__(self, instance: Instance, holder: DaemonInfo | None) -> None:
        self.instance = instance
        self.holder = holder
        super().__init__(instance, holder)

    def __str__(self) -> str:
        if self.holder is None:
            return f"another process is just starting or stopping {self.instance.root}; try again in a moment"
        where = f"at {self.holder.url}" if self.holder.address else "not listening yet"
        return (
            f"{self.instance.root} is already running: `{self.holder.command}`, process {self.holder.pid}, {where}, "
            f"since {self.holder.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
        )


class LockUnusable(StarpodError):
    """The lock file can be neither used nor made."""

    def __init__(self, instance: Instance, error: OSError) -> None:
        super().__init__(
            f"{instance.lock_file} cannot be used ({error.strerror}): the folder and what is in it must belong to "
            "the user who runs this program"
        )


@final
class InstanceLock:
    """The right to run `instance`, held until :meth:`release` or the end of the process. A context manager."""

    def __init__(self, instance: Instance, *, command: str, boot_id: str, now: datetime) -> None:
        """Take the lock.

        Raises InstanceBusy, naming the other process, when it is held, and LockUnusable when nobody can have it.

        Args:
          instance: its ``.starpod`` must exist.
          command: how this process was started, without what a person wrote.
          boot_id: of this run.
          now: wall time, with a zone.
        """
        self._file = _open(instance, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
        try:
            if not _lock_exclusively(self._file):
                raise InstanceBusy(instance, _holder(self._file))
            os.ftruncate(self._file, 0)  # of a process that was killed
            os.fchmod(self._file, 0o600)
            self.info = DaemonInfo(
                pid=os.getpid(),
                address=None,
                started_at=now,
                boot_id=boot_id,
                token=secrets.token_hex(32),
                command=command,
            )
            self._write(self.info.to_json())
        except BaseException:
            os.close(self._file)
            raise

    def announce(self, address: str, *, scheme: str = "http", base_path: str = "") -> None:
        """Say where the daemon listens, as ``host:port``, and what it speaks there."""
        self.info = attrs.evolve(self.info, address=address, scheme=scheme, base_path=base_path)
        self._write(self.info.to_json())

    def release(self) -> None:
        """Let another process have the instance. Releasing twice does nothing."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _write(self, text: str) -> None:
        """Replace the content in place, since the lock is on this very file: the new line first, then the cut."""
        data = text.encode()
        os.pwrite(self._file, data, 0)
        os.ftruncate(self._file, len(data))


def read_daemon(instance: Instance) -> DaemonInfo | None:
    """The daemon that runs `instance` now; None when none does, or when it has only just begun.

    Raises LockUnusable when it cannot be known.
    """
    try:
        file = _open(instance, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return None if _lock(file, fcntl.LOCK_SH) else _holder(file)
    finally:
        os.close(file)


def read_remains(instance: Instance) -> DaemonInfo | None:
    """The daemon that ran last, if it was killed: one that stops in order leaves nothing behind."""
    try:
        file = _open(instance, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _holder(file) if _lock(file, fcntl.LOCK_SH) else None
    finally:
        os.close(file)


def _open(instance: Instance, flags: int) -> int:
    """Raises FileNotFoundError, and LockUnusable for whatever else is in the way."""
    try:
        # Without O_NONBLOCK a pipe in its place would be waited for.
        file = os.open(instance.lock_file, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LockUnusable(instance, error) from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise LockUnusable(instance, OSError(errno.EINVAL, "it is not a file"))
    return file


def _holder(file: int) -> DaemonInfo | None:
    """What the holder of the lock wrote; None while it has written nothing."""
    line = os.pread(file, 65536, 0).decode(errors="replace").partition("\n")[0]
    try:
        return DaemonInfo.from_json(line)
    except (ValueError, KeyError, TypeError):
        return None


def _lock_exclusively(file: int) -> bool:
    """Whether the lock was free. A reader may hold it for an instant to see whether it is, hence several attempts."""
    for _ in range(_PROBES):
        if _lock(file, fcntl.LOCK_EX):
            return True
        time.sleep(_PROBE_WAIT)
    return False


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
