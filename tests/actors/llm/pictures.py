"""Pictures made by hand, as small as their formats allow."""

import struct
from zlib import compress, crc32


def png(width: int = 2, height: int = 1) -> bytes:
    """A black picture."""
    rows = (b"\0" + bytes(width * 3)) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", compress(rows))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def jpeg(width: int = 2, height: int = 1, *, end: bytes = b"\xff\xd9") -> bytes:
    """The frame of a picture; what it shows is not looked at."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xff\xc0" + struct.pack(">HBHH", 11, 8, height, width) + bytes(4)
    scan = b"\xff\xda" + struct.pack(">H", 8) + bytes(6) + b"data"
    return b"\xff\xd8" + application + frame + scan + end


def gif(width: int = 2, height: int = 1, *, end: bytes = b";") -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(20) + end


def webp(kind: bytes, width: int = 2, height: int = 1) -> bytes:
    """`kind` is one of the three that there are, such as ``VP8L``."""
    match kind:
        case b"VP8X":
            body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        case b"VP8L":
            body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(8)
        case _:
            body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
