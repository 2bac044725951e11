"""A client for providers that are spoken with without an SDK: the HTTP library and a few headers."""

from collections.abc import Mapping
from types import TracebackType
from typing import Final, final

import attrs
import httpx2

from actors.llm.transport.http_provider import Client

_REPORT: Final = 64 * 1024
"""Bytes that are read of a report of what is wrong."""
_OF_THE_TRANSFER: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@final
class Refused(Exception):
    """The provider answered with another status than that of success."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


@final
@attrs.define(eq=False)
class _Stream:
    """An answer whose body is still to come; leaving it closes the connection or gives it back."""

    response: httpx2.Response

    async def __aenter__(self) -> "_Stream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.response.aclose()


def connect(base_url: str, headers: Mapping[str, str]) -> Client:
    """A client of its own connections, which sends `headers` with each request, the key among them.

    It follows no redirection: the key is for nobody else. Costs some 40 ms (TLS), so make it off the event loop.
    """
    base = httpx2.URL(base_url)
    http = httpx2.AsyncClient(headers={"content-type": "application/json", **headers})

    async def post(path: str, headers: Mapping[str, str], body: bytes, limits: httpx2.Timeout) -> _Stream:
        request = http.build_request(
            "POST", _joined(base, path), headers=headers, content=body, timeout=limits
        )
        response = await http.send(request, stream=True)
        if not response.is_success:
            raise Refused(await _report(response))
        return _Stream(response)

    return Client(post=post, close=http.aclose, error=Refused, refusal=_refusal)


def _refusal(error: Exception) -> httpx2.Response | None:
    return error.response if isinstance(error, Refused) else None


def _joined(base: httpx2.URL, path: str) -> httpx2.URL:
    """An address below `base`, whose parameters it keeps."""
    steps, _, query = path.partition("?")
    own = base.raw_path.partition(b"?")[0].rstrip(b"/")
    url = base.copy_with(raw_path=own + steps.encode())
    params = base.params.merge(httpx2.QueryParams(query))
    return url.copy_with(params=params) if params else url


async def _report(response: httpx2.Response) -> httpx2.Response:
    """The beginning of an answer that says what is wrong, read and closed."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _REPORT:
                break
    finally:
        await response.aclose()
    headers = [(name, value) for name, value in response.headers.items() if name not in _OF_THE_TRANSFER]
    return httpx2.Response(response.status_code, headers=headers, content=bytes(body[:_REPORT]))
