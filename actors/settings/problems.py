"""Mistakes in configuration files, as data; one function renders them for people."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, final

import attrs

_PLACED: Final = re.compile(r"([A-Za-z_][\w-]*(?:\.[\w-]+)+):? (.+)", re.DOTALL)


@final
@attrs.frozen(kw_only=True)
class Problem:
    """One thing that is wrong, or only odd, in one file."""

    file: Path
    key: str = ""
    """Dotted path of the key; empty when the file as a whole is meant."""
    line: int | None = None
    expected: str
    """What would have been right, or what is the matter where nothing in particular was expected."""
    found: str | None = None
    nearest: str | None = None
    """What was perhaps meant."""

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        text = ": ".join(part for part in (place, self.key, self.expected) if part)
        if self.found is not None:
            text += f", found {self.found}"
        return text if self.nearest is None else f"{text} (did you mean {self.nearest}?)"


class ConfigError(Exception):
    """The configuration cannot be used. Holds every mistake that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems = _sorted(problems)
        self.warnings = _sorted(warnings)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        if len(lines) > 1 or self.warnings:
            count = "one mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
            lines = [f"{count} in the configuration:", *(f"  {line}" for line in lines)]
        return "\n".join([*lines, *(f"  (and {warning})" for warning in self.warnings)])


def placed(words: str) -> tuple[str, str]:
    """The key that a sentence begins with, or none, and the rest of it: ``mcp.servers.a.url must be …``."""
    found = _PLACED.fullmatch(words)
    return (found[1], found[2]) if found else ("", words)


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (str(problem.file), problem.line or 0, problem.key)))


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word most like `word`, if any is like it at all."""
    return next(iter(get_close_matches(word, known, n=1)), None)


def show(value: Any) -> str:
    """A TOML value for a message, shortened."""
    if isinstance(value, dict):
        return "a table"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
