"""A folder of home as one file to take away."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial
from typing import BinaryIO, Final, final
from urllib.parse import quote

import attrs
import trio
from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.http import ZIP_PATH, principal, route
from actors.gateway.packing import Packing
from actors.gateway.presence import Presence
from actors.gateway.routes.rights import Right
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import Principal
from bus import ActorError, Bus, Data, run_in_thread

CHUNK: Final = 256 * 1024
"""Bytes read and packed at once."""
AT_ONCE: Final = 2
"""Pieces that are packed at the same time, of all folders."""
LEFT_OUT: Final = "LEFT OUT.txt"
"""Names what could not be read, within the zip file."""


@final
class ZipRoutes:
    """``GET /api/files/zip``. It is no endpoint: what it answers grows while it is sent."""

    def __init__(self, app: Quart, bus: Bus, presence: Presence) -> None:
        self._bus = bus
        self._presence = presence
        self._packing = trio.CapacityLimiter(AT_ONCE)
        route(app, "GET", ZIP_PATH, self.zip)

    async def zip(self) -> Response:
        """Send all of a folder. Raises BadMessage, tools.TooMuchToPack and what else tools.ListTree raises."""
        path = request.args.get("path")
        if not path:
            raise BadMessage("expected the path of a folder", "path")
        known = principal()
        with self._bus.baggage(origin="gateway", user=known.user):
            tree = await self._bus.ask(tools.ListTree(path=path, user=known.user, proof=known.proof))
        right = Right(self._bus, self._presence, may_look)
        pieces = right.while_allowed(self._packed(tree, known.user))
        response = Response(pieces, content_type="application/zip")
        response.headers["Content-Disposition"] = (
            f"attachment; filename*=UTF-8''{quote(tree.name, safe='')}.zip"
        )
        return response

    async def _packed(self, tree: tools.FileTree, user: str) -> AsyncGenerator[bytes]:
        packing = Packing()
        try:
            async with aclosing(self._pieces(packing, tree, user)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            packing.drop()

    async def _pieces(self, packing: Packing, tree: tools.FileTree, user: str) -> AsyncGenerator[bytes]:
        left_out: list[str] = []
        for entry in tree.entries:
            name = f"{tree.name}/{entry.name}"
            if entry.is_folder:
                yield packing.folder(name, entry.modified_at)
                continue
            found = await self._opened(entry.path, user)
            if found is None:
                left_out.append(entry.name)
                continue
            file, media_type = found
            with file:
                yield packing.begin(name, entry.modified_at, media_type)
                async with aclosing(self._content(packing, file, entry.size)) as content:
                    async for piece in content:
                        yield piece
                yield packing.end()
        if left_out:
            yield packing.begin(f"{tree.name}/{LEFT_OUT}", tree.at)
            yield packing.add("".join(f"{name}\n" for name in left_out).encode())
            yield packing.end()
        yield packing.close()

    async def _opened(self, path: str, user: str) -> tuple[BinaryIO, str] | None:
        """A file and its type; None for one that is gone or may not be read."""
        with suppress(ActorError, OSError):
            located = await self._bus.ask(tools.Locate(path=path, user=user))
            return located.open(), located.media_type
        return None

    async def _content(self, packing: Packing, file: BinaryIO, size: int) -> AsyncGenerator[bytes]:
        """Of one that grows, what was there when the folder was listed."""
        left = size
        while left:
            packed = await run_in_thread(partial(_pack, packing, file, left), limiter=self._packing)
            if packed is None:
                return
            left -= packed.size
            if packed.piece:
                yield packed.piece


async def may_look(_known: Principal, user: users.User) -> bool:
    """Whether somebody may look at the agent's files."""
    return user.role == "admin" or user.filesystem_enabled


@attrs.frozen
class _Packed(Data):
    size: int
    """Bytes that were read."""
    piece: bytes


def _pack(packing: Packing, file: BinaryIO, most: int) -> _Packed | None:
    data = file.read(min(CHUNK, most))
    return _Packed(len(data), packing.add(data)) if data else None
