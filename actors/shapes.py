"""Types as JSON: the schema of a type, and the way back from what a model wrote to a value.

A :class:`Record` is made once from an attrs class. Its fields may be ``str``, ``int``, ``float``, ``bool``,
``Literal``, ``X | None``, ``tuple[X, ...]``, ``Mapping[str, X]``, ``Any`` and other attrs classes; a field without a
default is required. Reading collects every mistake instead of stopping at the first.
"""

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, final, get_args, get_origin, get_type_hints

import attrs
from cattrs.preconf.json import make_converter

INT64 = 2**63
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_JSON = make_converter()


class NoJsonForm(TypeError):
    """A type that cannot be read from JSON was used in a field."""


@final
@attrs.frozen
class Problem:
    """One thing wrong with an input. `field` is a path such as ``schedule.at`` or ``tags[2]``, empty for the whole."""

    field: str
    fault: str


@final
@attrs.frozen(kw_only=True)
class Described:
    """What a schema says about a field beyond its type. See :func:`described`."""

    text: str = ""
    ge: float | None = None
    le: float | None = None
    max_length: int | None = None


def described(
    text: str, *, ge: float | None = None, le: float | None = None, max_length: int | None = None
) -> Described:
    """Describe a field to the model.

    Written into its annotation: ``limit: Annotated[int, described("Most hits.", ge=1)] = 5``.

    Args:
      text: what the model reads.
      ge: least number allowed.
      le: greatest number allowed.
      max_length: characters of a text, or items of a tuple.
    """
    return Described(text=text, ge=ge, le=le, max_length=max_length)


@final
@attrs.frozen
class Supplied:
    """Marks a field that is not part of the JSON; its value comes from `source`."""

    source: str


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: ``, did you mean 'limit'?`` or nothing."""
    folded = {each.casefold(): each for each in known}
    name = name.casefold()
    close = difflib.get_close_matches(name, folded, n=1, cutoff=0.7)
    close += [each for each in folded if len(name) > 2 and (each in name or name in each)]
    return f", did you mean {folded[close[0]]!r}?" if close else ""


# --- shapes -----------------------------------------------------------------------------------------------


@final
@attrs.frozen
class Shape:
    """One type as JSON."""

    schema: Mapping[str, Any]
    expected: str
    """How an error calls it: ``a whole number of at least 1``."""
    read: Callable[[Any, str, list[Problem]], Any]
    """Takes a JSON value, the path to it and a list to add mistakes to; the result counts only without mistakes."""


def _shown(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _mismatch(at: str, expected: str, value: Any) -> Problem:
    return Problem(at, f"expected {expected}, got {_shown(value)}")


def _to_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _to_bool(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _to_int(value: Any) -> int | None:
    number = _to_number(value)
    if isinstance(number, float):
        number = int(number) if number.is_integer() else None
    return number if number is not None and -INT64 <= number < INT64 else None


def _to_float(value: Any) -> float | None:
    number = _to_number(value)
    try:
        return float(number) if number is not None and math.isfinite(number) else None
    except OverflowError:
        return None


def _to_number(value: Any) -> int | float | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


_SCALARS: dict[Any, tuple[str, str, Callable[[Any], Any]]] = {
    str: ("string", "a string", _to_text),
    int: ("integer", "a whole number", _to_int),
    float: ("number", "a number", _to_float),
    bool: ("boolean", "true or false", _to_bool),
}
"""Per type: its name in JSON Schema, how an error calls it, and a conversion that answers None to what it is not.

Conversions are forgiving where nothing can be lost: ``3.0`` and ``"3"`` are 3, ``"true"`` is true.
"""


def _scalar(kind: Any, rule: Described) -> Shape:
    name, noun, convert = _SCALARS[kind]
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", rule.ge), ("at most", rule.le))
        if bound is not None
    ]
    if rule.max_length is not None:
        bounds.append(f"at most {rule.max_length} characters")
    expected = f"{noun} of {' and '.join(bounds)}" if bounds else noun

    def read(value: Any, at: str, problems: list[Problem]) -> Any:
        found = convert(value)
        if found is None or not _within(found, rule):
            problems.append(_mismatch(at, expected, value))
        elif isinstance(found, str):
            problems.extend(Problem(at, fault) for fault in _text_faults(found, rule))
        return found

    return Shape({"type": name} | _bounds(rule, "maxLength"), expected, read)


def _within(value: Any, rule: Described) -> bool:
    return (rule.ge is None or value >= rule.ge) and (rule.le is None or value <= rule.le)


def _text_faults(text: str, rule: Described) -> Iterator[str]:
    if rule.max_length is not None and len(text) > rule.max_length:
        yield f"expected at most {rule.max_length} characters, got {len(text)}"
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        yield "contains half of a surrogate pair, which is not a character"


def _bounds(rule: Described, length: str) -> dict[str, Any]:
    given = {"minimum": rule.ge, "maximum": rule.le, length: rule.max_length}
    return {key: value for key, value in given.items() if value is not None}


def _choice(values: tuple[Any, ...]) -> Shape:
    if not all(isinstance(value, str) for value in values):
        raise NoJsonForm("a Literal holds strings")
    expected = f"one of {', '.join(map(_shown, values))}"

    def read(value: Any, at: str, problems: list[Problem]) -> Any:
        if value not in values:
            hint = nearest(value, values) if isinstance(value, str) else ""
            problems.append(Problem(at, _mismatch(at, expected, value).fault + hint))
        return value

    return Shape({"type": "string", "enum": list(values)}, expected, read)


def _sequence(item: Any, rule: Described) -> Shape:
    shape = shape_of(item)

    def read(value: Any, at: str, problems: list[Problem]) -> Any:
        if not isinstance(value, list | tuple):
            problems.append(_mismatch(at, "a list", value))
            return None
        values = cast("list[Any]", value)
        if rule.max_length is not None and len(values) > rule.max_length:
            problems.append(Problem(at, f"expected at most {rule.max_length} items, got {len(values)}"))
        return tuple(shape.read(each, f"{at}[{n}]", problems) for n, each in enumerate(values))

    return Shape({"type": "array", "items": shape.schema} | _bounds(rule, "maxItems"), "a list", read)


def _table(item: Any) -> Shape:
    shape = shape_of(item)

    def read(value: Any, at: str, problems: list[Problem]) -> Any:
        if not isinstance(value, Mapping):
            problems.append(_mismatch(at, "an object", value))
            return None
        values = cast("Mapping[str, Any]", value)
        return {key: shape.read(each, f"{at}.{key}", problems) for key, each in values.items()}

    return Shape({"type": "object", "additionalProperties": shape.schema or True}, "an object", read)


def _optional(inner: Any, rule: Described) -> Shape:
    shape = shape_of(inner, rule)

    def read(value: Any, at: str, problems: list[Problem]) -> Any:
        return None if value is None else shape.read(value, at, problems)

    return Shape(shape.schema, shape.expected, read)


def shape_of(annotation: Any, rule: Described | None = None) -> Shape:
    """Compile a type annotation; `rule` bounds its values. Raises NoJsonForm."""
    rule = rule or Described()
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(args[0], next((extra for extra in args[1:] if isinstance(extra, Described)), rule))
    if annotation is Any:
        return Shape({}, "a value", lambda value, _at, _problems: value)
    if origin is Literal:
        return _choice(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _sequence(args[0], rule)
    if isinstance(origin, type) and issubclass(origin, Mapping) and args[0] is str:
        return _table(args[1])
    if origin in (Union, UnionType) and len(args) == 2 and args[1] is NoneType:
        return _optional(args[0], rule)
    if isinstance(annotation, type):
        return _plain(annotation, rule)
    raise NoJsonForm(f"{annotation!r} has no JSON form; {__name__} lists the types that do")


def _plain(kind: type, rule: Described) -> Shape:
    if kind in _SCALARS:
        return _scalar(kind, rule)
    if not attrs.has(kind):
        raise NoJsonForm(f"{kind.__name__} has no JSON form; {__name__} lists the types that do")
    record = Record(kind)
    return Shape(record.schema, "an object", lambda value, at, problems: record.read(value, at, problems, {}))


# --- records ----------------------------------------------------------------------------------------------


@final
class Record:
    """An attrs class as a JSON object: unknown keys are refused, absent ones take their defaults.

    For a field with a default, null is the same as absent.
    """

    def __init__(self, kind: type[attrs.AttrsInstance]) -> None:
        """Raises NoJsonForm naming the field."""
        self._kind = kind
        self._shapes: dict[str, Shape] = {}
        self._required: list[str] = []
        self.supplied: dict[str, str] = {}
        """Fields that are not part of the JSON, and where their values come from."""
        properties: dict[str, Any] = {}
        hints = get_type_hints(kind, include_extras=True)
        for field in attrs.fields(kind):
            hint = hints[field.name]
            extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
            if source := next((extra.source for extra in extras if isinstance(extra, Supplied)), None):
                self.supplied[field.name] = source
                continue
            shape = self._shapes[field.name] = self._compile(field.name, hint)
            properties[field.name] = {**shape.schema, **_description(extras), **_default(field)}
            if field.default is attrs.NOTHING:
                self._required.append(field.name)
        self.schema: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        if self._required:
            self.schema["required"] = self._required

    def _compile(self, name: str, hint: Any) -> Shape:
        try:
            return shape_of(hint)
        except NoJsonForm as error:
            raise NoJsonForm(f"{self._kind.__name__}.{name}: {error}") from None

    def read(self, value: Any, at: str, problems: list[Problem], supplied: Mapping[str, Any]) -> Any:
        """An instance from a JSON object and the values of its supplied fields; None if there were mistakes."""
        if not isinstance(value, Mapping):
            problems.append(_mismatch(at, "an object", value))
            return None
        fields = cast("Mapping[str, Any]", value)
        before, path = len(problems), f"{at}." if at else ""
        values = dict(supplied)
        for name, shape in self._shapes.items():
            if fields.get(name) is not None:
                values[name] = shape.read(fields[name], path + name, problems)
            elif name in self._required:
                got = "null" if name in fields else "nothing"
                problems.append(Problem(path + name, f"expected {shape.expected}, got {got}"))
        unknown = [name for name in fields if name not in self._shapes]
        problems.extend(
            Problem(path + name, f"unknown field{nearest(name, self._shapes)}") for name in unknown
        )
        return None if len(problems) > before else self._build(values, at, problems)

    def _build(self, values: dict[str, Any], at: str, problems: list[Problem]) -> Any:
        try:
            return self._kind(**values)
        except ValueError as error:  # a validator of the class
            problems.append(Problem(at, str(error)))
            return None


def _description(extras: tuple[Any, ...]) -> dict[str, Any]:
    text = next((extra.text for extra in extras if isinstance(extra, Described)), "")
    return {"description": text} if text else {}


def _default(field: "attrs.Attribute[Any]") -> dict[str, Any]:
    factory: Callable[[], Any] | None = getattr(field.default, "factory", None)
    default = factory() if factory else field.default
    return {} if default is attrs.NOTHING or default is None else {"default": _JSON.unstructure(default)}
