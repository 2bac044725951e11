"""Changing a TOML file as a careful person would: what is not meant stays as it is, comments included."""

import copy
import tomllib
from collections.abc import Mapping, MutableMapping, Sequence, Sized
from typing import Any, Final, cast

from actors.settings.records import relisted
from actors.settings.tomlfile import Values, is_table

HEAD: Final = """\
# What was changed while the agent ran. It counts more than the blueprint's agent.toml and frontend.toml, and no
# rebuild touches it. Edit it as you like; a key that is deleted here is the blueprint's again.
"""
MOST_CHANGES: Final = 100
MOST_VALUES: Final = 1000
"""In all of them, those within lists and tables counted one by one."""
MOST_PARTS: Final = 16
"""Of a key, the names of the tables within its value included."""
LONGEST_KEY: Final = 200
"""Characters."""


class Unwritable(ValueError):
    """The changes cannot be brought into the file. The text says why."""


def edited(text: str, changes: Mapping[str, Any]) -> str:
    """`text` with `changes`.

    Args:
      text: valid TOML; empty for a new file.
      changes: new values by dotted key, as JSON has them; None deletes the key.

    Raises Unwritable.
    """
    _check(changes)
    wanted: Values = tomllib.loads(text)
    plain = {key: _plain(key, value) for key, value in changes.items()}
    for key, value in plain.items():
        _set(wanted, _path(key), value)
    if (result := _written(text or HEAD, plain, wanted)) is None:
        raise Unwritable(f"{', '.join(changes)} cannot be changed in this file by a program: edit it by hand")
    return result


def _check(changes: Mapping[str, Any]) -> None:
    """Keep what one request makes of a file within bounds. Raises Unwritable."""
    if len(changes) > MOST_CHANGES:
        raise Unwritable(f"at most {MOST_CHANGES} keys are changed at once, not {len(changes)}")
    found = list[tuple[str, int, Any]]()
    _note(found, "", 0, changes)
    for key, parts, value in found:  # grows meanwhile
        if len(key) > LONGEST_KEY or parts > MOST_PARTS:
            raise Unwritable(
                f"a key has at most {LONGEST_KEY} characters and {MOST_PARTS} parts: {key[:40]}..."
            )
        _note(found, f"{key}.", parts, value)


def _note(found: list[tuple[str, int, Any]], above: str, parts: int, value: Any) -> None:
    """Add what is in a table or a list, each with its key and the number of its parts. Raises Unwritable."""
    if isinstance(value, Mapping | list | tuple) and len(found) + len(cast("Sized", value)) > MOST_VALUES:
        raise Unwritable(f"at most {MOST_VALUES} values are changed at once")
    if isinstance(value, Mapping):
        for name, each in cast("Mapping[str, Any]", value).items():
            found.append((above + name, parts + 1 + name.count("."), each))
    elif isinstance(value, list | tuple):
        found.extend((above, parts + 1, each) for each in cast("Sequence[Any]", value))


def _path(key: str) -> list[str]:
    path = key.split(".")
    if not all(path):
        raise Unwritable(f"{key!r} is no key")
    return path


def _written(text: str, changes: Mapping[str, Any], wanted: Values) -> str | None:
    """The text with the changes; None unless it is one that says what is wanted."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text, rest = _relisted(text, changes)
        document = cast("MutableMapping[str, Any]", tomlkit.parse(text))
        for key, value in rest.items():
            _set(document, _path(key), value)
        result = tomlkit.dumps(document)
        says = tomllib.loads(result.encode().decode())
    except (TOMLKitError, ValueError):
        return None
    gone = [_path(key) for key, value in changes.items() if value is None]
    return result if _pruned(says, gone) == _pruned(wanted, gone) else None


def _pruned(values: Values, paths: Sequence[Sequence[str]]) -> Values:
    """The values without tables that were left empty where something was deleted: one without header goes with that."""
    pruned = copy.deepcopy(values)
    for path in paths:
        for length in range(len(path) - 1, 0, -1):
            *above, last = path[:length]
            at = pruned
            for name in above:
                below: object = at.get(name)
                at = below if is_table(below) else {}
            if at.get(last) == {}:
                del at[last]
    return pruned


def _relisted(text: str, changes: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The text with new lists of tables, as far as they are written as such, and the changes that are left."""
    rest = dict(changes)
    for key, value in changes.items():
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in cast("list[object]", value)):
            records = cast("list[Mapping[str, Any]]", value)
            if (done := relisted(text, _path(key), records)) is not None:
                text = done
                if records:
                    del rest[key]
    return text, rest


def _set(table: MutableMapping[str, Any], path: Sequence[str], value: Any) -> None:
    """Set or, with None, delete a key. A table stays, empty as it may be: it may hold comments."""
    *above, last = path
    for name in above:
        if value is None and name not in table:
            return
        below = table.setdefault(name, {})
        if not isinstance(below, MutableMapping):
            raise Unwritable(f"{name} is no table")
        table = cast("MutableMapping[str, Any]", below)
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value


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
