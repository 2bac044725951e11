"""Answers as responses, whole and as events. Pure."""

from datetime import datetime
from typing import Any, Final, final

import attrs

from actors.agent.messages import Answer
from actors.gateway.v1 import shapes
from actors.gateway.v1.asked import AGENT
from actors.vocabulary import Usage
from actors.wire import Json
from bus import Data

PREFIX: Final = "resp_"
"""Before the id of a turn: the id of a response."""

_WHOLE: Final = frozenset({"success", "cancelled"})
_WITHHELD: Final = frozenset({"refusal", "content_filter"})


@final
@attrs.frozen(kw_only=True)
class Head(Data):
    """What is the same of a response from its beginning to its end."""

    turn: str
    at: datetime
    model: str | None
    previous: str | None = None
    """Id of the response that it continues."""

    def response(self, status: str, output: list[Json], used: Usage | None = None, **more: Any) -> Json:
        """The response as it is now."""
        return {
            "id": f"{PREFIX}{self.turn}",
            "object": "response",
            "created_at": int(self.at.timestamp()),
            "model": (used.model if used else None) or self.model or AGENT,
            "status": status,
            "output": output,
            "usage": None if used is None else _usage(used),
            "previous_response_id": self.previous,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "temperature": None,
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            **more,
        }

    def over(self, text: str, outcome: str | None, used: Usage) -> Json:
        """The response when its turn has ended with an answer."""
        output = [self.message("completed", [_text(text)])]
        if outcome in _WHOLE:
            return self.response("completed", output, used)
        why = "content_filter" if outcome in _WITHHELD else "max_output_tokens"
        return self.response("incomplete", output, used, incomplete_details={"reason": why})

    def message(self, status: str, content: list[Json]) -> Json:
        """The one item that a response consists of."""
        return {
            "id": f"msg_{self.turn}",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }


def response(found: Answer, head: Head) -> Json:
    """A whole answer."""
    turn = found.answered_by
    return head.over(shapes.whole(found), turn.outcome, turn.usage)


@final
class Events:
    """One answer as events. See :class:`actors.gateway.v1.shapes.Writer`."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._number = 0
        self._texts: list[str] = []

    def begun(self) -> bytes:
        response = self._head.response("in_progress", [])
        return b"".join(
            (
                self._event("response.created", response=response),
                self._event("response.in_progress", response=response),
                self._event(
                    "response.output_item.added", output_index=0, item=self._head.message("in_progress", [])
                ),
                self._of_part("response.content_part.added", part=_text("")),
            )
        )

    def text(self, text: str) -> bytes:
        self._texts.append(text)
        return self._of_part("response.output_text.delta", delta=text, logprobs=[])

    def ended(self, outcome: str | None, used: Usage) -> bytes:
        text = "".join(self._texts)
        over = self._head.over(text, outcome, used)
        return b"".join(
            (
                self._of_part("response.output_text.done", text=text, logprobs=[]),
                self._of_part("response.content_part.done", part=_text(text)),
                self._event("response.output_item.done", output_index=0, item=over["output"][0]),
                self._event(f"response.{over['status']}", response=over),
            )
        )

    def failed(self, status: int, text: str, code: str | None = None) -> bytes:
        error = {"code": "server_error", "message": text}
        return self._event("response.failed", response=self._head.response("failed", [], error=error))

    def _of_part(self, kind: str, **fields: Any) -> bytes:
        return self._event(kind, item_id=f"msg_{self._head.turn}", output_index=0, content_index=0, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        number, self._number = self._number, self._number + 1
        return shapes.event({"type": kind, "sequence_number": number, **fields}, kind)


def _text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(used: Usage) -> Json:
    return {
        "input_tokens": used.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": used.cache_read_tokens,
            "cache_write_tokens": used.cache_write_tokens,
        },
        "output_tokens": used.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used.prompt_tokens + used.output_tokens,
    }
