"""Changing a list of tables in a TOML file: an entry keeps its lines, and the comments in and above them. Pure."""

import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, cast, final

import attrs

from actors.settings.tomlfile import Values, statements

Record = Mapping[str, Any]


@final
@attrs.frozen
class _Block:
    """One entry with the comments right above it."""

    text: str
    values: Values


def relisted(text: str, path: Sequence[str], records: Sequence[Record]) -> str | None:
    """`text` with these entries in the list of tables at `path`; None where that is not written as ``[[path]]``.

    An entry that is there already keeps its lines wherever it moves; one that is another by now, those that still hold.
    """
    lines = text.splitlines(keepends=True)
    found = _blocks(lines, text, tuple(path))
    if found is None or any(isinstance(value, Mapping) for record in records for value in record.values()):
        return None
    first, blocks, end = found
    kept = "\n".join(each.rstrip("\n") + "\n" for each in _arranged(blocks, tuple(path), records))
    before, after = "".join(lines[:first]), "".join(lines[end:])
    return before + kept + ("\n" if kept and after.strip() else "") + after


def _blocks(lines: Sequence[str], text: str, path: tuple[str, ...]) -> tuple[int, list[_Block], int] | None:
    """The lines from which and to which the list goes, counted from 0, and its entries."""
    headers = [
        (number - 1, statement.lstrip().startswith("[[") and _path_of(values) == path)
        for number, statement, values in statements(text)
        if statement.lstrip().startswith("[")
    ]
    own = [place for place, (_, ours) in enumerate(headers) if ours]
    if not own or own != list(range(own[0], own[-1] + 1)):
        return None
    starts = [_above(lines, line) for line, _ in headers] + [len(lines)]
    parts = ["".join(lines[starts[place] : starts[place + 1]]) for place in own]
    blocks = [_Block(part, _inside(tomllib.loads(part), path)) for part in parts]
    return starts[own[0]], blocks, starts[own[-1] + 1]


def _path_of(values: Values) -> tuple[str, ...]:
    """What the header of a table in a list names."""
    path = list[str]()
    at: Any = values
    while isinstance(at, dict) and at:
        ((name, at),) = cast("Values", at).items()
        path.append(name)
    return tuple(path)


def _inside(values: Values, path: tuple[str, ...]) -> Values:
    at: Any = values
    for name in path:
        at = at[name]
    return cast("Values", at[0])


def _above(lines: Sequence[str], line: int) -> int:
    """Where the comments begin that stand right above a line."""
    while line and lines[line - 1].lstrip().startswith("#"):
        line -= 1
    return line


def _arranged(blocks: Sequence[_Block], path: tuple[str, ...], records: Sequence[Record]) -> Iterator[str]:
    left = list[_Block | None](blocks)
    same = [_taken(left, record) for record in records]
    for place, (record, block) in enumerate(zip(records, same, strict=True)):
        old = left[place] if block is None and place < len(left) else None
        if block is not None:
            yield block.text
        elif old is not None:
            left[place] = None
            yield _changed(old, path, record)
        else:
            yield _new(path, record)


def _taken(left: list[_Block | None], record: Record) -> _Block | None:
    """The first entry that is the same and is not used yet."""
    for place, block in enumerate(left):
        if block is not None and block.values == record:
            left[place] = None
            return block
    return None


def _changed(block: _Block, path: tuple[str, ...], record: Record) -> str:
    """The lines of an entry that is another now."""
    import tomlkit

    document: Any = tomlkit.parse(block.text)
    at = document
    for name in path:
        at = at[name]
    table = cast("MutableMapping[str, Any]", at[0])
    for name in [each for each in block.values if each not in record]:
        del table[name]
    for name, value in record.items():
        if block.values.get(name) != value:
            table[name] = value
    return tomlkit.dumps(document)


def _new(path: tuple[str, ...], record: Record) -> str:
    import tomlkit

    header = ".".join(tomlkit.key(name).as_string() for name in path)
    return f"[[{header}]]\n{tomlkit.dumps(dict(record))}"
