"""Tools that are described once they were looked up."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.lookup import MOST, NAME, described, found, looked_up, search_tool
from actors.agent.messages import FindTools
from actors.tooling import CallContext, InvalidInput, Offer, Tool, tool, tool_of
from actors.vocabulary import ChatMessage, Text, ToolSpec, ToolUse
from bus import Request


@tool("Peek", "Reads.", effect="pure")
@attrs.frozen(kw_only=True)
class Peek(Request[str]):
    what: str


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
    assert looked_up([ChatMessage(role="user", content=(Text(text="NoteForget"),))], JOBS) == ()
