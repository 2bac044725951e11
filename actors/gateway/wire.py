"""What goes over the wire: conversations, messages and events as JSON. Pure translation.

The protocol is described in ``docs/reference/websocket.md`` and ``docs/reference/http.md``.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from actors.agent import messages as agent
from actors.session import messages as session
from actors.vocabulary import Attachment

Json = dict[str, Any]

RESULT_BYTES = 4096
"""Longest tool result in a ``tool_result`` event, as UTF-8; the whole text is in the stored messages."""


def encode(value: Any) -> str:
    """Write JSON that any UTF-8 socket can carry, whatever a model or a tool put into its text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair; its escape is harmless
        return json.dumps(value, separators=(",", ":"), default=_plain)
    return text


def _plain(value: Any) -> Any:
    """Immutable containers as the ones JSON knows."""
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, Iterable):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"{type(value).__name__} is not JSON")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def attachment_json(attachment: Attachment) -> Json:
    """A file by reference."""
    return {
        "file_name": attachment.name,
        "mime_type": attachment.media_type,
        "path": attachment.path,
        "size": attachment.size,
    }


def attachments_json(attachments: Iterable[Attachment]) -> list[Json]:
    """Files by reference."""
    return [attachment_json(attachment) for attachment in attachments]


def session_json(value: session.Session) -> Json:
    """A conversation without its messages."""
    return {
        "id": value.id,
        "created_at": timestamp(value.created_at),
        "last_message_at": timestamp(value.last_message_at),
        "is_closed": value.is_closed,
        "summary": value.summary,
        "title": value.title,
        "message_count": value.message_count,
        "channel": value.channel,
        "channel_session_key": value.key,
        "user_id": value.user,
        "is_read": value.is_read,
        "triggered_by": value.triggered_by,
        "running": value.running,
    }


def message_json(value: session.Message) -> Json:
    """One displayed row of a conversation."""
    return {
        "id": value.id,
        "session_id": value.session,
        "turn_id": value.turn,
        "role": value.role,
        "content": value.content,
        "attachments": attachments_json(value.attachments),
        "timestamp": timestamp(value.timestamp),
    }


def cut(text: str, limit: int = RESULT_BYTES) -> tuple[str, bool]:
    """Shorten `text` to at most `limit` bytes of UTF-8 without splitting a character; say whether it was."""
    if len(text) * 4 <= limit:
        return text, False
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return text, False
    return data[:limit].decode(errors="ignore"), True


# --- events -----------------------------------------------------------------------------------------------


def _turn_started(event: agent.TurnStarted) -> Json:
    return {
        "text": event.text,
        "attachments": attachments_json(event.attachments),
        "source": event.source,
        "client_message_id": event.client_message_id,
        "attempt": event.attempt,
    }


def _completion_started(event: agent.CompletionStarted) -> Json:
    return {"iteration": event.iteration, "model": event.model}


def _delta(event: agent.TextDelta | agent.ThinkingDelta) -> Json:
    return {"text": event.text}


def _tool_started(event: agent.ToolStarted) -> Json:
    return {"id": event.call, "name": event.name, "input": event.input}


def _tool_finished(event: agent.ToolFinished) -> Json:
    content, truncated = cut(event.content)
    return {
        "tool_use_id": event.call,
        "name": event.name,
        "content": content,
        "truncated": truncated,
        "is_error": event.is_error,
        "elapsed": event.elapsed,
    }


def _attached(event: agent.Attached) -> Json:
    return attachment_json(event.attachment)


def _followup(event: agent.FollowupFate) -> Json:
    return {
        "fate": event.fate,
        "into": event.into,
        "iteration": event.iteration,
        "text": event.text,
        "attachments": attachments_json(event.attachments),
        "client_message_id": event.client_message_id,
    }


def _notice(event: agent.Notice) -> Json:
    return {"kind": event.kind, "text": event.text}


def _turn_ended(event: agent.TurnEnded) -> Json:
    return {
        "outcome": event.outcome,
        "num_turns": event.tool_rounds,
        "cost_usd": event.cost_usd,
        "input_tokens": event.input_tokens,
        "output_tokens": event.output_tokens,
        "cache_read_input_tokens": event.cache_read_tokens,
        "cache_creation_input_tokens": event.cache_write_tokens,
        "is_error": False,
        "model": event.model,
        "elapsed": event.elapsed,
        "text": event.text,
    }


def _turn_failed(event: agent.TurnFailed) -> Json:
    return {
        "outcome": event.outcome,
        "num_turns": 0,
        "cost_usd": None,
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "is_error": True,
        "errors": [event.reason],
        "model": None,
        "elapsed": 0.0,
        "text": event.text,
    }


_EVENTS: Mapping[type[agent.TurnEvent], tuple[str, Callable[[Any], Json]]] = {
    agent.TurnStarted: ("stream_start", _turn_started),
    agent.CompletionStarted: ("completion_start", _completion_started),
    agent.TextDelta: ("text_delta", _delta),
    agent.ThinkingDelta: ("thinking_delta", _delta),
    agent.ToolStarted: ("tool_use", _tool_started),
    agent.ToolFinished: ("tool_result", _tool_finished),
    agent.Attached: ("attachment", _attached),
    agent.FollowupFate: ("followup", _followup),
    agent.Notice: ("notice", _notice),
    agent.TurnEnded: ("stream_end", _turn_ended),
    agent.TurnFailed: ("stream_end", _turn_failed),
}


def event_json(event: agent.TurnEvent) -> Json:
    """The frame of one event of a conversation."""
    kind, fields = _EVENTS[type(event)]
    return {
        "type": kind,
        "session_id": event.session,
        "seq": event.n,
        "turn_id": event.turn,
        **fields(event),
    }
