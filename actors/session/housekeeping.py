"""What the session actor does for the list of conversations: deletes, pins, labels, searches, keeps drafts."""

from pathlib import Path
from typing import Final

from actors.storage import Storage
from bus import concurrent, redact, redacted

from . import finding, keeping, messages
from .auditing import Auditing
from .recent import RecentHistories

BREATH: Final = 0.05
"""Seconds between two pieces of work that nobody waits for."""


class Housekeeping(Auditing):
    """Looks after conversations as a whole."""

    def __init__(self, storage: Storage, path: Path) -> None:
        super().__init__(storage, path)
        self._recent = RecentHistories()
        self._pruned = False
        """Whether words of what was deleted may still be in the index and the write-ahead log."""

    async def _told(self, session: str, user: str) -> None:
        await self.bus.publish(messages.SessionChanged(session=session, user=user))

    async def _changed(self, session: messages.Session) -> messages.Session:
        await self._told(session.id, session.user)
        return session

    @messages.Delete.handler
    @concurrent(256, isolated=True)
    async def delete(self, request: messages.Delete) -> messages.Going:
        going = await self._write(keeping.delete, request, self._now())
        await self._told(request.session, request.user)
        self.timers.after(keeping.before(going, self._now()), messages.EraseGoing())
        return going

    @messages.Restore.handler
    @concurrent(256, isolated=True)
    async def restore(self, request: messages.Restore) -> messages.Session:
        return await self._changed(await self._write(keeping.restore, request))

    @messages.EraseGoing.handler
    async def erase_going(self, command: messages.EraseGoing) -> None:
        await self._erase_going()

    async def _erase_going(self) -> None:
        """Delete what is due; what is still at work is looked for with the next sweep."""
        for session, user in await self._write(keeping.erase, self._now()):
            self._audited(session)
            self._pruned = True
            self._recent.forget(session)
            await self._told(session, user)

    @messages.Tidy.handler
    async def tidy(self, command: messages.Tidy) -> None:
        await self._tidy()

    async def _tidy(self, *, first: bool = False) -> None:
        """Take the words of what is gone out of the index, piece by piece, and then out of the log."""
        if await self._write_relaxed(finding.tidy, first=first):
            self.timers.after(BREATH, messages.Tidy())
            return
        try:
            await self._erase(copies=False)
        except messages.StorageFailed:  # somebody else reads: with the next sweep
            self._pruned = True
            raise

    @messages.Pin.handler
    @concurrent(256, isolated=True)
    async def pin(self, request: messages.Pin) -> messages.Marked:
        await self._changed(await self._write(keeping.pin, request))
        return messages.Marked()

    @messages.SetLabels.handler
    @concurrent(256, isolated=True)
    async def set_labels(self, request: messages.SetLabels) -> messages.Session:
        return await self._changed(await self._write(keeping.set_labels, redacted(request)))

    @messages.ListLabels.handler
    @concurrent(256, isolated=True)
    async def list_labels(self, request: messages.ListLabels) -> tuple[messages.Label, ...]:
        return await self._read(keeping.labels, request.user)

    @messages.Find.handler
    @concurrent(256, isolated=True)
    async def find_messages(self, request: messages.Find) -> tuple[messages.Hit, ...]:
        found = await self._read(finding.find, request)
        hits = (finding.hit(each, request.q, redact(each.text)) for each in found)
        return redacted(tuple(hit for hit in hits if hit is not None))

    @messages.ListDrafts.handler
    @concurrent(256, isolated=True)
    async def list_drafts(self, request: messages.ListDrafts) -> tuple[messages.Draft, ...]:
        return redacted(await self._read(keeping.drafts, request.user))

    @messages.KeepDraft.handler
    @concurrent(256, isolated=True)
    async def keep_draft(self, request: messages.KeepDraft) -> messages.Marked:
        await self._write_relaxed(keeping.keep_draft, redacted(request), self._now())
        return messages.Marked()
