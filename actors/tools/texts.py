"""Searching for lines in a text. Pure, but for reading the file it is given.

Expressions are those of RE2, which takes time in proportion to the text whatever the expression: neither look-around
nor references back. A text is searched in pieces of whole lines, so one that is larger than memory is no matter.
"""

import importlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, final

import attrs

from actors.tools.messages import BadPattern, Grep
from actors.tools.patterns import LONGEST

PIECE: Final = 256 * 1024
"""Bytes that are searched at once."""
LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line, or of a text that is searched as a whole."""
SHOWN: Final = 1000
"""Characters that are shown of a line."""
MEMORY: Final = 4 * 1024 * 1024
"""Bytes that an expression may take."""
MOST_AROUND: Final = 1000
"""Lines of context before or after a match."""


@attrs.define(eq=False)
class Unsearchable(Exception):
    """A file is not text, or has no lines."""

    why: str
    is_rare: bool = False
    """Whether that is worth saying of a file that nobody named."""

    def __str__(self) -> str:
        return self.why


@final
class Search:
    """An expression with what is wanted of its matches."""

    def __init__(self, wanted: Grep) -> None:
        """Raises BadPattern."""
        self._wanted = wanted
        around = (wanted.around if wanted.context is None else wanted.context) or 0
        self._before = min(around if wanted.before is None else wanted.before, MOST_AROUND)
        self._after = min(around if wanted.after is None else wanted.after, MOST_AROUND)
        self._expression = _compiled(wanted.pattern, ignore_case=wanted.ignore_case, whole=wanted.multiline)
        self.of: Callable[[BinaryIO, str, Callable[[], None]], Iterator[str]] = {
            "content": self._content,
            "count": self._count,
            "files_with_matches": self._files,
        }[wanted.output_mode]
        """Lines of output for a file: open at its start, its path, and what is called between pieces. They raise
        Unsearchable when it turns out to be no text."""

    def _files(self, file: BinaryIO, path: str, go_on: Callable[[], None]) -> Iterator[str]:
        if any(self._expression.search(piece) for piece in self._pieces(file, go_on)):
            yield path

    def _count(self, file: BinaryIO, path: str, go_on: Callable[[], None]) -> Iterator[str]:
        count = sum(1 for piece in self._pieces(file, go_on) for _ in self._expression.finditer(piece))
        if count:
            yield f"{path}:{count}"

    def _content(self, file: BinaryIO, path: str, go_on: Callable[[], None]) -> Iterator[str]:
        around = _Around(self._before, self._after)
        for number, line, is_match in around.of(self._lines(file, go_on)):
            if number is None:
                yield "--"
            elif self._wanted.numbers:
                mark = ":" if is_match else "-"
                yield f"{path}{mark}{number}{mark}{_shown(line, number)}"
            else:
                yield f"{path}:{_shown(line, number)}"

    def _lines(self, file: BinaryIO, go_on: Callable[[], None]) -> Iterator[tuple[int, bytes, bool]]:
        """Every line with its number and whether a match lies in it; without context only those."""
        first = 1
        for piece in self._pieces(file, go_on):
            hits = set(_numbers(self._expression, piece, first))
            lines = piece.split(b"\n")
            if self._before or self._after:
                yield from ((n, line, n in hits) for n, line in enumerate(lines, first))
            else:
                yield from ((n, lines[n - first], True) for n in sorted(hits))
            first += len(lines)

    def _pieces(self, file: BinaryIO, go_on: Callable[[], None]) -> Iterator[bytes]:
        """The text in pieces of whole lines, without the last line end of each; one piece where matches cross lines."""
        pieces = _whole_lines(file, go_on)
        if self._wanted.multiline:
            pieces = iter([_joined(pieces)])
        for piece in pieces:
            if b"\0" in piece:
                raise Unsearchable("no text")
            try:
                piece.decode()
            except UnicodeDecodeError:
                raise Unsearchable("no text in UTF-8") from None
            if piece:
                yield piece.replace(b"\r\n", b"\n").removesuffix(b"\n")


def _compiled(pattern: str, *, ignore_case: bool, whole: bool) -> Any:
    if len(pattern) > LONGEST:
        raise BadPattern(pattern=pattern, reason=f"it is longer than {LONGEST} characters")
    re2: Any = importlib.import_module("re2")  # it comes without types
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.never_nl = not whole
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        expression: Any = re2.compile((("(?ms)" if whole else "(?m)") + pattern).encode(), options)
    except re2.error as error:
        said = error.args[0]
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise BadPattern(pattern=pattern, reason=f"{reason} (the syntax is that of RE2)") from error
    except UnicodeEncodeError as error:
        raise BadPattern(pattern=pattern, reason="it contains characters that no text can have") from error
    return expression


def _whole_lines(file: BinaryIO, go_on: Callable[[], None]) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(PIECE):
        go_on()
        lines, newline, rest_of_chunk = chunk.rpartition(b"\n")
        if newline:
            yield rest + lines + newline
            rest = rest_of_chunk
        else:
            rest += chunk
        if len(rest) > LONGEST_LINE:
            raise Unsearchable(f"a line of more than {LONGEST_LINE} bytes", is_rare=True)
    if rest:
        yield rest


def _joined(pieces: Iterator[bytes]) -> bytes:
    found: list[bytes] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > LONGEST_LINE:
            raise Unsearchable(
                f"more than {LONGEST_LINE} bytes, too many to search across lines", is_rare=True
            )
    return b"".join(found)


def _numbers(expression: Any, text: bytes, first: int) -> Iterator[int]:
    """Numbers of the lines in which matches lie, where that of the first one is `first`."""
    at, number = 0, first
    while found := expression.search(text, at):
        number += text.count(b"\n", at, found.start())
        yield number
        last = max(found.start(), found.end() - 1)
        for _ in range(text.count(b"\n", found.start(), last)):
            number += 1
            yield number
        end = text.find(b"\n", last)
        if end < 0:
            return
        at, number = end + 1, number + 1


def _shown(line: bytes, number: int) -> str:
    text = line.decode()
    if len(text) <= SHOWN:
        return text
    return f"{text[:SHOWN]} [cut: {len(text)} characters; read on with FileRead, offset {number} and skip {SHOWN}]"


@final
class _Around:
    """Picks matches out of lines, with those before and after, and None for a number where some are left out."""

    def __init__(self, before: int, after: int) -> None:
        self._waiting: deque[tuple[int, bytes]] = deque(maxlen=before)
        self._after = after
        self._has_context = bool(before or after)

    def of(self, lines: Iterator[tuple[int, bytes, bool]]) -> Iterator[tuple[int | None, bytes, bool]]:
        last, left = 0, 0
        for number, line, is_match in lines:
            if is_match:
                first = self._waiting[0][0] if self._waiting else number
                if self._has_context and last and first > last + 1:
                    yield None, b"", False
                yield from ((n, each, False) for n, each in self._waiting)
                self._waiting.clear()
                yield number, line, True
                last, left = number, self._after
            elif left:
                yield number, line, False
                last, left = number, left - 1
            else:
                self._waiting.append((number, line))
