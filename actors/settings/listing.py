"""Settings objects as what stands, or could stand, in the files: key by key."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import attrs

from actors.settings.binding import describe, is_section
from actors.settings.tomlfile import TomlFile

_USER_INFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
Entry = tuple[str, Any, Any, str]
"""A key with dots, its value, its default, and what it may be."""


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
        if is_section(hints[field.name]):
            yield from entries(value, {}, f"{key}.")
        elif _holds_sections(hints[field.name]):
            for name, each in cast("Mapping[str, Any]", value).items():
                yield from entries(each, {}, f"{key}.{name}.")
        else:
            yield key, plain(value), plain(default), describe(hints[field.name])


def _holds_sections(kind: Any) -> bool:
    return get_origin(kind) is Mapping and is_section(get_args(kind)[1])


def plain(value: Any) -> Any:
    """A settings value the way TOML and JSON have it."""
    if isinstance(value, tuple | list):
        return [plain(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in cast("Mapping[str, Any]", value).items()}
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def masked(value: Any) -> Any:
    """A plain value without the names and passwords in its addresses."""
    if isinstance(value, str):
        return _USER_INFO.sub("***@", value)
    if isinstance(value, list | tuple):
        return [masked(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {name: masked(each) for name, each in cast("Mapping[str, Any]", value).items()}
    return value


def deciding(files: Sequence[TomlFile], key: str) -> str | None:
    """Name of the file whose word counts for a key; None when none says anything."""
    path = tuple(key.split("."))
    return next((file.path.name for file in files if file.has(path)), None)
