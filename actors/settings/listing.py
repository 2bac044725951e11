"""Settings objects as what stands, or could stand, in the files: key by key."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import attrs

from actors.settings.binding import describe, is_section
from actors.settings.tomlfile import TomlFile
from actors.tables import takes_others

_USER_INFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_MASK: Final = "://***@"
Entry = tuple[str, Any, Any, str]
"""A key with dots, its value, its default, and what it may be."""


class Masked(ValueError):
    """What is to be written holds what is shown in the place of a name and a password."""


def entries(settings: Any, keys: Mapping[str, str], above: str = "") -> Iterator[Entry]:
    """Every key of an instance of a settings class, in the order of its fields.

    Args:
      settings: the instance.
      keys: key in the files of fields whose key is not their name.
      above: key of the table the class is bound to, with a dot at its end.
    """
    kind = cast("Any", type(settings))
    defaults: Any = kind()
    hints = get_type_hints(kind)
    for field in attrs.fields(kind):
        key = keys.get(field.name, f"{above}{field.name}")
        value, default = getattr(settings, field.name), getattr(defaults, field.name)
        if takes_others(field):
            for name, each in cast("Mapping[str, Any]", value).items():
                yield f"{above}{name}", plain(each), None, describe(get_args(hints[field.name])[1])
        elif is_section(hints[field.name]):
            yield from entries(value, {}, f"{key}.")
        elif _holds_sections(hints[field.name]):
            for name, each in cast("Mapping[str, Any]", value).items():
                yield from entries(each, {}, f"{key}.{name}.")
        else:
            yield key, plain(value), plain(default), describe(hints[field.name])


def _holds_sections(kind: Any) -> bool:
    return get_origin(kind) is Mapping and is_section(get_args(kind)[1])


def plain(value: Any) -> Any:
    """A settings value the way TOML and JSON have it. Of a table in a list what is empty anyway is left out."""
    if isinstance(value, tuple | list):
        return [plain(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in cast("Mapping[str, Any]", value).items()}
    if is_section(cast("Any", type(value))):
        return dict(_of_record(value))
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _of_record(record: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a table in a list, but for those that are empty by default."""
    kind = cast("Any", type(record))
    default: Any = kind()
    for field in attrs.fields(kind):
        value, usual = plain(getattr(record, field.name)), plain(getattr(default, field.name))
        if value != usual or value not in _EMPTY:
            yield field.name, value


def masked(value: Any) -> Any:
    """A plain value without the names and passwords in its addresses."""
    if isinstance(value, str):
        return _USER_INFO.sub("***@", value)
    if isinstance(value, list | tuple):
        return [masked(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {name: masked(each) for name, each in cast("Mapping[str, Any]", value).items()}
    return value


def hidden(values: Iterable[Any]) -> Mapping[str, frozenset[str]]:
    """What is not shown of plain values, by what is shown of it."""
    found = dict[str, frozenset[str]]()
    for text in (text for value in values for text in _texts(value)):
        if (shown := masked(text)) != text:
            found[shown] = found.get(shown, frozenset()) | {text}
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*cast("Mapping[str, Any]", value).values()])
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[Any]", value):
            yield from _texts(each)


def unmasked(value: Any, known: Mapping[str, frozenset[str]]) -> Any:
    """What somebody gives back who was shown `known`, with what was not shown of it. Raises Masked.

    A name and a password go back to the very address that they were in, and to no other.
    """
    if isinstance(value, str) and _MASK in value:
        if len(found := known.get(value, frozenset())) != 1:
            raise Masked
        (value,) = found
    if isinstance(value, list | tuple):
        return [unmasked(each, known) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {name: unmasked(each, known) for name, each in cast("Mapping[str, Any]", value).items()}
    return value


def deciding(files: Sequence[TomlFile], key: str) -> str | None:
    """Name of the file whose word counts for a key; None when none says anything."""
    path = tuple(key.split("."))
    return next((file.path.name for file in files if file.has(path)), None)
