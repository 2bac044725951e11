"""Input of a call, out of whatever a provider sent for it. Pure."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, cast

from actors import jsontext

CUT: Final = "The input of this call was cut off at the token limit, so the call was not run."

_NO_INPUT: Final = ("", "null", '""', "''", "[]", "None", "undefined")
"""What stands for a call without input."""
_FENCE: Final = re.compile(r"^```\w{0,10}\s")
_REMAINS: Final = re.compile(r"(?:[\s}`]|<[^<>{}\[\]\"]{1,40}>)*")
"""What a template or a model that miscounts leaves behind the object that it was asked for."""
_NO_ESCAPE: Final = re.compile(r'(\\["\\/bfnrtu])|\\')
"""A backslash with which no escape begins is one that was meant."""
_LINE_END: Final = re.compile(r"(\\\\)|\\n")
"""An escaped end of a line, which some models write between values as well."""


def read_input(value: Any, *, cut: bool) -> tuple[Mapping[str, Any], str | None]:
    """Input of a call from its JSON text (or from a value that came whole), and why it cannot be read.

    Nothing at all means a call without input, unless the answer was `cut` at the token limit.
    """
    text = value if isinstance(value, str) else jsontext.write(value)
    if text.strip() in _NO_INPUT and not cut:
        return {}, None
    try:
        return _object(text), None
    except jsontext.NotJson as error:
        if cut:
            return {}, CUT
        return {}, f"The input of this call is no JSON that can be read ({error}), so the call was not run."


def read_fragments(fragments: Sequence[Any], *, cut: bool) -> tuple[Mapping[str, Any], str | None]:
    """:func:`read_input` of what came in pieces: text to be joined, or values of which each was whole.

    Some servers repeat all that they sent before with each piece; then the last one says it all.
    """
    texts = [
        each if isinstance(each, str) else jsontext.write(each) for each in fragments if each is not None
    ]
    input, why = read_input("".join(texts), cut=cut)
    if why is None or len(texts) < 2:
        return input, why
    said = [text for text in texts if text.strip() not in _NO_INPUT]
    snapshots = all(after.startswith(before) for before, after in pairwise(said)) or all(
        map(_is_object, said)
    )
    if said and snapshots:
        input, last = read_input(said[-1], cut=False)
        return (input, None) if last is None else (input, why)
    return input, why


def _is_object(text: str) -> bool:
    try:
        _object(text)
    except jsontext.NotJson:
        return False
    return True


def _object(text: str) -> dict[str, Any]:
    """The object in `text`; one that was written as a text within JSON, or repeated, counts as well. Raises NotJson."""
    try:
        value = jsontext.read(text)
    except jsontext.NotJson:
        if (found := _repeated(text)) is None and (found := _mended(text)) is None:
            raise
        return found
    if isinstance(value, str):
        return jsontext.read_object(value)
    if not isinstance(value, dict):
        raise jsontext.NotJson("it is not a JSON object")
    return cast("dict[str, Any]", value)


def _mended(text: str) -> dict[str, Any] | None:
    """The object in a text that only its line ends, its backslashes or what stands around it keep from being JSON."""
    text = _FENCE.sub("", text.strip().removeprefix("\ufeff").lstrip())
    escaped = _NO_ESCAPE.sub(lambda match: match[1] or r"\\", text)
    broken = _LINE_END.sub(lambda match: match[1] or "\n", text)
    for candidate in dict.fromkeys((text, escaped, broken)):
        try:
            value, rest = jsontext.read_first(candidate)
        except jsontext.NotJson:
            continue
        if isinstance(value, dict) and _REMAINS.fullmatch(rest):
            return cast("dict[str, Any]", value)
    return None


def _repeated(text: str) -> dict[str, Any] | None:
    """The one object that a row of values holds, over and over or beside empty ones."""
    values = jsontext.read_row(text)
    objects = [value for value in values if value]
    if not values or any(objects[0] != each for each in objects[1:]):
        return None
    found: Any = objects[0] if objects else {}
    return cast("Any", found) if isinstance(found, dict) else None
