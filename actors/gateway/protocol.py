"""What the gateway says, as JSON over HTTP and over one WebSocket; what it hears is in :mod:`.client_frames`.

The classes of the front doors go over the wire as they are, under the names given here. ``scripts/docs`` writes from
this module the page's types (``web/src/protocol.ts``) and the tables of ``docs/reference/websocket.md``.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, final

import attrs

from actors.agent import messages as agent
from actors.console import messages as console
from actors.cron import messages as cron
from actors.gateway.messages import Config, SetUp
from actors.hooks import messages as hooks
from actors.instances import messages as instances
from actors.llm import messages as llm
from actors.mcp import messages as mcp
from actors.memory import messages as memory
from actors.notification import Notification
from actors.notify import messages as notify
from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.settings import messages as settings
from actors.shell import messages as shell
from actors.skills import messages as skills
from actors.telegram import messages as telegram
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vault import messages as vault
from actors.vocabulary import Attachment, Role, Usage
from actors.web import messages as web
from actors.webpush import messages as webpush
from actors.wire import Wire
from bus import Data, ErrorKind

PROTOCOL: Final = 1
"""Version of the protocol, told in ``hello``."""

RESULT_BYTES: Final = 4096
"""Longest tool result in a ``tool_result`` event, as UTF-8; the whole text is in the stored messages."""

wire = Wire()


# --- what the gateway says of itself ----------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Hello(Data):
    """Always the first frame."""

    version: str
    boot_id: str
    """Another one: the daemon was started again, and what it had told may have changed."""
    agent_name: str
    user_id: str
    """Who was let in."""
    role: Role
    credential: str
    """Id of the key or device that proved it; empty where there is none."""
    protocol: int = PROTOCOL


@final
@attrs.frozen(kw_only=True)
class Accepted(Data):
    """The message is stored on disk."""

    client_message_id: str | None
    session_id: str
    turn_id: str
    duplicate: bool
    """The id was known, and the rest describes the first one."""
    created: bool
    """Whether it began a conversation."""
    fate: Literal["started", "followup", "queued", "merged", "done", "failed", "cancelled"]
    after_seq: int
    """What the message causes has greater numbers."""


@final
@attrs.frozen(kw_only=True)
class Backlog(Data):
    """Answer to ``resume``, before the replayed events."""

    session_id: str
    complete: bool
    """False when some events are no longer kept, so that stored messages must be read again."""
    last_seq: int
    running_turn_id: str | None


@final
@attrs.frozen(kw_only=True)
class SessionsUpdated(Data):
    """Conversations have another title, read mark or state, or are gone; told to every connection of their user."""

    sessions: tuple[session.Session, ...]
    gone: tuple[str, ...] = ()
    """Those that were deleted."""


@final
@attrs.frozen(kw_only=True)
class ConfigChanged(Data):
    """What `GET /api/config` tells may have changed and is to be read again; told to every connection."""


@final
@attrs.frozen(kw_only=True)
class ApprovalFrame(Data):
    """Somebody is asked about a call of a tool, or was; told to every connection of theirs."""

    approval: permissions.Approval


@final
@attrs.frozen(kw_only=True)
class ErrorFrame(Data):
    """What a client asked for was not done; the connection stays."""

    kind: ErrorKind
    code: str
    """The name of the error, which says more than its kind."""
    message: str
    """For a person."""
    client_message_id: str | None = None
    """Of what failed, as far as known."""
    session_id: str | None = None


@final
@attrs.frozen(kw_only=True)
class Pong(Data):
    """Answer to ``ping``."""


ServerFrame = (
    Hello
    | Accepted
    | Backlog
    | SessionsUpdated
    | ConfigChanged
    | Notification
    | ApprovalFrame
    | ErrorFrame
    | Pong
)

wire.form(Hello, tag="hello")
wire.form(Accepted, tag="accepted")
wire.form(Backlog, tag="backlog")
wire.form(SessionsUpdated, tag="sessions_updated")
wire.form(ConfigChanged, tag="config_changed")
wire.form(
    Notification,
    tag="notification",
    names={"title": "job_name", "text": "result_preview", "session": "session_id"},
    omit={"user"},
)
wire.form(
    permissions.Approval,
    names={"user": "user_id", "session": "session_id", "turn": "turn_id"},
)
wire.form(permissions.Grant, names={"user": "user_id", "session": "session_id"})
wire.form(ApprovalFrame, tag="approval")
wire.form(ErrorFrame, tag="error")
wire.form(Pong, tag="pong")


# --- values -----------------------------------------------------------------------------------------------

wire.form(Attachment, names={"name": "file_name", "media_type": "mime_type"})
wire.form(session.Session, names={"user": "user_id", "key": "channel_session_key"})
wire.form(session.Message, names={"session": "session_id", "turn": "turn_id"})
wire.form(Usage)


def _user(key: users.ApiKey) -> str:
    return key.user


def _key(entry: vault.Entry) -> str:
    return entry.name


def _has_value(_entry: vault.Entry) -> bool:
    return True


def _is_system(entry: vault.Entry) -> bool:
    return entry.system


def _allowed_hosts(entry: vault.Entry) -> tuple[str, ...]:
    return entry.hosts


def _proxy_enabled(_entry: vault.Entry) -> bool:
    return False


wire.form(users.ApiKey, add={"user_id": _user})
wire.form(
    vault.Entry,
    add={
        "key": _key,
        "has_value": _has_value,
        "is_system": _is_system,
        "allowed_hosts": _allowed_hosts,
        "proxy_enabled": _proxy_enabled,
    },
)
wire.form(web.FrameView, names={"image": "ogImage", "title": "ogTitle"})


def _took(turn: session.Turn) -> float | None:
    """Seconds from its first beginning to its end; null before."""
    if turn.started_at is None or turn.finished_at is None:
        return None
    return round((turn.finished_at - turn.started_at).total_seconds(), 3)


_FIGURES: Final = {"id", "state", "outcome", "accepted_at", "tool_rounds", "completions", "usage", "versions"}

wire.form(
    session.Turn,
    "Figures",
    names={"id": "turn_id", "tool_rounds": "num_turns"},
    omit={field.name for field in attrs.fields(session.Turn)} - _FIGURES,
    add={"elapsed": _took},
)


wire.form(agent.Accepted, "Stored", names={"session": "session_id", "turn": "turn_id", "after": "after_seq"})
wire.form(session.Chosen, names={"session": "session_id", "turn": "turn_id"})


wire.form(console.MeshNode)
wire.form(console.Flow, names={"sender": "from"})
wire.form(console.MeshMessage, names={"sender": "from"})
wire.form(console.MeshView)
wire.form(console.Step)
wire.form(console.Span, names={"sender": "from"})
wire.form(console.Trace)

# --- events of a conversation -----------------------------------------------------------------------------


def cut(text: str, limit: int = RESULT_BYTES) -> tuple[str, bool]:
    """Shorten `text` to at most `limit` bytes of UTF-8 without splitting a character; say whether it was."""
    if len(text) * 4 <= limit:
        return text, False
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return text, False
    return data[:limit].decode(errors="ignore"), True


def _content(event: agent.ToolFinished) -> str:
    """Cut after 4,096 bytes; the stored message has more."""
    return cut(event.content)[0]


def _truncated(event: agent.ToolFinished) -> bool:
    """Whether `content` is only the beginning."""
    return cut(event.content)[1]


def _no_error(_event: agent.TurnEnded) -> Literal[False]:
    return False


def _an_error(_event: agent.TurnFailed) -> Literal[True]:
    return True


def _errors(event: agent.TurnFailed) -> tuple[str, ...]:
    """`error` as a list, for clients that expect one."""
    return (event.reason,)


def _file_name(event: agent.Attached) -> str:
    return event.attachment.name


def _mime_type(event: agent.Attached) -> str:
    return event.attachment.media_type


def _path(event: agent.Attached) -> str:
    """Its bytes are at `GET /api/files/raw?path=`."""
    return event.attachment.path


def _size(event: agent.Attached) -> int:
    return event.attachment.size


_End = agent.TurnEnded | agent.TurnFailed


def _input_tokens(event: _End) -> int:
    """Of all prompts, cached ones included."""
    return event.usage.prompt_tokens


def _output_tokens(event: _End) -> int:
    return event.usage.output_tokens


def _cache_read(event: _End) -> int:
    return event.usage.cache_read_tokens


def _cache_written(event: _End) -> int:
    return event.usage.cache_write_tokens


def _cost(event: _End) -> float:
    """US dollars; 0 when the price is not known, which `cost_known` tells."""
    return event.usage.cost_usd or 0.0


def _cost_known(event: _End) -> bool:
    """Whether `cost_usd` is what it has cost."""
    return event.usage.cost_usd is not None


def _model(event: _End) -> str | None:
    """The last that answered."""
    return event.usage.model or None


_FLAT: Final = {
    "input_tokens": _input_tokens,
    "output_tokens": _output_tokens,
    "cache_read_input_tokens": _cache_read,
    "cache_creation_input_tokens": _cache_written,
    "cost_usd": _cost,
    "cost_known": _cost_known,
    "model": _model,
}
"""Figures of a turn under the names that clients of this protocol have always known."""


_EVENT: Final = {"session": "session_id", "n": "seq", "turn": "turn_id"}
EVENT_FIELDS: Final = frozenset(_EVENT.values())
"""What every event has."""

wire.form(agent.PathChosen, tag="path", names={**_EVENT, "end": "end_turn_id"})
wire.form(agent.TurnStarted, "StreamStart", tag="stream_start", names=_EVENT)
wire.form(agent.CompletionStarted, "CompletionStart", tag="completion_start", names=_EVENT)
wire.form(agent.TextDelta, tag="text_delta", names=_EVENT)
wire.form(agent.ThinkingDelta, tag="thinking_delta", names=_EVENT)
wire.form(agent.ToolStarted, "ToolUse", tag="tool_use", names={**_EVENT, "call": "id"})
wire.form(agent.ApprovalWanted, tag="approval_wanted", names={**_EVENT, "call": "tool_use_id"})
wire.form(agent.ApprovalGiven, tag="approval_given", names={**_EVENT, "call": "tool_use_id"})
wire.form(
    agent.ToolFinished,
    "ToolResult",
    tag="tool_result",
    names={**_EVENT, "call": "tool_use_id"},
    add={"content": _content, "truncated": _truncated},
)
wire.form(
    agent.Attached,
    tag="attachment",
    names=_EVENT,
    omit={"attachment"},
    add={"file_name": _file_name, "mime_type": _mime_type, "path": _path, "size": _size},
)
wire.form(
    shell.Printed,
    "ToolOutput",
    tag="tool_output",
    names={"session": "session_id", "turn": "turn_id", "call": "tool_use_id"},
)
wire.form(agent.FollowupFate, tag="followup", names=_EVENT)
wire.form(agent.Notice, tag="notice", names=_EVENT)
wire.form(
    agent.TurnEnded,
    tag="stream_end",
    names={**_EVENT, "tool_rounds": "num_turns"},
    omit={"attachments"},
    add={"is_error": _no_error, **_FLAT},
)
wire.form(
    agent.TurnFailed,
    tag="stream_end",
    names={**_EVENT, "tool_rounds": "num_turns", "reason": "error"},
    add={"is_error": _an_error, "errors": _errors, **_FLAT},
)

SERVER_FRAMES: Final = (
    Hello,
    Accepted,
    Backlog,
    ErrorFrame,
    SessionsUpdated,
    ConfigChanged,
    Notification,
    ApprovalFrame,
    shell.Printed,
    Pong,
)
VALUES: Final = (
    Attachment,
    session.Session,
    session.Message,
    session.Label,
    session.Hit,
    session.Draft,
    Usage,
    session.Turn,
    session.Given,
    session.Subagent,
    tools.Undone,
    permissions.Approval,
    permissions.Grant,
    Config,
)
SECTIONS: Final[Mapping[str, tuple[type[Any], ...]]] = {
    "console": (console.MeshView, console.Trace),
    "cron": (cron.Job, cron.Run, cron.Entry, cron.Explanation, cron.Previewed),
    "mcp": (mcp.ServerState, mcp.OfferedTool),
    "hooks": (hooks.Hook, hooks.Run),
    "instances": (
        instances.LogLine,
        instances.Overview,
        instances.RemoteAgent,
        instances.Sample,
        instances.WayIn,
    ),
    "memory": (
        memory.Entry,
        memory.FileText,
        memory.Found,
        memory.Purged,
        memory.Revision,
        memory.RevisionText,
        memory.Written,
    ),
    "notify": (notify.Preferences, session.Delivery, webpush.Subscription),
    "permissions": (permissions.InForce, session.AuditRow),
    "session": (session.CostOverview, agent.Today),
    "skills": (
        skills.Changed,
        skills.Draft,
        skills.Revision,
        skills.RevisionText,
        skills.Skill,
        skills.SkillDetail,
    ),
    "settings": (settings.Field, settings.State, settings.Saved, SetUp, llm.Tried),
    "telegram": (telegram.Pairing, telegram.TelegramStatus),
    "users": (users.User, users.ApiKey, users.CreatedKey, users.Device, users.AuditEntry),
    "tools": (
        tools.FileEntry,
        tools.FileFacts,
        tools.Stored,
        tools.WholeText,
        tools.Removed,
        tools.InTrash,
    ),
    "vault": (vault.Entry, vault.Access),
}
"""What sections of the page, which lie with their subsystems, are told besides."""
SECTION_LIMITS: Final[Mapping[str, Mapping[str, int]]] = {
    "tools": {
        "MOST_LISTED": tools.MOST_LISTED,
        "MOST_PACKED": tools.MOST_PACKED,
        "MOST_PACKED_BYTES": tools.MOST_PACKED_BYTES,
    }
}
"""Numbers that they have to know."""
