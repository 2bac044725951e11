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
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Data of the events that `chunk` completes, in order. Raises EventTooLong."""
        *ends, rest = chunk.split(b"\n")
        events: list[bytes] = []
        for end in ends:
            self._size += len(end)
            self._line.append(end)
            line = b"".join(self._line).removeprefix(BOM_UTF8)
            self._line.clear()
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip(b" \r"))
            elif line in (b"", b"\r"):
                if self._data:
                    events.append(b"\n".join(self._data))
                self._data.clear()
                self._size = 0
        self._size += len(rest)
        self._line.append(rest)
        if self._size > LONGEST:
            raise EventTooLong(f"an event is longer than {LONGEST} bytes")
        return events

    def close(self) -> list[bytes]:
        """Data of an event that the end of the body left without its blank line, if any."""
        return self.feed(b"\n\n")
