"""What a message class may look like: data that does not change and can be written as JSON (G1)."""

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union

import attrs

from bus.message.hints import hints_of
from bus.message.message import Message, Request, wire_name

SCALARS = {str, int, float, bool, bytes, datetime, types.NoneType}


def faults(kind: type[Message]) -> list[str]:
    """Why instances of a message class could not travel, a sentence each; empty when nothing is wrong."""
    name = wire_name(kind)
    found = [f"{name}: {fault}" for fault in _of_class(kind, {kind})]
    if issubclass(kind, Request) and not 0 < kind.within < float("inf"):
        found.append(f"{name}: within is {kind.within} and should be a positive number of seconds")
    return found


def _of_class(kind: type[Any], seen: set[type[Any]]) -> Iterator[str]:
    if "__attrs_attrs__" not in vars(kind) or not attrs.inspect(kind).is_frozen:
        yield f"{kind.__name__} is not a frozen attrs class"
        return
    hints = hints_of(kind)
    for field in attrs.fields(kind):
        for fault in _of_type(hints[field.name], seen):
            yield f"{field.name}: {fault}"


def _of_type(hint: Any, seen: set[type[Any]]) -> Iterator[str]:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint in SCALARS or origin is Literal:
        return
    if origin in (Union, types.UnionType):
        members = parts
    elif origin is Annotated:
        members = parts[:1]
    elif origin in (tuple, frozenset):
        members = tuple(part for part in parts if part is not Ellipsis)
    elif origin is Mapping and parts[0] is str:
        members = parts[1:]
    elif isinstance(hint, type) and (issubclass(hint, Enum) or hint in seen):
        return
    elif isinstance(hint, type) and attrs.has(hint):
        seen.add(hint)
        yield from _of_class(hint, seen)
        return
    else:
        yield f"{hint} is not data that can be written as JSON and does not change"
        return
    for member in members:
        yield from _of_type(member, seen)
