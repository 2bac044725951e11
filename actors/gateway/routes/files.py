"""Files: what people send, and the bytes of what lies in the agent's home."""

import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast, final
from urllib.parse import quote

import trio
from quart import Quart, Response, request
from quart.datastructures import FileStorage
from quart.wrappers.response import ResponseBody
from werkzeug.exceptions import UnsupportedMediaType

from actors.endpoints import BadMessage
from actors.gateway.bodies import PLACE_PATH, UPLOAD_PATH, LimitedRequest
from actors.gateway.http import RAW_PATH, answer, principal, refusal, route
from actors.gateway.presence import Presence
from actors.gateway.ranges import piece_of
from actors.gateway.routes.rights import Right
from actors.gateway.uploads import PREFIX, Uploads
from actors.spool import spool
from actors.tools import messages as tools
from actors.vocabulary import PDF
from bus import Bus, redact

CHUNK = 256 * 1024
"""Bytes read from disk at once."""

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", PDF})
"""Types a browser may show within the page. Everything else is saved, as bytes of no type, so that nothing that the
agent has written runs as a part of the page."""

EXECUTED = frozenset(
    {
        "script",
        "style",
        "worker",
        "sharedworker",
        "serviceworker",
        "audioworklet",
        "paintworklet",
        "manifest",
        "xslt",
    }
)
"""What a browser would do with a file that must not be done with one of the agent's."""

RAW_POLICY = "default-src 'none'; sandbox"
FRAMED: Mapping[str, Mapping[str, str]] = {
    PDF: {
        "Content-Security-Policy": f"{RAW_POLICY}; frame-ancestors 'self'",
        "X-Frame-Options": "SAMEORIGIN",
    }
}
"""What has a viewer in the browser, which the page shows in a frame. It is of no origin there, as everywhere."""


@final
class FileRoutes:
    """``/api/uploads``, and of ``/api/files`` what are bytes and forms; the tools subsystem has the rest."""

    def __init__(self, app: Quart, bus: Bus, uploads: Uploads, presence: Presence) -> None:
        self._bus = bus
        self._uploads = uploads
        self._presence = presence
        route(app, "POST", UPLOAD_PATH, self.upload)
        route(app, "POST", PLACE_PATH, self.place)
        route(app, "GET", RAW_PATH, self.raw)

    async def upload(self) -> Response:
        """Store the files of a form, to be named in a message afterwards."""
        async with self._received() as (folder, files):
            return answer(await self._uploads.save(folder, files, principal().user))

    async def place(self) -> Response:
        """Put the files of a form into a folder of home, under their own names."""
        async with self._received() as (folder, files):
            form, known = await cast("Any", request).form, principal()
            placed = tools.PlaceFiles(
                upload=folder.name,
                files=tuple(files),
                path=form.get("path", request.args.get("path", ".")),
                replace=form.get("replace", request.args.get("replace")) in {"1", "true"},
                user=known.user,
                proof=known.proof,
            )
            with self._bus.baggage(origin="gateway", user=known.user):
                return answer(await self._bus.ask(placed))

    @asynccontextmanager
    async def _received(self) -> AsyncGenerator[tuple[Path, list[tools.SentFile]]]:
        """The files of the form that is being sent, and the folder in which they wait."""
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("send a form, with content-type multipart/form-data")
        form = cast("LimitedRequest", request)
        with spool(self._uploads.folder, PREFIX) as folder, form.writing_to(folder):
            files = (await request.files).getlist("file")
            if not files:
                raise BadMessage("expected at least one file", "file")
            yield folder, [_sent(file) for file in files]

    async def raw(self) -> Response:
        """The bytes of a file in home that somebody may have."""
        if request.headers.get("Sec-Fetch-Dest") in EXECUTED:
            return refusal(403, "files of the agent are neither scripts nor styles of this page")
        path = request.args.get("path")
        if not path:
            raise BadMessage("expected the path of a file", "path")
        located = await self._uploads.find(path, principal())
        name = quote(path.rpartition("/")[2], safe="")
        shown = located.media_type in SHOWN
        kind = "inline" if shown else "attachment"
        media_type = located.media_type if shown else "application/octet-stream"
        right = Right(self._bus, self._presence, lambda known, _user: self._uploads.may_have(path, known))
        file = located.open()
        found = os.fstat(file.fileno())
        etag = f'"{found.st_ino:x}-{found.st_size:x}-{found.st_ctime_ns:x}"'
        piece = piece_of(request.headers.get("Range"), request.headers.get("If-Range"), found.st_size, etag)
        unchanged = etag in request.headers.get("If-None-Match", "")
        if unchanged or piece is None:
            file.close()
            response = Response(b"", 304 if unchanged else 416)
            if not unchanged:
                response.headers["Content-Range"] = f"bytes */{found.st_size}"
        else:
            file.seek(piece.start)
            size = piece.stop - piece.start
            response = Response(
                _Bytes(file, size, right), 200 if piece.whole else 206, content_type=media_type
            )
            response.headers["Content-Length"] = str(size)
            if not piece.whole:
                response.headers["Content-Range"] = f"bytes {piece.start}-{piece.stop - 1}/{found.st_size}"
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["ETag"] = etag
        response.headers["Content-Disposition"] = f"{kind}; filename*=UTF-8''{name}"
        response.headers["Content-Security-Policy"] = RAW_POLICY
        response.headers.update(FRAMED.get(media_type, {}))
        return response


def _sent(file: FileStorage) -> tools.SentFile:
    """A file of a form, which lies complete in the spool once it is closed."""
    file.close()
    spooled = Path(cast("str", file.stream.name))
    name = redact(file.filename or "file")
    return tools.SentFile(id=spooled.name, name=name, declared=file.mimetype or None)


@final
class _Bytes(ResponseBody):
    """Sends exactly `size` bytes of a file: one that shrinks meanwhile ends the connection, as it must.

    So does the end of the right to it.
    """

    def __init__(self, file: BinaryIO, size: int, right: Right) -> None:
        self._file = file
        self._left = size
        self._right = right
        self._open = ExitStack()

    async def __aenter__(self) -> Self:
        self._open.enter_context(self._file)
        self._open.enter_context(self._right.held())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while self._left:
            chunk = await trio.to_thread.run_sync(self._file.read, min(CHUNK, self._left))
            if not chunk:
                raise OSError(errno.EIO, "the file has become shorter")
            self._left -= len(chunk)
            await self._right.require()
            yield chunk
