from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hooks import output
from actors.hooks.merging import STRENGTH, Said, joined, ran, said
from actors.hooks.messages import Decision, EventName, Outcome, Permission, Run


def word(event: EventName, value: dict[str, Any], **told: Any) -> Said:
    return said(event, output.read(value), told)


def of_call(**fields: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **fields}}


# --- one answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, Said()),
        ({"decision": "approve"}, Said(decision="allow")),
        ({"decision": "block", "reason": "no"}, Said(decision="deny", reason="no")),
        (
            {"continue": False, "stopReason": "enough"},
            Said(decision="deny", reason="enough", stop=True),
        ),
        (of_call(permissionDecision="ask"), Said(decision="ask")),
        (
            of_call(permissionDecision="deny", permissionDecisionReason="no", updatedInput={"a": 1}),
            Said(decision="deny", reason="no"),
        ),
        (
            of_call(permissionDecision="allow", updatedInput={"a": 1}),
            Said(decision="allow", input={"a": 1}),
        ),
        (of_call(updatedInput={"a": 1}), Said(input={"a": 1})),
        ({"decision": "approve", **of_call(permissionDecision="deny")}, Said(decision="deny")),
        ({"decision": "block", **of_call(permissionDecision="allow")}, Said(decision="deny")),
        (
            {"systemMessage": "m", **of_call(additionalContext="c")},
            Said(context=("m", "c")),
        ),
        ({"hookSpecificOutput": {"hookEventName": "Setup", "additionalContext": "c"}}, Said()),
        ({"async": True}, Said()),
    ],
)
def test_a_word_about_a_call(value: dict[str, Any], expected: Said) -> None:
    assert word("PreToolUse", value) == expected


def test_a_prompt_is_refused_or_something_is_added_to_it() -> None:
    assert word("UserPromptSubmit", {"decision": "block", "reason": "no"}) == Said(
        decision="deny", reason="no"
    )
    assert word("UserPromptSubmit", {"continue": False, "stopReason": "no"}) == Said(
        decision="deny", reason="no"
    )
    added = {"hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "additionalContext": "it rains"}}
    assert word("UserPromptSubmit", added) == Said(context=("it rains",))


@pytest.mark.parametrize("event", ["Stop", "SubagentStop"])
def test_the_end_of_a_turn_is_put_off_unless_a_hook_began_it(event: EventName) -> None:
    block = {"decision": "block", "reason": "test it first"}
    assert word(event, block, stop_hook_active=False) == Said(decision="deny", reason="test it first")
    assert word(event, block, stop_hook_active=True) == Said()
    assert word(event, {**block, "continue": False}) == Said()
    assert word(event, {"systemMessage": "m"}) == Said()


def of_result(output: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PostToolUse", "updatedMCPToolOutput": output}}


def test_what_a_tool_of_a_server_has_answered_may_be_replaced() -> None:
    assert word("PostToolUse", of_result("less"), tool_name="mcp__a__b") == Said(result="less")
    assert word("PostToolUse", of_result({"a": "ü"}), tool_name="mcp__a__b") == Said(
        result='{\n  "a": "ü"\n}'
    )
    assert word("PostToolUseFailure", of_result("less"), tool_name="mcp__a__b") == Said()
    assert word("PostToolUse", of_call(updatedInput={}), tool_name="mcp__a__b") == Said()
    with pytest.raises(output.BadOutput, match="is for tools of MCP servers, and 'Bash' is none"):
        word("PostToolUse", of_result("less"), tool_name="Bash")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, Said()),
        ({"decision": "approve"}, Said(decision="allow")),
        ({"decision": "block", "reason": "no"}, Said(decision="deny", reason="no")),
        ({"continue": False}, Said(decision="deny", stop=True)),
        (
            {
                "hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": {
                        "behavior": "allow",
                        "updatedInput": {"a": 1},
                        "updatedPermissions": [{"tool": "Bash", "permission": "allow"}],
                    },
                }
            },
            Said(
                decision="allow", input={"a": 1}, permissions=(Permission(tool="Bash", permission="allow"),)
            ),
        ),
        (
            {
                "hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": {"behavior": "deny", "message": "not now", "interrupt": True},
                }
            },
            Said(decision="deny", reason="not now", stop=True),
        ),
    ],
)
def test_a_word_in_the_place_of_a_person(value: dict[str, Any], expected: Said) -> None:
    assert word("PermissionRequest", value) == expected


@pytest.mark.parametrize("event", ["PostToolUse", "SessionStart", "Setup", "SubagentStart"])
def test_other_events_only_hear_what_the_model_is_to_be_told(event: EventName) -> None:
    value = {
        "decision": "block",
        "continue": False,
        "hookSpecificOutput": {"hookEventName": event, "additionalContext": "c"},
    }
    assert word(event, value) == Said(context=("c",))


@pytest.mark.parametrize("event", ["SessionEnd", "Notification", "PreCompact", "ConfigChange"])
def test_where_there_is_no_model_to_be_told_nothing_is_heard(event: EventName) -> None:
    assert word(event, {"systemMessage": "m", "decision": "block"}) == Said()


def test_what_cannot_be_seen_is_not_told() -> None:
    assert word("PreToolUse", {"systemMessage": " \n"}) == Said()


# --- several ----------------------------------------------------------------------------------------------

DECISIONS: st.SearchStrategy[Decision] = st.sampled_from(STRENGTH)


@given(st.lists(st.tuples(DECISIONS, st.sampled_from(["", "why"]))))
def test_the_strongest_word_decides_and_of_those_the_first_gives_the_reason(
    words: list[tuple[Decision, str]],
) -> None:
    outcome = Outcome()
    for n, (decision, reason) in enumerate(words):
        outcome = joined(outcome, f"h{n}", Said(decision=decision, reason=reason))
    strongest = max((decision for decision, _ in words), key=STRENGTH.index, default="none")
    assert outcome.decision == strongest
    if strongest != "none":
        first = next(n for n, (decision, _) in enumerate(words) if decision == strongest)
        assert outcome.by == f"h{first}"
        assert outcome.reason == (words[first][1] or f"the hook h{first} says so")


def test_the_last_change_of_the_input_counts_and_what_is_told_is_gathered() -> None:
    outcome = Outcome()
    for one in (
        Said(input={"a": 1}, context=("one",)),
        Said(stop=True, context=("two",), result="less"),
        Said(input={"a": 2}),
    ):
        outcome = joined(outcome, "h", one)
    assert (outcome.input, outcome.context, outcome.stop) == ({"a": 2}, ("one", "two"), True)
    assert outcome.result == "less"
    run = Run(hook="h", event="Stop", at=datetime.now(UTC), seconds=0.0, result="ok")
    assert ran(outcome, run).runs == (run,)
