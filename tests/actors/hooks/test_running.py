"""Hooks of one event are called one after the other, whatever they do."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from actors.hooks.answers import CommandFailed
from actors.hooks.breaker import Breaker, Count
from actors.hooks.eligibility import Machine, Requires
from actors.hooks.manifest import Manifest
from actors.hooks.messages import EventName, Outcome, Run
from actors.hooks.output import Output, Specific
from actors.hooks.registry import Answer, Callback, Group
from actors.hooks.running import Caller

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALL = {
    "hook_event_name": "PreToolUse",
    "session_id": "s1",
    "tool_name": "Bash",
    "tool_input": {"command": "ls"},
    "tool_use_id": "t1",
}


class World:
    """A caller, what it has kept, and the time."""

    def __init__(self) -> None:
        self.kept: list[tuple[Run, Count | None]] = []
        self.breaker = Breaker()
        self.began = trio.current_time()
        self.caller = Caller(
            now=self.now,
            breaker=self.breaker,
            machine=Machine(has=lambda name: name == "sh", environment={}, system="linux"),
            timeout=lambda: 60.0,
            kept=self.keep,
        )

    def now(self) -> datetime:
        return NOW + timedelta(seconds=trio.current_time() - self.began)

    async def keep(self, run: Run, count: Count | None) -> None:
        self.kept.append((run, count))

    async def call(self, *groups: Group, counted: bool = True, **changes: Any) -> Outcome:
        return await self.caller.call(groups, {**CALL, **changes}, counted=counted)


@pytest.fixture
async def world() -> World:
    return World()


def group(
    *callbacks: Callback, name: str | None = "a", event: EventName = "PreToolUse", **more: Any
) -> Group:
    return Group(event=event, name=name, callbacks=callbacks, **more)


def says(answer: Any) -> Callback:
    async def callback(_told: Mapping[str, Any], _call: str | None) -> Any:
        await trio.lowlevel.checkpoint()
        return answer

    return callback


def raises(error: Exception) -> Callback:
    async def callback(_told: Mapping[str, Any], _call: str | None) -> Any:
        await trio.lowlevel.checkpoint()
        raise error

    return callback


def notes(into: list[Any]) -> Callback:
    async def callback(told: Mapping[str, Any], call: str | None) -> None:
        await trio.lowlevel.checkpoint()
        into.append((told["tool_input"], call))

    return callback


def takes(seconds: float) -> Callback:
    async def callback(_told: Mapping[str, Any], _call: str | None) -> None:
        await trio.sleep(seconds)

    return callback


ALLOW = Output(specific=Specific(event="PreToolUse", permission_decision="allow"))
DENY = Output(decision="block", reason="no")


async def test_without_hooks_nothing_is_said(autojump_clock: trio.testing.MockClock, world: World) -> None:
    assert await world.call() == Outcome()
    assert world.kept == []


async def test_a_hook_is_told_the_event_and_the_id_of_the_call(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []
    outcome = await world.call(group(notes(seen)))
    assert seen == [({"command": "ls"}, "t1")]
    assert outcome.decision == "none"
    ((run, count),) = world.kept
    assert run == Run(
        hook="a", event="PreToolUse", tool="Bash", session="s1", at=NOW, seconds=0.0, result="ok"
    )
    assert count is None


async def test_what_is_denied_before_or_after_it_was_allowed_is_denied(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    for answers in ([ALLOW, DENY], [DENY, ALLOW]):
        outcome = await world.call(*(group(says(each), name=f"h{n}") for n, each in enumerate(answers)))
        assert (outcome.decision, outcome.reason) == ("deny", "no")
    assert (await world.call(group(says(ALLOW), says(DENY)))).decision == "deny"
    assert (await world.call(group(says(ALLOW)))).decision == "allow"


async def test_each_hook_sees_the_input_that_the_one_before_it_has_left(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []

    def adds(word: str) -> Callback:
        async def callback(told: Mapping[str, Any], _call: str | None) -> Mapping[str, Any]:
            await trio.lowlevel.checkpoint()
            changed = {"command": f"{told['tool_input']['command']} {word}"}
            return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": changed}}

        return callback

    outcome = await world.call(
        group(adds("-l"), name="one"), group(adds("-a"), name="two"), group(notes(seen), name="three")
    )
    assert outcome.input == {"command": "ls -l -a"}
    assert seen == [({"command": "ls -l -a"}, "t1")]
    assert CALL["tool_input"] == {"command": "ls"}


async def test_an_error_keeps_no_other_hook_from_being_called(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []
    outcome = await world.call(group(raises(ValueError("oh")), notes(seen)), group(notes(seen), name="b"))
    assert len(seen) == 2
    assert [(run.result, run.detail) for run in outcome.runs] == [("failed", "oh"), ("ok", "")]
    assert [count for _, count in world.kept] == [Count(failures=1), None]


@pytest.mark.parametrize(
    ("error", "detail", "stderr"),
    [
        (RuntimeError(), "RuntimeError", ""),
        (CommandFailed("it ended with status 1", "oops"), "it ended with status 1", "oops"),
    ],
)
async def test_what_was_wrong_is_told(
    autojump_clock: trio.testing.MockClock, world: World, error: Exception, detail: str, stderr: str
) -> None:
    (run,) = (await world.call(group(raises(error)))).runs
    assert (run.result, run.detail, run.stderr) == ("failed", detail, stderr)


async def test_an_answer_that_is_none_is_a_failure(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    (run,) = (await world.call(group(says({"decision": "maybe"})))).runs
    assert run.result == "failed"
    assert run.detail.startswith("decision is 'maybe'")


async def test_a_hook_has_its_time_and_then_that_which_is_usual(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    (run,) = (await world.call(group(takes(10), timeout=1.0))).runs
    assert (run.result, run.seconds, run.detail) == ("timeout", 1.0, "it took longer than 1 s")
    (run,) = (await world.call(group(takes(59)))).runs
    assert (run.result, run.seconds) == ("ok", 59.0)
    (run,) = (await world.call(group(takes(61)))).runs
    assert (run.result, run.seconds) == ("timeout", 60.0)


async def test_each_function_of_a_hook_has_that_time_and_they_count_as_one(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []
    (run,) = (await world.call(group(takes(10), takes(10), notes(seen), timeout=1.0))).runs
    assert (run.result, run.seconds) == ("timeout", 2.0)
    assert len(seen) == 1
    assert world.breaker.status("a", world.now()).failures == 1


async def test_a_hook_that_promises_nothing_is_told_apart(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    answer = Answer(output=Output(is_async=True, async_timeout=5), stderr="working on")
    (run,) = (await world.call(group(says(answer)))).runs
    assert (run.result, run.stderr) == ("async", "working on")


async def test_what_the_machine_lacks_is_no_failure(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []
    lacking, there = Requires(bins=("nothing",)), Requires(bins=("sh",))
    outcome = await world.call(
        group(notes(seen), requires=lacking), group(notes(seen), name="b", requires=there)
    )
    assert len(seen) == 1
    assert [run.result for run in outcome.runs] == ["skipped", "ok"]
    assert [run.hook for run, _ in world.kept] == ["b"]


# --- those that fail again and again ----------------------------------------------------------------------


async def test_a_hook_that_fails_five_times_is_left_alone_for_a_minute(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    broken = group(raises(ValueError("oh")))
    for n in range(1, 6):
        assert (await world.call(broken)).runs[0].result == "failed"
        assert world.kept[-1][1] == Count(
            failures=n, until=world.now() + timedelta(seconds=60) if n == 5 else None
        )
    assert (await world.call(broken)).runs[0].result == "tripped"
    assert len(world.kept) == 5
    await trio.sleep(60)
    assert (await world.call(broken)).runs[0].result == "failed"
    assert (await world.call(broken)).runs[0].result == "tripped"
    await trio.sleep(60)
    assert (await world.call(group(says(None)))).runs[0].result == "ok"
    assert world.kept[-1][1] == Count(failures=0)
    assert (await world.call(broken)).runs[0].result == "failed"


async def test_five_successes_are_all_called(autojump_clock: trio.testing.MockClock, world: World) -> None:
    for _ in range(5):
        assert (await world.call(group(says({})))).runs[0].result == "ok"
    assert [count for _, count in world.kept] == [None] * 5


async def test_a_hook_without_a_name_is_called_however_often_it_fails(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    for _ in range(10):
        assert (await world.call(group(raises(ValueError("oh")), name=None))).runs[0].result == "failed"


async def test_a_try_counts_nothing_and_calls_also_one_that_rests(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    broken = group(raises(ValueError("oh")))
    for _ in range(5):
        await world.call(broken)
    assert (await world.call(broken, counted=False)).runs[0].result == "failed"
    assert len(world.kept) == 5


# --- those without which nothing may go on ----------------------------------------------------------------


@pytest.mark.parametrize("fails", [raises(ValueError("oh")), takes(100)])
async def test_a_required_hook_that_fails_stands_in_the_way(
    autojump_clock: trio.testing.MockClock, world: World, fails: Callback
) -> None:
    required = group(fails, manifest=Manifest(name="a", event="PreToolUse", required=True))
    outcome = await world.call(group(says(ALLOW), name="b"), required)
    assert outcome.decision == "deny"
    assert outcome.reason.startswith("the hook a is required, and ")


async def test_a_required_hook_that_rests_stands_in_the_way(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    required = group(raises(ValueError("oh")), manifest=Manifest(name="a", event="PreToolUse", required=True))
    for _ in range(5):
        await world.call(required)
    outcome = await world.call(required)
    assert (outcome.decision, outcome.runs[0].result) == ("deny", "tripped")
    assert outcome.reason == "the hook a is required, and it has failed too often and rests"


async def test_where_nothing_can_be_refused_a_required_hook_refuses_nothing(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    required = attrs.evolve(
        group(raises(ValueError("oh")), manifest=Manifest(name="a", event="PreToolUse", required=True)),
        event="PostToolUse",
    )
    assert (await world.call(required)).decision == "none"


async def test_whoever_gives_up_waiting_ends_the_hook(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    with trio.move_on_after(5) as scope:
        await world.call(group(takes(50)))
    assert scope.cancelled_caught
    assert world.kept == []


async def test_what_it_says_is_not_kept_where_it_does_not_want_that(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    secretive = attrs.evolve(DENY, suppress_output=True)
    outcome = await world.call(group(says(Answer(output=secretive, stderr="words"))))
    assert (outcome.decision, outcome.reason) == ("deny", "no")
    ((run, _),) = world.kept
    assert (run.result, run.detail, run.stderr) == ("deny", "", "")


async def test_each_hook_sees_the_result_that_the_one_before_it_has_left(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    seen: list[Any] = []

    async def look(told: Mapping[str, Any], _call: str | None) -> None:
        await trio.lowlevel.checkpoint()
        seen.append(told["tool_response"])

    less = Output(specific=Specific(event="PostToolUse", updated_mcp_tool_output="less"))
    groups = (group(says(less), event="PostToolUse"), group(look, name="b", event="PostToolUse"))
    outcome = await world.call(*groups, tool_name="mcp__a__b", tool_response="much")
    assert (outcome.result, seen) == ("less", ["less"])


async def test_an_answer_that_does_not_fit_what_was_told_is_a_failure(
    autojump_clock: trio.testing.MockClock, world: World
) -> None:
    less = Output(specific=Specific(event="PostToolUse", updated_mcp_tool_output="less"))
    outcome = await world.call(group(says(less), event="PostToolUse"), tool_response="much")
    assert outcome.result is None
    ((run, _),) = world.kept
    assert (run.result, run.detail) == (
        "failed",
        "updatedMCPToolOutput is for tools of MCP servers, and 'Bash' is none",
    )
