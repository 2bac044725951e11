"""Files that people send: which are taken, and what they are called in the folder of who sent them."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from actors.tools.messages import AttachmentsDisabled, AttachmentTooLarge, ExtensionNotAllowed, InvalidPath
from actors.tools.settings import Attachments

MAX_NAME = 200
"""Bytes of a name, which leaves room for the time before it and a number behind it."""

MAX_TRIES = 10_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def spooled(upload: str, file: str) -> str:
    """Path of a file that waits in the folder of uploads, from two names. Raises InvalidPath."""
    for id in (upload, file):
        if not _ID.fullmatch(id):
            raise InvalidPath(path=id, reason=f"{id!r} is not the name of an upload")
    return f"{upload}/{file}"


def check(rules: Attachments, name: str, size: int) -> None:
    """Refuse a file that the rules exclude. Raises AttachmentsDisabled, AttachmentTooLarge or ExtensionNotAllowed.

    A name without a dot is its own extension, and so passes no list of extensions.
    """
    if not rules.enabled:
        raise AttachmentsDisabled(name=name)
    if size > rules.max_file_size:
        raise AttachmentTooLarge(name=name, size=size, limit=rules.max_file_size)
    extension = name.rpartition(".")[2]
    allowed = {each.removeprefix(".").casefold() for each in rules.allowed_extensions}
    if allowed and extension.casefold() not in allowed:
        raise ExtensionNotAllowed(name=name, extension=extension, allowed=rules.allowed_extensions)


def safe_name(name: str) -> str:
    """A name that is one path component and shows what it is: no separators, ``..``, invisible characters.

    Of a name that has nothing else nothing stays, so it becomes ``file``.
    """
    kept = "".join("_" if char in "/\\:" or unicodedata.category(char)[0] == "C" else char for char in name)
    shown = _shortened(re.sub(r"\.{2,}", ".", kept).strip())
    return shown if shown.strip("._ ") else "file"


def _shortened(name: str) -> str:
    """At most MAX_NAME bytes, cut before the extension."""
    if len(name.encode()) <= MAX_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = (dot + extension).encode()
    if not stem or len(tail) > MAX_NAME // 2:
        stem, tail = name, b""
    return (stem.encode()[: MAX_NAME - len(tail)] + tail).decode(errors="ignore")


def candidates(name: str, at: datetime) -> Iterator[str]:
    """Names to try until one is free: ``20260102_030405_a.txt``, then ``20260102_030405_2_a.txt`` and so on."""
    stamp = at.strftime("%Y%m%d_%H%M%S")
    yield f"{stamp}_{name}"
    for number in range(2, MAX_TRIES + 1):
        yield f"{stamp}_{number}_{name}"
