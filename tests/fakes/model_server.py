"""A scripted model server on loopback: Anthropic's messages, OpenAI's three interfaces, Ollama's and Gemini's own.

In a test, ask for the fixture ``model_server``::

    async def test_something(model_server: ModelServer) -> None:
        model_server.script(Reply(Call("FileRead", {"path": "a.md"})), Reply(Say("It says ", "hello.")))
        ...  # point a provider's base_url at model_server.url
        assert model_server.requests[1].tool_results == ["hello"]

Replies are taken in order; when none is left, `rule` answers (it echoes, unless another one was given).

As a process of its own, for system tests and benchmarks::

    python tests/fakes/model_server.py --port 0 --behaviour tool:FileRead*2:{"path":"a.md"}

It prints its address and ends with its parent. `model_script.behaviour` and `model_script.reply_from_json` say what it
understands; ``POST /_script`` adds replies while it runs, ``DELETE`` takes all back, ``POST /_behaviour`` changes what
it does without a script, ``GET /_requests`` returns what was received and ``GET /_stats`` the counters.
"""

import argparse
import contextlib
import itertools
import json
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

if __name__ == "__main__":  # run by path: the repository is not on the import path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fakes import gemini_wire
from tests.fakes.gemini_wire import Gemini
from tests.fakes.model_script import (
    Answer,
    Drop,
    Fail,
    Raw,
    Received,
    Refuse,
    Reply,
    Rule,
    Vectors,
    Wait,
    Wire,
    Words,
    behaviour,
    echo,
    reply_from_json,
)
from tests.fakes.model_wire import Anthropic, OpenAI, dump, embeddings, recording, words
from tests.fakes.ollama_wire import Ollama, OllamaHost
from tests.fakes.responses_wire import Responses

_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    429: "Too Many Requests",
    529: "Overloaded",
}
_READ: Final = 1 << 16
HEARS: Final = "/audio/transcriptions"

Encoder = Anthropic | OpenAI | Ollama | Responses | Gemini
_WIRES: Final[Mapping[str, tuple[Wire, type[Encoder]]]] = {
    "/messages": ("anthropic", Anthropic),
    "/chat/completions": ("openai", OpenAI),
    "/embeddings": ("openai", OpenAI),
    HEARS: ("openai", OpenAI),
    "/api/chat": ("ollama", Ollama),
    ":generateContent": ("gemini", Gemini),
    ":streamGenerateContent": ("gemini", Gemini),
    gemini_wire.EMBEDS: ("gemini", Gemini),
    "/responses": ("responses", Responses),
}
"""By the end of the path of a call."""


@final
@attrs.define(eq=False)
class _Connection:
    stream: trio.SocketStream
    buffer: bytearray = attrs.field(factory=bytearray)

    async def read_until(self, mark: bytes) -> bytes | None:
        """Everything up to `mark`, which is dropped; None when the peer closed before it."""
        searched = 0
        while (at := self.buffer.find(mark, searched)) < 0:
            searched = max(0, len(self.buffer) - len(mark))
            if not (data := await self.stream.receive_some(_READ)):
                return None
            self.buffer += data
        head = bytes(self.buffer[:at])
        del self.buffer[: at + len(mark)]
        return head

    async def read_exactly(self, size: int) -> bytes | None:
        while len(self.buffer) < size:
            if not (data := await self.stream.receive_some(_READ)):
                return None
            self.buffer += data
        body = bytes(self.buffer[:size])
        del self.buffer[:size]
        return body


class _PeerGone(Exception):
    pass


class _Cut(Exception):
    pass


@final
class ModelServer:
    """Serves until its block is left; see the module for how to use it."""

    def __init__(self, rule: Rule = echo) -> None:
        self.url = ""
        """``http://127.0.0.1:port``, to be used as base URL of any provider."""
        self.rule: Rule = rule
        self.vectors: Answer = Vectors()
        """Answers requests for embeddings."""
        self.words: Answer = Words()
        """Answers requests for the words of a recording."""
        self.requests: list[Received] = []
        self.models: list[str] = []
        """Names listed under ``/models``; without any there is no such list."""
        self.listed = 0
        """Times that somebody asked for it."""
        self.closed_by_client = 0
        """Answers that the client did not read to their end: it closed the connection."""
        self.connections = 0
        """Connections made so far."""
        self.open = 0
        """Connections open now."""
        self.ollama = OllamaHost()
        self.has_responses = True
        """Whether there is OpenAI's newer interface, ``/responses``."""
        self.missed: list[str] = []
        """Paths that were asked for and are not there."""
        self._replies: deque[Answer] = deque()
        self._numbers = itertools.count(1)
        self._changed = trio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls, rule: Rule = echo, port: int = 0) -> "AsyncGenerator[ModelServer]":
        server = cls(rule)
        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
            server.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
            nursery.start_soon(trio.serve_listeners, server._serve, listeners)
            yield server
            nursery.cancel_scope.cancel()

    def script(self, *answers: Answer) -> None:
        """Queue answers; each is given once."""
        self._replies.extend(answers)

    async def wait_for(self, condition: "Callable[[ModelServer], bool]") -> None:
        """Return once `condition` holds; it is looked at after every request and every close."""
        while not condition(self):
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    # HTTP

    async def _serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        self.open += 1
        connection = _Connection(stream)
        try:
            while (head := await connection.read_until(b"\r\n\r\n")) is not None:
                line, *lines = head.decode("latin-1").split("\r\n")
                method, path, _ = line.split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (h.partition(":") for h in lines)
                }
                body = await connection.read_exactly(int(headers.get("content-length", "0")))
                if body is None:
                    return
                await self._answer(connection, method, path, headers, body)
        except (_PeerGone, trio.BrokenResourceError):
            self.closed_by_client += 1
        except _Cut:
            return
        finally:
            self.open -= 1
            self._notify()
            await trio.aclose_forcefully(stream)

    async def _answer(
        self, connection: _Connection, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        call = next((end for end in _WIRES if path.partition("?")[0].endswith(end)), None)
        if call is not None and self._has(call):
            wire, encoder = _WIRES[call]
            said = recording(headers["content-type"], body) if call == HEARS else json.loads(body)
            request = Received(wire=wire, path=path, headers=headers, body=said, size=len(body))
            self.requests.append(request)
            answer = self._replies.popleft() if self._replies else self._by_rule(request)
            self._notify()
            if isinstance(answer, Reply) and answer.held is not None:
                await self._waiting(connection, answer.held.wait)
            if answer.delay:
                await self._waiting(connection, trio.sleep, answer.delay)
            if wire == "ollama" and (refused := self.ollama.load(request)) is not None:
                answer = refused
            if wire == "gemini" and (refused := gemini_wire.refused(request)) is not None:
                answer = refused
            if isinstance(answer, Refuse):
                await _send(
                    connection, answer.status, _refusal(answer, wire), answer.headers, answer.content_type
                )
            elif isinstance(answer, Words):
                await _send(connection, 200, dump(words(answer)).encode())
            elif isinstance(answer, Vectors):
                made = gemini_wire.embeddings if wire == "gemini" else embeddings
                body = dump(made(request, answer)).encode()
                await _send(connection, 200, body, cut=answer.cut)
            else:
                await self._reply(connection, encoder(request, answer, next(self._numbers)), answer)
        else:
            status, data = self._control(method, path, body)
            await _send(connection, status, dump(data).encode())

    def _has(self, call: str) -> bool:
        """Whether there is such an interface."""
        return {"/api/chat": self.ollama.native, "/responses": self.has_responses}.get(call, True)

    def _by_rule(self, request: Received) -> Answer:
        if request.path.endswith(HEARS):
            return self.words
        asked = request.path.endswith(("/embeddings", gemini_wire.EMBEDS))
        return self.vectors if asked else self.rule(request)

    def _control(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        if method == "GET" and self.models and path.partition("?")[0].endswith("/models"):
            self.listed += 1
            return 200, {"data": [{"id": id} for id in self.models]}
        if (method, path) == ("POST", "/api/pull"):
            self.ollama.models.append(json.loads(body)["model"])
            return 200, {"status": "success"}
        return self._controlled(method, path, body)

    def _controlled(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        match method, path:
            case "GET", "/api/tags":
                return 200, self.ollama.tags()
            case "POST", "/api/show":
                return self.ollama.show(json.loads(body))
            case "GET", "/_requests":
                return 200, [{"wire": r.wire, "path": r.path, "body": r.body} for r in self.requests]
            case "GET", "/_stats":
                stats = {"requests": len(self.requests), "connections": self.connections}
                return 200, {**stats, "closed_by_client": self.closed_by_client}
            case "POST", "/_script":
                self.script(*map(reply_from_json, json.loads(body)))
                return 200, {"queued": len(self._replies)}
            case "DELETE", "/_script":
                self._replies.clear()
                return 200, {}
            case "POST", "/_behaviour":
                self.rule = behaviour(body.decode())
                return 200, {}
            case _:
                self.missed.append(path)
                return 404, {"error": {"type": "not_found_error", "message": f"no route for {method} {path}"}}

    async def _reply(self, connection: _Connection, encoder: Encoder, reply: Reply) -> None:
        if not encoder.streams:
            await _send(connection, 200, dump(encoder.whole()).encode())
        elif reply.gap or reply.cut or any(isinstance(part, Wait) for part in reply.parts):
            await self._waiting(connection, _stream, connection, encoder, reply)
        else:
            await _stream(connection, encoder, reply)

    async def _waiting(self, connection: _Connection, work: Callable[..., Any], *args: Any) -> None:
        """Do `work` while watching whether the peer goes away."""
        gone = False

        async def watch() -> None:
            nonlocal gone
            with contextlib.suppress(trio.BrokenResourceError):  # a peer that was killed
                while data := await connection.stream.receive_some(_READ):
                    connection.buffer += data
            gone = True
            nursery.cancel_scope.cancel()

        cut: _Cut | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            try:
                await work(*args)
            except _Cut as error:
                cut = error
            except trio.BrokenResourceError:
                gone = True
            nursery.cancel_scope.cancel()
        if gone:
            raise _PeerGone
        if cut:
            raise cut


def _refusal(answer: Refuse, wire: Wire) -> bytes:
    if answer.body is not None:
        return answer.body
    if wire == "ollama":
        return dump({"error": answer.message}).encode()
    if wire == "gemini":
        return dump(gemini_wire.error(answer.status, answer.message, answer.type)).encode()
    error = {"type": answer.type, "message": answer.message}
    if answer.code is not None:
        error["code"] = answer.code
    return dump({"type": "error", "error": error}).encode()


async def _send(
    connection: _Connection,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
    cut: int | None = None,
) -> None:
    extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\ncontent-type: {content_type}\r\n{extra}"
    await connection.stream.send_all(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body[:cut])
    if cut is not None:
        raise _Cut


async def _stream(connection: _Connection, encoder: Encoder, reply: Reply) -> None:
    """Send the events, each as one HTTP chunk, in as few writes as the pauses of `reply` allow."""
    kind = encoder.content_type
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
    pending = bytearray(head.encode())

    async def flush() -> None:
        data = bytes(pending)
        pending.clear()
        for i in range(0, len(data), reply.cut or max(1, len(data))):
            await connection.stream.send_all(data[i : i + reply.cut] if reply.cut else data)

    for piece in _pieces_of(encoder, reply):
        match piece:
            case bytes():
                pending += b"%x\r\n%b\r\n" % (len(piece), piece)
            case Wait(seconds):
                await flush()
                await trio.sleep(seconds)
            case Drop():
                await flush()
                raise _Cut
    pending += b"0\r\n\r\n"
    await flush()


def _pieces_of(encoder: Encoder, reply: Reply) -> Iterator[bytes | Wait | Drop]:
    yield from encoder.begin()
    for part in reply.parts:
        match part:
            case Wait() | Drop():
                yield part
            case Raw(data):
                yield data
            case Fail():
                yield encoder.fail(part)
                return
            case _:
                yield from _spaced(encoder.part(part), reply.gap)
    if reply.finish:
        yield from encoder.end()


def _spaced(events: Iterable[bytes], gap: float) -> Iterator[bytes | Wait]:
    for event in events:
        if gap:
            yield Wait(gap)
        yield event


# --- a process of its own ---------------------------------------------------------------------------------------


async def _serve_forever(options: argparse.Namespace) -> None:
    parent = os.getppid()
    async with ModelServer.running(behaviour(options.behaviour), options.port) as server:
        server.ollama.models = options.ollama_model
        if options.script is not None:
            server.script(*map(reply_from_json, json.loads(options.script.read_text())))
        print(server.url, flush=True)  # noqa: T201
        while os.getppid() == parent:  # the kernel tells nobody that a parent has ended
            await trio.sleep(1.0)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Scripted model server on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--behaviour", default="echo", help="echo, say:TEXT, slow:S, delay:S, tool:NAME*ROUNDS:JSON"
    )
    parser.add_argument(
        "--script", type=Path, help="JSON file: a list of replies, given before the behaviour"
    )
    parser.add_argument(
        "--ollama-model", action="append", default=[], help="a name for /api/tags; repeatable"
    )
    trio.run(_serve_forever, parser.parse_args(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
