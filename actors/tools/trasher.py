"""What a person deletes, and puts back."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import trio

from actors.tools import arranging, messages, trash
from actors.tools.keeping import MB
from actors.tools.paths import GoOn, translated
from actors.tools.settings import Settings
from actors.tools.trash import Note, Trash
from actors.tools.undoer import UndoingActor
from actors.users import messages as users
from actors.vocabulary import Proof
from bus import concurrent

T = TypeVar("T")
AT_ONCE: Final = 16
_log = logging.getLogger(__name__)
_CLEARED: Final = 6 * 3600.0
"""Seconds after which it is looked whether something has been kept long enough."""


class TrashingActor(UndoingActor):
    """Keeps for a while what people delete."""

    def __init__(self, home: Path, data: Path, settings: Callable[[], Settings]) -> None:
        """Hold nothing open. The arguments are those of KeepingActor."""
        super().__init__(home, data, settings)
        self._trash = Trash(data / "trash")
        self._at_trash = trio.Lock()
        """Whoever takes something out of it is alone there."""

    async def start(self) -> None:
        await super().start()
        self.timers.every(_CLEARED, messages.ClearTrash())

    @messages.Remove.handler
    @concurrent(AT_ONCE, isolated=True)
    async def remove(self, request: messages.Remove) -> messages.Removed:
        if not request.for_good:
            note = Note(
                id=self.bus.ids.uuid(),
                user=request.user,
                path=request.path,
                type="other",
                size=0,
                at=self.bus.clock.now(),
            )
            away = partial(
                arranging.throw_away,
                path=request.path,
                etag=request.etag,
                trash=self._trash,
                note=note,
                most=self._room(),
            )
            kept = await self._for(request.user, request.proof, away, request.path)
            if kept is not None:
                self.timers.after(0.0, messages.ClearTrash())
                return messages.Removed(path=kept.path, kept=kept.id)
            if request.for_good is False:
                raise messages.NotKept(path=request.path)
        gone = partial(arranging.remove, path=request.path, etag=request.etag)
        path = await self._for(request.user, request.proof, gone, request.path)
        return messages.Removed(path=path, kept=None)

    @messages.ListTrash.handler
    @concurrent(AT_ONCE, isolated=True)
    async def list_trash(self, request: messages.ListTrash) -> tuple[messages.InTrash, ...]:
        keep = self._kept_for()
        now = self.bus.clock.now()
        notes = await self._thrown_away(request.user, request.proof)
        shown = [trash.shown(note, keep) for note in notes if now - note.at <= keep]
        return tuple(shown[: request.limit])

    @messages.Restore.handler
    @concurrent(AT_ONCE, isolated=True)
    async def restore(self, request: messages.Restore) -> messages.Stored:
        async with self._at_trash:
            note = await self._note(request.id, request.user, request.proof)
            path = note.path if request.to is None else request.to
            back = partial(arranging.put_back, trash=self._trash, note=note, path=path)
            return await self._for(request.user, request.proof, back, path)

    @messages.Erase.handler
    @concurrent(AT_ONCE, isolated=True)
    async def erase(self, request: messages.Erase) -> None:
        async with self._at_trash:
            note = await self._note(request.id, request.user, request.proof)
            await self._in_trash(lambda _: self._trash.erase(note))

    @messages.ClearTrash.handler
    @concurrent(1, isolated=True)
    async def clear_trash(self, command: messages.ClearTrash) -> None:
        now, keep, most = self.bus.clock.now(), self._kept_for(), self._room()
        try:
            async with self._at_trash:
                await self._in_trash(lambda go_on: self._trash.clear(now, keep, most, go_on))
        except messages.FileError as error:
            _log.warning("what was deleted long ago is still kept: %s", error)

    async def _note(self, id: str, user: str, proof: Proof) -> Note:
        """Raises NotInTrash, also for what somebody else has deleted."""
        for note in await self._thrown_away(user, proof):
            if note.id == id:
                return note
        raise messages.NotInTrash(id=id)

    async def _thrown_away(self, user: str, proof: Proof) -> list[Note]:
        await self._require_allowed(user, proof)
        return [note for note in await self._in_trash(self._trash.notes) if note.user == user]

    async def _in_trash(self, work: Callable[[GoOn], T]) -> T:
        """Raises FileSystemRefused, among what can be wrong with a path."""

        def run(go_on: GoOn) -> T:
            with translated("."):
                return work(go_on)

        return await self._run(run, ".")

    def _kept_for(self) -> timedelta:
        return timedelta(days=self._settings().checkpoints.keep_days)

    def _room(self) -> int:
        return self._settings().checkpoints.max_total_mb * MB

    def _days(self, facts: messages.FileFacts) -> int:
        """For how many it would be kept once it is deleted."""
        fits = facts.complete and facts.size <= self._room() and self._trash.reaches(self._home)
        return self._settings().checkpoints.keep_days if fits else 0

    async def _for(self, user: str, proof: Proof, work: Callable[..., T], path: str) -> T:
        """Do it for somebody who may. Raises FilesNotAllowed."""
        await self._require_allowed(user, proof)
        home = self._home.of(user)

        def run(go_on: GoOn) -> T:
            return work(home, go_on=go_on)

        return await self._run(run, path)

    async def _require_allowed(self, user: str, proof: Proof) -> None:
        """Raises FilesNotAllowed."""
        known = await self.bus.ask(users.GetUser(id=user, user=user, proof=proof))
        if known.role != "admin" and not known.filesystem_enabled:
            raise messages.FilesNotAllowed
