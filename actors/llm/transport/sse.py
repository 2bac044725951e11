"""Events, cut out of a stream of bytes: server-sent ones, and what servers send that only resemble them. Pure."""

from codecs import BOM_UTF8
from typing import Any, Final, cast, final

from actors import jsontext

LONGEST: Final = jsontext.BYTES
"""Bytes of one event."""

DONE: Final = b"[DONE]"
_WORD: Final = b"data:"
_BLANKS: Final = b" \t"


class EventTooLong(ValueError):
    """A stream holds an event of more than LONGEST bytes."""


@final
class EventSplitter:
    """Takes the body of a response chunk by chunk, gives the data of each event as it is complete.

    It splits on bytes: a chunk may end inside a character, and U+2028 inside a JSON string is no line end. Names of
    events and comments are dropped; the formats read here repeat the name inside the data. Beyond the standard:

    * the word ``data:`` may be indented, or be there twice;
    * lines of data that are JSON objects each are events each, where no blank lines are between them;
    * so are lines that are JSON without the word ``data:``;
    * a body that is one JSON value over many lines is one event, at its end;
    * what follows ``error:``, or is the data of an event of that name, is told as an error.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        """Pieces of the line that has no end yet."""
        self._held = 0
        """Bytes of them."""
        self._returned = False
        """The last chunk ended with a carriage return, of which a line feed may be the rest."""
        self._data: list[bytes] = []
        self._size = 0
        """Bytes of the other lines of the event that has no end yet."""
        self._bare: list[bytes] = []
        """Lines of JSON over many lines."""
        self._name = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Data of the events that `chunk` completes, in order. Raises EventTooLong."""
        *lines, rest = self._with_line_feeds(chunk).split(b"\n")
        if lines:
            lines[0] = b"".join((*self._line, lines[0])).removeprefix(BOM_UTF8)
            self._line.clear()
            self._held = 0
        events: list[bytes] = []
        for line in lines:
            self._take(line, events)
        self._line.append(rest)
        self._held += len(rest)
        if self._size + self._held > LONGEST:
            raise EventTooLong(f"an event is longer than {LONGEST} bytes")
        return events

    def close(self) -> list[bytes]:
        """Data of an event that the end of the body left without its blank line, if any."""
        events = self.feed(b"\n\n")
        if self._bare:
            events.append(b"\n".join(self._bare))
            self._bare.clear()
        return events

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """The chunk with every end of a line as one line feed."""
        if self._returned and chunk:
            self._returned = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._returned = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _take(self, line: bytes, events: list[bytes]) -> None:
        self._size += len(line)
        if self._bare:
            self._bare.append(line)
        elif not line:
            self._end(events)
        elif line.lstrip(_BLANKS).startswith(b"data:"):
            self._add(_said(line), events)
        elif line.startswith(b"event:"):
            self._name = line[6:].strip(b" ")
        elif line.startswith(b"error:"):
            self._end(events)
            events.append(_as_error(line[6:].strip(b" ")))
        elif line.lstrip().startswith((b"{", b"[")) or line.strip() == DONE:
            self._end(events)
            self._add_bare(line.strip(), events)

    def _add(self, data: bytes, events: list[bytes]) -> None:
        """Data of an event. An object that was whole by itself has ended where another line of data begins."""
        if len(self._data) == 1 and _is_whole(self._data[0]):
            self._end(events)
        self._data.append(data)
        if data == DONE and len(self._data) == 1:
            self._end(events)

    def _add_bare(self, line: bytes, events: list[bytes]) -> None:
        if line == DONE or _is_whole(line):
            events.append(line)
            self._size = 0
        else:
            self._bare.append(line)

    def _end(self, events: list[bytes]) -> None:
        if self._data:
            data = b"\n".join(self._data)
            events.append(_as_error(data) if self._name == b"error" else data)
            self._data.clear()
        self._size, self._name = 0, b""


def _said(line: bytes) -> bytes:
    """What a line says behind ``data:``, which some proxies put there twice."""
    data = line.lstrip(_BLANKS)
    while data.startswith(_WORD):
        data = data[len(_WORD) :].strip(b" ")
    return data


def parts(data: bytes) -> list[bytes]:
    """The objects of an event that holds several: a list of them, or one behind the other; none where it does not."""
    try:
        value = jsontext.read_loosely(data, limit=LONGEST)
    except jsontext.NotJson:
        return _row(data)
    items: list[Any] = cast("Any", value) if isinstance(value, list) else []
    return [jsontext.encode(item) for item in items if isinstance(item, dict)]


def _row(data: bytes) -> list[bytes]:
    """Objects one behind the other, also where the word for the next one is all that is between them."""
    row = jsontext.read_row(data.replace(b"}" + _WORD, b"} ").decode(errors="replace"), limit=LONGEST)
    return [jsontext.encode(item) for item in row] if all(isinstance(item, dict) for item in row) else []


def _is_whole(data: bytes) -> bool:
    """Whether a line is all of an event."""
    if not data.startswith(b"{") or not data.endswith(b"}"):
        return False
    try:
        jsontext.read(data, limit=LONGEST)
    except jsontext.NotJson:
        return False
    return True


def _as_error(data: bytes) -> bytes:
    """Data that tells of a failure, in the one form that every format knows."""
    if b'"error"' in data:
        return data
    return (
        b'{"error":'
        + (data if data.startswith((b"{", b'"')) else jsontext.encode(data.decode(errors="replace")))
        + b"}"
    )
