"""Random crashes, cancellations, stops, restarts: every ask ends once and in time, no message is missing (G5, G9)."""

from collections import Counter
from functools import partial
from typing import Any, ClassVar, Literal, final

import attrs
import trio
from hypothesis import given, note
from hypothesis import strategies as st

from bus import (
    Abandon,
    Actor,
    ActorCrashed,
    ActorError,
    ActorStopped,
    AskCycle,
    Backoff,
    Command,
    DeadlineExceeded,
    DeliveryError,
    Lane,
    Limits,
    MailboxFull,
    Overflow,
    Quarantined,
    Request,
    concurrent,
)
from bus.run.running import RunningActor
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.virtual import in_virtual_time
from tests.bus.world import end

Manner = Literal["reply", "refuse", "crash", "finish", "call", "call in a circle"]
WITHIN = 5.0


@attrs.define(eq=False)
class Refused(ActorError):
    n: int


class _Job(Request[int]):
    """How long its handler takes and how it ends."""

    __slots__ = ()
    within: ClassVar[float] = WITHIN


@final
@attrs.frozen(kw_only=True)
class Read(_Job):
    n: int
    takes: float
    manner: Manner


@final
@attrs.frozen(kw_only=True)
class Write(_Job):
    abandon: ClassVar[Abandon] = Abandon.FINISH
    n: int
    takes: float
    manner: Manner


@final
@attrs.frozen(kw_only=True)
class Aside(_Job):
    overflow: ClassVar[Overflow] = Overflow.REJECT
    n: int
    takes: float
    manner: Manner


@final
@attrs.frozen(kw_only=True)
class Urgent(_Job):
    lane: ClassVar[Lane] = Lane.CONTROL
    n: int
    takes: float
    manner: Manner


@final
@attrs.frozen(kw_only=True)
class Poke(Command):
    within: ClassVar[float | None] = 3.0
    n: int
    takes: float
    manner: Manner


@final
@attrs.frozen(kw_only=True)
class Favour(Request[int]):
    """What the victim asks of its friend, which may ask back."""

    within: ClassVar[float] = WITHIN
    n: int
    takes: float
    back: bool


Message = Read | Write | Aside | Urgent | Poke
KINDS: list[type[Message]] = [Read, Write, Aside, Urgent, Poke]


class Victim(Actor):
    def __init__(self, begun: Counter[int]) -> None:
        self._begun = begun

    async def _do(self, message: Message) -> int:
        self._begun[message.n] += 1
        if message.takes:
            await trio.sleep(message.takes)
        match message.manner:
            case "refuse":
                raise Refused(message.n)
            case "crash":
                raise RuntimeError(f"crash {message.n}")
            case "finish":
                end(self)
            case "call" | "call in a circle":
                back = message.manner == "call in a circle"
                await self.bus.ask(Favour(n=message.n, takes=message.takes / 2, back=back))
            case "reply":
                pass
        return message.n

    @Read.handler
    async def read(self, request: Read) -> int:
        return await self._do(request)

    @Write.handler
    async def write(self, request: Write) -> int:
        return await self._do(request)

    @Aside.handler
    @concurrent(2)
    async def aside(self, request: Aside) -> int:
        return await self._do(request)

    @Urgent.handler
    async def urgent(self, request: Urgent) -> int:
        return await self._do(request)

    @Poke.handler
    async def poke(self, command: Poke) -> None:
        await self._do(command)


class Friend(Actor):
    @Favour.handler
    async def favour(self, request: Favour) -> int:
        await trio.sleep(request.takes)
        if request.back:
            await self.bus.ask(Read(n=-1 - request.n, takes=0.0, manner="reply"))
        return request.n


# --- what happens -----------------------------------------------------------------------------------------

TIMES = st.sampled_from((0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0))


@attrs.frozen
class Send:
    """A message at a time, given up by its sender after `patience`."""

    at: float
    kind: type[Message]
    takes: float
    manner: Manner
    patience: float


@attrs.frozen
class Strike:
    """Something done to one of the two actors at a time."""

    at: float
    whom: Literal["victim", "friend"]
    what: Literal["crash", "restart", "cancel", "suspend", "resume", "stop"]


MANNERS: st.SearchStrategy[Manner] = st.sampled_from(
    ("reply", "reply", "reply", "refuse", "crash", "finish", "call", "call", "call in a circle")
)
PATIENCE = st.sampled_from((100.0, 100.0, 0.0, 0.25, 1.0, 2.0))
DURATIONS = st.sampled_from((0.0, 0.0, 0.5, 1.0, 7.0))
SENDS = st.lists(st.builds(Send, TIMES, st.sampled_from(KINDS), DURATIONS, MANNERS, PATIENCE), max_size=25)
STRIKES = st.lists(
    st.builds(
        Strike,
        TIMES,
        st.sampled_from(("victim", "victim", "friend")),
        st.sampled_from(("crash", "restart", "cancel", "suspend", "resume", "resume", "stop")),
    ),
    max_size=4,
)
LIMITS = st.builds(
    Limits,
    mailbox=st.integers(1, 4),
    stop_within=st.sampled_from((0.25, 2.0)),
    settle_within=st.sampled_from((0.0, 1.0)),
)


class Auditor(trio.abc.Instrument):
    """Looks at the books after every single step of every task."""

    def __init__(self, cells: list[RunningActor]) -> None:
        self._addresss = cells
        self.steps = 0
        self.faults: set[str] = set()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        self.steps += 1
        for cell in self._addresss:
            if not cell.conserved():
                self.faults.add(f"{cell.books} do not balance after a step of {task.name}")
            if len(cell.mailbox.waiting) > cell.limits.mailbox + 1:  # one may have been put back
                self.faults.add(f"{len(cell.mailbox.waiting)} in {cell.limits.mailbox} places")


class World:
    """One run: who sent what, and what came of it."""

    def __init__(self, mesh: MeshUnderTest) -> None:
        self.mesh = mesh
        self.begun: Counter[int] = Counter()
        self.ends: Counter[int] = Counter()
        self.faults: list[str] = []

    async def run(self, sends: list[Send], strikes: list[Strike], limits: Limits) -> None:
        options: dict[str, Any] = {
            "limits": limits,
            "backoff": Backoff(first=0.5, cap=1.0, jitter=0.0),
        }
        cells = [
            await self.mesh.start(partial(Victim, self.begun), name="victim", **options),
            await self.mesh.start(Friend, name="friend", **options),
        ]
        auditor = Auditor(cells)
        trio.lowlevel.add_instrument(auditor)
        try:
            async with trio.open_nursery() as nursery:
                for n, send in enumerate(sends):
                    nursery.start_soon(self._send, n, send)
                for strike in strikes:
                    nursery.start_soon(self._strike, self.mesh.cell(strike.whom), strike)
            for cell in cells:
                cell.resume()
            await trio.sleep(30)
        finally:
            trio.lowlevel.remove_instrument(auditor)
        assert auditor.steps
        assert not auditor.faults
        self._check(cells, len(sends))

    async def _send(self, n: int, send: Send) -> None:
        await trio.sleep(send.at)
        message = send.kind(n=n, takes=send.takes, manner=send.manner)
        with trio.move_on_after(send.patience) as scope:
            try:
                await self._deliver(message)
            except Refused as error:
                self._note(n, error.n == n, f"the refusal of {error.n}")
            except DeliveryError as error:
                self._note(n, self._is_plausible(error, n), f"{error!r}")
            except trio.Cancelled:
                self.ends[n] += 1
                raise
        late = trio.current_time() - send.at - min(send.patience, WITHIN)
        if isinstance(message, Request) and late > 1e-9:
            self.faults.append(f"{n} ended {late} too late, cancelled: {scope.cancelled_caught}")

    async def _deliver(self, message: Message) -> None:
        if isinstance(message, Poke):
            await self.mesh.bus.tell(message)
            self._note(message.n, True, "")
        else:
            answer = await self.mesh.bus.ask(message)
            self._note(message.n, answer == message.n, f"the answer {answer}")

    def _note(self, n: int, right: bool, what: str) -> None:  # noqa: FBT001 - what was found
        self.ends[n] += 1
        if not right:
            self.faults.append(f"{n} got {what}, begun {self.begun[n]} times")

    def _is_plausible(self, error: DeliveryError, n: int) -> bool:
        known = (ActorCrashed, ActorStopped, AskCycle, DeadlineExceeded, MailboxFull, Quarantined)
        return type(error) in known and error.retry_safe == (self.begun[n] == 0) and len(error.trace) == 32

    async def _strike(self, cell: RunningActor, strike: Strike) -> None:
        async def crash() -> None:
            raise RuntimeError("struck")

        await trio.sleep(strike.at)
        match strike.what:
            case "crash":
                if cell.running:
                    cell.spawn(crash)
            case "restart":
                await self.mesh.mesh.root.restart_child(strike.whom)
            case "cancel":
                cell.cancel()
            case "suspend":
                cell.suspend()
            case "resume":
                cell.resume()
            case "stop":
                cell.request_stop()

    def _check(self, cells: list[RunningActor], sent: int) -> None:
        bus = self.mesh.bus
        assert self.faults == []
        assert self.ends == Counter(range(sent))
        assert all(count <= 1 for count in self.begun.values())
        assert len(bus.core.deadlines) == 0
        assert bus.core.waits.idle
        for cell in cells:
            assert cell.idle
            assert cell.mailbox.waiting_writers == 0
        buried = [entry.letter.seq for entry in bus.core.dead.ring]
        assert len(buried) == len(set(buried))


@given(sends=SENDS, strikes=STRIKES, limits=LIMITS)
def test_every_message_has_exactly_one_end(sends: list[Send], strikes: list[Strike], limits: Limits) -> None:
    async def run() -> None:
        async with open_test_mesh() as mesh:
            await World(mesh).run(sends, strikes, limits)

    note(f"{len(sends)} messages")
    in_virtual_time(run)
