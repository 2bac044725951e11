"""A client of the Bot API, https://core.telegram.org/bots/api."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext
from typing import Any, BinaryIO, Final, final

import attrs
import httpx2
import trio

from actors import jsontext
from actors.causes import why
from actors.telegram.wire import LONGEST_REASON, Refused, TelegramError, Unknown, Unreachable, read

CONNECT: Final = 10.0
"""Seconds."""
REPLY: Final = 30.0
"""Seconds that a call may take."""
UPLOAD: Final = 300.0
"""Seconds that sending or fetching a file may take."""
LONGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer."""
LARGEST_FILE: Final = 20 * 1024 * 1024
"""Bytes of a file that bots may fetch."""
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""What goes wrong before a request was written."""


@final
@attrs.frozen
class Upload:
    """A file that goes along with a call."""

    field: str
    name: str
    media_type: str
    open: Callable[[], BinaryIO]
    """Opens it for reading; each time anew."""


@final
class Client:
    """Calls methods of one bot. Any number may run at once, on at most `connections` connections.

    The token is a part of every address; no error, log or repr of this module shows one.
    """

    def __init__(self, api_url: str, token: str, *, connections: int = 8) -> None:
        self._base = api_url.rstrip("/")
        self._token = token
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx2.AsyncClient(
            verify=_believed(),
            limits=limits,
            timeout=httpx2.Timeout(REPLY, connect=CONNECT),
            trust_env=True,
        )

    def __repr__(self) -> str:
        return f"Client({self._base!r})"

    async def call(
        self,
        method: str,
        parameters: Mapping[str, Any] | None = None,
        upload: Upload | None = None,
        *,
        within: float | None = None,
    ) -> Any:
        """The result of a method.

        Args:
          method: its name, such as ``sendMessage``.
          parameters: what is None is left out.
          upload: a file that goes along.
          within: seconds for all of it.

        Raises TelegramError, and what `upload` raises when it cannot be opened or read.
        """
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        seconds = within or (REPLY if upload is None else UPLOAD)
        with trio.move_on_after(seconds):
            return await self._call(method, given, upload)
        raise Unknown(f"no answer within {seconds:g} s")

    async def _call(self, method: str, given: Mapping[str, Any], upload: Upload | None) -> Any:
        url = f"{self._base}/bot{self._token}/{method}"
        if upload is None:
            return await self._post(url, json=given)
        fields = {
            name: value if isinstance(value, str) else jsontext.write(value) for name, value in given.items()
        }
        with upload.open() as file:
            return await self._post(
                url, data=fields, files={upload.field: (upload.name, file, upload.media_type)}
            )

    async def _post(self, url: str, **content: Any) -> Any:
        try:
            async with self._http.stream(
                "POST", url, timeout=httpx2.Timeout(None, connect=CONNECT), **content
            ) as answer:
                body = await _whole(answer)
        except _NOT_SENT as error:
            raise Unreachable(self._plain(error)) from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unknown(self._plain(error)) from None
        return read(answer.status_code, body).result

    @asynccontextmanager
    async def file(self, path: str) -> AsyncGenerator[AsyncGenerator[bytes]]:
        """The bytes of a file, piece by piece; `path` is what ``getFile`` calls ``file_path``. Raises TelegramError."""
        url = f"{self._base}/file/bot{self._token}/{path}"
        try:
            async with self._http.stream("GET", url) as answer:
                if answer.status_code != 200:
                    read(answer.status_code, await _whole(answer))
                    raise Unreachable(f"the file was answered with status {answer.status_code}")
                yield _pieces(answer)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise Unreachable(self._plain(error)) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    def _plain(self, error: Exception) -> str:
        """What went wrong, in words, without the token."""
        return why(error).replace(self._token, "…")[:LONGEST_REASON]


@cache
def _believed() -> SSLContext:
    """Whose certificates are believed: read once, as that takes as long as a hundred polls."""
    return httpx2.create_ssl_context()


async def _whole(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > LONGEST:
            raise Unknown("the answer is too long")
    return bytes(body)


async def _pieces(answer: httpx2.Response) -> AsyncGenerator[bytes]:
    size = 0
    async for piece in answer.aiter_bytes():
        size += len(piece)
        if size > LARGEST_FILE:
            raise Refused(400, "file is too big")
        yield piece


__all__ = ["Client", "TelegramError", "Upload"]
