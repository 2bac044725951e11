"""A conversation as a file to take away."""

from collections.abc import AsyncGenerator, Callable, Iterable
from typing import cast, final
from urllib.parse import quote

from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.downloads import MEDIA_TYPES, MOST_OF_A_PICTURE, Download, Format, file_name
from actors.gateway.http import principal, route
from actors.gateway.presence import Presence
from actors.gateway.routes.rights import Right
from actors.gateway.uploads import Uploads
from actors.session import messages as session
from actors.users import messages as users
from actors.vocabulary import Attachment, Principal
from bus import Bus

PAGE = 50
"""Messages that are read and sent at once."""


@final
class DownloadRoutes:
    """``GET /api/sessions/{id}/export``. It is no endpoint: what it answers is a text that grows while it is sent."""

    def __init__(
        self, app: Quart, bus: Bus, uploads: Uploads, presence: Presence, agent: Callable[[], str]
    ) -> None:
        self._bus = bus
        self._presence = presence
        self._uploads = uploads
        self._agent = agent
        route(app, "GET", "/api/sessions/{id}/export", self.export)

    async def export(self, id: str) -> Response:
        """Send all of a conversation. Raises UnknownSession, BadMessage."""
        kind = request.args.get("format", "markdown")
        if kind not in MEDIA_TYPES:
            raise BadMessage(f"expected one of {', '.join(MEDIA_TYPES)}", "format")
        known = principal()
        found = await self._bus.ask(session.Get(session=id, user=known.user))
        download = Download(found, cast("Format", kind), self._agent())
        right = Right(self._bus, self._presence, _own)
        pieces = right.while_allowed(self._pieces(download, known))
        response = Response(pieces, content_type=MEDIA_TYPES[kind])
        name = quote(file_name(found, download.kind), safe="")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response

    async def _pieces(self, download: Download, known: Principal) -> AsyncGenerator[bytes]:
        yield download.head().encode()
        after = 0
        while True:
            page = await self._bus.ask(
                session.Messages(session=download.session.id, user=known.user, after=after, limit=PAGE)
            )
            if not page:
                break
            pictures = await self._pictures(download.wanted(page), known)
            yield download.page(page, pictures).encode()
            after = page[-1].id
        yield download.tail().encode()

    async def _pictures(self, files: Iterable[Attachment], known: Principal) -> dict[str, str]:
        """The bytes of pictures, in base64 by their paths, of those that are still there and that somebody may have."""
        found = dict[str, str]()
        for path in {file.path for file in files}:
            data = await self._uploads.inline(path, known, MOST_OF_A_PICTURE)
            if data is not None:
                found[path] = data
        return found


async def _own(_known: Principal, _user: users.User) -> bool:
    """A conversation is of whoever has it, whatever else they may."""
    return True
