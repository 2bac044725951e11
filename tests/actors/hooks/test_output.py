from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hooks import output
from actors.hooks.messages import Permission
from actors.hooks.output import BadOutput, Output, Specific, Verdict


@pytest.mark.parametrize("value", [{}, {"whatever": 1}, {"reason": None}, {"async": False}])
def test_what_says_nothing_is_a_sync_answer_that_says_nothing(value: dict[str, Any]) -> None:
    assert output.read(value) == Output() == output.NOTHING
    assert output.written(Output()) == {}


def test_an_async_answer_says_how_long_it_takes_and_nothing_else() -> None:
    answer = output.read({"async": True, "async_timeout": 5000, "decision": "block"})
    assert answer == Output(is_async=True, async_timeout=5000)
    assert output.written(answer) == {"async": True, "async_timeout": 5000}
    assert output.read({"async": True, "asyncTimeout": 1}).async_timeout == 1
    assert output.written(output.read({"async": True})) == {"async": True}


def test_a_block_with_its_reason_comes_through() -> None:
    value = {"continue": False, "decision": "block", "reason": "no", "stop_reason": "enough"}
    answer = output.read(value)
    assert answer == Output(go_on=False, decision="block", reason="no", stop_reason="enough")
    assert output.written(answer) == value
    assert (answer.why, output.read({"stopReason": "enough"}).why) == ("no", "enough")


def test_every_key_may_be_written_in_camel_case() -> None:
    snake = output.read(
        {
            "system_message": "m",
            "stop_reason": "s",
            "suppress_output": True,
            "hook_specific_output": {
                "hookEventName": "PreToolUse",
                "permission_decision": "allow",
                "permission_decision_reason": "fine",
                "updated_input": {"snake_or_camelCase": 1},
                "additional_context": "c",
            },
        }
    )
    camel = output.read(
        {
            "systemMessage": "m",
            "stopReason": "s",
            "suppressOutput": True,
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "allow",
                "permissionDecisionReason": "fine",
                "updatedInput": {"snake_or_camelCase": 1},
                "additionalContext": "c",
            },
        }
    )
    assert snake == camel
    assert snake.specific is not None
    assert snake.specific.updated_input == {"snake_or_camelCase": 1}


def test_what_is_said_of_one_event_names_it_in_camel_case_and_the_rest_not() -> None:
    said = output.written(Output(specific=Specific(event="PreToolUse", permission_decision="ask")))
    assert said == {"hook_specific_output": {"hookEventName": "PreToolUse", "permission_decision": "ask"}}


@pytest.mark.parametrize(
    "verdict",
    [
        {"behavior": "allow"},
        {
            "behavior": "allow",
            "updated_input": {"a": 1},
            "updated_permissions": [{"tool": "Bash", "permission": "allow"}],
        },
        {"behavior": "deny", "message": "no", "interrupt": True},
    ],
)
def test_an_answer_in_the_place_of_a_person_comes_through(verdict: dict[str, Any]) -> None:
    value = {"hook_specific_output": {"hookEventName": "PermissionRequest", "decision": verdict}}
    assert output.written(output.read(value)) == value


def test_permissions_are_values() -> None:
    answer = output.read(
        {
            "hookSpecificOutput": {
                "hookEventName": "PermissionRequest",
                "decision": {
                    "behavior": "allow",
                    "updatedPermissions": [{"tool": "Bash", "permission": "ask"}],
                },
            }
        }
    )
    assert answer.specific == Specific(
        event="PermissionRequest",
        decision=Verdict(behavior="allow", updated_permissions=(Permission(tool="Bash", permission="ask"),)),
    )


def test_what_a_tool_of_a_server_is_to_have_answered_comes_through() -> None:
    value = {"hook_specific_output": {"hookEventName": "PostToolUse", "updated_mcp_tool_output": [1]}}
    assert output.written(output.read(value)) == value
    camel = {"hookSpecificOutput": {"hookEventName": "PostToolUse", "updatedMCPToolOutput": [1]}}
    assert output.read(camel) == output.read(value)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"decision": "perhaps"}, "decision is 'perhaps' and not one of approve, block"),
        ({"continue": "no"}, "continue is not true or false"),
        ({"async": 1}, "async is not true or false"),
        ({"async": True, "async_timeout": True}, "async_timeout is not a whole number"),
        ({"reason": 7}, "reason is not a text"),
        ({"hookSpecificOutput": []}, "hook_specific_output is not an object"),
        ({"hookSpecificOutput": {}}, "hookSpecificOutput does not say its hookEventName"),
        (
            {"hookSpecificOutput": {"hookEventName": "Stop"}},
            "hook_event_name is 'Stop' and not one of PreToolUse",
        ),
        (
            {"hookSpecificOutput": {"hookEventName": "PermissionRequest"}},
            "hookSpecificOutput of PermissionRequest has no decision",
        ),
        (
            {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {}}},
            "the decision about a PermissionRequest does not say its behavior",
        ),
        (
            {
                "hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": {"behavior": "allow", "updated_permissions": [{"tool": "x"}]},
                }
            },
            "a permission needs tool and permission",
        ),
        (
            {
                "hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": {
                        "behavior": "allow",
                        "updated_permissions": [{"tool": "Bash", "permission": "deny"}],
                    },
                }
            },
            "updatedPermissions can allow a tool in this conversation or have it asked about again; to deny 'Bash' is",
        ),
        (
            {
                "hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": {"behavior": "allow", "updated_permissions": ["x"]},
                }
            },
            "updated_permissions is no list of objects",
        ),
    ],
)
def test_an_answer_that_cannot_be_meant_is_none(value: dict[str, Any], fault: str) -> None:
    with pytest.raises(BadOutput) as refused:
        output.read(value)
    assert str(refused.value).startswith(fault)


TEXTS = st.none() | st.text(max_size=8)
SPECIFICS = st.builds(
    Specific,
    event=st.sampled_from([each for each in output.SPECIFIC if each != "PermissionRequest"]),
    permission_decision=st.none() | st.sampled_from(["allow", "deny", "ask"]),
    permission_decision_reason=TEXTS,
    updated_input=st.none() | st.dictionaries(st.text(max_size=4), st.integers()),
    additional_context=TEXTS,
)
OUTPUTS = st.builds(
    Output,
    go_on=st.none() | st.booleans(),
    suppress_output=st.none() | st.booleans(),
    stop_reason=TEXTS,
    decision=st.none() | st.sampled_from(["approve", "block"]),
    system_message=TEXTS,
    reason=TEXTS,
    specific=st.none() | SPECIFICS,
)


@given(OUTPUTS)
def test_what_is_written_is_read_as_it_was(answer: Output) -> None:
    assert output.read(output.written(answer)) == answer


KEYS = st.sampled_from(
    ["async", "continue", "decision", "hookSpecificOutput", "hookEventName", "behavior", "reason", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_whatever_an_object_says_it_is_an_answer_or_refused(value: dict[str, Any]) -> None:
    with suppress(BadOutput):
        answer = output.read(value)
        assert output.read(output.written(answer)) == answer
