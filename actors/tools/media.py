"""What kind of thing a file is, by its first bytes and by its name."""

import mimetypes
import re

from actors.tools.messages import ImageType
from actors.vocabulary import PDF

HEAD = 16
"""Bytes that are enough to recognise a picture or a PDF."""
UNKNOWN = "application/octet-stream"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_BY_NAME = mimetypes.MimeTypes()
"""Only the table that comes with Python, so that every machine answers the same."""
_OFFICE = "application/vnd.openxmlformats-officedocument"
for _extension, _type in {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".ics": "text/calendar",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".toml": "application/toml",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}.items():
    _BY_NAME.add_type(_type, _extension)
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def picture(head: bytes) -> ImageType | None:
    """The type of a picture that a model can look at, by its content."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def is_pdf(head: bytes) -> bool:
    """Whether a file is a PDF, by its content."""
    return head.startswith(b"%PDF-")


def media_type(name: str, head: bytes, declared: str | None = None) -> str:
    """Media type of a file: pictures by content alone, others by name, else what the sender `declared`.

    A PDF is one by either: what is called one and is none is told to the model as such.
    """
    if found := picture(head):
        return found
    if is_pdf(head):
        return PDF
    claimed = (declared or "").partition(";")[0].strip().lower()
    guess = by_name(name) or (claimed if _MEDIA_TYPE.fullmatch(claimed) else UNKNOWN)
    return UNKNOWN if guess in _PICTURES else guess


def by_name(name: str) -> str | None:
    """What a file of this name would be; None where that says nothing."""
    guess, packing = _BY_NAME.guess_type(name)
    return guess if packing is None else _PACKED.get(packing, UNKNOWN)
