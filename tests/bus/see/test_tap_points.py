"""What a tap shows at each of its points, and when (G16)."""

from typing import Any

import attrs
import pytest
import trio

from bus import ActorCrashed, Limits
from bus.see.tapevent import POINTS, to_json
from bus.testing import MeshUnderTest
from tests.bus.see.tapping import (
    Add,
    Agent,
    Count,
    Fail,
    Note,
    Refused,
    Relay,
    Take,
    points,
    start,
    watching,
)


class TestThePoints:
    async def test_of_an_ask(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            assert await mesh.bus.ask(Add(left=1, right=2)) == 3
        about = {"type": "tapping.Add@1", "kind": "ask", "to": "calc", "seq": 1}
        assert shown == [
            {"point": "sent", "at": 0.0, **about},
            {"point": "taken", "at": 0.0, **about, "wait": 0.0},
            {
                "point": "published",
                "at": 0.25,
                "type": "tapping.Added@1",
                "kind": "event",
                "from": "calc",
                "seq": 2,
                "cause": 1,
            },
            {"point": "replied", "at": 0.25, **about, "wait": 0.0, "took": 0.25, "outcome": "ok"},
        ]

    async def test_of_a_message_that_waits(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.bus.tell(Note(seconds=3))
        await mesh.settle()
        async with watching(mesh, "point=taken point=taken") as shown:
            await mesh.bus.tell(Note())
            await trio.sleep(4)
        assert [(line["at"], line["wait"], line["kind"]) for line in shown] == [(3.0, 3.0, "tell")]

    async def test_of_a_refusal(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh, "point=failed") as shown:
            with pytest.raises(Refused):
                await mesh.bus.ask(Fail(how="refuse"))
        assert shown == [
            {
                "point": "failed",
                "at": 0.0,
                "type": "tapping.Fail@1",
                "kind": "ask",
                "to": "calc",
                "seq": 1,
                "wait": 0.0,
                "took": 0.0,
                "outcome": "error",
                "detail": "Refused: the key ••• is refused",
            }
        ]

    async def test_of_a_crash_and_the_start_after_it(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            with pytest.raises(ActorCrashed):
                await mesh.bus.ask(Fail(how="crash"))
            await trio.sleep(1)
        about = {"type": "tapping.Fail@1", "kind": "ask", "to": "calc", "seq": 1, "wait": 0.0}
        crashed = "crashed: while handling tapping.Fail@1: OSError: a bug"
        lines = [line for line in shown if line["point"] not in {"sent", "taken", "published"}]
        assert lines == [
            {"point": "buried", "at": 0.0, **about, "outcome": "crashed", "detail": "OSError: a bug"},
            {
                "point": "failed",
                "at": 0.0,
                **about,
                "took": 0.0,
                "outcome": "crashed",
                "detail": "OSError: a bug",
            },
            {"point": "crashed", "at": 0.0, "to": "calc", "detail": crashed},
            {"point": "backoff", "at": 0.0, "to": "calc", "detail": crashed},
            {"point": "started", "at": 0.5, "to": "calc", "detail": "incarnation 2"},
        ]

    async def test_of_the_life_of_an_actor(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        async with watching(mesh) as shown:
            await start(mesh)
            mesh.cell("calc").request_stop()
        assert shown == [
            {"point": "started", "at": 0.0, "to": "calc", "detail": "incarnation 1"},
            {"point": "stopped", "at": 0.0, "to": "calc", "detail": "stopped"},
        ]

    async def test_of_a_timer(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            mesh.cell("calc").timers.after(2, Note())
            mesh.cell("calc").timers.after(3, Note(), key="later")
            await trio.sleep(5)
        assert points(shown) == ["timer", "sent", "taken", "replied"] * 2
        first, second = (line for line in shown if line["point"] == "timer")
        assert first == {"point": "timer", "at": 2.0, "to": "calc", "detail": "tapping.Note@1"}
        assert second == {"point": "timer", "at": 3.0, "to": "calc", "detail": "tapping.Note@1 later"}
        assert shown[1]["from"] == shown[1]["to"] == "calc"
        assert shown[1]["kind"] == "timer"

    async def test_of_a_stream(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with mesh.console.tap("type=tapping.Count", rate=None) as tap:
            async with mesh.bus.stream(Count(upto=3)) as items:
                assert len([item async for item in items]) == 3
            seen = [await anext(tap) for _ in range(6)]
        assert [event.point for event in seen] == ["sent", "taken", "item", "item", "item", "replied"]
        assert [event.item for event in seen] == [None, None, "item 0", "item 1", "item 2", None]
        assert to_json(seen[3], body=True)["body"] == {"upto": 3}
        assert to_json(seen[3], body=True)["item"] == "item 1"
        assert "item" not in to_json(seen[3])

    async def test_of_a_reply_shows_it_masked_and_shortened(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with mesh.console.tap("point=replied") as tap:
            await mesh.bus.ask(Add(left=1, right=2))
            event = await anext(tap)
        assert event.reply == 3
        assert to_json(event, body=True)["reply"] == 3
        assert "reply" not in to_json(event)
        shown = attrs.evolve(event, reply=("the key sk-1234567890abc", "x" * 1000))
        assert to_json(shown, body=True)["reply"] == ["the key •••", "x" * 200 + "… (800 more)"]
        assert "the key •••" in shown.text()

    async def test_of_messages_taken_out_of_turn(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            await mesh.bus.tell(Take())
            await mesh.bus.tell(Note())
            await mesh.bus.tell(Note())
        joined = [line for line in shown if line.get("detail") == "joined 1"]
        assert [(line["point"], line["type"]) for line in joined] == [("taken", "tapping.Note@1")] * 2
        assert points(shown) == ["sent", "sent", "sent", "taken", "taken", "taken", "replied"]

    async def test_of_a_message_that_is_lost(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh, limits=Limits(mailbox=1))
        await mesh.bus.tell(Note(seconds=1))
        await mesh.settle()
        await mesh.bus.tell(Note())
        async with watching(mesh, "point=buried") as shown:
            with trio.move_on_after(0.5):
                await mesh.bus.tell(Note(n=3))
        assert shown == [
            {
                "point": "buried",
                "at": 0.5,
                "type": "tapping.Note@1",
                "kind": "tell",
                "to": "calc",
                "seq": 3,
                "wait": 0.5,
                "outcome": "abandoned",
            }
        ]

    async def test_name_who_sent_what_and_because_of_what(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.start(Agent, name="agent")
        async with mesh.console.tap("point=sent", rate=None) as tap:
            with mesh.bus.baggage(user="ada", turn="t-1"):
                await mesh.bus.ask(Relay())
            relay, add = await anext(tap), await anext(tap)
        assert (relay.sender, relay.to, relay.cause) == ("", "agent", 0)
        assert (add.sender, add.to, add.cause) == ("agent", "calc", relay.seq)
        assert relay.trace == add.trace
        assert len(add.trace) == 32
        assert to_json(add)["baggage"] == {"user": "ada", "turn": "t-1"}

    async def test_are_all_there_are(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        async with watching(mesh) as shown:
            await start(mesh)
            await mesh.bus.ask(Add(left=1, right=2))
            async with mesh.bus.stream(Count(upto=1)) as items:
                await anext(items)
            mesh.cell("calc").timers.after(0, Note())
            await mesh.settle()
            with pytest.raises(ActorCrashed):
                await mesh.bus.ask(Fail(how="crash"))
            await trio.sleep(1)
            mesh.cell("calc").request_stop()
        assert set(points(shown)) == set(POINTS)
