"""What the parts of the actor that receives have in common: its database."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from actors.storage import LateKeeper, numbered
from actors.subsystem import Given
from actors.telegram.messages import TelegramFailed

T = TypeVar("T")
P = ParamSpec("P")

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class Keeping(LateKeeper):
    """Keeps updates, and what was chosen and shown in chats."""

    def __init__(self, given: Given) -> None:
        super().__init__(given.database("telegram"), numbered(MIGRATIONS), TelegramFailed)

    async def read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A job on the database that only reads. Raises TelegramFailed."""
        return await self._read(fn, *args, **kwargs)

    async def write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, safe on the disk when this returns. Raises TelegramFailed."""
        return await self._write(fn, *args, **kwargs)

    async def write_relaxed(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, which a power cut may undo. Raises TelegramFailed."""
        return await self._write_relaxed(fn, *args, **kwargs)
