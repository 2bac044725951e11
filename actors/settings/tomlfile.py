"""A TOML file with the lines its keys stand on."""

import tomllib
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard, final

from actors.settings import text as textfile
from actors.settings.problems import ConfigError, Problem

Key = tuple[str, ...]
Values = dict[str, Any]


def is_table(value: object) -> TypeGuard[Values]:
    """Whether a TOML value is a table."""
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


@final
class TomlFile:
    """A file that was read. `values` is empty for a file without settings."""

    def __init__(self, path: Path, text: str, values: Values, *, lenient: bool = False) -> None:
        self.path = path
        self.values = values
        self.text = text
        self.lenient = lenient
        """Whether mistakes in it are only warnings."""

    @classmethod
    def read(cls, path: Path, *, original: Path | None = None) -> "TomlFile":
        """Read and parse `path`. Raises ConfigError, naming the file, when that is not possible.

        Args:
          path: the file.
          original: what it is a copy of; named in its place when the two are still the same, since that is where a
            mistake has to be mended.
        """
        try:
            data = textfile.content(path)
            if original is not None and original.is_file() and original.read_bytes() == data:
                path = original
            return cls.parse(path, textfile.decoded(data))
        except FileNotFoundError as error:
            raise ConfigError([Problem(file=path, expected="not found")]) from error
        except OSError as error:
            raise ConfigError([Problem(file=path, expected=f"cannot be read: {error.strerror}")]) from error
        except UnicodeDecodeError as error:
            raise ConfigError([_not_utf8(path, error)]) from error

    @classmethod
    def parse(cls, path: Path, text: str) -> "TomlFile":
        """What `text` says, as the content of `path`. Raises ConfigError."""
        try:
            return cls(path, text, tomllib.loads(text))
        except ValueError as error:
            raise ConfigError([Problem(file=path, expected=f"not valid TOML: {error}")]) from error

    def without(self, keys: Collection[str], *, lenient: bool) -> "TomlFile":
        """The same file as if it did not have these keys at its top."""
        kept = {key: value for key, value in self.values.items() if key not in keys}
        return TomlFile(self.path, self.text, kept, lenient=lenient)

    def has(self, key: Key) -> bool:
        """Whether the file sets `key`, directly or by something inside it."""
        table: object = self.values
        for part in key:
            if part.isdecimal() and _is_list(table):
                table = dict(enumerate(table, 1)).get(int(part))
                continue
            if not is_table(table) or part not in table:
                return False
            table = table[part]
        return table is not None

    def leaves(self) -> Iterator[Key]:
        """Every key the file sets, those of a table instead of the table itself."""
        return (key for key, value in _paths(self.values) if not is_table(value))

    def line_of(self, key: Key) -> int | None:
        """Line on which `key` is set, counted from 1; for a table, the line where it begins.

        One in a list of tables has its place in it, from 1 on, as a part of its key; where the list stands on one line,
        that is the line of all that is in it.
        """
        while key not in self._lines and any(map(str.isdecimal, key)):
            key = key[:-1]
        return self._lines.get(key)

    @cached_property
    def _lines(self) -> dict[Key, int]:
        lines: dict[Key, int] = {}
        listed: dict[Key, int] = {}
        table: Key = ()
        for number, statement, values in statements(self.text):
            is_header = statement.lstrip().startswith("[")
            paths = [path for path, _ in _paths(values)]
            for path in paths:
                lines.setdefault(path if is_header else (*table, *path), number)
            if statement.lstrip().startswith("[["):
                listed[paths[-1]] = listed.get(paths[-1], 0) + 1
                table = (*paths[-1], str(listed[paths[-1]]))
                lines[table] = number
            elif is_header:
                table = paths[-1]
        return lines


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    """Where a file stops being text. The offset counts bytes from 0."""
    line = error.object.count(b"\n", 0, error.start) + 1
    found = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
    return Problem(file=path, line=line, expected="must be UTF-8 text", found=found)


def statements(text: str) -> Iterator[tuple[int, str, Values]]:
    """Each table header or assignment with its first line and what it says by itself. The text is valid TOML."""
    pending, first = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        pending += line
        try:
            values = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue  # a value that goes on in the next line
        if values:
            yield first, pending, values
        pending, first = "", number + 1


def _paths(values: Values, above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every key in `values` with its value, a table before what is in it."""
    for name, value in values.items():
        yield (*above, name), value
        if is_table(value):
            yield from _paths(value, (*above, name))
