"""Attrs classes as JSON objects, and what they are made of: lists, tables, objects that may be one of several."""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, final, get_args, get_origin, get_type_hints

import attrs
from cattrs.preconf.json import make_converter

from actors.shapes.values import (
    Described,
    NoJsonForm,
    Problems,
    Shape,
    Supplied,
    Unknown,
    bounds,
    choice,
    mismatch,
    scalar,
)
from bus import hints_of

TAGS: Final = ("type", "kind")
"""Fields that may tell the classes of a union apart."""
_JSON = make_converter()


def dump(value: Any) -> Any:
    """Attrs instances, and whatever holds some, as values that :mod:`json` writes; times as ISO 8601."""
    return _JSON.unstructure(value)


# --- shapes -----------------------------------------------------------------------------------------------


def shape_of(annotation: Any, rule: Described | None = None) -> Shape:
    """Compile a type annotation; `rule` bounds its values. Raises NoJsonForm."""
    rule = rule or Described()
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(args[0], next((extra for extra in args[1:] if isinstance(extra, Described)), rule))
    if annotation is Any:
        return Shape({}, "a value", lambda value, _at, _problems: value)
    if origin is Literal:
        return choice(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _sequence(args[0], rule)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _table(args[0], args[1])
    if origin in (Union, UnionType):
        return _union(args, rule)
    if (single := scalar(annotation, rule)) is not None:
        return single
    if isinstance(annotation, type) and attrs.has(annotation):
        record = Record(annotation)
        return Shape(record.schema, "an object", record.read)
    raise NoJsonForm(
        f"{getattr(annotation, '__name__', annotation)} has no JSON form; {__package__} lists what has one"
    )


def _sequence(item: Any, rule: Described) -> Shape:
    shape = shape_of(item)

    def read(value: Any, at: str, problems: Problems) -> Any:
        if not isinstance(value, list | tuple):
            problems.add(at, mismatch("a list", value))
            return None
        values = cast("list[Any]", value)
        if rule.max_length is not None and len(values) > rule.max_length:
            problems.add(at, f"expected at most {rule.max_length} items, got {len(values)}")
            return None
        return tuple(shape.read(each, f"{at}[{n}]", problems) for n, each in enumerate(values))

    return Shape({"type": "array", "items": shape.schema} | bounds(rule, "maxItems"), "a list", read)


def _table(key: Any, item: Any) -> Shape:
    """Keys are any text, or those of a Literal."""
    names, shape = get_args(key), shape_of(item)
    if key is not str and get_origin(key) is not Literal:
        raise NoJsonForm("keys of a table are strings")

    def read(value: Any, at: str, problems: Problems) -> Any:
        if not isinstance(value, Mapping):
            problems.add(at, mismatch("an object", value))
            return None
        values, path = cast("Mapping[str, Any]", value), f"{at}." if at else ""
        if names:
            _report_unknown(values, names, path, problems)
        return {
            name: shape.read(each, path + name, problems)
            for name, each in values.items()
            if not names or name in names
        }

    schema: dict[str, Any] = {"type": "object", "additionalProperties": shape.schema or True}
    return Shape(schema | ({"propertyNames": {"enum": list(names)}} if names else {}), "an object", read)


def _report_unknown(values: Iterable[str], known: Collection[str], path: str, problems: Problems) -> None:
    if problems.unknown == "refused":
        for name in values:
            if name not in known:
                problems.add_unknown(name, known, path)


def _union(kinds: tuple[Any, ...], rule: Described) -> Shape:
    others = tuple(kind for kind in kinds if kind is not NoneType)
    shape = shape_of(others[0], rule) if len(others) == 1 else _tagged(others)
    return shape if len(others) == len(kinds) else _optional(shape)


def _optional(shape: Shape) -> Shape:
    def read(value: Any, at: str, problems: Problems) -> Any:
        return None if value is None else shape.read(value, at, problems)

    return Shape(shape.schema, shape.expected, read)


def _tagged(kinds: tuple[Any, ...]) -> Shape:
    """One of several classes, told apart by a field that all of them have, a Literal of words of its own in each."""
    name, words = _tags(kinds)
    classes = tuple(map(Record, kinds))
    records = {word: record for record, own in zip(classes, words, strict=True) for word in own}
    tags = choice(tuple(records))

    def read(value: Any, at: str, problems: Problems) -> Any:
        if not isinstance(value, Mapping):
            problems.add(at, mismatch("an object", value))
            return None
        tag = cast("Mapping[str, Any]", value).get(name)
        if isinstance(tag, str) and tag in records:
            return records[tag].read(value, at, problems)
        return tags.read(tag, f"{at}.{name}" if at else name, problems)

    return Shape(_merged(name, records, classes), "an object", read)


def _merged(tag: str, words: Iterable[str], classes: Iterable["Record"]) -> dict[str, Any]:
    """One schema for several classes: shorter than a choice of them, and every provider takes it.

    Which fields belong to which word their descriptions say, and an error does. Raises NoJsonForm for a field that is
    not the same in all classes that have it.
    """
    properties: dict[str, Any] = {tag: {"type": "string", "enum": list(words)}}
    for record in classes:
        for field, schema in record.schema["properties"].items():
            if field != tag and properties.setdefault(field, schema) != schema:
                raise NoJsonForm(f"a union in which {field} is not always the same")
    return {"type": "object", "properties": properties, "required": [tag]}


def _tags(kinds: tuple[Any, ...]) -> tuple[str, list[tuple[str, ...]]]:
    """The field that tells classes apart, and the words that each of them has there."""
    hints = [get_type_hints(kind) if isinstance(kind, type) and attrs.has(kind) else {} for kind in kinds]
    for name in TAGS:
        if all(get_origin(each.get(name)) is Literal for each in hints):
            return name, [get_args(each[name]) for each in hints]
    raise NoJsonForm(f"a union holds attrs classes with a field {' or '.join(TAGS)} that is a Literal")


# --- records ----------------------------------------------------------------------------------------------


@final
class Record:
    """An attrs class as a JSON object: absent keys take their defaults, and so does null where a field cannot be it.

    A field with an alias is called so: ``query: str = attrs.field(alias="q")``.
    """

    def __init__(self, kind: type[attrs.AttrsInstance]) -> None:
        """Raises NoJsonForm naming the field."""
        self._kind = kind
        self._shapes: dict[str, Shape] = {}
        self._required: list[str] = []
        self._nullable: set[str] = set()
        self._fields: dict[str, attrs.Attribute[Any]] = {}
        self.supplied: dict[str, str] = {}
        """Fields that are not part of the JSON, and where their values come from."""
        properties: dict[str, Any] = {}
        hints = hints_of(kind)
        for field in attrs.fields(kind):
            hint = hints[field.name]
            extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
            rule = next((extra for extra in extras if isinstance(extra, Described)), Described())
            name = rule.name or field.alias or field.name
            self._fields[name] = field
            if source := next((extra.source for extra in extras if isinstance(extra, Supplied)), None):
                self.supplied[name] = source
                continue
            shape = self._shapes[name] = self._compile(name, hint)
            if field.default is not attrs.NOTHING and _can_be_null(hint):
                self._nullable.add(name)
            if not rule.silent:
                properties[name] = {**shape.schema, **_description(rule), **_default(field)}
            if field.default is attrs.NOTHING:
                self._required.append(name)
        # That other keys are refused is not part of it: it would be sent with each request, and an error says it.
        self.schema: dict[str, Any] = {"type": "object", "properties": properties}
        if self._required:
            self.schema["required"] = self._required

    def _compile(self, name: str, hint: Any) -> Shape:
        try:
            return shape_of(hint)
        except NoJsonForm as error:
            raise NoJsonForm(f"{self._kind.__name__}.{name}: {error}") from None

    def load(
        self,
        value: Any,
        supplied: Mapping[str, Any] | None = None,
        *,
        unknown: Unknown = "refused",
    ) -> Any:
        """An instance from a JSON object and the values of its supplied fields. Raises Mistakes.

        `unknown` says what becomes of keys that no class has, here and in objects within.
        """
        problems = Problems(unknown=unknown)
        return problems.checked(self.read(value, "", problems, supplied))

    def gathered(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The object that the parameters of a query string or a form stand for.

        Every value of a field that is a list, the last one of any other.
        """
        values: dict[str, Any] = {}
        for name, text in pairs:
            if name in self._shapes and self._shapes[name].schema.get("type") == "array":
                values.setdefault(name, []).append(text)
            else:
                values[name] = text
        return values

    def read(self, value: Any, at: str, problems: Problems, supplied: Mapping[str, Any] | None = None) -> Any:
        """Like :meth:`load`, at a path within something larger; what comes counts only if there were no mistakes."""
        if not isinstance(value, Mapping):
            problems.add(at, mismatch("an object", value))
            return None
        fields = cast("Mapping[str, Any]", value)
        before, path = len(problems.found), f"{at}." if at else ""
        values = dict(supplied or {})
        for name, shape in self._shapes.items():
            if fields.get(name) is not None:
                values[name] = self._read_field(name, fields[name], path + name, problems)
            elif name in self._nullable and name in fields:
                values[name] = None
            elif name in self._required:
                got = "null" if name in fields else "nothing"
                problems.add(path + name, f"expected {shape.expected}, got {got}")
        found = self._build(values, at, problems) if len(problems.found) == before else None
        _report_unknown(fields, self._shapes, path, problems)
        return found

    def _read_field(self, name: str, value: Any, at: str, problems: Problems) -> Any:
        """The value of one field; its validator may refuse it."""
        before = len(problems.found)
        found = self._shapes[name].read(value, at, problems)
        field = self._fields[name]
        if field.validator is not None and len(problems.found) == before:
            try:
                field.validator(cast("Any", None), field, found)
            except (ValueError, TypeError) as error:
                rule = str(error.args[0] if error.args else error).removeprefix(f"'{name}' ")
                problems.add(at, rule)
        return found

    def _build(self, values: dict[str, Any], at: str, problems: Problems) -> Any:
        try:
            return self._kind(**{self._fields[name].alias or name: value for name, value in values.items()})
        except ValueError as error:  # a rule between fields
            problems.add(at, str(error))
            return None


def _can_be_null(hint: Any) -> bool:
    origin, args = get_origin(hint), get_args(hint)
    return _can_be_null(args[0]) if origin is Annotated else origin in (Union, UnionType) and NoneType in args


def _description(rule: Described) -> dict[str, Any]:
    return {"description": rule.text} if rule.text else {}


def _default(field: "attrs.Attribute[Any]") -> dict[str, Any]:
    factory: Callable[[], Any] | None = getattr(field.default, "factory", None)
    default = factory() if factory else field.default
    return {} if default is attrs.NOTHING or default is None else {"default": dump(default)}
