"""An actor whose database is made with the first thing that it keeps."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import final

import attrs
import pytest
import trio

from actors.storage import LateKeeper
from bus import ActorError, Request, State
from bus.testing import open_test_mesh
from tests.actors.storage.notes import TABLE, add


@final
@attrs.define(eq=False)
class NotKept(ActorError):
    why: str


@final
@attrs.frozen(kw_only=True)
class Keep(Request[int]):
    texts: tuple[str, ...]


@final
@attrs.frozen(kw_only=True)
class KeepOne(Request[None]):
    text: str


@final
class Notes(LateKeeper):
    def __init__(self, path: Path) -> None:
        super().__init__(path, (TABLE,), NotKept)

    @Keep.handler
    async def keep(self, request: Keep) -> int:
        async with trio.open_nursery() as nursery:
            for text in request.texts:
                nursery.start_soon(self._add, text)
        return await self._read(_count)

    @KeepOne.handler
    async def keep_one(self, request: KeepOne) -> None:
        await self._add(request.text)

    async def _add(self, text: str) -> None:
        await self._write(add, text)


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


async def test_what_is_kept_at_the_same_time_first_is_kept_in_one_database(path: Path) -> None:
    async with open_test_mesh() as mesh:
        await mesh.start(partial(Notes, path), name="notes")
        assert await mesh.bus.ask(Keep(texts=())) == 0
        assert list(path.parent.iterdir()) == []
        assert await mesh.bus.ask(Keep(texts=("a", "b", "c"))) == 3


async def test_a_database_that_cannot_be_made_is_complained_of_until_it_can(path: Path) -> None:
    async with open_test_mesh() as mesh:
        cell = await mesh.start(partial(Notes, path / "below" / "notes.db"), name="notes")
        with pytest.raises(NotKept):
            await mesh.bus.ask(KeepOne(text="a"))
        assert [cell.health.state] == [State.DEGRADED]
        (path / "below").mkdir(parents=True)
        assert await mesh.bus.ask(Keep(texts=("a",))) == 1
        assert [cell.health.state] == [State.READY]
