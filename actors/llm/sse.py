"""Server-sent events, cut out of a stream of bytes. Pure."""

from codecs import BOM_UTF8
from typing import Final, final

from actors import jsontext

LONGEST: Final = jsontext.BYTES
"""Bytes of one event."""


class EventTooLong(ValueError):
    """A stream holds an event of more than LONGEST bytes."""


@final
class EventSplitter:
    """Takes the body of a response chunk by chunk, gives the data of each event as it is complete.

    It splits on bytes: a chunk may end inside a character, and U+2028 inside a JSON string is no line end. Names of
    events and comments are dropped; the formats read here repeat the name inside the data.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        """Pieces of the line that has no end yet."""
        self._held = 0
        """Bytes of them."""
        self._data: list[bytes] = []
        self._size = 0
        """Bytes of the other lines of the event that has no end yet."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Data of the events that `chunk` completes, in order. Raises EventTooLong."""
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._line, lines[0])).removeprefix(BOM_UTF8)
            self._line.clear()
            self._held = 0
        events: list[bytes] = []
        begun = 0
        for number, line in enumerate(lines, 1):
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip(b" \r"))
            elif line in (b"", b"\r"):
                if self._data:
                    events.append(b"\n".join(self._data))
                    self._data.clear()
                self._size, begun = 0, number
        self._line.append(rest)
        self._held += len(rest)
        self._size += sum(map(len, lines[begun:]))
        if self._size + self._held > LONGEST:
            raise EventTooLong(f"an event is longer than {LONGEST} bytes")
        return events

    def close(self) -> list[bytes]:
        """Data of an event that the end of the body left without its blank line, if any."""
        return self.feed(b"\n\n")
