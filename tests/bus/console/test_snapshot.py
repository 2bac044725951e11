"""A mesh at one instant."""

import json
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from bus import Actor, Limits, Request
from bus.console.snapshot import of_health
from bus.keep.health import Health, State
from bus.testing import MeshUnderTest


@attrs.frozen(kw_only=True)
class Work(Request[None]):
    pass


class Worker(Actor):
    def __init__(self, gate: trio.Event) -> None:
        self.gate = gate

    @Work.handler
    async def work(self, request: Work) -> None:
        await self.gate.wait()


async def test_an_actor_shows_what_it_does_and_what_waits_for_it(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    gate = trio.Event()
    await mesh.start(partial(Worker, gate), limits=Limits(mailbox=2))
    async with trio.open_nursery() as nursery:
        with mesh.bus.fresh("test"), mesh.bus.baggage(user="ada"):
            for _ in range(4):
                nursery.start_soon(mesh.bus.ask, Work())
                await mesh.settle()
                await trio.sleep(1)
        shot = mesh.console.snapshot()
        (worker,) = shot["actors"]
        (current,) = worker.pop("in_hand")
        assert current.pop("trace")
        assert current == {
            "seq": 1,
            "type": "test_snapshot.Work@1",
            "kind": "ask",
            "from": "test",
            "baggage": {"user": "ada"},
            "since": pytest.approx(4.0),
            "expected": 60.0,
            "left": pytest.approx(6.0),
        }
        assert worker == {
            "name": "worker",
            "state": "ready",
            "incarnation": 1,
            "depth": 2,
            "control": 0,
            "capacity": 2,
            "peak": 2,
            "waiting": 1,
            "waits": 1,
            "oldest": pytest.approx(3.0),
            "sent": 3,
            "handled": 0,
            "dead": 0,
            "balanced": True,
        }
        (event,) = mesh.console.in_hand()
        assert (event.type, event.at, event.wait) == ("test_snapshot.Work@1", 1e-9, 1e-9)
        gate.set()
    assert mesh.console.in_hand() == []
    assert json.loads(json.dumps(mesh.console.snapshot()))["actors"][0]["handled"] == 4


async def test_losses_are_counted_by_recipient_and_reason(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    await mesh.start(partial(Worker, trio.Event()))
    for _ in range(2):
        with trio.move_on_after(1):
            await mesh.bus.ask(Work())
        await mesh.settle()
    shot = mesh.console.snapshot()
    assert shot["dead"] == {"worker": {"abandoned": 2}}
    assert shot["recorded"] == 2


def test_why_is_masked_and_a_backoff_says_when_it_ends() -> None:
    assert of_health(Health(State.READY), 0.0) == {"state": "ready"}
    backoff = Health(State.BACKOFF, "key sk-12345678901234567890 refused", until=12.0)
    assert of_health(backoff, 10.0) == {"state": "backoff", "why": "key ••• refused", "again_in": 2.0}


async def test_a_graph_counts_who_sends_to_whom_the_busiest_first(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    gate = trio.Event()
    await mesh.start(partial(Worker, gate))
    with mesh.bus.fresh("room[a]"), trio.move_on_after(1):
        await mesh.bus.ask(Work())
    gate.set()
    await mesh.settle()
    await trio.sleep(1)
    half = trio.current_time()
    await trio.sleep(1)
    for sender in ("room[a]", "room[b]", ""):
        with mesh.bus.fresh(sender):
            await mesh.bus.ask(Work())
    with mesh.bus.baggage(origin="console"):
        await mesh.bus.ask(Work())

    work = {"test_snapshot.Work": 3}
    assert mesh.console.graph(hidden="console") == {
        "seconds": 2.0,
        "messages": 4,
        "edges": [
            {"from": "room", "to": "worker", "count": 3, "errors": 1, "types": work},
            {"from": "", "to": "worker", "count": 1, "errors": 0, "types": {"test_snapshot.Work": 1}},
        ],
    }
    assert [edge["count"] for edge in mesh.console.graph(since=half)["edges"]] == [2, 2]


async def test_what_was_picked_and_has_not_begun_has_not_been_handled_since_ever(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    gate = trio.Event()
    cell = await mesh.start(partial(Worker, gate))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mesh.bus.ask, Work())
        await mesh.settle()
        await trio.sleep(4)
        (envelope,) = cell.hands.current
        begun, envelope.taken_at = envelope.taken_at, 0.0
        (worker,) = mesh.console.snapshot()["actors"]
        assert [current["since"] for current in worker["in_hand"]] == [0.0]
        assert mesh.console.in_hand() == []
        envelope.taken_at = begun
        gate.set()


async def test_an_id_means_whole_traces_and_what_is_in_hand(
    mesh: MeshUnderTest, autojump_clock: MockClock
) -> None:
    gate = trio.Event()
    gate.set()
    await mesh.start(partial(Worker, gate))
    trace = f"00-{'ab' * 16}-{'1' * 16}-01"
    with mesh.bus.fresh("one", trace):
        with mesh.bus.baggage(turn="t-1", session="s-1"):
            await mesh.bus.ask(Work())
        await mesh.bus.ask(Work())
    with mesh.bus.fresh("two"), mesh.bus.baggage(turn="t-2", session="s-1"):
        await mesh.bus.ask(Work())
    with mesh.bus.fresh("three", trace), mesh.bus.baggage(origin="console"):
        await mesh.bus.ask(Work())

    def found(id: str) -> list[int]:
        return [event.seq for event in mesh.console.traced(id, hidden="console")]

    assert found("abab") == found("t-1") == [1, 2]
    assert found("s-") == [1, 2, 3]
    assert found("t-2") == [3]
    assert found("x") == []
    worker = mesh.cell("worker")
    gate_of: Any = worker.actor
    gate_of.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        with mesh.bus.fresh("one", trace):
            nursery.start_soon(mesh.bus.ask, Work())
        await mesh.settle()
        last = mesh.console.traced("abab", hidden="console")[-1]
        assert (last.seq, last.point) == (5, "taken")
        gate_of.gate.set()
