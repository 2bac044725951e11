"""A provider behind HTTP: one call sends the request, reads the stream, closes it, and translates what goes wrong.

The SDK makes and authenticates the request; its stream is read here, byte by byte. That costs a tenth to a half of
the SDK's own decoding, and what the SDK does not know cannot fail.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, suppress
from functools import partial
from typing import Any, Final, Protocol, final

import attrs
import httpx2

from actors import jsontext
from actors.causes import why
from actors.llm.answers import embeddings, transcriptions
from actors.llm.answers.delivery import Delivery
from actors.llm.answers.embeddings import Embedding
from actors.llm.answers.transcriptions import Form, Sound, Transcription
from actors.llm.completion import Completion, Send, Tokens, usage_of
from actors.llm.failures.failures import (
    failure,
    garbled,
    lost,
    read_report,
    retry_after,
)
from actors.llm.fields import JsonObject
from actors.llm.format import Embeddings, Format, path_of
from actors.llm.messages import (
    CompletionEvent,
    Failure,
    ModelError,
    ModelUnavailable,
    Spending,
    TextRole,
    ToolsRefused,
    Wasted,
    joined,
)
from actors.llm.refusals import objections
from actors.llm.refusals.adaptation import Learned, adapt_body, adapt_prompt
from actors.llm.requests.naming import Naming
from actors.llm.requests.prompt import Prompt
from actors.llm.transport.meter import CHARACTERS, Meter
from actors.llm.transport.sse import DONE, EventSplitter, parts

CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""
PATIENCE: Final = 300.0
"""Seconds without a byte that a local model, or one that thinks in silence, may take at least."""
LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one answer."""
_REPORT: Final = 64 * 1024
"""Bytes that are read of a report of what is wrong."""
_DRAIN: Final = 0.05
"""Seconds to wait for the end of a body whose content is complete, so that its connection can be used again."""
_REST: Final = 2.0
"""Seconds for what may follow the last word of an answer, such as its bill."""
_STREAM: Final = "text/event-stream"
_PAGE: Final = "text/html"
"""What some frameworks call a stream as well, for want of another word."""
_FROM_HTTP: Final = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)
"""All that the HTTP library raises by itself."""

Within = Callable[[float], AbstractContextManager[object]]
"""A scope that is left after so many seconds, like ``trio.move_on_after``."""


class ResponseStream(Protocol):
    """What the streams of both SDKs have in common."""

    response: httpx2.Response


class Post(Protocol):
    """Sends a request body, JSON, to a path below the base URL; returns once the headers are here."""

    async def __call__(
        self, path: str, headers: Mapping[str, str], body: bytes, limits: httpx2.Timeout
    ) -> AbstractAsyncContextManager[ResponseStream]: ...


class PostForm(Protocol):
    """The same with a form in the place of JSON."""

    async def __call__(
        self, path: str, headers: Mapping[str, str], form: Form, limits: httpx2.Timeout
    ) -> AbstractAsyncContextManager[ResponseStream]: ...


@final
@attrs.frozen(kw_only=True)
class Client:
    """An SDK's client, reduced to what is used of it."""

    post: Post
    close: Callable[[], Awaitable[None]]
    error: type[Exception]
    """Base of what the SDK raises."""
    refusal: Callable[[Exception], httpx2.Response | None]
    """The answer behind an error, when it was an answer with an error status."""
    post_form: PostForm | None = None
    """None where no interface takes forms."""


@final
@attrs.frozen(kw_only=True)
class HttpProvider:
    """A provider reached over HTTP. Any number of completions may run at once."""

    name: str
    client: Client
    format: Format
    options: Mapping[str, Any]
    """Added to the body of each request."""
    new_id: Callable[[], str]
    patient: bool
    """Whether the provider may be silent for long."""
    idle_timeout: float
    """Seconds without a byte."""
    within: Within
    learned: Learned = attrs.field(factory=Learned)
    """What the endpoint was found to refuse."""

    async def complete(self, prompt: Prompt, send: Send) -> Completion:
        """See :class:`actors.llm.provider.Provider`. What is refused of a request is left out, and not tried again."""
        delivery = Delivery(send)
        measures, left = self.learned.of(prompt), objections.MOST
        while True:
            adapted = adapt_prompt(prompt, measures)
            body = adapt_body(self.format.body(adapted, self.options), measures)
            try:
                completion = await self._complete_once(adapted, body, delivery.send)
            except (ModelError, ModelUnavailable) as error:
                more = () if delivery.begun or not left else objections.remedy(error, adapted, body, measures)
                if not more:
                    raise
                measures, left = (*measures, *more), left - 1
            else:
                if measures:
                    self.learned.keep(prompt.model, measures)
                if prompt.tools and any(measure.kind == "no_tools" for measure in measures):
                    await send(ToolsRefused(model=f"{prompt.provider}/{prompt.model}"))
                return completion

    async def _complete_once(self, prompt: Prompt, body: JsonObject, send: Send) -> Completion:
        reader = Meter(self.format.reader(self.name, self.new_id), prompt)
        naming = Naming(prompt, self.new_id)

        async def send_named(item: CompletionEvent) -> None:
            await send(naming.item(item))

        try:
            await self._ask(prompt, body, reader, send_named)
            return _counted(naming.completion(self._whole(reader)), reader)
        except (ModelError, ModelUnavailable):
            if (used := reader.used()) is not None:
                await send(Wasted(usage=usage_of(used)))
            raise

    def _whole(self, reader: Meter) -> Completion:
        if not reader.whole:
            raise lost(self.name, "the connection ended in the middle of the answer")
        try:
            return reader.completion()
        except (ModelError, ModelUnavailable):
            raise
        except Exception as error:
            raise self._unreadable(error) from error

    async def embed(self, model: str, texts: Sequence[str], role: TextRole = "passage") -> Embedding:
        """See :class:`actors.llm.provider.Provider`."""
        if (how := self.format.embeddings) is None:
            raise embeddings.unknown_to(self.name)
        vectors: list[bytes] = []
        tokens = 0
        for start in range(0, len(texts), how.most):
            made = await self._embed_once(how, model, texts[start : start + how.most], role)
            vectors += made.vectors
            tokens += made.tokens
        try:
            return Embedding(vectors=embeddings.alike(vectors, len(texts)), tokens=tokens)
        except ValueError as error:
            raise self._cannot_be_read(error) from error

    async def _embed_once(
        self, how: Embeddings, model: str, texts: Sequence[str], role: TextRole
    ) -> Embedding:
        request = (
            path_of(how.path, model),
            self.format.headers,
            jsontext.encode(how.body(model, texts, role)),
            self._limits(patient=self.patient),
        )
        answer = await self._whole_answer(partial(self.client.post, *request), embeddings.LONGEST)
        try:
            made = how.read(answer, len(texts))
        except ValueError as error:
            raise self._cannot_be_read(error) from error
        return made if made.tokens else attrs.evolve(made, tokens=sum(map(len, texts)) // CHARACTERS)

    async def transcribe(self, model: str, sound: Sound) -> Transcription:
        """See :class:`actors.llm.provider.Provider`. It is silent until it has heard all."""
        how, post = self.format.transcriptions, self.client.post_form
        if how is None or post is None:
            raise transcriptions.unknown_to(self.name)
        request = (
            path_of(how.path, model),
            self.format.headers,
            how.form(model, sound),
            self._limits(patient=True),
        )
        answer = await self._whole_answer(partial(post, *request), transcriptions.LONGEST)
        try:
            return how.read(answer)
        except ValueError as error:
            raise self._cannot_be_read(error) from error

    async def _whole_answer(
        self, post: Callable[[], Awaitable[AbstractAsyncContextManager[ResponseStream]]], most: int
    ) -> bytes:
        """What comes back for a request that is not answered piece by piece."""
        try:
            async with await post() as stream:
                return await _beginning(stream.response, most)
        except (self.client.error, *_FROM_HTTP) as error:
            raise self._failure(error) from error

    def _cannot_be_read(self, error: ValueError) -> Failure:
        return garbled(self.name, f"the answer cannot be read: {error}")

    async def close(self) -> None:
        await self.client.close()

    async def _ask(self, prompt: Prompt, body: JsonObject, reader: Meter, send: Send) -> None:
        """Send the body as it is: the SDKs would first copy it, value by value, which costs more than all they do."""
        request = (
            self.format.path_of(prompt),
            self.format.headers,
            jsontext.encode(body, default=str),
            self._limits(patient=self.patient or prompt.details.effort),
        )
        try:
            async with await self.client.post(*request) as stream:
                await self._follow(stream.response, reader, send)
        except (self.client.error, *_FROM_HTTP) as error:
            if not reader.whole:
                raise self._failure(error) from error

    def _limits(self, *, patient: bool) -> httpx2.Timeout:
        idle = max(self.idle_timeout, PATIENCE) if patient else self.idle_timeout
        return httpx2.Timeout(connect=CONNECT_TIMEOUT, read=idle, write=30.0, pool=10.0)

    async def _follow(self, response: httpx2.Response, reader: Meter, send: Send) -> None:
        """Read the answer, whatever the server calls it; only when it says nothing is it judged by its name."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        splitter, size, beginning = EventSplitter(), 0, bytearray()
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                beginning += chunk[: _REPORT - len(beginning)]
                if kind == _PAGE and beginning.lstrip().startswith(b"<") and size < _REPORT:
                    continue
                await self._take(partial(splitter.feed, chunk), reader, send)
                if reader.whole or reader.finished:
                    await self._follow_to_the_end(chunks, splitter, reader, send)
                    return
                if size > LONGEST:
                    raise garbled(self.name, "the answer does not end")
        if kind == _PAGE and beginning.lstrip().startswith(b"<"):
            raise self._no_stream(response, kind, bytes(beginning))
        await self._take(splitter.close, reader, send)
        if not reader.whole and kind != _STREAM and beginning.strip():
            raise self._no_stream(response, kind, bytes(beginning))

    async def _follow_to_the_end(
        self, chunks: AsyncIterator[bytes], splitter: EventSplitter, reader: Meter, send: Send
    ) -> None:
        """Take what comes behind the last word, such as the bill. Some servers leave the connection open after it."""
        rest: list[CompletionEvent] = []
        with self.within(_REST), suppress(*_FROM_HTTP):
            while not reader.finished and (chunk := await anext(chunks, None)) is not None:
                rest += joined(self._read(partial(splitter.feed, chunk), reader))
        rest += joined(self._read(splitter.close, reader))
        for item in rest:
            await send(item)
        if reader.finished:
            with self.within(_DRAIN), suppress(*_FROM_HTTP):
                async for _ in chunks:
                    pass

    def _no_stream(self, response: httpx2.Response, kind: str, beginning: bytes) -> ModelError:
        said = read_report(response.status_code, beginning.decode("utf-8", "replace")).message
        detail = (
            f"{_shown(response.url)} answered with {kind or 'something'} instead of a stream of events: {said}; "
            "is base_url right?"
        )
        return ModelError(reason="protocol", provider=self.name, detail=detail)

    async def _take(self, split: Callable[[], list[bytes]], reader: Meter, send: Send) -> None:
        """Hand over what events that arrived together say, text that came in pieces as one, and what it costs."""
        for item in joined(self._read(split, reader)):
            await send(item)
        if not reader.whole and (used := reader.news()) is not None:
            await send(Spending(usage=usage_of(used)))

    def _read(self, split: Callable[[], list[bytes]], reader: Meter) -> Iterator[CompletionEvent]:
        """What events say. Behind an answer that is whole nothing can be wrong any more."""
        try:
            for data in split():
                yield from _told(data, reader)
        except (ModelError, ModelUnavailable):
            if not reader.whole:
                raise
        except Exception as error:
            if not reader.whole:
                raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> Failure:
        """Whatever a provider sent, an error says that it cannot be read, and in words of people."""
        why = f": {error}" if isinstance(error, ValueError) else ""
        return garbled(self.name, f"an event of the stream cannot be read{why}")

    def _failure(self, error: Exception) -> Failure:
        if (response := self.client.refusal(error)) is not None:
            report = read_report(response.status_code, response.text)
            return failure(self.name, report, retry_after(response.headers))
        cause = error if isinstance(error, _FROM_HTTP) else error.__cause__
        if isinstance(cause, httpx2.ConnectTimeout):
            return lost(self.name, f"no connection within {CONNECT_TIMEOUT:g} s")
        if isinstance(cause, httpx2.TimeoutException):
            return lost(self.name, "no word for too long")
        return lost(self.name, f"the connection failed: {why(cause or error)}")


def _counted(completion: Completion, reader: Meter) -> Completion:
    """The answer with what it has used by its length, where its provider does not say: limits are there for it, too."""
    used = reader.used()
    return (
        completion if completion.tokens != Tokens() or used is None else attrs.evolve(completion, tokens=used)
    )


def _told(data: bytes, reader: Meter) -> Iterator[CompletionEvent]:
    """What an event says; one that holds several says what each of them does, one that is no object says nothing."""
    if not data.startswith(b"{") and data != DONE:
        for part in parts(data):
            yield from reader.read(part)
        return
    try:
        yield from reader.read(data)
    except jsontext.NotJson:
        if not (several := parts(data)):
            raise
        for part in several:
            yield from reader.read(part)


async def _beginning(response: httpx2.Response, most: int) -> bytes:
    """As much of a body as is read of it."""
    body = bytearray()
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > most:
                break
    return bytes(body[:most])


def _shown(url: httpx2.URL) -> str:
    """An address without the name, the password and the parameters in it."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"
