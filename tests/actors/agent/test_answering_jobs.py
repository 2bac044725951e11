"""Conversations that a job has begun: people may answer there, and speak for themselves then."""

from pathlib import Path
from typing import Annotated, final

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.context import context_of, context_source, from_context
from actors.session import messages as session
from actors.session.messages import TurnOptions
from actors.vocabulary import ADMIN
from bus import Actor, Request
from tests.actors.agent.world import Gate, World, say, shape

DAY = 24 * 3600.0


@context_source("Job", stable=False, needs="triggered_by")
@final
@attrs.frozen(kw_only=True)
class Job(Request[str]):
    job: Annotated[str, from_context("triggered_by")]


class Jobs(Actor):
    @Job.handler
    async def tell(self, request: Job) -> str:
        return f"this is {request.job}"


OF_A_JOB = {"source": "cron", "channel": "scheduler", "triggered_by": "brief", "mode": "queue"}


async def run(world: World, key: str) -> str:
    """A run of a job; its conversation."""
    options = TurnOptions(max_turns=3, deadline_s=60.0)
    end = await world.turn(
        "sum up", say("All is well."), key=key, client_message_id=key, options=options, **OF_A_JOB
    )
    return end.session


async def test_a_person_answers_a_job_as_anybody_speaks(tmp_path: Path, autojump_clock: MockClock) -> None:
    world = World(tmp_path, context=(context_of(Job),))
    async with world.running():
        await world.mesh.start(Jobs, name="jobs")
        begun = await run(world, "cron:j:1:1")
        await trio.sleep(DAY / 2)
        end = await world.turn("and mail?", say("None."), key=None, session=begun)
        assert end.session == begun
        assert shape(world.requests[-1].messages) == ["u:sum up", "a:All is well.", "u:and mail?"]
        assert ["this is brief" in str(each.system) for each in world.requests] == [True, False]
        turn = await world.bus.ask(session.GetTurn(turn=end.turn, user=ADMIN))
        assert (turn.triggered_by, turn.options, turn.channel) == (None, TurnOptions(), "scheduler")
        found = await world.bus.ask(session.Get(session=begun, user=ADMIN))
        assert (found.triggered_by, found.message_count) == ("brief", 2)


async def test_each_attempt_has_a_conversation_of_its_own_whose_silence_ends_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    world = World(tmp_path)
    async with world.running():
        begun = [await run(world, f"cron:j:1:{attempt}") for attempt in (1, 2)]
        assert len(set(begun)) == 2
        await trio.sleep(DAY / 2)
        await world.turn("thanks", key=None, session=begun[1])
        await trio.sleep(DAY / 2 + 700)
        states = [await world.bus.ask(session.Get(session=each, user=ADMIN)) for each in begun]
        assert [each.is_closed for each in states] == [True, False]
        with pytest.raises(session.SessionIsClosed):
            await world.turn("and now?", key=None, session=begun[0])
        assert await run(world, "cron:j:1:1") == begun[0]  # the same attempt is the same turn, however late


async def test_what_a_person_says_while_the_job_runs_is_theirs_too(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    world = World(tmp_path)
    gate = Gate()
    async with world.running():
        world.script += [gate.then(say("All is well.")), say("Not a word.")]
        accepted = await world.send("sum up", key="cron:j:1:1", **OF_A_JOB)
        await gate.reached.wait()
        said = await world.send("be brief", key=None, session=accepted.session, mode="queue")
        gate.open.set()
        await world.end(said.turn)
        turns = await world.bus.ask(session.ListTurns(session=accepted.session, user=ADMIN))
        assert [(each.text, each.triggered_by) for each in turns] == [("sum up", "brief"), ("be brief", None)]
        assert isinstance(await world.end(accepted.turn), agent.TurnEnded)
