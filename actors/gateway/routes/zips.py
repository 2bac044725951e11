"""A folder of home as one file to take away."""

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO, Final, final
from urllib.parse import quote

import attrs
import trio
from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.http import ZIP_PATH, principal, route
from actors.gateway.packing import Packing
from actors.tools import messages as tools
from bus import ActorError, Bus, run_in_thread

CHUNK: Final = 256 * 1024
"""Bytes read and packed at once."""
AT_ONCE: Final = 2
"""Pieces that are packed at the same time, of all folders."""
LEFT_OUT: Final = "LEFT OUT.txt"
"""Names what could not be read, within the zip file."""


@final
class ZipRoutes:
    """``GET /api/files/zip``. It is no endpoint: what it answers grows while it is sent."""

    def __init__(self, app: Quart, bus: Bus) -> None:
        self._bus = bus
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
        response = Response(self._pieces(tree, known.user), content_type="application/zip")
        response.headers["Content-Disposition"] = (
            f"attachment; filename*=UTF-8''{quote(tree.name, safe='')}.zip"
        )
        return response

    async def _pieces(self, tree: tools.FileTree, user: str) -> AsyncIterator[bytes]:
        packing = Packing()
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
                async for piece in self._content(packing, file, entry.size):
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

    async def _content(self, packing: Packing, file: BinaryIO, size: int) -> AsyncIterator[bytes]:
        """Of one that grows, what was there when the folder was listed."""
        left = size
        while left:
            packed = await run_in_thread(partial(_pack, packing, file, left), limiter=self._packing)
            if packed is None:
                return
            left -= packed.size
            if packed.piece:
                yield packed.piece


@attrs.frozen
class _Packed:
    size: int
    """Bytes that were read."""
    piece: bytes


def _pack(packing: Packing, file: BinaryIO, most: int) -> _Packed | None:
    data = file.read(min(CHUNK, most))
    return _Packed(len(data), packing.add(data)) if data else None
