"""Which schemas of tools Gemini gets."""

from typing import Any

import pytest

from actors.llm.gemini.schema import parameters


def inner(schema: Any) -> Any:
    """How a schema is sent that is that of one field."""
    sent = parameters({"type": "object", "properties": {"x": schema}})
    assert sent is not None
    return sent["properties"]["x"]


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": "object", "properties": {}}])
def test_a_tool_without_input_has_no_schema(schema: dict[str, Any]) -> None:
    assert parameters(schema) is None


def test_what_gemini_reads_is_sent_as_it_is() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "path": {"type": ["string", "null"], "description": "Where.", "format": "date"},
            "n": {"type": "integer", "minimum": 1, "maximum": 5},
            "list": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
            "pair": {"prefixItems": [{"type": "string"}, True]},
            "one": {"anyOf": [{"type": "string", "enum": ["a"]}, {"$ref": "#/$defs/other"}]},
            "any": {"type": "object", "additionalProperties": True},
        },
        "required": ["path"],
        "additionalProperties": False,
        "$defs": {"other": {"type": "number", "title": "Other"}},
    }
    assert parameters(schema) == schema


def test_what_it_does_not_read_is_left_out() -> None:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "string",
        "pattern": "^a",
        "minLength": 1,
        "exclusiveMinimum": 0,
        "default": "a",
        "examples": ["a"],
        "propertyNames": {"type": "string"},
        "patternProperties": {"^x": {}},
        "not": {"type": "null"},
        "items": {"uniqueItems": True, "type": "string"},
    }
    assert inner(schema) == {"type": "string", "items": {"type": "string"}}


def test_other_ways_of_saying_the_same_are_translated() -> None:
    assert inner({"const": 3}) == {"enum": [3]}
    assert inner({"oneOf": [{"type": "string"}], "anyOf": [{"type": "null"}]}) == {
        "anyOf": [{"type": "null"}, {"type": "string"}]
    }
    assert inner({"$ref": "#/definitions/a", "description": "x"}) == {"$ref": "#/$defs/a"}
    assert inner({"definitions": {"a": {"type": "string"}}}) == {"$defs": {"a": {"type": "string"}}}


def test_what_all_of_says_is_said_by_the_whole() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "allOf": [
            {"properties": {"b": {"type": "number"}}, "required": ["b", "a"]},
            {"description": "Both.", "allOf": [{"properties": {"c": {}}}]},
            True,
        ],
    }
    assert parameters(schema) == {
        "type": "object",
        "description": "Both.",
        "properties": {"b": {"type": "number"}, "c": {}, "a": {"type": "string"}},
        "required": ["b", "a"],
    }


def test_a_schema_that_is_none_does_no_harm() -> None:
    assert inner({"properties": [], "anyOf": {}, "allOf": 3, "required": "a"}) == {}
    assert inner({"properties": {"a": {}}, "required": ["a", "b"]})["required"] == ["a"]
    assert parameters({"properties": {"a": {"type": "string"}}, "allOf": [{"properties": 3}]}) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
    }
