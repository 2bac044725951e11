import pytest

from actors.hooks import forms
from actors.hooks import messages as hooks
from actors.hooks.messages import EVENTS, INPUTS, OF_TOOLS


def test_there_are_eighteen_events_and_an_input_for_each() -> None:
    assert len(set(EVENTS)) == 18
    assert list(INPUTS) == list(EVENTS)
    assert [kind.event for kind in INPUTS.values()] == list(EVENTS)


def test_only_the_four_events_about_calls_have_the_name_of_a_tool() -> None:
    told = {each.event for each in forms.MADE_UP if "tool_name" in each.fields()}
    assert told == OF_TOOLS == {"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest"}


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        (
            hooks.PreToolUse(tool_name="Bash", tool_input={"command": "ls"}, tool_use_id="t1"),
            {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "t1"},
        ),
        (
            hooks.PostToolUse(tool_name="Bash", tool_input={}, tool_response="ok", tool_use_id="t1"),
            {"tool_name": "Bash", "tool_input": {}, "tool_response": "ok", "tool_use_id": "t1"},
        ),
        (
            hooks.PostToolUseFailure(
                tool_name="Bash", tool_input={}, tool_use_id="t1", error="no", is_interrupt=True
            ),
            {"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1", "error": "no", "is_interrupt": True},
        ),
        (
            hooks.Notification(message="hi", notification_type="cron"),
            {"message": "hi", "notification_type": "cron"},
        ),
        (hooks.UserPromptSubmit(prompt="hi"), {"prompt": "hi"}),
        (hooks.SessionStart(source="resume", model="a/b"), {"source": "resume", "model": "a/b"}),
        (hooks.SessionEnd(reason="gap"), {"reason": "gap"}),
        (hooks.Stop(stop_hook_active=False), {"stop_hook_active": False}),
        (
            hooks.SubagentStop(
                stop_hook_active=False,
                agent_id="a",
                agent_transcript_path="/t",
                agent_type="subagent",
                last_assistant_message="done",
            ),
            {
                "stop_hook_active": False,
                "agent_id": "a",
                "agent_transcript_path": "/t",
                "agent_type": "subagent",
                "last_assistant_message": "done",
            },
        ),
        (hooks.PreCompact(trigger="auto"), {"trigger": "auto", "custom_instructions": None}),
        (
            hooks.PermissionRequest(
                tool_name="Bash",
                tool_input={},
                permission_suggestions=(hooks.Permission(tool="Bash", permission="allow"),),
            ),
            {
                "tool_name": "Bash",
                "tool_input": {},
                "permission_suggestions": [{"tool": "Bash", "permission": "allow"}],
            },
        ),
        (hooks.Setup(trigger="init"), {"trigger": "init"}),
        (hooks.Setup(trigger="boot"), {"trigger": "boot"}),
        (
            hooks.ConfigChange(source="project_settings", file_path="/x"),
            {"source": "project_settings", "file_path": "/x"},
        ),
        (hooks.TaskCompleted(task_id="1", task_subject="s"), {"task_id": "1", "task_subject": "s"}),
    ],
)
def test_fields_are_spelled_as_scripts_know_them_and_what_is_absent_is_left_out(
    told: hooks.Input, fields: dict[str, object]
) -> None:
    assert told.fields() == fields
    assert hash(type(told).event)


def test_every_input_says_its_event_and_what_all_events_have() -> None:
    for each in forms.MADE_UP:
        told = forms.form(hooks.fire(each, session="s", user="ada"), cwd="/home", transcript="/t.jsonl")
        base = {
            "hook_event_name": each.event,
            "session_id": "s",
            "transcript_path": "/t.jsonl",
            "cwd": "/home",
        }
        assert base.items() <= told.items()
        assert told["hook_event_name"] == each.event


def test_what_is_known_of_a_subagent_and_of_permissions_is_told_where_it_is_known() -> None:
    request = hooks.fire(
        hooks.UserPromptSubmit(prompt="hi"), permission_mode="ask", agent_id="a", agent_type="subagent"
    )
    told = forms.form(request, cwd="/", transcript="")
    assert (told["permission_mode"], told["agent_id"], told["agent_type"]) == ("ask", "a", "subagent")


def test_fields_of_an_event_replace_those_of_all_events() -> None:
    start = hooks.SubagentStart(agent_id="own", agent_type="kind")
    told = forms.form(hooks.fire(start, agent_id="other", agent_type="x"), cwd="/", transcript="")
    assert (told["agent_id"], told["agent_type"]) == ("own", "kind")


def test_the_end_of_a_subagent_tells_where_its_conversation_is() -> None:
    stop = next(each for each in forms.MADE_UP if each.event == "SubagentStop")
    told = forms.form(hooks.fire(stop), cwd="/", transcript="/own", agent_transcript="/agents")
    assert (told["transcript_path"], told["agent_transcript_path"]) == ("/own", "/agents")


# --- a try ------------------------------------------------------------------------------------------------


def test_a_try_of_a_call_is_about_the_tool_and_the_input_that_are_given() -> None:
    made = forms.trial(hooks.TryHooks(event="PreToolUse", tool="WebFetch", input={"url": "x"}))
    assert made.input == {"tool_name": "WebFetch", "tool_input": {"url": "x"}, "tool_use_id": forms.TRIAL}
    assert made.session == forms.TRIAL
    assert forms.trial(hooks.TryHooks(event="PreToolUse")).input["tool_name"] == "Bash"


def test_a_try_of_another_event_tells_the_fields_that_are_given() -> None:
    made = forms.trial(hooks.TryHooks(event="UserPromptSubmit", input={"prompt": "what?"}))
    assert made.input == {"prompt": "what?"}
    assert forms.trial(hooks.TryHooks(event="Setup")).input == {"trigger": "boot"}


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (hooks.TryHooks(event="PreTool"), "there is no event 'PreTool', did you mean 'PreToolUse'?"),
        (hooks.TryHooks(event="zzz"), "there is no event 'zzz'; events are PreToolUse, "),
        (hooks.TryHooks(event="Stop", tool="Bash"), "Stop is about no tool"),
        (hooks.TryHooks(event="Stop", input={"q": 1}), "Stop has no field 'q'; it has stop_hook_active, "),
        (
            hooks.TryHooks(event="SessionEnd", input={"reasons": 1}),
            "SessionEnd has no field 'reasons', did you mean 'reason'?",
        ),
    ],
)
def test_a_try_that_cannot_be_meant_is_refused(request_: hooks.TryHooks, reason: str) -> None:
    with pytest.raises(hooks.BadTrial) as refused:
        forms.trial(request_)
    assert str(refused.value).startswith(reason)
