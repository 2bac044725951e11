"""Asking people: the questions, their answers, what they grant, over restarts and from several places."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.guarding import Guards
from actors.llm import messages as llm
from actors.permissions import messages as permissions
from actors.permissions.actor import PermissionsActor
from actors.permissions.guards import guards
from actors.permissions.settings import Permissions, Rule, Settings
from actors.session import messages as session
from actors.subsystem import Given
from actors.vocabulary import ADMIN
from bus import Sink
from tests.actors.agent.world import World, last_text, say, shape, use

ASKING = Permissions(rules=(Rule(tool="Tell", decision="ask"),))


@attrs.define(eq=False)
class House:
    """An agent whose tools are put to people, and its lives."""

    world: World
    permissions: Permissions = ASKING

    def _settings(self) -> Settings:
        return Settings(permissions=self.permissions)

    def guards(self) -> Guards:
        return guards(self._settings, "/srv/home")

    @asynccontextmanager
    async def running(self, *, conductor: bool = True) -> AsyncGenerator[World]:
        self.world.guards = self.guards()
        given = Given(
            data=self.world.path,
            home=self.world.path,
            environment={},
            settings_of=lambda _kind: self._settings(),
        )
        (self.world.path / "db").mkdir(exist_ok=True)
        async with self.world.running(conductor=False) as world:
            await world.mesh.start(partial(PermissionsActor, given), name="permissions")
            if conductor:
                await world.start_conductor()
            yield world


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(World(tmp_path))


async def begin(world: World, *whats: str, **fields: Any) -> agent.Accepted:
    """A turn that makes these calls, one after another in one answer."""
    calls = [use("Tell", f"c{n}", what=what) for n, what in enumerate(whats, 1)]
    world.script += [say(calls=calls), say("done")]
    return await world.send("go", **fields)


async def asked(world: World, count: int = 1, user: str = ADMIN) -> list[permissions.Approval]:
    """Wait until so much is asked; the latest last."""
    with trio.fail_after(1000):
        while len(found := await world.bus.ask(permissions.List(user=user))) < count:
            await trio.sleep(0.05)
    return list(reversed(found))


def answer(id: str, decision: Any = "once", user: str = ADMIN, **fields: Any) -> permissions.Answer:
    return permissions.Answer(id=id, user=user, proof="page", decision=decision, **fields)


async def test_a_call_is_asked_about_and_carried_out_once_it_is_allowed(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        assert (question.tool, question.input, question.state) == ("Tell", {"what": "a"}, "open")
        assert (question.turn, question.user, question.channel) == (accepted.turn, ADMIN, "main")
        assert question.expires_at - question.asked_at == timedelta(days=1)
        assert [event.approval.id for event in world.mesh.published(permissions.Asked)] == [question.id]
        wanted = world.mesh.published(agent.ApprovalWanted)[0]
        assert wanted.approval == question.id
        closed = await world.bus.ask(answer(question.id))
        assert (closed.state, closed.scope) == ("allowed", "once")
        assert (closed.answered_by, closed.answered_via) == (ADMIN, "page")
        await world.end(accepted.turn)
        assert world.begun == ["a"]
        assert await world.bus.ask(permissions.List(user=ADMIN)) == ()
        (kept,) = await world.bus.ask(permissions.List(user=ADMIN, which="all", session=accepted.session))
        assert kept == await world.bus.ask(permissions.Get(id=question.id, user=ADMIN)) == closed
        assert world.mesh.published(permissions.Answered) == [permissions.Answered(approval=closed)]


async def test_a_denial_is_told_with_the_words_of_the_person(house: House, autojump_clock: MockClock) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        await world.bus.ask(answer(question.id, "deny", words="use the other one"))
        await world.end(accepted.turn)
        assert world.begun == []
        assert shape(world.requests[-1].messages)[-1] == (
            "c1!This call is not allowed: the person has said no: use the other one"
        )
        accepted = await begin(world, "b")
        (question,) = await asked(world)
        await world.bus.ask(answer(question.id, "deny"))
        await world.end(accepted.turn)
        assert shape(world.requests[-1].messages)[-1] == "c1!This call is not allowed: the person has said no"


async def test_the_first_answer_counts_and_only_that_of_whom_was_asked(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        for stranger in (
            answer(question.id, user="eve"),
            permissions.Get(id=question.id, user="eve"),
            answer("x"),
        ):
            with pytest.raises(permissions.UnknownApproval, match="there is no question"):
                await world.bus.ask(stranger)
        assert await world.bus.ask(permissions.List(user="eve")) == ()
        await world.bus.ask(answer(question.id, "deny"))
        with pytest.raises(permissions.AlreadyAnswered, match="is denied already"):
            await world.bus.ask(answer(question.id))
        await world.end(accepted.turn)
        assert world.begun == []


async def test_an_unanswered_question_becomes_a_denial(house: House, autojump_clock: MockClock) -> None:
    house.permissions = attrs.evolve(ASKING, expires_minutes=3)
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        await trio.sleep(181)
        await world.end(accepted.turn)
        assert world.begun == []
        assert "nobody has answered in time" in shape(world.requests[-1].messages)[-1]
        kept = await world.bus.ask(permissions.Get(id=question.id, user=ADMIN))
        assert (kept.state, kept.answered_by) == ("expired", None)
        with pytest.raises(permissions.AlreadyAnswered, match="is expired already"):
            await world.bus.ask(answer(question.id))


async def test_a_question_is_withdrawn_when_its_turn_is_cancelled(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        await world.bus.ask(agent.Cancel(session=accepted.session, user=ADMIN))
        await world.end(accepted.turn)
        await world.quiet()
        assert await world.bus.ask(permissions.List(user=ADMIN)) == ()
        with pytest.raises(permissions.AlreadyAnswered, match="is withdrawn already"):
            await world.bus.ask(answer(question.id))


# --- over restarts ----------------------------------------------------------------------------------------


async def test_the_same_question_stands_after_a_kill_and_its_answer_is_carried_out_once(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (before,) = await asked(world)
        world.kill()
    async with house.running() as world:
        (after,) = await asked(world)
        assert after == before
        await world.bus.ask(answer(after.id))
        await world.end(accepted.turn)
        assert world.begun == ["a"]


async def test_an_answer_that_nobody_was_there_to_hear_is_heard_later(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        world.kill()
    async with house.running(conductor=False) as world:
        await world.bus.ask(answer(question.id))
    async with house.running() as world:
        await world.end(accepted.turn)
        assert world.begun == ["a"]


async def test_a_question_whose_time_is_over_is_not_asked_though_nobody_waits_for_it_any_more(
    house: House, autojump_clock: MockClock
) -> None:
    house.permissions = attrs.evolve(ASKING, expires_minutes=3)
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        world.kill()
    async with house.running(conductor=False) as world:
        await trio.sleep(181)
        for _ in range(2):
            assert await world.bus.ask(permissions.List(user=ADMIN)) == ()
            assert await world.bus.ask(permissions.ListOpen()) == ()
            with pytest.raises(permissions.AlreadyAnswered, match="is expired already"):
                await world.bus.ask(answer(question.id))
        await world.start_conductor()
        await world.end(accepted.turn)
        assert world.begun == []
        assert "nobody has answered in time" in shape(world.requests[-1].messages)[-1]


async def test_a_question_whose_turn_ended_meanwhile_is_withdrawn(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        await asked(world)
        world.kill()
    async with house.world.running(conductor=False) as world:
        await world.bus.ask(session.Recover(boot=world.bus.boot_id))
        await world.bus.ask(session.CancelTurn(turn=accepted.turn, user=ADMIN))
    async with house.running() as world:
        await world.quiet()
        assert await world.bus.ask(permissions.List(user=ADMIN)) == ()


async def test_an_answer_means_nothing_for_another_input(house: House, autojump_clock: MockClock) -> None:
    question = permissions.Ask(
        call="t:1",
        tool_use_id="c1",
        tool="Tell",
        input={"what": "a"},
        acts_on="",
        subject="",
        reason="?",
        outside=(),
        user=ADMIN,
        session="s",
        turn="t",
        channel="main",
    )
    async with house.running() as world:
        first = await world.bus.ask(question)
        assert await world.bus.ask(question) == first
        other = await world.bus.ask(attrs.evolve(question, input={"what": "b"}))
        assert other.id != first.id
        (still_open,) = await world.bus.ask(permissions.List(user=ADMIN))
        assert still_open.id == other.id
        with pytest.raises(permissions.AlreadyAnswered, match="is withdrawn already"):
            await world.bus.ask(answer(first.id))
        assert (await world.bus.ask(question)).id == first.id  # asked anew
        assert [each.id for each in await world.bus.ask(permissions.List(user=ADMIN))] == [first.id]
        with pytest.raises(permissions.UnknownApproval):
            await world.bus.ask(permissions.Await(id="x"))


# --- grants -----------------------------------------------------------------------------------------------


async def test_what_is_granted_always_is_not_asked_again_until_it_is_taken_back(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        first = await begin(world, "a")
        (question,) = await asked(world)
        assert question.pattern == "*"
        await world.bus.ask(answer(question.id, "always"))
        await world.end(first.turn)
        await world.end((await begin(world, "b", key="elsewhere")).turn)
        assert world.begun == ["a", "b"]
        (grant,) = await world.bus.ask(permissions.Grants(user=ADMIN))
        assert (grant.tool, grant.pattern, grant.session, grant.outside) == ("Tell", "*", None, False)
        with pytest.raises(permissions.UnknownGrant):
            await world.bus.ask(permissions.Revoke(id=grant.id, user="eve", proof="page"))
        await world.bus.ask(permissions.Revoke(id=grant.id, user=ADMIN, proof="page"))
        assert await world.bus.ask(permissions.Grants(user=ADMIN)) == ()
        third = await begin(world, "c")
        (question,) = await asked(world)
        await world.bus.ask(answer(question.id, "deny"))
        await world.end(third.turn)
        assert world.begun == ["a", "b"]
        rows = await world.bus.ask(session.ShowAudit())
        assert [(row.kind, row.verdict, row.by) for row in reversed(rows)] == [
            ("answer", "allowed", "person admin"),
            ("call", "allowed", "person admin"),
            ("call", "allowed", f"grant {grant.id}"),
            ("grant", "revoked", "person admin"),
            ("answer", "denied", "person admin"),
            ("call", "denied", "person admin"),
        ]
        assert (await world.bus.ask(session.VerifyAudit())).faults == ()


async def test_what_is_granted_for_a_conversation_is_asked_elsewhere(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        first = await begin(world, "a", "b")
        (question,) = await asked(world)
        await world.bus.ask(answer(question.id, "conversation"))
        await world.end(first.turn)
        assert world.begun == ["a", "b"]
        second = await begin(world, "c", key="elsewhere")
        (question,) = await asked(world)
        await world.bus.ask(answer(question.id))
        await world.end(second.turn)
        assert world.begun == ["a", "b", "c"]


async def ask_shell(
    world: World, command: str, call: str, outside: tuple[str, ...] = ()
) -> permissions.Question:
    return await world.bus.ask(
        permissions.Ask(
            call=call,
            tool_use_id=call,
            tool="Bash",
            input={"command": command},
            acts_on="command",
            subject=command,
            reason="?",
            outside=outside,
            user=ADMIN,
            session="s",
            turn="t",
            channel="main",
        )
    )


async def test_a_grant_covers_what_fits_its_pattern_and_nothing_else(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        first = await ask_shell(world, "git status -s", "t:1")
        with pytest.raises(permissions.PatternMisses, match="does not fit the pattern 'npm "):
            await world.bus.ask(answer(first.id, "always", pattern="npm *"))
        closed = await world.bus.ask(answer(first.id, "always", pattern="git *"))
        assert closed.pattern == "git *"
        assert (await ask_shell(world, "git log", "t:2")).grant == 1
        assert (await ask_shell(world, "git log; rm -rf ~", "t:3")).grant is None
        assert (await ask_shell(world, "git log", "t:4", ("WebFetch",))).grant is None
        (latest, *_) = await world.bus.ask(permissions.List(user=ADMIN))
        assert (latest.pattern, latest.outside) == ("git log *", ("WebFetch",))
        await world.bus.ask(answer(latest.id, "conversation"))
        assert (await ask_shell(world, "git log -1", "t:5", ("email",))).grant == 2
        assert (await ask_shell(world, "git push", "t:6", ("email",))).grant is None


# --- many, and trouble ------------------------------------------------------------------------------------


async def test_a_hundred_questions_are_open_at_once_and_each_gets_its_own_answer(
    house: House, autojump_clock: MockClock
) -> None:
    async def call(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        (first, *rest) = request.messages
        chosen = say("done") if rest else say(calls=[use("Tell", "c", what=last_text([first]))])
        await chosen(request, sink)

    house.world.rule = call
    async with house.running() as world:
        turns = [await world.send(f"{n}", key=f"k{n}") for n in range(100)]
        questions = await asked(world, 100)
        for number, question in enumerate(questions):
            await world.bus.ask(answer(question.id, "once" if number % 2 else "deny"))
        for turn in turns:
            await world.end(turn.turn)
        allowed = {f"{each.input['what']}" for number, each in enumerate(questions) if number % 2}
        assert sorted(world.begun) == sorted(allowed)


async def test_who_asks_may_be_restarted_meanwhile(house: House, autojump_clock: MockClock) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        (question,) = await asked(world)
        await world.console.restart("permissions")
        (again,) = await asked(world)
        assert again == question
        await world.bus.ask(answer(question.id))
        await world.end(accepted.turn)
        assert world.begun == ["a"]


async def test_a_rule_may_change_while_somebody_waits(house: House, autojump_clock: MockClock) -> None:
    async with house.running() as world:
        accepted = await begin(world, "a")
        await asked(world)
        world.kill()
    house.permissions = Permissions(rules=(Rule(tool="Tell", decision="allow"),))
    async with house.running() as world:
        await world.end(accepted.turn)
        await world.quiet()
        assert world.begun == ["a"]
        assert await world.bus.ask(permissions.List(user=ADMIN)) == ()


async def test_the_rules_in_force_can_be_looked_at(house: House, autojump_clock: MockClock) -> None:
    async with house.running() as world:
        found = await world.bus.ask(permissions.ShowRules(user="eve"))
        rule = permissions.RuleInForce(
            tool="Tell", pattern="", channel="", role=None, outside=None, decision="ask"
        )
        assert found == permissions.InForce(
            rules=(rule,), outside="ask", asks_on=("main", "telegram"), expires_minutes=1440
        )


def test_what_was_asked_before_it_was_known_from_where_it_was_answered_can_be_read() -> None:
    for kind in (permissions.Asked, permissions.Answered):
        assert kind.upcast(1, {"approval": {"id": "a"}}) == {"approval": {"id": "a", "answered_via": None}}
        assert kind.upcast(2, {"approval": {"id": "a"}}) == {"approval": {"id": "a"}}


async def test_a_very_long_input_is_told_in_part_and_kept_whole(
    house: House, autojump_clock: MockClock
) -> None:
    async with house.running() as world:
        accepted = await begin(world, "x" * 200_000)
        (question,) = await asked(world)
        assert len(question.input["what"]) < 50_000
        whole = await world.bus.ask(permissions.Get(id=question.id, user=ADMIN))
        assert len(whole.input["what"]) == 200_000
        await world.bus.ask(answer(question.id))
        await world.end(accepted.turn)
        assert [len(what) for what in world.begun] == [200_000]
        large = await ask_shell(world, "y" * 5_000_000, "t:1")
        told = world.mesh.published(permissions.Asked)[-1].approval
        assert (told.id, len(told.subject) < 50_000) == (large.id, True)
        assert len((await world.bus.ask(permissions.Get(id=large.id, user=ADMIN))).subject) == 5_000_000
