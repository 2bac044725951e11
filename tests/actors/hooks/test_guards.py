"""Hooks in conversations: what they say of calls, messages and beginnings counts, and without them nothing is sent."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.occasions import Occasions
from actors.agent.settings import Settings as AgentSettings
from actors.guarding import UNGUARDED, Allow, Ask, Deny, Guards, Proposal
from actors.hooks import guards
from actors.hooks.actor import HooksActor
from actors.hooks.armed import Armed
from actors.hooks.manifest import Manifest
from actors.hooks.messages import EventName
from actors.hooks.registry import Group, Registry
from actors.hooks.settings import Settings
from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.subagents.settings import Settings as SubagentSettings
from actors.subsystem import Given
from actors.tooling import Tool, tool_of
from actors.vocabulary import ADMIN
from bus import Actor, conceal
from tests.actors.agent.window.test_compacting import SMALL, grown
from tests.actors.agent.world import Gate, Tell, World, say, shape, use

Told = Mapping[str, Any]


@attrs.define(eq=False)
class Hooked:
    """An agent with hooks that are functions, which note what they are told."""

    path: Path
    guards: Guards = UNGUARDED
    groups: dict[EventName, list[Group]] = attrs.field(factory=dict[EventName, list[Group]])
    told: list[Told] = attrs.field(factory=list[Told])
    subagents: SubagentSettings | None = None
    settings: Settings = attrs.field(factory=Settings)
    limits: AgentSettings = attrs.field(factory=AgentSettings)
    lives: World = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lives = World(self.path)

    def on(self, event: EventName, answer: Any = None, *, name: str = "h", **more: Any) -> None:
        """A hook that answers so, whatever it is told; an answer may also be a function of that."""

        async def callback(told: Told, _call: str | None) -> Any:
            await trio.lowlevel.checkpoint()
            self.told.append(dict(told))
            asked = cast("Callable[[Told], Awaitable[Any]] | None", answer if callable(answer) else None)
            return answer if asked is None else await asked(told)

        group = Group(event=event, name=name, callbacks=(callback,), **more)
        self.groups.setdefault(event, []).append(group)

    @asynccontextmanager
    async def running(self, *, actor: bool = True) -> AsyncGenerator[World]:
        armed = Armed(self.path / "hooks")
        occasions = Occasions(
            said=partial(guards.said, armed, guards.Turnstiles()),
            opened=partial(guards.opened, armed),
            delegated=partial(guards.delegated, armed),
            stopped=partial(guards.stopped, armed),
            shortened=partial(guards.shortened, armed),
        )
        lives = self.lives
        lives.occasions, lives.guards = occasions, guards.hooked(self.guards, armed)
        lives.subagents, lives.settings = self.subagents, self.limits
        given = Given(data=self.path, home=self.path, environment={}, settings_of=lambda _kind: self.settings)
        async with lives.running() as world:
            registry = Registry(self.groups)
            if actor:
                await world.mesh.start(partial(HooksActor, given, armed, registry), name="hooks")
            else:
                armed.arm(registry, (), 0.0)
            yield world

    def of(self, event: EventName) -> list[Told]:
        return [each for each in self.told if each["hook_event_name"] == event]


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    return Hooked(tmp_path)


def of_call(**fields: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **fields}}


def context(event: EventName, text: str) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}


async def called(world: World, what: str = "a", **fields: Any) -> tuple[str, agent.TurnEnded]:
    """What the model is told of a call that it makes, and the end of the turn."""
    end = await world.turn("go", say(calls=[use("Tell", "c1", what=what)]), say("done"), **fields)
    assert isinstance(end, agent.TurnEnded)
    result = next((each for each in shape(world.requests[-1].messages) if each.startswith("c1")), "")
    return result, end


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
        assert shape(world.requests[-1].messages)[-2:] == ["c2=peeked b", "u:go on"]


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


# --- in the place of a person -----------------------------------------------------------------------------


def asking(asked: list[Proposal]) -> Guards:
    async def ask(_bus: Any, proposal: Proposal, _question: Ask) -> Allow | Deny:
        asked.append(proposal)
        return Allow(by="person ada")

    return Guards(policy=lambda _proposal: Ask("really?"), ask=ask)


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


# --- messages ---------------------------------------------------------------------------------------------


async def test_a_message_that_a_hook_refuses_is_not_stored_and_its_sender_is_told_why(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("UserPromptSubmit", {"decision": "block", "reason": "no politics"})
    async with hooked.running() as world:
        with pytest.raises(agent.PromptRefused, match="This message was refused: no politics"):
            await world.send("vote!")
        assert await world.bus.ask(session.List(user=ADMIN)) == ()
        assert hooked.told[0]["prompt"] == "vote!"


async def test_a_followup_is_refused_too(hooked: Hooked, autojump_clock: MockClock) -> None:
    async def refuses(told: Told) -> Any:
        await trio.lowlevel.checkpoint()
        return {"decision": "block", "reason": "no"} if "secret" in told["prompt"] else None

    hooked.on("UserPromptSubmit", refuses)
    async with hooked.running() as world:
        gate = world.gates["a"] = Gate()
        world.script += [say(calls=[use("Peek", "c1", what="a")]), say("done")]
        accepted = await world.send("go")
        await gate.reached.wait()
        with pytest.raises(agent.PromptRefused):
            await world.send("a secret", session=accepted.session)
        gate.open.set()
        await world.end(accepted.turn)
        assert await world.said(accepted.session) == ["go"]
        assert hooked.told[1]["session_id"] == accepted.session


async def test_what_is_added_to_a_message_the_model_gets_and_people_do_not_see(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    hooked.on("UserPromptSubmit", context("UserPromptSubmit", "It rains."))
    async with hooked.running() as world:
        end = await world.turn("How is it?", say("Wet."))
        assert shape(world.requests[0].messages) == ["u:How is it?\n\nIt rains."]
        assert await world.rows(end.session) == [("user", "How is it?"), ("assistant", "Wet.")]
        await world.turn("And now?", say("Wet."), session=end.session)
        assert shape(world.requests[1].messages)[0] == "u:How is it?\n\nIt rains."
        turn = await world.bus.ask(session.GetTurn(turn=end.turn, user=ADMIN))
        assert (turn.text, turn.called) == ("How is it?", "")


async def test_messages_of_one_person_keep_their_order_whatever_hooks_take(
    hooked: Hooked, autojump_clock: MockClock
) -> None:
    async def slow(told: Told) -> None:
        await trio.sleep(5 if told["prompt"] == "one" else 0)

    hooked.on("UserPromptSubmit", slow)
    async with hooked.running() as world:
        world.rule = say("yes")
        async with trio.open_nursery() as nursery:
            for word in ("one", "two"):
                nursery.start_soon(partial(world.send, word, mode="queue"))
                await trio.sleep(1)
        (found,) = await world.bus.ask(session.List(user=ADMIN))
        await world.quiet()
        assert await world.said(found.id) == ["one", "two"]


async def test_what_jobs_and_hooks_say_is_put_to_no_hook(hooked: Hooked, autojump_clock: MockClock) -> None:
    hooked.on("UserPromptSubmit", {"decision": "block", "reason": "no"})
    async with hooked.running() as world:
        await world.turn("sum up", say("Summed."), triggered_by="brief", source="cron")
        assert hooked.told == []


@pytest.mark.parametrize("answer", [{"decision": "block", "reason": "no"}, context("UserPromptSubmit", "x")])
async def test_a_message_is_amended_only_where_hooks_have_nothing_to_say(
    hooked: Hooked, autojump_clock: MockClock, answer: Any
) -> None:
    async def says(told: Told) -> Any:
        await trio.lowlevel.checkpoint()
        return answer if "not" in told["prompt"] else None

    hooked.on("UserPromptSubmit", says)
    async with hooked.running() as world:
        gate = world.gates["a"] = Gate()
        world.script += [say(calls=[use("Peek", "c1", what="a")]), say("done"), say("yes")]
        accepted = await world.send("go")
        await gate.reached.wait()
        waiting = await world.send("wait", session=accepted.session, mode="queue")

        async def amend(text: str) -> bool:
            return await world.bus.ask(agent.Amend(turn=waiting.turn, user=ADMIN, text=text))

        assert not await amend("not this")
        assert await amend("but this")
        gate.open.set()
        await world.end(waiting.turn)
        assert await world.said(accepted.session) == ["go", "but this"]


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
