"""Conversations and the hooks that are told of their ends in a process of its own, to be killed.

    python -m tests.actors.hooks.hooks_process FOLDER WORD...

has a turn for each word in the conversation "chat"; each is written as a line once it is stored. Then it waits until
hooks have been told of all of them: the hook of Stop adds a line to ``told`` in its folder.
"""

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.hooks import manifest
from actors.hooks.actor import FOLDER, HooksActor
from actors.hooks.armed import Armed
from actors.hooks.settings import Hooks, Settings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.shell.actor import ShellActor
from actors.shell.settings import Settings as ShellSettings
from actors.subsystem import Given
from actors.vocabulary import ADMIN, Text
from bus import Bus, Child, Supervisor, open_mesh

HOOK = """+++
name = "a"
event = "Stop"
command = '''grep -o '"last_assistant_message":"[^"]*"' >> told'''
+++
"""
SETTINGS = Settings(hooks=Hooks(trusted=("a",)))


def _shell(_kind: type[Any]) -> ShellSettings:
    return ShellSettings()


def _tree(folder: Path) -> Supervisor:
    channels = lambda: (session.ChannelPolicy("main"),)  # noqa: E731
    given = Given(
        data=folder,
        home=folder,
        environment={"PATH": os.environ["PATH"]},
        settings_of=lambda _kind: SETTINGS,
    )
    nodes = (
        Child("session", partial(SessionActor, folder / "db" / "session.db", channels)),
        Child("shell", partial(ShellActor, attrs.evolve(given, settings_of=_shell), lambda: 50_000, {})),
        Child("hooks", partial(HooksActor, given, Armed(folder / FOLDER))),
    )
    return Supervisor("root", "one_for_one", nodes)


async def main(folder: Path, words: Sequence[str]) -> None:
    """Do it all."""
    path = folder / FOLDER / "a" / manifest.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HOOK)
    (folder / "db").mkdir(exist_ok=True)
    async with open_mesh(_tree(folder), complete=False) as mesh:
        with trio.fail_after(60):
            while _number(folder, "hooks", "SELECT seq FROM cursors WHERE name = 'turns'") is None:
                await trio.sleep(0.01)
        for word in words:
            await _turn(mesh.bus, word)
            sys.stdout.write(f"{word}\n")
            sys.stdout.flush()
        with trio.fail_after(60):
            while not _done(folder):
                await trio.sleep(0.02)


async def _turn(bus: Bus, text: str) -> None:
    said = session.Incoming(text=text, user=ADMIN, key="chat", client_message_id=text)
    accepted = await bus.ask(session.Accept(incoming=said))
    if accepted.duplicate and accepted.state == "done":
        return
    begun = await bus.ask(session.Begin(turn=accepted.turn, boot=bus.boot_id))
    await bus.ask(
        session.Finish(
            turn=accepted.turn,
            boot=bus.boot_id,
            attempt=begun.turn.attempt,
            state="done",
            outcome="success",
            content=(Text(text=text),),
            last_event=1,
        )
    )


def _done(folder: Path) -> bool:
    """Whether nothing is left to do."""
    ended = _number(folder, "session", "SELECT coalesce(max(end_seq), 0) FROM turns")
    return _number(folder, "hooks", "SELECT seq FROM cursors WHERE name = 'turns'") == ended


def _number(folder: Path, database: str, query: str) -> int | None:
    path = folder / "db" / f"{database}.db"
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as connection:
        try:
            row = connection.execute(query).fetchone()
        except sqlite3.OperationalError:  # its schema is being made
            return None
        return None if row is None else int(row[0])


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), sys.argv[2:])
