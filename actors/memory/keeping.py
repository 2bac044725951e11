"""What keepers of notes have in common: one writer, each change with its revision, nothing half done after a crash."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import trio

from actors.memory import messages, revisions
from actors.memory.edits import Make, etag
from actors.memory.files import Folder
from actors.memory.messages import MemoryFailed, Origin, Written
from actors.memory.names import Name, checked
from actors.memory.revisions import Done
from actors.storage import Keeper, Storage, numbered
from bus import crash_point, is_virtual

T = TypeVar("T")
P = ParamSpec("P")

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class NoteKeeper(Keeper):
    """Notes of one level, with their history. What is written is on the disk and in the history when that returns."""

    def __init__(self, database: Path, root: Path) -> None:
        super().__init__(Storage(database, numbered(MIGRATIONS)), lambda reason: MemoryFailed(reason=reason))
        self._folder = Folder(root)
        self._writing = trio.Lock()  # first come, first served
        self._threads = trio.CapacityLimiter(2)

    async def start(self) -> None:
        await super().start()
        await self._apart(self._folder.clear)
        await self._settle()

    async def _apart(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what touches files in a thread; under a virtual clock here, since a working thread looks idle to it.

        Raises MemoryFailed.
        """
        try:
            if is_virtual():
                await trio.lowlevel.checkpoint()
                return fn(*args, **kwargs)
            return await trio.to_thread.run_sync(partial(fn, *args, **kwargs), limiter=self._threads)
        except OSError as error:
            raise MemoryFailed(reason=f"the disk refused: {error.strerror or error}") from error

    def _now(self) -> datetime:
        return self.bus.clock.now()

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
            if key is not None and (done := await self._read(revisions.applied, key)) is not None:
                return _written(done, "It was done already.")
            before, after = await self._apart(self._made, name, make)
            seq = await self._write(
                revisions.intend, name, before, after, action=action, origin=origin, now=self._now(), key=key
            )
            crash_point("memory", "intended")
            try:
                await self._apart(self._put, name, after)
            except BaseException:
                await self._settle()
                raise
            crash_point("memory", "written")
            await self._complete(seq, name, after)
        await self._tell(name)
        done = Done(seq=seq, name=name.text, size=len(after or b""), hash=etag(after))
        return _written(done, _said(action, name, before, after))

    def _made(self, name: Name, make: Make) -> tuple[bytes | None, bytes | None]:
        before = self._folder.read(name)
        return before, make(before)

    def _put(self, name: Name, content: bytes | None) -> None:
        if content is None:
            self._folder.delete(name)
        else:
            self._folder.write(name, content)

    async def _complete(self, seq: int, name: Name, content: bytes | None) -> None:
        """The file has it, and from now on it is part of all that is remembered."""
        await self._write_relaxed(revisions.complete, seq)

    async def _settle(self) -> None:
        """Find out of what was about to be changed whether it was."""
        for each in await self._read(revisions.pending):
            name = checked(each.name)
            content = await self._apart(self._folder.read, name)
            if etag(content) == each.hash:
                await self._complete(each.seq, name, content)
            else:
                await self._write(revisions.drop, each.seq)

    async def _tell(self, name: Name) -> None:
        """Tell others that a note is not what it was."""

    # --- history --------------------------------------------------------------------------------------------

    async def _notice(self, name: Name) -> None:
        """See what somebody has changed by hand."""
        async with self._writing:
            content, changed = await self._apart(self._as_it_is, name)
            await self._write_relaxed(revisions.notice, name, content, changed or self._now())

    def _as_it_is(self, name: Name) -> tuple[bytes | None, datetime | None]:
        return self._folder.read(name), self._folder.changed(name)

    async def _history(self, name: Name | None, limit: int) -> tuple[messages.Revision, ...]:
        if name is not None:
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
            gone = await self._write(revisions.purge, name, content, origin, self._now())
        return messages.Purged(name=name.text, revisions=gone)


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
