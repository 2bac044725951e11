"""Answers as chat completions, whole and in chunks. Pure."""

from datetime import datetime
from typing import Final, final

import attrs

from actors.agent.messages import Answer
from actors.gateway.v1 import shapes
from actors.gateway.v1.asked import AGENT
from actors.vocabulary import Usage
from actors.wire import Json
from bus import Data

DONE: Final = b"data: [DONE]\n\n"

_FINISH: Final = {
    "success": "stop",
    "cancelled": "stop",
    "refusal": "content_filter",
    "content_filter": "content_filter",
}
"""By the outcome of a turn; all others are limits."""


def completion(found: Answer, at: datetime) -> Json:
    """A whole answer."""
    turn = found.answered_by
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": shapes.whole(found), "refusal": None},
        "logprobs": None,
        "finish_reason": finish(turn.outcome),
    }
    head = _head("chat.completion", found.turn, at, turn.usage.model)
    return {**head, "choices": [choice], "usage": _usage(turn.usage)}


@final
@attrs.frozen(kw_only=True)
class Chunks(Data):
    """One answer in chunks. See :class:`actors.gateway.v1.shapes.Writer`."""

    turn: str
    at: datetime
    model: str | None
    usage: bool
    """Whether the program wants to know what it has cost."""

    def begun(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def text(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def ended(self, outcome: str | None, used: Usage) -> bytes:
        last = self._chunk({}, finish(outcome), used.model)
        head = _head("chat.completion.chunk", self.turn, self.at, used.model)
        cost = shapes.event({**head, "choices": [], "usage": _usage(used)}) if self.usage else b""
        return last + cost + DONE

    def failed(self, status: int, text: str, code: str | None = None) -> bytes:
        return shapes.event(shapes.error(status, text, code)) + DONE

    def _chunk(self, delta: Json, finish: str | None = None, model: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        head = _head("chat.completion.chunk", self.turn, self.at, model or self.model)
        return shapes.event({**head, "choices": [choice]})


def finish(outcome: str | None) -> str:
    """Why an answer ended, as programs call it."""
    return _FINISH.get(outcome or "", "length")


def _usage(used: Usage) -> Json:
    """Tokens; those that a cache gave are counted in the prompt, as it is usual there."""
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.prompt_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cache_read_tokens},
    }


def _head(kind: str, turn: str, at: datetime, model: str | None) -> Json:
    return {"id": f"chatcmpl-{turn}", "object": kind, "created": int(at.timestamp()), "model": model or AGENT}
