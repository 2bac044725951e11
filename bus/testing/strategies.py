"""Hypothesis strategies for messages, made from their types."""

import functools
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, Literal, TypeVar, Union

import attrs
from hypothesis import reject
from hypothesis import strategies as st

ValueT = TypeVar("ValueT")

TEXT = st.text(max_size=12)
WHOLE = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC) | ZONES)  # noqa: DTZ001


def json_values(text: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[Any]:
    """Whatever JSON can say."""
    scalars: st.SearchStrategy[Any] = st.none() | st.booleans() | WHOLE | NUMBERS | text
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
        max_leaves=4,
    )


def instances(kind: type[ValueT], text: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[ValueT]:
    """Values of a message class, a reply or an item of a stream; `text` makes all free text in them."""
    return _of_type(kind, text)


def _of_type(hint: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    kind = hint  # as it is before it is looked at
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if (simple := _scalar(hint, text)) is not None:
        return simple
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([_of_type(part, text) for part in parts])
    if origin in (Mapping, dict):
        return st.dictionaries(text, _of_type(parts[1], text), max_size=2)
    if origin in (tuple, frozenset, list):
        return _several(origin, parts, text)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _of_class(kind, text)


def _several(origin: Any, parts: tuple[Any, ...], text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if origin is frozenset:
        return st.frozensets(_of_type(parts[0], text), max_size=2)
    if origin is list:
        return st.lists(_of_type(parts[0], text), max_size=2)
    if parts[-1:] == (Ellipsis,):
        return st.lists(_of_type(parts[0], text), max_size=2).map(tuple)
    return st.tuples(*[_of_type(part, text) for part in parts])


def _scalar(hint: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any] | None:
    table: dict[Any, st.SearchStrategy[Any]] = {
        str: text,
        bytes: text.map(str.encode) | st.binary(max_size=12),
        bool: st.booleans(),
        int: WHOLE,
        float: NUMBERS,
        datetime: MOMENTS,
        types.NoneType: st.none(),
        None: st.none(),
    }
    return json_values(text) if hint is Any else table.get(hint)


@functools.cache
def _of_class(kind: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _built(kind, text))  # it may hold others of its class


def _built(kind: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    fields = {
        field.alias: _of_field(field, _of_type(hints[field.name], text))
        for field in attrs.fields(kind)
        if field.init
    }

    def make(**values: Any) -> Any:
        try:
            return kind(**values)
        except ValueError:  # what the class says of several fields together
            reject()

    return st.builds(make, **fields)


def _of_field(field: "attrs.Attribute[Any]", values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values that the field takes; its default for those it does not, as many rejections would end a test."""
    check = field.validator
    if check is None or field.default is attrs.NOTHING:
        return values

    def taken(value: Any) -> Any:
        try:
            check(None, field, value)
        except ValueError:
            return field.default
        return value

    return values.map(taken)
