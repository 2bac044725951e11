"""A vault in a process of its own, to be killed.

    python -m tests.actors.vault.vault_process FOLDER WORD...

does what the words say, `set NAME VALUE`, `hosts NAME HOST`, `delete NAME`, `rotate` or `rotate_for_ever`, one after
the other, and writes each as a line once it is done. In the end, or without words, it writes as JSON what it can read.
"""

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import trio

from actors.subsystem import Given
from actors.vault import messages as vault
from actors.vault.actor import VaultActor
from actors.vault.settings import Settings
from bus import Bus, Child, Supervisor, open_mesh


async def main(folder: Path, words: Iterator[str]) -> None:
    """Do it all."""
    (folder / "db").mkdir(exist_ok=True)
    given = Given(data=folder, home=folder, environment={}, settings_of=lambda _kind: Settings())
    tree = Supervisor("root", "one_for_one", [Child("vault", partial(VaultActor, given))])
    async with open_mesh(tree, complete=False) as mesh:
        for word in words:
            await _do(mesh.bus, word, words)
        listed = await mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))
        found = await mesh.bus.ask(vault.Read(names=tuple(each.name for each in listed), why="the end"))
    _say(json.dumps([{each.name: each.value for each in found.secrets}, found.unreadable]))


async def _do(bus: Bus, word: str, words: Iterator[str]) -> None:
    match word:
        case "set":
            name, value = next(words), next(words)
            await bus.ask(vault.SetSecret(name=name, value=value, user="admin", role="admin"))
        case "hosts":
            name, host = next(words), next(words)
            changed = vault.UpdateHosts(
                name=name, hosts=(host,), user="admin", role="admin", proof="operator"
            )
            await bus.ask(changed)
        case "delete":
            await bus.ask(vault.DeleteSecret(name=next(words), user="admin", role="admin"))
        case "rotate":
            await bus.ask(vault.Rotate(user="admin"))
        case _:
            _say(word)
            while True:
                await bus.ask(vault.Rotate(user="admin"))
    _say(word)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), iter(sys.argv[2:]))
