"""What a turn begins with: whatever a source does, the turn goes on without it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, final

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.sources import Sources, prepare
from actors.context import Section, TurnContext, context_of, context_source, from_context
from actors.llm.messages import SystemText
from actors.tooling import CallContext, Tool, ToolSource, offering, tool
from actors.vocabulary import ToolSpec
from bus import Actor, Bus, Request, concurrent
from bus.testing import MeshUnderTest
from tests.actors.agent.toolbox import Peek
from tests.actors.agent.world import World, say, shape, use

HERE = TurnContext(session="s1", turn="t1", user="ada", role="admin", channel="main", source="web")


@context_source("Notes", stable=True)
@final
@attrs.frozen(kw_only=True)
class Notes(Request[str]):
    user: Annotated[str, from_context("user")]


@context_source(None, stable=False)
@final
@attrs.frozen(kw_only=True)
class Weather(Request[Section]):
    pass


@context_source("Rules", stable=True)
@final
@attrs.frozen(kw_only=True)
class Rules(Request[str]):
    pass


class SourceActor(Actor):
    """Answers, refuses, crashes or stays silent."""

    weather = Section(text="It rains.")
    rules = "be brief"

    @Notes.handler
    @concurrent(4)
    async def notes(self, request: Notes) -> str:
        return f"notes of {request.user}"

    @Weather.handler
    async def tell_weather(self, request: Weather) -> Section:
        return self.weather

    @Rules.handler
    @concurrent(4)
    async def tell_rules(self, request: Rules) -> str:
        if self.rules == "crash":
            raise ValueError("a bug")
        if self.rules == "hang":
            await trio.sleep_forever()
        return self.rules


CONTEXT = tuple(map(context_of, (Notes, Weather, Rules)))


async def test_stable_texts_come_first_each_under_its_title(mesh: MeshUnderTest) -> None:
    await mesh.start(SourceActor)
    prepared = await prepare(mesh.bus, Sources(context=CONTEXT), HERE)
    assert prepared.system == (
        SystemText(text="--- Notes ---\nnotes of ada\n\n--- Rules ---\nbe brief"),
        SystemText(text="It rains.", cached=False),
    )
    assert prepared.notices == ()


@context_source("Job", stable=False, needs="triggered_by")
@final
@attrs.frozen(kw_only=True)
class JobNotes(Request[str]):
    job: Annotated[str, from_context("triggered_by")]


class JobActor(Actor):
    @JobNotes.handler
    async def notes(self, request: JobNotes) -> str:
        return f"This is {request.job}."


async def test_a_source_that_needs_something_is_asked_where_that_is(mesh: MeshUnderTest) -> None:
    await mesh.start(JobActor)
    sources = Sources(context=(context_of(JobNotes),))
    assert (await prepare(mesh.bus, sources, HERE)).system == ()
    prepared = await prepare(mesh.bus, sources, attrs.evolve(HERE, triggered_by="report"))
    assert prepared.system == (SystemText(text="--- Job ---\nThis is report.", cached=False),)


async def test_what_is_empty_is_left_out_and_what_is_wrong_is_a_notice(
    mesh: MeshUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SourceActor, "weather", Section(text="", notice="no forecast today"))
    monkeypatch.setattr(SourceActor, "rules", "")
    await mesh.start(SourceActor)
    prepared = await prepare(mesh.bus, Sources(context=CONTEXT), HERE)
    assert prepared.system == (SystemText(text="--- Notes ---\nnotes of ada"),)
    assert prepared.notices == ("no forecast today",)


@pytest.mark.parametrize("how", ["crash", "hang"])
async def test_a_context_source_that_fails_is_left_out(
    mesh: MeshUnderTest, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(SourceActor, "rules", how)
    await mesh.start(SourceActor)
    sources = Sources(context=(context_of(Rules), context_of(Notes)))
    began = trio.current_time()
    prepared = await prepare(mesh.bus, sources, HERE)
    assert trio.current_time() - began <= 5.0
    (notice,) = prepared.notices
    assert notice.startswith("The model is not told Rules: ")
    if how == "hang":
        assert prepared.system == (SystemText(text="--- Notes ---\nnotes of ada"),)


# --- tools ------------------------------------------------------------------------------------------------


async def _broken(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
    raise ValueError("a bug")


async def _silent(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
    await trio.sleep_forever()
    raise AssertionError


@pytest.mark.parametrize("bad", [_broken, _silent])
async def test_a_tool_source_that_fails_costs_its_own_tools_only(
    mesh: MeshUnderTest, autojump_clock: MockClock, bad: ToolSource
) -> None:
    prepared = await prepare(mesh.bus, Sources(tools=(bad, offering(Peek))), HERE)
    assert [each.name for each in prepared.catalogue] == ["Peek"]
    (notice,) = prepared.notices
    assert notice.startswith("Some tools are missing: ")


async def test_of_two_tools_of_one_name_the_first_stays(mesh: MeshUnderTest) -> None:
    @tool("Peek", "Another.", effect="pure")
    @attrs.frozen(kw_only=True)
    class Other(Request[str]):
        pass

    prepared = await prepare(mesh.bus, Sources(tools=(offering(Peek), offering(Other))), HERE)
    assert [each.spec.description for each in prepared.catalogue] == ["Reads."]
    assert prepared.notices == ("Of two tools called Peek one is left out.",)


async def test_tools_come_and_go_while_the_conversation_lives(
    lives: World, autojump_clock: MockClock
) -> None:
    """A tool need not be a class of ours: here a source makes the value, and what a call becomes, by itself."""
    seen: list[TurnContext] = []

    def remark(input: Mapping[str, Any], context: CallContext) -> Peek:
        return Peek(what=f"{input['words']} for {context.user}")

    async def now_and_then(_bus: Bus, context: TurnContext) -> Iterable[Tool]:
        seen.append(context)
        spec = ToolSpec(name="Remark", description="Says.", input_schema={"type": "object"})
        return [] if len(seen) == 2 else [Tool(spec=spec, effect="pure", decode=remark)]

    lives.tools = (now_and_then,)
    async with lives.running() as world:
        calls = [use("Remark", words="tea")]
        await world.turn("one", say(calls=calls), say("done"))
        assert shape(world.requests[-1].messages)[-1] == "c1=peeked tea for admin"
        await world.turn("two", say(calls=calls), say("done"))
        assert shape(world.requests[-1].messages)[-1].startswith("c1!There is no tool 'Remark'")
        await world.turn("three")
        assert [len(request.tools) for request in world.requests] == [1, 1, 0, 0, 1]
        assert [context.source for context in seen] == ["web"] * 3


async def test_a_soul_that_is_no_text_stops_nobody_and_is_told_once(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.soul = b"I am J\xfcrgen."
    async with lives.running() as world:
        for _ in range(2):
            end = await world.turn("hello")
            assert isinstance(end, agent.TurnEnded)
        assert "I am J\N{REPLACEMENT CHARACTER}rgen." in world.requests[-1].system[0].text
        assert [(notice.kind, notice.text) for notice in world.mesh.published(agent.Notice)] == [
            ("left_out", "SOUL.md is not UTF-8 at byte 6")
        ]
