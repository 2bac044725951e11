"""Conversations and what follows them in a process of its own, to be killed.

    python -m tests.actors.memory.log_process FOLDER WORD...

has a turn for each word in the conversation "chat", or closes it for the word `close`; each is written as a line once
it is stored. Then it waits until all that follows is done. A model notes what people have said, two messages at a time.
"""

import re
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import trio

from actors.llm import messages as llm
from actors.memory import follower
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.searchable import Generation
from actors.memory.settings import Memory, Settings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.vocabulary import ADMIN, Text, ToolUse, Usage
from bus import Actor, Bus, Child, Pool, Sink, Supervisor, concurrent, open_mesh

SETTINGS = Settings(memory=Memory(nudge_interval=2))


class Model(Actor):
    """Notes what is new."""

    @llm.Models.handler
    async def models(self, request: llm.Models) -> llm.Catalogue:
        return llm.Catalogue(default="test/one", models=(), compaction="test/one")

    @llm.Complete.handler
    @concurrent(4)
    async def complete(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        (block,) = request.messages[0].content
        assert isinstance(block, Text)
        said = re.findall(r"^\[user\] (\w+)$", block.text, re.MULTILINE)
        calls = [
            ToolUse(id=word, name="MemoryWrite", input={"file": "MEMORY.md", "content": f"- {word}"})
            for word in said
        ]
        await sink.send(llm.Completed(content=tuple(calls), stop_reason="tool_use", usage=Usage(model="m")))


def _no_seed(_user: str) -> None:
    """Everybody begins with nothing."""


def _tree(folder: Path) -> Supervisor:
    settings = lambda: SETTINGS  # noqa: E731
    generation = Generation()
    channels = lambda: (session.ChannelPolicy("main"),)  # noqa: E731
    nodes: Sequence[Child | Pool] = (
        Child("session", partial(SessionActor, folder / "db" / "session.db", channels)),
        Child("memory", partial(AgentNotesActor, folder, generation)),
        Pool("notes", partial(MemoryActor, settings, lambda: None, generation, _no_seed, folder), limit=4),
        Child("llm", Model),
        Child("memory-log", partial(follower.MemoryFollower, folder, settings, lambda: "Aster")),
    )
    return Supervisor("root", "one_for_one", nodes)


async def main(folder: Path, words: Sequence[str]) -> None:
    """Do it all."""
    follower.GATHERING = 0.05  # type: ignore[misc]
    for each in (f"users/{ADMIN}", "config", "shared", "db"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    async with open_mesh(_tree(folder), complete=False) as mesh:
        for word in words:
            await (_close(mesh.bus) if word == "close" else _turn(mesh.bus, word))
            sys.stdout.write(f"{word}\n")
            sys.stdout.flush()
        with trio.fail_after(60):
            while not _done(folder):
                await trio.sleep(0.02)


async def _turn(bus: Bus, text: str) -> None:
    said = session.Incoming(text=text, user=ADMIN, key="chat", client_message_id=text)
    accepted = await bus.ask(session.Accept(incoming=said))
    begun = await bus.ask(session.Begin(turn=accepted.turn, boot=bus.boot_id))
    await bus.ask(
        session.Finish(
            turn=accepted.turn,
            boot=bus.boot_id,
            attempt=begun.turn.attempt,
            state="done",
            outcome="success",
            content=(Text(text=f"Yes, {text}."),),
            last_event=1,
        )
    )


async def _close(bus: Bus) -> None:
    for each in await bus.ask(session.List(user=ADMIN)):
        await bus.ask(session.Close(session=each.id, user=ADMIN, summary="done"))


def _done(folder: Path) -> bool:
    """Whether nothing is left to do."""
    ended = _number(folder, "session", "SELECT coalesce(max(end_seq), 0) FROM turns")
    closed = _number(folder, "session", "SELECT coalesce(max(closed_seq), 0) FROM sessions")
    # One query: turns that are taken between two would be neither waiting in the first nor unread in the second.
    followed = _number(
        folder,
        "memory-log",
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM entries) OR EXISTS (SELECT 1 FROM exports)"
        " OR EXISTS (SELECT 1 FROM reviews WHERE waiting > 1 OR (closed AND waiting > 0))"
        " THEN -1 ELSE (SELECT coalesce(sum(seq), 0) FROM cursors) END",
    )
    return followed == ended + closed


def _number(folder: Path, database: str, query: str) -> int:
    with closing(sqlite3.connect(folder / "db" / f"{database}.db")) as connection:
        found: Any = connection.execute(query).fetchone()[0]
    return int(found)


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), sys.argv[2:])
