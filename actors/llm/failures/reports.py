"""What a provider says about a failure, found in a body of any shape. Pure.

There are as many shapes as servers: an object under ``error``, with texts or further objects in it; ``detail`` as text
or as a list of wrong fields; ``errors``; ``message`` on the outside; JSON inside a text; pages of proxies.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.llm.failures import google_errors
from bus import Data

_STATUS: Final = re.compile(r"[45][0-9]{2}")
_TAG_NAME: Final = re.compile(r"/?[a-z]{0,20}", re.IGNORECASE)
_UNSPOKEN: Final = ("script", "style")
_LONGEST: Final = 400
"""Characters of a message."""
_MOST: Final = 5
"""Members of a list that are read."""
_DEEPEST: Final = 10
"""Levels of objects within objects that are."""

_INNER: Final = ("error", "errors", "detail", "base_resp", "metadata", "raw", "innererror", "cause")
_WORDS: Final = (
    "message",
    "msg",
    "status_msg",
    "error_description",
    "error_msg",
    "errormessage",
    "title",
    "reason",
)
_NAMES: Final = ("code", "type", "__type", "error_type", "status", "error_code")
_CODES: Final = ("code", "status", "statuscode", "status_code", "error_code", "http_status")
_NO_NAMES: Final = ("error", "errors", "none", "null")


@final
@attrs.frozen(kw_only=True)
class Report(Data):
    """What a provider said about a failure."""

    status: int | None = None
    """HTTP status; None for an error inside a stream that began well."""
    names: tuple[str, ...] = ()
    """What it calls the failure, ``error.code`` and ``error.type``, the more exact one first."""
    message: str = ""
    wait: float | None = None
    """Seconds after which to ask again, where a field says so."""


def read_report(status: int | None, body: Any) -> Report:
    """Understand what tells of an error.

    Args:
      status: of the answer; None inside a stream. One that is no error gives way to what the body says.
      body: decoded JSON, or any text.
    """
    if isinstance(body, str):
        body = _decoded(body)
    found = _Found()
    found.look(body, _DEEPEST)
    message = ": ".join(dict.fromkeys(found.said))
    if not message and not found.names and not isinstance(body, str) and body:
        message = jsontext.write(body)
    if status is None or status < 400:
        status = found.status or status
    names = tuple(dict.fromkeys(found.names))
    return Report(status=status, names=names, message=plain(message), wait=found.wait)


class _Found:
    """What was found so far, from outside inwards."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.wait: float | None = None
        self.names: list[str] = []
        self.said: list[str] = []

    def look(self, value: Any, depth: int) -> None:
        if isinstance(value, str) and depth:
            decoded = _decoded(value) if value.lstrip().startswith(("{", "[")) else value
            if not isinstance(decoded, str):
                self.look(decoded, depth - 1)
            elif value.strip():
                self.said.append(value.strip())
        elif isinstance(value, list) and depth:
            items: list[Any] = cast("Any", value)
            for item in items[:_MOST]:
                self.look(item, depth - 1)
        elif isinstance(value, Mapping) and depth:
            self._look_within({str(key).lower(): each for key, each in _members(value)}, depth - 1)

    def _look_within(self, fields: Mapping[str, Any], depth: int) -> None:
        self.names += google_errors.names(fields)
        self.wait = google_errors.wait(fields) if self.wait is None else self.wait
        self.names += [
            str(name)
            for key in _NAMES
            if isinstance(name := fields.get(key), str | int)
            and not isinstance(name, bool)
            and str(name).strip().lower() not in ("", "0", *_NO_NAMES)
        ]
        for key in _CODES:
            code = fields.get(key)
            if self.status is None and isinstance(code, int | str) and _STATUS.fullmatch(str(code)):
                self.status = int(code)
        place = _place(fields)
        said_before = len(self.said)
        for key in _WORDS:
            self.look(fields.get(key), depth)
        if place and len(self.said) > said_before and place not in " ".join(self.said[said_before:]):
            self.said[said_before] = f"{place}: {self.said[said_before]}"
        for key in _INNER:
            self.look(fields.get(key), depth)


def _place(fields: Mapping[str, Any]) -> str:
    """The field of the request that is wrong, where that is said beside the words."""
    at = fields.get("loc")
    if isinstance(at, list):
        steps: list[Any] = cast("Any", at)
        return ".".join(str(step) for step in steps[:_DEEPEST])
    param = fields.get("param") or fields.get("parameter")
    return param if isinstance(param, str) else ""


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    yield from cast("Mapping[Any, Any]", value).items()


def _decoded(text: str) -> Any:
    try:
        return jsontext.read(text)
    except jsontext.NotJson:
        return text


def plain(text: str) -> str:
    """Text on one line, without HTML, not longer than a person reads; a word is whole, and a secret would be found."""
    words = " ".join(_without_tags(text).split())
    if len(words) <= _LONGEST:
        return words
    shown = words[:_LONGEST]
    return f"{shown.rpartition(' ')[0] or shown}…"


def _without_tags(text: str) -> str:
    first, *parts = text.split("<")
    said, inside = [first], ""
    for part in parts:
        tag, closed, rest = part.partition(">")
        name = _TAG_NAME.match(tag)
        called = name[0].lower() if name else ""
        if inside:
            inside = "" if called == f"/{inside}" else inside
        elif called in _UNSPOKEN:
            inside = called
        elif not closed:
            said.append(f"<{tag}")
        if not inside:
            said.append(rest)
    return " ".join(said)
