"""Whether what a gateway says is as its own description has it, field for field."""

import json
from collections import Counter
from functools import cache
from typing import Any, Final, cast

from jsonschema import Draft202012Validator

from actors.gateway.routes.description import FOLDER
from actors.wire import Json

ENOUGH: Final = 40
"""Frames of one form, texts and numbers aside, after which the next count as right: some tests hear thousands."""
_seen: Counter[Any] = Counter()
_PLAIN: Final = frozenset({"str", "int", "float", "bool", "NoneType"})


@cache
def document(name: str) -> Any:
    """A description, in which no object has more than is described."""
    return closed(json.loads((FOLDER / name).read_text(encoding="utf-8")))


def closed(schema: Any) -> Any:
    """A schema that refuses fields which it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in cast("list[Json]", schema)]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in cast("Json", schema).items()}
    return {"additionalProperties": False, **inner} if isinstance(inner.get("properties"), dict) else inner


@cache
def _validators() -> dict[str, Draft202012Validator]:
    """By type of frame."""
    defs = document("frames.json")["$defs"]
    forms: dict[str, list[Any]] = {}
    for each in defs["ServerFrame"]["anyOf"]:
        name = each["$ref"].rpartition("/")[2]
        forms.setdefault(defs[name]["properties"]["type"]["const"], []).append(each)
    return {
        tag: Draft202012Validator({"$defs": defs, **(some[0] if len(some) == 1 else {"anyOf": some})})
        for tag, some in forms.items()
    }


def check_frame(frame: Json) -> None:
    """Raises AssertionError for a frame of the gateway that is not described so."""
    form = tuple((name, type(value).__name__) for name, value in frame.items())
    if all(kind in _PLAIN for _, kind in form):
        _seen[frame["type"], form] += 1
        if _seen[frame["type"], form] > ENOUGH:
            return
    assert frame["type"] in _validators(), f"a frame that nobody has described: {frame}"
    validator: Any = _validators()[frame["type"]]
    faults = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(frame)]
    assert not faults, f"{frame['type']} is not as it is described: {faults}"
