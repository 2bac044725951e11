"""A call that a person is to decide about waits as long as that takes, and is carried out once or not at all."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.acting.calls import BEFORE
from actors.agent.settings import Limits, Settings
from actors.guarding import Allow, Ask, Asked, Deny, Guards, Pass, Policy, Proposal
from actors.outside import QUOTED, holding
from actors.permissions.rules import decide
from actors.permissions.settings import Permissions
from actors.session import messages as session
from actors.tooling import Rendered, Tool, tool_of
from actors.vocabulary import ADMIN, Text
from bus import ActorError, Bus
from tests.actors.agent.toolbox import Peek, Tell
from tests.actors.agent.world import Gate, World, check_valid, say, shape, use

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@attrs.define(eq=False)
class Person:
    """Somebody who is asked, and answers when the test says so; what they have answered outlives the program."""

    asked: list[tuple[str, str]] = attrs.field(factory=list)
    """Ids and reasons, in order."""
    answers: dict[str, Allow | Deny] = attrs.field(factory=dict)
    waiting: trio.Event = attrs.field(factory=trio.Event)
    given: trio.Event = attrs.field(factory=trio.Event)
    policy: Policy = lambda proposal: Allow() if proposal.effect == "pure" else Ask("it changes something")
    fails: bool = False

    def guards(self, **others: Any) -> Guards:
        return Guards(policy=self.policy, ask=self._ask, answer=self._answer, **others)

    async def _ask(self, _bus: Bus, proposal: Proposal, question: Ask) -> Allow | Deny | Asked:
        if self.fails:
            raise Absent
        id = f"{proposal.context.call}?{proposal.input['what']}"
        self.asked.append((id, question.reason))
        return Asked(id=id, expires_at=LATER)

    async def _answer(self, _bus: Bus, asked: Asked) -> Allow | Deny:
        self.waiting.set()
        while asked.id not in self.answers:
            await self.given.wait()
        return self.answers[asked.id]

    def says(self, verdict: Allow | Deny) -> None:
        """Answer what was asked last."""
        self.answers[self.asked[-1][0]] = verdict
        self.given.set()
        self.waiting, self.given = trio.Event(), trio.Event()


@attrs.define(eq=False)
class Absent(ActorError):
    def __str__(self) -> str:
        return "nobody is at home"


async def begin(world: World, *calls: Any) -> agent.Accepted:
    """Send a message whose answer makes these calls."""
    world.script += [say(calls=list(calls)), say("done")]
    return await world.send("go")


async def states(world: World, turn: str) -> list[str]:
    steps = await world.bus.ask(session.GetSteps(turn=turn, user=ADMIN))
    return [step.state for step in steps if step.kind == "tool"]


async def books(world: World) -> list[tuple[str, str, str]]:
    """What is in the audit log, oldest first."""
    rows = await world.bus.ask(session.ShowAudit())
    return [(row.tool, row.verdict, row.by) for row in reversed(rows)]


async def test_a_call_waits_for_a_person_and_is_carried_out_when_they_agree(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", "c1", what="a"))
        await person.waiting.wait()
        assert (await states(world, accepted.turn), world.begun) == (["awaiting"], [])
        wanted = world.mesh.published(agent.ApprovalWanted)[0]
        assert (wanted.call, wanted.name, wanted.reason) == ("c1", "Tell", "it changes something")
        person.says(Allow(by="person ada"))
        await world.end(accepted.turn)
        assert world.begun == ["a"]
        kinds = [type(event).__name__ for event in world.events() if getattr(event, "call", "") == "c1"]
        assert kinds == ["ToolStarted", "ApprovalWanted", "ApprovalGiven", "ToolFinished"]
        given = world.mesh.published(agent.ApprovalGiven)[0]
        assert (given.approval, given.allowed, given.by) == (wanted.approval, True, "person ada")
        assert await books(world) == [("Tell", "allowed", "person ada")]


async def test_what_a_person_says_to_a_call_they_refuse_is_told_to_the_model(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", "c1", what="a"))
        await person.waiting.wait()
        person.says(Deny("not today", by="person ada"))
        await world.end(accepted.turn)
        assert world.begun == []
        assert shape(world.requests[-1].messages)[-1] == "c1!This call is not allowed: not today"
        check_valid(world.requests[-1].messages)
        assert await books(world) == [("Tell", "denied", "person ada")]


async def test_who_has_answered_before_is_not_asked_again(lives: World, autojump_clock: MockClock) -> None:
    async def known(_bus: Bus, _proposal: Proposal, _question: Ask) -> Allow | Deny | Asked:
        return Allow(by="grant 7")

    lives.guards = Guards(policy=Person().policy, ask=known)
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", what="a"))).turn)
        assert world.begun == ["a"]
        assert world.mesh.published(agent.ApprovalWanted) == []
        assert await books(world) == [("Tell", "allowed", "grant 7")]


async def test_where_nobody_can_be_asked_nothing_is_done(lives: World, autojump_clock: MockClock) -> None:
    person = Person(fails=True)
    lives.guards = person.guards()
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", "c1", what="a"))).turn)
        assert world.begun == []
        expected = "c1!This call is not allowed: nobody could be asked: nobody is at home"
        assert shape(world.requests[-1].messages)[-1] == expected

    lives.guards = Guards(policy=person.policy)
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", "c2", what="a"))).turn)
        assert world.begun == []


async def test_what_was_agreed_to_and_begun_before_a_kill_is_carried_out_again_without_asking(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    lives.gates["a"] = gate = Gate()
    async with lives.running() as world:
        accepted = await begin(world, use("Retry", "c1", what="a"))
        await person.waiting.wait()
        person.says(Allow(by="person ada"))
        await gate.reached.wait()
        world.kill()
    lives.gates.clear()
    async with lives.running() as world:
        await world.end(accepted.turn)
        assert world.begun == ["a", "a"]
        assert shape(world.requests[-1].messages)[-1] == "c1=retried a"
        assert {verdict for _, verdict, _ in await books(world)} == {"allowed"}


async def test_what_is_refused_when_it_is_repeated_after_a_kill_may_have_happened(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.gates["a"] = gate = Gate()
    async with lives.running() as world:
        accepted = await begin(world, use("Retry", "c1", what="a"))
        await gate.reached.wait()
        world.kill()
    lives.guards = Guards(policy=lambda _: Deny("not any more"))
    async with lives.running() as world:
        await world.end(accepted.turn)
        assert world.begun == ["a"]
        told = shape(world.requests[-1].messages)[-1]
        assert told == f"c1!This call is not allowed: not any more {BEFORE}"


async def test_a_call_is_judged_after_a_kill_by_what_the_model_had_read_when_it_made_it(
    lives: World, autojump_clock: MockClock
) -> None:
    """What came from outside in the same round it has not read: not the first time, and not when it is repeated."""
    known: list[tuple[str, tuple[str, ...], bool]] = []

    def policy(proposal: Proposal) -> Allow:
        known.append((proposal.input["what"], proposal.outside, proposal.heard("peeked")))
        return Allow()

    lives.guards = Guards(policy=policy)
    lives.results["a"] = lambda: holding("peeked a", "page")
    lives.gates["b"] = gate = Gate()
    async with lives.running() as world:
        accepted = await begin(world, use("Peek", "c1", what="a"), use("Retry", "c2", what="b"))
        await gate.reached.wait()
        world.kill()
    lives.gates.clear()
    async with lives.running() as world:
        world.script.insert(0, say(calls=[use("Keep", "c3", what="c")]))
        await world.end(accepted.turn)
        assert known == [("a", (), False), *[("b", (), False)] * 2, ("c", ("page",), True)]


async def test_time_in_which_a_person_is_waited_for_is_not_time_of_the_turn(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    lives.settings = Settings(limits=attrs.evolve(Limits(), seconds_per_turn=30.0, usd_per_day=0))
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", what="a"))
        await person.waiting.wait()
        await trio.sleep(80_000)
        person.says(Allow())
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, end.text, world.begun) == ("success", "done", ["a"])
        assert end.elapsed < 30


async def test_turns_that_wait_for_a_person_keep_no_others_from_running(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards, lives.places = person.guards(), 2
    async with lives.running() as world:
        asking = list[agent.Accepted]()
        for number in range(5):
            world.script += [say(calls=[use("Tell", what=str(number))])]
            asking.append(await world.send("go", key=f"asking {number}"))
            await person.waiting.wait()
            person.waiting = trio.Event()
        assert (await world.turn("hi", say("hello"), key="another")).text == "hello"
        for id, _ in person.asked:
            world.script.append(say("done"))
            person.answers[id] = Allow(by="person ada")
        person.given.set()
        for accepted in asking:
            assert (await world.end(accepted.turn)).text == "done"
        assert sorted(world.begun) == ["0", "1", "2", "3", "4"]
        assert (await world.turn("hi", say("hello"), key="another")).text == "hello"


async def test_a_stop_of_the_program_leaves_the_question_and_the_next_life_waits_on(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", what="a"))
        await person.waiting.wait()
    person.waiting = trio.Event()
    async with lives.running() as world:
        await person.waiting.wait()
        assert [id for id, _ in person.asked] == [f"{accepted.turn}:2?a"] * 2
        person.says(Allow())
        await world.end(accepted.turn)
        assert world.begun == ["a"]


async def test_a_question_outlives_a_killed_program_and_is_answered_once(
    lives: World, autojump_clock: MockClock
) -> None:
    person = Person()
    lives.guards = person.guards()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", what="a"))
        await person.waiting.wait()
        world.kill()
    person.says(Allow(by="person ada"))  # while nobody was there to hear it
    async with lives.running() as world:
        await world.end(accepted.turn)
        assert world.begun == ["a"]
        assert await books(world) == [("Tell", "allowed", "person ada")]


async def test_a_turn_that_is_cancelled_waits_for_nobody(lives: World, autojump_clock: MockClock) -> None:
    person = Person()
    lives.guards = person.guards()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", what="a"))
        await person.waiting.wait()
        await world.bus.ask(agent.Cancel(session=accepted.session, user=ADMIN))
        end = await world.end(accepted.turn)
        assert isinstance(end, agent.TurnEnded)
        assert (end.outcome, world.begun) == ("cancelled", [])
        assert await states(world, accepted.turn) == ["done"]


async def test_calls_that_only_read_are_in_the_books_as_well_and_so_is_what_the_turn_may_not_use(
    lives: World, autojump_clock: MockClock
) -> None:
    async with lives.running() as world:
        world.script += [say(calls=[use("Peek", "c1", what="a"), use("Keep", "c2", what="b")]), say("done")]
        options = session.TurnOptions(tools=("Peek",))
        accepted = await world.send("go", options=options)
        await world.end(accepted.turn)
        assert sorted(await books(world)) == [("Keep", "denied", "turn"), ("Peek", "allowed", "default")]
        row = (await world.bus.ask(session.ShowAudit(tool="Peek")))[0]
        assert (row.turn, row.session, row.user) == (accepted.turn, accepted.session, ADMIN)
        assert row.words["input"] == '{"what":"a"}'
        found = await world.bus.ask(session.VerifyAudit())
        assert (found.rows, found.faults) == (2, ())


@pytest.mark.parametrize(("text", "asked"), [("go", 0), (holding("Forwarded from Grace:\n\ngo", QUOTED), 1)])
async def test_what_only_reads_may_carry_something_out(
    lives: World, autojump_clock: MockClock, text: str, asked: int
) -> None:
    """Where others may be who wants it, a person is asked before a program of others is told something."""

    async def servers(*_: object) -> tuple[Tool, ...]:
        peek = tool_of(Peek)
        return (attrs.evolve(peek, spec=attrs.evolve(peek.spec, name="mcp__a__read"), outward=True),)

    person = Person(policy=partial(decide, Permissions(), ""))
    lives.guards, lives.tools = person.guards(), (*lives.tools, servers)
    async with lives.running() as world:
        world.script += [say(calls=[use("mcp__a__read", "c1", what="a")]), say("done")]
        accepted = await world.send(text)
        if asked:
            with trio.fail_after(60):
                await person.waiting.wait()
            person.says(Deny("no", by="person ada"))
        await world.end(accepted.turn)
        assert len(person.asked) == asked
        assert await books(world) == [
            ("mcp__a__read", *(("denied", "person ada") if asked else ("allowed", "default")))
        ]


# --- hooks ------------------------------------------------------------------------------------------------


def hooks(said: Pass | Allow | Deny | Ask) -> Mapping[str, Any]:
    """One hook for Tell, which always says this, and notes results."""

    async def before(_bus: Bus, _proposal: Proposal) -> Pass | Allow | Deny | Ask:
        return said

    async def after(_bus: Bus, proposal: Proposal, result: Rendered) -> Rendered:
        return attrs.evolve(result, content=(*result.content, Text(text=f"({proposal.input['what']})")))

    def is_hooked(name: str) -> bool:
        return name == "Tell"

    return {"hooked": is_hooked, "before": before, "after": after}


@pytest.mark.parametrize(
    ("said", "policy", "result"),
    [
        (Pass(), Allow(), "c1=told a (a)"),
        (Pass({"what": "b"}), Allow(), "c1=told b (b)"),
        (Pass(), Deny("a rule"), "c1!This call is not allowed: a rule"),
        (Allow(by="hook x"), Ask("?"), "c1=told a (a)"),
        (Allow(by="hook x", input={"what": "b"}), Ask("?"), "c1=told b (b)"),
        (Allow(by="hook x"), Deny("a rule"), "c1!This call is not allowed: a rule"),
        (Deny("a hook"), Allow(), "c1!This call is not allowed: a hook"),
        (Ask("a hook asks"), Allow(), "c1!This call is not allowed: a person would have to agree"),
        (Pass({"who": "b"}), Allow(), "c1!Invalid or missing parameters for tool 'Tell'"),
    ],
)
async def test_hooks_are_heard_before_the_policy_and_allow_nothing_that_it_denies(
    lives: World,
    autojump_clock: MockClock,
    said: Pass | Allow | Deny | Ask,
    policy: Allow | Deny | Ask,
    result: str,
) -> None:
    lives.guards = Guards(policy=lambda _proposal: policy, **hooks(said))
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", "c1", what="a"))).turn)
        assert shape(world.requests[-1].messages)[-1].startswith(result)
        assert world.begun == [word[1] for word in result.split() if word.startswith("(")]


async def test_a_hook_after_a_call_that_cannot_be_asked_costs_no_result(
    lives: World, autojump_clock: MockClock
) -> None:
    async def after(_bus: Bus, _proposal: Proposal, _result: Rendered) -> Rendered:
        raise Absent

    lives.guards = Guards(hooked=lambda _name: True, after=after)
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", "c1", what="a"))).turn)
        assert shape(world.requests[-1].messages)[-1] == "c1=told a (A hook failed: nobody is at home)"


async def test_what_a_hook_has_changed_stands_in_the_books(lives: World, autojump_clock: MockClock) -> None:
    lives.guards = Guards(**hooks(Allow(by="hook x", input={"what": "b"})))
    async with lives.running() as world:
        await world.end((await begin(world, use("Tell", what="a"))).turn)
        (row,) = await world.bus.ask(session.ShowAudit())
        assert (row.by, row.words["input"]) == ("hook x", '{"what":"b"}')


async def test_what_only_read_when_it_was_called_does_not_do_more_after_a_restart(
    lives: World, autojump_clock: MockClock
) -> None:
    """A tool that was not there yet changes nothing; the call is not taken for one of the tool that has come since."""

    async def late(*_: object) -> tuple[Tool, ...]:
        tell = tool_of(Tell)
        return (attrs.evolve(tell, spec=attrs.evolve(tell.spec, name="Late")),)

    person = Person()
    lives.gates["a"] = gate = Gate()
    async with lives.running() as world:
        accepted = await begin(world, use("Tell", "c1", what="a"), use("Late", "c2", what="b"))
        await gate.reached.wait()
        world.kill()
    lives.gates.clear()
    lives.guards = person.guards()
    lives.tools = (*lives.tools, late)
    async with lives.running() as world:
        await world.end(accepted.turn)
        assert world.begun == ["a"]
        assert "The tool Late was not there when this call was made" in shape(world.requests[-1].messages)[-1]
