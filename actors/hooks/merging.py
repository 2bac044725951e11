"""What several hooks say of one event, taken together: deny before ask before allow before nothing. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from actors.hooks.messages import Decision, EventName, Outcome, Permission, Run
from actors.hooks.output import BadOutput, Output
from actors.vocabulary import quoted

OF_SERVERS: Final = "mcp__"
"""How the names of tools of MCP servers begin."""
STRENGTH: Final[tuple[Decision, ...]] = ("none", "allow", "ask", "deny")
_FOR_MODELS: Final = frozenset(
    {
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "UserPromptSubmit",
        "SessionStart",
        "Setup",
        "SubagentStart",
    }
)
"""Events at which there is a model to be told something."""
ENDS: Final = frozenset({"Stop", "SubagentStop"})
"""Those of an agent that may be made to go on."""


@final
@attrs.frozen(kw_only=True)
class Said:
    """What one answer comes to at one event."""

    decision: Decision = "none"
    reason: str = ""
    input: Mapping[str, Any] | None = None
    stop: bool = False
    context: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    result: str | None = None


def said(event: EventName, output: Output, told: Mapping[str, Any]) -> Said:
    """What an answer comes to. `told` is what the hook was told: the end of what a hook began is not stopped again.

    Raises BadOutput for what does not fit what it was told.
    """
    context = _context(event, output)
    if event == "PreToolUse":
        return _of_call(output, context)
    if event == "PermissionRequest":
        return _of_person(output)
    if event == "UserPromptSubmit":
        against = output.go_on is False or output.decision == "block"
        return Said(decision="deny", reason=_why(output)) if against else Said(context=context)
    if event == "PostToolUse":
        return Said(context=context, result=_result(output, told))
    if event in ENDS and output.decision == "block":
        is_heard = output.go_on is not False and not told.get("stop_hook_active")
        return Said(decision="deny", reason=_why(output)) if is_heard else Said()
    return Said(context=context)


def _result(output: Output, told: Mapping[str, Any]) -> str | None:
    specific = output.specific
    if specific is None or specific.event != "PostToolUse" or specific.updated_mcp_tool_output is None:
        return None
    tool, given = str(told.get("tool_name", "")), specific.updated_mcp_tool_output
    if not tool.startswith(OF_SERVERS):
        raise BadOutput(f"updatedMCPToolOutput is for tools of MCP servers, and {quoted(tool)} is none")
    return given if isinstance(given, str) else json.dumps(given, indent=2, ensure_ascii=False)


def _of_call(output: Output, context: tuple[str, ...]) -> Said:
    specific = output.specific if output.specific and output.specific.event == "PreToolUse" else None
    words: list[Decision] = ["none"]
    if output.go_on is False or output.decision == "block":
        words.append("deny")
    if output.decision == "approve":
        words.append("allow")
    if specific is not None and specific.permission_decision is not None:
        words.append(specific.permission_decision)
    decision = max(words, key=STRENGTH.index)
    given = specific and specific.permission_decision_reason
    return Said(
        decision=decision,
        reason=_why(output, given) if decision != "none" else "",
        input=specific.updated_input if specific is not None and decision != "deny" else None,
        stop=output.go_on is False,
        context=context,
    )


def _of_person(output: Output) -> Said:
    specific = output.specific
    verdict = specific.decision if specific is not None else None
    if output.go_on is False or output.decision == "block":
        return Said(decision="deny", reason=_why(output), stop=output.go_on is False)
    if verdict is None:
        is_approved = output.decision == "approve"
        return Said(decision="allow", reason=_why(output)) if is_approved else Said()
    allows = verdict.behavior == "allow"
    return Said(
        decision=verdict.behavior,
        reason=_why(output, verdict.message),
        input=verdict.updated_input if allows else None,
        stop=bool(verdict.interrupt) and not allows,
        permissions=verdict.updated_permissions if allows else (),
    )


def _why(output: Output, given: str | None = None) -> str:
    return given or output.why or ""


def _context(event: EventName, output: Output) -> tuple[str, ...]:
    if event not in _FOR_MODELS:
        return ()
    specific = output.specific
    added = specific.additional_context if specific is not None and specific.event == event else None
    return tuple(text for text in (output.system_message, added) if text and text.strip())


def joined(so_far: Outcome, by: str, one: Said) -> Outcome:
    """What was said so far and one more word: the stronger decides, of two that are as strong the first."""
    stronger = STRENGTH.index(one.decision) > STRENGTH.index(so_far.decision)
    return attrs.evolve(
        so_far,
        decision=one.decision if stronger else so_far.decision,
        reason=(one.reason or f"the hook {by} says so") if stronger else so_far.reason,
        by=by if stronger else so_far.by,
        input=so_far.input if one.input is None else one.input,
        stop=so_far.stop or one.stop,
        context=(*so_far.context, *one.context),
        permissions=(*so_far.permissions, *one.permissions),
        result=so_far.result if one.result is None else one.result,
    )


def ran(so_far: Outcome, run: Run) -> Outcome:
    """The same with one more run."""
    return attrs.evolve(so_far, runs=(*so_far.runs, run))
