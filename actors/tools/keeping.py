"""Keeping what files are before they are changed: single ones, and all of home before a command."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar, final

import attrs
import trio

from actors.storage import LateKeeper, micros, numbered
from actors.tools import changing, contents, looking, messages, store, undoing
from actors.tools.changing import Plan
from actors.tools.contents import Content, Contents
from actors.tools.looking import Keep, batches
from actors.tools.paths import GoOn, Home
from actors.tools.settings import Settings
from actors.tools.states import Change, Look, Version
from actors.tools.threads import Threads
from bus import Data, concurrent, crash_point

T = TypeVar("T")

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MB: Final = 1024 * 1024
TRIES: Final = 20
"""How often a change is planned anew because somebody else was faster."""
_HOUR: Final = 3600.0
_DAY: Final = 24 * 3600 * 1_000_000


class ByTurn(Protocol):
    """A call that changes a file."""

    @property
    def call(self) -> str: ...
    @property
    def turn(self) -> str: ...
    @property
    def user(self) -> str: ...


@final
@attrs.frozen(kw_only=True)
class Done(Data):
    """A change that was made."""

    asked: str
    """The path as it was asked for, normalised."""
    places: int
    diff: str = ""


class KeepingActor(LateKeeper):
    """Knows what files were before turns changed them."""

    def __init__(self, home: Path, data: Path, settings: Callable[[], Settings]) -> None:
        """Hold nothing open.

        Args:
          home: the agent's, made if it is not there.
          data: the folder of the agent that no tool sees: its database lies there, and what is kept.
          settings: of this subsystem, asked for at each use.
        """
        super().__init__(
            data / "db" / "tools.db", numbered(MIGRATIONS), lambda text: messages.KeepingFailed(reason=text)
        )
        self._root = home
        self._home = Home(home)
        self._contents = Contents(data / "checkpoints")
        self._settings = settings
        self._threads = Threads()
        self._keeping = trio.Lock()
        self._pruned = float("-inf")
        self._named: set[str] | None = None
        """Names that nobody else is behind, once somebody has asked."""

    async def start(self) -> None:
        await super().start()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def _run(self, work: Callable[[GoOn], T], path: str) -> T:
        """Do a piece of work in a thread.

        A virtual clock takes a waiting thread for idleness and would run ahead; there all work is done at once.
        """
        return work(_go_on) if self.bus.clock.virtual else await self._threads.run(work, path)

    def _now(self) -> int:
        return micros(self.bus.clock.now())

    def _keep(self, home: Home, go_on: GoOn) -> Keep:
        return Keep(home, self._contents, self._settings().checkpoints.max_file_mb * MB, go_on)

    # --- single files -------------------------------------------------------------------------------------

    async def _change(
        self,
        plan: Callable[[Keep], Plan],
        call: ByTurn,
        path: str,
        *,
        again: bool = False,
        names: bool = False,
    ) -> Done:
        """Change a file, once what is there is kept; what a call has done before a crash is not done again.

        Args:
          plan: says what is to be done, from what is there.
          call: who asks, and for whom.
          path: as it was asked for.
          again: whether a call that is repeated may change what somebody else has left meanwhile.
          names: whether the call gives the path its name, and nobody else is behind that.
        """
        home = self._home.of(call.user)
        for attempt in range(TRIES):
            try:
                planned = await self._run(lambda go_on: plan(self._keep(home, go_on)), path)
            except messages.FileError:
                noted = None if attempt else await self._read(store.change_of, call.call)
                if noted is not None and await self._is_there(home, noted):
                    return Done(asked=noted.path, places=noted.places)
                raise
            change, content = planned.change, planned.content
            done = Done(asked=planned.asked, places=change.places, diff=planned.diff)
            own = await self._new_names(change.path) if names else []
            noted = await self._write(store.note, call.turn, call.call, change, content, self._now(), own)
            if self._named is not None:
                self._named.update(own)
            if noted is not None and not attempt and change.before != noted.before:
                if change.before == noted.after:
                    return attrs.evolve(done, places=noted.places, diff="")
                if not again:
                    raise messages.ChangedMeanwhile(path=planned.asked)
            crash_point("change", "kept")
            try:
                await self._run(partial(changing.carry_out, home, planned, call.call), path)
            except messages.ChangedMeanwhile:
                continue
            return done
        raise messages.ChangedMeanwhile(path=path)

    async def _new_names(self, path: str) -> list[str]:
        """Of the names of a path, those that are not known as such that nobody else is behind."""
        known = await self._known_names()
        return [name for name in path.split("/") if name not in known]

    async def _known_names(self) -> set[str]:
        if self._named is None:
            self._named = await self._read(store.names)
        return self._named

    async def _is_there(self, home: Home, noted: Change) -> bool:
        """Whether what a call was going to leave is there."""
        found = await self._run(partial(looking.now, home, [noted.path]), noted.path)
        return found[noted.path][0] == noted.after

    # --- all of home --------------------------------------------------------------------------------------

    @messages.KeepAll.handler
    @concurrent(16, isolated=True)
    async def keep_all(self, request: messages.KeepAll) -> messages.Kept:
        async with self._keeping:
            if await self._read(store.snapshots_of, [request.turn]):
                return messages.Kept(files=0, new=0)
            await self._prune()
            known = await self._read(store.current)
            return await self._snapshot(request.turn, known)

    async def _snapshot(self, turn: str, known: Mapping[str, Version]) -> messages.Kept:
        rules = self._settings().checkpoints
        skipped, most = rules.skip_folders, rules.max_files
        now = self._now() * 1000
        found = await self._run(lambda go_on: looking.survey(self._home, skipped, most, go_on), ".")
        new = {path: found.found[path] for path in looking.changed(known, found.found)}
        versions = [looking.left_out(path, new.pop(path)) for path in found.left_out if path in new]
        versions += await self._keep_versions(new, now)
        gone = known.keys() - found.found.keys()
        await self._write(store.add_snapshot, turn, versions, gone, partial=found.partial, now=self._now())
        kept = {**known, **{each.path: each for each in versions}}
        there = {path: kept[path] for path in found.found if path in kept}
        unkept = tuple(undoing.unkept(there, most if found.partial else None))
        return messages.Kept(files=len(found.found), new=len(versions), unkept=unkept)

    async def _keep_versions(self, looks: Mapping[str, Look], now: int) -> list[Version]:
        """Keep what lies under these paths, as far as there is room."""
        if not looks:
            return []
        room = self._settings().checkpoints.max_total_mb * MB - await self._read(contents.total)
        versions: list[Version] = []
        for some in batches(looks):
            batch = await self._run(partial(self._taken, some, now, max(room, 0)), ".")
            kept = [content for _, content in batch if content is not None]
            room -= sum(content.size for content in kept)
            await self._write(contents.add, kept)
            versions += [version for version, _ in batch]
        return versions

    def _taken(
        self, looks: Mapping[str, Look], now: int, room: int, go_on: GoOn
    ) -> list[tuple[Version, Content | None]]:
        return list(self._keep(self._home, go_on).versions(looks, now, room))

    async def _prune(self) -> None:
        """Forget what is kept for long enough, at most once an hour unless there is too much."""
        rules = self._settings().checkpoints
        most, now = rules.max_total_mb * MB, self.bus.clock.monotonic()
        if now < self._pruned + _HOUR and await self._read(contents.total) <= most:
            return
        self._pruned = now
        await self._write(store.prune, self._now() - rules.keep_days * _DAY, most)
        known = await self._read(contents.large)
        seconds = self._now() / 1_000_000
        await self._run(lambda _: self._contents.clear(known, seconds), ".")


def _go_on() -> None:
    """What is done at once is never given up."""
