"""A client that knows the protocol of the original and nothing else: an unknown frame or a null ends it.

Written from the description of that protocol alone. It shows its key in the address, as that client does.
"""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, final

import attrs
import trio
import trio_websocket

PATIENCE: Final = 60.0
_USAGE: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
FIELDS: Final[dict[str, dict[str, Any]]] = {
    "stream_start": {"session_id": str},
    "text_delta": {"text": str},
    "tool_use": {"id": str, "name": str, "input": dict},
    "tool_result": {"tool_use_id": str, "content": str, "is_error": bool},
    "stream_end": {
        "session_id": str,
        "num_turns": int,
        "cost_usd": float,
        "is_error": bool,
        **dict.fromkeys(_USAGE, int),
    },
    "error": {"message": str},
    "notification": {"job_name": str, "session_id": str, "result_preview": str, "success": bool},
    "attachment": {"file_name": str, "mime_type": str, "data": str},
}


@final
@attrs.define
class Answer:
    """What came between the beginning and the end of a stream."""

    session_id: str
    end: dict[str, Any]
    text: str = ""
    tools: list[dict[str, Any]] = attrs.field(factory=list)
    results: list[dict[str, Any]] = attrs.field(factory=list)


@final
class OriginalClient:
    def __init__(self, connection: trio_websocket.WebSocketConnection, key: str | None = None) -> None:
        """`key` is the channel session key, under which it goes on with its conversation."""
        self._connection = connection
        self.key = key
        self.notifications: list[dict[str, Any]] = []

    async def say(self, text: str, files: dict[str, bytes] | None = None, **more: Any) -> None:
        attachments = [
            {"file_name": name, "mime_type": "text/plain", "data": b64encode(data).decode()}
            for name, data in (files or {}).items()
        ]
        message = {
            "type": "message",
            "text": text,
            "user_id": "somebody",
            "channel_id": "web",
            "channel_session_key": self.key,
            "attachments": attachments,
            "model": None,
            **more,
        }
        with trio.fail_after(PATIENCE):
            await self._connection.send_message(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next frame, a notification excepted."""
        while True:
            with trio.fail_after(PATIENCE):
                frame: dict[str, Any] = json.loads(await self._connection.get_message())
            fields = FIELDS[frame["type"]]
            for name, kind in fields.items():
                value = frame[name]
                right = isinstance(value, kind) or (kind is float and isinstance(value, int))
                assert right, f"{frame['type']}.{name} is {value!r}"
            if frame["type"] != "notification":
                return frame
            self.notifications.append(frame)

    async def answer(self) -> Answer:
        """A whole stream."""
        frame = await self.hear()
        assert frame["type"] == "stream_start", frame
        found = Answer(session_id=frame["session_id"], end={})
        while not found.end:
            frame = await self.hear()
            match frame["type"]:
                case "text_delta":
                    found.text += frame["text"]
                case "tool_use":
                    found.tools.append(frame)
                case "tool_result":
                    found.results.append(frame)
                case "stream_end":
                    found.end = frame
                case kind:
                    raise AssertionError(f"{kind} within a stream")
        assert found.end["session_id"] == found.session_id
        return found


@asynccontextmanager
async def original_client(address: str, token: str, key: str | None = None) -> AsyncGenerator[OriginalClient]:
    """Connected to a gateway at `host:port`."""
    async with trio_websocket.open_websocket_url(f"ws://{address}/ws?token={token}") as connection:
        yield OriginalClient(connection, key)
