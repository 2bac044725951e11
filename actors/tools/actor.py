"""The tools actor: the agent's hands in its home folder, and its look at the environment."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, final

import attrs

from actors.tools import changing, messages, reading, receiving, searching
from actors.tools import uploads as waiting
from actors.tools.browser import BrowsingActor
from actors.tools.paths import GoOn, Home, Place
from actors.tools.settings import Settings
from actors.vocabulary import Attachment, quoted
from bus import concurrent

T = TypeVar("T")
Look = Callable[[Place, BinaryIO, GoOn], T]

AT_ONCE = 16
"""Files handled at once, per kind of request."""
SEARCHES = 4
"""Searches at once, of each kind: they keep a processor busy."""
OURS: Final = frozenset({*messages.FOLDERS, messages.UPLOADS, ""})
"""Names of home that are always known; paths of folders end in an empty one."""
INLINE = 64 * 1024
"""Bytes up to which reading is done at once: it takes less than handing it to a thread and back."""


@final
class ToolsActor(BrowsingActor):
    """Every handler is one piece of work on the file system."""

    def __init__(
        self,
        home: Path,
        uploads: Path,
        data: Path,
        settings: Callable[[], Settings],
        max_result: Callable[[], int],
        variables: Mapping[str, str | None] | None = None,
    ) -> None:
        """Hold nothing open.

        Args:
          home: the agent's, made if it is not there.
          uploads: where files that people send wait in a folder of their own until they are stored.
          data: the folder of the agent that no tool sees: its database lies there, and what is kept.
          settings: of this subsystem, asked for at each use.
          max_result: bytes of text that one result may have, likewise.
          variables: all that there is of the environment for the model, None for what is not set.
        """
        super().__init__(home, data, settings)
        self._spool = Home(uploads)
        self._max_result = max_result
        self._variables = variables or {}

    @messages.FileRead.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_file(self, request: messages.FileRead) -> reading.Read:
        def look(place: Place, file: BinaryIO, go_on: GoOn) -> reading.Read:
            lines = (request.offset, request.skip, request.limit)
            return reading.read(file, place.path, *lines, self._max_result(), go_on)

        return await self._look(self._home.of(request.user), request.path, look)

    @messages.Read.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_numbered(self, request: messages.Read) -> reading.Read:
        home = self._home.of(request.user)

        def look(place: Place, file: BinaryIO, go_on: GoOn) -> reading.Read:
            lines = (request.offset, request.skip, request.limit or None)
            return reading.numbered(file, place.path, *lines, self._max_result(), go_on)

        return await self._look(home, home.relative(request.file_path), look)

    @messages.Glob.handler
    @concurrent(SEARCHES, isolated=True)
    async def find_names(self, request: messages.Glob) -> messages.Found:
        work = partial(searching.glob, self._home.of(request.user), request, self._max_result())
        found = await self._run(work, request.path)
        given = {name for line in found.lines for name in line.split("/")} if found.strange else set[str]()
        return attrs.evolve(found, strange=await self._is_strange(given, request.user))

    @messages.Grep.handler
    @concurrent(SEARCHES, isolated=True)
    async def find_lines(self, request: messages.Grep) -> messages.Found:
        work = partial(searching.grep, self._home.of(request.user), request, self._max_result())
        return await self._run(work, request.path)

    @messages.FileList.handler
    @concurrent(AT_ONCE, isolated=True)
    async def list_folder(self, request: messages.FileList) -> messages.Listing:
        listing = await self._listed(request)
        given = {entry.name.removesuffix("/") for entry in listing.entries}
        return attrs.evolve(listing, strange=await self._is_strange(given, request.user))

    async def _is_strange(self, names: set[str], user: str) -> bool:
        """Whether somebody else may be behind one of these names."""
        unknown = names - OURS - {user}
        return bool(unknown) and not unknown <= await self._known_names()

    async def _listed(self, request: messages.FileList) -> messages.Listing:
        home = self._home.of(request.user)

        def work(go_on: GoOn) -> messages.Listing:
            with home.directory(request.path) as place:
                return reading.listing(home, place, self._max_result(), go_on)

        try:
            with home.directory(request.path, alike=False) as place:
                if place.stat().st_size <= INLINE:
                    return reading.listing(home, place, self._max_result(), _go_on)
        except messages.NotADirectory:
            pass
        return await self._run(work, request.path)

    @messages.Attach.handler
    @concurrent(AT_ONCE, isolated=True)
    async def attach(self, request: messages.Attach) -> messages.Attached:
        home = self._home.of(request.user)
        return await self._look(home, request.path, lambda place, file, _: reading.attach(place, file))

    @messages.Locate.handler
    @concurrent(AT_ONCE, isolated=True)
    async def locate(self, request: messages.Locate) -> messages.Located:
        home = self._home.of(request.user)
        return await self._look(home, request.path, lambda place, file, _: reading.locate(home, place, file))

    @messages.LoadFile.handler
    @concurrent(AT_ONCE, isolated=True)
    async def load_file(self, request: messages.LoadFile) -> bytes:
        def look(place: Place, file: BinaryIO, go_on: GoOn) -> bytes:
            limit = max(0, min(request.limit, messages.MAX_LOADED))
            return reading.load(file, place.path, limit, go_on)

        return await self._look(self._home, request.path, look)

    @messages.LoadUpload.handler
    @concurrent(AT_ONCE, isolated=True)
    async def load_upload(self, request: messages.LoadUpload) -> bytes:
        def look(_place: Place, file: BinaryIO, go_on: GoOn) -> bytes:
            limit = max(0, min(request.limit, messages.MAX_SPOOLED))
            return reading.load(file, request.id, limit, go_on)

        return await self._look(self._spool, waiting.spooled(request.upload, request.id), look)

    @messages.FileWrite.handler
    @concurrent(AT_ONCE, isolated=True)
    async def write_file(self, request: messages.FileWrite) -> messages.Written:
        return await self._written(request, request.path)

    @messages.Write.handler
    @concurrent(AT_ONCE, isolated=True)
    async def write_at(self, request: messages.Write) -> messages.Written:
        return await self._written(request, self._home.relative(request.file_path))

    async def _written(self, request: messages.FileWrite | messages.Write, path: str) -> messages.Written:
        data = request.content.encode()
        work = partial(changing.plan_write, path=path, data=data)
        done = await self._change(work, request, path, again=True, names=not request.outside)
        loose = done.asked.partition("/")[0] not in messages.FOLDERS
        return messages.Written(path=done.asked, size=len(data), loose=loose, diff=done.diff)

    @messages.Edit.handler
    @concurrent(AT_ONCE, isolated=True)
    async def edit_file(self, request: messages.Edit) -> messages.Edited:
        path = self._home.relative(request.file_path)
        edit = partial(changing.plan_edit, path=path, old=request.old_string, new=request.new_string)
        work = partial(edit, everywhere=request.replace_all)
        done = await self._change(work, request, path, names=not request.outside)
        return messages.Edited(path=done.asked, count=done.places, diff=done.diff)

    @messages.FileDelete.handler
    @concurrent(AT_ONCE, isolated=True)
    async def delete_file(self, request: messages.FileDelete) -> messages.Deleted:
        done = await self._change(partial(changing.plan_delete, path=request.path), request, request.path)
        return messages.Deleted(path=done.asked, diff=done.diff)

    @messages.EnvGet.handler
    async def variable(self, request: messages.EnvGet) -> str:
        if request.key not in self._variables:
            raise messages.Restricted(key=request.key)
        value = self._variables[request.key]
        return f"Environment variable {quoted(request.key)} is not set." if value is None else value

    @messages.SaveUpload.handler
    @concurrent(AT_ONCE, isolated=True)
    async def save_upload(self, request: messages.SaveUpload) -> tuple[Attachment, ...]:
        now = self.bus.clock.now().astimezone()
        rules = self._settings().attachments
        save = partial(
            receiving.save_upload, self._home.of(request.user), self._spool, request.upload, request.files
        )
        return await self._run(lambda go_on: save(now=now, rules=rules, go_on=go_on), request.upload)

    @messages.GetAttachmentRules.handler
    async def attachment_rules(self, request: messages.GetAttachmentRules) -> messages.AttachmentRules:
        rules = self._settings().attachments
        return messages.AttachmentRules(
            enabled=rules.enabled,
            max_file_size=rules.max_file_size,
            allowed_extensions=rules.allowed_extensions,
        )

    async def _look(self, home: Home, path: str, look: Look[T]) -> T:
        """Read from a file: at once when it is small and there under this very name, else in a thread."""

        def work(go_on: GoOn) -> T:
            with home.place(path) as place, place.open() as file:
                return look(place, file, go_on)

        try:
            with home.place(path, alike=False) as place, place.open() as file:
                if os.fstat(file.fileno()).st_size <= INLINE:
                    return look(place, file, _go_on)
        except messages.FileNotFound:
            pass
        return await self._run(work, path)


def _go_on() -> None:
    """What is done at once is never given up."""
