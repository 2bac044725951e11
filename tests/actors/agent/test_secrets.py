"""What is secret is neither stored nor told nor handed on, whoever brings it in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.session import messages as session
from actors.vocabulary import ADMIN, ToolUse
from bus import conceal
from tests.actors.agent.world import Gate, World, say, shape, use

CANARY = "canary-Zq81xK40"
SHOWN = "[secret TOKEN]"


@pytest.fixture(autouse=True)
def _secret() -> None:
    conceal("test", [("TOKEN", CANARY)])


def stored(path: Path) -> str:
    """All that the database of the conversations holds."""
    with closing(sqlite3.connect(path / "session.db")) as connection:
        return "\n".join(connection.iterdump())


async def test_a_message_comes_in_without_secrets(world: World, autojump_clock: MockClock) -> None:
    await world.turn(f"my token is {CANARY}", say("noted"))
    (started,) = world.mesh.published(agent.TurnStarted)
    assert started.text == f"my token is {SHOWN}"
    assert CANARY not in str(world.requests)
    assert CANARY not in stored(world.path)


@pytest.mark.parametrize("call", [use("Peek", what=CANARY), use(CANARY), use("Peek", **{CANARY: "x"})])
async def test_a_result_holds_no_secret(world: World, autojump_clock: MockClock, call: ToolUse) -> None:
    """Neither an answer nor an error does, although it was in the arguments."""
    await world.turn("go", say(calls=[call]), say("done"))
    (finished,) = world.mesh.published(agent.ToolFinished)
    assert CANARY not in finished.content
    assert SHOWN in finished.content
    assert CANARY not in shape(world.requests[-1].messages)[-1]


async def test_what_was_said_before_it_was_a_secret_is_shown_without_it(
    world: World, autojump_clock: MockClock
) -> None:
    conceal("test", ())
    accepted = await world.turn(f"my token is {CANARY}", say("noted"))
    conceal("test", [("TOKEN", CANARY)])
    rows = await world.bus.ask(session.Messages(session=accepted.session, user=ADMIN))
    assert [row.content for row in rows] == [f"my token is {SHOWN}", "noted"]
    exported = "\n".join(await world.bus.ask(session.Export(session=accepted.session, user=ADMIN)))
    assert SHOWN in exported
    assert CANARY not in exported


async def test_a_title_holds_no_secret(world: World, autojump_clock: MockClock) -> None:
    accepted = await world.turn("hello", say("hi"))
    renamed = await world.bus.ask(session.Rename(session=accepted.session, user=ADMIN, title=f"of {CANARY}"))
    assert renamed.title == f"of {SHOWN}"


async def test_whatever_the_agent_stores_or_tells_holds_no_secret(
    world: World, autojump_clock: MockClock
) -> None:
    """Although the model of these tests stands before the border that answers pass."""
    await world.turn("go", say(f"it is {CANARY}", calls=[use("Peek", what=CANARY)]), say(CANARY))
    told = [
        event
        for kind in (agent.TextDelta, agent.ToolStarted, agent.TurnEnded)
        for event in world.mesh.published(kind)
    ]
    assert len(told) == 4
    assert CANARY not in str(told)
    assert SHOWN in str(told)
    assert CANARY not in stored(world.path)


async def test_a_process_that_dies_while_a_tool_works_leaves_no_secret(
    world: World, autojump_clock: MockClock
) -> None:
    """What it would leave is in the files by then, the log of what is not in the database yet among them."""
    gate = world.gates[SHOWN] = Gate()
    world.script.append(say(f"it is {CANARY}", calls=[use("Keep", what=CANARY)]))
    accepted = await world.send(f"keep {CANARY}")
    await gate.reached.wait()
    left = b"".join(path.read_bytes() for path in world.path.rglob("*") if path.is_file())
    assert SHOWN.encode() in left
    assert CANARY.encode() not in left
    gate.open.set()
    await world.end(accepted.turn)
