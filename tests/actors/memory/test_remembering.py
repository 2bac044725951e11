"""What the model is told of what is remembered, and what becomes of it when a conversation grows too long."""

from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
from trio.testing import MockClock

from actors.agent import messages as agent_messages
from actors.agent.settings import Compaction, Settings
from actors.llm import messages as llm
from actors.memory import messages as memory
from actors.session import messages as session
from actors.tooling import offering
from actors.vocabulary import ADMIN
from bus import conceal
from tests.actors.agent.world import fail, last_text, say, usage, use
from tests.actors.memory.remembering import Remembering

BIG = usage(2000)


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Remembering]:
    agent = Remembering(tmp_path)
    agent.world.tools = (offering(memory.MemoryWrite, memory.MemoryForget),)
    agent.world.settings = Settings(compaction=Compaction(context_budget=1000, min_keep_messages=2))
    async with agent.running() as running:
        yield running


def told(agent: Remembering) -> str:
    """The stable part of the last system prompt, from the memory on."""
    return agent.world.requests[-1].system[0].text.partition("--- Memory ---\n")[2]


class TestSnapshot:
    async def test_a_session_hears_the_same_from_its_first_turn_to_its_last(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        wrote = use("MemoryWrite", file="MEMORY.md", content="- Ada likes green tea.", append=True)
        await agent.say("one", say(calls=[wrote]), say("1"))
        first = told(agent)
        await agent.rest()
        await agent.say("two", say("2"))
        assert told(agent) == first
        assert "green tea" not in first
        await agent.say("three", say("3"), key="another")
        assert "- Ada likes green tea." in told(agent)
        assert "**User**: one" in told(agent)

    async def test_what_is_forgotten_is_told_to_nobody_any_more(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        (agent.data / "users" / ADMIN / "MEMORY.md").write_text("- Ada likes green tea.\n- Ada has a boat.\n")
        await agent.say("one", say("1"))
        assert "green tea" in told(agent)
        forget = use("MemoryForget", file="MEMORY.md", passage="- Ada likes green tea.")
        await agent.say("forget it", say(calls=[forget]), say("done"))
        await agent.say("two", say("2"))
        assert "green tea" not in told(agent)
        assert "boat" in told(agent)

    @pytest.mark.parametrize(
        "correction",
        [
            {"content": "- Ada likes coffee.", "replace": "- Ada likes green tea."},
            {"content": "- Ada likes coffee.\n- Ada has a boat.\n"},
        ],
    )
    async def test_what_a_session_itself_corrects_it_is_told_no_more(
        self, agent: Remembering, autojump_clock: MockClock, correction: dict[str, str]
    ) -> None:
        (agent.data / "users" / ADMIN / "MEMORY.md").write_text("- Ada likes green tea.\n- Ada has a boat.\n")
        await agent.say("one", say("1"))
        correct = use("MemoryWrite", file="MEMORY.md", **correction)
        await agent.say("no, coffee", say(calls=[correct]), say("done"))
        await agent.say("two", say("2"))
        assert "- Ada likes coffee.\n- Ada has a boat." in told(agent)
        assert "green tea" not in told(agent)

    async def test_what_is_in_no_prompt_changes_none(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await agent.say("one", say("1"))
        first = told(agent)
        boat = use("MemoryWrite", file="projects/boat.md", content="The boat is red.")
        await agent.say("two", say(calls=[boat]), say("2"))
        await agent.close(await agent.say("elsewhere", say("3"), key="another"))
        await agent.rest()
        assert "projects/boat.md" in await agent.names()
        assert any(name.startswith("memory/sessions/") for name in await agent.names())
        await agent.say("three", say("4"))
        assert told(agent) == first

    async def test_what_somebody_has_corrected_is_heard_at_once(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        path = agent.data / "users" / ADMIN / "MEMORY.md"
        path.write_text("- Ada likes green tea.\n")
        await agent.say("one", say("1"))
        await agent.world.bus.ask(
            memory.WriteFile(name="MEMORY.md", content="- Ada likes coffee.\n", user=ADMIN, role="admin")
        )
        await agent.say("two", say("2"))
        assert "coffee" in told(agent)
        path.write_text("- Ada likes cocoa.\n")
        await agent.say("three", say("3"))
        assert "cocoa" in told(agent)

    async def test_what_a_turn_was_told_is_gone_with_the_history(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        (agent.data / "users" / ADMIN / "MEMORY.md").write_text("- Ada likes green tea.\n")
        ended = await agent.world.turn("one", say("1"))

        async def heard() -> dict[str, str | None]:
            parts = await agent.world.bus.ask(session.GetTold(turn=ended.turn, user=ADMIN))
            return {each.source: each.text for each in parts}

        assert "green tea" in ((await heard())["Memory"] or "")
        await agent.world.bus.ask(memory.Purge(name="MEMORY.md", user=ADMIN, role="admin"))
        assert (await heard())["Memory"] is None
        for file in filter(Path.is_file, agent.data.rglob("*")):
            assert (b"green tea" in file.read_bytes()) is (file.name == "MEMORY.md"), file
        assert (await heard())["Identity"] is not None

    async def test_each_user_hears_of_their_own(self, agent: Remembering, autojump_clock: MockClock) -> None:
        (agent.data / "users" / ADMIN / "MEMORY.md").write_text("- Ada likes green tea.\n")
        await agent.say("hi", say("1"), user="bob", role="user")
        assert "green tea" not in told(agent)


class TestFlush:
    async def grown(self, agent: Remembering) -> None:
        for n in range(3):
            await agent.say(f"q{n}", say(f"a{n}", used=BIG if n == 2 else usage()))

    async def test_what_a_summary_replaces_is_looked_at_before(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        await self.grown(agent)
        noted = say(calls=[use("MemoryWrite", file="MEMORY.md", content="- q0 was asked.")], used=usage(99))
        by_purpose = {"replaced by a summary": noted, "You summarise": say("In short.")}
        agent.world.by_prompt = by_purpose
        ended = await agent.world.turn("q3", say("a3"))
        assert isinstance(ended, agent_messages.TurnEnded)
        assert agent.note("MEMORY.md") == "- q0 was asked."
        (question,) = [each for each in agent.world.requests if "about to be" in each.system[0].text]
        assert question.model == "test/summaries"
        assert "[user] q0\n\n[assistant] a0" in last_text(question.messages)
        assert "q3" not in last_text(question.messages)
        costs = await agent.costs()
        assert (costs["flush"], costs["compaction"]) == (1, 1)
        assert ended.usage.prompt_tokens == 99 + 10 + 10, "it counts for the turn that made it necessary"
        notices = {event.kind: event.text for event in agent.world.mesh.published(agent_messages.Notice)}
        assert notices["remembered"] == "Noted in the memory: MEMORY.md."

    @pytest.mark.parametrize("why", ["off", "offline", "broken"])
    async def test_without_a_model_the_words_themselves_go_into_the_log(
        self, agent: Remembering, autojump_clock: MockClock, why: str
    ) -> None:
        settings = agent.world.settings.compaction
        broken = fail(llm.ModelError(reason="billing", provider="test", detail="no credit"))
        answers = {"You summarise": say("In short."), "replaced by a summary": broken}
        if why == "off":
            changed = Compaction(context_budget=1000, min_keep_messages=2, memory_flush=False)
            agent.world.settings = Settings(compaction=changed)
        if why == "offline":
            changed = Compaction(context_budget=1000, min_keep_messages=2, flush_model="offline/offline")
            agent.world.settings = Settings(compaction=changed)
        assert settings.memory_flush
        await self.grown(agent)
        agent.world.by_prompt = answers
        await agent.say("q3", say("a3"))
        await agent.rest()
        assert agent.logs().count("Pre-compaction save\n\nq0\na0\nq1\na1\nq2\n") == 1
        assert "flush" not in await agent.costs()

    async def test_what_became_a_secret_later_is_not_written_down(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        agent.world.by_prompt = {
            "You summarise": say("In short."),
            "replaced by a summary": fail(
                llm.ModelError(reason="billing", provider="test", detail="no credit")
            ),
        }
        agent.settings = attrs.evolve(agent.settings, auto_log=False)
        closed = await agent.say("my word is canary-Zq81xK40", say("noted"))
        await self.grown(agent)
        conceal("test", [("WORD", "canary-Zq81xK40")])
        await agent.say("q3", say("a3"))
        await agent.close(closed)
        await agent.rest()
        assert "my word is [secret WORD]" in agent.logs()
        (kept,) = (agent.data / "users" / ADMIN / "memory" / "sessions").iterdir()
        assert "canary" not in f"{kept.name}{kept.read_text()}{agent.logs()}"

    async def test_asked_twice_it_is_written_once(
        self, agent: Remembering, autojump_clock: MockClock
    ) -> None:
        started = await agent.say("hi", say("hello"))
        (turn,) = await agent.world.bus.ask(session.ListTurns(session=started, user=ADMIN))
        request = memory.Flush(
            user=ADMIN,
            session=started,
            turn=turn.id,
            until=7,
            model="test/one",
            messages=agent.world.requests[-1].messages,
        )
        noted = say(calls=[use("MemoryWrite", file="MEMORY.md", content="- once")])
        agent.world.script.extend([noted, noted])
        assert await agent.world.bus.ask(request) == await agent.world.bus.ask(request)
        assert agent.note("MEMORY.md") == "- once"
