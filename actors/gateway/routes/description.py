"""The description of this interface for programs, as ``scripts/docs`` has written it."""

from pathlib import Path
from typing import Final, final

from quart import Quart, Response

from actors.gateway.http import route

FOLDER: Final = Path(__file__).parent.parent / "interface"
DESCRIPTIONS: Final = {"/api/openapi.json": "openapi.json", "/api/frames.json": "frames.json"}
PUBLIC: Final = frozenset(DESCRIPTIONS)
"""They say what anybody can read in the source."""


@final
class DescriptionRoutes:
    """``/api/openapi.json`` and ``/api/frames.json``."""

    def __init__(self, app: Quart) -> None:
        for path, name in DESCRIPTIONS.items():
            route(app, "GET", path, _Described(FOLDER / name).show, "public")


@final
class _Described:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def show(self) -> Response:
        """The document, read anew: it is seldom asked for."""
        return Response(self._path.read_bytes(), content_type="application/json")
