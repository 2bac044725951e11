"""Ollama's own interface, as the scripted model server has it: chats, and what it says of its models."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import attrs

from tests.fakes.model_script import Call, Fail, JsonObject, Received, Redacted, Refuse, Reply, Say, Think
from tests.fakes.model_wire import dump

_DONE: Final = {"end_turn": "stop", "tool_use": "stop", "max_tokens": "length"}
_AT: Final = "2026-01-01T00:00:00.000000Z"
DEFAULT_WINDOW: Final = 4096
"""Tokens of context where nobody says."""


@final
class Ollama:
    """Encodes one reply as lines of ``/api/chat``."""

    content_type: Final = "application/x-ndjson"

    def __init__(self, request: Received, reply: Reply, number: int) -> None:
        self._model, self._reply, self._number = request.body["model"], reply, number
        self._calls = 0
        self.streams = bool(request.body.get("stream", True))

    def begin(self) -> Iterator[bytes]:
        yield from ()

    def part(self, part: Say | Think | Redacted | Call) -> Iterator[bytes]:
        match part:
            case Say(chunks=chunks):
                yield from (self._line({"role": "assistant", "content": chunk}) for chunk in chunks)
            case Think(chunks=chunks):
                for chunk in chunks:
                    yield self._line({"role": "assistant", "content": "", "thinking": chunk})
            case Redacted():
                return
            case Call():
                yield self._line({"role": "assistant", "content": "", "tool_calls": [self._call(part)]})

    def fail(self, part: Fail) -> bytes:
        return f"{dump({'error': part.message})}\n".encode()

    def end(self) -> Iterator[bytes]:
        yield self._line({"role": "assistant", "content": ""}, **self._ending())

    def whole(self) -> JsonObject:
        parts = self._reply.parts
        said = "".join(chunk for part in parts if isinstance(part, Say) for chunk in part.chunks)
        thought = "".join(chunk for part in parts if isinstance(part, Think) for chunk in part.chunks)
        message: JsonObject = {"role": "assistant", "content": said}
        if thought:
            message["thinking"] = thought
        if calls := [self._call(part) for part in parts if isinstance(part, Call)]:
            message["tool_calls"] = calls
        return {"model": self._model, "created_at": _AT, "message": message, **self._ending()}

    def _call(self, call: Call) -> JsonObject:
        self._calls += 1
        id = call.id or f"call_{self._number}_{self._calls}"
        return {"id": id, "function": {"index": self._calls - 1, "name": call.name, "arguments": call.input}}

    def _ending(self) -> JsonObject:
        tokens = self._reply.tokens
        return {
            "done": True, "done_reason": _DONE.get(self._reply.stop, self._reply.stop), "total_duration": 3,
            "load_duration": 1, "prompt_eval_count": tokens.input + tokens.cache_read, "prompt_eval_duration": 1,
            "eval_count": tokens.output, "eval_duration": 1,
        }  # fmt: skip

    def _line(self, message: JsonObject, **more: Any) -> bytes:
        line = {"model": self._model, "created_at": _AT, "message": message, "done": False, **more}
        return f"{dump(line)}\n".encode()


@final
@attrs.define(eq=False)
class OllamaHost:
    """What the server has beside its conversations: models, and which of them is loaded with how much context."""

    models: list[str] = attrs.field(factory=list[str])
    """Names listed under ``/api/tags``."""
    shown: dict[str, JsonObject] = attrs.field(factory=dict[str, JsonObject])
    """What ``/api/show`` says of a model; of one that is listed and not in here something usual."""
    shows: list[str] = attrs.field(factory=list[str])
    """Models that were asked about, in order."""
    loads: list[tuple[str, int]] = attrs.field(factory=list[tuple[str, int]])
    """Every time that a model was loaded, with its tokens of context: when one of both was another than before."""
    native: bool = True
    """Whether there is ``/api/chat``; servers that only resemble OpenAI have none."""

    def tags(self) -> JsonObject:
        return {"models": [_listed(name) for name in self.models]}

    def show(self, body: Mapping[str, Any]) -> tuple[int, JsonObject]:
        name = body["model"]
        self.shows.append(name)
        if name in self.shown:
            return 200, self.shown[name]
        if name in self.models:
            return 200, showing(131_072)
        return 404, {"error": f"model {name!r} not found"}

    def load(self, request: Received) -> Refuse | None:
        """Have the model ready. What does not fit is refused, or dropped without a word, as Ollama does it."""
        window = request.body.get("options", {}).get("num_ctx", DEFAULT_WINDOW)
        now = (request.body["model"], window)
        if not self.loads or self.loads[-1] != now:
            self.loads.append(now)
        if _tokens(request.messages) <= window:
            return None
        if request.body.get("truncate") is False:
            return Refuse(status=400, message="the input length exceeds the context length")
        messages = request.body["messages"]
        while len(messages) > 1 and _tokens(messages) > window:
            del messages[1 if messages[0]["role"] == "system" and len(messages) > 2 else 0]
        return None


def showing(window: int, *capabilities: str, family: str = "llama") -> JsonObject:
    """What ``/api/show`` says of a model that holds `window` tokens and can so much beside talking."""
    return {
        "license": "none", "modelfile": "FROM nothing", "parameters": "temperature 1", "template": "{{ .Prompt }}",
        "details": _details(family),
        "model_info": {"general.architecture": family, f"{family}.block_count": 4, f"{family}.context_length": window},
        "capabilities": ["completion", *(capabilities or ("tools",))],
        "modified_at": _AT,
    }  # fmt: skip


def _listed(name: str) -> JsonObject:
    return {
        "name": name, "model": name, "modified_at": _AT, "size": 1, "digest": "0" * 64, "details": _details("llama"),
    }  # fmt: skip


def _details(family: str) -> JsonObject:
    return {
        "parent_model": "", "format": "gguf", "family": family, "families": [family], "parameter_size": "1B",
        "quantization_level": "Q4_0",
    }  # fmt: skip


def _tokens(messages: list[JsonObject]) -> int:
    return sum(len(message["content"]) for message in messages) // 4
