"""How large a message is, without writing it down (G1, G9).

What counts is what is in it: texts in UTF-8, bytes, eight for each other value and for each part of a collection. Its
JSON is somewhat larger. Looking is cheap: classes that hold nothing which can be large are not looked at, an ASCII text
knows its length, and counting ends at the limit.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, cast

import attrs

EACH = 8
"""Bytes of a number, a date, a part of a collection."""

_SCALARS = (int, float, bool, datetime, Enum, types.NoneType)


class _MayBeLarge(dict[type[Any], bool]):
    """By class, whether an instance can be large: found out when it is first asked for."""

    def __missing__(self, kind: type[Any]) -> bool:
        try:
            hints = typing.get_type_hints(kind)
            large = not all(_is_small(hints[field.name]) for field in attrs.fields(kind))
        except (NameError, attrs.exceptions.NotAnAttrsClassError):
            large = True  # a class local to a function, under deferred annotations; one that boot refuses
        self[kind] = large
        return large


may_be_large = _MayBeLarge()
"""``may_be_large[kind]``: whether a message of that class has to be measured at all."""


def _is_small(hint: Any) -> bool:
    """Whether every value of that type is small."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return all(map(_is_small, typing.get_args(hint)))
    if typing.get_origin(hint) is typing.Literal:
        return True
    return isinstance(hint, type) and issubclass(hint, _SCALARS)


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
            total += EACH
            unseen += _parts(at)
    return total


def _parts(value: Any) -> Collection[Any]:
    kind: Any = cast("Any", type)(value)
    if "__attrs_attrs__" in vars(kind):
        return [getattr(value, name) for name in _names[kind]]
    if isinstance(value, Mapping):
        members: Any = cast("Any", value).items()
        return [part for member in members for part in member]
    if isinstance(value, list | tuple | frozenset | set):
        return cast("Collection[Any]", value)
    return ()


class _Names(dict[type[Any], tuple[str, ...]]):
    """Names of the fields of an attrs class."""

    def __missing__(self, kind: type[Any]) -> tuple[str, ...]:
        self[kind] = tuple(field.name for field in attrs.fields(kind))
        return self[kind]


_names = _Names()
