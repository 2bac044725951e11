"""From a TOML document to settings classes, collecting every mistake on the way.

A settings class is a frozen attrs class: its field names are the keys, its annotations say what each may hold,
its validators what is acceptable. Several classes may take their keys from the same table. Keys that no class
asked for are unknown, which is a warning.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, final, get_args, get_origin

import attrs

from actors.settings.problems import Problem, nearest, show
from actors.settings.tomlfile import Key, TomlFile, Values, is_table
from actors.tables import takes_others

T = TypeVar("T")


@final
class Findings:
    """What was found wrong so far, each at its place in the files.

    Args:
      files: where the values come from; of two files that set a key, the first one counts.
      main: the one to mend when none of them says what is wrong; the first by default.
    """

    def __init__(self, files: Sequence[TomlFile], *, main: TomlFile | None = None) -> None:
        self.files = files
        self._main = main or files[0]
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(self, key: Key, expected: str, **more: str | None) -> None:
        file = self._file_with(key)
        found = self.warnings if file.lenient else self.errors
        found.append(self._problem(file, key, expected, **more))

    def warn(self, key: Key, expected: str, **more: str | None) -> None:
        self.warnings.append(self._problem(self._file_with(key), key, expected, **more))

    def _file_with(self, key: Key) -> TomlFile:
        return next((file for file in self.files if key and file.has(key)), self._main)

    def _problem(
        self,
        file: TomlFile,
        key: Key,
        expected: str,
        *,
        found: str | None = None,
        nearest: str | None = None,
    ) -> Problem:
        return Problem(
            file=file.path,
            key=".".join(key),
            line=file.line_of(key),
            expected=expected,
            found=found,
            nearest=nearest,
        )


@final
class Table:
    """One table of a document that is being read. It remembers which keys were asked for."""

    def __init__(self, values: Values, findings: Findings, key: Key = ()) -> None:
        self._values = values
        self._findings = findings
        self._key = key
        self._asked: set[str] = set()
        self._children: dict[str, Table] = {}

    def names(self) -> list[str]:
        """Names of everything set in this table."""
        return list(self._values)

    def table(self, name: str) -> "Table":
        """The table `name` in this one; empty when it is missing, or is something else, which is a mistake."""
        if name not in self._children:
            self._asked.add(name)
            values = self._values.get(name, {})
            if not is_table(values):
                self._findings.error((*self._key, name), "must be a table", found=show(values))
            self._children[name] = Table(
                values if is_table(values) else {}, self._findings, (*self._key, name)
            )
        return self._children[name]

    def value(self, name: str, kind: Any) -> Any:
        """What stands under `name`, as `kind` says; None where that is a mistake."""
        self._asked.add(name)
        raw = self._values[name]
        try:
            return convert(kind, raw)
        except Unfit as unfit:
            self._findings.error((*self._key, name), unfit.expected, found=show(raw), nearest=unfit.nearest)
            return None

    def bind(self, settings: Callable[..., T], *, names: Mapping[str, str] | None = None) -> T:
        """Make an instance of the attrs class `settings` from this table. What is wrong keeps its default.

        Args:
          settings: the class.
          names: key in the file, with dots where it stands deeper, for fields whose key is not their name.
        """
        arguments: dict[str, Any] = {}
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast("Any", settings))
        for field in fields:
            *above, name = (names or {}).get(field.name, field.name).split(".")
            if takes_others(field):
                arguments[field.name] = self._others(get_args(field.type)[1], {each.name for each in fields})
            else:
                self._below(above).bind_field(field, name, arguments)
        try:
            return settings(**arguments)
        except ValueError as error:  # a rule between fields
            self._findings.error(self._key, str(error))
            return settings()

    def _others(self, kind: Any, known: Collection[str]) -> dict[str, Any]:
        """What stands under any other name, as `kind` says."""
        found = {name: self.value(name, kind) for name in self._values if name not in known}
        return {name: value for name, value in found.items() if value is not None}

    def _below(self, names: Sequence[str]) -> "Table":
        table = self
        for name in names:
            table = table.table(name)
        return table

    def bind_field(self, field: "attrs.Attribute[Any]", name: str, arguments: dict[str, Any]) -> None:
        """Put what this table says under `name` into `arguments`; nothing when it says nothing that can be used."""
        kind: Any = field.type
        if is_section(kind):
            arguments[field.name] = self.table(name).bind(kind)
        elif get_origin(kind) is Mapping and is_section(get_args(kind)[1]):
            arguments[field.name] = self.table(name).bind_entries(*get_args(kind))
        elif get_origin(kind) is tuple and is_section(get_args(kind)[0]):
            arguments[field.name] = self._bind_tables(name, get_args(kind)[0])
        else:
            self._bind_value(field, name, arguments)

    def bind_entries(self, name_type: Any, entry_type: Callable[..., T]) -> dict[str, T]:
        """Bind each table inside this one, whose names are values themselves."""
        entries: dict[str, T] = {}
        for name in self._values:
            entry = self.table(name).bind(entry_type)
            try:
                entries[convert(name_type, name)] = entry
            except Unfit as unfit:
                self._findings.error(
                    (*self._key, name), unfit.expected, found=repr(name), nearest=unfit.nearest
                )
        return entries

    def _bind_tables(self, name: str, kind: Callable[..., T]) -> tuple[T, ...]:
        """Bind each table of a list; what is none is a mistake. They are known by their places in it, from 1 on."""
        self._asked.add(name)
        values = self._values.get(name, [])
        found: list[T] = []
        if not isinstance(values, list):
            self._findings.error((*self._key, name), "must be a list of tables", found=show(values))
            return ()
        for number, each in enumerate(cast("list[object]", values), 1):
            key = (*self._key, name, str(number))
            if is_table(each):
                entry = self._children[f"{name}.{number}"] = Table(each, self._findings, key)
                found.append(entry.bind(kind))
            else:
                self._findings.error(key, "must be a table", found=show(each))
        return tuple(found)

    def _bind_value(self, field: "attrs.Attribute[Any]", name: str, arguments: dict[str, Any]) -> None:
        self._asked.add(name)
        if name not in self._values:
            return
        value = raw = self._values[name]
        key = (*self._key, name)
        try:
            value = convert(field.type, raw)
            if field.validator is not None:
                field.validator(None, field, value)
        except Unfit as unfit:
            self._findings.error(key, unfit.expected, found=show(raw), nearest=unfit.nearest)
        except ValueError as error:
            rule = str(error).removeprefix(f"'{field.name}' ").removesuffix(f": {value}")
            self._findings.error(key, rule, found=show(raw))
        else:
            arguments[field.name] = value

    def ignore(self, name: str, why: str) -> None:
        """Leave out the key `name`, with a warning that says why but not what it holds."""
        self._asked.add(name)
        if name in self._values:
            self._findings.warn((*self._key, name), why)

    def known_keys(self) -> Iterator[Key]:
        """Every key that was asked for, here and below."""
        for name in self._asked:
            yield (*self._key, name)
        for child in self._children.values():
            yield from child.known_keys()

    def report_unknown(self) -> None:
        """Warn about each key that nobody asked for. To be called on the document, when all is bound."""
        known = sorted(".".join(key) for key in self.known_keys())
        for key, meant in sorted(self.unknown_keys()):
            namesakes = [path for path in known if path.rpartition(".")[2] == key[-1]]
            elsewhere = " or ".join(namesakes) if 0 < len(namesakes) <= 2 else None
            self._findings.warn(key, "unknown key, ignored", nearest=meant or elsewhere)

    def unknown_keys(self) -> Iterator[tuple[Key, str]]:
        """Every key that was not asked for, here and below, with the one beside it that is most like it, if any."""
        for name in self._values:
            if name not in self._asked:
                sibling = nearest(name, sorted(self._asked))
                yield (*self._key, name), ".".join((*self._key, sibling)) if sibling else ""
        for child in self._children.values():
            yield from child.unknown_keys()


def is_section(kind: Any) -> bool:
    """Whether a field of this type is a table with settings of its own."""
    return isinstance(kind, type) and attrs.has(kind) and not hasattr(kind, "parse")


# --- single values ----------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Unfit(ValueError):
    """A value is of the wrong kind."""

    expected: str
    nearest: str | None = None


def convert(kind: Any, value: Any) -> Any:
    """Turn a TOML value into what the annotation `kind` says. Raises ValueError, usually :class:`Unfit`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any or (isinstance(kind, type) and type(value) is kind):
        return value
    if kind is float and type(value) is int:
        return float(value)
    if origin in (Union, UnionType):
        return _convert_any(arguments, value)
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if origin is tuple and isinstance(value, list):
        try:
            return tuple(convert(arguments[0], item) for item in cast("list[object]", value))
        except Unfit as unfit:
            raise Unfit(f"must be {describe(kind)}", unfit.nearest) from unfit
    if origin is Mapping and is_table(value):
        return {name: convert(arguments[1], item) for name, item in value.items()}
    if (parse := getattr(kind, "parse", None)) is not None and isinstance(value, str):
        return parse(value)
    choices = [str(choice) for choice in arguments] if origin is Literal else []
    raise Unfit(
        f"must be {describe(kind)}", nearest=nearest(value, choices) if isinstance(value, str) else None
    )


def _convert_any(kinds: Sequence[Any], value: Any) -> Any:
    """Convert to the first kind that fits. TOML has no null, so None is not among them."""
    kinds = [kind for kind in kinds if kind is not NoneType]
    for kind in kinds[:-1]:
        try:
            return convert(kind, value)
        except Unfit:
            continue
    return convert(kinds[-1], value)


def describe(kind: Any) -> str:
    """What the annotation `kind` allows, in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if origin is tuple:
        return f"a list, each entry {describe(arguments[0])}"
    if origin in (Union, UnionType):
        return " or ".join(describe(part) for part in arguments if part is not NoneType)
    if is_section(kind):
        return "a table"
    words = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}
    return words.get(kind, "a table" if origin is Mapping else "a string")
