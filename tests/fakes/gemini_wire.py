"""Gemini's own interface, as the scripted model server has it, strict about what it is sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

from tests.fakes.model_script import (
    Call,
    Fail,
    JsonObject,
    Received,
    Redacted,
    Refuse,
    Reply,
    Say,
    Think,
    Vectors,
)
from tests.fakes.model_wire import dump
from tests.validators import gemini
from tests.validators.strict import Refused

PATH: Final = re.compile(
    r".*/models/([^/:]+):(streamGenerateContent|generateContent|batchEmbedContents)(?:\?(.*))?"
)
EMBEDS: Final = ":batchEmbedContents"
_FINISH: Final[Mapping[str, str]] = {"end_turn": "STOP", "tool_use": "STOP", "max_tokens": "MAX_TOKENS"}
_STATUS: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


@final
class Gemini:
    """Encodes one reply as responses of ``streamGenerateContent``, or as one of ``generateContent``."""

    content_type: Final = "text/event-stream"

    def __init__(self, request: Received, reply: Reply, number: int) -> None:
        self._model, self._reply, self._number = model_of(request.path), reply, number
        self.streams = ":stream" in request.path

    def begin(self) -> Iterator[bytes]:
        yield from ()

    def part(self, part: Say | Think | Redacted | Call) -> Iterator[bytes]:
        for each in self._parts(part):
            yield self._event([each])

    def fail(self, part: Fail) -> bytes:
        return _data(error(503, part.message, part.type))

    def end(self) -> Iterator[bytes]:
        yield self._event([{"text": ""}], finishReason=self._finish())

    def whole(self) -> JsonObject:
        said = [part for part in self._reply.parts if isinstance(part, Say | Think | Redacted | Call)]
        return self._response(
            [each for part in said for each in self._parts(part)], finishReason=self._finish()
        )

    def _parts(self, part: Say | Think | Redacted | Call) -> list[JsonObject]:
        """Reasoning has no signature of its own; that of words is on the last piece of them."""
        match part:
            case Say(chunks=chunks, signature=signature):
                pieces: list[JsonObject] = [{"text": chunk} for chunk in chunks]
                return [*pieces[:-1], *(_signed(each, signature) for each in pieces[-1:])]
            case Think(chunks=chunks):
                return [{"text": chunk, "thought": True} for chunk in chunks]
            case Redacted():
                return []
            case Call():
                given = {"id": part.id} if part.id else {}
                call = {"functionCall": {"name": part.name, "args": part.input, **given}}
                return [_signed(call, part.signature)]

    def _finish(self) -> str:
        return _FINISH.get(self._reply.stop, self._reply.stop)

    def _event(self, parts: list[JsonObject], **more: Any) -> bytes:
        return _data(self._response(parts, **more))

    def _response(self, parts: list[JsonObject], **more: Any) -> JsonObject:
        tokens = self._reply.tokens
        prompt = tokens.input + tokens.cache_read + tokens.cache_write
        return {
            "candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0, **more}],
            "usageMetadata": {
                "promptTokenCount": prompt,
                "cachedContentTokenCount": tokens.cache_read,
                "candidatesTokenCount": tokens.output,
                "totalTokenCount": prompt + tokens.output,
            },
            "modelVersion": self._model,
            "responseId": f"response-{self._number}",
        }


def model_of(path: str) -> str:
    """The model that a call names."""
    found = PATH.fullmatch(path)
    return found[1] if found else ""


def refused(request: Received) -> Refuse | None:
    """What Google would refuse of a request."""
    try:
        if request.path.endswith(EMBEDS):
            gemini.check_embeds(request.body, model=model_of(request.path))
        else:
            gemini.check(request.body, model=model_of(request.path))
    except Refused as why:
        return Refuse(status=400, message=str(why))
    return None


def embeddings(request: Received, answer: Vectors) -> JsonObject:
    """The answer to a request for embeddings; like Google's it does not say what was used."""
    texts = [each["content"]["parts"][0]["text"] for each in request.body["requests"]]
    return {"embeddings": [{"values": list(answer.of(text))} for text in texts]}


def error(code: int, message: str, status: str = "error") -> JsonObject:
    """A report of a failure. `status` is Google's word for it, by default that of the code."""
    said = status if status.isupper() else _STATUS.get(code, "UNKNOWN")
    return {"error": {"code": code, "message": message, "status": said}}


def _signed(part: JsonObject, signature: str) -> JsonObject:
    return {**part, "thoughtSignature": signature} if signature else part


def _data(body: JsonObject) -> bytes:
    return f"data: {dump(body)}\r\n\r\n".encode()
