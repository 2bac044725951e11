"""Which part of a file a client wants. Pure."""

from typing import final

import attrs
from werkzeug.http import parse_range_header

from bus import Data


@final
@attrs.frozen
class Piece(Data):
    start: int
    stop: int
    """Behind its last byte."""
    whole: bool
    """Whether it is answered as the whole file."""


def piece_of(wanted: str | None, only_of: str | None, size: int, etag: str) -> Piece | None:
    """The part of a file of `size` bytes that a client wants, or None where there is no such part.

    Args:
      wanted: the ``Range`` header. What cannot be read, or names several parts, is answered with all.
      only_of: the ``If-Range`` header: a part is wanted only of the file as the client knows it.
      size: bytes of the file.
      etag: of the file, as the client would know it.
    """
    ranges = parse_range_header(wanted) if only_of in {None, etag} else None
    if ranges is None or ranges.units != "bytes" or len(ranges.ranges) != 1:
        return Piece(0, size, whole=True)
    found = ranges.range_for_length(size)
    return None if found is None else Piece(found[0], found[1], whole=False)
