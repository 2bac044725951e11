"""What keepers of notes have in common: one writer, each change with its revision, nothing half done after a crash."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import trio

from actors.memory import messages, revisions, salvage, store
from actors.memory.edits import Make, etag
from actors.memory.files import Folder, Overtaken, Seen
from actors.memory.messages import BadName, MemoryFailed, Origin, Written
from actors.memory.names import Name, checked
from actors.memory.revisions import Done
from actors.storage import Closed, Corrupt, Keeper, Missing, OutOfPlace, Storage, StorageError, numbered
from bus import crash_point, run_in_thread

T = TypeVar("T")
P = ParamSpec("P")
Job = Callable[Concatenate[sqlite3.Connection, P], T]

MIGRATIONS: Final = Path(__file__).parent / "migrations"
DAMAGED: Final = (Corrupt, Missing, OutOfPlace)
"""What has become of a database that is made anew from the notes."""
TRIES: Final = 5
"""Of a change of a note that somebody changes by hand all the time."""
_LOG: Final = logging.getLogger(__name__)


class NoteKeeper(Keeper):
    """Notes of one level, with their history. What is written is on the disk and in the history when that returns.

    Args:
      database: the file with the history.
      root: the folder of the notes.
    """

    def __init__(self, database: Path, root: Path) -> None:
        super().__init__(_storage(database), lambda reason: MemoryFailed(reason=reason))
        self._database = database
        self._folder = Folder(root)
        self._writing = trio.Lock()  # first come, first served
        self._opening = trio.Lock()
        self._is_ready = False
        """Whether the database is open, and what a crash has left undecided is decided."""
        self._mending = trio.Lock()
        self._mended = 0
        self._undecided: set[str] = set()
        """Notes of which it is not known whether a change was made."""
        self._threads = trio.CapacityLimiter(2)

    async def start(self) -> None:
        try:
            await self._ready()
        except MemoryFailed as error:  # what is in the files can be read all the same
            self.degraded(str(error))

    async def _ready(self) -> None:
        """Open the database, unless it is open. Raises MemoryFailed."""
        if self._is_ready or self._opening.statistics().owner is trio.lowlevel.current_task():
            return
        async with self._opening:
            if not self._is_ready:
                await self._open()
                self._is_ready = True
                self.degraded(None)

    async def _open(self) -> None:
        try:
            await self._storage.open()
        except StorageError as error:
            failed = MemoryFailed(reason=error.brief)
            if not isinstance(error, DAMAGED):
                raise failed from error
            await self._mend(failed)
        try:
            await self._settle()
        except MemoryFailed:
            await self._storage.close()
            raise

    async def _apart(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what touches files in a thread. Raises MemoryFailed."""
        try:
            return await run_in_thread(partial(fn, *args, **kwargs), limiter=self._threads)
        except OSError as error:
            raise MemoryFailed(reason=f"the disk refused: {error.strerror or error}") from error

    def _now(self) -> datetime:
        return self.bus.clock.now()

    def _nanoseconds(self) -> int:
        """Since 1970, by the clock that files get their times from."""
        return int(self._now().timestamp() * 1e9)

    # --- a database that cannot be used ---------------------------------------------------------------------

    async def _read(self, fn: Job[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_spite_of_damage(lambda: super(NoteKeeper, self)._read(fn, *args, **kwargs))

    async def _write(self, fn: Job[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_spite_of_damage(lambda: super(NoteKeeper, self)._write(fn, *args, **kwargs))

    async def _write_relaxed(self, fn: Job[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_spite_of_damage(
            lambda: super(NoteKeeper, self)._write_relaxed(fn, *args, **kwargs)
        )

    async def _in_spite_of_damage(self, job: Callable[[], Awaitable[T]]) -> T:
        """Do it, on a database made anew if need be. The notes themselves are files, so nothing of them is lost."""
        await self._ready()
        before = self._mended
        try:
            return await job()
        except (
            MemoryFailed,
            sqlite3.IntegrityError,
        ) as error:  # the latter is of an index that contradicts itself
            if isinstance(error, MemoryFailed) and not isinstance(error.__cause__, (*DAMAGED, Closed)):
                raise
            async with self._mending:
                if self._mended == before:
                    await self._mend(error)
            return await job()

    async def _mend(self, error: Exception) -> None:
        """Put the database aside and begin a new one with what can still be read of the history."""
        _LOG.warning("%s It is made anew from the notes.", error)
        await self._storage.close()
        aside = await self._apart(salvage.set_aside, self._database)
        storage = self._storage = _storage(self._database)
        try:
            await storage.open()
            whole = await storage.run(salvage.history, aside)
            await self._remade()
        except StorageError as again:
            raise MemoryFailed(reason=again.brief) from again
        if whole:
            await self._apart(salvage.discard, aside)
        else:
            _LOG.warning("not all of the history could be read; the rest is in %s", aside)
        self._mended += 1

    async def _remade(self) -> None:
        """The database is new, and knows nothing but the history."""

    async def _erase(self, *, anew: bool = False, copies: bool = True) -> None:
        """Nor in what was set aside of a damaged database, where one note cannot be told from the other."""
        await self._in_spite_of_damage(lambda: super(NoteKeeper, self)._erase(anew=anew, copies=copies))
        await self._apart(salvage.discard_all, self._database)

    # --- changing -------------------------------------------------------------------------------------------

    async def _change(
        self,
        name: Name,
        make: Make,
        *,
        action: messages.Action,
        origin: Origin,
        key: str | None = None,
    ) -> Written:
        """Make one change after another: written down, made, known to be made."""
        async with self._writing:
            await self._require_decided(name)
            if key is not None and (done := await self._read(revisions.applied, key)) is not None:
                return _written(done, "It was done already.")
            for _ in range(TRIES):
                before, after = await self._apart(self._made, name, make)
                seq = await self._write(
                    revisions.intend,
                    name,
                    before,
                    after,
                    action=action,
                    origin=origin,
                    now=self._now(),
                    key=key,
                )
                crash_point("memory", "intended")
                with suppress(Overtaken):
                    await self._carry_out(seq, name, before, after)
                    break
            else:
                raise messages.ChangedMeanwhile(name=name.text)
        await self._tell(name, action)
        done = Done(seq=seq, name=name.text, size=len(after or b""), hash=etag(after))
        return _written(done, _said(action, name, before, after))

    async def _carry_out(self, seq: int, name: Name, before: bytes | None, after: bytes | None) -> None:
        """Make a change that is written down. Raises Overtaken where it has to be thought over."""
        self._undecided.add(name.text)
        try:
            seen = await self._apart(self._folder.put, name, before, after, self._nanoseconds())
            crash_point("memory", "written")
            await self._known(seq, name, seen)
        except Exception:
            await self._settle()
            raise
        self._undecided.discard(name.text)

    async def _require_decided(self, name: Name) -> None:
        """Raises MemoryFailed for a note of which the disk does not say whether its last change was made."""
        if self._undecided:
            await self._settle()
        if name.text in self._undecided:
            raise MemoryFailed(reason=f"{name.text} cannot be read, so nothing is written to it")

    def _made(self, name: Name, make: Make) -> tuple[bytes | None, bytes | None]:
        before = self._folder.read(name)
        return before, make(before)

    async def _known(self, seq: int, name: Name, seen: Seen) -> None:
        """The file has it, and from now on it is part of all that is remembered."""
        await self._write_relaxed(revisions.complete, seq)

    async def _settle(self) -> None:
        """Find out of what was about to be changed whether it was. A note that cannot be read holds up no other."""
        undecided: set[str] = set()
        for each in await self._read(revisions.pending):
            try:
                name = checked(each.name)
            except BadName:  # a damaged row: there can be no such note, so it was not made
                await self._write(revisions.drop, each.seq)
                continue
            try:
                seen = await self._apart(self._left, name, each.hash)
            except MemoryFailed as error:
                _LOG.warning("it is not known whether %s was changed: %s", name.text, error)
                undecided.add(name.text)
                continue
            if etag(seen.content) == each.hash:
                await self._known(each.seq, name, seen)
            else:
                await self._write(revisions.drop, each.seq)
        self._undecided = undecided

    def _left(self, name: Name, etag: str) -> Seen:
        """What a write that was cut short has left, its temporary file cleared away."""
        with suppress(BadName):  # there is a file in the place of its folder
            self._folder.clear(name, etag)
        return self._folder.found(name, self._nanoseconds())

    async def _tell(self, name: Name, action: messages.Action) -> None:
        """Tell others that a note is not what it was."""

    # --- history --------------------------------------------------------------------------------------------

    async def _notice(self, name: Name) -> None:
        """See what somebody has changed by hand."""
        async with self._writing:
            seen = await self._apart(self._folder.see, name, self._nanoseconds())
            changed = await self._write_relaxed(
                revisions.notice, name, seen.content, seen.changed or self._now()
            )
        if changed is not None:
            await self._tell(name, "by hand")

    async def _history(self, name: Name, limit: int) -> tuple[messages.Revision, ...]:
        await self._notice(name)
        return await self._read(revisions.history, name, limit)

    async def _revision(self, name: Name, seq: int) -> messages.RevisionText:
        found, content = await self._read(revisions.revision, name, seq)
        return messages.RevisionText(revision=found, text=(content or b"").decode("utf-8", "replace"))

    async def _trace(self, name: Name, line: int) -> messages.Revision:
        await self._notice(name)
        found = await self._read(revisions.trace, name, line)
        if found is None:
            if await self._apart(self._folder.read, name) is None:
                raise messages.UnknownFile(name=name.text)
            raise messages.UnknownLine(name=name.text, line=line)
        return found

    async def _revert(self, name: Name, seq: int, origin: Origin) -> Written:
        _, content = await self._read(revisions.revision, name, seq)
        return await self._change(name, lambda _: content, action="revert", origin=origin)

    async def _purge(self, name: Name, origin: Origin) -> messages.Purged:
        async with self._writing:
            content = await self._apart(self._folder.read, name)
            gone = await self._write(store.purge, name, content, origin, self._now())
        await self._erase(anew=True)
        return messages.Purged(name=name.text, revisions=gone)


def _storage(database: Path) -> Storage:
    return Storage(database, numbered(MIGRATIONS))


def _written(done: Done, said: str) -> Written:
    return Written(name=done.name, size=done.size, revision=done.seq, etag=done.hash, done=said)


def _said(action: messages.Action, name: Name, before: bytes | None, after: bytes | None) -> str:
    match action:
        case "append":
            return f"Appended to {name.text}."
        case "forget":
            return f"Forgot {name.text}." if after is None else f"Forgot the passage in {name.text}."
        case "revert":
            return f"{name.text} is what it was then."
        case _:
            size = len(after or b"")
            return f"Successfully wrote {name.text} ({size} bytes{'' if before is not None else ', new'})."
