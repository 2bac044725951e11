"""A provider behind an SDK: opens the stream, reads it, closes it, and translates what goes wrong.

The SDK makes and authenticates the request; its stream is read here, byte by byte. That costs a tenth to a half of
the SDK's own decoding, and what the SDK does not know cannot fail.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, suppress
from typing import Final, Protocol, final

import attrs
import httpx2

from actors.llm.answer import Answer, Send, joined
from actors.llm.failures import Failure, failure, garbled, lost, read_report, retry_after, without_key
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable
from actors.llm.prompt import JsonObject, Prompt
from actors.llm.sse import EventSplitter

CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""
PATIENCE: Final = 300.0
"""Seconds without a byte that a local model, or one that thinks in silence, may take at least."""
_DRAIN: Final = 0.05
"""Seconds to wait for the end of a body whose content is complete, so that its connection can be used again."""

Within = Callable[[float], AbstractContextManager[object]]
"""A scope that is left after so many seconds, like ``trio.move_on_after``."""


class ResponseStream(Protocol):
    """What the streams of both SDKs have in common."""

    response: httpx2.Response


@final
@attrs.frozen(kw_only=True)
class Client:
    """An SDK's client, reduced to what is used of it."""

    post: Callable[[bytes, httpx2.Timeout], Awaitable[AbstractAsyncContextManager[ResponseStream]]]
    """Sends a request body, JSON; returns once the headers are here."""
    close: Callable[[], Awaitable[None]]
    error: type[Exception]
    """Base of what the SDK raises."""
    refusal: Callable[[Exception], httpx2.Response | None]
    """The answer behind an error, when it was an answer with an error status."""


class Reader(Protocol):
    """Understands one wire format, event by event."""

    finished: bool

    @property
    def whole(self) -> bool: ...

    def read(self, data: bytes) -> Iterator[CompletionEvent]: ...

    def answer(self) -> Answer: ...


@final
@attrs.frozen(kw_only=True)
class Remote:
    """A provider reached over HTTP. Any number of completions may run at once."""

    name: str
    key: str | None = attrs.field(repr=False)
    client: Client
    body: Callable[[Prompt], JsonObject]
    reader: Callable[[], Reader]
    idle_timeout: float
    """Seconds without a byte."""
    within: Within

    async def complete(self, prompt: Prompt, send: Send) -> Answer:
        """See :class:`actors.llm.prompt.Provider`."""
        try:
            return await self._ask(prompt, send)
        except (ModelError, ModelUnavailable) as error:
            raise without_key(error, self.key) from None

    async def _ask(self, prompt: Prompt, send: Send) -> Answer:
        reader = self.reader()
        try:
            async with await self.client.post(self._encoded(prompt), self._timeout(prompt)) as stream:
                await self._check(stream.response)
                await self._follow(stream.response, reader, send)
        except (self.client.error, httpx2.TransportError) as error:
            if not reader.whole:
                raise self._failure(error) from error
        if not reader.whole:
            raise lost(self.name, "the connection ended in the middle of the answer")
        return reader.answer()

    async def close(self) -> None:
        await self.client.close()

    def _encoded(self, prompt: Prompt) -> bytes:
        """The request body. The SDKs would first copy it, value by value, which costs more than all they do besides."""
        text = json.dumps(self.body(prompt), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")

    def _timeout(self, prompt: Prompt) -> httpx2.Timeout:
        patient = self.name == "ollama" or prompt.known.effort
        idle = max(self.idle_timeout, PATIENCE) if patient else self.idle_timeout
        return httpx2.Timeout(connect=CONNECT_TIMEOUT, read=idle, write=30.0, pool=10.0)

    async def _check(self, response: httpx2.Response) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("application/json", "text/html", "text/plain"):
            body = (await response.aread()).decode("utf-8", "replace")
            said = read_report(response.status_code, body).message
            detail = f"{response.url} answered with {kind} instead of a stream of events: {said}; is base_url right?"
            raise ModelError(reason="protocol", provider=self.name, detail=detail)

    async def _follow(self, response: httpx2.Response, reader: Reader, send: Send) -> None:
        splitter = EventSplitter()
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                await self._take(splitter.feed(chunk), reader, send)
                if reader.finished:
                    with self.within(_DRAIN), suppress(httpx2.TransportError):
                        async for _ in chunks:
                            pass
                    return
        await self._take(splitter.close(), reader, send)

    async def _take(self, events: Iterable[bytes], reader: Reader, send: Send) -> None:
        """Hand over what events that arrived together say, text that came in pieces as one."""
        for item in joined(self._read(events, reader)):
            await send(item)

    def _read(self, events: Iterable[bytes], reader: Reader) -> Iterator[CompletionEvent]:
        for data in events:
            try:
                yield from reader.read(data)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise garbled(self.name, f"an event of the stream cannot be read: {error!r}") from error

    def _failure(self, error: Exception) -> Failure:
        if (response := self.client.refusal(error)) is not None:
            report = read_report(response.status_code, response.text)
            return failure(self.name, report, retry_after(response.headers))
        cause = error if isinstance(error, httpx2.TransportError) else error.__cause__
        if isinstance(cause, httpx2.ConnectTimeout):
            return lost(self.name, f"no connection within {CONNECT_TIMEOUT:g} s")
        if isinstance(cause, httpx2.TimeoutException):
            return lost(self.name, "no word for too long")
        return lost(self.name, f"the connection failed: {cause or error}")
