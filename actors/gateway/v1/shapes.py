"""The shapes of answers that programs for OpenAI's models read. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from actors.agent.messages import Answer
from actors.gateway.v1.asked import AGENT
from actors.vocabulary import Attachment, Usage
from actors.wire import Json, encode

DONE: Final = b"data: [DONE]\n\n"
STILL_HERE: Final = b": the agent is at work\n\n"
"""Keeps a connection open on which there is nothing to say."""

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_FINISH: Final = {
    "success": "stop",
    "cancelled": "stop",
    "refusal": "content_filter",
    "content_filter": "content_filter",
}
"""By the outcome of a turn; all others are limits."""


def error(status: int, text: str, code: str | None = None) -> Json:
    """A refusal."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def models(specs: Iterable[str]) -> Json:
    """The agent as a model, and the models that it may be told to answer with."""
    return {"object": "list", "data": [model(name) for name in (AGENT, *specs)]}


def model(name: str) -> Json:
    """One of them."""
    return {"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]}


def completion(found: Answer, at: datetime) -> Json:
    """A whole answer."""
    turn = found.answered_by
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": _text(found), "refusal": None},
        "logprobs": None,
        "finish_reason": finish(turn.outcome),
    }
    head = _head("chat.completion", found.turn, at, turn.usage.model)
    return {**head, "choices": [choice], "usage": usage(turn.usage)}


def _text(found: Answer) -> str:
    return "\n\n".join(filter(None, (found.text, end(found.notice, found.attachments))))


def chunk(turn: str, at: datetime, model: str | None, delta: Json, finish: str | None = None) -> bytes:
    """A piece of an answer, as an event."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({**_head("chat.completion.chunk", turn, at, model), "choices": [choice]})


def closing(turn: str, at: datetime, used: Usage) -> bytes:
    """What an answer has cost, as the last event."""
    head = _head("chat.completion.chunk", turn, at, used.model)
    return event({**head, "choices": [], "usage": usage(used)})


def event(value: Any) -> bytes:
    """A value as one server-sent event."""
    return f"data: {encode(value)}\n\n".encode()


def finish(outcome: str | None) -> str:
    """Why an answer ended, as programs call it."""
    return _FINISH.get(outcome or "", "length")


def usage(used: Usage) -> Json:
    """Tokens; those that a cache gave are counted in the prompt, as it is usual there."""
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.prompt_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cache_read_tokens},
    }


def end(text: str | None, files: Iterable[Attachment]) -> str:
    """What follows the words of the model: a notice, and which files came with the answer."""
    names = ", ".join(file.path for file in files)
    return "\n\n".join(filter(None, (text, f"[Files: {names}]" if names else "")))


def _head(kind: str, turn: str, at: datetime, model: str | None) -> Json:
    return {"id": f"chatcmpl-{turn}", "object": kind, "created": int(at.timestamp()), "model": model or AGENT}
