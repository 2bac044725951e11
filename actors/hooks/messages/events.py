"""The points of the life of an agent at which hooks may be called, and what they are told there.

Names are those that scripts for other agents use as well. What is None is not told, but for `custom_instructions`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, cast, final, get_args

import attrs

from bus import Data

EventName = Literal[
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "SessionStart",
    "SessionEnd",
    "Stop",
    "Notification",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PermissionRequest",
    "Setup",
    "TeammateIdle",
    "TaskCompleted",
    "ConfigChange",
    "WorktreeCreate",
    "WorktreeRemove",
]
EVENTS: Final[tuple[EventName, ...]] = get_args(EventName)
OF_TOOLS: Final[frozenset[EventName]] = frozenset(
    {"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest"}
)
"""Those that are about a call, whose tool a matcher looks at."""
DECIDING: Final[frozenset[EventName]] = frozenset(
    {"PreToolUse", "UserPromptSubmit", "PermissionRequest", "Stop", "SubagentStop"}
)
"""Those at which a hook may stand in the way."""
OF_ENDS: Final[frozenset[EventName]] = frozenset({"Stop", "SessionEnd"})
"""Those that are read from the ledger of what has ended, so that no crash skips one."""

_KEPT: Final = "kept"
"""Marks a field that is told also when it is None."""


class Input(Data):
    """Base of what is told of one event."""

    __slots__ = ()

    event: ClassVar[EventName]

    def fields(self) -> dict[str, Any]:
        """As JSON has them."""
        found: dict[str, Any] = {}
        for field in cast("tuple[attrs.Attribute[Any], ...]", self.__attrs_attrs__):
            value = getattr(self, field.name)
            if value is not None or field.metadata.get(_KEPT):
                found[field.name] = _plain(value)
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Permission):
        return {"tool": value.tool, "permission": value.permission}
    if isinstance(value, tuple):
        return list(map(_plain, cast("tuple[object, ...]", value)))
    return value


@final
@attrs.frozen(kw_only=True)
class Permission(Data):
    """What is to hold for a tool."""

    tool: str
    permission: Literal["allow", "deny", "ask"]


@final
@attrs.frozen(kw_only=True)
class PreToolUse(Input):
    event: ClassVar[EventName] = "PreToolUse"
    tool_name: str
    tool_input: Mapping[str, Any]
    tool_use_id: str


@final
@attrs.frozen(kw_only=True)
class PostToolUse(Input):
    event: ClassVar[EventName] = "PostToolUse"
    tool_name: str
    tool_input: Mapping[str, Any]
    """As hooks have left it."""
    tool_response: Any
    """The text that the model is going to see."""
    tool_use_id: str


@final
@attrs.frozen(kw_only=True)
class PostToolUseFailure(Input):
    event: ClassVar[EventName] = "PostToolUseFailure"
    tool_name: str
    tool_input: Mapping[str, Any]
    tool_use_id: str
    error: str
    is_interrupt: bool | None = None


@final
@attrs.frozen(kw_only=True)
class UserPromptSubmit(Input):
    event: ClassVar[EventName] = "UserPromptSubmit"
    prompt: str


@final
@attrs.frozen(kw_only=True)
class SessionStart(Input):
    event: ClassVar[EventName] = "SessionStart"
    source: Literal["startup", "resume", "clear", "compact"]
    model: str | None = None


@final
@attrs.frozen(kw_only=True)
class SessionEnd(Input):
    event: ClassVar[EventName] = "SessionEnd"
    reason: str
    """``gap``: it was silent for too long; ``user``: somebody closed it."""


@final
@attrs.frozen(kw_only=True)
class Stop(Input):
    event: ClassVar[EventName] = "Stop"
    stop_hook_active: bool
    """Whether the turn that has ended was itself begun by such a hook, which is not heard again then."""
    last_assistant_message: str | None = None


@final
@attrs.frozen(kw_only=True)
class Notification(Input):
    event: ClassVar[EventName] = "Notification"
    message: str
    title: str | None = None
    notification_type: str


@final
@attrs.frozen(kw_only=True)
class SubagentStart(Input):
    event: ClassVar[EventName] = "SubagentStart"
    agent_id: str
    agent_type: str


@final
@attrs.frozen(kw_only=True)
class SubagentStop(Input):
    event: ClassVar[EventName] = "SubagentStop"
    stop_hook_active: bool
    agent_id: str
    agent_transcript_path: str
    agent_type: str
    last_assistant_message: str | None = None


@final
@attrs.frozen(kw_only=True)
class PreCompact(Input):
    event: ClassVar[EventName] = "PreCompact"
    trigger: Literal["manual", "auto"]
    custom_instructions: str | None = attrs.field(default=None, metadata={_KEPT: True})


@final
@attrs.frozen(kw_only=True)
class PermissionRequest(Input):
    event: ClassVar[EventName] = "PermissionRequest"
    tool_name: str
    tool_input: Mapping[str, Any]
    permission_suggestions: tuple[Permission, ...] | None = None


@final
@attrs.frozen(kw_only=True)
class Setup(Input):
    event: ClassVar[EventName] = "Setup"
    trigger: Literal["init", "maintenance", "boot"]
    """``init``: the agent was started for the first time; ``boot``: whenever it is started."""


@final
@attrs.frozen(kw_only=True)
class TeammateIdle(Input):
    """Does not happen here, nor does `TaskCompleted`, `WorktreeCreate` or `WorktreeRemove`: scripts may know them."""

    event: ClassVar[EventName] = "TeammateIdle"
    teammate_name: str
    team_name: str


@final
@attrs.frozen(kw_only=True)
class TaskCompleted(Input):
    event: ClassVar[EventName] = "TaskCompleted"
    task_id: str
    task_subject: str
    task_description: str | None = None
    teammate_name: str | None = None
    team_name: str | None = None


@final
@attrs.frozen(kw_only=True)
class ConfigChange(Input):
    event: ClassVar[EventName] = "ConfigChange"
    source: Literal["user_settings", "project_settings", "local_settings", "policy_settings", "skills"]
    file_path: str | None = None


@final
@attrs.frozen(kw_only=True)
class WorktreeCreate(Input):
    event: ClassVar[EventName] = "WorktreeCreate"
    name: str


@final
@attrs.frozen(kw_only=True)
class WorktreeRemove(Input):
    event: ClassVar[EventName] = "WorktreeRemove"
    worktree_path: str


INPUTS: Final[Mapping[EventName, type[Input]]] = {
    kind.event: kind
    for kind in (
        PreToolUse,
        PostToolUse,
        PostToolUseFailure,
        UserPromptSubmit,
        SessionStart,
        SessionEnd,
        Stop,
        Notification,
        SubagentStart,
        SubagentStop,
        PreCompact,
        PermissionRequest,
        Setup,
        TeammateIdle,
        TaskCompleted,
        ConfigChange,
        WorktreeCreate,
        WorktreeRemove,
    )
}
