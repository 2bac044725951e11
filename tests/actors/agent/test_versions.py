"""A message is answered again or said in another way; one of the versions is chosen; nothing is lost."""

from typing import Any

import pytest
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Compaction, Settings
from actors.context import Expansion
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import ADMIN, Attachment
from bus import Bus
from tests.actors.agent.world import Gate, World, check_numbers, check_valid, say, shape, usage, use

FILE = Attachment(name="a.txt", media_type="text/plain", path="uploads/admin/a.txt", size=1)


async def revise(world: World, turn: str, *script: Any, **fields: Any) -> agent.TurnEnded | agent.TurnFailed:
    """Have a message answered again, and wait for the answer."""
    world.script.extend(script)
    asked = agent.Revise(turn=turn, user=ADMIN, role="admin", **fields)
    return await world.end((await world.bus.ask(asked)).turn)


async def choose(world: World, turn: str) -> str:
    return (await world.bus.ask(agent.Choose(turn=turn, user=ADMIN))).turn


def prompt(world: World) -> list[str]:
    check_valid(world.requests[-1].messages)
    return shape(world.requests[-1].messages)


async def test_an_answer_is_given_again_by_another_model(world: World, autojump_clock: MockClock) -> None:
    await world.turn("one", say("1"))
    first = await world.turn("two", say("2"))
    again = await revise(world, first.turn, say("2b"), model="test/two")
    assert prompt(world) == ["u:one", "a:1", "u:two"]
    assert world.requests[-1].model == "test/two"
    assert again.session == first.session
    expected = [("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2b")]
    assert await world.rows(first.session) == expected
    await world.turn("three", say("3"))
    assert prompt(world) == ["u:one", "a:1", "u:two", "a:2b", "u:three"]


async def test_a_message_is_said_in_another_way_and_both_ways_can_be_gone(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("one", say("1"), attachments=(FILE,))
    last = await world.turn("two", say("2"))
    edited = await revise(world, first.turn, say("1b"), text="uno")
    assert [block for block in prompt(world) if "uploads" not in block] == ["u:uno"]
    (turn,) = await world.bus.ask(session.GetWhole(turn=edited.turn, user=ADMIN))
    assert (turn.text, turn.attachments, turn.follows) == ("uno", (FILE,), "")
    assert await world.said(first.session) == ["uno"]

    assert await choose(world, first.turn) == last.turn
    assert await world.said(first.session) == ["one", "two"]
    await world.turn("three", say("3"))
    assert [each for each in prompt(world) if "uploads" not in each] == [
        "u:one",
        "a:1",
        "u:two",
        "a:2",
        "u:three",
    ]
    listed = await world.bus.ask(session.ListTurns(session=first.session, user=ADMIN))
    assert [turn.versions for turn in listed] == [
        (first.turn, edited.turn),
        (),
        (first.turn, edited.turn),
        (),
    ]


async def test_whoever_follows_is_told_of_the_path(world: World, autojump_clock: MockClock) -> None:
    one = await world.turn("one", say("1"))
    two = await world.turn("two", say("2"))
    again = await revise(world, two.turn, say("2b"))
    await choose(world, two.turn)
    await world.quiet()
    told = world.mesh.published(agent.PathChosen)
    assert [(event.turn, event.end) for event in told] == [(again.turn, one.turn), (two.turn, two.turn)]
    check_numbers(world.events())
    kinds = [type(event) for event in world.events() if event.turn == again.turn]
    assert kinds[:2] == [agent.PathChosen, agent.TurnStarted]


async def test_who_follows_from_the_acceptance_hears_of_the_path(
    world: World, autojump_clock: MockClock
) -> None:
    one = await world.turn("one", say("1"))
    asked = agent.Revise(turn=one.turn, user=ADMIN, role="admin")
    accepted = await world.bus.ask(asked)
    assert accepted.fate == "started"
    await world.end(accepted.turn)
    backlog = await world.bus.ask(agent.Follow(session=one.session, user=ADMIN, after=accepted.after))
    assert isinstance(backlog.events[0], agent.PathChosen)


async def test_a_turn_that_waits_or_runs_is_in_the_way(world: World, autojump_clock: MockClock) -> None:
    first = await world.turn("one", say("1"))
    gate = Gate()
    world.script.append(gate.then(say("2")))
    running = await world.send("two")
    await gate.reached.wait()
    for turn in (first.turn, running.turn):
        with pytest.raises(session.StillOpen, match="wait for the end of the answer, or stop it"):
            await world.bus.ask(agent.Revise(turn=turn, user=ADMIN, role="admin"))
        with pytest.raises(session.StillOpen):
            await choose(world, turn)
    await world.bus.ask(agent.Cancel(session=first.session, user=ADMIN))
    await world.end(running.turn)
    await revise(world, running.turn, say("2b"))
    assert await world.rows(first.session) == [
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
        ("assistant", "2b"),
    ]


async def test_one_that_joined_another_is_said_again_with_it(world: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    world.script += [gate.then(say(calls=[use("Peek", what="a")])), say("both")]
    host = await world.send("one")
    await gate.reached.wait()
    joined = await world.send("and two")
    gate.open.set()
    await world.end(host.turn)
    with pytest.raises(session.JoinedAnother, match=host.turn):
        await revise(world, joined.turn)
    with pytest.raises(session.JoinedAnother, match=host.turn):
        await choose(world, joined.turn)
    await revise(world, host.turn, say("again"))
    assert prompt(world) == ["u:one\n\nand two"]


async def test_what_failed_is_tried_again_in_its_place(world: World, autojump_clock: MockClock) -> None:
    await world.turn("one", say("1"))

    async def broken(_request: llm.Complete, _sink: object) -> None:
        raise llm.ModelError(reason="invalid_request", provider="test", detail="no")

    failed = await world.turn("two", broken)
    assert isinstance(failed, agent.TurnFailed)
    await revise(world, failed.turn, say("2"))
    assert prompt(world) == ["u:one", "a:1", "u:two"]


async def test_a_job_s_message_said_again_is_the_person_s(world: World, autojump_clock: MockClock) -> None:
    job = await world.turn(
        "look", say("seen"), channel="scheduler", source="cron", triggered_by="brief", key="run-1"
    )
    again = await revise(world, job.turn, say("seen again"), source="web")
    (turn,) = await world.bus.ask(session.GetWhole(turn=again.turn, user=ADMIN))
    assert (turn.triggered_by, turn.source, turn.session) == (None, "web", job.session)
    assert not await world.bus.ask(session.Prune(session=job.session, user=ADMIN)), (
        "a person has spoken there"
    )


async def test_the_same_request_twice_is_one_version(world: World, autojump_clock: MockClock) -> None:
    first = await world.turn("one", say("1"))
    asked = agent.Revise(turn=first.turn, user=ADMIN, role="admin", client_message_id="m1")
    accepted = [await world.bus.ask(asked) for _ in range(2)]
    assert [each.duplicate for each in accepted] == [False, True]
    assert accepted[0].turn == accepted[1].turn
    await world.end(accepted[0].turn)
    assert (await world.bus.ask(asked)).fate == "done"


async def test_what_is_not_ones_own_or_not_there_is_an_error(world: World, autojump_clock: MockClock) -> None:
    mine = await world.turn("one", say("1"))
    with pytest.raises(session.UnknownTurn):
        await world.bus.ask(agent.Revise(turn=mine.turn, user="eve", role="admin"))
    with pytest.raises(session.UnknownTurn):
        await world.bus.ask(agent.Revise(turn="nothing", user=ADMIN, role="admin"))
    with pytest.raises(session.UnknownTurn):
        await world.bus.ask(agent.Choose(turn=mine.turn, user="eve"))
    with pytest.raises(session.UnknownTurn):
        await choose(world, "nothing")
    with pytest.raises(session.EmptyMessage):
        await revise(world, mine.turn, text="  ")
    with pytest.raises(llm.ModelNotAllowed):
        await revise(world, mine.turn, model="no/where")


async def test_a_closed_conversation_can_be_looked_at_and_no_more(
    world: World, autojump_clock: MockClock
) -> None:
    first = await world.turn("one", say("1"))
    again = await revise(world, first.turn, say("1b"))
    await world.bus.ask(session.Close(session=first.session, user=ADMIN, summary="over"))
    with pytest.raises(session.SessionIsClosed):
        await revise(world, first.turn)
    assert await choose(world, first.turn) == first.turn
    assert await world.rows(first.session) == [("user", "one"), ("assistant", "1")]
    assert await choose(world, again.turn) == again.turn


async def test_a_restart_keeps_what_is_chosen(lives: World, autojump_clock: MockClock) -> None:
    async with lives.running() as world:
        first = await world.turn("one", say("1"))
        await revise(world, first.turn, say("1b"))
        await choose(world, first.turn)
        world.kill()
    async with lives.running() as world:
        assert await world.rows(first.session) == [("user", "one"), ("assistant", "1")]
        await world.turn("two", say("2"))
        assert prompt(world) == ["u:one", "a:1", "u:two"]


async def test_a_version_that_is_killed_goes_on_in_its_place(lives: World, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with lives.running() as world:
        one = await world.turn("one", say("1"))
        two = await world.turn("two", say("2"))
        world.script.append(gate.then(say("never")))
        accepted = await world.bus.ask(agent.Revise(turn=two.turn, user=ADMIN, role="admin", text="due"))
        await gate.reached.wait()
        world.kill()
    async with lives.running() as world:
        world.script.append(say("2b"))
        await world.end(accepted.turn)
        assert prompt(world) == ["u:one", "a:1", "u:due"]
        (told,) = world.mesh.published(agent.PathChosen)
        assert told.end == one.turn


async def test_a_summary_holds_where_it_was_made(lives: World, autojump_clock: MockClock) -> None:
    lives.settings = Settings(compaction=Compaction(context_budget=1000, min_keep_messages=2))
    async with lives.running() as world:
        turns = [
            await world.turn(f"q{n}", say(f"a{n}", used=usage(2000 if n == 2 else 10))) for n in range(3)
        ]
        summed = await world.turn("q3", say("In short."), say("a3"))
        assert "In short." in prompt(world)[0]
        await revise(world, summed.turn, say("a3b"))
        assert prompt(world) == ["u:q0", "a:a0", "u:q1", "a:a1", "u:q2", "a:a2", "u:q3"]
        await choose(world, summed.turn)
        await world.turn("q4", say("a4"))
        assert "In short." in prompt(world)[0]
        assert prompt(world)[1:] == ["a:a2", "u:q3", "a:a3", "u:q4"]
        await revise(world, turns[0].turn, say("a0b"))
        assert prompt(world) == ["u:q0"]


async def test_what_is_called_up_is_called_up_anew(lives: World, autojump_clock: MockClock) -> None:
    async def expand(_bus: Bus, incoming: session.Incoming) -> Expansion | None:
        return Expansion(name="plan", text=f"DO {len(world.requests)}: {incoming.text}")

    lives.expand = expand
    async with lives.running() as world:
        first = await world.turn("/plan it", say("Planned."))
        await revise(world, first.turn, say("Planned again."))
        assert prompt(world) == ["u:DO 1: /plan it"]
        assert await world.said(first.session) == ["/plan it"]
