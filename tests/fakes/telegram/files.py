"""Files that people and the bot have sent, and the limits of both directions. Pure."""

import hashlib
import struct
from pathlib import PurePosixPath
from typing import Any, Final, final

import attrs

from tests.fakes.telegram.parameters import Upload
from tests.fakes.telegram.refusals import Refusal, bad_request

DOWNLOAD_LIMIT: Final = 20 * 1024 * 1024
PHOTO_LIMIT: Final = 10 * 1024 * 1024
DOCUMENT_LIMIT: Final = 50 * 1024 * 1024
SIDES: Final = 10_000
"""Width and height of a photo together, in pixels."""
RATIO: Final = 20


@final
@attrs.frozen
class File:
    id: str
    path: str
    """Under the address of the server's files, such as ``photos/file_3.jpg``."""
    data: bytes = attrs.field(repr=False)
    size: int
    """As Telegram tells it; tests may say another one than that of `data`."""

    def json(self) -> dict[str, Any]:
        unique = hashlib.sha256(self.id.encode()).hexdigest()[:16]
        return {"file_id": self.id, "file_unique_id": unique, "file_size": self.size}


@final
class Files:
    def __init__(self) -> None:
        self._by_id: dict[str, File] = {}

    def add(self, folder: str, name: str, data: bytes, size: int | None = None) -> File:
        number = len(self._by_id)
        ending = PurePosixPath(name).suffix
        file = File(
            f"AgACAgIAAxk{folder}{number:06}",
            f"{folder}/file_{number}{ending}",
            data,
            len(data) if size is None else size,
        )
        self._by_id[file.id] = file
        return file

    def find(self, id: str) -> File:
        """Raises Refusal."""
        if id not in self._by_id:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._by_id[id]

    def at(self, path: str) -> File | None:
        """The file behind an address that ``getFile`` told."""
        found = (file for file in self._by_id.values() if file.path == path)
        return next((file for file in found if file.size <= DOWNLOAD_LIMIT), None)


def check_document(upload: Upload) -> None:
    """Raise Refusal for what the real server does not take as a document."""
    if len(upload.data) > DOCUMENT_LIMIT:
        raise Refusal(413, "Request Entity Too Large")
    if not upload.data:
        raise bad_request("file must be non-empty")


def check_photo(upload: Upload) -> tuple[int, int]:
    """Width and height of a photo; raise Refusal for what the real server does not take as one."""
    check_document(upload)
    size = len(upload.data)
    if size > PHOTO_LIMIT:
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
        )
    width, height = _dimensions(upload.data)
    if width + height > SIDES or max(width, height) > RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height


def _dimensions(data: bytes) -> tuple[int, int]:
    """Of PNG and JPEG what they say; of other formats that Telegram reads a guess."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg_dimensions(data)
    if data.startswith((b"GIF8", b"BM")) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return 640, 480
    raise bad_request("IMAGE_PROCESS_FAILED")


def _jpeg_dimensions(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise bad_request("IMAGE_PROCESS_FAILED")
