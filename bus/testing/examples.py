"""One fixed instance of a message class, made from its types, for forms that are kept in files."""

import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, TypeVar, Union

import attrs

ValueT = TypeVar("ValueT")

_SCALARS: dict[Any, Any] = {
    bool: True,
    int: 7,
    float: 1.5,
    bytes: b"bytes",
    datetime: datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    types.NoneType: None,
    None: None,
}


def example(kind: type[ValueT]) -> ValueT:
    """An instance in which nothing is empty and every member of a union in a tuple occurs once."""
    built: ValueT = _of_class(kind)
    return built


def _of_class(kind: Any) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{field.alias: _of_type(hints[field.name], field.name) for field in attrs.fields(kind)})


def _of_type(hint: Any, name: str) -> Any:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is str:
        return name
    if hint is Any:
        return [name, 1, None, {"nested": True}]
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is Literal:
        return parts[0]
    if origin is Mapping:
        return {"key": _of_type(parts[1], name)}
    if origin is tuple and parts[-1:] == (Ellipsis,):
        return tuple(_of_type(member, name) for member in _members(parts[0]))
    if origin is tuple:
        return tuple(_of_type(part, name) for part in parts)
    return _of_other(hint, name)


def _of_other(hint: Any, name: str) -> Any:
    if typing.get_origin(hint) is frozenset:
        return frozenset({_of_type(typing.get_args(hint)[0], name)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    members = _members(hint)
    return _of_class(hint) if members == (hint,) else _of_type(members[0], name)


def _members(hint: Any) -> tuple[Any, ...]:
    """The members of a union, None last; the type itself when it is none."""
    if typing.get_origin(hint) not in (Union, types.UnionType):
        return (hint,)
    return tuple(sorted(typing.get_args(hint), key=lambda part: part is types.NoneType))
