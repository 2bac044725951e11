"""Server-sent events, cut out of a stream of bytes. Pure."""

from typing import final


@final
class EventSplitter:
    """Takes the body of a response chunk by chunk, gives the data of each event as it is complete.

    It splits on bytes: a chunk may end inside a character, and U+2028 inside a JSON string is no line end. Names of
    events and comments are dropped; the formats read here repeat the name inside the data.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Data of the events that `chunk` completes, in order."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip(b" \r"))
            elif self._data and line in (b"", b"\r"):
                events.append(b"\n".join(self._data))
                self._data.clear()
        return events

    def close(self) -> list[bytes]:
        """Data of an event that the end of the body left without its blank line, if any."""
        return self.feed(b"\n\n")
