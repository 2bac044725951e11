"""What a server says of its tools, within what a model is to read of it. Pure.

It was written by others, and may be of any size and shape.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from actors import jsontext

DESCRIPTION: Final = 1200
"""Characters of the description of a tool."""
SCHEMA: Final = 8000
"""Characters of the JSON Schema of its input."""
PROPERTIES: Final = 64
"""Properties of an input that are named where the schema is too large."""
MOST_TOOLS: Final = 128
"""Tools of one server."""


def description(text: str | None, name: str) -> str:
    """A description, or where there is none the name of the tool."""
    said = (text or "").strip() or name
    return said if len(said) <= DESCRIPTION else f"{said[: DESCRIPTION - 1]}…"


def schema(given: object) -> dict[str, Any]:
    """A schema that every provider takes: that of an object, and where it is too large little more than its names."""
    whole = _plain(given)
    found = whole.get("properties")
    properties = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    kept = {**whole, "type": "object", "properties": properties}
    kept.pop("$schema", None)
    if len(jsontext.write(kept)) <= SCHEMA:
        return kept
    return {
        "type": "object",
        "properties": {name[:100]: _brief(each) for name, each in list(properties.items())[:PROPERTIES]},
    }


def _plain(given: object) -> dict[str, Any]:
    """The given JSON, as far as it is an object that can be written."""
    try:
        return jsontext.read_object(jsontext.write(given))
    except (TypeError, ValueError, RecursionError):
        return {}


def _brief(given: object) -> dict[str, Any]:
    kind = cast("Mapping[str, object]", given).get("type") if isinstance(given, Mapping) else None
    return {"type": kind} if isinstance(kind, str) and len(kind) < 20 else {}


def subject(given: Mapping[str, Any]) -> str:
    """The property that says what a call acts on: the first one that is a text; empty for none."""
    for name, each in given["properties"].items():
        if isinstance(each, Mapping) and cast("Mapping[str, object]", each).get("type") == "string":
            return str(name)
    return ""
