"""How much a request may bring, by its path, and where its files go meanwhile."""

import errno
import io
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, final

from quart_trio.formparser import TrioFormDataParser
from quart_trio.wrappers import TrioRequest
from werkzeug.exceptions import RequestEntityTooLarge

from actors.gateway.limits import KIB, MIB, Limits

UPLOAD_PATH = "/api/uploads"
PLACE_PATH = "/api/files/upload"
SPEECH_PATH = "/api/speech/transcribe"
UPLOADS = frozenset({UPLOAD_PATH, PLACE_PATH})
CONVERSATIONS = frozenset({"/v1/chat/completions", "/v1/responses"})
UNPARSED = 4 * MIB
"""Bytes of a form that may wait to be parsed: more than arrive at once, and less than anybody would miss."""


@final
class CappedFile(io.FileIO):
    """A file that does not grow beyond `limit` bytes."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path, "wb+")
        self._limit = limit

    def write(self, data: Any, /) -> int:
        """Write all of `data`. Raises RequestEntityTooLarge, or OSError when the disk is full."""
        if self.tell() + len(data) > self._limit:
            raise RequestEntityTooLarge(f"a file may have at most {self._limit / MIB:.1f} MB")
        if super().write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)


class LimitedRequest(TrioRequest):
    """A request whose body is limited by what its path takes."""

    limits = Limits()

    def __init__(self, method: str, scheme: str, path: str, *rest: Any, **options: Any) -> None:
        options["max_content_length"] = self._most(path)
        super().__init__(method, scheme, path, *rest, **options)
        self._folder: Path | None = None
        self._opened: list[CappedFile] = []

    def _most(self, path: str) -> int:
        if path in UPLOADS:
            return self.limits.upload_body
        if path == SPEECH_PATH:
            return self.limits.recording
        return self.limits.conversation_body if path in CONVERSATIONS else self.limits.json_body

    def make_form_data_parser(self) -> TrioFormDataParser:
        """A parser that writes files where :attr:`folder` says."""
        return TrioFormDataParser(
            max_content_length=UNPARSED,  # so it calls what waits to be parsed
            max_form_memory_size=64 * KIB,
            max_form_parts=2 * self.limits.upload_files,
            cls=self.parameter_storage_class,
            stream_factory=self._open_file,
        )

    @contextmanager
    def writing_to(self, folder: Path) -> Generator[None]:
        """Write the files of the form there while it is read, and close them; otherwise none are taken."""
        self._folder = folder
        try:
            yield
        finally:
            for file in self._opened:
                file.close()

    def _open_file(self, *_described: Any) -> IO[bytes]:
        if self._folder is None or len(self._opened) == self.limits.upload_files:
            raise RequestEntityTooLarge(f"at most {self.limits.upload_files} files at once")
        file = CappedFile(self._folder / str(len(self._opened)), self.limits.upload_file)
        self._opened.append(file)
        return file


def request_class(limits: Limits) -> type[LimitedRequest]:
    """The class of requests under these limits."""
    return type("Request", (LimitedRequest,), {"limits": limits})
