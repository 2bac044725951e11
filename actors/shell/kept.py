"""Output that is kept while it comes: its beginning and its end. Pure."""

import codecs
from typing import Final, final

LINE: Final = 200
"""Bytes within which a cut is moved to the end of a line."""


def left_out(size: int) -> str:
    """What stands where bytes are missing."""
    return f"[… {size} bytes are left out here …]"


@final
class Kept:
    """At most `room` bytes of whatever is added: all, or the first and the last half."""

    def __init__(self, room: int) -> None:
        self._half = max(room // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0
        """Bytes added so far."""

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.total <= 2 * self._half

    def text(self) -> str:
        """What is kept, with a word where something is missing. Bytes that are no UTF-8 are replaced."""
        if self.whole:
            return (self._head + self._tail).decode(errors="replace")
        head, tail = _begin(bytes(self._head)), _end(bytes(self._tail[-self._half :]))
        missing = left_out(self.total - len(head) - len(tail))
        return "\n".join((_decoded(head).rstrip("\n"), missing, tail.decode(errors="replace")))


def _begin(data: bytes) -> bytes:
    """Up to the last end of a line, if that is near."""
    end = data.rfind(b"\n") + 1
    return data[:end] if len(data) - end < LINE and end else data


def _end(data: bytes) -> bytes:
    """From the first beginning of a line, if that is near; at any rate from that of a character."""
    begin = data.find(b"\n") + 1
    if 0 < begin < LINE:
        return data[begin:]
    return data[next((at for at in range(min(4, len(data))) if data[at] & 0xC0 != 0x80), 0) :]


def _decoded(data: bytes) -> str:
    """Without a character that is cut at the end."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)
