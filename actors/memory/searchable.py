"""Notes of one user that can be searched: the index follows what is written, and what is changed by hand."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, final

import attrs
import trio

from actors.memory import files, index, look, store
from actors.memory.files import Folder, Seen
from actors.memory.keeping import NoteKeeper
from actors.memory.messages import BadName, Found, Incomplete, MemoryFailed
from actors.memory.names import Name, checked
from actors.memory.settings import Memory
from actors.memory.vectors import Embedded

NEVER: Final = float("-inf")
LOOK_EVERY: Final = 1.0
"""Seconds within which nobody looks again whether somebody has changed a file."""
AT_ONCE: Final = 0.5
"""Seconds for which a search waits until what was changed is indexed; the rest follows behind it."""
BATCH: Final = 32
"""Files that are indexed in one transaction, unless they have more than BATCH_BYTES."""
BATCH_BYTES: Final = 256 * 1024


@final
@attrs.define
class Generation:
    """How often what is the agent's has changed. All who keep notes share one."""

    number: int = 0


class SearchableKeeper(NoteKeeper):
    """Keeps an index beside the notes.

    Args:
      data: the folder of the agent.
      user: whose notes.
      settings: of the memory.
      agents: changes when what is the agent's does, so that nobody finds what it was.
    """

    def __init__(self, data: Path, user: str, settings: Callable[[], Memory], agents: Generation) -> None:
        root = data / "users" / user
        super().__init__(root / "memory.db", root)
        self._agents = Folder(data)
        self._settings = settings
        self._generation = agents
        self._roots = files.roots(self._folder, self._agents)
        self._looking = trio.Lock()
        self._looked_at = NEVER
        self._generation_seen: int = -1
        self._size = 0
        self._due: dict[Name, None] = {}
        """Notes that are still to be indexed, in order."""
        self._indexing = trio.Lock()
        self._follows = False
        self._problems: Mapping[str, str] = {}

    # --- searching ------------------------------------------------------------------------------------------

    async def _search(self, question: str, *, today: date, limit: int, room: int) -> tuple[Found, ...]:
        """Raises Incomplete, or why it stays so, rather than to say of half an index that there is nothing."""
        failed: MemoryFailed | None = None
        try:
            await self._look()
        except MemoryFailed as error:  # the disk may be full; what is indexed is found all the same
            failed, self._looked_at = error, NEVER
        complete = failed is None and self._is_complete
        hits = await self._read(
            index.search,
            question,
            today=today,
            limit=limit,
            max_bytes=room,
            half_life_days=self._settings().half_life_days,
            embedded=await self._embedded(question),
        )
        complete = complete and self._is_complete
        if not hits and not complete:
            raise failed or Incomplete
        return tuple(store.shown(hit, complete=complete) for hit in hits)

    async def _embedded(self, question: str) -> Embedded | None:
        """A question as a vector, where there is what makes one."""
        return None

    @property
    def _is_complete(self) -> bool:
        """Whether all notes there were at the last look are indexed, and there was one."""
        return not self._due and self._looked_at > NEVER

    async def _reindex(self) -> tuple[int, int]:
        """Index all files anew; how many there are, and how many passages."""
        async with self._writing:
            await self._write_relaxed(index.clear)
        await self._look(at_once=True)
        await self._work_off()
        return await self._read(index.size_of)

    async def _known(self, seq: int, name: Name, seen: Seen) -> None:
        await self._prepare()
        await self._write_relaxed(store.settle, seq, name, seen)
        self._due.pop(name, None)

    async def _prepare(self) -> None:
        """Make the index one of passages of the size that is wanted."""
        size = self._settings().chunk_size
        if size != self._size:
            if await self._write_relaxed(index.prepare, size):
                self._looked_at = NEVER
            self._size = size

    async def _remade(self) -> None:
        self._size = self._settings().chunk_size
        await self._storage.run(index.prepare, self._size)
        self._looked_at = NEVER

    # --- what has changed on the disk -----------------------------------------------------------------------

    async def _look(self, *, at_once: bool = False) -> None:
        """See whether files are not as they were. What takes long to index is due when this returns."""
        async with self._looking:
            await self._prepare()
            now, generation = self.bus.clock.monotonic(), self._generation.number
            fresh = now - self._looked_at < LOOK_EVERY or self._follows
            if fresh and generation == self._generation_seen and not at_once:
                return
            known = await self._read(index.stamps)
            survey = await self._apart(look.survey, self._roots, known)
            self._problems = survey.problems
            found = [name for each in (*survey.changed, *survey.vanished) if (name := _name(each))]
            await self._take_up([name for name in found if name.level == "agent"])  # few, and small
            self._due |= {name: None for name in found if name.level == "user"}
            self._looked_at, self._generation_seen = now, generation
            until = now + AT_ONCE
            while self._due and not self._follows and self.bus.clock.monotonic() < until:
                await self._take_up(list(self._due)[:BATCH])
            if self._due and not self._follows:
                self._follows = True
                self.spawn(self._follow)

    async def _follow(self) -> None:
        """Index what is due behind those who search."""
        try:
            await self._work_off()
        finally:
            self._follows = False

    async def _work_off(self) -> None:
        async with self._indexing:
            while self._due:
                await self._take_up(list(self._due)[:BATCH])

    async def _take_up(self, due: Sequence[Name]) -> None:
        """Index the first of these notes. Nobody writes meanwhile, so what was read is what there is."""
        if not due:
            return
        async with self._writing:
            batch, problems = await self._apart(self._batch, due)
            changed = await self._write_relaxed(store.take_up, batch, self._now())
            self._problems = {**self._problems, **{name.text: reason for name, reason in problems}}
            for name, _ in (*batch, *problems):
                self._due.pop(name, None)
        for name in changed:
            await self._tell_found(name)

    def _batch(self, due: Sequence[Name]) -> tuple[list[tuple[Name, Seen]], list[tuple[Name, str]]]:
        """The first of some notes, as they are; and those that cannot be read, of which nothing new is known."""
        batch: list[tuple[Name, Seen]] = []
        problems: list[tuple[Name, str]] = []
        size = 0
        for name in due:
            folder = self._folder if name.level == "user" else self._agents
            try:
                seen = folder.found(name, self._nanoseconds())
            except OSError as error:
                problems.append((name, look.reason(error)))
                continue
            batch.append((name, seen))
            size += len(seen.content or b"")
            if size > BATCH_BYTES and name.level == "user":
                break
        return batch, problems

    async def _tell_found(self, name: Name) -> None:
        """Tell others that somebody has changed a note by hand."""


def _name(text: str) -> Name | None:
    """None for what cannot be the name of a note, as people may call a file."""
    try:
        return checked(text)
    except BadName:
        return None
