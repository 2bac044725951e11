"""How much a request may bring, by its path, and where its files go meanwhile."""

import errno
import io
import os
from pathlib import Path
from typing import IO, Any, final

from quart_trio.formparser import TrioFormDataParser
from quart_trio.wrappers import TrioRequest
from werkzeug.exceptions import RequestEntityTooLarge

from actors.gateway.limits import KIB, MIB, Limits

UPLOAD_PATH = "/api/uploads"


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
    folder: Path | None = None
    """Where the files of a form are written; a form with files is not read without one."""

    def __init__(self, method: str, scheme: str, path: str, *rest: Any, **options: Any) -> None:
        upload = path == UPLOAD_PATH
        options["max_content_length"] = self.limits.upload_body if upload else self.limits.json_body
        super().__init__(method, scheme, path, *rest, **options)
        self._files_opened = 0

    def make_form_data_parser(self) -> TrioFormDataParser:
        """A parser that writes files where :attr:`folder` says."""
        return TrioFormDataParser(
            max_content_length=None,
            max_form_memory_size=64 * KIB,
            max_form_parts=2 * self.limits.upload_files,
            cls=self.parameter_storage_class,
            stream_factory=self._open_file,
        )

    def _open_file(self, *_described: Any) -> IO[bytes]:
        if self.folder is None or self._files_opened == self.limits.upload_files:
            raise RequestEntityTooLarge(f"at most {self.limits.upload_files} files at once")
        self._files_opened += 1
        return CappedFile(self.folder / str(self._files_opened), self.limits.upload_file)


def request_class(limits: Limits) -> type[LimitedRequest]:
    """The class of requests under these limits."""
    return type("Request", (LimitedRequest,), {"limits": limits})
