"""How large a message is, without writing it down, and what has to be looked at to find out (G1, G9).

What counts is what is in it: texts in UTF-8, bytes, eight for each other value and for each part of a collection. Its
JSON is somewhat larger. Looking is cheap: classes that hold nothing which can be large are not looked at, an ASCII text
knows its length, and counting ends at the limit.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from itertools import chain
from operator import attrgetter
from typing import Any

import attrs

from bus.message.data import Data
from bus.message.hints import hints_of

EACH = 8
"""Bytes of a number, a date, a part of a collection."""

_SCALARS = (int, float, bool, datetime, Enum, types.NoneType)


def size_of(value: Any, limit: float = float("inf")) -> int:
    """About how many bytes are in a value; counting stops beyond `limit`."""
    total = 0
    unseen = [value]
    while unseen and total <= limit:
        at = unseen.pop()
        if isinstance(at, str):
            total += len(at) if at.isascii() else len(at.encode(errors="surrogatepass"))
        elif isinstance(at, bytes):
            total += len(at)
        else:
            shape = shapes[type(at)]
            total += shape.fixed
            unseen += shape.parts(at)
    return total


def without_middle(text: str, limit: int) -> str:
    """At most about `limit` characters of a text for people: what it begins and what it ends with."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} … {text[-half:]}"


@attrs.frozen
class Shape(Data):
    """How the values of one class are made."""

    fixed: int
    """Bytes of what is small in one, itself included."""
    parts: Callable[[Any], Iterable[Any]]
    """What else is in one. Fields that cannot be large are not: that is two thirds of what looking at all takes."""
    large: bool = True
    """Whether there can be anything else."""


class _Shapes(dict[type[Any], Shape]):
    """By class, found out when it is first asked for."""

    def __missing__(self, kind: type[Any]) -> Shape:
        if "__attrs_attrs__" in vars(kind):
            shape = _of_fields(kind)
        elif issubclass(kind, Mapping):
            shape = Shape(EACH, _members)
        elif issubclass(kind, list | tuple | frozenset | set):
            shape = Shape(EACH, iter)
        else:
            shape = Shape(EACH, _nothing)
        self[kind] = shape
        return shape


def _members(value: Mapping[Any, Any]) -> Iterable[Any]:
    return chain.from_iterable(value.items())


def _nothing(_: Any) -> Iterable[Any]:
    return ()


def _of_fields(kind: type[Any]) -> Shape:
    names = [field.name for field in attrs.fields(kind)]
    try:
        hints = hints_of(kind)
    except NameError:
        hints = {}
    large = [name for name in names if not _is_small(hints.get(name))]
    fixed = EACH * (1 + len(names) - len(large))
    if not large:
        return Shape(fixed, _nothing, large=False)
    get = attrgetter(*large)
    return Shape(fixed, get if len(large) > 1 else lambda value: (get(value),))


def _is_small(hint: Any) -> bool:
    """Whether every value of that type is small, and no text."""
    if typing.get_origin(hint) is typing.Annotated:
        return _is_small(typing.get_args(hint)[0])
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return all(map(_is_small, typing.get_args(hint)))
    if typing.get_origin(hint) is typing.Literal:
        return True
    return isinstance(hint, type) and issubclass(hint, _SCALARS)


shapes = _Shapes()
