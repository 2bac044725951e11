"""The supervision tree of the daemon."""

from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent.settings import Settings
from actors.agent.spending.underway import UnderWay
from actors.hooks.armed import Armed
from actors.session import messages as session
from actors.subsystem import Given
from bus import Child, Pool, Remains, Request
from bus.testing import MeshUnderTest
from starpod.tree import SOURCES, SUBSYSTEMS, WITHOUT_SERVERS


@attrs.frozen(kw_only=True)
class Left(Given):
    """What there is after a process that has left nothing."""

    remains: Remains = attrs.field(factory=Remains)
    under_way: UnderWay = attrs.field(factory=UnderWay)
    armed: Armed = attrs.field(factory=lambda: Armed(Path("/d/hooks"), lambda: False))


@pytest.mark.parametrize(
    ("name", "question"), [("conductor", session.Recover), ("conversation", session.Open)]
)
def test_a_store_that_is_slow_is_an_outage_and_no_start_that_failed(
    name: str, question: type[Request[object]]
) -> None:
    """Who begins with a question hears that it was not answered before its own time to start is over."""
    given = Left(data=Path("/d"), home=Path("/h"), environment={}, settings_of=lambda _: Settings())
    (agent,) = (each for each in SUBSYSTEMS if each.name == "agent")
    (child,) = (child for child in agent.children(given) if child.name == name)
    assert child.limits.start_within > question.within >= 10


def test_who_waits_for_subagents_holds_no_place_that_those_need() -> None:
    given = Left(data=Path("/d"), home=Path("/h"), environment={}, settings_of=lambda _: Settings())
    (agent,) = (each for each in SUBSYSTEMS if each.name == "agent")
    (pool,) = (each for each in agent.children(given) if isinstance(each, Pool))
    assert [pool.rank(each) for each in ("a", session.id_at(1, "b"), session.id_at(2, "c"))] == [0, 1, 2]


def test_the_model_is_told_who_it_is_before_anything_else_and_what_stays_the_same_before_what_changes() -> (
    None
):
    names = [each.name for each in SOURCES.context]
    assert names[:2] == ["Identity", "SOUL.md"]
    assert {"Memory", "Skills"} <= {each.name for each in SOURCES.context if each.stable}


def test_nobody_waits_for_what_servers_offer_where_there_are_none() -> None:
    assert len(WITHOUT_SERVERS.tools) == len(SOURCES.tools) - 1
    left_out = [each.name for each in SOURCES.context if each not in WITHOUT_SERVERS.context]
    assert left_out == ["Missing"]
    assert WITHOUT_SERVERS.keepsake is SOURCES.keepsake


async def test_what_a_job_has_begun_can_be_answered_for_a_day(
    tmp_path: Path, mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    given = Given(data=tmp_path, home=tmp_path, environment={}, settings_of=lambda kind: kind())
    given.database("session").parent.mkdir(exist_ok=True)
    (store,) = next(each for each in SUBSYSTEMS if each.name == "session").children(given)
    assert isinstance(store, Child)
    await mesh.start(store.factory, name="session")
    incoming = session.Incoming(
        text="sum up", user="ada", channel="scheduler", key="cron:j:1:1", triggered_by="brief"
    )
    began = await mesh.bus.ask(session.Accept(incoming=incoming))
    await mesh.bus.ask(session.CancelTurn(turn=began.turn, user="ada"))
    closed: list[bool] = []
    for _ in range(2):
        await trio.sleep(23 * 3600)
        found = await mesh.bus.ask(session.Get(session=began.session, user="ada"))
        closed.append(found.is_closed)
    assert closed == [False, True]
