"""What a change of a text looks like to a person: a unified diff, bounded. Pure."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Final

AROUND: Final = 3
"""Lines shown before and after what changed."""
MOST_LINES: Final = 400
MOST_BYTES: Final = 32 * 1024
COMPARED: Final = 1000
"""Lines on either side up to which it is worked out which of them stayed; more are all shown as replaced."""
LONGEST: Final = 500
"""Characters shown of a line."""


def unified(before: str, after: str) -> str:
    """The lines that went and came, each with its mark, with some around them; empty when nothing did.

    Where it is cut, a last line says how many lines are missing.
    """
    if before == after:
        return ""
    old, new = before.splitlines(), after.splitlines()
    if old == new:
        return "@@ only line ends changed @@"
    return _bounded(list(_lines(old, new)))


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    head = _same(old, new)
    tail = min(_same(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    first = max(head - AROUND, 0)
    last = max(tail - AROUND, 0)
    ours, theirs = old[first : len(old) - last], new[first : len(new) - last]
    for ranges in _hunks(ours, theirs):
        begin, end = ranges[0], ranges[-1]
        yield _header(first, begin[1], end[2], begin[3], end[4])
        for tag, i1, i2, j1, j2 in ranges:
            if tag == "equal":
                yield from (f" {line}" for line in ours[i1:i2])
            else:
                yield from (f"-{line}" for line in ours[i1:i2])
                yield from (f"+{line}" for line in theirs[j1:j2])


_Range = tuple[str, int, int, int, int]


def _hunks(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Sequence[_Range]]:
    if max(len(ours), len(theirs)) <= COMPARED:
        yield from difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_grouped_opcodes(AROUND)
        return
    yield [("replace", 0, len(ours), 0, len(theirs))]


def _header(first: int, i1: int, i2: int, j1: int, j2: int) -> str:
    return f"@@ -{_span(first + i1, i2 - i1)} +{_span(first + j1, j2 - j1)} @@"


def _span(begin: int, length: int) -> str:
    return f"{begin + 1 if length else begin},{length}"


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines at the beginning are the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _bounded(lines: Sequence[str]) -> str:
    room = MOST_BYTES
    shown: list[str] = []
    for line in lines[:MOST_LINES]:
        text = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
        room -= len(text.encode(errors="replace")) + 1
        if room < 0:
            break
        shown.append(text)
    if len(shown) < len(lines):
        shown.append(f"@@ … {len(lines) - len(shown)} more @@")
    return "\n".join(shown)
