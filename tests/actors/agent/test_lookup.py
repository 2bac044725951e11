"""Tools that are described once they were looked up."""

from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.agent.lookup import MOST, NAME, described, found, looked_up, search_tool
from actors.agent.messages import FindTools
from actors.agent.settings import Compaction, Settings
from actors.agent.sources import Dropped
from actors.context import TurnContext
from actors.outside import LEFT_OUT
from actors.session import messages as session
from actors.tooling import CallContext, InvalidInput, Offer, Tool, offering, tool_of
from actors.vocabulary import ADMIN, ChatMessage, Text, ToolSpec, ToolUse
from bus import Request
from tests.actors.agent.world import TOOLS, Peek, World, last_text, say, shape, usage, use

HERE = CallContext(
    call="turn-1:3", session="s1", turn="turn-1", user="ada", role="admin", channel="main", source="web"
)


def made(name: str, description: str = "", offer: Offer = "searched") -> Tool:
    spec = ToolSpec(name=name, description=description, input_schema={"properties": {}})
    return attrs.evolve(tool_of(Peek), spec=spec, offer=offer)


JOBS = (
    made("JobUpdate", "Change or pause a job."),
    made("JobRemove", "Remove a scheduled job."),
    made("NoteForget", "Forget a passage of a note."),
)


def names(tools: list[Tool]) -> list[str]:
    return [tool.name for tool in tools]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("JobRemove", ["JobRemove"]),
        ("noteforget, jobupdate", ["JobUpdate", "NoteForget"]),
        ("remove jobs", ["JobRemove", "JobUpdate"]),
        ("passages", ["NoteForget"]),
        ("weather", []),
        ("", []),
    ],
)
def test_by_name_or_by_words(query: str, expected: list[str]) -> None:
    assert names(found(query, JOBS)) == expected


@given(st.text(max_size=100))
def test_whatever_is_asked_only_so_many_are_found(query: str) -> None:
    many = [made(f"Job{n}", "Remove a scheduled job.") for n in range(20)]
    assert len(found(query, many)) <= MOST


def test_there_is_no_search_where_there_is_nothing_to_look_up() -> None:
    assert search_tool([tool_of(Peek), made("Habit", offer="by_name")]) is None


def test_the_search_names_what_can_be_looked_up_and_finds_it() -> None:
    search = search_tool([tool_of(Peek), *JOBS, made("Habit", offer="by_name")])
    assert search is not None
    assert search.spec.description.endswith("JobUpdate, JobRemove, NoteForget.")
    assert list(search.spec.input_schema["properties"]) == ["query"]
    asked = search.decode({"query": "JobRemove"}, HERE)
    assert asked == FindTools(query="JobRemove", found=(JOBS[1].spec,))


@pytest.mark.parametrize("wrong", [{}, {"query": 3}, {"query": "a" * 501}])
def test_a_search_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    search = search_tool(JOBS)
    assert search is not None
    with pytest.raises(InvalidInput, match="query"):
        search.decode(wrong, HERE)


def test_what_is_found_is_described() -> None:
    assert described([JOBS[0].spec]) == 'JobUpdate: Change or pause a job.\nInput: {"properties": {}}'
    assert "name one" in described([])


def test_what_stands_in_the_conversation_was_looked_up() -> None:
    said = ChatMessage(
        role="assistant",
        content=(
            Text(text="I look."),
            ToolUse(id="c1", name=NAME, input={"query": "NoteForget"}),
            ToolUse(id="c2", name=NAME, input={"query": "JobUpdate NoteForget"}),
            ToolUse(id="c3", name=NAME, input={}),
            ToolUse(id="c4", name="Other", input={"query": "JobRemove"}),
        ),
    )
    assert looked_up([said], (*JOBS, tool_of(Peek))) == ("NoteForget", "JobUpdate")


# --- in a conversation ------------------------------------------------------------------------------------


async def _hidden(*_: object) -> tuple[Tool, ...]:
    return (
        attrs.evolve(tool_of(Peek), spec=attrs.evolve(tool_of(Peek).spec, name="Glance"), offer="searched"),
    )


def with_hidden(path: Path) -> World:
    return World(path, tools=(offering(*TOOLS), _hidden))


def offered(world: World) -> list[list[str]]:
    return [[spec.name for spec in request.tools][len(TOOLS) :] for request in world.requests]


async def test_a_tool_is_offered_from_when_it_was_looked_up_also_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    lives = with_hidden(tmp_path)
    async with lives.running() as world:
        end = await world.turn(
            "go",
            say(calls=[use(NAME, query="glance")]),
            say(calls=[use("Glance", "c2", what="a")]),
            say("Done."),
        )
        assert offered(world) == [[NAME], [NAME, "Glance"], [NAME, "Glance"]]
        assert shape(world.requests[-1].messages)[-1] == "c2=peeked a"
        searched = shape(world.requests[1].messages)[-1]
        assert searched.startswith("c1=Glance: Reads.\nInput: ")
    lives.requests.clear()
    async with lives.running() as world:
        await world.turn("and again")
        assert offered(world) == [[NAME, "Glance"]]
        assert last_text(world.requests[0].messages) == "and again"
        assert (await world.bus.ask(session.GetTurn(turn=end.turn, user=ADMIN))).state == "done"


async def test_one_that_was_not_looked_up_is_carried_out_all_the_same(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with with_hidden(tmp_path).running() as world:
        await world.turn("go", say(calls=[use("Glance", what="a")]), say("Done."))
        assert shape(world.requests[-1].messages)[-1] == "c1=peeked a"


# --- words from outside -----------------------------------------------------------------------------------


async def test_calls_say_where_words_from_outside_came_from_also_after_a_restart_and_a_summary(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    contexts: list[CallContext] = []

    async def fetching(*_: object) -> tuple[Tool, ...]:
        def decode(_input: object, context: CallContext) -> Request[str]:
            contexts.append(context)
            return Peek(what="page")

        spec = attrs.evolve(tool_of(Peek).spec, name="Fetch")
        return (attrs.evolve(tool_of(Peek), spec=spec, outside=True, decode=decode),)

    dropped: list[Dropped] = []

    def keepsake(_turn: TurnContext, what: Dropped) -> Request[str]:
        dropped.append(what)
        return Peek(what="nothing")

    small = Settings(compaction=Compaction(context_budget=1000, min_keep_messages=2))
    lives = World(tmp_path, settings=small, tools=(offering(*TOOLS), fetching), keepsake=keepsake)
    async with lives.running() as world:
        await world.turn("go", say(calls=[use("Fetch", "c1")]), say(calls=[use("Fetch", "c2")]), say("Done."))
    async with lives.running() as world:
        await world.turn("more", say(calls=[use("Fetch", "c3")]), say("Done.", used=usage(2000)))
        await world.turn("still there?", say("In short."), say("Yes."))
        assert (
            "In short.\n\n[Words from outside went into this: Fetch]" in shape(world.requests[-1].messages)[0]
        )
        await world.turn("once more", say(calls=[use("Fetch", "c4")]), say("Done."))
    noted = [line for what in dropped for line in shape(what.messages)]
    assert f"c1={LEFT_OUT}" in noted
    assert not any("peeked page" in line for line in noted)
    seen = [(context.tool_use_id, context.outside) for context in contexts]
    assert seen == [("c1", ()), ("c2", ("Fetch",)), ("c3", ("Fetch",)), ("c4", ("Fetch",))]
