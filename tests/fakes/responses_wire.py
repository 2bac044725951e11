"""OpenAI's Responses interface, as the scripted model server has it: streamed and whole."""

import itertools
from collections.abc import Iterator
from typing import Any, Final, final

from tests.fakes.model_script import Call, Fail, JsonObject, Received, Redacted, Reply, Say, Think
from tests.fakes.model_wire import EVENTS, arguments_of, dump, pieces

_INCOMPLETE: Final = {"max_tokens": "max_output_tokens", "content_filter": "content_filter"}


@final
class Responses:
    """Encodes one reply as events of ``/responses``. Reasoning comes encrypted, where that is asked for."""

    content_type: Final = EVENTS

    def __init__(self, request: Received, reply: Reply, number: int) -> None:
        self.streams = bool(request.body.get("stream"))
        self._request, self._reply, self._number = request.body, reply, number
        self._sequence = itertools.count()
        self._output: list[JsonObject] = []

    def begin(self) -> Iterator[bytes]:
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))

    def part(self, part: Say | Think | Redacted | Call) -> Iterator[bytes]:
        place, item = len(self._output), self._item(part)
        at = {"output_index": place, "item_id": item["id"]}
        opened = {**item, **{key: _EMPTY[key] for key in _EMPTY if key in item}, "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=place, item=opened)
        match part:
            case Say(chunks=chunks):
                yield from self._text(at, chunks)
            case Think(chunks=chunks):
                yield from self._thought(at, chunks)
            case Redacted():
                pass
            case Call():
                for piece in pieces(arguments_of(part), part.fragments):
                    yield self._event("response.function_call_arguments.delta", **at, delta=piece)
                yield self._event(
                    "response.function_call_arguments.done",
                    **at,
                    name=part.name,
                    arguments=arguments_of(part),
                )
        yield self._event("response.output_item.done", output_index=place, item=item)
        self._output.append(item)

    def fail(self, part: Fail) -> bytes:
        response = {**self._response("failed"), "error": {"code": part.type, "message": part.message}}
        return self._event("response.failed", response=response)

    def end(self) -> Iterator[bytes]:
        response = self._ended()
        yield self._event(f"response.{response['status']}", response=response)

    def whole(self) -> JsonObject:
        parts = self._reply.parts
        for part in parts:
            if isinstance(part, Say | Think | Redacted | Call):
                self._output.append(self._item(part))
        return self._ended()

    def _text(self, at: JsonObject, chunks: tuple[str, ...]) -> Iterator[bytes]:
        at = {**at, "content_index": 0}
        yield self._event("response.content_part.added", **at, part=_text(""))
        for chunk in chunks:
            yield self._event("response.output_text.delta", **at, delta=chunk, logprobs=[])
        yield self._event("response.output_text.done", **at, text="".join(chunks), logprobs=[])
        yield self._event("response.content_part.done", **at, part=_text("".join(chunks)))

    def _thought(self, at: JsonObject, chunks: tuple[str, ...]) -> Iterator[bytes]:
        at = {**at, "summary_index": 0}
        whole = {"type": "summary_text", "text": "".join(chunks)}
        yield self._event("response.reasoning_summary_part.added", **at, part={**whole, "text": ""})
        for chunk in chunks:
            yield self._event("response.reasoning_summary_text.delta", **at, delta=chunk)
        yield self._event("response.reasoning_summary_text.done", **at, text=whole["text"])
        yield self._event("response.reasoning_summary_part.done", **at, part=whole)

    def _item(self, part: Say | Think | Redacted | Call) -> JsonObject:
        id = f"{self._number}_{len(self._output)}"
        match part:
            case Say(chunks=chunks):
                return {
                    "id": f"msg_{id}", "type": "message", "role": "assistant", "status": "completed",
                    "content": [_text("".join(chunks))],
                }  # fmt: skip
            case Think(chunks=chunks, signature=signature):
                return self._reasoning(id, signature, [{"type": "summary_text", "text": "".join(chunks)}])
            case Redacted(data):
                return self._reasoning(id, data, [])
            case Call():
                return {
                    "id": f"fc_{id}", "type": "function_call", "call_id": part.id or f"call_{id}", "name": part.name,
                    "arguments": arguments_of(part), "status": "completed",
                }  # fmt: skip

    def _reasoning(self, id: str, encrypted: str, summary: list[JsonObject]) -> JsonObject:
        item: JsonObject = {"id": f"rs_{id}", "type": "reasoning", "summary": summary}
        if "reasoning.encrypted_content" in (self._request.get("include") or ()):
            item["encrypted_content"] = encrypted
        return item

    def _ended(self) -> JsonObject:
        tokens = self._reply.tokens
        prompt = tokens.input + tokens.cache_read
        why = _INCOMPLETE.get(self._reply.stop)
        usage = {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": tokens.cache_read, "cache_write_tokens": 0},
            "output_tokens": tokens.output, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + tokens.output,
        }  # fmt: skip
        response = {
            **self._response("incomplete" if why else "completed"),
            "output": self._output,
            "usage": usage,
        }
        return {**response, "incomplete_details": {"reason": why}} if why else response

    def _response(self, status: str) -> JsonObject:
        return {
            "id": f"resp_{self._number}", "object": "response", "created_at": 0, "model": self._request["model"],
            "status": status, "output": [], "error": None, "incomplete_details": None, "instructions": None,
            "metadata": {}, "parallel_tool_calls": True, "temperature": None, "tool_choice": "auto",
            "tools": self._request.get("tools", []), "top_p": None,
        }  # fmt: skip

    def _event(self, kind: str, **fields: Any) -> bytes:
        event = {"type": kind, "sequence_number": next(self._sequence), **fields}
        return f"event: {kind}\ndata: {dump(event)}\n\n".encode()


_EMPTY: Final[JsonObject] = {"content": [], "summary": [], "arguments": ""}


def _text(text: str) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
