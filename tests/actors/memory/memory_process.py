"""Notes that are kept in a process of their own, to be killed.

    python -m tests.actors.memory.memory_process FOLDER WORD...

does what the words say, as calls of tools with the words' numbers as their keys: `write TEXT`, `append TEXT`,
`replace OLD NEW`, `forget`, `daily TEXT`, `shared TEXT`, `reindex`, `for_ever`, and writes each as a line once it is
done; `vectors` waits until all passages have theirs. In the end it writes as JSON what there is: notes, what a search
for each of the texts finds, and the history.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import trio

from actors.memory import messages as memory
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.searchable import Generation
from actors.memory.settings import Memory, Settings
from bus import Actor, Bus, Child, Pool, Supervisor, open_mesh

WHO: dict[str, Any] = {"user": "ada", "session": "s", "turn": "t"}
ADMIN: dict[str, Any] = {**WHO, "role": "admin"}


SETTINGS = Settings(memory=Memory(embedder="local"))


class Embedder(Actor):
    """Makes the vector of a text from its first byte."""

    @memory.Embed.handler
    async def embed(self, request: memory.Embed) -> memory.Vectors:
        made = tuple(bytes([text.encode()[0] % 128, 1]) for text in request.texts)
        return memory.Vectors(embedder="local", vectors=made)


async def main(folder: Path, words: Iterator[str]) -> None:
    """Do it all."""
    for each in ("users/ada", "config", "shared", "db"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    generation = Generation()
    keepers = (
        Child("memory", partial(AgentNotesActor, folder, generation)),
        Child("embedder", Embedder),
        Pool(
            "notes", partial(MemoryActor, lambda: SETTINGS, lambda: None, generation, lambda _: None, folder)
        ),
    )
    async with open_mesh(Supervisor("root", "one_for_one", keepers), complete=False) as mesh:
        texts: list[str] = []
        for number, word in enumerate(words):
            if word == "vectors":
                await _vectors(mesh.bus, folder)
            else:
                await _do(mesh.bus, word, words, f"call:{number}", texts)
            _say(word)
        _say(json.dumps(await _all(mesh.bus, texts)))


async def _do(bus: Bus, word: str, words: Iterator[str], call: str, texts: list[str]) -> None:
    match word:
        case "write" | "append" | "shared":
            texts.append(next(words))
            name = "shared/a.md" if word == "shared" else "a.md"
            content = f"{texts[-1]}\n"
            await bus.ask(
                memory.MemoryWrite(file=name, content=content, append=word != "write", call=call, **ADMIN)
            )
        case "replace":
            old, new = next(words), next(words)
            texts.append(new)
            await bus.ask(memory.MemoryWrite(file="a.md", content=new, replace=old, call=call, **ADMIN))
        case "forget":
            await bus.ask(memory.MemoryForget(file="a.md", call=call, **ADMIN))
        case "daily":
            texts.append(next(words))
            await bus.ask(memory.MemoryAppendDaily(text=texts[-1], call=call, **WHO))
        case "reindex":
            await bus.ask(memory.Reindex(user="ada"))
        case _:
            number = 0
            while True:
                _say(f"{word} {number}")
                await bus.ask(memory.MemoryAppendDaily(text=f"entry {number}.", call=f"e:{number}", **WHO))
                number += 1


async def _vectors(bus: Bus, folder: Path) -> None:
    await bus.ask(memory.ListFiles(user="ada", role="admin"))  # who keeps the notes begins by itself
    with closing(sqlite3.connect(folder / "users" / "ada" / "memory.db")) as connection:
        lacking = "SELECT count(*) FROM passages WHERE id NOT IN (SELECT id FROM vectors)"
        while connection.execute(lacking).fetchone() != (0,):
            await trio.sleep(0.01)


async def _all(bus: Bus, texts: list[str]) -> dict[str, Any]:
    ask = bus.ask
    listed = await ask(memory.ListFiles(user="ada", role="admin"))
    files = [await ask(memory.ReadFile(name=each.name, user="ada")) for each in listed]
    found = {text: await ask(memory.Search(q=text, user="ada")) for text in texts}
    history = await ask(memory.History(user="ada", role="admin", limit=1000))
    shared = await ask(memory.History(name="shared/a.md", user="ada", role="admin"))
    return {
        "files": {each.name: each.text for each in files},
        "found": {text: [hit.source for hit in hits] for text, hits in found.items()},
        "history": [[each.name, each.action, each.size] for each in (*reversed(history), *reversed(shared))],
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), iter(sys.argv[2:]))
