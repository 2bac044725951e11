"""The wire formats of the scripted model server: the two of conversations, embeddings, transcriptions."""

import base64
import json
import math
import struct
from collections.abc import Iterator, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final, final

from tests.fakes.model_script import (
    Call,
    Fail,
    JsonObject,
    Received,
    Redacted,
    Reply,
    Say,
    Think,
    Vectors,
    Words,
)

dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
EVENTS: Final = "text/event-stream; charset=utf-8"
_FINISH: Final = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def arguments_of(call: Call) -> str:
    """The JSON text of a call's input."""
    return call.input if isinstance(call.input, str) else json.dumps(call.input)


def pieces(text: str, count: int) -> list[str]:
    """The text in about so many pieces."""
    size = max(1, math.ceil(len(text) / max(1, count)))
    return [text[i : i + size] for i in range(0, len(text), size)]


def embeddings(request: Received, answer: Vectors) -> JsonObject:
    """The answer to a request for embeddings, whose input is a text or a list of them."""
    given = request.body["input"]
    texts: list[str] = [given] if isinstance(given, str) else given
    plain = answer.plain or request.body.get("encoding_format") != "base64"
    vectors = [answer.of(text) for text in texts]
    words = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": n, "embedding": list(vector) if plain else _base64(vector)}
            for n, vector in enumerate(vectors)
        ],
        "model": request.body["model"],
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


def recording(content_type: str, body: bytes) -> JsonObject:
    """The fields of a form that brings a recording; of this its name, its type and its bytes, as characters."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    fields: JsonObject = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        data: Any = part.get_payload(decode=True)
        file = {"name": part.get_filename(), "type": part.get_content_type(), "data": data.decode("latin-1")}
        fields[name] = data.decode() if part.get_filename() is None else file
    return fields


def words(answer: Words) -> JsonObject:
    """The answer to a request for the words of a recording."""
    return {"text": answer.text, "usage": dict(answer.usage)}


def _base64(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@final
class Anthropic:
    """Encodes one reply as events of the Messages API."""

    content_type: Final = EVENTS

    def __init__(self, request: Received, reply: Reply, number: int) -> None:
        self.streams = bool(request.body.get("stream"))
        self._model, self._reply, self._number = request.body["model"], reply, number
        self._index = 0
        self._calls = 0

    def begin(self) -> Iterator[bytes]:
        yield _event("message_start", message={**self._message([]), "stop_reason": None})

    def part(self, part: Say | Think | Redacted | Call) -> Iterator[bytes]:
        block, deltas = self._block(part)
        yield _event("content_block_start", index=self._index, content_block=block)
        if self._index == 0:
            yield _event("ping")
        for delta in deltas:
            yield _event("content_block_delta", index=self._index, delta=delta)
        yield _event("content_block_stop", index=self._index)
        self._index += 1

    def fail(self, part: Fail) -> bytes:
        return _event("error", error={"type": part.type, "message": part.message})

    def end(self) -> Iterator[bytes]:
        usage = {"output_tokens": self._reply.tokens.output}
        yield _event(
            "message_delta", delta={"stop_reason": self._reply.stop, "stop_sequence": None}, usage=usage
        )
        yield _event("message_stop")

    def whole(self) -> JsonObject:
        content: list[JsonObject] = []
        for part in self._reply.parts:
            if isinstance(part, Say | Think | Redacted | Call):
                block, deltas = self._block(part)
                for key, value in (item for delta in deltas for item in delta.items() if item[0] != "type"):
                    block[key] = (block.get(key) or "") + value
                if isinstance(part, Call):
                    block["input"] = json.loads(block.pop("partial_json", "") or "{}")
                content.append(block)
        return self._message(content)

    def _message(self, content: list[JsonObject]) -> JsonObject:
        tokens = self._reply.tokens
        usage = {
            "input_tokens": tokens.input,
            "cache_creation_input_tokens": tokens.cache_write,
            "cache_read_input_tokens": tokens.cache_read,
            "output_tokens": tokens.output,
        }
        return {
            "id": f"msg_{self._number}", "type": "message", "role": "assistant", "model": self._model,
            "content": content, "stop_reason": self._reply.stop, "stop_sequence": None, "usage": usage,
        }  # fmt: skip

    def _block(self, part: Say | Think | Redacted | Call) -> tuple[JsonObject, list[JsonObject]]:
        match part:
            case Say(chunks=chunks):
                return {"type": "text", "text": ""}, [
                    {"type": "text_delta", "text": chunk} for chunk in chunks
                ]
            case Think(chunks=chunks, signature=signature):
                deltas = [{"type": "thinking_delta", "thinking": chunk} for chunk in chunks]
                signed = {"type": "signature_delta", "signature": signature}
                return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
            case Redacted(data):
                return {"type": "redacted_thinking", "data": data}, []
            case Call():
                self._calls += 1
                id = part.id or f"toolu_{self._number}_{self._calls}"
                fragments = pieces(arguments_of(part), part.fragments)
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *fragments]]
                return {"type": "tool_use", "id": id, "name": part.name, "input": {}}, deltas


def _event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {dump({'type': name, **fields})}\n\n".encode()


@final
class OpenAI:
    """Encodes one reply as chunks of the chat completions API."""

    content_type: Final = EVENTS

    def __init__(self, request: Received, reply: Reply, number: int) -> None:
        self.streams = bool(request.body.get("stream"))
        self._model, self._reply, self._number = request.body["model"], reply, number
        self._with_usage = bool(request.body.get("stream_options", {}).get("include_usage"))
        self._calls = 0

    def begin(self) -> Iterator[bytes]:
        yield self._chunk({"role": "assistant", "content": ""})

    def part(self, part: Say | Think | Redacted | Call) -> Iterator[bytes]:
        match part:
            case Say(chunks=chunks):
                yield from (self._chunk({"content": chunk}) for chunk in chunks)
            case Think(chunks=chunks):
                yield from (self._chunk({"reasoning_content": chunk}) for chunk in chunks)
            case Redacted():
                return
            case Call():
                index = self._calls
                call = self._call(part)
                arguments = call["function"].pop("arguments")
                yield self._chunk({"tool_calls": [{"index": index, **call}]})
                for piece in pieces(arguments, part.fragments):
                    yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def fail(self, part: Fail) -> bytes:
        return _data({"error": {"type": part.type, "message": part.message}})

    def end(self) -> Iterator[bytes]:
        yield self._chunk({}, finish=_FINISH.get(self._reply.stop or "", self._reply.stop))
        if self._with_usage:
            yield _data({**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()})
        yield b"data: [DONE]\n\n"

    def whole(self) -> JsonObject:
        parts = self._reply.parts
        text = "".join(chunk for part in parts if isinstance(part, Say) for chunk in part.chunks)
        message: JsonObject = {"role": "assistant", "content": text or None}
        calls = [self._call(part) for part in parts if isinstance(part, Call)]
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "finish_reason": _FINISH.get(self._reply.stop or "")}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def _call(self, part: Call) -> JsonObject:
        self._calls += 1
        function = {"name": part.name, "arguments": arguments_of(part)}
        return {
            "id": part.id or f"call_{self._number}_{self._calls}",
            "type": "function",
            "function": function,
        }

    def _head(self, kind: str) -> JsonObject:
        return {"id": f"chatcmpl-{self._number}", "object": kind, "created": 0, "model": self._model}

    def _chunk(self, delta: JsonObject, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _usage(self) -> JsonObject:
        tokens = self._reply.tokens
        prompt = tokens.input + tokens.cache_read + tokens.cache_write
        return {
            "prompt_tokens": prompt, "completion_tokens": tokens.output, "total_tokens": prompt + tokens.output,
            "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        }  # fmt: skip


def _data(body: JsonObject) -> bytes:
    return f"data: {dump(body)}\n\n".encode()
