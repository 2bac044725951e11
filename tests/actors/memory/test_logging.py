"""Each turn leaves an entry in the log of its day: once, whatever happens in between."""

import logging
import sqlite3
from contextlib import closing
from functools import partial

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.llm import messages as llm
from actors.memory import follower
from actors.memory import messages as memory
from actors.memory.actor import MemoryActor
from actors.session import endings, pruning, sessions
from actors.session import messages as session
from actors.vocabulary import ADMIN
from tests.actors.agent.world import fail, say
from tests.actors.memory.remembering import HOURS, Remembering


class TestLog:
    async def test_each_turn_leaves_an_entry_for_its_user(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.say("I like tea", say("Noted."))
        await agent.say("and I coffee", say("Fine."), user="bob", role="user")
        await agent.rest()
        assert agent.logs().count("\n## ") == 1
        assert "**User**: I like tea\n**Aster**: Noted.\n" in agent.logs()
        assert "coffee" not in agent.logs()
        assert "**User**: and I coffee\n" in agent.logs("bob")

    async def test_what_it_is_written_for_is_known(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.say("I like tea", say("Noted."))
        await agent.rest()
        (entry,) = await agent.world.bus.ask(memory.History(user=ADMIN, role="admin"))
        assert (entry.door, entry.by, entry.action) == ("log", ADMIN, "append")

    async def test_a_turn_that_came_to_nothing_and_one_that_is_not_wanted_leave_none(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        broken = llm.ModelError(reason="billing", provider="test", detail="no credit")
        await agent.say("fail", fail(broken))
        agent.settings = attrs.evolve(agent.settings, auto_log=False)
        await agent.say("quietly", say("Yes."))
        await agent.rest()
        assert agent.logs() == ""
        agent.settings = attrs.evolve(agent.settings, auto_log=True)
        await agent.say("aloud", say("Yes."))
        await agent.rest()
        assert "quietly" not in agent.logs()
        assert "aloud" in agent.logs()

    async def test_what_speaks_for_nobody_is_the_first_admins(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.say("the report", say("Here."), user="cron", triggered_by="morning")
        await agent.rest()
        assert "**morning**: the report" in agent.logs()
        assert not (agent.data / "users" / "cron").exists()

    async def test_turns_that_end_together_are_written_together(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        async with trio.open_nursery() as nursery:
            for n in range(20):
                nursery.start_soon(partial(agent.say, f"number {n}", key=f"k{n}"))
        await agent.rest()
        assert agent.logs().count("\n## ") == 20
        assert len(await agent.world.bus.ask(memory.History(user=ADMIN, role="admin"))) <= 3

    async def test_what_ended_while_nobody_looked_is_logged_at_the_next_start_on_its_day(
        self, lives: Remembering, autojump_clock: MockClock
    ) -> None:
        async with lives.running():
            await lives.say("before", say("Yes."))
            day = f"{lives.world.bus.clock.now():%Y-%m-%d}"
        async with lives.running():
            await trio.sleep(30 * HOURS)
            await lives.say("after", say("Yes."))
            await lives.rest()
        assert "before" in lives.note(f"memory/{day}.md")
        assert lives.logs().count("before") == lives.logs().count("after") == 1

    async def test_when_it_is_lost_how_far_was_read_it_goes_on_from_the_end(
        self, lives: Remembering, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with lives.running():
            await lives.say("before", say("Yes."))
            await lives.rest()
        with closing(sqlite3.connect(lives.data / "db" / "memory-log.db")) as connection, connection:
            assert connection.execute("DELETE FROM cursors").rowcount == 2
        async with lives.running():
            await lives.rest()
            await lives.say("after", say("Yes."))
            await lives.rest()
        assert lives.logs().count("before") == lives.logs().count("after") == 1
        assert "goes on from its end" in caplog.text

    async def test_a_log_that_cannot_be_written_waits_and_holds_up_no_other(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        folder = agent.data / "users" / ADMIN / "memory"
        folder.write_text("in the way")
        await agent.say("mine", say("Yes."))
        await agent.say("his", say("Yes."), user="bob", role="user")
        await agent.rest()
        assert "his" in agent.logs("bob")
        await agent.rest(2 * follower.TICK)
        folder.unlink()
        await agent.rest(follower.TICK)
        assert agent.logs().count("mine") == 1, "it is tried again though nobody says anything"
        await agent.say("once more", say("Yes."))
        await agent.rest()
        assert agent.logs().count("mine") == agent.logs().count("once more") == 1

    async def test_what_could_not_be_written_for_a_moment_is_written_a_moment_later(
        self, agent: Remembering, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def busy(*_: object) -> memory.Written:
            await trio.sleep(40)
            raise memory.MemoryFailed(reason="never reached")

        with monkeypatch.context() as patched:
            patched.setattr(MemoryActor, "_log", busy)
            await agent.say("mine", say("Yes."))
            await agent.rest(35)
            assert agent.logs() == ""
        await agent.rest(2 * follower.SOON)
        assert agent.logs().count("mine") == 1

    async def test_a_full_log_goes_on_in_another_one_of_its_day(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.say("zero", say("Yes."))
        await agent.rest()
        (name,) = [name for name in await agent.names() if name.startswith("memory/")]
        path = agent.data / "users" / ADMIN / name
        path.write_text(path.read_text() + "x" * (memory.LARGEST - path.stat().st_size))
        await agent.say("orchid", say("Yes."))
        await agent.rest()
        second = name.replace(".md", "-2.md")
        assert agent.logs().count("**User**: orchid") == 1
        assert "**User**: orchid" in agent.note(second)
        assert agent.note(second).startswith("# Daily Log")
        found = await agent.world.bus.ask(memory.Search(q="orchid", user=ADMIN))
        assert [(each.source, each.date) for each in found] == [(second, second[7:17])]
        await agent.say("hi", say("Hello."), key="another")
        assert "**User**: orchid" in agent.world.requests[-1].system[0].text

    async def test_a_log_that_somebody_made_too_long_to_be_read_is_left_as_it_is(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        day = f"{agent.world.bus.clock.now():%Y-%m-%d}"
        path = agent.data / "users" / ADMIN / "memory" / f"{day}.md"
        path.parent.mkdir()
        path.write_text("x" * (memory.LARGEST + 1))
        await agent.say("orchid", say("Yes."))
        await agent.rest()
        assert path.stat().st_size == memory.LARGEST + 1
        assert "**User**: orchid" in agent.note(f"memory/{day}-2.md")

    async def test_what_was_logged_in_two_is_not_logged_again(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        moment = agent.world.bus.clock.now()
        entries = [
            memory.DailyEntry(at=moment, text=f"{word} " + "x" * 400_000) for word in ("one", "two", "three")
        ]

        async def log(*which: memory.DailyEntry) -> str:
            request = memory.AppendDaily(
                user=ADMIN, entries=which, origin=memory.Origin(user=ADMIN, door="log"), key=None
            )
            return (await agent.world.bus.ask(request)).name

        assert await log(*entries[:2]) == await log(entries[0])
        assert await log(*entries) != await log(entries[0])
        assert [agent.logs().count(f"{word} xxx") for word in ("one", "two", "three")] == [1, 1, 1]
        with pytest.raises(memory.TooLarge):
            await log(memory.DailyEntry(at=moment, text="y" * memory.LARGEST))
        assert "yyy" not in agent.logs()

    async def test_a_turn_that_cannot_be_read_holds_up_no_other(
        self, agent: Remembering, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = sessions.messages

        def broken(connection: sqlite3.Connection, request: session.Messages) -> tuple[session.Message, ...]:
            found = read(connection, request)
            if any("broken" in each.content for each in found):
                raise ZeroDivisionError
            return found

        monkeypatch.setattr(sessions, "messages", broken)
        closed = await agent.say("broken", say("Yes."), key="one")
        await agent.close(closed)
        await agent.close(await agent.say("whole", say("Yes."), key="two"))
        await agent.rest()
        assert "broken" not in agent.logs()
        assert "whole" in agent.logs()
        notes = (agent.data / "users" / ADMIN / "memory" / "sessions").iterdir()
        assert [path.name.partition("-")[0] for path in notes] == ["whole"]

    @pytest.mark.parametrize("while_reading", ["turns", "closed"])
    async def test_what_is_deleted_while_it_is_read_holds_up_nothing(
        self,
        agent: Remembering,
        autojump_clock: MockClock,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        while_reading: str,
    ) -> None:
        def delete(session_id: str) -> None:
            with closing(sqlite3.connect(agent.data / "session.db")) as connection:
                connection.row_factory = sqlite3.Row
                pruning.prune(connection, session_id, ADMIN, 0)
                connection.commit()

        def after(connection: sqlite3.Connection, seq: int, limit: int) -> tuple[session.Turn, ...]:
            turns = ended(connection, seq, limit)
            for turn in turns if while_reading == "turns" else ():
                delete(turn.session)
            return turns

        def closed_after(connection: sqlite3.Connection, seq: int, limit: int) -> tuple[session.Closed, ...]:
            found = closed(connection, seq, limit)
            for each in found:
                delete(each.session.id)
            return found

        ended, closed = endings.after, sessions.closed_after
        monkeypatch.setattr(endings, "after", after)
        monkeypatch.setattr(sessions, "closed_after", closed_after)
        agent.settings = attrs.evolve(agent.settings, nudge_interval=1)
        follower = agent.world.mesh.cell("memory-log").actor
        await agent.close(await agent.say("the report", say("Here."), key="job", triggered_by="morning"))
        await agent.say("whole", say("Yes."), key="two")
        await agent.rest()
        assert "**User**: whole\n**Aster**: Yes." in agent.logs()
        assert agent.world.mesh.cell("memory-log").actor is follower
        assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
