"""What the session actor does about the audit log, and about the file that says how far that goes."""

import contextlib
import logging
from pathlib import Path
from typing import Final

from actors import atomic
from actors.storage import Keeper, Storage, micros
from bus import concurrent, redacted

from . import audit, messages

_LOG: Final = logging.getLogger(__name__)
HEAD: Final = ".audit"
"""Takes the place of the ending of the database's name in that of the file."""
SOON: Final = 5.0
"""Seconds until the file says what was added."""


class Auditing(Keeper):
    """Adds to the log and looks at it. The file is kept beside the database, which is at `path`."""

    def __init__(self, storage: Storage, path: Path) -> None:
        super().__init__(storage, lambda reason: messages.StorageFailed(reason=reason))
        self._head = path.with_suffix(HEAD)
        self._head_is_due = False

    async def on_stop(self) -> None:
        if self._head_is_due:
            with contextlib.suppress(messages.StorageFailed):
                await self._keep_head()
        await super().on_stop()

    def _now(self) -> int:
        return micros(self.bus.clock.now())

    @messages.Note.handler
    @concurrent(256, isolated=True)
    async def note(self, request: messages.Note) -> None:
        await self._write(audit.note, redacted(request), self._now())
        self._audited(request)

    @messages.ShowAudit.handler
    @concurrent(256, isolated=True)
    async def show_audit(self, request: messages.ShowAudit) -> tuple[messages.AuditRow, ...]:
        return redacted(await self._read(audit.show, request))

    @messages.VerifyAudit.handler
    @concurrent(4, isolated=True)
    async def verify_audit(self, request: messages.VerifyAudit) -> messages.Audited:
        noted = () if request.seq is None else (messages.Head(seq=request.seq, hash=request.hash or ""),)
        kept = self._kept_head()
        return await self._read(audit.audited, noted if kept is None else (kept, *noted))

    def _audited(self, added: object) -> None:
        """Something was added to the log, unless this is None: how far it goes is to be noted, soon."""
        if added is not None and not self._head_is_due:
            self._head_is_due = True
            self.timers.after(SOON, messages.KeepHead())

    @messages.KeepHead.handler
    async def keep_head(self, command: messages.KeepHead) -> None:
        with contextlib.suppress(messages.StorageFailed):
            await self._keep_head()

    async def _keep_head(self) -> None:
        """Note how far the log goes. What was noted is never replaced by something that does not follow from it."""
        self._head_is_due = False
        head = await self._write(audit.advance, self._kept_head())
        if head is None:
            _LOG.warning("the audit log is not what it was: see `starpod audit verify`")
            return
        try:
            atomic.write(self._head, audit.head_text(head), mode=atomic.OURS)
        except OSError as error:
            _LOG.warning("how far the audit log goes could not be noted: %s", error)

    def _kept_head(self) -> messages.Head | None:
        try:
            return audit.head_of(self._head.read_text())
        except (OSError, ValueError):
            return None
