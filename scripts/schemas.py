"""Writes JSON Schemas of what goes over the wire, from the classes that do."""

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from inspect import cleandoc
from typing import Annotated, Any, Final, Literal, Union, final

import attrs

from actors.endpoints import WHO
from actors.shapes import Described, Supplied, dump, shape_of
from actors.wire import Form, Json, Wire
from scripts.typescript import written_fields

_PLAIN: Final[Mapping[Any, Json]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number"},
    object: {},
    Any: {},
    None: {"type": "null"},
    types.NoneType: {"type": "null"},
}


@final
class Schemas:
    """The schemas of one document, each once under the name of its class."""

    def __init__(self, wire: Wire, place: str) -> None:
        """`place` is where they stand in the document, such as ``#/$defs/``."""
        self._wire = wire
        self._place = place
        self.found: dict[str, Json] = {}

    # --- what we send -------------------------------------------------------------------------------------

    def written(self, kind: type[Any]) -> Json:
        """A reference to the schema of a class that we send."""
        form = self._wire.forms.get(kind) or Form(
            kind=kind, name=kind.__name__, tag=None, names={}, omit=frozenset(), add={}
        )
        name = _qualified(kind, form.name)
        if name not in self.found:
            self.found[name] = {}  # stands, so that a class may hold itself
            self.found[name] = self._fields(form)
        return {"$ref": f"{self._place}{name}"}

    def _fields(self, form: Form) -> Json:
        properties: Json = {} if form.tag is None else {"type": {"const": form.tag}}
        for name, hint, doc in written_fields(form):
            properties[name] = {**self.of(hint), **_described(doc)}
        shown = {"type": "object", **_described(form.kind.__doc__ or "")}
        return shown | {"properties": properties, "required": list(properties)}

    def of(self, hint: Any) -> Json:
        """The schema of a type that we send."""
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is Annotated:
            return self.of(args[0])
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, types.UnionType):
            return _any_of([self.of(each) for each in args])
        if origin is list or (origin is tuple and args[-1] is Ellipsis):
            return {"type": "array", "items": self.of(args[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(args[1])}
        if isinstance(hint, type) and attrs.has(hint):
            return self.written(hint)
        raise TypeError(f"{hint!r} has no JSON Schema")

    # --- what we read -------------------------------------------------------------------------------------

    def read(self, kind: type[Any], tag: str | None = None) -> Json:
        """The schema of a class that a client sends."""
        properties: Json = {} if tag is None else {"type": {"const": tag}}
        required = list(properties)
        for name, field, schema in asked(kind):
            properties[name] = schema
            if field.default is attrs.NOTHING:
                required.append(name)
        shown: Json = {"type": "object", **_described(kind.__doc__ or ""), "properties": properties}
        return shown | ({"required": required} if required else {})


def asked(kind: type[Any]) -> Iterator[tuple[str, "attrs.Attribute[Any]", Json]]:
    """Name, field and schema of everything that a client may say for a class."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in attrs.fields(kind):
        extras = typing.get_args(hints[field.name])[1:] if _is_annotated(hints[field.name]) else ()
        rule = next((each for each in extras if isinstance(each, Described)), Described())
        if field.name in WHO or rule.silent or any(isinstance(each, Supplied) for each in extras):
            continue
        name = rule.name or field.alias or field.name
        yield name, field, {**_asked(hints[field.name]), **_described(rule.text), **_default(field)}


def _asked(hint: Any, rule: Described | None = None) -> Json:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _asked(args[0], next((each for each in args[1:] if isinstance(each, Described)), rule))
    if origin in (Union, types.UnionType):
        return _any_of([_asked(each, rule) for each in args])
    if hint is types.NoneType:
        return {"type": "null"}
    if origin is tuple:
        most = {} if rule is None or rule.max_length is None else {"maxItems": rule.max_length}
        return {"type": "array", "items": _asked(args[0]), **most}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _asked(args[1])}
    if isinstance(hint, type) and attrs.has(hint):
        fields = list(asked(hint))
        required = [name for name, field, _ in fields if field.default is attrs.NOTHING]
        shown: Json = {"type": "object", "properties": {name: schema for name, _, schema in fields}}
        return shown | ({"required": required} if required else {})
    return dict(shape_of(hint, rule).schema)


def _any_of(schemas: list[Json]) -> Json:
    return {"anyOf": schemas}


def _is_annotated(hint: Any) -> bool:
    return typing.get_origin(hint) is Annotated


def _default(field: "attrs.Attribute[Any]") -> Json:
    factory: Any = getattr(field.default, "factory", None)
    default = factory() if factory else field.default
    return {} if default is attrs.NOTHING or default is None else {"default": dump(default)}


def _qualified(kind: type[Any], name: str) -> str:
    """A name that is the only one: several subsystems have an `Entry`."""
    room, _, rest = kind.__module__.removeprefix("actors.").partition(".")
    return f"{room}.{name}" if rest else name


def _described(doc: str) -> Json:
    text = " ".join(cleandoc(doc).split("Raises")[0].replace("``", "`").split())
    return {"description": text} if text else {}
