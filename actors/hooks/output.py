"""What a hook answers: one JSON object, read and written. Pure.

Every key may be written in either way, ``stop_reason`` or ``stopReason``: scripts for other agents use both. What is
not known is passed over, and an empty object says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, cast, final, get_args

import attrs

from actors.hooks.messages import EventName, Permission
from actors.vocabulary import quoted

T = TypeVar("T")

Word = Literal["allow", "deny", "ask"]
"""What a hook says of a call."""
_WORD: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where one begins: ``updatedMCPToolOutput`` has four."""
SPECIFIC: Final[tuple[EventName, ...]] = (
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "UserPromptSubmit",
    "SessionStart",
    "Setup",
    "SubagentStart",
    "Notification",
    "PermissionRequest",
)
"""Events that have something of their own to be said about."""


class BadOutput(ValueError):
    """An answer is none. The text is a part of a sentence for the owner of the hook."""


@final
@attrs.frozen(kw_only=True)
class Verdict:
    """An answer in the place of a person who would be asked."""

    behavior: Literal["allow", "deny"]
    updated_input: Mapping[str, Any] | None = None
    updated_permissions: tuple[Permission, ...] = ()
    message: str | None = None
    interrupt: bool | None = None


@final
@attrs.frozen(kw_only=True)
class Specific:
    """What is said of one event alone."""

    event: EventName
    permission_decision: Word | None = None
    permission_decision_reason: str | None = None
    updated_input: Mapping[str, Any] | None = None
    additional_context: str | None = None
    updated_mcp_tool_output: Any = None
    """What the model gets in the place of what a tool of an MCP server has answered."""
    decision: Verdict | None = None


@final
@attrs.frozen(kw_only=True)
class Output:
    """An answer; one without fields says nothing."""

    is_async: bool = False
    """Whether it says only that the hook works on."""
    async_timeout: int | None = None
    """Milliseconds it says it is going to take."""
    go_on: bool | None = None
    """``continue``: False stops the agent."""
    suppress_output: bool | None = None
    """True: what it says and writes is not kept among its calls."""
    stop_reason: str | None = None
    decision: Literal["approve", "block"] | None = None
    system_message: str | None = None
    reason: str | None = None
    specific: Specific | None = None

    @property
    def why(self) -> str | None:
        """The reason that it gives for what it decides."""
        return self.reason or self.stop_reason


NOTHING: Final = Output()


# --- reading ----------------------------------------------------------------------------------------------


def read(value: Mapping[str, Any]) -> Output:
    """The answer that an object is. Raises BadOutput for a value that cannot be meant."""
    fields = _Fields(value)
    if fields.flag("async"):
        return Output(is_async=True, async_timeout=fields.number("async_timeout"))
    return Output(
        go_on=fields.flag("continue"),
        suppress_output=fields.flag("suppress_output"),
        stop_reason=fields.text("stop_reason"),
        decision=fields.word("decision", ("approve", "block")),
        system_message=fields.text("system_message"),
        reason=fields.text("reason"),
        specific=_specific(fields.object("hook_specific_output")),
    )


def _specific(value: Mapping[str, Any] | None) -> Specific | None:
    if value is None:
        return None
    fields = _Fields(value)
    event = fields.word("hook_event_name", SPECIFIC)
    if event is None:
        raise BadOutput("hookSpecificOutput does not say its hookEventName")
    verdict = fields.object("decision") if event == "PermissionRequest" else None
    if event == "PermissionRequest" and verdict is None:
        raise BadOutput("hookSpecificOutput of PermissionRequest has no decision")
    return Specific(
        event=event,
        permission_decision=fields.word("permission_decision", get_args(Word)),
        permission_decision_reason=fields.text("permission_decision_reason"),
        updated_input=fields.object("updated_input"),
        additional_context=fields.text("additional_context"),
        updated_mcp_tool_output=fields.get("updated_mcp_tool_output"),
        decision=None if verdict is None else _verdict(_Fields(verdict)),
    )


def _verdict(fields: "_Fields") -> Verdict:
    behavior: Literal["allow", "deny"] | None = fields.word("behavior", ("allow", "deny"))
    if behavior is None:
        raise BadOutput("the decision about a PermissionRequest does not say its behavior")
    return Verdict(
        behavior=behavior,
        updated_input=fields.object("updated_input"),
        updated_permissions=tuple(map(_permission, fields.objects("updated_permissions"))),
        message=fields.text("message"),
        interrupt=fields.flag("interrupt"),
    )


def _permission(value: Mapping[str, Any]) -> Permission:
    fields = _Fields(value)
    tool, permission = fields.text("tool"), fields.word("permission", get_args(Word))
    if tool is None or permission is None:
        raise BadOutput("a permission needs tool and permission")
    if permission == "deny":
        raise BadOutput(
            "updatedPermissions can allow a tool in this conversation or have it asked about again;"
            f" to deny {quoted(tool)} is for a rule in [permissions]"
        )
    return Permission(tool=tool, permission=permission)


@final
class _Fields:
    """The values of an object, under their names in either way of writing. One that is null is not there."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._values = {_snake(key): each for key, each in value.items() if each is not None}

    def get(self, name: str) -> Any:
        return self._values.get(name)

    def flag(self, name: str) -> bool | None:
        return self._of(name, bool, "true or false")

    def number(self, name: str) -> int | None:
        return self._of(name, int, "a whole number")

    def text(self, name: str) -> str | None:
        return self._of(name, str, "a text")

    def object(self, name: str) -> Mapping[str, Any] | None:
        return cast("Mapping[str, Any] | None", self._of(name, dict, "an object"))

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        found = cast("list[Any]", self._of(name, list, "a list")) or []
        if not all(isinstance(each, dict) for each in found):
            raise BadOutput(f"{name} is no list of objects")
        return found

    def word(self, name: str, words: Sequence[T]) -> T | None:
        found = self.get(name)
        if found is None or found in words:
            return cast("T | None", found)
        raise BadOutput(f"{name} is {quoted(str(found))} and not one of {', '.join(map(str, words))}")

    def _of(self, name: str, kind: type[T], what: str) -> T | None:
        found = self.get(name)
        if found is None or (isinstance(found, kind) and (kind is bool or not isinstance(found, bool))):
            return found
        raise BadOutput(f"{name} is not {what}")


def _snake(key: str) -> str:
    return _WORD.sub("_", key).lower()


# --- writing ----------------------------------------------------------------------------------------------


def written(output: Output) -> dict[str, Any]:
    """An answer as an object; what it does not say is left out."""
    if output.is_async:
        return {"async": True, **_said({"async_timeout": output.async_timeout})}
    specific = output.specific
    return _said(
        {
            "continue": output.go_on,
            "suppress_output": output.suppress_output,
            "stop_reason": output.stop_reason,
            "decision": output.decision,
            "system_message": output.system_message,
            "reason": output.reason,
            "hook_specific_output": None if specific is None else _written(specific),
        }
    )


def _written(specific: Specific) -> dict[str, Any]:
    verdict = specific.decision
    return {
        "hookEventName": specific.event,
        **_said(
            {
                "permission_decision": specific.permission_decision,
                "permission_decision_reason": specific.permission_decision_reason,
                "updated_input": specific.updated_input,
                "additional_context": specific.additional_context,
                "updated_mcp_tool_output": specific.updated_mcp_tool_output,
                "decision": None if verdict is None else _answered(verdict),
            }
        ),
    }


def _answered(verdict: Verdict) -> dict[str, Any]:
    return _said(
        {
            "behavior": verdict.behavior,
            "updated_input": verdict.updated_input,
            "updated_permissions": [
                {"tool": each.tool, "permission": each.permission} for each in verdict.updated_permissions
            ]
            or None,
            "message": verdict.message,
            "interrupt": verdict.interrupt,
        }
    )


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
