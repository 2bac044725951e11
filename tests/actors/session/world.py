"""The session actor on a bus, and what is said to it."""

import pathlib
import sqlite3
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.vocabulary import Text
from bus.testing import MeshUnderTest


async def start(
    mesh: MeshUnderTest, path: pathlib.Path, gap_minutes: int = 360, pushes: Literal["end", "each"] = "end"
) -> SessionActor:
    telegram = session.ChannelPolicy("telegram", gap=timedelta(minutes=gap_minutes), pushes=pushes)
    channels = lambda: (session.ChannelPolicy("main"), telegram)  # noqa: E731
    cell = await mesh.start(partial(SessionActor, path, channels), name="session")
    assert isinstance(cell.actor, SessionActor)
    return cell.actor


async def accept(mesh: MeshUnderTest, text: str = "hello", **fields: Any) -> session.Accepted:
    said: dict[str, Any] = {"text": text, "user": "admin", **fields}
    return await mesh.bus.ask(session.Accept(incoming=session.Incoming(**said)))


async def begin(mesh: MeshUnderTest, turn: str) -> session.Begun:
    return await mesh.bus.ask(session.Begin(turn=turn, boot=mesh.bus.boot_id))


async def finish(mesh: MeshUnderTest, turn: str, text: str = "hi", **fields: Any) -> session.Finished:
    return await mesh.bus.ask(
        session.Finish(
            turn=turn,
            boot=mesh.bus.boot_id,
            attempt=fields.pop("attempt", 1),
            state="done",
            outcome="success",
            content=(Text(text=text),),
            last_event=9,
            **fields,
        )
    )


def pragma(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(f"PRAGMA {statement}").fetchone()[0]
