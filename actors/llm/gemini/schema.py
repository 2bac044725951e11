"""Schemas of tools in the part of JSON Schema that Gemini reads. Pure.

It refuses some of what it does not know and passes over the rest, so all of that is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from actors.llm.fields import JsonObject

_VALUES: Final = (
    "type",
    "format",
    "title",
    "description",
    "enum",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "required",
    "propertyOrdering",
)
"""Keywords whose values go as they are."""
_SCHEMAS: Final = ("items", "additionalProperties")
"""Keywords with a schema."""
_LISTS: Final = {"prefixItems": "prefixItems", "anyOf": "anyOf", "oneOf": "anyOf"}
"""Keywords with a list of schemas, and how they are sent."""
_NAMED: Final = ("properties", "$defs")
"""Keywords with schemas by name."""


def parameters(schema: Mapping[str, Any]) -> JsonObject | None:
    """The schema of a tool's input as it is sent; None for a tool without input, whose schema Gemini may refuse."""
    cleaned = _cleaned(_whole(schema))
    return {**cleaned, "type": "object"} if cleaned.get("properties") else None


def _cleaned(schema: Mapping[str, Any]) -> JsonObject:
    if isinstance(reference := schema.get("$ref"), str):
        return {"$ref": reference.replace("#/definitions/", "#/$defs/")}
    cleaned: JsonObject = {key: schema[key] for key in _VALUES if key in schema}
    if "const" in schema:
        cleaned["enum"] = [schema["const"]]
    for key in _SCHEMAS:
        if key in schema:
            cleaned[key] = _schema(schema[key])
    for key, sent in _LISTS.items():
        if isinstance(schema.get(key), list):
            cleaned[sent] = [*cleaned.get(sent, []), *map(_schema, schema[key])]
    for key in _NAMED:
        if isinstance(schema.get(key), dict):
            cleaned[key] = {name: _schema(value) for name, value in schema[key].items()}
    if isinstance(required := cleaned.pop("required", None), list):
        known = cast("JsonObject", cleaned.get("properties", {}))
        cleaned["required"] = [name for name in cast("list[object]", required) if name in known]
    return cleaned


def _schema(value: Any) -> Any:
    """What stands where a schema may; true and false are schemas as well."""
    return _cleaned(_whole(cast("dict[str, Any]", value))) if isinstance(value, dict) else value


def _whole(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """With what it takes from ``allOf``, and with definitions under their newer name."""
    parts = (_whole(cast("dict[str, Any]", part)) for part in _objects(schema.get("allOf")))
    whole: JsonObject = {}
    for part in (*parts, schema):
        for key, value in part.items():
            at = "$defs" if key == "definitions" else key
            whole[at] = _joined(whole.get(at), value) if at in (*_NAMED, "required") else value
    return whole


def _objects(value: Any) -> Iterable[Any]:
    return (
        [each for each in cast("list[object]", value) if isinstance(each, dict)]
        if isinstance(value, list)
        else []
    )


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**cast("JsonObject", one), **cast("JsonObject", other)}
    if isinstance(one, list) and isinstance(other, list):
        return [
            *cast("list[object]", one),
            *(each for each in cast("list[object]", other) if each not in one),
        ]
    return other
