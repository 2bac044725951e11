"""The loop with the real file tools, and what a first prompt weighs."""

import json
from functools import partial
from pathlib import Path

from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Settings
from actors.session import messages as session
from actors.tooling import offering
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolSettings
from bus.console import encode
from tests.actors.agent.world import World, say, shape, use
from tests.actors.tools.files import TOOLS


async def test_files_are_written_read_and_handed_over(tmp_path: Path, autojump_clock: MockClock) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "data/db").mkdir(parents=True)
    folders = (tmp_path / "uploads", tmp_path / "data")
    world = World(tmp_path, tools=(offering(*TOOLS),))
    async with world.running():
        await world.mesh.start(
            partial(ToolsActor, home, *folders, ToolSettings, lambda: 50_000), name="files"
        )
        write = use("FileWrite", "c1", path="documents/a.md", content="# Plan\n")
        end = await world.turn(
            "write, read and send a plan",
            say(calls=[write, use("FileRead", "c2", path="documents/a.md")]),
            say(calls=[use("Attach", "c3", path="documents/a.md"), use("FileRead", "c4", path="../secret")]),
            say("There."),
        )
        assert isinstance(end, agent.TurnEnded)
        assert [file.path for file in end.attachments] == ["documents/a.md"]
        assert (home / "documents/a.md").read_text() == "# Plan\n"
        found = [entry for entry in shape(world.requests[-1].messages) if entry.startswith("c")]
        assert found[2:4] == ["c1=Successfully wrote documents/a.md", "c2=# Plan\n"]
        assert found[-1].startswith("c4!Invalid path")

        told = [event for event in world.events() if isinstance(event, agent.ToolFinished)]
        assert [event.diff for event in told if event.call == "c1"] == ["@@ -0,0 +1,1 @@\n+# Plan"]
        assert {event.diff for event in told if event.call != "c1"} == {""}
        rows = await world.bus.ask(session.Messages(session=told[0].session, user="admin"))
        shown = [json.loads(row.content) for row in rows if row.role == "tool_result"]
        assert [row.get("diff") for row in shown] == ["@@ -0,0 +1,1 @@\n+# Plan", None, None, None]


async def test_a_first_hello_weighs_less_than_ten_kilobytes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    soul = (Path(__file__).parents[3] / "agents" / "aster" / "SOUL.md").read_bytes()
    world = World(tmp_path, settings=Settings(), tools=(offering(*TOOLS),), soul=soul)
    async with world.running():
        await world.turn("hello")
        assert len(encode(world.requests[0])) < 10_000
