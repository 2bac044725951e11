"""What follows turns and conversations: logs, exports, reviews; each once, whatever happens in between."""

import math
from datetime import timedelta
from itertools import pairwise

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.memory import follower, work
from actors.memory import messages as memory
from actors.memory.actor import MemoryActor
from actors.memory.names import Name
from actors.memory.unattended import Unattended
from actors.session import messages as session
from actors.vocabulary import ADMIN
from tests.actors.agent.world import say, use
from tests.actors.memory.remembering import HOURS, Remembering


class TestWhatHasPiledUp:
    async def test_it_is_done_piece_by_piece_with_rests_in_between(
        self, lives: Remembering, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each change of a note takes a second here, as on a machine that is busy."""
        monkeypatch.setattr(follower, "TURNS", 4)
        moments: list[float] = []

        async def slow(_actor: MemoryActor, _name: Name, _action: memory.Action) -> None:
            moments.append(trio.current_time())
            await trio.sleep(1)

        with monkeypatch.context() as patched:
            patched.setattr(follower, "GATHERING", math.inf)  # as before there was a memory
            async with lives.running():
                for n in range(10):
                    await lives.close(await lives.say(f"number {n}", say("Yes."), key=f"k{n}"))
        monkeypatch.setattr(MemoryActor, "_tell", slow)
        async with lives.running():
            await trio.sleep(200)
            assert lives.logs().count("\n## ") == 10
            assert len([name for name in await lives.names() if "sessions" in name]) == 10
        assert len(moments) == 3 + 10
        assert min(later - earlier for earlier, later in pairwise(moments)) > follower.REST + 0.9


class TestUnattended:
    async def test_notes_that_nobody_uses_are_seen_to_from_time_to_time(
        self, agent: Remembering, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments: list[float] = []

        async def seen(_: Unattended) -> None:
            moments.append(trio.current_time())
            if len(moments) == 1:
                raise OSError("broken")

        monkeypatch.setattr(Unattended, "see_to_vectors", seen)
        await trio.sleep(3 * follower.TICK + 1)
        assert len(moments) == 3


class TestExport:
    async def test_a_conversation_that_was_closed_is_a_note(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        closed = await agent.say("Tea or coffee?", say("Tea."))
        await agent.close(closed)
        await agent.rest()
        name = f"memory/sessions/tea-or-coffee-{closed[:8]}.md"
        assert agent.note(name).startswith("# Session: Tea or coffee?\n")
        assert "**User**: Tea or coffee?\n\n**Aster**: Tea.\n" in agent.note(name)

    async def test_silence_closes_one_and_it_is_kept(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        closed = await agent.say("hello", say("Hi."), channel="telegram", key="42")
        await agent.rest(7 * HOURS)
        assert "Auto-closed" in agent.note(f"memory/sessions/hello-{closed[:8]}.md")

    async def test_one_that_was_closed_while_nobody_looked_is_kept_at_the_next_start(
        self, lives: Remembering, autojump_clock: MockClock
    ) -> None:
        async with lives.running():
            closed = await lives.say("hello", say("Hi."))
            await lives.close(closed)
        async with lives.running():
            await lives.rest()
        assert "Hi." in lives.note(f"memory/sessions/hello-{closed[:8]}.md")

    async def test_none_is_kept_where_none_is_wanted_and_none_of_a_job(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.close(await agent.say("the report", say("Here."), key="job", triggered_by="morning"))
        await agent.rest()
        agent.settings = attrs.evolve(agent.settings, export_sessions=False)
        await agent.close(await agent.say("hello", say("Hi.")))
        await agent.rest()
        assert not (agent.data / "users" / ADMIN / "memory" / "sessions").exists()

    async def test_one_that_cannot_be_written_is_tried_again(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        agent.settings = attrs.evolve(agent.settings, auto_log=False)
        folder = agent.data / "users" / ADMIN / "memory"
        folder.write_text("in the way")
        closed = await agent.say("hello", say("Hi."))
        await agent.close(closed)
        await agent.rest()
        folder.unlink()
        await agent.rest(work.RETRY / timedelta(seconds=1) + 700)
        assert "Hi." in agent.note(f"memory/sessions/hello-{closed[:8]}.md")


@pytest.mark.parametrize("how", ["damaged", "gone"])
async def test_without_its_database_nothing_is_lost_and_nothing_written_twice(
    lives: Remembering, autojump_clock: MockClock, how: str
) -> None:
    database = lives.data / "db" / "memory-log.db"
    async with lives.running():
        closed = await lives.say("one", say("1"))
        await lives.close(closed)
        await lives.rest()
    if how == "damaged":
        database.write_bytes(b"nothing of the kind" * 1000)
    else:
        database.unlink()
    async with lives.running():
        await lives.say("two", say("2"), key="other")
        await lives.rest()
    assert [lives.logs().count(f"**User**: {word}\n") for word in ("one", "two")] == [1, 1]
    notes = list((lives.data / "users" / ADMIN / "memory" / "sessions").iterdir())
    assert len(notes) == 1


async def test_a_conversation_of_somebody_else_is_in_nobody_elses_memory(
    agent: Remembering, autojump_clock: MockClock
) -> None:
    agent.settings = attrs.evolve(agent.settings, nudge_interval=1)
    noted = say(calls=[use("MemoryWrite", file="MEMORY.md", content="- Bob likes coffee.")])
    closed = await agent.say("I like coffee", say("Fine."), noted, user="bob", role="user")
    await agent.rest()
    await agent.close(closed, user="bob")
    await agent.rest()
    assert "coffee" in agent.note("MEMORY.md", "bob")
    assert agent.logs() == agent.note("MEMORY.md") == ""
    report = await agent.world.bus.ask(session.Costs())
    assert [each.name for each in report.by_user] == ["bob"]
