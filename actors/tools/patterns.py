"""Patterns for names and paths. Pure.

A path is matched name by name, so that a walk need not enter folders in which nothing can fit.
"""

import fnmatch
import re
from collections.abc import Iterator
from typing import Final, final

from actors.tools import names
from actors.tools.messages import BadPattern

LONGEST: Final = 1000
"""Characters of a pattern."""
MOST: Final = 256
"""Alternatives of one pattern."""
_ANY_DEPTH: Final = "**"
_BRACES: Final = re.compile(r"\{([^{},]*,[^{}]*)\}")
_SETS: Final = re.compile(r"\[[!^]?\]?[^\]]*(\]?)")
_NEGATED: Final = re.compile(r"\[\^")

State = frozenset[tuple[int, int]]
"""How far each alternative has come: its number, and that of the segment that the next name has to fit."""


@final
class Pattern:
    """``*``, ``?``, ``[a-z]`` within a name, ``**`` for any number of folders, ``{a,b}`` for one of several."""

    def __init__(self, pattern: str) -> None:
        """Raises BadPattern."""
        if len(pattern) > LONGEST:
            raise BadPattern(pattern=pattern, reason=f"it is longer than {LONGEST} characters")
        self._ways = [_segments(pattern, each) for each in _alternatives(pattern)]

    def start(self) -> State:
        """Before the first name."""
        return self._closed((way, 0) for way in range(len(self._ways)))

    def after(self, state: State, name: str) -> State:
        """The state once `name` was passed; empty when nothing below it can fit."""
        plain = names.alike(name)
        return self._closed(
            (way, at + (segment is not None))
            for way, at in state
            if at < len(self._ways[way])
            and ((segment := self._ways[way][at]) is None or fnmatch.fnmatchcase(plain, segment))
        )

    def fits(self, state: State) -> bool:
        """Whether the names that were passed are a path that fits."""
        return any(at == len(self._ways[way]) for way, at in state)

    def _closed(self, positions: Iterator[tuple[int, int]]) -> State:
        """With what follows a ``**``, which may stand for nothing."""
        found: set[tuple[int, int]] = set()
        for way, reached in positions:
            segments, at = self._ways[way], reached
            found.add((way, at))
            while at < len(segments) and segments[at] is None:
                at += 1
                found.add((way, at))
        return frozenset(found)


def _alternatives(pattern: str) -> list[str]:
    """The pattern without braces, once for each way to read them."""
    done: list[str] = []
    todo = [pattern]
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            done.append(each)
        else:
            todo.extend(each[: braces.start()] + part + each[braces.end() :] for part in braces[1].split(","))
        if len(todo) + len(done) > MOST:
            raise BadPattern(pattern=pattern, reason=f"it stands for more than {MOST} patterns")
    return done


def _segments(pattern: str, way: str) -> list[str | None]:
    """One pattern for each name, None for any number of names."""
    segments = [each for each in way.split("/") if each not in ("", ".")]
    if not segments:
        raise BadPattern(pattern=pattern, reason="it is empty")
    if ".." in segments:
        raise BadPattern(pattern=pattern, reason="'..' is not allowed")
    if segments[-1] == _ANY_DEPTH:
        segments.append("*")
    return [None if each == _ANY_DEPTH else _checked(pattern, each) for each in segments]


def _checked(pattern: str, segment: str) -> str:
    if any(not found[1] for found in _SETS.finditer(segment)):
        raise BadPattern(pattern=pattern, reason="a '[' has no ']'; write [[] for the character itself")
    return _NEGATED.sub("[!", names.alike(segment))
