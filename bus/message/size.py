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
        shape = _shapes[kind]
        self[kind] = large = shape is None or bool(shape[1])
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
    """About how many bytes are in a value; counting stops beyond `limit`.

    Every message that can be large is looked at twice on its way, so fields that cannot be are not touched: that is
    two thirds of what looking at all of them takes.
    """
    total = 0
    unseen = [value]
    while unseen and total <= limit:
        at = unseen.pop()
        if isinstance(at, str):
            total += len(at) if at.isascii() else len(at.encode(errors="surrogatepass"))
        elif isinstance(at, bytes):
            total += len(at)
        else:
            fixed, parts = _parts(at)
            total += fixed
            unseen += parts
    return total


def _parts(value: Any) -> tuple[int, Collection[Any]]:
    """The bytes of what is small in a value, itself included, and what remains to be counted."""
    kind: Any = cast("Any", type)(value)
    shape = _shapes[kind]
    if shape is not None:
        fixed, large = shape
        return fixed, [getattr(value, name) for name in large]
    if isinstance(value, Mapping):
        members: Any = cast("Any", value).items()
        return EACH, [part for member in members for part in member]
    if isinstance(value, list | tuple | frozenset | set):
        return EACH, cast("Collection[Any]", value)
    return EACH, ()


class _Shapes(dict[type[Any], "tuple[int, tuple[str, ...]] | None"]):
    """Of an attrs class: the bytes of its small fields and its own, and the names of those that can be large."""

    def __missing__(self, kind: type[Any]) -> tuple[int, tuple[str, ...]] | None:
        self[kind] = shape = _shape(kind) if "__attrs_attrs__" in vars(kind) else None
        return shape


def _shape(kind: type[Any]) -> tuple[int, tuple[str, ...]]:
    names = [field.name for field in attrs.fields(kind)]
    try:
        hints = typing.get_type_hints(kind)
    except NameError:
        hints = {}
    large = tuple(name for name in names if not _is_small(hints.get(name)))
    return EACH * (1 + len(names) - len(large)), large


_shapes = _Shapes()
