"""Any number of senders that die at any point, and people who look after what they leave: the promises of the outbox.

What a recipient got, part after part, is written down beside the outbox, as a person would see it. Whatever happens:
the rows of one recipient go out in order and one at a time; a part comes twice only with a mark that it may, and by
itself no more than that; and in the end each row was sent, or says that it was not.
"""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, final

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.session import deliveries, outbox
from actors.session.messages import (
    Claimed,
    ClaimOutbox,
    DropOutbox,
    MarkOutbox,
    OutboxRow,
    Push,
    RetryOutbox,
)
from actors.storage import micros
from tests.fakes.ledger import Ledger

PARTS: Final = 3
"""Of every row."""
CHATS: Final = ("41", "42")


@final
@attrs.define
class Known:
    """What is known of a row beside the outbox."""

    chat: str
    not_before: int
    tried: int = 0
    """How often it was claimed."""
    got: list[tuple[int, bool]] = attrs.field(factory=list[tuple[int, bool]])
    """The parts that have arrived, each with whether it was marked as a possible repeat."""
    asked_again: int = 0
    """How often a person has had it sent again."""


class Senders(RuleBasedStateMachine):
    """One sender at a time, as a channel has it; the next one takes over when it has died."""

    def __init__(self) -> None:
        super().__init__()

        self.folder = TemporaryDirectory()

        self.ledger = Ledger(Path(self.folder.name))
        self.rows: dict[int, Known] = {}
        self.in_hand: dict[int, OutboxRow] = {}
        self.senders = 0

    def teardown(self) -> None:
        self._drain()
        states = dict(self.ledger.connection.execute("SELECT id, state FROM outbox").fetchall())
        for id, row in self.rows.items():
            arrived = {part for part, _ in row.got}
            assert states[id] in {"sent", "doubtful", "dead", "dropped"}
            assert states[id] != "sent" or arrived == set(range(PARTS))
        self.ledger.close()
        self.folder.cleanup()

    @property
    def now(self) -> int:
        return micros(self.ledger.now)

    def state(self, id: int) -> str:
        query = "SELECT state FROM outbox WHERE id = ?"
        return str(self.ledger.connection.execute(query, (id,)).fetchone()[0])

    # --- what happens ---

    @rule(chat=st.sampled_from(CHATS), minutes=st.sampled_from([0, 0, 10]))
    def push(self, chat: str, minutes: int) -> None:
        number = len(self.rows) + 1
        later = self.ledger.now + timedelta(minutes=minutes)
        request = Push(
            user="ada", channel="telegram", recipient=chat, key=str(number), body={}, not_before=later
        )
        self.ledger.run(outbox.push, request, self.now)
        self.rows[number] = Known(chat, micros(later) if minutes else 0)

    @rule(heard=st.booleans())
    def claim(self, heard: bool) -> None:  # noqa: FBT001
        """`heard`: the answer arrives."""
        in_hand = tuple(self.in_hand)
        request = ClaimOutbox(channel="telegram", claimer=f"bot {self.senders}", in_hand=in_hand)
        now = self.now
        found: tuple[Claimed, object] = self.ledger.run(outbox.claim, request, self.ledger.boot, now)
        chats = [row.recipient for row in (*self.in_hand.values(), *found[0].rows)]
        assert len(chats) == len(set(chats)), "one at a time for each recipient"
        for row in found[0].rows:
            self._is_next(row.id, now)
            self.rows[row.id].tried += 1
            if heard:
                self.in_hand[row.id] = row

    def _is_next(self, id: int, now: int) -> None:
        """Of what has been begun or may be sent, nothing that is older is left."""
        known = self.rows[id]
        older = [
            other
            for other, row in self.rows.items()
            if other < id and row.chat == known.chat and (row.tried or row.not_before <= now)
        ]
        assert all(self.state(each) not in {"pending", "sending"} for each in older)

    @precondition(lambda self: self.in_hand)
    @rule(which=st.integers(0, 3), fate=st.sampled_from(["arrives", "arrives", "unknown", "busy", "refused"]))
    def send(self, which: int, fate: str) -> None:
        """Send the next part of a row. `unknown`: it may have arrived, and it has or has not."""
        id = sorted(self.in_hand)[which % len(self.in_hand)]
        row = self.in_hand[id]
        part = len(row.sent)
        if fate in {"arrives", "unknown"}:
            self.rows[id].got.append((part, row.doubtful))
        if fate == "arrives" and part + 1 < PARTS:
            self._mark(id, state="sending", sent=(f"m{part}",))
            self.in_hand[id] = attrs.evolve(row, sent=(*row.sent, f"m{part}"), doubtful=False)
            return
        del self.in_hand[id]
        if fate == "arrives":
            self._mark(id, state="sent", sent=(f"m{part}",))
        elif fate == "busy":
            self._mark(id, state="pending", next_at=self.ledger.now + timedelta(minutes=3))
        else:
            self._mark(id, state="doubtful" if fate == "unknown" else "dead", reason=fate)

    def _mark(self, id: int, **fields: object) -> None:
        self.ledger.run(outbox.mark, MarkOutbox(id=id, **fields), self.now)  # type: ignore[arg-type]

    @precondition(lambda self: self.in_hand)
    @rule(arrives=st.booleans())
    def die_while_sending(self, arrives: bool) -> None:  # noqa: FBT001
        """The process ends while each row in hand has a part on its way."""
        for id, row in self.in_hand.items():
            if arrives:
                self.rows[id].got.append((len(row.sent), row.doubtful))
        self._die()

    @rule()
    def die(self) -> None:
        self._die()

    def _die(self) -> None:
        self.in_hand.clear()
        self.ledger.kill()
        self.ledger.recover()

    @rule()
    def another_sender_takes_over(self) -> None:
        """The actor crashes, the process goes on."""
        self.in_hand.clear()
        self.senders += 1

    @rule(minutes=st.sampled_from([1, 5, 15]))
    def wait(self, minutes: int) -> None:
        self.ledger.now += timedelta(minutes=minutes)

    @rule(minutes=st.sampled_from([1, 60]))
    def set_the_clock_back(self, minutes: int) -> None:
        self.ledger.now -= timedelta(minutes=minutes)

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 9), drop=st.booleans())
    def look_after(self, which: int, drop: bool) -> None:  # noqa: FBT001
        id = sorted(self.rows)[which % len(self.rows)]
        if self.state(id) not in {"doubtful", "dead"}:
            return
        kind = DropOutbox if drop else RetryOutbox
        act = deliveries.drop if drop else deliveries.retry
        self.ledger.run(act, kind(id=id, user="ada", role="user"), self.now)  # type: ignore[arg-type]
        self.rows[id].asked_again += not drop

    # --- what must hold ---

    @invariant()
    def a_part_comes_twice_only_with_a_mark_and_by_itself_no_more_than_that(self) -> None:
        for row in self.rows.values():
            for part in range(PARTS):
                marks = [marked for number, marked in row.got if number == part]
                assert all(marks[1:]), "without a mark"
                assert len(marks) <= 2 + row.asked_again
            assert [part for part, _ in row.got] == sorted(part for part, _ in row.got)

    def _drain(self) -> None:
        """A sender that works, as long as there is something to be sent."""
        self.senders += 1
        self.in_hand.clear()
        while any(self.state(id) in {"pending", "sending"} for id in self.rows):
            self.claim(heard=True)
            while self.in_hand:
                self.send(0, "arrives")
            self.ledger.now += timedelta(minutes=15)
        self.a_part_comes_twice_only_with_a_mark_and_by_itself_no_more_than_that()


TestSenders = Senders.TestCase
TestSenders.settings = settings(stateful_step_count=25)
