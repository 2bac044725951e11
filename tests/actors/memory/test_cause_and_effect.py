"""A write and a search caused by it, through any pair of doors, never miss; nor do they find what is no longer there.

Against a model of what each may see, after every step, with restarts in between and changes by hand.
"""

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.memory import messages as memory
from actors.memory.searchable import LOOK_EVERY
from bus.testing import open_test_mesh
from tests.actors.memory.conftest import Notes

USERS = ("ada", "bob")
NAMES = ("a.md", "projects/b.md", "memory/2026-01-02.md", "shared/c.md", "SOUL.md")
Step = tuple[str, str, str]
"""What is done, by whom, to which note."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "write",
                "tool",
                "append",
                "replace",
                "forget",
                "revert",
                "by hand",
                "reindex",
                "restart",
                "purge",
            ]
        ),
        st.sampled_from(USERS),
        st.sampled_from(NAMES),
    ),
    max_size=14,
)


def word(number: int) -> str:
    """No other one has the same stem."""
    return f"kx{number:04}xk"


class World:
    """Notes, and what should be in them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.expected: dict[str, dict[str, str]] = {"ada": {}, "bob": {}, "": {}}
        self.made = 0

    def of(self, user: str, name: str) -> dict[str, str]:
        """The notes among which this one is: those of the user, or those that all have."""
        return self.expected["" if name.startswith("shared/") or name == "SOUL.md" else user]

    def token(self) -> str:
        """A word that was never used."""
        self.made += 1
        return word(self.made)

    def path(self, user: str, name: str) -> Path:
        if name == "SOUL.md":
            return self.data / "config" / name
        return self.data / name if name.startswith("shared/") else self.data / "users" / user / name


async def take(notes: Notes, world: World, step: Step) -> None:
    what, user, name = step
    there, token = world.of(user, name), world.token()
    admin: dict[str, Any] = {"user": user, "role": "admin"}
    match what:
        case "write":
            await notes.write(name, token, **admin)
            there[name] = token
        case "tool":
            await notes.tool(name, token, **admin)
            there[name] = token
        case "append":
            await notes.tool(name, token, append=True, **admin)
            there[name] = f"{there[name]}\n{token}" if there.get(name) else token
        case "replace" if there.get(name):
            old = there[name].split("\n")[0]
            await notes.tool(name, token, replace=old, **admin)
            there[name] = there[name].replace(old, token)
        case "forget" if name in there:
            await notes.forget(name, **admin)
            del there[name]
        case "revert" if name in there:
            first = (await notes.history(name, user, "admin"))[-1]
            text = await notes.mesh.bus.ask(memory.ReadRevision(name=name, seq=first.seq, **admin))
            await notes.mesh.bus.ask(memory.Revert(name=name, seq=first.seq, **admin))
            there[name] = text.text
            if not first.exists:
                del there[name]
        case "by hand":
            path = world.path(user, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(token, encoding="utf-8")
            there[name] = token
            await trio.sleep(LOOK_EVERY)
        case "reindex":
            await notes.mesh.bus.ask(memory.Reindex(user=user))
        case "purge":
            await notes.mesh.bus.ask(memory.Purge(name=name, **admin))
        case _:
            pass


async def look(notes: Notes, world: World) -> None:
    """All of both users is found, and nothing else."""
    for user in USERS:
        visible = {**world.expected[user], **world.expected[""]}
        assert await files_of(notes, user) == visible
        for number in range(max(1, world.made - 3), world.made + 1):
            token = word(number)
            found = set(await notes.search(token, user=user))
            assert found == {name for name, text in visible.items() if token in text.split("\n")}, (
                user,
                token,
            )


async def files_of(notes: Notes, user: str) -> Mapping[str, str]:
    return {name: await notes.read(name, user=user) for name in await notes.names(user)}


async def live(data: Path, steps: Sequence[Step]) -> None:
    world = World(data)
    left = list(steps)
    while left or not world.made:
        async with open_test_mesh() as mesh:
            notes = Notes(mesh, data)
            notes._calls = world.made  # keys are unique over all lives
            await notes.start()
            await look(notes, world)
            while left:
                step = left.pop(0)
                await take(notes, world, step)
                if step[0] == "restart":
                    break
                await look(notes, world)
            world.made += 1


@settings(max_examples=25)
@given(STEPS)
def test_what_is_written_is_what_is_found(steps: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trio.run(live, Path(folder), steps, clock=trio.testing.MockClock(autojump_threshold=0))


# --- neighbours -----------------------------------------------------------------------------------------------


async def test_nobody_waits_for_the_database_of_somebody_else(notes: Notes) -> None:
    """Ada's is locked by another program; she waits for it, and Bob does not."""
    await notes.write("a.md", "heliotrope")
    other = sqlite3.connect(notes.path("memory.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done: list[str] = []

    async def write(user: str) -> None:
        await notes.write("b.md", "chrysanthemum", user=user)
        assert await notes.search("chrysanthemum", user=user) == ["b.md"]
        done.append(user)
        if user == "bob":
            other.execute("ROLLBACK")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write, "ada")
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(write, "bob")
    other.close()
    assert done == ["bob", "ada"]


async def test_a_user_whose_notes_cannot_be_opened_is_told_and_others_go_on(stopped: Notes) -> None:
    await stopped.start()
    stopped.path("").rmdir()
    stopped.path("").write_text("no folder", encoding="utf-8")
    with pytest.raises(memory.MemoryFailed):
        await stopped.write("a.md", "x")
    await stopped.write("a.md", "heliotrope", user="bob")
    assert await stopped.search("heliotrope", user="bob") == ["a.md"]
    stopped.path("").unlink()
    stopped.path("").mkdir()
    await stopped.write("a.md", "heliotrope")
    assert await stopped.search("heliotrope") == ["a.md"]


async def test_the_loop_goes_on_while_a_large_note_is_indexed(notes: Notes) -> None:
    text = "\n".join(f"Line {number} of many, about nothing in particular." for number in range(20_000))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await trio.sleep(0.01)
            ticks += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        await notes.write("a.md", text)
        nursery.cancel_scope.cancel()
    assert ticks > 3
