"""The one place where foreign text becomes values, and where values become JSON that any client can read. Pure.

What a model, a browser, a file or a person wrote is bounded here before anybody looks at it: bytes, depth of nesting,
size of numbers. So whoever holds a value can store it, send it on and walk it by recursion. Rules where JSON leaves
a choice:

* a byte-order mark is passed over, and of two equal keys in one object the last one counts;
* half of a surrogate pair, which an escape can say and no encoding can, becomes U+FFFD;
* ``NaN`` and ``Infinity`` are not JSON: they are refused when read and become null when written.

Time is linear in the length of the text.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final, cast, final

import attrs

BYTES: Final = 16 * 1024 * 1024
"""Bound of a text for which its reader sets no other."""
DEPTH: Final = 64
"""Levels of lists and objects that a text from outside may nest."""
OWN_DEPTH: Final = 2 * DEPTH
"""The same for what this process wrote itself: something from outside within objects of ours."""

_WHOLE_DIGITS: Final = 20
_BLANKS: Final = " \t\r\n"
_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_ESCAPES: Final = re.compile(rf"({_PAIR})|{_HALF}|(\\.)", re.DOTALL)
_STRING_OR_CONSTANT: Final = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|-?Infinity|NaN', re.DOTALL)
_LONGEST_PLACE: Final = 100
"""Characters of a path that an error shows."""


@final
@attrs.define(eq=False)
class NotJson(ValueError):
    """A text is not JSON, or more than is read here. `fault` is a sentence without its full stop, for people."""

    fault: str
    at: str = ""
    """Path to the value that is wrong, such as ``schedule.tags[2]``; empty for the text as a whole."""

    def __str__(self) -> str:
        return f"{self.at}: {self.fault}" if self.at else self.fault


# --- reading ----------------------------------------------------------------------------------------------


def read(text: bytes | str, *, limit: int = BYTES, depth: int = DEPTH, keep_halves: bool = False) -> Any:
    """The value of a JSON text, at most `limit` bytes long and nesting at most `depth` levels.

    `keep_halves` leaves halves of surrogate pairs as they are, for a reader that joins what was cut between two
    texts. Raises NotJson.
    """
    text = _decoded(text, limit)
    if not keep_halves and "\\u" in text:
        text = _ESCAPES.sub(_mended, text)
    value = _parsed(text)
    if text.count("[") + text.count("{") > depth and _nests_deeper(value, depth):
        raise NotJson(f"it nests deeper than {depth} levels")
    return value


def read_loosely(data: bytes, *, limit: int = BYTES) -> Any:
    """The value of a text that somebody else's program took for JSON, halves of surrogate pairs as they are.

    What is not UTF-8 becomes U+FFFD, what is no number that every reader can hold null, and a text may have line ends
    in it. Raises NotJson where nothing can be made of it.
    """
    try:
        return read(data, limit=limit, keep_halves=True)
    except NotJson:
        text = data[: limit + 1].decode(errors="replace")
        return _shallow(_LOOSE, text.removeprefix("\ufeff"), limit)


def read_first(text: str, *, limit: int = BYTES) -> tuple[Any, str]:
    """The value with which a text begins, which may have line ends in its texts, and what follows. Raises NotJson."""
    text = _ESCAPES.sub(_mended, _decoded(text, limit)).lstrip()
    try:
        value, end = _MULTILINE.raw_decode(text)
    except (ValueError, RecursionError, _UnfitNumber):
        raise NotJson("it does not begin with a value") from None
    if _nests_deeper(value, DEPTH):
        raise NotJson(f"it nests deeper than {DEPTH} levels")
    return value, text[end:]


def _shallow(decoder: json.JSONDecoder, text: str, limit: int) -> Any:
    if len(text) > limit:
        raise NotJson(f"it is longer than {limit} bytes")
    value = _parsed(text, decoder)
    if _nests_deeper(value, DEPTH):
        raise NotJson(f"it nests deeper than {DEPTH} levels")
    return value


def read_object(text: bytes | str, *, limit: int = BYTES, depth: int = DEPTH) -> dict[str, Any]:
    """Like :func:`read`, for a text that must be an object. Raises NotJson."""
    value = read(text, limit=limit, depth=depth)
    if not isinstance(value, dict):
        raise NotJson("it is not a JSON object")
    return cast("dict[str, Any]", value)


def read_row(text: bytes | str, *, limit: int = BYTES, depth: int = DEPTH) -> list[Any]:
    """The values of a text that holds several, one behind the other; none where anything else is among them."""
    try:
        text = _ESCAPES.sub(_mended, _decoded(text, limit))
        values, at = list[Any](), 0
        while at < len(text):
            if text[at] in _BLANKS:
                at += 1
                continue
            value, at = _STRICT.raw_decode(text, at)
            values.append(value)
    except (ValueError, RecursionError, _UnfitNumber):
        return []
    return [] if _nests_deeper(values, depth + 1) else values


def _decoded(text: bytes | str, limit: int) -> str:
    data = text if isinstance(text, bytes) else whole(text).encode()
    if len(data) > limit:
        raise NotJson(f"it is longer than {limit} bytes")
    try:
        return data.decode().removeprefix("\ufeff")  # the codec for this is written in Python
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8") from None


def _mended(escape: re.Match[str]) -> str:
    return escape[1] or escape[2] or "\\ufffd"


def _parsed(text: str, decoder: json.JSONDecoder | None = None) -> Any:
    try:
        return (decoder or _STRICT).decode(text)
    except json.JSONDecodeError as error:
        fault = f"{error.msg[0].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
        raise NotJson(fault) from None
    except _UnfitNumber as unfit:
        raise NotJson(f"{unfit} is no number that every reader can hold", _place(text)) from None
    except RecursionError:
        raise NotJson("it nests too deep") from None


# --- depth ------------------------------------------------------------------------------------------------


def _nests_deeper(value: Any, depth: int) -> bool:
    """Level by level, so that nothing is too deep to be looked at."""
    level = list(_containers([value]))
    for _ in range(depth):
        level = [inner for node in level for inner in _containers(_members(node))]
    return bool(level)


def _containers(values: Iterable[Any]) -> Iterator[Any]:
    return filter(lambda value: isinstance(value, dict | list), values)


def _members(node: Any) -> Iterable[Any]:
    return cast("dict[str, Any]", node).values() if isinstance(node, dict) else cast("list[Any]", node)


# --- numbers ----------------------------------------------------------------------------------------------


class _UnfitNumber(Exception):
    """A number beyond 64 bits, or none; also stands in its place while that is looked for."""


def _whole_number(text: str) -> int:
    if len(text) > _WHOLE_DIGITS or not -(2**63) <= (number := int(text)) < 2**63:
        raise _UnfitNumber(text if len(text) <= _WHOLE_DIGITS else f"{text[:_WHOLE_DIGITS]}…")
    return number


def _fraction(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise _UnfitNumber(text if len(text) <= _WHOLE_DIGITS else f"{text[:_WHOLE_DIGITS]}…")
    return number


def _constant(name: str) -> Any:
    raise _UnfitNumber(name)


def _or_misfit(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        try:
            return convert(text)
        except _UnfitNumber as unfit:
            return unfit

    return converted


def _or_nothing(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        try:
            return convert(text)
        except _UnfitNumber:
            return None

    return converted


_STRICT: Final = json.JSONDecoder(parse_int=_whole_number, parse_float=_fraction, parse_constant=_constant)
_MULTILINE: Final = json.JSONDecoder(
    strict=False, parse_int=_whole_number, parse_float=_fraction, parse_constant=_constant
)
_LOOSE: Final = json.JSONDecoder(
    strict=False,
    parse_int=_or_nothing(_whole_number),
    parse_float=_or_nothing(_fraction),
    parse_constant=_or_nothing(_constant),
)
_MARKING: Final = json.JSONDecoder(
    parse_int=_or_misfit(_whole_number),
    parse_float=_or_misfit(_fraction),
    parse_constant=_or_misfit(_constant),
)


def _place(text: str) -> str:
    """Path to the first number that does not fit; empty where the rest of the text cannot be read either."""
    try:
        node, trail = _MARKING.decode(text), None
    except (ValueError, RecursionError):
        return ""
    pending: list[tuple[Any, Any]] = []
    while not isinstance(node, _UnfitNumber):
        if isinstance(node, dict):
            members = cast("dict[str, Any]", node)
            pending += [(members[key], (trail, f".{key}")) for key in reversed(members)]
        elif isinstance(node, list):
            items: list[Any] = cast("Any", node)
            pending += [(items[n], (trail, f"[{n}]")) for n in reversed(range(len(items)))]
        node, trail = pending.pop()
    return _path(trail)


def _path(trail: Any) -> str:
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    path = "".join(reversed(steps)).removeprefix(".")
    return path if len(path) <= _LONGEST_PLACE else f"{path[:_LONGEST_PLACE]}…"


# --- writing ----------------------------------------------------------------------------------------------


def write(value: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """`value` as JSON that every reader takes: no ``NaN``, no ``Infinity``, no half of a character.

    Args:
      value: what :mod:`json` can write.
      indent: spaces a level; None writes all on one line without spaces.
      default: makes anything else something that can be written; a function of a module, which is remembered.

    Raises NotJson for what nests without end, TypeError for what has no JSON form.
    """
    try:
        text = _encoder(indent, default).encode(value)
    except (ValueError, RecursionError):
        text = _without_constants(value, _encoder(indent, default, constants=True))
    return whole(text)


def encode(value: Any, *, default: Callable[[Any], Any] | None = None) -> bytes:
    """:func:`write` as UTF-8."""
    return write(value, default=default).encode()


@cache
def _encoder(
    indent: int | None, default: Callable[[Any], Any] | None, *, constants: bool = False
) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=False,
        allow_nan=constants,
        indent=indent,
        separators=(",", ":") if indent is None else None,
        default=default,
    )


def _without_constants(value: Any, encoder: json.JSONEncoder) -> str:
    try:
        text = encoder.encode(value)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"this cannot be written as JSON: {error}") from error
    return _STRING_OR_CONSTANT.sub(lambda match: match[1] or "null", text)


def whole(text: str) -> str:
    """`text` with halves of surrogate pairs joined, or replaced by U+FFFD where the other half is missing."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
