"""Several files as one configuration: which are read, which of them counts, and the settings they come to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import attrs

from actors.settings.binding import Findings, Table
from actors.settings.problems import ConfigError, Problem, nearest
from actors.settings.tomlfile import TomlFile, Values, is_table


@final
@attrs.frozen(kw_only=True)
class Source:
    """A file that may say something."""

    path: Path
    original: Path | None = None
    """What it is a copy of: named in its place as long as the two are the same."""
    required: bool = False
    lenient: bool = False
    """It is never worth a refusal: what is wrong in it keeps its default and is a warning."""
    only: frozenset[str] | None = None
    """The keys it may set at its top; None allows all but those it `refuses`."""
    refuses: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Keys that it may not set at its top, each with where it belongs."""

    def refusal(self, file: TomlFile, key: str) -> Problem | None:
        """What is to be said of a key at the top of `file`; None when it may stand there."""
        if self.only is not None and key not in self.only:
            why, meant = "unknown key, ignored", nearest(key, sorted(self.only))
        elif key in self.refuses:
            why, meant = self.refuses[key], None
        else:
            return None
        return Problem(file=file.path, key=key, line=file.line_of((key,)), expected=why, nearest=meant)


@final
@attrs.frozen(kw_only=True)
class Section:
    """The settings of one subsystem: a frozen attrs class, its field names being the keys."""

    kind: type[Any]
    keys: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Key in the files, with dots where it stands deeper, for fields whose key is not their name."""
    read: Callable[[Table], Any] | None = None
    """Takes the settings from the document where that is more than binding the class."""
    check: Callable[[Any], Iterable[str]] = attrs.field(default=lambda _: ())
    """What keeps these settings from being used, although each value is right by itself; one sentence each."""

    def bind(self, document: Table) -> Any:
        """An instance of the class. What is wrong is among the findings and keeps its default."""
        return self.read(document) if self.read else document.bind(self.kind, names=self.keys)


@final
@attrs.frozen(kw_only=True)
class Scheme:
    """All that the files may say."""

    sections: tuple[Section, ...]
    secrets: tuple[tuple[str, str], ...] = ()
    """Keys that are left out, each with the reason for the warning; ``*`` stands for every name of a table."""
    overruled: Callable[[Values, Values], Values] = lambda base, _overlay: base
    """What of a file still counts under another that says more."""


@final
@attrs.frozen(kw_only=True)
class Loaded:
    """What the files come to."""

    values: Mapping[type, object] = attrs.field(repr=False)
    """Settings by their class."""
    files: tuple[TomlFile, ...]
    """Those that were there, the one that counts most first."""
    keys: frozenset[str]
    """Every key that a section asked for, with dots."""
    warnings: tuple[Problem, ...] = ()


Allow = Callable[[Mapping[type, Any]], None]


def load(
    sources: Sequence[Source],
    scheme: Scheme,
    texts: Mapping[Path, str] | None = None,
    *,
    allow: Allow | None = None,
) -> Loaded:
    """Read and check the files.

    Args:
      sources: the one that counts most first.
      scheme: what they may say.
      texts: what is to be taken for the content of a file in place of what is there.
      allow: is shown the settings before the checks of their sections, which may look at other files; what it raises is
        raised.

    Raises ConfigError with every mistake in every file.
    """
    read, warnings = _read(sources, texts or {})
    files = [file for _, file in read]
    findings = Findings(files, main=next((file for source, file in read if source.required), None))
    findings.warnings += warnings
    values: Values = {}
    for file in reversed(files):
        values = merge(scheme.overruled(values, file.values), file.values)
    document = Table(values, findings)
    for key, why in scheme.secrets:
        _ignore(document, key.split("."), why)
    bound = {section.kind: section.bind(document) for section in scheme.sections}
    document.report_unknown()
    if not findings.errors:
        if allow is not None:
            allow(bound)
        _check(scheme, bound, findings)
    if findings.errors:
        raise ConfigError(findings.errors, findings.warnings)
    return Loaded(
        values=bound,
        files=tuple(files),
        keys=frozenset(".".join(key) for key in document.known_keys()),
        warnings=tuple(findings.warnings),
    )


def merge(base: Values, overlay: Values) -> Values:
    """`overlay` over `base`: tables join, anything else is replaced, lists included."""
    merged: Values = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if is_table(below) and is_table(value) else value
    return merged


def _read(
    sources: Iterable[Source], texts: Mapping[Path, str]
) -> tuple[list[tuple[Source, TomlFile]], list[Problem]]:
    """The files that are there and warnings about them. Raises ConfigError about all that cannot be read."""
    files, warnings, problems = list[tuple[Source, TomlFile]](), list[Problem](), list[Problem]()
    for source in sources:
        try:
            if source.path in texts:
                file = TomlFile.parse(source.path, texts[source.path])
            elif source.required or source.path.exists():
                file = TomlFile.read(source.path, original=source.original)
            else:
                continue
        except ConfigError as error:
            (warnings if source.lenient else problems).extend(error.problems)
            continue
        refused = {key: refusal for key in file.values if (refusal := source.refusal(file, key))}
        warnings += refused.values()
        files.append((source, file.without(refused, lenient=source.lenient)))
    if problems:
        raise ConfigError(problems)
    return files, warnings


def _ignore(table: Table, key: list[str], why: str) -> None:
    """Leave out what would be copied, committed and shown."""
    first, *rest = key
    if not rest:
        table.ignore(first, why)
    elif first == "*":
        for name in table.names():
            _ignore(table.table(name), rest, why.replace("*", name.upper()))
    else:
        _ignore(table.table(first), rest, why)


def _check(scheme: Scheme, bound: Mapping[type, Any], findings: Findings) -> None:
    for section in scheme.sections:
        for words in section.check(bound[section.kind]):
            findings.error((), words)
