"""Storing what people send."""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

import attrs

from actors import atomic
from actors.tools import media, uploads
from actors.tools.messages import (
    UPLOADS,
    FileSystemRefused,
    SentFile,
)
from actors.tools.paths import GoOn, Home, Place
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment

CHUNK = 1024 * 1024


def save_upload(
    home: Home,
    spool: Home,
    upload: str,
    sent: Sequence[SentFile],
    *,
    now: datetime,
    rules: Attachments,
    go_on: GoOn,
) -> tuple[Attachment, ...]:
    """Copy the files of an upload into the folder of who sent them, each under a name of its own: all of them or none.

    Args:
      home: where they go, as who sent them sees it.
      spool: what holds the folders of all uploads.
      upload: the folder of this one.
      sent: its files.
      now: in the person's time zone.
      rules: what is taken.
      go_on: called between pieces.

    Raises what :func:`uploads.check` raises, and what can be wrong with a file.
    """
    files = [(spool, uploads.spooled(upload, each.id), each) for each in sent]
    for waiting in files:
        with _opened(*waiting) as (file, attachment):
            uploads.check(rules, attachment.name, attachment.size)
    stored: list[Attachment] = []
    try:
        for waiting in files:
            with _opened(*waiting) as (file, attachment):
                path = _store(home, attachment.name, file, now, go_on)
                stored.append(attrs.evolve(attachment, path=path))
    except BaseException:
        for attachment in stored:
            with home.place(attachment.path) as place:
                os.unlink(place.name, dir_fd=place.directory)
        raise
    return tuple(stored)


@contextmanager
def _opened(spool: Home, path: str, sent: SentFile) -> Generator[tuple[BinaryIO, Attachment]]:
    """A file that waits, with what is known of it but where it will lie."""
    with spool.place(path, follow=False) as place, place.open() as file:
        name = uploads.safe_name(sent.name)
        kind = media.media_type(name, file.read(media.HEAD), sent.declared)
        file.seek(0)
        yield file, Attachment(name=name, media_type=kind, path="", size=os.fstat(file.fileno()).st_size)


def _store(home: Home, name: str, file: BinaryIO, now: datetime, go_on: GoOn) -> str:
    def copy(target: BinaryIO) -> None:
        while piece := file.read(CHUNK):
            go_on()
            target.write(piece)

    for candidate in uploads.candidates(name, now):
        with home.place(f"{UPLOADS}/{home.user}/{candidate}", create=True, alike=False) as place:
            if not _claim(place):
                continue
            try:
                atomic.fill(place.directory, place.name, copy, temporary=f".{candidate}.tmp", go_on=go_on)
            except BaseException:
                os.unlink(place.name, dir_fd=place.directory)
                raise
            return place.path
    raise FileSystemRefused(path=name, reason="too many files of this name arrived in one second")


def _claim(place: Place) -> bool:
    """Take a name by creating an empty file; False when it is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(place.name, flags, atomic.OURS, dir_fd=place.directory))
    except FileExistsError:
        return False
    return True
