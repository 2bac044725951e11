"""The protocol of the original, for clients that were written for it: its frames and answers, made from ours. Pure.

Such a client says ``?token=<key>`` when it connects, shows its key as ``X-API-Key`` over HTTP, or says
``?protocol=0``. It knows eight types of frames and may fail at others, takes a `null` for no number, text or truth,
expects the bytes of a file in its frame, and times of jobs and instances in whole seconds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast, final

import attrs

from actors.cron import messages as cron
from actors.endpoints import BadMessage
from actors.gateway.client_frames import ClientMessage
from actors.gateway.protocol import cut, wire
from actors.instances import messages as instances
from actors.session import messages as session
from actors.vocabulary import quoted
from actors.wire import Json
from bus import Data

RESULT_BYTES: Final = 500
"""Of a tool's result, after which it is cut."""
PREVIEW: Final = 500
"""Characters of what came of a job."""
TIMES: Final = ("created_at", "last_run_at", "next_run_at", "retry_at")
"""Of a job; it has them in seconds since 1970."""
WHOLE: Final = frozenset(
    {"created_at", "updated_at", "last_heartbeat", "uptime_secs", "memory_mb", "disk_mb"}
)
"""Of an instance and its health; it has them as whole numbers."""
MAIN: Final = "main"
CHANNELS: Final = frozenset({MAIN, "telegram", "email"})
"""Of conversations; whatever comes another way is one of the first to it."""
_AS_IT_IS: Final = frozenset({"text_delta", "tool_use", "error", "pong"})


@final
@attrs.frozen(kw_only=True)
class Spoken(Data):
    """What a client has declared when it connected."""

    original: bool = False
    """That it speaks the protocol of the original."""
    inline: bool = False
    """That it wants the bytes of small files in the frames that tell of them."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Spoken":
        """From the query string. Raises BadMessage for a protocol that there is not."""
        return cls._declared(query, otherwise="0" if "token" in query else "1")

    @classmethod
    def over_http(cls, query: Mapping[str, str], key: str | None, authorization: str | None) -> "Spoken":
        """From what a request says, `key` as ``X-API-Key``; such a client shows no bearer. Raises BadMessage."""
        bearer = (authorization or "").lower().startswith("bearer ")
        return cls._declared(query, otherwise="1" if key is None or bearer else "0")

    @classmethod
    def _declared(cls, query: Mapping[str, str], *, otherwise: str) -> "Spoken":
        protocol = query.get("protocol", otherwise)
        if protocol not in {"0", "1"}:
            raise BadMessage(
                f"there is no protocol {quoted(protocol)}; 1 is ours, 0 that of the original", "protocol"
            )
        return cls(original=protocol == "0", inline=protocol == "0" or query.get("inline") in {"1", "true"})


@final
class Original:
    """What one such client is told, and what it has to be told later."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        """The turn that runs, by conversation."""
        self._files: dict[str, list[Json]] = {}
        """Files of a turn, which are handed over when it has ended."""

    def told(self, frame: Json) -> list[Json]:
        """The frames that stand for one of ours."""
        match frame["type"]:
            case "stream_start":
                return self._started(frame)
            case "stream_end":
                self._running.pop(frame["session_id"], None)
                return [frame, *self._files.pop(frame["turn_id"], ())]
            case "attachment":
                self._files.setdefault(frame["turn_id"], []).append(frame)
                return []
            case "tool_result":
                return [{**frame, "content": shortened(frame["content"])}]
            case "notification":
                return [_notification(frame)]
            case kind:
                return [frame] if kind in _AS_IT_IS else []

    def _started(self, frame: Json) -> list[Json]:
        """Told once a turn: after a restart it is begun again, and such a client knows nothing of that."""
        again = self._running.get(frame["session_id"]) == frame["turn_id"]
        self._running[frame["session_id"]] = frame["turn_id"]
        return [] if again else [frame]

    def placed(self, message: ClientMessage) -> ClientMessage:
        """A message that names no conversation belongs to the one that is being answered here, if there is one."""
        if message.session_id or message.channel_session_key or not self._running:
            return message
        return attrs.evolve(message, session_id=next(reversed(self._running)))


def answered(reply: Any) -> Any:
    """What such a client is answered in place of a reply of ours: the same, but for what it has otherwise."""
    if isinstance(reply, tuple):
        items = cast("tuple[object, ...]", reply)
        return tuple(map(answered, items))
    if isinstance(reply, cron.Job):
        return {**wire.json(reply), **{name: _seconds(getattr(reply, name)) for name in TIMES}}
    if isinstance(reply, instances.Instance | instances.Health):
        return _whole(wire.json(reply))
    if isinstance(reply, session.Session) and reply.channel not in CHANNELS:
        return attrs.evolve(reply, channel=MAIN)
    return reply


def _whole(fields: Json) -> Json:
    """An instance or its health."""
    whole = {name: int(fields[name]) for name in WHOLE & fields.keys() if fields[name] is not None}
    health = {"health": _whole(fields["health"])} if fields.get("health") else {}
    return {**fields, **whole, **health}


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def shortened(text: str) -> str:
    """A result as such a client gets it."""
    kept, is_cut = cut(text, RESULT_BYTES)
    return f"{kept}..." if is_cut else kept


def _notification(frame: Json) -> Json:
    plain: dict[str, Any] = {
        "session_id": frame["session_id"] or "",
        "success": frame["success"] is not False,
        "result_preview": frame["result_preview"][:PREVIEW],
    }
    return {**frame, **plain}
