"""What the files may say, as a form needs it: each key with its kind, bounds, unit and what is said of it. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

import attrs

from actors.settings.binding import describe, is_section
from actors.settings.listing import plain
from actors.settings.messages import Field, Kind
from actors.tables import takes_others

Fields = Callable[[type[Any]], Iterable[Mapping[str, Any]]]
"""The fields of a class, each with its ``name`` and perhaps the ``doc`` that stands below it."""

_UNITS: Final = {
    "seconds": "seconds",
    "minutes": "minutes",
    "days": "days",
    "bytes": "bytes",
    "mb": "MB",
    "characters": "characters",
    "tokens": "tokens",
    "messages": "messages",
    "percent": "percent",
    "usd": "US dollars",
    "secs": "seconds",
    "chars": "characters",
    "pct": "percent",
}
_ALONE: Final = frozenset(each.lower() for each in _UNITS.values())
"""What says only what a number counts."""
_FIRST_WORD: Final = re.compile(r"US dollars|[A-Za-z]+")
_NOTHING: Final = re.compile(r"\bNone(?:(:)| (?=[a-z]))")


def schema(kind: type[Any], keys: Mapping[str, str], fields: Fields, above: str = "") -> Iterator[Field]:
    """Every key of a settings class, in the order of its fields; whose it is and when it counts is not said here.

    ``*`` in a key stands for the place in a list of tables, or for a name that people choose.

    Args:
      kind: the class. Each field has a default.
      keys: key in the files of fields whose key is not their name.
      fields: what the source says of the fields of a class.
      above: key of the table the class is bound to, with a dot at its end.
    """
    hints, defaults = get_type_hints(kind), kind()
    texts = {each["name"]: each.get("doc", "") for each in fields(kind)}
    for field in attrs.fields(kind):
        key, hint = keys.get(field.name, f"{above}{field.name}"), hints[field.name]
        text = texts.get(field.name, "")
        if takes_others(field):
            yield _entry(f"{above}*", get_args(hint)[1] | None, field.validator, None, text)
        elif is_section(hint):
            yield from schema(hint, {}, fields, f"{key}.")
        elif names := _names_of_tables(hint):
            for name in names:
                yield from schema(get_args(hint)[1], {}, fields, f"{key}.{name}.")
        else:
            yield _entry(key, hint, field.validator, plain(getattr(defaults, field.name)), text)
            if (record := record_of(hint)) is not None:
                yield from schema(record, {}, fields, f"{key}.*.")


def _names_of_tables(hint: Any) -> tuple[str, ...]:
    """The names of tables with settings of their own, where only these may stand there."""
    if get_origin(hint) is Mapping and is_section(get_args(hint)[1]):
        names = get_args(hint)[0]
        return get_args(names) if get_origin(names) is Literal else ()
    return ()


def record_of(hint: Any) -> type[Any] | None:
    """The class of tables of which there are as many as people like, in a list or by name."""
    origin: Any = get_origin(hint)
    place = {tuple: 0, Mapping: 1}.get(origin)
    found = None if place is None else get_args(hint)[place]
    return found if is_section(found) else None


def _entry(key: str, hint: Any, validator: Any, default: Any, text: str) -> Field:
    kinds = _without_none(hint)
    kind = _kind(kinds)
    inner = _without_none(get_args(kinds[0])[0]) if kind == "list" else kinds
    least, most = bounds(validator)
    said = " ".join(text.replace("``", "`").split())
    return Field(
        key=key,
        section="",
        kind=kind,
        default=default,
        optional=len(kinds) < len(_parts(hint)),
        least=least,
        most=most,
        choices=tuple(choice for each in inner if get_origin(each) is Literal for choice in get_args(each)),
        numbers=kind == "list" and int in inner,
        unit=unit(key, said) if kind in {"integer", "number"} else "",
        text="" if said.rstrip(".").lower() in _ALONE else _NOTHING.sub(_left_empty, said),
        expected=describe(hint),
        takes="at_once",
        guarded=False,
    )


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _without_none(hint: Any) -> tuple[Any, ...]:
    return tuple(each for each in _parts(hint) if each is not NoneType)


def _kind(kinds: tuple[Any, ...]) -> Kind:
    first = kinds[0]
    if get_origin(first) is tuple:
        return "list" if record_of(first) is None else "records"
    if get_origin(first) is Mapping:
        text = get_args(first)[1] is str
        return ("pairs" if text else "table") if record_of(first) is None else "named"
    if get_origin(first) is Literal:
        return "choice"
    known: dict[Any, Kind] = {bool: "switch", int: "integer", float: "number"}
    return known.get(first, "text")


def bounds(validator: Any) -> tuple[float | None, float | None]:
    """The least and the greatest number that a validator of attrs lets pass, as far as it says so."""
    if (inner := getattr(validator, "validator", None)) is not None:  # optional(…)
        return bounds(inner)
    least, most = None, None
    for each in cast("tuple[Any, ...]", getattr(validator, "_validators", (validator,))):
        operator = getattr(each, "compare_op", "")
        if operator in {">=", ">"}:
            least = each.bound
        elif operator in {"<=", "<"}:
            most = each.bound
    return least, most


def unit(key: str, text: str) -> str:
    """What a number counts: what is said of it begins with that, or its key does or ends with it."""
    word = _FIRST_WORD.match(text)
    if word is not None and (word[0] == "US dollars" or word[0].lower() in _UNITS):
        return _UNITS.get(word[0].lower(), word[0])
    parts = key.rpartition(".")[2].split("_")
    return next((_UNITS[each] for each in (parts[-1], parts[0]) if each in _UNITS), "")


def _left_empty(found: re.Match[str]) -> str:
    """What the code calls None, in the words of a form."""
    begins = found.start() == 0 or found.string[: found.start()].rstrip().endswith(".")
    words = "left empty:" if found[1] else "left empty, it "
    return words.capitalize() if begins else words
