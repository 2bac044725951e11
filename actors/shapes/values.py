"""Single values as JSON: what a field may be told beside its type, and how texts, numbers, times and words are read."""

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, final

import attrs

from bus import Data

INT64: Final = 2**63
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,19}\.[0-9]{1,19}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SHOWN: Final = 60
MOST_PROBLEMS: Final = 20
"""Reading stops there: nobody reads more, and nonsense by the megabyte is not worth the time of the others."""

Unknown = Literal["refused", "ignored"]


class NoJsonForm(TypeError):
    """A type that cannot be read from JSON was used in a field."""


@final
@attrs.frozen
class Problem(Data):
    """One thing wrong with an input. `field` is a path such as ``schedule.at`` or ``tags[2]``, empty for the whole."""

    field: str
    fault: str

    def __str__(self) -> str:
        return f"{self.field}: {self.fault}" if self.field else self.fault


@final
@attrs.define(eq=False)
class Mistakes(ValueError):
    """An input cannot be read. Names what is wrong with it, at most MOST_PROBLEMS things and that there may be more."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


@final
class Problems:
    """What was found wrong with one input so far.

    Args:
      unknown: what becomes of keys that no class has.
    """

    def __init__(self, *, unknown: Unknown = "refused") -> None:
        self.found: list[Problem] = []
        self.unknown: Final = unknown

    def add(self, field: str, fault: str) -> None:
        """Raises Mistakes when it is enough."""
        self.found.append(Problem(field, fault))
        if len(self.found) == MOST_PROBLEMS:
            raise Mistakes((*self.found, Problem("", "and perhaps more")))

    def add_unknown(self, name: str, known: Iterable[str], path: str) -> None:
        """The key `name` of the object at `path` is none of the `known` ones. Raises like :meth:`add`."""
        self.add(path + shortened(name), f"unknown field{suggestion(name, known)}")

    def checked(self, value: Any) -> Any:
        """`value`, which was read. Raises Mistakes if anything was wrong."""
        if self.found:
            raise Mistakes(tuple(self.found))
        return value


@final
@attrs.frozen(kw_only=True)
class Described(Data):
    """What a schema says about a field beyond its type. See :func:`described`."""

    text: str = ""
    ge: float | None = None
    le: float | None = None
    max_length: int | None = None
    name: str = ""
    silent: bool = False


def described(
    text: str = "",
    *,
    ge: float | None = None,
    le: float | None = None,
    max_length: int | None = None,
    name: str = "",
    silent: bool = False,
) -> Described:
    """Describe a field to whoever fills it.

    Written into its annotation: ``limit: Annotated[int, described("Most hits.", ge=1)] = 5``.

    Args:
      text: what they read.
      ge: least number allowed.
      le: greatest number allowed.
      max_length: characters of a text, or items of a tuple.
      name: what it is called in JSON where that is no identifier, such as ``-i``; empty: as the field, or its alias.
      silent: it is taken, but no schema speaks of it.
    """
    return Described(text=text, ge=ge, le=le, max_length=max_length, name=name, silent=silent)


@final
@attrs.frozen
class Supplied(Data):
    """Marks a field that is not part of the JSON; its value comes from `source`."""

    source: str


@final
@attrs.frozen
class Shape(Data):
    """One type as JSON."""

    schema: Mapping[str, Any]
    expected: str
    """How an error calls it: ``a whole number of at least 1``."""
    read: Callable[[Any, str, Problems], Any]
    """Takes a JSON value, the path to it and where to tell mistakes; the result counts only without mistakes."""

    def load(self, value: Any) -> Any:
        """What the JSON value stands for. Raises Mistakes."""
        problems = Problems()
        return problems.checked(self.read(value, "", problems))


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: ``, did you mean 'limit'?`` or nothing."""
    if len(name) > _LONGEST_SHOWN:
        return ""
    folded = {each.casefold(): each for each in known}
    name = name.casefold()
    close = difflib.get_close_matches(name, folded, n=1, cutoff=0.7)
    close += [each for each in folded if len(name) > 2 and (each in name or name in each)]
    return f", did you mean {folded[close[0]]!r}?" if close else ""


def mismatch(expected: str, value: Any) -> str:
    """The fault that `value` is not what was expected."""
    return f"expected {expected}, got {_shown(value)}"


def _shown(value: Any) -> str:
    return shortened(json.dumps(value, default=repr))


def shortened(text: str) -> str:
    """`text` as a sentence can hold it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


# --- conversions ------------------------------------------------------------------------------------------


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
    if isinstance(value, str):
        if _WHOLE.fullmatch(value):
            return int(value)
        return float(value) if _DECIMAL.fullmatch(value) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _to_moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) and moment.tzinfo is not None else None


_SCALARS: Final[Mapping[Any, tuple[dict[str, Any], str, Callable[[Any], Any]]]] = {
    str: ({"type": "string"}, "a string", _to_text),
    int: ({"type": "integer"}, "a whole number", _to_int),
    float: ({"type": "number"}, "a number", _to_float),
    bool: ({"type": "boolean"}, "true or false", _to_bool),
    datetime: (
        {"type": "string", "format": "date-time"},
        "a time with its zone such as 2026-03-01T08:00:00Z",
        _to_moment,
    ),
}
"""Per type: its JSON Schema, how an error calls it, and a conversion that answers None to what it is not.

Conversions are forgiving where nothing can be lost: ``3.0`` and ``"3"`` are 3, ``"true"`` is true.
"""


# --- shapes -----------------------------------------------------------------------------------------------


def scalar(kind: Any, rule: Described) -> Shape | None:
    """A text, number, truth or time within the bounds of `rule`; None when `kind` is none of these."""
    if kind not in _SCALARS:
        return None
    schema, noun, convert = _SCALARS[kind]
    words = [f"at least {rule.ge:.15g}"] if rule.ge is not None else []
    words += [f"at most {rule.le:.15g}"] if rule.le is not None else []
    words += [f"at most {rule.max_length} characters"] if rule.max_length is not None else []
    expected = f"{noun} of {' and '.join(words)}" if words else noun

    def read(value: Any, at: str, problems: Problems) -> Any:
        found = convert(value)
        if found is None or not _within(found, rule):
            problems.add(at, mismatch(expected, value))
        elif isinstance(found, str):
            for fault in _text_faults(found, rule):
                problems.add(at, fault)
        return found

    return Shape(schema | bounds(rule, "maxLength"), expected, read)


def choice(values: tuple[Any, ...]) -> Shape:
    """One of a few words. Raises NoJsonForm for anything but strings."""
    if not all(isinstance(value, str) for value in values):
        raise NoJsonForm("a Literal holds strings")
    expected = f"one of {', '.join(map(_shown, values))}"

    def read(value: Any, at: str, problems: Problems) -> Any:
        if value not in values:
            hint = suggestion(value, values) if isinstance(value, str) else ""
            problems.add(at, mismatch(expected, value) + hint)
        return value

    return Shape({"type": "string", "enum": list(values)}, expected, read)


def bounds(rule: Described, length: str) -> dict[str, Any]:
    """What a schema says of `rule`; `length` is its word for the greatest length."""
    given = {"minimum": rule.ge, "maximum": rule.le, length: rule.max_length}
    return {key: value for key, value in given.items() if value is not None}


def _within(value: Any, rule: Described) -> bool:
    return (rule.ge is None or value >= rule.ge) and (rule.le is None or value <= rule.le)


def _text_faults(text: str, rule: Described) -> Iterator[str]:
    if rule.max_length is not None and len(text) > rule.max_length:
        yield f"expected at most {rule.max_length} characters, got {len(text)}"
    if not text.isascii() and _SURROGATE.search(text):
        yield "contains half of a surrogate pair, which is not a character"
