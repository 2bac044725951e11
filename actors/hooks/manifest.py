"""A hook as its owner writes it: ``HOOK.md``, a table of TOML between two lines ``+++``, then a text about it. Pure."""

import importlib
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, cast, final

import attrs

from actors.hooks.eligibility import NOTHING, SYSTEMS, Requires
from actors.hooks.messages import EVENTS, OF_TOOLS, EventName
from actors.shapes import suggestion
from actors.vocabulary import is_one_line, quoted
from bus import Data

T = TypeVar("T")

NAME: Final = "HOOK.md"
LARGEST: Final = 64 * 1024
"""Bytes."""
LONGEST_NAME: Final = 64
_LINE: Final = "+++"


class BadManifest(ValueError):
    """A manifest cannot be used. The text is a sentence for its owner, without its full stop."""


@final
@attrs.frozen(kw_only=True)
class Manifest(Data):
    """One hook, as it is written."""

    name: str
    event: EventName
    matcher: str | None = None
    """Regular expression that is looked for in the name of the tool; None: all tools."""
    timeout: float | None = None
    """Seconds; None: as configured."""
    command: str | None = None
    """For ``sh -c``, in the folder of the manifest; None: there is nothing to call."""
    required: bool = False
    """Whether a call, a message or a question is denied when it fails."""
    requires: Requires = NOTHING
    description: str = ""


def read(text: str) -> Manifest:
    """The manifest that a file is. Raises BadManifest. Keys that are not known are passed over."""
    header, description = _parted(text)
    try:
        table = tomllib.loads(header)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadManifest(f"what stands between the lines {_LINE} is no TOML: {error}") from None
    requires = cast("Mapping[str, Any]", _of(table, "requires", dict, "a table") or {})
    event = _event(table)
    return Manifest(
        name=_name(table),
        event=event,
        matcher=_matcher(_of(table, "matcher", str, "a text"), event),
        timeout=_seconds(table),
        command=(_of(table, "command", str, "a text") or "").strip() or None,
        required=_of(table, "required", bool, "true or false") or False,
        requires=Requires(
            bins=_texts(requires, "bins"),
            any_bins=_texts(requires, "any_bins"),
            env=_texts(requires, "env"),
            os=_systems(requires),
        ),
        description=description.strip(),
    )


def _parted(text: str) -> tuple[str, str]:
    """What stands between the first two lines that are ``+++``, and what follows."""
    lines = text.removeprefix("\ufeff").strip().splitlines()
    if not lines or lines[0].rstrip() != _LINE:
        raise BadManifest(f"missing opening {_LINE}")
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == _LINE), None)
    if end is None:
        raise BadManifest(f"missing closing {_LINE}")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])


def _of(table: Mapping[str, Any], key: str, kind: type[T], what: str) -> T | None:
    found = table.get(key)
    if found is None or (isinstance(found, kind) and (kind is bool or not isinstance(found, bool))):
        return found
    raise BadManifest(f"{key} is not {what}")


def _name(table: Mapping[str, Any]) -> str:
    name = _of(table, "name", str, "a text")
    if name is None:
        raise BadManifest("it has no name")
    if not is_one_line(name) or len(name) > LONGEST_NAME:
        raise BadManifest(f"{quoted(name)} cannot be a name: one line of at most {LONGEST_NAME} characters")
    return name


def _event(table: Mapping[str, Any]) -> EventName:
    event = _of(table, "event", str, "a text")
    if event is None:
        raise BadManifest("it does not say its event")
    if event not in EVENTS:
        meant = suggestion(event, EVENTS) or f": events are {', '.join(EVENTS)}"
        raise BadManifest(f"there is no event {quoted(event)}{meant}".rstrip("."))
    return event


def _seconds(table: Mapping[str, Any]) -> float | None:
    given = table.get("timeout")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        raise BadManifest("timeout is not a number of seconds above 0")
    return float(given)


def _matcher(pattern: str | None, event: EventName) -> str | None:
    """The expression, where the event is one that it counts for. Raises BadManifest."""
    if pattern is not None and event in OF_TOOLS:
        compiled(pattern)
    return pattern


def compiled(pattern: str) -> Any:
    """A matcher: an expression of RE2, which takes no longer than the text is long. Raises BadManifest."""
    re2: Any = importlib.import_module("re2")  # it comes without types, and only where there is a matcher
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0]  # bytes, or a text, as the versions of the library have it
        why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise BadManifest(f"the matcher {quoted(pattern)} is no regular expression: {why}") from None


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = cast("list[Any]", _of(table, key, list, "a list")) or []
    if not all(isinstance(each, str) for each in found):
        raise BadManifest(f"requires.{key} is no list of texts")
    return tuple(found)


def _systems(table: Mapping[str, Any]) -> tuple[str, ...]:
    systems = _texts(table, "os")
    known: tuple[Literal["macos", "linux", "windows"], ...] = cast("Any", tuple(SYSTEMS.values()))
    for system in systems:
        if system not in known:
            raise BadManifest(f"{quoted(system)} is no system: they are {', '.join(known)}")
    return systems
