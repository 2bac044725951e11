"""Taps show what happens when it happens, to whom it is of interest, and the bus never waits for them (G16)."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, final

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorCrashed,
    ActorError,
    Backoff,
    Command,
    Event,
    Limits,
    Overflow,
    Request,
    Restart,
    Sink,
    Stream,
    Tap,
    TapEvent,
    open_mesh,
    secret,
)
from bus.errors import BusError
from bus.filter import Filter, FilterError
from bus.spec import Child, Supervisor
from bus.tap import QUEUE
from bus.tapevent import POINTS, of_envelope, to_json
from bus.testing import MeshUnderTest
from bus.testing.checkpoints import cancel_at_each_checkpoint


@final
@attrs.frozen(kw_only=True)
class Add(Request[int]):
    left: int
    right: int


@final
@attrs.frozen(kw_only=True)
class Fail(Request[None]):
    how: str


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    n: int = 0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Take(Command):
    """Its handler takes all waiting notes out of turn."""


@final
@attrs.frozen(kw_only=True)
class Count(Stream[str]):
    upto: int


@final
@attrs.frozen(kw_only=True)
class Relay(Request[int]):
    """The handler asks somebody else in turn."""


@final
@attrs.frozen(kw_only=True)
class Added(Event):
    total: int


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    why: str

    def __str__(self) -> str:
        return self.why


class Calculator(Actor):
    @Add.handler
    async def add(self, request: Add) -> int:
        await trio.sleep(0.25)
        total = request.left + request.right
        await self.bus.publish(Added(total=total))
        return total

    @Fail.handler
    async def fail(self, request: Fail) -> None:
        if request.how == "refuse":
            raise Refused(why="the key sk-1234567890abc is refused")
        raise OSError("a bug")

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(command.seconds)

    @Take.handler
    async def take(self, command: Take) -> None:
        self.drain(Note)

    @Count.handler
    async def count(self, request: Count, sink: Sink[str]) -> None:
        for n in range(request.upto):
            await sink.send(f"item {n}")


class Agent(Actor):
    @Relay.handler
    async def relay(self, request: Relay) -> int:
        return await self.bus.ask(Add(left=1, right=2))


class Listener(Actor):
    @Added.handler
    async def added(self, event: Added) -> None:
        pass


async def start(mesh: MeshUnderTest, **options: Any) -> None:
    await mesh.start(Calculator, name="calc", backoff=Backoff(first=0.5, jitter=0.0), **options)


@asynccontextmanager
async def watching(mesh: MeshUnderTest, filter: str = "") -> AsyncGenerator[list[dict[str, Any]]]:
    """What a tap shows until the block is left, without traces and at times relative to now."""
    shown: list[dict[str, Any]] = []
    began = mesh.bus.clock.monotonic()

    def describe(event: TapEvent) -> dict[str, Any]:
        line = to_json(event)
        line["at"] = round(line["at"] - began, 6)
        line.pop("trace", None)
        return line

    async with mesh.bus.tap(filter, rate=None) as tap:
        yield shown
        await mesh.settle()
        shown.extend([describe(event) for _, event in tap._queue])


def points(shown: list[dict[str, Any]]) -> list[str]:
    return [line["point"] for line in shown]


class TestThePoints:
    async def test_of_an_ask(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            assert await mesh.bus.ask(Add(left=1, right=2)) == 3
        about = {"type": "test_tap.Add@1", "kind": "ask", "to": "calc", "seq": 1}
        assert shown == [
            {"point": "sent", "at": 0.0, **about},
            {"point": "taken", "at": 0.0, **about, "wait": 0.0},
            {
                "point": "published",
                "at": 0.25,
                "type": "test_tap.Added@1",
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
                "type": "test_tap.Fail@1",
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
        about = {"type": "test_tap.Fail@1", "kind": "ask", "to": "calc", "seq": 1, "wait": 0.0}
        crashed = "crashed: while handling test_tap.Fail@1: OSError: a bug"
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
            await start(mesh, restart=Restart.TEMPORARY)
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
        assert first == {"point": "timer", "at": 2.0, "to": "calc", "detail": "test_tap.Note@1"}
        assert second == {"point": "timer", "at": 3.0, "to": "calc", "detail": "test_tap.Note@1 later"}
        assert shown[1]["from"] == shown[1]["to"] == "calc"
        assert shown[1]["kind"] == "timer"

    async def test_of_a_stream(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with mesh.bus.tap("type=test_tap.Count", rate=None) as tap:
            async with mesh.bus.stream(Count(upto=3)) as items:
                assert len([item async for item in items]) == 3
            seen = [await anext(tap) for _ in range(6)]
        assert [event.point for event in seen] == ["sent", "taken", "item", "item", "item", "replied"]
        assert [event.item for event in seen] == [None, None, "item 0", "item 1", "item 2", None]
        assert to_json(seen[3], body=True)["body"] == {"upto": 3}
        assert to_json(seen[3], body=True)["item"] == "item 1"
        assert "item" not in to_json(seen[3])

    async def test_of_an_event_that_an_actor_handles(self, mesh: MeshUnderTest) -> None:
        await mesh.start(Listener)
        async with watching(mesh) as shown:
            await mesh.bus.publish(Added(total=3))
        assert points(shown) == ["published", "sent", "taken", "replied"]
        assert [line["kind"] for line in shown] == ["event"] * 4
        assert ["to" in line for line in shown] == [False, True, True, True]

    async def test_of_messages_taken_out_of_turn(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with watching(mesh) as shown:
            await mesh.bus.tell(Take())
            await mesh.bus.tell(Note())
            await mesh.bus.tell(Note())
        joined = [line for line in shown if line.get("detail") == "joined 1"]
        assert [(line["point"], line["type"]) for line in joined] == [("taken", "test_tap.Note@1")] * 2
        assert points(shown) == ["sent", "sent", "sent", "taken", "taken", "taken", "replied"]

    @pytest.mark.parametrize(
        ("limits", "reason"),
        [
            (Limits(mailbox=1, overflow=Overflow.REJECT), "full"),
            (Limits(mailbox=1, overflow=Overflow.DROP_NEWEST), "dropped"),
        ],
    )
    async def test_of_a_message_that_is_lost(
        self, autojump_clock: Any, mesh: MeshUnderTest, limits: Limits, reason: str
    ) -> None:
        await start(mesh, limits=limits)
        await mesh.bus.tell(Note(seconds=1))
        await mesh.settle()
        await mesh.bus.tell(Note())
        async with watching(mesh, "point=buried") as shown:
            try:
                await mesh.bus.tell(Note(n=3))
            except BusError:
                assert reason == "full"
        assert shown == [
            {
                "point": "buried",
                "at": 0.0,
                "type": "test_tap.Note@1",
                "kind": "tell",
                "to": "calc",
                "seq": 3,
                "wait": 0.0,
                "outcome": reason,
            }
        ]

    async def test_name_who_sent_what_and_because_of_what(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.start(Agent, name="agent")
        async with mesh.bus.tap("point=sent", rate=None) as tap:
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


class TestATap:
    async def test_shows_only_what_its_filter_passes(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with (
            watching(mesh, "type=test_tap.Note point=taken") as notes,
            watching(mesh, "!type=test_tap.Note !point=sent") as rest,
        ):
            await mesh.bus.tell(Note())
            await mesh.bus.ask(Add(left=1, right=2))
        assert points(notes) == ["taken"]
        assert points(rest) == ["taken", "published", "replied"]

    async def test_with_a_filter_that_cannot_be_read_is_refused(self, mesh: MeshUnderTest) -> None:
        with pytest.raises(FilterError):
            async with mesh.bus.tap("typ=x"):
                raise AssertionError("unreachable")
        with pytest.raises(FilterError):
            mesh.bus.recorded("typ=x")

    async def test_is_attached_only_where_its_filter_looks_and_only_for_its_block(
        self, mesh: MeshUnderTest
    ) -> None:
        taps = mesh.bus.core.taps
        before = [getattr(taps, point) for point in POINTS]
        async with mesh.bus.tap("errors") as tap:
            assert [point for point in POINTS if tap in getattr(taps, point)] == [
                "failed",
                "buried",
                "crashed",
            ]
            async with mesh.bus.tap() as everything:
                assert all(everything in getattr(taps, point) for point in POINTS)
        assert [getattr(taps, point) for point in POINTS] == before

    async def test_has_no_limit_below_its_queue(self, mesh: MeshUnderTest) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        async with mesh.bus.tap("point=sent", rate=None) as tap:
            for n in range(2000):
                await mesh.bus.tell(Note(n=n))
            assert (len(tap._queue), tap.missed) == (QUEUE, 2000 - QUEUE)
            taken = [await tap.take() for _ in range(QUEUE)]
            assert {gap for gap, _ in taken} == {0}  # it is the newest that are missing
            await mesh.bus.tell(Note(n=5000))
            gap, event = await tap.take()
        assert gap == 2000 - QUEUE
        assert event.message == Note(n=5000)

    @pytest.mark.parametrize("filter", ["", "point=sent", "type=test_tap.*"])
    async def test_passes_two_hundred_a_second_on_and_counts_the_rest(
        self, autojump_clock: Any, mesh: MeshUnderTest, filter: str
    ) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        cell = mesh.cell("calc")
        cell.suspend()
        async with mesh.bus.tap(filter) as tap:
            for n in range(300):
                await mesh.bus.tell(Note(n=n))
            assert [await tap.take() for _ in range(200)][-1][1].message == Note(n=199)
            assert tap.missed == 100
            await trio.sleep(1)
            await mesh.bus.tell(Note(n=300))
            gap, event = await tap.take()
            assert (gap, event.message, tap.missed) == (100, Note(n=300), 100)
            await mesh.bus.tell(Note(n=301))
            assert (await tap.take())[0] == 0
        cell.resume()

    async def test_counts_only_what_it_would_have_shown(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        async with mesh.bus.tap("text~/needle/", rate=0) as tap:
            for _ in range(10):
                await mesh.bus.ask(Add(left=1, right=2))
            assert tap.missed == 0

    async def test_can_be_read_by_several(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        seen: list[int] = []

        async def read_one(tap: Tap) -> None:
            seen.append((await anext(tap)).seq)

        async with mesh.bus.tap("point=sent", rate=None) as tap, trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(read_one, tap)
                await mesh.settle()
            for _ in range(3):
                await mesh.bus.tell(Note())
        assert sorted(seen) == [1, 2, 3]

    async def test_loses_nothing_when_its_reader_is_cancelled(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        seen: list[Any] = []
        told = 0

        async def scenario() -> None:
            nonlocal told
            for _ in range(3):
                await mesh.bus.tell(Note(n=told))
                nursery.start_soon(mesh.bus.tell, Note(n=told + 1))
                told += 2
                for _ in range(2):
                    seen.append((await anext(tap)).message)  # noqa: PERF401

        async def check() -> None:
            await mesh.settle()
            while tap._queue:
                seen.append((await anext(tap)).message)
            assert [note.n for note in seen] == list(range(told))

        async with mesh.bus.tap("point=sent", rate=None) as tap, trio.open_nursery() as nursery:
            await cancel_at_each_checkpoint(scenario, check)

    async def test_whose_filter_fails_is_detached_and_nobody_else_notices(self, autojump_clock: Any) -> None:
        log: list[tuple[str, str, dict[str, Any]]] = []
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(
            tree, complete=False, log=lambda level, event, fields: log.append((level, event, fields))
        ) as mesh:
            faulty = Tap(Faulty([]), rate=None)
            mesh.core.taps.attach(faulty)
            async with mesh.bus.tap("point=replied", rate=None) as sound:
                assert await mesh.bus.ask(Add(left=1, right=2)) == 3
                assert await mesh.bus.ask(Add(left=3, right=4)) == 7
                assert [(await anext(sound)).seq for _ in range(2)] == [1, 2]
            assert (await anext(faulty)).point == "sent"  # what came before
            for _ in range(2):
                with pytest.raises(ZeroDivisionError):
                    await anext(faulty)
        assert [(level, event, fields["type"]) for level, event, fields in log] == [
            ("error", "tap detached: its filter failed", "test_tap.Add@1")
        ]

    async def test_whose_filter_fails_wakes_its_reader(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        faulty = Tap(Faulty([]), rate=None)
        mesh.bus.core.taps.attach(faulty)
        outcomes: list[str] = []

        async def read_all() -> None:
            try:
                async for event in faulty:
                    outcomes.append(event.point)  # noqa: PERF401
            except ZeroDivisionError:
                outcomes.append("error")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_all)
            await mesh.settle()
            await mesh.bus.tell(Note())
        assert outcomes == ["sent", "error"]


class Faulty(Filter):
    """Cannot stand messages that are taken."""

    def __call__(self, event: TapEvent) -> bool:
        return 1 / (event.point != "taken") > 0


class TestTheCost:
    @pytest.fixture
    def described(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Points that were described, whoever was to see them."""
        points: list[str] = []

        def describe(point: Any, *args: Any, **options: Any) -> TapEvent:
            points.append(point)
            return of_envelope(point, *args, **options)

        monkeypatch.setattr("bus.tap.of_envelope", describe)
        return points

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            (None, []),
            ("type=test_tap.Note", []),
            ("point=buried", []),
            ("errors type=test_tap.Add", []),
            ("type=test_tap.Add point=taken", ["taken"]),
            ("type=test_tap.Count point=item", ["item", "item"]),
        ],
    )
    async def test_of_what_nobody_wants_to_see_is_not_paid(
        self, autojump_clock: Any, described: list[str], filter: str | None, expected: list[str]
    ) -> None:
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(tree, complete=False) as mesh:
            async with mesh.bus.tap():
                pass  # one that came and went
            if filter is None:
                await traffic(mesh.bus)
            else:
                async with mesh.bus.tap(filter):
                    await traffic(mesh.bus)
        assert described == expected

    async def test_beyond_the_rate_is_not_paid(
        self, autojump_clock: Any, mesh: MeshUnderTest, described: list[str]
    ) -> None:
        mesh.bus.core.taps.detach(mesh.bus.core.taps.sent[0])  # the recorder of the harness
        await start(mesh)
        async with mesh.bus.tap(rate=5) as tap:
            await traffic(mesh.bus)
            assert len(described) == 5
            assert tap.missed > 0

    async def test_is_shared_by_all_who_see_the_same(self, described: list[str]) -> None:
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(tree, complete=False) as mesh:
            async with mesh.bus.tap("point=sent") as first, mesh.bus.tap("point=sent") as second:
                await mesh.bus.tell(Note())
                assert await anext(first) is await anext(second)
        assert described == ["sent"]

    @pytest.mark.parametrize("filter", ["", "text~/x/", "took>1s errors"])
    async def test_in_virtual_time_is_nothing_even_if_nobody_reads(
        self, autojump_clock: Any, mesh: MeshUnderTest, filter: str
    ) -> None:
        await start(mesh)
        alone = await instants(mesh)
        async with mesh.bus.tap(filter, rate=None), mesh.bus.tap(filter, rate=1):
            assert await instants(mesh) == alone


async def traffic(bus: Any) -> None:
    await bus.ask(Add(left=1, right=2))
    async with bus.stream(Count(upto=2)) as items:
        assert [item async for item in items] == ["item 0", "item 1"]


async def instants(mesh: MeshUnderTest) -> list[float]:
    """When each of many messages, more than any tap takes, came to its end."""
    began = mesh.bus.clock.monotonic()
    ended: list[float] = []

    async def ask(n: int) -> None:
        await trio.sleep(n * 0.01)
        await mesh.bus.ask(Add(left=n, right=n))
        ended.append(round(mesh.bus.clock.monotonic() - began, 6))

    async def tell() -> None:
        for n in range(QUEUE):
            await mesh.bus.tell(Note(n=n))

    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(ask, n)
        nursery.start_soon(tell)
    assert len(ended) == 20
    return ended


class TestAnEventForJson:
    def test_has_no_empty_fields_but_its_instant(self) -> None:
        assert to_json(TapEvent(point="sent", at=0.0, to="")) == {"point": "sent", "at": 0.0}

    def test_has_times_even_if_they_are_zero(self) -> None:
        shown = to_json(TapEvent(point="replied", at=1.23456789, to="a", wait=0.0, took=1e-9))
        assert shown == {"point": "replied", "at": 1.234568, "to": "a", "wait": 0.0, "took": 0.0}

    def test_says_when_it_is_injected(self) -> None:
        assert to_json(TapEvent(point="sent", at=0.0, to="", injected=True))["injected"] is True


@final
@attrs.frozen(kw_only=True)
class Login:
    user: str
    password: str = secret()


@final
@attrs.frozen(kw_only=True)
class Connect(Stream[Login]):
    login: Login
    token: str = secret()
    notes: tuple[str, ...] = ()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    others: tuple[Login, ...] = ()


KEY = "sk-1234567890abcdef"


class TestABody:
    def test_is_shown_only_on_request(self) -> None:
        event = TapEvent(point="sent", at=0.0, to="", message=Add(left=1, right=2))
        assert "body" not in to_json(event)
        assert to_json(event, body=True)["body"] == {"left": 1, "right": 2}

    def test_has_its_secret_fields_and_credentials_masked_at_any_depth(self) -> None:
        message = Connect(
            login=Login(user="ada", password="geheim"),
            token="geheim",
            notes=("fine", f"my key is {KEY}, keep it"),
            headers={"Authorization": "Bearer abcdefghijklmnop"},
            others=(Login(user=KEY, password="geheim"),),
        )
        assert to_json(TapEvent(point="sent", at=0.0, to="", message=message), body=True)["body"] == {
            "login": {"user": "ada", "password": "•••"},
            "token": "•••",
            "notes": ["fine", "my key is •••, keep it"],
            "headers": {"Authorization": "•••"},
            "others": [{"user": "•••", "password": "•••"}],
        }

    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            (Login(user="ada", password="geheim"), {"user": "ada", "password": "•••"}),
            (f"key {KEY}", "key •••"),
            ("x" * 300, "x" * 200 + "… (100 more)"),
            (7, "7"),
            ((Login(user=KEY, password="geheim"),), "(Login(user='•••'),)"),
            ({"key": KEY}, "{'key': '•••'}"),
        ],
    )
    def test_may_be_an_item_of_a_stream(self, item: Any, shown: Any) -> None:
        event = TapEvent(point="item", at=0.0, to="", item=item)
        assert to_json(event, body=True)["item"] == shown
        assert "item" not in to_json(event)

    def test_is_cut_only_after_it_was_masked(self) -> None:
        long = "x" * 190 + " " + KEY + "y" * 300
        event = TapEvent(point="sent", at=0.0, to="", message=Fail(how=long))
        assert "sk-" not in json.dumps(to_json(event, body=True))

    def test_leaves_no_credential_elsewhere_either(self) -> None:
        event = TapEvent(point="failed", at=0.0, to="", detail=f"refused: {KEY}", baggage={"origin": KEY})
        assert to_json(event) == {
            "point": "failed",
            "at": 0.0,
            "detail": "refused: •••",
            "baggage": {"origin": "•••"},
        }
