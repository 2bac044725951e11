"""What a person does with the files of home, in the page or by a program."""

from functools import partial

import attrs

from actors.tools import arranging, browsing, messages
from actors.tools.paths import Home
from actors.tools.trasher import AT_ONCE, TrashingActor
from bus import concurrent


class BrowsingActor(TrashingActor):
    """Shows and changes files for people who may."""

    _spool: Home

    @messages.Browse.handler
    @concurrent(AT_ONCE, isolated=True)
    async def browse(self, request: messages.Browse) -> tuple[messages.FileEntry, ...]:
        page = partial(browsing.browse, path=request.path, offset=request.offset, limit=request.limit)
        return await self._for(request.user, request.proof, page, request.path)

    @messages.Stat.handler
    @concurrent(AT_ONCE, isolated=True)
    async def stat(self, request: messages.Stat) -> messages.FileFacts:
        work = partial(browsing.stat, path=request.path, count=request.count)
        facts = await self._for(request.user, request.proof, work, request.path)
        if facts.type == "directory" and not request.count:
            return facts
        return attrs.evolve(facts, kept_days=self._days(facts))

    @messages.ListTree.handler
    @concurrent(AT_ONCE, isolated=True)
    async def list_tree(self, request: messages.ListTree) -> messages.FileTree:
        work = partial(browsing.tree, path=request.path)
        return await self._for(request.user, request.proof, work, request.path)

    @messages.ReadText.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_text(self, request: messages.ReadText) -> messages.WholeText:
        work = partial(browsing.read_text, path=request.path)
        return await self._for(request.user, request.proof, work, request.path)

    @messages.WriteText.handler
    @concurrent(AT_ONCE, isolated=True)
    async def write_text(self, request: messages.WriteText) -> messages.Stored:
        data = request.content.encode()
        work = partial(arranging.write_text, path=request.path, data=data, etag=request.etag)
        return await self._for(request.user, request.proof, work, request.path)

    @messages.MakeFolder.handler
    @concurrent(AT_ONCE, isolated=True)
    async def make_folder(self, request: messages.MakeFolder) -> messages.Stored:
        work = partial(arranging.make_folder, path=request.path)
        return await self._for(request.user, request.proof, work, request.path)

    @messages.Move.handler
    @concurrent(AT_ONCE, isolated=True)
    async def move(self, request: messages.Move) -> messages.Stored:
        work = partial(
            arranging.move, path=request.path, to=request.to, replace=request.replace, etag=request.etag
        )
        return await self._for(request.user, request.proof, work, request.path)

    @messages.PlaceFiles.handler
    @concurrent(AT_ONCE, isolated=True)
    async def place_files(self, request: messages.PlaceFiles) -> tuple[messages.Stored, ...]:
        work = partial(
            arranging.place_files,
            spool=self._spool,
            upload=request.upload,
            sent=request.files,
            path=request.path,
            replace=request.replace,
        )
        return await self._for(request.user, request.proof, work, request.path)
