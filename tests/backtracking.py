"""A regular expression matcher that counts its steps, and texts that make a bad expression backtrack.

It walks the parse tree of :mod:`re` in the order of that module's engine, so how its steps grow with a text says how
the engine's time grows, and says it the same on every machine.
"""

import functools
import importlib
import itertools
import re
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, final

_PARSER: Any = importlib.import_module("re._parser")
_COMPILER: Any = importlib.import_module("re._compiler")

PATIENCE: Final = 60_000
"""Steps after which a match is given up."""
_BOUND: Final = 4
"""What greater bounds of repeats count as: a repeat with a bound is no danger, however great the bound."""
_ALPHABET: Final = 4
"""Characters of which texts are made."""
_OPENINGS: Final = 4
"""Beginnings that are tried."""
_WORDS: Final = 8
"""Words that are said again and again; of a pattern that is a list of hundreds, some from all of its parts."""
_CANDIDATES: Final = "a0 -" + string.printable
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_WAYS: Final = (*_REPEATS, "ATOMIC_GROUP", "SUBPATTERN", "BRANCH", "GROUPREF")
"""Nodes that may have several ends; of the others, characters, places, looks around, the engine says the only one."""


def steps(pattern: re.Pattern[Any], text: str, *, everywhere: bool = True) -> int:
    """Steps to find every match of `pattern` in `text`, or the one at its beginning; PATIENCE if they are more."""
    matcher = _Matcher(pattern, text)
    with suppress(_Impatient):
        matcher.find(everywhere=everywhere)
    return matcher.steps


class _Impatient(Exception):
    pass


@final
class _Matcher:
    def __init__(self, pattern: re.Pattern[Any], text: str) -> None:
        self.steps = 0
        self._pattern = pattern
        self._text = text
        self._groups: dict[int, str] = {}

    def find(self, *, everywhere: bool) -> None:
        at, last = 0, len(self._text) if everywhere else 0
        while at <= last:
            end = next(self._in_turn(_nodes(self._pattern), 0, at), None)
            at = at + 1 if end is None else max(end, at + 1)

    def _in_turn(self, nodes: Any, index: int, at: int) -> Iterator[int]:
        """Every end of a match of `nodes` from `index` on that begins at `at`."""
        plan = _plan(nodes, self._pattern.flags)
        while index < len(plan):
            name, arg, engine = plan[index]
            index += 1
            self._count(1)
            if engine is None:
                for end in self._ends(name, arg, at):
                    yield from self._in_turn(nodes, index, end)
                return
            found = engine(self._text, at)
            if found is None:
                return
            at = found.end()
        yield at

    def _ends(self, name: str, arg: Any, at: int) -> Iterator[int]:
        match name:
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(arg, 0, at, greedy=name == "MAX_REPEAT")
            case "POSSESSIVE_REPEAT":
                return itertools.islice(self._repeated(arg, 0, at, greedy=True), 1)
            case "ATOMIC_GROUP":
                return itertools.islice(self._in_turn(arg, 0, at), 1)
            case "SUBPATTERN":
                return self._grouped(arg[0], arg[3], at)
            case "BRANCH":
                ways = self._ways(arg[1], at)
                return (end for way in ways for end in self._in_turn(way, 0, at))
            case _:
                return self._again(self._groups.get(arg), at)

    def _ways(self, branch: Sequence[Any], at: int) -> Sequence[Any]:
        """Those that may be gone; short ones of which the engine says that they cannot cost nothing worth counting."""
        any_short, ways, others = _by_length(branch, self._pattern.flags)
        if any_short is None or not any_short(self._text, at):
            return others
        return [way for way, engine in ways if engine is None or engine(self._text, at)]

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps >= PATIENCE:
            raise _Impatient

    def _repeated(self, arg: Any, count: int, at: int, *, greedy: bool) -> Iterator[int]:
        least, most = min(int(arg[0]), _BOUND), int(arg[1])
        if count >= least and not greedy:
            yield at
        if most == int(_PARSER.MAXREPEAT) or count < min(most, _BOUND):
            for end in self._in_turn(arg[2], 0, at):
                if end > at or count < least:
                    yield from self._repeated(arg, count + 1, end, greedy=greedy)
        if count >= least and greedy:
            yield at

    def _grouped(self, number: int, nodes: Any, at: int) -> Iterator[int]:
        for end in self._in_turn(nodes, 0, at):
            self._groups[number] = self._text[at:end]
            yield end

    def _again(self, said: str | None, at: int) -> Iterator[int]:
        if said is not None and self._text.startswith(said, at):
            self._count(len(said))
            yield at + len(said)


@functools.cache
def _nodes(pattern: re.Pattern[Any]) -> Any:
    source, flags = pattern.pattern, pattern.flags
    if isinstance(source, bytes):
        source, flags = source.decode("latin-1"), flags | re.ASCII
    return _PARSER.parse(source, flags)


_Engine = Callable[..., re.Match[str] | None]
_plans: Final[dict[tuple[int, int], Sequence[tuple[str, Any, _Engine | None]]]] = {}
_Ways = tuple[_Engine | None, Sequence[tuple[Any, _Engine | None]], Sequence[Any]]
_branches: Final[dict[tuple[int, int], _Ways]] = {}


def _plan(nodes: Any, flags: int) -> Sequence[tuple[str, Any, _Engine | None]]:
    """Name and argument of each node, and what the engine itself says of one that has one end at most.

    The nodes live as long as the cache of `_nodes`, so their identity is a key.
    """
    key = (id(nodes), flags)
    if key not in _plans:
        _plans[key] = [
            (op.name, arg, None if op.name in _WAYS else _engine(nodes, index, flags))
            for index, (op, arg) in enumerate(nodes)
        ]
    return _plans[key]


def _by_length(branch: Sequence[Any], flags: int) -> _Ways:
    """What the engine says of the short ways of a branch together and of each, and the ways that are not short."""
    key = (id(branch), flags)
    if key not in _branches:
        short = [way for way in branch if _is_short(way)]
        any_short = None
        if short:
            choice = _PARSER.SubPattern(short[0].state, [(_PARSER.BRANCH, (None, short))])
            any_short = _COMPILER.compile(choice, flags).match
        engines = [_COMPILER.compile(way, flags).match if _is_short(way) else None for way in branch]
        ways = list(zip(branch, engines, strict=True))
        _branches[key] = any_short, ways, [way for way, engine in ways if engine is None]
    return _branches[key]


def _is_short(nodes: Any) -> bool:
    """Whether they take no more of a longer text."""
    return all(
        op.name != "GROUPREF" and (op.name not in _REPEATS or int(arg[1]) <= _BOUND)
        for each in _sequences(nodes)
        for op, arg in each
    )


def _engine(nodes: Any, index: int, flags: int) -> _Engine:
    engine: _Engine = _COMPILER.compile(nodes[index : index + 1], flags).match
    return engine


# --- texts ------------------------------------------------------------------------------------------------


def attacks(pattern: re.Pattern[Any], times: int) -> Iterator[str]:
    """Texts that drive `pattern` into its repeats, `times` over, and let it fail behind them."""
    for opening, pump in _pumps(pattern):
        yield opening + pump * times
        yield opening + pump * times + "\x01"


@functools.cache
def _pumps(pattern: re.Pattern[Any]) -> Sequence[tuple[str, str]]:
    """What a text begins with, and what it then says again and again."""
    nodes = _nodes(pattern)
    example, openings = _example(nodes)
    letters = list(dict.fromkeys(_letters(nodes)))[:_ALPHABET]
    pumps = {example, *_words(nodes), *("".join(pair) for pair in itertools.product(letters, ["", *letters]))}
    beginnings = list({"": 0, **dict.fromkeys(openings)})[:_OPENINGS]
    return list(itertools.product(beginnings, sorted(pumps - {""})))


def _example(nodes: Any) -> tuple[str, list[str]]:
    """A short text that `nodes` match (looks around aside), and its beginnings up to each repeat."""
    text, openings = "", list[str]()
    for n, (op, arg) in enumerate(nodes):
        inner: list[Any] = []
        if op.name in _REPEATS:
            openings.append(text)
            inner = [arg[2]] * min(max(int(arg[0]), 1), _BOUND)
        elif inside := _inside(arg):
            inner = inside[:1]
        else:
            text += _member(nodes, n)
        for part in inner:
            said, within = _example(part)
            openings += [text + each for each in within]
            text += said
    return text, openings


def _inside(arg: Any) -> list[Any]:
    """The sequences of nodes that a node is made of."""
    if isinstance(arg, _PARSER.SubPattern):
        return [arg]
    if isinstance(arg, tuple | list):
        parts: list[Any] = list(arg)  # pyright: ignore[reportUnknownArgumentType]
        return [each for part in parts for each in _inside(part)]
    return []


def _sequences(nodes: Any) -> Iterator[Any]:
    yield nodes
    for _, arg in nodes:
        for part in _inside(arg):
            yield from _sequences(part)


def _words(nodes: Any) -> set[str]:
    """Runs of letters that stand in the pattern, such as ``<script``, alone and with a space behind them."""
    runs = [
        "".join(chr(arg) if op.name == "LITERAL" else "\0" for op, arg in each) for each in _sequences(nodes)
    ]
    words = sorted({word for run in runs for word in run.split("\0") if len(word) > 1})
    some = words[:: -(-len(words) // _WORDS) or 1]
    return {*some, *(f"{word} " for word in some)}


def _letters(nodes: Any) -> Iterator[str]:
    """A character for each place that takes one, those in repeats first, and those that a place does not take."""
    for each in reversed(list(_sequences(nodes))):
        for n, (op, arg) in enumerate(each):
            if not _inside(arg):
                yield from _member(each, n)
            if op.name == "NOT_LITERAL":
                yield chr(arg)


def _member(nodes: Any, index: int) -> str:
    """A character that a node without others in it takes; none where it takes none."""
    op, arg = nodes[index]
    if op.name == "LITERAL":
        return chr(arg)
    if op.name not in ("IN", "ANY", "NOT_LITERAL"):
        return ""
    engine = _engine(nodes, index, 0)
    return next((char for char in _CANDIDATES if engine(char)), "")
