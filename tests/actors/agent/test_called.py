"""Messages that call something up: the model gets that, everybody else the words."""

from pathlib import Path

import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Settings
from actors.context import Expansion
from actors.session import messages as session
from actors.vocabulary import Attachment, Image, Text
from bus import Bus, Unavailable
from tests.actors.agent.world import Gate, World, say, shape


async def expand(_bus: Bus, incoming: session.Incoming) -> Expansion | None:
    name, _, rest = incoming.text[1:].partition(" ")
    return Expansion(name=name, text=f"DO {name}: {rest}") if name == "plan" else None


def last(world: World) -> list[str]:
    return [block.text for block in world.requests[-1].messages[-1].content if isinstance(block, Text)]


async def test_the_model_gets_what_was_called_up_and_people_their_words(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    world = World(tmp_path, expand=expand)
    async with world.running():
        end = await world.turn("/plan the week", say("Planned."))
        assert last(world) == ["DO plan: the week"]
        assert await world.rows(end.session) == [("user", "/plan the week"), ("assistant", "Planned.")]
        (started,) = world.mesh.published(agent.TurnStarted)
        assert started.text == "/plan the week"
        turn = await world.bus.ask(session.GetTurn(turn=end.turn, user="admin"))
        assert (turn.text, turn.called) == ("/plan the week", "plan")

        await world.turn("and now?", say("Later."), session=end.session)
        assert shape(world.requests[-1].messages) == ["u:DO plan: the week", "a:Planned.", "u:and now?"]


async def test_attachments_come_along(tmp_path: Path, autojump_clock: MockClock) -> None:
    world = World(tmp_path, expand=expand)
    files = tuple(
        Attachment(name=name, media_type=kind, path=f"uploads/admin/{name}", size=1)
        for name, kind in (("a.png", "image/png"), ("b.txt", "text/plain"))
    )
    async with world.running():
        await world.turn("/plan it", say("Yes."), attachments=files)
        picture, words, notes = world.requests[-1].messages[-1].content
        assert isinstance(picture, Image)
        assert words == Text(text="DO plan: it")
        assert isinstance(notes, Text)
        assert "uploads/admin/b.txt" in notes.text


async def test_other_words_stay_what_they_are(tmp_path: Path, autojump_clock: MockClock) -> None:
    world = World(tmp_path, expand=expand)
    async with world.running():
        for text in ("/unknown thing", "plan /plan", "/", "/etc/hosts is broken"):
            await world.turn(text, say("Well."))
            assert last(world) == [text]


async def test_who_cannot_say_what_is_called_up_holds_nobody_up(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async def fail(_bus: Bus, _incoming: session.Incoming) -> Expansion | None:
        raise Unavailable("down")

    world = World(tmp_path, expand=fail)
    async with world.running():
        await world.turn("/plan the week", say("?"))
        assert last(world) == ["/plan the week"]


async def test_after_a_kill_the_model_gets_what_was_called_up_then(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """What it stands for may have been changed, or deleted, meanwhile."""
    gate = Gate()
    world = World(tmp_path, expand=expand)
    async with world.running():
        world.script.append(gate.then(say("never")))
        accepted = await world.send("/plan the week")
        await gate.reached.wait()
        world.kill()
    world.expand = None
    async with world.running():
        world.script.append(say("Planned."))
        await world.end(accepted.turn)
        assert last(world) == ["DO plan: the week"]


async def test_a_message_that_joins_a_turn_calls_up_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    gate = Gate()
    world = World(tmp_path, settings=Settings(followup_mode="inject"), expand=expand)
    async with world.running():
        world.script += [gate.then(say("Working.")), say("Both done.")]
        first = await world.send("begin")
        await gate.reached.wait()
        await world.send("/plan the week", session=first.session)
        await trio.testing.wait_all_tasks_blocked()
        gate.open.set()
        await world.end(first.turn)
        assert last(world) == ["DO plan: the week"]
        assert ("user", "/plan the week") in await world.rows(first.session)
