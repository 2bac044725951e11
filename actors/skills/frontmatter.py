"""The front matter of a skill: one YAML map, read and changed. Pure.

Nothing that YAML says is built: its nodes are looked at, so ``1.10`` stays the text it is, no tag makes an object, and
what we do not know survives a change with its type and its style.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self, TypeGuard, cast, final

import yaml

LARGEST: Final = 64 * 1024
"""Characters."""
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where libyaml is, it takes a tenth
_NULL: Final = "tag:yaml.org,2002:null"
_TEXT: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"
_MARKS: Final = frozenset("'\"|>[{&*!#%@`")
"""What a value begins with that is not plain."""


class Unreadable(ValueError):
    """A front matter is no map, or no YAML. The text is a sentence for people."""


@final
class FrontMatter:
    """Keys and values of a front matter, in their order. `problems` has a sentence for what was passed over."""

    def __init__(self) -> None:
        self._node = _map()
        self.problems: list[str] = []

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises Unreadable. A value that should stand in quotes is read all the same."""
        if len(text) > LARGEST:
            raise Unreadable(f"the front matter has more than {LARGEST} characters")
        read = cls()
        try:
            node = _composed(text)
        except Unreadable as error:
            node = _composed("\n".join(map(_quoted, text.split("\n"))), str(error))
            read.problems.append(f"{error}; it was read as if the value stood in quotes, where it belongs")
        if node is not None and not isinstance(node, yaml.MappingNode):
            raise Unreadable("the front matter is no list of keys and values")
        read._node = node or _map()
        keys = [key for key, _ in _pairs(read._node)]
        twice = dict.fromkeys(key for n, key in enumerate(keys) if key in keys[:n])
        read.problems += [f"{key} is given twice, of which the first counts" for key in twice]
        return read

    def __str__(self) -> str:
        """As it stands between the delimiters; every value that was set is in double quotes."""
        return str(
            cast("Any", yaml).serialize(
                self._node, Dumper=yaml.SafeDumper, allow_unicode=True, width=1_000_000
            )
        )

    # --- reading --------------------------------------------------------------------------------------------

    def text(self, key: str) -> str | None:
        """The value as it is written, a number too. None, and a problem, for what is not one value."""
        node = self._get(key)
        if node is None or node.tag == _NULL:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problems.append(f"{key} is not a text")
            return None
        return str(node.value)

    def texts(self, key: str) -> dict[str, str]:
        """The entries of a map below `key` that are texts."""
        return {name: str(node.value) for name, node in _pairs(self._get(key)) if _is_text(node)}

    def words(self, key: str) -> tuple[str, ...]:
        """The items of a list, or of a text with blanks or commas between them."""
        node = self._get(key)
        if isinstance(node, yaml.SequenceNode):
            return tuple(str(item.value) for item in node.value if _is_text(item))
        return tuple(_split(str(node.value))) if _is_text(node) else ()

    def _get(self, key: str) -> yaml.Node | None:
        return next((node for name, node in _pairs(self._node) if name == key), None)

    # --- changing -------------------------------------------------------------------------------------------

    def set(self, key: str, value: str | None) -> None:
        """Set a value where it stands, or at the end; None removes it."""
        _set(self._node, key, value)

    def mark(self, key: str, entries: Mapping[str, str]) -> None:
        """Set entries of the map below `key`; the others stay."""
        inside = self._get(key)
        if not isinstance(inside, yaml.MappingNode):
            inside = _map()
            _set(self._node, key, inside)
        for name, value in entries.items():
            _set(inside, name, value)


def _composed(text: str, why: str | None = None) -> yaml.Node | None:
    """Raises Unreadable, with `why` where that is known better."""
    try:
        found: yaml.Node | None = yaml.compose(text, _LOADER)
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(why or f"the front matter is no YAML ({_told(error)})") from None
    return found


def _told(error: Exception) -> str:
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem is None:
        return "it is too deep" if isinstance(error, RecursionError) else "characters that it does not allow"
    return f"{problem}, line {mark.line + 2}" if mark is not None else str(problem)


def _quoted(line: str) -> str:
    """A line of the outermost map with its value in quotes, if it is one that needs them."""
    key, _, value = line.partition(": ")
    value = value.strip()
    is_key = key.replace("-", "").replace("_", "").isalnum()
    if not is_key or not value or value[0] in _MARKS or not (": " in value or value.endswith(":")):
        return line
    return f"{key}: '{value.replace(chr(39), 2 * chr(39))}'"


def _split(text: str) -> Iterator[str]:
    """The words of a text; what stands in brackets is part of the word before it."""
    word, depth = "", 0
    for each in f"{text} ":
        depth = max(0, depth + {"(": 1, ")": -1}.get(each, 0))
        if depth or not (each.isspace() or each == ","):
            word += each
        elif word:
            yield word
            word = ""
    if word:
        yield word.strip()


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), value


def _is_text(node: yaml.Node | None) -> TypeGuard[yaml.ScalarNode]:
    return isinstance(node, yaml.ScalarNode) and node.tag != _NULL


def _map() -> yaml.MappingNode:
    return yaml.MappingNode(_MAP, [], flow_style=False)


def _set(node: yaml.MappingNode, key: str, value: str | yaml.Node | None) -> None:
    new = yaml.ScalarNode(_TEXT, value, style='"') if isinstance(value, str) else value
    at = next((n for n, (name, _) in enumerate(node.value) if name.value == key), len(node.value))
    kept = [pair for pair in node.value if pair[0].value != key]
    if new is not None:
        kept.insert(at, (yaml.ScalarNode(_TEXT, key), new))
    node.value = kept
