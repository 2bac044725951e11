"""Questions are told to those who do not look, once, and not when they are closed before."""

import pathlib
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from actors.gateway import messages as gateway
from actors.notify.asking import AGAIN, GRACE, LOOK
from actors.permissions import messages as permissions
from actors.session import messages as session
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.notify.world import ZONE, World


class Asker(Actor):
    """Knows what is asked."""

    def __init__(self, waiting: list[permissions.Approval]) -> None:
        self._waiting = waiting

    @permissions.ListOpen.handler
    async def find(self, request: permissions.ListOpen) -> tuple[permissions.Approval, ...]:
        return tuple(self._waiting)


class Page(Actor):
    """Knows who looks."""

    def __init__(self, looking: list[str]) -> None:
        self._looking = looking

    @gateway.IsFollowed.handler
    async def is_followed(self, request: gateway.IsFollowed) -> bool:
        return request.of_user in self._looking


@attrs.define(eq=False)
class House:
    world: World
    waiting: list[permissions.Approval] = attrs.field(factory=list[permissions.Approval])
    looking: list[str] = attrs.field(factory=list[str])

    def question(self, **changes: Any) -> permissions.Approval:
        now = self.world.now
        assert self.world.said.session is not None
        asked = permissions.Approval(
            id="q1",
            state="open",
            tool="Bash",
            tool_use_id="c",
            input={"command": "git push"},
            subject="git push",
            reason="it may do anything",
            outside=(),
            pattern="git push *",
            user="ada",
            session=self.world.said.session,
            turn="t",
            channel="main",
            asked_at=now,
            expires_at=now + timedelta(days=1),
        )
        return attrs.evolve(asked, **changes)

    async def ask(self, **changes: Any) -> permissions.Approval:
        approval = self.question(**changes)
        self.waiting.append(approval)
        await self.world.mesh.bus.publish(permissions.Asked(approval=approval))
        return approval

    async def close(self, approval: permissions.Approval) -> None:
        self.waiting.remove(approval)
        closed = attrs.evolve(approval, state="denied", answered_by="ada", answered_via="page")
        await self.world.mesh.bus.publish(permissions.Answered(approval=closed))

    async def told(self) -> list[session.OutboxRow]:
        return await self.world.pushed("telegram")


@pytest.fixture
async def house(mesh: MeshUnderTest, tmp_path: pathlib.Path) -> House:
    house = House(World(mesh, tmp_path))
    await mesh.start(partial(Asker, house.waiting), name="asker")
    await mesh.start(partial(Page, house.looking), name="page")
    await house.world.start()
    await mesh.settle()
    return house


async def test_who_does_not_look_is_told_by_every_way(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    await house.ask()
    await trio.sleep(GRACE + 1)
    (row,) = await house.told()
    assert (row.key, row.recipient, row.body["approval"]) == ("approval:q1", "7", "q1")
    assert row.body["title"] == "Bash waits for your answer"
    assert row.body["text"] == "git push\n\nAsked because it may do anything. Answer in the page."
    assert row.body["session"] == house.world.said.session
    assert not await house.world.is_read()
    await trio.sleep(10 * LOOK)
    assert [each.title for each in house.world.shown()] == ["Bash waits for your answer"]


async def test_who_looks_is_told_nothing_until_they_look_away(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    house.looking.append("ada")
    await house.ask()
    await trio.sleep(20 * LOOK)
    assert await house.told() == []
    house.looking.clear()
    await trio.sleep(LOOK + 1)
    assert len(await house.told()) == 1


async def test_what_is_closed_meanwhile_is_not_told(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    approval = await house.ask()
    await trio.sleep(GRACE / 2)
    await house.close(approval)
    await trio.sleep(10 * LOOK)
    assert await house.told() == []


async def test_what_a_chat_asks_by_itself_is_told_there_alone(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    await house.ask(channel="telegram")
    await trio.sleep(10 * LOOK)
    assert await house.told() == []


async def test_what_has_no_time_left_is_not_told(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    await house.ask(expires_at=house.world.now + timedelta(seconds=GRACE / 2))
    await trio.sleep(10 * LOOK)
    assert await house.told() == []


async def test_in_quiet_hours_it_waits_for_their_end(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    here = house.world.now.astimezone(ZONE)
    end = (here + timedelta(hours=3)).replace(second=0, microsecond=0)
    await house.world.prefer(quiet_from=f"{here:%H:%M}", quiet_to=f"{end:%H:%M}")
    await house.ask()
    await trio.sleep(3600)
    assert await house.told() == []
    await trio.sleep((end - house.world.now).total_seconds())
    assert len(await house.told()) == 1


async def test_after_a_restart_what_waits_is_told_and_nothing_twice(
    autojump_clock: trio.testing.MockClock, house: House
) -> None:
    await house.ask()
    await trio.sleep(GRACE + 1)
    house.waiting.append(house.question(id="q2", subject=""))
    await house.world.mesh.console.restart("notify")
    await trio.sleep(GRACE + AGAIN)
    rows = [row.key for row in await house.told()]
    assert rows == ["approval:q1"]  # of each recipient the oldest
    await house.world.mesh.bus.ask(
        session.MarkOutbox(id=(await house.told())[0].id, state="sent", sent=("1",))
    )
    (second,) = await house.told()
    assert second.key == "approval:q2"
    assert second.body["text"] == "Asked because it may do anything. Answer in the page."
