"""The tools actor: the agent's hands in its home folder."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar, final

import trio

from actors.tools import files, messages
from actors.tools.paths import Home
from actors.tools.settings import Settings
from actors.vocabulary import Attachment
from bus import Actor, concurrent

T = TypeVar("T")

AT_ONCE = 16
"""Files handled at once, per kind of request."""
INLINE = 64 * 1024
"""Bytes up to which reading is done at once: it takes less than handing it to a thread and back."""


@final
class ToolsActor(Actor):
    """Owns nothing in memory; every handler is one piece of work on the file system."""

    def __init__(self, home: Path, uploads: Path, settings: Settings, max_result: int) -> None:
        """Hold nothing open.

        Args:
          home: the agent's, made if it is not there.
          uploads: where files that people send wait in a folder of their own until they are stored.
          settings: of this subsystem.
          max_result: bytes of text that one result may have.
        """
        self._root = home
        self._home = Home(home)
        self._spool = Home(uploads)
        self._settings = settings
        self._max_result = max_result

    async def start(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)

    @messages.FileRead.handler
    @concurrent(AT_ONCE)
    async def read_file(self, request: messages.FileRead) -> messages.FileText | messages.ImageFile:
        with self._home.place(request.path) as place, place.open() as file:
            work = partial(files.read, file, place.path, request.offset, request.limit, self._max_result)
            return await self._run(work, os.fstat(file.fileno()).st_size)

    @messages.FileList.handler
    @concurrent(AT_ONCE)
    async def list_folder(self, request: messages.FileList) -> messages.Listing:
        with self._home.directory(request.path) as place:
            return await self._run(partial(files.listing, place, self._max_result), place.stat().st_size)

    @messages.Attach.handler
    async def attach(self, request: messages.Attach) -> messages.Attached:
        with self._home.place(request.path) as place:
            return files.attach(place)

    @messages.Locate.handler
    async def locate(self, request: messages.Locate) -> messages.Located:
        with self._home.place(request.path) as place:
            return files.locate(self._home, place)

    @messages.FileWrite.handler
    @concurrent(AT_ONCE)
    async def write_file(self, request: messages.FileWrite) -> messages.Written:
        return await self._run(partial(files.write, self._home, request.path, request.content, request.call))

    @messages.FileDelete.handler
    @concurrent(AT_ONCE)
    async def delete_file(self, request: messages.FileDelete) -> messages.Deleted:
        return await self._run(partial(files.delete, self._home, request.path))

    @messages.LoadFile.handler
    @concurrent(AT_ONCE)
    async def load_file(self, request: messages.LoadFile) -> bytes:
        with self._home.place(request.path) as place, place.open() as file:
            work = partial(files.load, file, place.path, request.limit)
            return await self._run(work, os.fstat(file.fileno()).st_size)

    @messages.SaveUpload.handler
    @concurrent(AT_ONCE)
    async def save_upload(self, request: messages.SaveUpload) -> tuple[Attachment, ...]:
        save = partial(files.save_upload, self._home, self._spool, request.upload, request.files)
        now = self.bus.clock.now().astimezone()
        return await self._run(partial(save, now=now, rules=self._settings.attachments))

    async def _run(self, work: Callable[[], T], size: int | None = None) -> T:
        """Do a piece of work: at once when it reads no more than INLINE bytes, else in a thread.

        What changes files waits for the disk, so it gives no `size`. A virtual clock takes a waiting thread for
        idleness and would run ahead; there all work is done at once.
        """
        if self.bus.clock.virtual or (size is not None and size <= INLINE):
            return work()
        return await trio.to_thread.run_sync(work)
