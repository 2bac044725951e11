"""Changing a TOML file as a careful person would: what is not meant stays as it is, comments included."""

import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from actors.settings.tomlfile import Values

HEAD: Final = """\
# What was changed while the agent ran. It counts more than the blueprint's agent.toml and frontend.toml, and no
# rebuild touches it. Edit it as you like; a key that is deleted here is the blueprint's again.
"""


class Unwritable(ValueError):
    """The changes cannot be brought into the file. The text says why."""


def edited(text: str, changes: Mapping[str, Any]) -> str:
    """`text` with `changes`.

    Args:
      text: valid TOML; empty for a new file.
      changes: new values by dotted key, as JSON has them; None deletes the key.

    Raises Unwritable.
    """
    wanted: Values = tomllib.loads(text)
    plain = {key: _plain(key, value) for key, value in changes.items()}
    for key, value in plain.items():
        _set(wanted, _path(key), value)
    if (result := _written(text or HEAD, plain, wanted)) is None:
        raise Unwritable(f"{', '.join(changes)} cannot be changed in this file by a program: edit it by hand")
    return result


def _path(key: str) -> list[str]:
    path = key.split(".")
    if not all(path):
        raise Unwritable(f"{key!r} is no key")
    return path


def _written(text: str, changes: Mapping[str, Any], wanted: Values) -> str | None:
    """The text with the changes; None unless it is one that says what is wanted."""
    try:
        document = cast("MutableMapping[str, Any]", tomlkit.parse(text))
        for key, value in changes.items():
            _set(document, _path(key), value)
        result = tomlkit.dumps(document)
        says = tomllib.loads(result.encode().decode())
    except (TOMLKitError, ValueError):
        return None
    return result if says == wanted else None


def _set(table: MutableMapping[str, Any], path: Sequence[str], value: Any) -> None:
    """Set or, with None, delete a key. A table stays, empty as it may be: it may hold comments."""
    first, *rest = path
    if not rest:
        if value is None:
            table.pop(first, None)
        else:
            table[first] = value
        return
    if value is None and first not in table:
        return
    below = table.setdefault(first, {})
    if not isinstance(below, MutableMapping):
        raise Unwritable(f"{first} is no table")
    _set(cast("MutableMapping[str, Any]", below), rest, value)


def _plain(key: str, value: Any) -> Any:
    """A JSON value as TOML can hold it. Raises Unwritable."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _inner(f"{key}.{name}", each) for name, each in fields.items()}
    if isinstance(value, list | tuple):
        return [_inner(key, each) for each in cast("Sequence[Any]", value)]
    raise Unwritable(f"{key}: {value!r} has no form in TOML")


def _inner(key: str, value: Any) -> Any:
    if value is None:
        raise Unwritable(f"{key}: null has no form in TOML")
    return _plain(key, value)
