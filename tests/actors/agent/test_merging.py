"""Messages sent while a turn runs: at every point of it, each becomes part of exactly one turn."""

from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Settings
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import Attachment, FollowupMode
from bus import Tap, wire_name
from bus.console import TapEvent
from tests.actors.agent.world import Gate, World, after, check_numbers, check_valid, say, shape, use


def fates(world: World, turn: str) -> list[str]:
    return [event.fate for event in world.mesh.published(agent.FollowupFate) if event.turn == turn]


async def test_a_followup_during_a_completion_joins_after_its_tools(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("Looking.", calls=[use("Peek", what="a")])), say("Both done.")])
    first = await world.send("look at a")
    await gate.reached.wait()
    second = await world.send("and be brief")
    assert second.fate == "followup"
    gate.open.set()
    await world.end(first.turn)
    assert shape(world.requests[1].messages)[-2:] == ["c1=peeked a", "u:and be brief"]
    check_valid(world.requests[1].messages)
    assert fates(world, second.turn) == ["merged", "answered"]
    (merged, _) = world.mesh.published(agent.FollowupFate)
    assert (merged.into, merged.iteration, merged.text) == (first.turn, 2, "and be brief")
    assert (await world.bus.ask(session.GetTurn(turn=second.turn, user="admin"))).merged_into == first.turn


async def test_a_followup_during_tools_joins_behind_the_results(
    world: World, autojump_clock: MockClock
) -> None:
    world.gates["a"] = Gate()
    world.script.extend([say(calls=[use("Peek", what="a")]), say("done")])
    first = await world.send("go")
    await world.gates["a"].reached.wait()
    await world.send("one")
    await world.send("two")
    world.gates["a"].open.set()
    await world.end(first.turn)
    assert shape(world.requests[1].messages)[-3:] == ["c1=peeked a", "u:one", "u:two"]


async def test_a_followup_during_the_last_completion_makes_the_turn_go_on(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("All done.")), say("That too.")])
    first = await world.send("go")
    await gate.reached.wait()
    second = await world.send("wait, also this")
    gate.open.set()
    end = await world.end(first.turn)
    assert end.text == "All done.\n\nThat too."
    assert shape(world.requests[1].messages) == ["u:go", "a:All done.", "u:wait, also this"]
    assert fates(world, second.turn) == ["merged", "answered"]
    assert world.mesh.published(agent.TurnEnded) == [end]


async def test_an_answer_without_calls_uses_up_no_round(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(max_turns=1)
    async with lives.running() as world:
        gate = Gate()
        world.script.extend([gate.then(say("All done.")), say("That too.")])
        first = await world.send("go")
        await gate.reached.wait()
        await world.send("wait, also this")
        gate.open.set()
        assert (await world.end(first.turn)).outcome == "success"


async def test_a_followup_that_comes_while_the_end_is_stored_gets_a_turn_of_its_own(
    world: World, autojump_clock: MockClock
) -> None:
    sent: list[agent.Accepted] = []

    async with world.console.tap(f"type={wire_name(session.Finish)}", rate=None) as tap:

        async def send_at_the_end() -> None:
            async for event in tap:
                if event.point == "taken":
                    sent.append(await world.send("too late"))
                    return

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_at_the_end)
            await world.turn("go", say("done"), say("and this"))
        end = await world.end(sent[0].turn)
    assert end.text == "and this"
    assert fates(world, sent[0].turn) == []
    assert shape(world.requests[1].messages) == ["u:go", "a:done", "u:too late"]


async def test_a_followup_before_the_first_completion_is_part_of_it(
    world: World, autojump_clock: MockClock
) -> None:
    """Two messages that are stored before the conversation wakes."""
    first = await world.bus.ask(
        session.Accept(incoming=session.Incoming(text="one", user="admin", key="main"))
    )
    second = await world.bus.ask(
        session.Accept(incoming=session.Incoming(text="two", user="admin", key="main"))
    )
    for turn in (first.turn, second.turn):
        await world.bus.tell(agent.Deliver(session=first.session, turn=turn, mode="inject"))
    await world.end(first.turn)
    assert shape(world.requests[0].messages) == ["u:one", "u:two"]
    assert len(world.requests) == 1


async def test_a_followup_that_is_delivered_again_stays_part_of_the_turn_once(
    world: World, autojump_clock: MockClock
) -> None:
    first_asked, then_asked = Gate(), Gate()
    world.script.extend([
        first_asked.then(say("Looking.", calls=[use("Peek", what="a")])), then_asked.then(say("Both done.")),
    ])  # fmt: skip
    first = await world.send("look at a")
    await first_asked.reached.wait()
    second = await world.send("and be brief")
    first_asked.open.set()
    await then_asked.reached.wait()
    await world.bus.tell(agent.Deliver(session=first.session, turn=second.turn, mode="inject"))
    then_asked.open.set()
    await world.end(first.turn)
    assert len(world.requests) == 2
    assert fates(world, second.turn) == ["merged", "answered"]


async def test_queued_messages_wait_and_are_told_so_once(world: World, autojump_clock: MockClock) -> None:
    world.gates["a"] = Gate()
    world.script.extend([
        say(calls=[use("Peek", "c1", what="a")]),
        say(calls=[use("Peek", "c2", what="b")]),
        say("first"),
        say("second"),
        say("third"),
    ])  # fmt: skip
    first = await world.send("one")
    await world.gates["a"].reached.wait()
    second = await world.send("two", mode="queue", client_message_id="m2")
    third = await world.send("three", mode="queue")
    assert second.fate == "queued"
    world.gates["a"].open.set()
    assert (await world.end(first.turn)).text == "first"
    assert (await world.end(second.turn)).text == "second"
    assert (await world.end(third.turn)).text == "third"
    assert fates(world, second.turn) == fates(world, third.turn) == ["queued"]
    assert world.mesh.published(agent.FollowupFate)[0].client_message_id == "m2"
    assert await world.said(first.session) == ["one", "two", "three"]
    check_numbers(world.events())


async def test_a_queued_message_that_waits_in_the_mailbox_runs_in_its_own_trace(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.extend([gate.then(say("first")), say("second")])
    with world.bus.fresh("somebody"):
        await world.send("one")
    await gate.reached.wait()
    async with (
        world.console.tap("type=session.Begin@1", rate=None) as tap,
        world.console.tap("", rate=None) as all_of_it,
    ):
        with world.bus.fresh("somebody else"):
            second = await world.send("two", mode="queue")
        gate.open.set()
        await world.end(second.turn)
        begun = [event.trace for event in await until_idle(tap) if event.point == "sent"]
        asked = [event.trace for event in await until_idle(all_of_it) if event.type == "agent.Accept@3"]
    assert begun == [asked[0]]


async def until_idle(tap: Tap) -> list[TapEvent]:
    found: list[TapEvent] = []
    with trio.move_on_after(1.0):
        async for event in tap:
            found.append(event)  # noqa: PERF401 - a comprehension would lose what came before the time is up
    return found


async def test_a_followup_may_name_another_model(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("first")))
    first = await world.send("one")
    await gate.reached.wait()
    await world.send("use the other one", options=session.TurnOptions(model="test/two"))
    gate.open.set()
    await world.end(first.turn)
    assert [request.model for request in world.requests] == [None, "test/two"]


async def test_files_of_a_followup_reach_the_model(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("first")))
    first = await world.send("one")
    await gate.reached.wait()
    file = Attachment(name="a.csv", media_type="text/csv", path="downloads/a.csv", size=3)
    await world.send("see this", attachments=(file,))
    gate.open.set()
    await world.end(first.turn)
    assert "downloads/a.csv" in shape(world.requests[1].messages)[-1]


async def test_another_session_is_not_disturbed(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script.append(gate.then(say("slow")))
    first = await world.send("one")
    await gate.reached.wait()
    other = await world.turn("elsewhere", say("quick"), key="other")
    assert other.text == "quick"
    gate.open.set()
    assert (await world.end(first.turn)).text == "slow"


async def test_a_failed_turn_leaves_what_waits_to_the_next(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    error = llm.ModelError(reason="server", provider="test", detail="no")

    async def broken(_request: Any, _sink: Any) -> None:
        raise error

    world.script.extend([gate.then(broken), say("second")])
    first = await world.send("one")
    await gate.reached.wait()
    second = await world.send("two")
    gate.open.set()
    assert isinstance(await world.end(first.turn), agent.TurnFailed)
    assert (await world.end(second.turn)).text == "second"


async def test_more_followups_than_the_mailbox_holds_are_all_taken_in(
    world: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    world.script.append(gate.then(say("first")))
    first = await world.send("start")
    await gate.reached.wait()
    async with trio.open_nursery() as nursery:
        for n in range(100):
            nursery.start_soon(world.send, f"f{n}")
    gate.open.set()
    await world.end(first.turn)
    await world.quiet(60)
    said = await world.said(first.session)
    assert sorted(said) == sorted(["start", *(f"f{n}" for n in range(100))])


Sent = tuple[float, FollowupMode]


@given(
    answers=st.lists(st.tuples(st.floats(0, 4), st.booleans(), st.floats(0, 4)), max_size=4),
    sent=st.lists(st.tuples(st.floats(0, 12), st.sampled_from(["inject", "queue"])), max_size=6),
)
def test_whenever_followups_come_each_is_part_of_one_turn(
    tmp_path_factory: pytest.TempPathFactory,
    answers: list[tuple[float, bool, float]],
    sent: list[Sent],
) -> None:
    trio.run(
        _check_followups,
        World(tmp_path_factory.mktemp("world")),
        answers,
        sorted(sent),
        clock=MockClock(autojump_threshold=0),
    )


async def _check_followups(world: World, answers: list[tuple[float, bool, float]], sent: list[Sent]) -> None:
    for n, (seconds, calling, tool_seconds) in enumerate(answers):
        world.durations[f"t{n}"] = tool_seconds
        calls = [use("Peek", f"c{n}", what=f"t{n}")] if calling else []
        world.script.append(after(seconds, say(f"answer {n}", calls=calls)))
    async with world.running():
        began = trio.current_time()
        first = await world.send("m0")
        accepted = [first]
        for n, (moment, mode) in enumerate(sent, 1):
            await trio.sleep_until(began + moment)
            accepted.append(await world.send(f"m{n}", mode=mode))
        await world.quiet(100)
        ended = [event.turn for event in world.mesh.published(agent.TurnEnded)]
        merged = [event.turn for event in world.mesh.published(agent.FollowupFate) if event.fate == "merged"]
        told = [event.turn for event in world.mesh.published(agent.FollowupFate) if event.fate == "answered"]
        assert sorted(ended + merged) == sorted(each.turn for each in accepted)
        assert sorted(told) == sorted(merged)
        check_numbers(world.events())
        await world.turn("probe")
        messages = world.requests[-1].messages
        check_valid(messages)
        heard = [entry[2:] for entry in shape(messages) if entry.startswith("u:m")]
        assert sorted(heard) == sorted(f"m{n}" for n in range(len(accepted)))
        for wanted in ("inject", "queue"):
            order = [f"m{n}" for n, (_, mode) in enumerate(sent, 1) if mode == wanted]
            assert [text for text in heard if text in order] == order
