"""What a hook is told: the fields that all events have, and those of a try in which nothing has happened. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from actors.hooks.messages import (
    EVENTS,
    INPUTS,
    OF_TOOLS,
    BadTrial,
    ConfigChange,
    EventName,
    Fire,
    Input,
    Notification,
    PermissionRequest,
    PostToolUse,
    PostToolUseFailure,
    PreCompact,
    PreToolUse,
    SessionEnd,
    SessionStart,
    Setup,
    Stop,
    SubagentStart,
    SubagentStop,
    TaskCompleted,
    TeammateIdle,
    TryHooks,
    UserPromptSubmit,
    WorktreeCreate,
    WorktreeRemove,
)
from actors.shapes import suggestion
from actors.vocabulary import quoted

TRIAL: Final = "trial"
"""Id of the call, the agent and the conversation of a try."""
SOURCE: Final = "hook"
"""Where messages of hooks come from."""
SUBAGENT: Final = "subagent"
"""What kind of agent carries out calls of another one."""


def form(request: Fire, *, cwd: str, transcript: str, agent_transcript: str = "") -> dict[str, Any]:
    """The event as JSON. Fields of the event replace those of all events that have the same name."""
    base: dict[str, Any] = {
        "hook_event_name": request.event,
        "session_id": request.session,
        "transcript_path": transcript,
        "cwd": cwd,
    }
    for name in ("permission_mode", "agent_id", "agent_type"):
        if (value := getattr(request, name)) is not None:
            base[name] = value
    told = {**base, **request.input}
    if request.event == "SubagentStop":
        told["agent_transcript_path"] = agent_transcript
    return told


# --- a try ------------------------------------------------------------------------------------------------

MADE_UP: Final[tuple[Input, ...]] = (
    PreToolUse(tool_name="Bash", tool_input={"command": "true"}, tool_use_id=TRIAL),
    PostToolUse(
        tool_name="Bash", tool_input={"command": "true"}, tool_response="(no output)", tool_use_id=TRIAL
    ),
    PostToolUseFailure(
        tool_name="Bash", tool_input={"command": "false"}, tool_use_id=TRIAL, error="exit code 1"
    ),
    UserPromptSubmit(prompt="Hello"),
    SessionStart(source="startup"),
    SessionEnd(reason="user"),
    Stop(stop_hook_active=False, last_assistant_message="Done."),
    Notification(message="All well.", title="A try", notification_type=TRIAL),
    SubagentStart(agent_id=TRIAL, agent_type=SUBAGENT),
    SubagentStop(
        stop_hook_active=False,
        agent_id=TRIAL,
        agent_transcript_path="",
        agent_type=SUBAGENT,
        last_assistant_message="Done.",
    ),
    PreCompact(trigger="manual"),
    PermissionRequest(tool_name="Bash", tool_input={"command": "true"}),
    Setup(trigger="boot"),
    TeammateIdle(teammate_name=TRIAL, team_name=TRIAL),
    TaskCompleted(task_id=TRIAL, task_subject="A try"),
    ConfigChange(source="local_settings"),
    WorktreeCreate(name=TRIAL),
    WorktreeRemove(worktree_path=f"/{TRIAL}"),
)
"""What hooks are told in a try that says nothing else."""


def known(event: str) -> EventName:
    """The event of this name. Raises BadTrial."""
    for each in EVENTS:
        if each == event:
            return each
    meant = suggestion(event, EVENTS) or f"; events are {', '.join(EVENTS)}"
    raise BadTrial(reason=f"there is no event {quoted(event)}{meant}")


def trial(request: TryHooks) -> Fire:
    """What is to be told in a try. Raises BadTrial."""
    event = known(request.event)
    fields = next(each for each in MADE_UP if each.event == event).fields()
    given = dict(request.input or {})
    if event in OF_TOOLS:
        fields["tool_name"] = request.tool or fields["tool_name"]
        fields["tool_input"] = given if request.input is not None else fields["tool_input"]
    elif request.tool is not None:
        raise BadTrial(reason=f"{event} is about no tool")
    else:
        _check(event, given)
        fields |= given
    return Fire(event=event, input=fields, session=TRIAL)


def _check(event: EventName, given: Mapping[str, Any]) -> None:
    allowed = [field.name for field in attrs.fields(INPUTS[event])]
    for name in given:
        if name not in allowed:
            meant = suggestion(name, allowed) or f"; it has {', '.join(allowed)}"
            raise BadTrial(reason=f"{event} has no field {quoted(name)}{meant}")
