from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.mcp import bounding

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_a_description_is_cut_where_it_is_long() -> None:
    assert bounding.description("x" * 5000, "t") == "x" * (bounding.DESCRIPTION - 1) + "…"
    assert bounding.description(" Reads. ", "t") == "Reads."


def test_a_tool_without_a_description_has_its_name() -> None:
    assert bounding.description(None, "read") == bounding.description("  ", "read") == "read"


def test_a_schema_stays_what_it_is_without_what_says_which_version_it_is_of() -> None:
    given = {"$schema": "x", "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

    assert bounding.schema(given) == {k: v for k, v in given.items() if k != "$schema"}


def test_what_is_no_schema_of_an_object_becomes_one() -> None:
    strange: list[Any] = [None, [], "x", {}, {"properties": 3}, {"type": "string"}, {"a": object()}]
    for odd in strange:
        found = bounding.schema(odd)
        assert (found["type"], found["properties"]) == ("object", {})


def test_of_a_schema_that_is_too_large_names_and_types_stay() -> None:
    large: dict[str, Any] = {f"p{n}": {"type": "string", "description": "x" * 500} for n in range(100)}
    large["p1"] = {"anyOf": []}
    large["p2"] = "no schema"

    brief = bounding.schema({"type": "object", "properties": large, "required": ["p0"]})

    assert list(brief) == ["type", "properties"]
    assert len(brief["properties"]) == bounding.PROPERTIES
    assert [brief["properties"][f"p{n}"] for n in range(3)] == [{"type": "string"}, {}, {}]


def test_a_call_is_about_the_first_text_that_it_takes() -> None:
    numbers = {"n": {"type": "integer"}, "odd": True}

    assert (
        bounding.subject({"properties": {**numbers, "path": {"type": "string"}, "b": {"type": "string"}}})
        == "path"
    )
    assert bounding.subject({"properties": numbers}) == ""


@given(JSON)
def test_whatever_a_server_says_a_schema_is_small_and_of_an_object(anything: Any) -> None:
    found = bounding.schema({"properties": anything, "x": anything})

    assert found["type"] == "object"
    assert isinstance(found["properties"], dict)
    assert len(jsontext.write(found)) <= 2 * bounding.SCHEMA
    assert isinstance(bounding.subject(found), str)
