"""A file that says on whose behalf code was running when the process died, however it died, and what it was doing.

It is mapped into memory, and what is written there the system keeps when the process is killed. Whoever only waited,
for an answer or for its turn on the processor, is not named: it cannot have been what killed the process.
"""

import contextlib
import mmap
import os
from collections.abc import Callable, Mapping
from contextvars import Token
from functools import lru_cache, wraps
from pathlib import Path
from typing import Final, ParamSpec, Self, TypeVar, final
from zlib import crc32

import attrs
import trio

from bus.message.data import Data
from bus.message.envelope import OUTSIDE, Envelope, Here, current
from bus.message.message import wire_name

T = TypeVar("T")
P = ParamSpec("P")

SLOT: Final = 128
"""Bytes of one name, what is done for it, and their checksum."""
SLOTS: Final = 256
"""The first is the boot id, the second for the loop, all others for threads."""
_CHECKSUM: Final = 4
_EMPTY: Final = bytes(SLOT)
_LOOP: Final = slice(SLOT, 2 * SLOT)


@lru_cache(maxsize=1024)
def _slot(name: str, doing: str = "") -> bytes:
    """As it is written: what was written only in part is told from it by the checksum."""
    data = f"{name}\0{doing}".encode(errors="replace")[: SLOT - _CHECKSUM].ljust(SLOT - _CHECKSUM, b"\0")
    return crc32(data).to_bytes(_CHECKSUM, "little") + data


def _read(slot: bytes) -> tuple[str, str]:
    """Name in a slot and what was done for it; empty when there is none, or not all of it."""
    data = slot[_CHECKSUM:]
    whole = crc32(data) == int.from_bytes(slot[:_CHECKSUM], "little")
    name, _, doing = data.rstrip(b"\0").decode(errors="replace").partition("\0") if whole else ("", "", "")
    return name, doing


def _doing(here: Here) -> str:
    """What code in this context does: it handles a message, or is an actor's own."""
    return wire_name(type(here.message)) if isinstance(here, Envelope) else here.name


@final
@attrs.frozen(kw_only=True)
class Remains(Data):
    """What a process has left that did not end in order."""

    boot: str = ""
    """Its boot id; empty when nothing can be read."""
    names: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """On whose behalf code was running when it died, in the loop or in threads; each with what it was doing, the wire
    name of a message or the name of an actor."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """What the black box at `path` says; nothing when there is none or it is damaged."""
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:
            content = b""
        if len(content) != SLOTS * SLOT:
            return cls()
        (boot, _), *found = (_read(content[at : at + SLOT]) for at in range(0, SLOTS * SLOT, SLOT))
        return cls(boot=boot, names={name: doing for name, doing in found if name} if boot else {})


@final
class BlackBox(trio.abc.Instrument):
    """Records, while its block runs, on whose behalf code runs. Leaving the block, or :func:`stop`, removes the file.

    Args:
      path: of the file; one that is there is replaced. Raises OSError when that cannot be.
      boot: id of this run.
      item: what of the baggage is recorded, such as ``turn``.
    """

    def __init__(self, path: Path, *, boot: str, item: str) -> None:
        self.item = item
        self._path = path
        self._here: Here = OUTSIDE
        self._named = False
        self._free = [slice(at, at + SLOT) for at in range(2 * SLOT, SLOTS * SLOT, SLOT)]
        path.unlink(missing_ok=True)
        with os.fdopen(
            os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "r+b"
        ) as file:
            # All of it is written, not only made long: a hole that the disk has no room for would kill the process.
            file.write(_slot(boot) + _EMPTY * (SLOTS - 1))
            file.flush()
            self._map = mmap.mmap(file.fileno(), SLOTS * SLOT)

    def __enter__(self) -> Self:
        trio.lowlevel.add_instrument(self)
        recording.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Name nobody any more. Closing what is closed does nothing."""
        if self not in recording:
            return
        recording.remove(self)
        trio.lowlevel.remove_instrument(self)
        self._map[:] = bytes(SLOTS * SLOT)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    # --- the loop -----------------------------------------------------------------------------------------

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """The loop goes on with a task."""
        here = task.context.get(current, OUTSIDE)
        if here is not self._here:
            self.enter(here)

    def before_io_wait(self, timeout: float) -> None:
        """The loop has nothing to do."""
        if timeout > 0 and self._here is not OUTSIDE:
            self.enter(OUTSIDE)

    def enter(self, here: Here) -> None:
        """What the loop runs from now on is done in this context."""
        self._here = here
        name = here.baggage.get(self.item)
        if name is not None:
            self._map[_LOOP] = _slot(name, _doing(here))
            self._named = True
        elif self._named:
            self._map[_LOOP] = _EMPTY
            self._named = False

    # --- threads ------------------------------------------------------------------------------------------

    def named(self, fn: Callable[P, T], name: str, doing: str) -> Callable[P, T]:
        """The function, which is recorded under a name while it runs in a thread, if there is a slot left."""

        @wraps(fn)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                slot = self._free.pop()
            except IndexError:
                return fn(*args, **kwargs)
            self._map[slot] = _slot(name, doing)
            try:
                return fn(*args, **kwargs)
            finally:
                self._map[slot] = _EMPTY
                self._free.append(slot)

        return run


recording: Final[list[BlackBox]] = []
"""The black box of this process, if there is one."""


def stop() -> None:
    """Let an orderly stop begin: whatever ends it, that is nobody's fault."""
    for box in tuple(recording):
        box.close()


def stand(context: Here) -> Token[Here]:
    """Make this the context of the running code."""
    if recording:
        recording[0].enter(context)
    return current.set(context)


def stand_again(token: Token[Here]) -> None:
    """Go back to the context before."""
    current.reset(token)
    if recording:
        recording[0].enter(current.get())


def in_thread(fn: Callable[P, T]) -> Callable[P, T]:
    """The function, to be run in a thread: the black box says on whose behalf, which is that of the calling code."""
    if not recording:
        return fn
    box, here = recording[0], current.get()
    name = here.baggage.get(box.item)
    return fn if name is None else box.named(fn, name, _doing(here))
