"""Tool calls: in parallel where they may be, errors told to the model, results made fit."""

import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Compaction, Settings
from actors.vocabulary import Attachment, ToolUse
from tests.actors.agent.world import Gate, World, check_valid, say, shape, use


async def results(world: World, *calls: ToolUse) -> list[str]:
    """Let the model make calls; what it gets back."""
    await world.turn("go", say(calls=calls), say("done"))
    check_valid(world.requests[-1].messages)
    return shape(world.requests[-1].messages)[-len(calls) :]


async def test_calls_that_read_run_at_once(world: World, autojump_clock: MockClock) -> None:
    calls = [use("Peek", f"c{n}", what=f"{n}") for n in range(5)]
    world.durations.update({f"{n}": 50.0 for n in range(5)})
    began = trio.current_time()
    await results(world, *calls)
    assert trio.current_time() - began < 100


async def test_calls_that_run_at_once_are_told_in_the_order_of_the_model(
    world: World, autojump_clock: MockClock
) -> None:
    names = [f"c{n}" for n in range(12)]
    await results(world, *(use("Peek", name, what=name) for name in names))
    assert [event.call for event in world.mesh.published(agent.ToolStarted)] == names


async def test_no_more_than_eight_run_at_once(world: World, autojump_clock: MockClock) -> None:
    calls = [use("Peek", f"c{n}", what=f"{n}") for n in range(20)]
    world.gates = {f"{n}": Gate() for n in range(20)}
    world.script.extend([say(calls=calls), say("done")])
    accepted = await world.send("go")
    await world.mesh.settle()
    assert len(world.begun) == 8
    for gate in world.gates.values():
        gate.open.set()
    await world.end(accepted.turn)
    assert len(world.done) == 20


async def test_results_are_told_as_they_come_and_sent_in_order_of_the_calls(
    world: World, autojump_clock: MockClock
) -> None:
    world.durations = {"slow": 9.0, "fast": 1.0}
    found = await results(world, use("Peek", "c1", what="slow"), use("Peek", "c2", what="fast"))
    assert found == ["c1=peeked slow", "c2=peeked fast"]
    finished = world.mesh.published(agent.ToolFinished)
    assert [(event.call, event.elapsed) for event in finished] == [("c2", 1.0), ("c1", 9.0)]


async def test_calls_that_change_something_run_in_the_order_of_the_model(
    world: World, autojump_clock: MockClock
) -> None:
    world.durations = {"first": 5.0, "second": 1.0, "third": 3.0}
    calls = [
        use("Tell", "c1", what="first"),
        use("Peek", "c2", what="second"),
        use("Keep", "c3", what="third"),
        use("Peek", "c4", what="fourth"),
    ]
    await results(world, *calls)
    assert world.done == ["first", "second", "third", "fourth"]


async def test_an_unknown_tool_is_an_error_that_names_those_there_are(
    world: World, autojump_clock: MockClock
) -> None:
    (found,) = await results(world, use("Peak", what="a"))
    assert found.startswith("c1!There is no tool 'Peak', did you mean 'Peek'? Tools: Peek, Keep,")


async def test_a_wrong_input_is_an_error_that_names_the_field(
    world: World, autojump_clock: MockClock
) -> None:
    (found,) = await results(world, use("Peek", where="a"))
    assert found.startswith("c1!Invalid or missing parameters for tool 'Peek'")
    assert "what" in found


async def test_a_call_that_could_not_be_read_is_answered_and_not_run(
    world: World, autojump_clock: MockClock
) -> None:
    call = ToolUse(id="c1", name="Peek", input={}, unreadable="The answer was cut off at the token limit.")
    assert await results(world, call) == ["c1!The answer was cut off at the token limit."]
    assert world.begun == []


async def test_a_tool_that_refuses_leaves_the_others_intact(world: World, autojump_clock: MockClock) -> None:
    found = await results(world, use("Fail", "c1", how="refuse"), use("Peek", "c2", what="a"))
    assert found == ["c1!this tool says no", "c2=peeked a"]


async def test_a_tool_that_crashes_is_an_error_and_the_turn_goes_on(
    world: World, autojump_clock: MockClock
) -> None:
    found = await results(world, use("Fail", "c1", how="crash"), use("Peek", "c2", what="a"))
    assert "crashed" in found[0]
    assert found[0].endswith("It may or may not have happened.")
    assert found[1] == "c2=peeked a"


async def test_a_tool_that_never_answers_is_an_error_after_its_time(
    world: World, autojump_clock: MockClock
) -> None:
    (found,) = await results(world, use("Fail", how="hang"))
    assert "after 5.000 s" in found
    assert found.endswith("It may or may not have happened.")


async def test_a_file_for_the_person_is_told_and_kept(world: World, autojump_clock: MockClock) -> None:
    end = await world.turn("go", say(calls=[use("Hand", path="a.txt")]), say("there"))
    file = Attachment(name="a.txt", media_type="text/plain", path="a.txt", size=3)
    assert isinstance(end, agent.TurnEnded)
    assert end.attachments == (file,)
    assert [event.attachment for event in world.mesh.published(agent.Attached)] == [file]


async def test_a_long_result_is_cut_before_it_is_stored(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(compaction=Compaction(max_tool_result_bytes=20))
    async with lives.running() as world:
        (found,) = await results(world, use("Peek", what="x" * 100))
        assert found == f"c1=peeked {'x' * 13}\n[cut: the first 20 of 107 bytes are shown]"


async def test_each_call_has_a_key_of_its_own_even_if_the_model_repeats_its_ids(
    world: World, autojump_clock: MockClock
) -> None:
    for _ in range(2):
        await world.turn("go", say(calls=[use("Keep", "same", what="a")]), say("done"))
    assert len(set(world.keys)) == 2


async def test_a_model_that_uses_one_id_twice_gets_both_results(
    world: World, autojump_clock: MockClock
) -> None:
    calls = [use("Peek", "same", what="a"), use("Peek", "same", what="b")]
    await world.turn("go", say(calls=calls), say("done"))
    assert shape(world.requests[-1].messages)[-2:] == ["same=peeked a", "same=peeked b"]
