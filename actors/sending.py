"""Sending what waits in the outbox of a channel: claimed, handed to the channel for many recipients at once, marked.

What a channel brings is a function that sends one row and says how that ended. It sends the parts after those that are
in ``row.sent``, tells of each with :meth:`Parcel.arrived`, and where ``row.doubtful`` says that the first of them may
have arrived already, has that part say so.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, final

import attrs
import trio

from actors.session import messages as session
from actors.vocabulary import Channel
from bus import Backoff, Bus, Data, DeliveryError, Lag, Subscription, crash_point, redacted

RETRY: Final = Backoff(first=1.0, cap=600.0)
"""When a row is tried again that fails again and again."""
ANSWERS: Final = Backoff(first=0.2, cap=10.0)
"""When the ledger is asked again that does not answer."""
GRACE: Final = 3.0
"""Seconds that a part on its way has to arrive once the program stops."""
LOOK: Final = 60.0
"""Seconds after which one looks again whatever the clock on the wall says."""
STOPPED: Final = "the program was stopped"
BROKEN: Final = "something went wrong in the program itself; its log says what"
_DOWN: Final = (DeliveryError, session.StorageFailed)


@final
@attrs.frozen
class Sent(Data):
    """All of it has arrived."""

    ids: tuple[str, ...] = ()
    """What the platform calls the parts of which nothing was told yet."""


@final
@attrs.frozen
class Again(Data):
    """The part that was to be sent now has not arrived, and is to be tried again, for as long as it takes."""

    reason: str
    """A sentence for people."""
    seconds: float | None = None
    """From now; None for longer and longer each time, up to `most`."""
    most: float = RETRY.cap
    perhaps: bool = False
    """It might have arrived all the same, against all odds: its reader is to be told."""


@final
@attrs.frozen
class InDoubt(Data):
    """Nobody can say whether the part that was to be sent now has arrived."""

    reason: str


@final
@attrs.frozen
class GivenUp(Data):
    """It will not arrive, however often it is tried."""

    reason: str


@final
@attrs.frozen
class Unwanted(Data):
    """There is nobody any more who would get it, and who could miss it."""


Fate = Sent | Again | InDoubt | GivenUp | Unwanted


@final
class Parcel:
    """A row while it is being sent."""

    def __init__(self, sender: "Sender", row: session.OutboxRow) -> None:
        self._sender = sender
        self.row = row
        self.failures = sender.failures.get(row.id, 0)
        """How often it could not be sent since something of it has arrived, in this life of the channel."""

    @property
    def stopping(self) -> bool:
        """Whether no further part is to be begun: the program stops."""
        return self._sender.stopped.is_set()

    async def rest(self, seconds: float) -> None:
        """Wait, but no longer than until the program stops."""
        with trio.move_on_after(seconds):
            await self._sender.stopped.wait()

    async def arrived(self, *ids: str) -> None:
        """Store that parts have arrived; no further one may be sent before that."""
        crash_point("outbox", "before_mark")
        await self._sender.mark(session.MarkOutbox(id=self.row.id, state="sending", sent=ids))
        crash_point("outbox", "after_mark")
        self._sender.failures.pop(self.row.id, None)


Send = Callable[[Parcel], Awaitable[Fate]]


@final
class Sender:
    """Sends the rows of one channel: of each recipient in order, of up to `recipients` at once."""

    def __init__(
        self,
        bus: Bus,
        channel: Channel,
        send: Send,
        *,
        ready: Callable[[], bool],
        recipients: int = 16,
    ) -> None:
        """`ready` says whether anything can be sent at all; once it can again, :meth:`look` is to be called.

        A bug in `send` costs its row, and ends :meth:`run` once the others have had time to come to an end.
        """
        self._bus = bus
        self._channel: Channel = channel
        self._send = send
        self._ready = ready
        self._recipients = recipients
        self._claimer = bus.ids.uuid()
        self._in_hand: set[int] = set()
        self._unanswered = 0
        self._woken = trio.Event()
        self._work = trio.CancelScope(shield=True)
        self._fault: Exception | None = None
        self.stopped = trio.Event()
        """No further part is to be begun."""
        self.failures: dict[int, int] = {}
        """How often each row could not be sent since something of it has arrived, by id."""

    @property
    def in_hand(self) -> int:
        """How many rows are being sent."""
        return len(self._in_hand)

    def look(self) -> None:
        """Look for what is to be sent."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled. What is on its way then has :data:`GRACE` seconds; the rest is put back."""
        due = self._bus.subscribe(session.OutboxDue, lag=Lag.DROP_OLDEST)
        async with due as events, trio.open_nursery() as nursery:
            nursery.start_soon(self._take_turns)
            try:
                await self._listen(events)
            finally:
                self._stop()

    def _stop(self) -> None:
        self.stopped.set()
        self._work.deadline = min(self._work.deadline, trio.current_time() + GRACE)
        self.look()

    async def _listen(self, events: Subscription[session.OutboxDue]) -> None:
        missed = 0
        async for event in events:
            if event.channel == self._channel or events.missed > missed:
                missed = events.missed
                self.look()

    async def _take_turns(self) -> None:
        """Claim and send, out of reach of a cancellation, which would leave in doubt what is on its way."""
        with self._work:
            async with trio.open_nursery() as rows:
                while not self.stopped.is_set():
                    self._woken = trio.Event()
                    seconds = await self._claim(rows)
                    with trio.move_on_after(seconds):
                        await self._woken.wait()
        if self._fault is not None:
            raise self._fault

    async def _claim(self, rows: trio.Nursery) -> float:
        """Begin with what is due, as far as there is room. Gives the seconds until more is."""
        room = self._recipients - len(self._in_hand)
        if room <= 0 or not self._ready():
            return LOOK
        in_hand = tuple(sorted(self._in_hand))
        asked = session.ClaimOutbox(channel=self._channel, claimer=self._claimer, in_hand=in_hand, limit=room)
        try:
            claimed = await self._bus.ask(asked)
        except _DOWN:
            self._unanswered += 1
            return ANSWERS.delay(self._unanswered, self._bus.ids.random())
        self._unanswered = 0
        for row in claimed.rows:
            self._in_hand.add(row.id)
            rows.start_soon(self._carry, row)
        if claimed.next_at is None:
            return LOOK
        return min(LOOK, max(0.0, (claimed.next_at - self._bus.clock.now()).total_seconds()))

    async def _carry(self, row: session.OutboxRow) -> None:
        try:
            with self._bus.baggage(user=row.user, origin=f"outbox:{row.id}"):
                await self.mark(self._verdict(row, await self._fate(row)))
                crash_point("outbox", "after_end")
        finally:
            self._in_hand.discard(row.id)
            self.look()

    async def _fate(self, row: session.OutboxRow) -> Fate:
        if self.stopped.is_set():
            return Again(STOPPED, 0.0)
        crash_point("outbox", "before_send")
        try:
            # A secret may have become one since the row was stored.
            return await self._send(Parcel(self, attrs.evolve(row, body=redacted(row.body))))
        except DeliveryError as error:
            return Again(str(error))
        except Exception as error:  # noqa: BLE001 - raised again when the others have come to an end
            self._fault = self._fault or error
            self._stop()
            return GivenUp(BROKEN)

    def _verdict(self, row: session.OutboxRow, fate: Fate) -> session.MarkOutbox | session.DropOutbox:
        match fate:
            case Unwanted():
                self.failures.pop(row.id, None)
                return session.DropOutbox(id=row.id, user=row.user, role="user")
            case Sent(ids=ids):
                crash_point("outbox", "before_mark")
                self.failures.pop(row.id, None)
                return session.MarkOutbox(id=row.id, state="sent", sent=ids)
            case GivenUp(reason=reason):
                self.failures.pop(row.id, None)
                return session.MarkOutbox(id=row.id, state="dead", reason=reason)
            case InDoubt(reason=reason):
                return session.MarkOutbox(id=row.id, state="doubtful", reason=reason, next_at=self._next(row))
            case Again():
                next_at = self._next(row, fate.seconds, fate.most)
                return session.MarkOutbox(
                    id=row.id, state="pending", reason=fate.reason, next_at=next_at, perhaps=fate.perhaps
                )

    def _next(
        self, row: session.OutboxRow, seconds: float | None = None, most: float = RETRY.cap
    ) -> datetime:
        """When a row is tried again."""
        if seconds is None:
            failures = self.failures[row.id] = self.failures.get(row.id, 0) + 1
            seconds = min(RETRY.delay(failures, self._bus.ids.random()), most)
        return self._bus.clock.now() + timedelta(seconds=seconds)

    async def mark(self, request: session.MarkOutbox | session.DropOutbox) -> None:
        """Say what became of a row, until the ledger has heard it."""
        failures = 0
        while True:
            with suppress(*_DOWN):
                with suppress(session.UnknownDelivery, session.DeliveryClosed):  # a person was faster
                    await self._bus.ask(request)
                return
            failures += 1
            await trio.sleep(ANSWERS.delay(failures, self._bus.ids.random()))
