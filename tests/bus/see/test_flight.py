"""The flight recorder keeps how the last messages ended without being asked, small ones whole (G16)."""

import gc
import weakref
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar, Literal, Optional, final

import attrs
import pytest
import trio

from bus import (
    Actor,
    ActorCrashed,
    ActorError,
    Backoff,
    Command,
    DeadlineExceeded,
    Event,
    Message,
    NoRoute,
    Request,
    Sink,
    Stream,
)
from bus.message.envelope import NO_BAGGAGE, Dropped, Envelope
from bus.run.reply import Reply
from bus.see.flight import CAPACITY, SMALL, FlightRecorder
from bus.see.tapevent import TapEvent
from bus.testing import MeshUnderTest


class Colour(Enum):
    RED = "red"


@final
@attrs.frozen(kw_only=True)
class Say(Request[str]):
    within: ClassVar[float] = 5.0
    text: str = ""
    how: str = "answer"


@final
@attrs.frozen(kw_only=True)
class Page:
    text: str


@final
@attrs.frozen(kw_only=True)
class Fetch(Request[Page]):
    pass


class Archive(Actor):
    @Fetch.handler
    async def fetch(self, request: Fetch) -> Page:
        return Page(text="x" * 100_000)


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Take(Command):
    pass


@final
@attrs.frozen(kw_only=True)
class Count(Stream[int]):
    upto: int


@final
@attrs.frozen(kw_only=True)
class Happened(Event):
    pass


@final
@attrs.frozen(kw_only=True)
class Nobodys(Command):
    pass


class Refused(ActorError):
    pass


class Talker(Actor):
    @Say.handler
    async def say(self, request: Say) -> str:
        if request.how == "refuse":
            raise Refused("not today")
        if request.how == "crash":
            raise OSError("a bug")
        if request.how == "sleep":
            await trio.sleep(10)
        return request.text

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(0.5)

    @Take.handler
    async def take(self, command: Take) -> None:
        self.drain(Note)

    @Count.handler
    async def count(self, request: Count, sink: Sink[int]) -> None:
        for number in range(request.upto):
            await sink.send(number)


async def start(mesh: MeshUnderTest, **options: Any) -> None:
    await mesh.start(Talker, name="talker", backoff=Backoff(first=0.5, jitter=0.0), **options)


def ends(mesh: MeshUnderTest, filter: str = "") -> list[tuple[str, str, str]]:
    """Class, point and outcome of what is recorded."""
    return [
        (event.type.partition(".")[2].partition("@")[0], event.point, event.outcome)
        for event in mesh.console.recorded(filter)
    ]


class TestWhatIsRecorded:
    async def test_is_how_each_message_ended(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.bus.ask(Say(text="hello"))
        with pytest.raises(Refused):
            await mesh.bus.ask(Say(how="refuse"))
        async with mesh.bus.stream(Count(upto=3)) as items:
            assert [item async for item in items] == [0, 1, 2]
        await mesh.bus.tell(Note())
        with pytest.raises(DeadlineExceeded):
            await mesh.bus.ask(Say(how="sleep"))
        await mesh.settle()
        with pytest.raises(NoRoute):
            await mesh.bus.tell(Nobodys())
        with pytest.raises(ActorCrashed):
            await mesh.bus.ask(Say(how="crash"))
        assert ends(mesh) == [
            ("Say", "replied", "ok"),
            ("Say", "failed", "error"),
            ("Count", "replied", "ok"),
            ("Note", "replied", "ok"),
            ("Say", "buried", "expired"),
            ("Nobodys", "buried", "no_route"),
            ("Say", "buried", "crashed"),
        ]

    async def test_includes_what_was_taken_out_of_turn(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.bus.tell(Take())
        await mesh.bus.tell(Note())
        await mesh.settle()
        assert ends(mesh) == [("Note", "taken", ""), ("Take", "replied", "ok")]

    async def test_has_the_fields_of_a_tap(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        await start(mesh)
        began = mesh.bus.clock.monotonic()
        await mesh.bus.tell(Note())
        with mesh.bus.baggage(user="ada"):
            with pytest.raises(Refused):
                await mesh.bus.ask(Say(how="refuse"))
        _, event = mesh.console.recorded()
        assert event == TapEvent(
            point="failed",
            at=began + 0.5,
            to="talker",
            sender="",
            type="test_flight.Say@1",
            kind="ask",
            seq=2,
            trace=event.trace,
            wait=0.5,
            took=0.0,
            outcome="error",
            detail="Refused: not today",
            baggage={"user": "ada"},
            message=Say(how="refuse"),
        )

    async def test_can_be_searched_with_the_filters_of_a_tap(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await start(mesh)
        for text in ("one", "two"):
            await mesh.bus.ask(Say(text=text))
        await mesh.bus.tell(Note())
        await trio.sleep(1)
        with pytest.raises(Refused):
            await mesh.bus.ask(Say(how="refuse"))
        assert ends(mesh, "type=test_flight.Note") == [("Note", "replied", "ok")]
        assert ends(mesh, "errors") == [("Say", "failed", "error")]
        assert ends(mesh, "text~two") == [("Say", "replied", "ok")]
        assert ends(mesh, "took>400ms") == [("Note", "replied", "ok")]
        assert ends(mesh, "point=sent") == []

    async def test_is_the_newest(self, mesh: MeshUnderTest) -> None:
        for n in range(CAPACITY + 10):
            with pytest.raises(NoRoute):
                await mesh.bus.tell(Note(n=n))
        recorded: list[Any] = [event.message for event in mesh.console.recorded()]
        assert [note.n for note in recorded] == list(range(10, CAPACITY + 10))


# --- what is kept whole ---------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Scalars(Command):
    number: int = 1
    ratio: float | None = None
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    colour: Colour = Colour.RED
    flag: Literal[1, 2] = 1
    word: Literal["a", "b"] | None = "a"
    maybe: Optional[bool] = None  # noqa: UP045 - the old way to write it


@final
@attrs.frozen(kw_only=True)
class Unmeasured(Command):
    measured: ClassVar[bool] = False
    text: str = ""


@final
@attrs.frozen(kw_only=True)
class Texts(Command):
    text: str = ""
    data: bytes | None = None
    either: str | bytes = ""


@final
@attrs.frozen(kw_only=True)
class Several(Command):
    texts: tuple[str, ...] = ()


@final
@attrs.frozen(kw_only=True)
class Nested(Command):
    inner: Scalars = Scalars()


@final
@attrs.frozen(kw_only=True)
class Free(Command):
    value: Any = None


def record(message: Message) -> Envelope:
    """The envelope as the recorder keeps it."""
    recorder = FlightRecorder()
    recorder.record("replied", envelope_of(message), 1.0, "detail")
    (kept,) = recorder
    assert (kept.at, kept.point, kept.detail) == (1.0, "replied", "detail")
    return kept.envelope


def envelope_of(message: Message) -> Envelope:
    return Envelope(
        seq=1,
        kind="tell",
        message=message,
        trace=7,
        cause=0,
        sender="a",
        to="b",
        sent_at=0.0,
        deadline=10.0,
        baggage=NO_BAGGAGE,
        reply=Reply(),
    )


class TestAMessage:
    @pytest.mark.parametrize(
        "message",
        [
            Scalars(),
            Scalars(ratio=1.5, flag=2, word=None, maybe=True),
            Texts(),
            Texts(text="x" * (SMALL - 100), data=b"x", either=b""),
            Several(),
            Nested(),
            Free(),
            Happened(),
        ],
    )
    def test_that_is_small_is_kept_whole(self, message: Message) -> None:
        assert record(message).message is message

    @pytest.mark.parametrize(
        "message",
        [
            Texts(text="x" * (SMALL + 1)),
            Texts(data=b"x" * (SMALL + 1)),
            Texts(either="x" * (SMALL + 1)),
            Several(texts=("x" * SMALL,)),
            Free(value={"x": ["x" * SMALL]}),
            Unmeasured(),
        ],
    )
    def test_that_is_large_is_kept_by_its_envelope_alone(self, message: Message) -> None:
        kept = record(message)
        assert kept.message == Dropped(type(message))
        assert (kept.seq, kept.trace, kept.to, kept.reply, kept.target) == (1, 7, "b", None, None)

    async def test_that_was_large_is_shown_without_a_body(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        await mesh.bus.ask(Say(text="x" * (SMALL + 1)))
        (event,) = mesh.console.recorded()
        assert (event.type, event.point, event.message) == ("test_flight.Say@1", "replied", None)
        assert mesh.console.recorded("type=test_flight.Say text~Say") == [event]
        assert mesh.console.recorded("text~xxx") == []

    async def test_that_was_large_is_not_kept_alive(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        large = Say(text="x" * 100_000)
        await mesh.bus.ask(large)
        await mesh.bus.ask(Say())  # the loop of the actor remembers its last message
        gone = weakref.ref(large)
        del large
        gc.collect()
        assert gone() is None
        assert len(mesh.bus.core.flight) == 2

    async def test_keeps_neither_its_answer_nor_its_asker_alive(self, mesh: MeshUnderTest) -> None:
        async def ask() -> None:
            task.append(weakref.ref(trio.lowlevel.current_task().coro))
            answer.append(weakref.ref(await mesh.bus.ask(Fetch())))

        answer: list[weakref.ref[Any]] = []
        task: list[weakref.ref[Any]] = []
        await mesh.start(Archive)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
        gc.collect()
        assert len(mesh.bus.core.flight) == 1
        assert (answer[0](), task[0]()) == (None, None)
