"""Hooks hear of what begins, ends and is shortened, and what they say of it counts."""

import attrs
from trio.testing import MockClock

from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.tooling import Tool, tool_of
from actors.vocabulary import ADMIN
from bus import Actor
from tests.actors.agent.toolbox import Tell
from tests.actors.agent.window.test_compacting import SMALL, grown
from tests.actors.agent.world import say, shape, use
from tests.actors.hooks.hooked import Hooked, asking, called, context

# --- beginnings -------------------------------------------------------------------------------------------


async def test_a_conversation_that_begins_is_told_once_and_what_is_added_stays(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("SessionStart", context("SessionStart", "The build is red."))
    async with hooked.running() as world:
        end = await world.turn("hello", say("Hello."))
        await world.turn("and?", say("Well."), session=end.session)
        (told,) = hooked.told
        assert (told["source"], told["session_id"]) == ("startup", end.session)
        for request in world.requests:
            assert request.system[-1].text == "The build is red."
        texts = await world.bus.ask(session.GetTold(turn=end.turn, user=ADMIN))
        assert [(each.source, each.text) for each in texts][-1] == ("Hooks", "The build is red.")
    async with hooked.running() as world:
        await world.turn("again", say("Yes."), session=end.session)
        assert hooked.told[-1]["source"] == "resume"


async def test_a_subagent_that_begins_is_told_and_its_calls_say_whose_they_are(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.subagents = SubagentSettings()
    hooked.on("SubagentStart", context("SubagentStart", "Be brief."))
    hooked.on("SessionStart")
    hooked.on("PreToolUse", matcher="Tell")
    async with hooked.running() as world:
        world.script += [
            say(calls=[use("Agent", "c1", description="look", prompt="look")]),
            say(calls=[use("Tell", "c2", what="a")]),
            say("told"),
            say("done"),
        ]
        await world.end((await world.send("go")).turn)
        assert world.requests[1].system[-1].text == "Be brief."
        (start,) = hooked.of("SubagentStart")
        assert start["agent_type"] == "subagent"
        (call,) = hooked.of("PreToolUse")
        assert (call["agent_id"], call["agent_type"]) == (start["agent_id"], "subagent")
        assert len(hooked.of("SessionStart")) == 1


BLOCK = {"decision": "block", "reason": "And the tests?"}


async def test_a_subagent_that_is_to_go_on_does_so_once_and_its_caller_gets_what_it_says_then(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.subagents = SubagentSettings()
    hooked.on("SubagentStop", BLOCK)
    async with hooked.running() as world:
        world.script += [
            say(calls=[use("Agent", "c1", description="look", prompt="look")]),
            say("looked"),
            say("The tests pass."),
            say("done"),
        ]
        accepted = await world.send("go")
        await world.end(accepted.turn)
        first, second = hooked.of("SubagentStop")
        assert [first["stop_hook_active"], second["stop_hook_active"]] == [False, True]
        assert [first["last_assistant_message"], second["last_assistant_message"]] == [
            "looked",
            "The tests pass.",
        ]
        assert first["session_id"] == accepted.session
        assert shape(world.requests[2].messages)[-1] == "u:And the tests?"
        assert "The tests pass." in shape(world.requests[3].messages)[-1]


async def test_where_nobody_stands_in_its_way_a_subagent_ends(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.subagents = SubagentSettings()
    hooked.on("SubagentStop")
    async with hooked.running() as world:
        world.script += [
            say(calls=[use("Agent", "c1", description="look", prompt="look")]),
            say("looked"),
            say("done"),
        ]
        await world.end((await world.send("go")).turn)
        assert len(hooked.of("SubagentStop")) == 1
        assert "looked" in shape(world.requests[2].messages)[-1]


async def test_what_a_server_has_answered_is_replaced_by_what_a_hook_says(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    async def servers(*_: object) -> tuple[Tool, ...]:
        tell = tool_of(Tell)
        return (attrs.evolve(tell, spec=attrs.evolve(tell.spec, name="mcp__a__tell")),)

    specific = {"hookEventName": "PostToolUse", "updatedMCPToolOutput": "less", "additionalContext": "c"}
    hooked.on("PostToolUse", {"hookSpecificOutput": specific})
    hooked.lives.tools = (*hooked.lives.tools, servers)
    async with hooked.running() as world:
        await world.turn("go", say(calls=[use("mcp__a__tell", "c1", what="a")]), say("done"))
        assert shape(world.requests[-1].messages)[-1] == "c1=less c"


async def test_what_a_hook_allows_from_now_on_is_kept(hooked: Hooked, autojump_clock: MockClock) -> None:
    settled: list[permissions.Settle] = []

    class Permissions(Actor):
        @permissions.Settle.handler
        async def settle(self, request: permissions.Settle) -> None:
            settled.append(request)

    hooked.guards = asking([])
    verdict = {
        "behavior": "allow",
        "updatedPermissions": [{"tool": "Tell", "permission": word} for word in ("allow", "ask")],
    }
    specific = {"hookEventName": "PermissionRequest", "decision": verdict}
    hooked.on("PermissionRequest", {"hookSpecificOutput": specific})
    async with hooked.running() as world:
        said, _ = await called(world)
        assert said == "c1=told a"  # also where it cannot be kept
        await world.mesh.start(Permissions, name="permissions")
        _, end = await called(world, session=None)
        assert [(each.tool, each.allow, each.outside, each.hook) for each in settled] == [
            ("Tell", True, False, "h"),
            ("Tell", False, False, "h"),
        ]
        assert {(each.user, each.session) for each in settled} == {(ADMIN, end.session)}


async def test_before_a_summary_replaces_messages_hooks_are_told(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.limits = SMALL
    hooked.on("PreCompact")
    async with hooked.running() as world:
        await grown(world)
        end = await world.turn("q3", say("In short."), say("a3"))
        (told,) = hooked.told
        assert (told["session_id"], told["trigger"], told["custom_instructions"]) == (
            end.session,
            "auto",
            None,
        )
