"""Turns change files, by tools and by commands, and are undone."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, final

import attrs
import pytest

from actors.session import messages as session
from actors.tooling import from_context, offering, tool
from actors.tools import messages as tools
from actors.tools.actor import ToolsActor
from actors.tools.settings import Checkpoints, Settings
from actors.vocabulary import ToolUse
from bus import Actor, Bus, Request
from tests.actors.agent.world import Gate, World, say, use
from tests.actors.tools.files import TOOLS


@tool("Bash", "Run a command.", effect="unsafe", on_doubt="tell_model", subject="command")
@final
@attrs.frozen(kw_only=True)
class Command(Request[str]):
    """Stands for whatever changes files without telling which."""

    command: str
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    user: Annotated[str, from_context("user")]


@final
class Shell(Actor):
    """Has all of home kept, then does what a test gave a name to."""

    def __init__(self, place: "Place") -> None:
        self._place = place

    @Command.handler
    async def run(self, request: Command) -> str:
        kept = await self.bus.ask(
            tools.KeepAll(turn=request.turn, session=request.session, user=request.user)
        )
        self._place.kept.append(kept)
        self._place.commands[request.command](self._place.home)
        return "done"


@attrs.define(eq=False)
class Place:
    """An agent with a home, whose model calls what it is told to."""

    world: World
    home: Path
    settings: Settings
    commands: dict[str, Callable[[Path], object]] = attrs.field(factory=dict[str, Callable[[Path], object]])
    kept: list[tools.Kept] = attrs.field(factory=list[tools.Kept])
    calls: int = 0

    @property
    def bus(self) -> Bus:
        return self.world.bus

    async def turn(self, *calls: tuple[str, dict[str, Any]]) -> str:
        """A turn that makes these calls; its id."""
        uses: list[ToolUse] = []
        for name, input in calls:
            self.calls += 1
            uses.append(use(name, f"c{self.calls}", **input))
        end = await self.world.turn("do it", *(say(calls=[each]) for each in uses), say("Done."))
        return end.turn

    async def shell(self, command: Callable[[Path], object]) -> str:
        """A turn that runs a command."""
        return await self.turn(self.running(command))

    def running(self, command: Callable[[Path], object]) -> tuple[str, dict[str, Any]]:
        name = f"command {len(self.commands)}"
        self.commands[name] = command
        return "Bash", {"command": name}

    async def undo(self, turn: str, **options: bool) -> tools.Undone:
        return await self.bus.ask(tools.Undo(turn=turn, user=self.user, **options))

    user: str = "admin"

    def files(self) -> dict[str, str]:
        """All that is in home; folders end in ``/``, links say where they lead."""
        found: dict[str, str] = {}
        for path in sorted(self.home.rglob("*")):
            name = path.relative_to(self.home).as_posix()
            if path.is_symlink():
                found[name] = f"-> {path.readlink()}"
            elif path.is_dir():
                found[f"{name}/"] = ""
            else:
                found[name] = path.read_text()
        return found


@asynccontextmanager
async def opened(tmp_path: Path, settings: Settings) -> AsyncGenerator[Place]:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (tmp_path / "data/db").mkdir(parents=True, exist_ok=True)
    world = World(tmp_path, tools=(offering(*TOOLS, Command),))
    place = Place(world, home, settings)
    async with world.running():
        folders = (home, tmp_path / "uploads", tmp_path / "data")
        await world.mesh.start(
            partial(ToolsActor, *folders, lambda: place.settings, lambda: 50_000), name="files"
        )
        await world.mesh.start(partial(Shell, place), name="shell")
        yield place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    async with opened(tmp_path, Settings()) as place:
        yield place


def done(undone: tools.Undone) -> list[tuple[str, str]]:
    return [(each.path, each.done) for each in undone.files]


# --- single files -----------------------------------------------------------------------------------------


async def test_what_a_turn_wrote_edited_and_deleted_is_put_back(place: Place) -> None:
    (place.home / "documents").mkdir()
    (place.home / "documents/a.txt").write_text("one two")
    (place.home / "documents/b.sh").write_text("echo")
    (place.home / "documents/b.sh").chmod(0o755)
    before = place.files()
    turn = await place.turn(
        ("FileWrite", {"path": "projects/new/c.txt", "content": "new"}),
        ("Edit", {"file_path": "documents/a.txt", "old_string": "one", "new_string": "1"}),
        ("Write", {"file_path": "documents/a.txt", "content": "all new"}),
        ("FileDelete", {"path": "documents/b.sh"}),
    )
    assert place.files()["documents/a.txt"] == "all new"

    tried = await place.undo(turn, dry_run=True)
    assert tried.undo is None
    assert place.files()["documents/a.txt"] == "all new"

    undone = await place.undo(turn)
    assert (
        done(undone)
        == done(tried)
        == [
            ("documents/a.txt", "restored"),
            ("documents/b.sh", "restored"),
            ("projects/new/c.txt", "deleted"),
        ]
    )
    assert (undone.refused, undone.beyond, undone.total) == ((), (), 3)
    assert place.files() == before
    assert (place.home / "documents/b.sh").stat().st_mode & 0o777 == 0o755


async def test_an_undo_can_be_undone_and_done_again(place: Place) -> None:
    (place.home / "a.txt").write_text("old")
    turn = await place.turn(
        ("FileWrite", {"path": "a.txt", "content": "new"}),
        ("FileWrite", {"path": "projects/b.txt", "content": "b"}),
    )
    changed = place.files()

    first = await place.undo(turn)
    assert place.files() == {"a.txt": "old"}
    again = await place.undo(turn)
    assert (again.total, again.undo) == (0, first.undo), "nothing is left to be undone"
    assert first.undo is not None
    second = await place.undo(first.undo)
    assert place.files() == changed
    assert second.undo is not None
    await place.undo(second.undo)
    assert place.files() == {"a.txt": "old", "projects/": ""}
    assert done(await place.undo(first.undo)) == [("a.txt", "restored"), ("projects/b.txt", "restored")]
    assert done(await place.undo(turn)) == [("a.txt", "restored"), ("projects/b.txt", "deleted")]


async def test_what_somebody_else_has_changed_since_stays_unless_it_is_forced(place: Place) -> None:
    (place.home / "a.txt").write_text("old")
    (place.home / "b.txt").write_text("old")
    turn = await place.turn(
        ("FileWrite", {"path": "a.txt", "content": "new"}),
        ("FileWrite", {"path": "b.txt", "content": "new"}),
        ("FileWrite", {"path": "c.txt", "content": "new"}),
    )
    (place.home / "a.txt").write_text("mine")
    (place.home / "c.txt").unlink()
    other = await place.turn(("FileWrite", {"path": "b.txt", "content": "newer"}))

    undone = await place.undo(turn)
    assert done(undone) == []
    assert [(each.path, each.why, each.forcible) for each in undone.refused] == [
        ("a.txt", "it was changed after the turn", True),
        ("b.txt", f"it was changed by another turn ({other}) since", True),
    ]
    assert place.files() == {"a.txt": "mine", "b.txt": "newer"}

    forced = await place.undo(turn, force=True)
    assert done(forced) == [("a.txt", "restored"), ("b.txt", "restored")]
    assert place.files() == {"a.txt": "old", "b.txt": "old"}
    assert forced.undo is not None
    await place.undo(forced.undo)
    assert place.files() == {"a.txt": "mine", "b.txt": "newer"}


async def test_what_somebody_else_wrote_between_two_changes_of_a_turn_is_not_lost(place: Place) -> None:
    (place.home / "a.txt").write_text("old")
    turn = await place.turn(
        ("FileWrite", {"path": "a.txt", "content": "first"}),
        ("FileWrite", {"path": "b.txt", "content": "x"}),
    )
    (place.home / "a.txt").write_text("of a person")
    write = tools.FileWrite(path="a.txt", content="second", call=f"{turn}:99", turn=turn, user="admin")
    await place.bus.ask(write)

    await place.undo(turn)
    assert place.files() == {"a.txt": "of a person"}


@pytest.mark.parametrize("force", [False, True])
async def test_a_link_that_somebody_has_put_in_the_way_leads_no_undo_out_of_home(
    place: Place, tmp_path: Path, *, force: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("new")
    (place.home / "documents").mkdir()
    (place.home / "documents/a.txt").write_text("old")
    turn = await place.turn(("FileWrite", {"path": "documents/a.txt", "content": "new"}))
    (place.home / "documents").rename(place.home / "moved")
    (place.home / "documents").symlink_to(outside)

    undone = await place.undo(turn, force=force)
    assert [each.path for each in undone.refused] == ["documents/a.txt"]
    assert (outside / "a.txt").read_text() == "new"
    assert [path.name for path in outside.iterdir()] == ["a.txt"]


async def test_a_link_is_put_back_as_a_link(place: Place) -> None:
    (place.home / "a.txt").write_text("a")
    (place.home / "link").symlink_to("a.txt")
    before = place.files()
    turn = await place.turn(
        ("FileDelete", {"path": "link"}), ("FileWrite", {"path": "link", "content": "no link"})
    )
    assert place.files() == {"a.txt": "a", "link": "no link"}

    await place.undo(turn)
    assert place.files() == before


async def test_a_file_that_is_too_large_is_changed_and_cannot_be_put_back(place: Place) -> None:
    place.settings = Settings(checkpoints=Checkpoints(max_file_mb=0))
    (place.home / "a.txt").write_text("old")
    turn = await place.turn(("FileDelete", {"path": "a.txt"}))

    (refused,) = (await place.undo(turn, force=True)).refused
    assert (refused.path, refused.forcible) == ("a.txt", False)
    assert refused.why == "what it was before is not kept: too large, or no regular file"


async def test_a_large_file_is_kept_beside_the_database(place: Place, tmp_path: Path) -> None:
    large = "x" * 300_000
    (place.home / "a.txt").write_text(large)
    turn = await place.turn(("FileWrite", {"path": "a.txt", "content": "small"}))
    (kept,) = (tmp_path / "data/checkpoints").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600

    undone = await place.undo(turn)
    assert place.files() == {"a.txt": large}
    assert undone.undo is not None
    await place.undo(undone.undo)
    assert place.files() == {"a.txt": "small"}


async def test_nobody_undoes_the_turns_of_others(place: Place) -> None:
    turn = await place.turn(("FileWrite", {"path": "a.txt", "content": "new"}))
    place.user = "bob"
    with pytest.raises(session.UnknownTurn):
        await place.undo(turn)
    place.user = "admin"
    undo = (await place.undo(turn)).undo
    assert undo is not None
    place.user = "bob"
    with pytest.raises(session.UnknownTurn):
        await place.undo(undo)


# --- commands ---------------------------------------------------------------------------------------------


def havoc(home: Path) -> None:
    """What a command may do."""
    (home / "changed.txt").write_text("new")
    (home / "deleted.txt").unlink()
    (home / "made").mkdir()
    (home / "made/new.txt").write_text("new")
    (home / "folder/inner.txt").rename(home / "made/moved.txt")
    (home / "folder").rmdir()
    (home / "link").unlink()
    (home / "link").symlink_to("made")
    (home / "was-file").unlink()
    (home / "was-file").mkdir()
    (home / "was-file/x").write_text("x")
    (home / "script.sh").chmod(0o700)


@pytest.fixture
def old(place: Place) -> dict[str, str]:
    """A home with something of everything."""
    for name in ("changed.txt", "deleted.txt", "folder/inner.txt", "was-file", "script.sh", "same.txt"):
        (place.home / name).parent.mkdir(exist_ok=True)
        (place.home / name).write_text(f"old {name}")
    (place.home / "link").symlink_to("folder")
    (place.home / "empty").mkdir()
    return place.files()


async def test_what_a_command_did_is_put_back(place: Place, old: dict[str, str]) -> None:
    turn = await place.shell(havoc)
    changed = place.files()
    assert place.kept == [tools.Kept(files=9, new=9)]

    undone = await place.undo(turn)
    assert place.files() == old
    assert undone.refused == ()
    (beyond,) = undone.beyond
    assert beyond.startswith("What a command did beyond files of home: ")
    assert undone.undo is not None
    await place.undo(undone.undo)
    assert place.files() == changed


async def test_home_is_looked_at_once_in_a_turn_and_only_what_is_new_is_kept(
    place: Place, old: dict[str, str]
) -> None:
    await place.turn(place.running(lambda _: None), place.running(lambda home: (home / "x").write_text("x")))
    await place.shell(lambda _: None)
    await place.shell(lambda _: None)

    assert [(kept.files, kept.new) for kept in place.kept][:2] == [(9, 9), (0, 0)]
    assert place.kept[2].files == place.kept[3].files == 10


async def test_files_that_tools_and_commands_changed_by_turns_are_put_back(
    place: Place, old: dict[str, str]
) -> None:
    turn = await place.turn(
        ("FileWrite", {"path": "changed.txt", "content": "by a tool"}),
        ("FileWrite", {"path": "new.txt", "content": "by a tool"}),
        place.running(lambda home: (home / "changed.txt").write_text("by a command")),
        ("Edit", {"file_path": "changed.txt", "old_string": "command", "new_string": "tool"}),
        place.running(lambda home: (home / "other.txt").write_text("by a command")),
        ("FileDelete", {"path": "other.txt"}),
        ("FileDelete", {"path": "deleted.txt"}),
    )

    assert [path for path, _ in done(await place.undo(turn))] == ["changed.txt", "deleted.txt", "new.txt"]
    assert place.files() == old


async def test_what_was_changed_after_the_turn_stays(place: Place, old: dict[str, str]) -> None:
    turn = await place.shell(havoc)
    (place.home / "changed.txt").write_text("of a person")
    (place.home / "made/theirs.txt").write_text("of a person")
    other = await place.turn(("FileWrite", {"path": "deleted.txt", "content": "by another turn"}))

    undone = await place.undo(turn)
    assert {each.path: each.why for each in undone.refused} == {
        "changed.txt": "it was changed after the turn",
        "deleted.txt": f"it was changed by another turn ({other}) since",
        "made": "it was changed after the turn",
        "made/theirs.txt": "it was changed after the turn",
    }
    assert (place.home / "changed.txt").read_text() == "of a person"
    assert (place.home / "folder/inner.txt").read_text() == "old folder/inner.txt"


async def test_what_is_not_kept_is_said(place: Place) -> None:
    place.settings = Settings(checkpoints=Checkpoints(max_file_mb=1, max_files=8))
    (place.home / "large.bin").write_bytes(b"x" * (1024 * 1024 + 1))
    (place.home / "node_modules").mkdir()
    (place.home / "node_modules/x.js").write_text("x")

    def command(home: Path) -> None:
        (home / "large.bin").write_text("small")
        (home / "node_modules/x.js").write_text("y")
        (home / "node_modules/z.js").write_text("z")

    turn = await place.shell(command)
    (kept,) = place.kept
    assert kept.unkept == (
        "Not looked into: node_modules.",
        "Files that are too large, or cannot be read: large.bin.",
    )
    undone = await place.undo(turn)
    assert [(each.path, each.forcible) for each in undone.refused] == [("large.bin", False)]
    stays = "What a command did to what was not kept before it stays."
    assert undone.beyond[-2:] == tuple(f"{stays} {sentence}" for sentence in kept.unkept)
    assert (place.home / "node_modules/z.js").exists()

    for n in range(9):
        (place.home / f"{n}.txt").write_text("x")
    await place.shell(lambda home: (home / "after.txt").write_text("x"))
    assert place.kept[-1].unkept[-1] == "There are more than 8 files: the rest is not kept."


async def test_what_takes_too_much_room_is_not_kept(place: Place) -> None:
    place.settings = Settings(checkpoints=Checkpoints(max_total_mb=1))
    for n in range(3):
        (place.home / f"{n}.bin").write_bytes(os.urandom(500_000))

    await place.shell(lambda _: None)
    (kept,) = place.kept
    (said,) = kept.unkept
    assert said.startswith("Files that are too large, or cannot be read: ")
    assert said.count(".bin") == 1


async def test_what_can_be_undone_of_a_conversation(place: Place) -> None:
    turns = [
        await place.turn(("FileWrite", {"path": "documents/a.md", "content": "x"})),
        await place.turn(("FileRead", {"path": "documents/a.md"})),
        await place.shell(lambda home: (home / "b.txt").write_text("x")),
    ]
    undone = await place.undo(turns[0])
    conversations = {
        (await place.bus.ask(session.GetTurn(turn=turn, user="admin"))).session for turn in turns
    }
    found = [
        each
        for conversation in conversations
        for each in await place.bus.ask(tools.ListUndoable(session=conversation, user="admin"))
    ]
    assert {
        each.turn: (each.files, each.commands, each.undone, each.is_over, each.said) for each in found
    } == {
        turns[0]: (1, False, undone.undo, True, "do it"),
        turns[1]: (0, False, None, True, "do it"),
        turns[2]: (0, True, None, True, "do it"),
    }
    with pytest.raises(session.UnknownSession):
        await place.bus.ask(tools.ListUndoable(session=next(iter(conversations)), user="eve"))


async def test_a_turn_that_is_not_over_cannot_be_undone(place: Place) -> None:
    gate = Gate()
    place.world.script = [gate.then(say("Done."))]
    turn = (await place.world.send("do it")).turn
    await gate.reached.wait()

    with pytest.raises(tools.TurnIsRunning, match=f"turn {turn} is not over yet: stop it first"):
        await place.undo(turn)
    gate.open.set()
    await place.world.end(turn)
    assert (await place.undo(turn)).total == 0
