"""What several messages of this front door share."""

from typing import Any, ClassVar, Final

from actors.shapes import described
from actors.vocabulary import ADMIN

FOLDERS = ("desktop", "documents", "downloads", "projects", "scripts", "temp")
"""Where files in home belong."""
UPLOADS = "uploads"
"""The folder with what people have sent, in one of each user."""
MAX_LOADED = 20 * 1024 * 1024
"""Bytes of a file that is handed on as a whole."""
MAX_SPOOLED = 25 * 1024 * 1024
"""Bytes of one that is handed on and stored nowhere."""
PATH: Final = described("In the home folder.")


class OfUser:
    """A request that says for whom it is; before the second version there was one user."""

    __slots__ = ()
    version: ClassVar[int] = 2

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "user": ADMIN}


class OfTurn:
    """A request that says on behalf of which turn it changes something; it once did not, and neither for whom."""

    __slots__ = ()

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"user": ADMIN, "call": "", "turn": "", **body}


class Named(OfTurn):
    """One that may give a file its name; it once did not say who may be behind that, so it may be anybody."""

    __slots__ = ()

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return super().upcast(version, {"outside": ["anybody"], **body})
