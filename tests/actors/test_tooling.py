"""A request as a tool: declared, offered, decoded, rendered."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tooling import (
    CallContext,
    Catalogue,
    InvalidInput,
    Rendered,
    Tool,
    ToolDefinitionError,
    ToolReply,
    UnknownTool,
    described,
    failure,
    from_context,
    offering,
    render,
    tool,
    tool_of,
)
from actors.vocabulary import Text, ToolSpec
from bus import Actor, Event, Request
from bus.testing import open_test_mesh

HERE = CallContext(
    call="turn-1:3", session="s1", turn="turn-1", user="ada", role="admin", channel="main", source="web"
)


@final
@attrs.frozen(kw_only=True)
class Hit:
    text: str
    at: datetime


@tool("NoteSearch", "Search the notes.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class Search(Request[tuple[Hit, ...]]):
    query: Annotated[str, described("What to look for.")]
    limit: Annotated[int, described("Most hits.", ge=1, le=50)] = 5
    user: Annotated[str, from_context("user")]


@tool("NoteAdd", "Add a note.", effect="local")
@final
@attrs.frozen(kw_only=True)
class Add(Request[None]):
    text: str
    call: Annotated[str, from_context("call")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]


CATALOGUE = Catalogue(map(tool_of, (Search, Add)))


def define(effect: Any, on_doubt: Any = None, name: str = "Odd", **fields: Any) -> type[Request[Any]]:
    """A tool class made on the spot, past the type checkers."""
    body = {"__annotations__": fields or {"text": str}, "__module__": __name__}
    kind = attrs.frozen(kw_only=True)(type("Odd", (Request,), body))
    options = {} if on_doubt is None else {"on_doubt": on_doubt}
    decorate: Any = tool
    decorated: type[Request[Any]] = decorate(name, "Odd.", effect=effect, **options)(kind)
    return decorated


# --- declaring --------------------------------------------------------------------------------------------


def test_a_tool_is_described_by_its_class() -> None:
    offered = tool_of(Search)
    assert (offered.name, offered.effect, offered.on_doubt) == ("NoteSearch", "pure", None)
    assert offered.spec == ToolSpec(
        name="NoteSearch",
        description="Search the notes.",
        input_schema={
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for."},
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 50,
                    "description": "Most hits.",
                    "default": 5,
                },
            },
            "required": ["query"],
        },
    )


def test_what_a_tool_shares_with_another_one_is_described_there_alone() -> None:
    @tool("NoteCount", "Count them; as NoteSearch.", effect="pure", like=Search)
    @final
    @attrs.frozen(kw_only=True)
    class Count(Request[int]):
        query: Annotated[str | None, described("What to look for.")] = None
        limit: Annotated[int, described("Most notes.", ge=1, le=9)] = 9
        words: Annotated[bool, described("Whole words only.")] = False

    properties = tool_of(Count).spec.input_schema["properties"]
    assert properties["query"] == {"type": "string"}
    assert properties["limit"]["description"] == "Most notes."
    assert properties["words"]["description"] == "Whole words only."


def test_an_unsafe_tool_must_say_what_to_do_in_doubt() -> None:
    with pytest.raises(ToolDefinitionError, match="'Odd' is unsafe and must declare on_doubt"):
        define("unsafe")
    assert tool_of(define("unsafe", "tell_model")).on_doubt == "tell_model"


@pytest.mark.parametrize("effect", ["pure", "local", "keyed"])
def test_only_an_unsafe_tool_has_doubts(effect: str) -> None:
    with pytest.raises(ToolDefinitionError, match="on_doubt is for unsafe tools"):
        define(effect, "retry")


def test_only_a_call_that_can_be_made_again_waits_for_other_turns() -> None:
    spec, decode = tool_of(Search).spec, tool_of(Search).decode
    assert Tool(spec=spec, effect="keyed", waits=True, decode=decode).waits
    with pytest.raises(ToolDefinitionError, match="only a keyed call can be made again"):
        Tool(spec=spec, effect="pure", waits=True, decode=decode)


@pytest.mark.parametrize("effect", ["local", "keyed"])
def test_a_tool_that_acts_once_needs_the_key_of_its_call(effect: str) -> None:
    with pytest.raises(ToolDefinitionError, match="needs a field from_context"):
        define(effect)
    assert tool_of(define(effect, key=Annotated[str, from_context("call")])).effect == effect


@pytest.mark.parametrize("name", ["", "1st", "two words", "x" * 65, "naïve"])
def test_a_tool_has_a_name_that_every_provider_takes(name: str) -> None:
    with pytest.raises(ToolDefinitionError, match="tool name"):
        define("pure", name=name)


def test_a_field_without_a_json_form_is_refused_when_the_tool_is_defined() -> None:
    with pytest.raises(ToolDefinitionError, match=r"Odd\.when: bytes has no JSON form"):
        define("pure", when=bytes)


def test_only_a_request_can_be_a_tool() -> None:
    @attrs.frozen(kw_only=True)
    class Happened(Event):
        text: str

    decorate: Any = tool("Odd", "Odd.", effect="pure")
    with pytest.raises(ToolDefinitionError, match="Happened is not an attrs class deriving from Request"):
        decorate(Happened)


# --- the catalogue ----------------------------------------------------------------------------------------


def test_a_catalogue_keeps_the_order_it_was_given() -> None:
    assert [spec.name for spec in CATALOGUE.specs()] == ["NoteSearch", "NoteAdd"]
    assert list(CATALOGUE) == [tool_of(Search), tool_of(Add)]
    assert len(CATALOGUE) == 2
    assert "NoteAdd" in CATALOGUE
    assert "Add" not in CATALOGUE


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ToolDefinitionError, match="two tools are called 'NoteSearch'"):
        offering(Search, define("pure", name="NoteSearch"))


def test_a_class_that_is_no_tool_is_refused() -> None:
    @attrs.frozen(kw_only=True)
    class Plain(Request[None]):
        text: str

    with pytest.raises(ToolDefinitionError, match="Plain is not decorated with @tool"):
        offering(Plain)


def test_an_unknown_tool_is_named_with_the_nearest_and_all_known_ones() -> None:
    with pytest.raises(UnknownTool) as caught:
        CATALOGUE.decode("note_search", {}, HERE)
    assert (
        str(caught.value)
        == "There is no tool 'note_search', did you mean 'NoteSearch'? Tools: NoteSearch, NoteAdd."
    )


# --- decoding ---------------------------------------------------------------------------------------------


def test_a_call_becomes_a_message_with_what_the_context_supplies() -> None:
    assert CATALOGUE.decode("NoteSearch", {"query": "tea"}, HERE) == Search(query="tea", limit=5, user="ada")
    assert CATALOGUE.decode("NoteAdd", {"text": "tea"}, HERE) == Add(
        text="tea", call="turn-1:3", session="s1", turn="turn-1"
    )


def test_the_model_cannot_fill_what_the_context_supplies() -> None:
    with pytest.raises(InvalidInput) as caught:
        CATALOGUE.decode("NoteSearch", {"query": "tea", "user": "eve"}, HERE)
    assert str(caught.value) == "Invalid or missing parameters for tool 'NoteSearch':\n- user: unknown field"


def test_all_mistakes_are_told_in_one_answer() -> None:
    with pytest.raises(InvalidInput) as caught:
        CATALOGUE.decode("NoteSearch", {"limit": 99, "querry": "tea"}, HERE)
    assert str(caught.value) == (
        "Invalid or missing parameters for tool 'NoteSearch':\n"
        "- query: expected a string, got nothing\n"
        "- limit: expected a whole number of at least 1 and at most 50, got 99\n"
        "- querry: unknown field, did you mean 'query'?"
    )


@given(
    st.builds(
        Search, query=st.text(st.characters(codec="utf-8")), limit=st.integers(1, 50), user=st.just("ada")
    )
)
def test_a_message_written_as_a_call_is_the_same_message(request_: Search) -> None:
    written = json.loads(json.dumps({"query": request_.query, "limit": request_.limit}))
    assert CATALOGUE.decode("NoteSearch", written, HERE) == request_


@given(
    st.dictionaries(
        st.sampled_from(["query", "limit", "text", "user"]), st.text() | st.integers() | st.none()
    )
)
def test_a_call_is_decoded_or_refused_never_anything_else(input: Mapping[str, Any]) -> None:
    for offered in CATALOGUE:
        with suppress(InvalidInput):
            assert isinstance(offered.decode(input, HERE), Search | Add)


# --- rendering --------------------------------------------------------------------------------------------


class Shy(ToolReply):
    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text="nothing to see"),), is_error=True)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("as it is", "as it is"),
        ("", "(empty)"),
        (None, "Done."),
        (3, "3"),
        (
            (Hit(text="Tee für zwei", at=datetime(2026, 1, 2, tzinfo=UTC)),),
            '[\n  {\n    "text": "Tee für zwei",\n    "at": "2026-01-02T00:00:00+00:00"\n  }\n]',
        ),
    ],
)
def test_a_reply_is_text_or_becomes_indented_json(reply: object, text: str) -> None:
    assert render(reply) == Rendered(content=(Text(text=text),))


def test_a_reply_may_render_itself() -> None:
    assert render(Shy()) == Rendered(content=(Text(text="nothing to see"),), is_error=True)


def test_an_error_is_its_own_text() -> None:
    error = UnknownTool(name="x", known=("Add",))
    assert failure(error) == Rendered(content=(Text(text=str(error)),), is_error=True)


# --- on the bus -------------------------------------------------------------------------------------------


async def test_a_decoded_call_is_an_ordinary_request(autojump_clock: object) -> None:
    class Notes(Actor):
        @Search.handler
        async def search(self, request: Search) -> tuple[Hit, ...]:
            return (Hit(text=f"{request.query} for {request.user}", at=self.bus.clock.now()),) * request.limit

    async with open_test_mesh() as mesh:
        await mesh.start(Notes)
        reply = await mesh.bus.ask(CATALOGUE.decode("NoteSearch", {"query": "tea", "limit": 1}, HERE))
        assert '"tea for ada"' in str(render(reply).content)
