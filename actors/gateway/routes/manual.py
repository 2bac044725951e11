"""The documentation, for whoever has the page open: ``/docs`` and all below."""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from quart import Quart, Response, request

from actors.gateway.http import route

if TYPE_CHECKING:
    from actors.gateway.manual.manual import Manual

PLACE: Final = "/docs"
STYLE: Final = "style.css"


@final
class ManualRoutes:
    """It tells nothing of this agent, so anybody may read it."""

    def __init__(self, app: Quart, root: Path | None, base_path: str) -> None:
        """`root` is its folder, None where there is none; `base_path` is where browsers find the page."""
        self._root = root
        self._place = (f"{base_path}/", f"{base_path}{PLACE}")
        for path in (PLACE, f"{PLACE}/", f"{PLACE}/{{path:page}}"):
            route(app, "GET", path, self.show, "public")

    async def show(self, page: str = "") -> Response:
        if page == STYLE:
            return _packed(self._manual().style(), 200, "text/css")
        status, html = self._manual().answer(page)
        return _packed(html.encode(), status, "text/html")

    def _manual(self) -> "Manual":
        from actors.gateway.manual.manual import Manual

        return Manual(self._root, *self._place)


def _packed(body: bytes, status: int, media_type: str) -> Response:
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    return Response(body, status, headers, content_type=f"{media_type}; charset=utf-8")
