"""What kind of picture some bytes are, how large, and whether it is whole, as vendors look at them. Pure."""

import struct
from collections.abc import Callable
from typing import Final, final
from zlib import crc32

import attrs

from bus import Data

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SHORTEST: Final = 30
"""Bytes; nothing shorter is a picture in any of the formats."""
_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of the segments that hold the size."""


class BadPicture(ValueError):
    """Bytes are no picture in a format that vendors read, or not all of one."""


@final
@attrs.frozen
class Measured(Data):
    """A picture that is whole as far as can be seen without unpacking it."""

    media_type: str
    width: int
    height: int
    """Pixels."""


def measure(data: bytes) -> Measured:
    """The format and size of a picture, told by its bytes and not by its name. Raises BadPicture."""
    for magic, media_type, size_of in _READERS:
        if data.startswith(magic):
            try:
                width, height = size_of(data)
            except (struct.error, IndexError):
                break
            if len(data) < _SHORTEST or width < 1 or height < 1:
                break
            return Measured(media_type, width, height)
    raise BadPicture("it is no picture that can be read")


def _png(data: bytes) -> tuple[int, int]:
    """By the first of its chunks, all of which must be there and undamaged."""
    names: list[bytes] = []
    at = len(_PNG)
    while names[-1:] != [b"IEND"]:
        length, name = struct.unpack_from(">I4s", data, at)
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        if check != crc32(memoryview(data)[at + 4 : at + 8 + length]):
            return 0, 0
        names.append(name)
        at += 12 + length
    if names[0] != b"IHDR" or b"IDAT" not in names:
        return 0, 0
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    """By the header of its frame; the end must be there."""
    at, size = 2, (0, 0)
    while True:
        mark, marker, length = struct.unpack_from(">BBH", data, at)
        if mark != 0xFF:
            return 0, 0
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        if marker == 0xDA:
            return size if data.find(b"\xff\xd9", at) > 0 else (0, 0)
        at += 1 if marker == 0xFF else 2 + length


def _gif(data: bytes) -> tuple[int, int]:
    if b";" not in data[-16:]:
        return 0, 0
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack_from("<I", data, 4)
    kind = data[8:16]
    if len(data) < size + 8:
        return 0, 0
    if kind == b"WEBPVP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"WEBPVP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"WEBPVP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


_READERS: Final[tuple[tuple[bytes, str, Callable[[bytes], tuple[int, int]]], ...]] = (
    (_PNG, "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"GIF87a", "image/gif", _gif),
    (b"GIF89a", "image/gif", _gif),
    (b"RIFF", "image/webp", _webp),
)
