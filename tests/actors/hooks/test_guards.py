"""What hooks say of calls counts, and without them nothing is sent."""

from typing import Any

import pytest
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.guarding import Allow, Ask, Deny, Guards, Proposal
from actors.hooks.manifest import Manifest
from actors.session import messages as session
from actors.session.history import BROKEN_OFF
from bus import conceal
from tests.actors.agent.world import say, shape, use
from tests.actors.hooks.hooked import Hooked, asking, called, context, of_call

# --- calls ------------------------------------------------------------------------------------------------


async def test_without_hooks_nothing_is_sent(hooked: Hooked, autojump_clock: MockClock) -> None:
    async with hooked.running(actor=False) as world:  # anything that is sent would find nobody
        assert (await called(world))[0] == "c1=told a"
        assert not world.mesh.console.dead_letters()


async def test_hooks_before_and_after_a_call_are_told_what_it_is(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("PreToolUse")
    hooked.on("PostToolUse")
    hooked.on("PostToolUseFailure")
    async with hooked.running() as world:
        _, end = await called(world)
        before, after = hooked.told
        assert before == {
            "hook_event_name": "PreToolUse",
            "session_id": end.session,
            "transcript_path": "",
            "cwd": str(hooked.path),
            "tool_name": "Tell",
            "tool_input": {"what": "a"},
            "tool_use_id": "c1",
        }
        assert after == {**before, "hook_event_name": "PostToolUse", "tool_response": "told a"}


async def test_a_call_that_failed_is_told_as_such(hooked: Hooked, autojump_clock: MockClock) -> None:
    hooked.on("PostToolUse")
    hooked.on("PostToolUseFailure", context("PostToolUseFailure", "try something else"))
    async with hooked.running() as world:
        world.script += [say(calls=[use("Fail", "c1", how="refuse")]), say("done")]
        await world.end((await world.send("go")).turn)
        (failure,) = hooked.told
        assert (failure["tool_name"], failure["tool_use_id"]) == ("Fail", "c1")
        assert failure["error"]
        assert shape(world.requests[-1].messages)[-1].endswith("try something else")


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"decision": "block", "reason": "not on Fridays"}, "c1!This call is not allowed: not on Fridays"),
        (of_call(permissionDecision="deny"), "c1!This call is not allowed: the hook h says so"),
        (of_call(permissionDecision="allow", updatedInput={"what": "b"}), "c1=told b"),
        (of_call(updatedInput={"what": "b"}), "c1=told b"),
        (of_call(additionalContext="mind the gap"), "c1=told a mind the gap"),
        (
            {"decision": "block", "reason": "no", **of_call(additionalContext="ask first")},
            "c1!This call is not allowed: no ask first",
        ),
        (of_call(updatedInput={"nonsense": 1}), "c1!Invalid or missing parameters for tool 'Tell':"),
        (
            of_call(permissionDecision="ask", permissionDecisionReason="really?"),
            "c1!This call is not allowed: a person would have to agree to this, and nobody can be asked here",
        ),
    ],
)
async def test_what_a_hook_says_of_a_call_counts(
    hooked: Hooked, autojump_clock: MockClock, answer: Any, result: str
) -> None:
    hooked.on("PreToolUse", answer)
    async with hooked.running() as world:
        assert (await called(world))[0].startswith(result)
        (row,) = await world.bus.ask(session.ShowAudit()) or [None]
        assert row is None or row.by in {"hook h", "default"}


async def test_a_hook_that_allows_spares_the_question_and_overrules_no_denial(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    verdicts: list[Allow | Deny | Ask] = [Ask("why?"), Deny("never")]
    hooked.guards = Guards(policy=lambda _proposal: verdicts.pop(0))
    hooked.on("PreToolUse", of_call(permissionDecision="allow"))
    async with hooked.running() as world:
        assert (await called(world))[0] == "c1=told a"
        assert (await called(world, key="other"))[0] == "c1!This call is not allowed: never"


async def test_a_hook_may_end_the_turn_after_this_round(hooked: Hooked, autojump_clock: MockClock) -> None:
    hooked.on("PreToolUse", {"continue": False, "stopReason": "that is enough"}, matcher="Tell")
    async with hooked.running() as world:
        calls = [use("Tell", "c1", what="a"), use("Peek", "c2", what="b")]
        end = await world.turn("go", say(calls=calls), say("never said"))
        assert isinstance(end, agent.TurnEnded)
        assert end.outcome == "stopped"
        assert end.notice == "A hook has ended the turn here: that is enough"
        assert world.begun == ["b"]
        assert len(world.requests) == 1
        again = await world.turn("go on", say("Fine."), session=end.session)
        assert isinstance(again, agent.TurnEnded)
        assert shape(world.requests[-1].messages)[-3:] == ["c2=peeked b", f"u:{BROKEN_OFF}", "u:go on"]


async def test_what_hooks_after_a_call_add_stands_in_its_result(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("PostToolUse", {"systemMessage": "tests pass"})
    async with hooked.running() as world:
        assert (await called(world))[0] == "c1=told a tests pass"


async def test_no_secret_comes_from_a_hook(hooked: Hooked, autojump_clock: MockClock) -> None:
    conceal("test", [("TANGERINE", "tangerine-4711")])
    hooked.on("PreToolUse", {"decision": "block", "reason": "tangerine-4711"})
    async with hooked.running() as world:
        assert "tangerine-4711" not in (await called(world))[0]


@pytest.mark.parametrize(
    ("verdict", "result", "outcome"),
    [
        ({"behavior": "allow"}, "c1=told a", "success"),
        ({"behavior": "allow", "updatedInput": {"what": "b"}}, "c1=told b", "success"),
        (
            {"behavior": "allow", "updatedInput": {"nonsense": 1}},
            "c1!Invalid or missing parameters",
            "success",
        ),
        (
            {"behavior": "deny", "message": "not now"},
            "c1!This call is not allowed: not now",
            "success",
        ),
        ({"behavior": "deny", "message": "not now", "interrupt": True}, "", "stopped"),
    ],
)
async def test_a_hook_answers_in_the_place_of_a_person(
    hooked: Hooked, autojump_clock: MockClock, verdict: Any, result: str, outcome: str
) -> None:
    asked: list[Proposal] = []
    hooked.guards = asking(asked)
    specific = {"hookEventName": "PermissionRequest", "decision": verdict}
    hooked.on("PermissionRequest", {"hookSpecificOutput": specific})
    async with hooked.running() as world:
        said, end = await called(world)
        assert said.startswith(result)
        assert end.outcome == outcome
        assert asked == []
        (told,) = hooked.told
        assert (told["tool_name"], told["tool_input"]) == ("Tell", {"what": "a"})


async def test_where_no_hook_answers_a_person_is_asked(hooked: Hooked, autojump_clock: MockClock) -> None:
    asked: list[Proposal] = []
    hooked.guards = asking(asked)
    hooked.on("PermissionRequest")
    async with hooked.running() as world:
        assert (await called(world))[0] == "c1=told a"
        assert len(asked) == 1


# --- when hooks cannot be called --------------------------------------------------------------------------


async def test_a_hook_that_is_required_and_cannot_be_called_stands_in_the_way(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("PreToolUse", manifest=Manifest(name="h", event="PreToolUse", required=True))
    async with hooked.running(actor=False) as world:
        assert "the hook h is required, and it cannot be called" in (await called(world))[0]


async def test_any_other_that_cannot_be_called_decides_nothing(
    hooked: Hooked, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    hooked.on("PreToolUse")
    async with hooked.running(actor=False) as world:
        assert (await called(world))[0] == "c1=told a"
        assert "hooks could not be called at PreToolUse" in caplog.text
