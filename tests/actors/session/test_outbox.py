"""What is pushed to channels: stored with the end of a turn, at most doubted, never lost."""

from datetime import timedelta
from typing import Any

from actors.session import outbox
from actors.session.encoding import micros
from actors.session.messages import MarkOutbox, OutboxRow, Push, TakeOutbox
from tests.fakes.ledger import Ledger


def pushed(ledger: Ledger, *keys: str, channel: str = "telegram") -> str:
    """A turn that ends with these pushes."""
    turn = ledger.accept().turn
    ledger.begin(turn)
    pushes = tuple(Push(channel=channel, key=key, body={"text": f"für {key}"}) for key in keys)
    ledger.finish(turn, "hello", pushes=pushes)
    return turn


def take(ledger: Ledger, limit: int = 16, channel: str = "telegram") -> tuple[OutboxRow, ...]:
    request = TakeOutbox(channel=channel, limit=limit)
    return ledger.run(outbox.take, request, ledger.boot, micros(ledger.now))


def mark(ledger: Ledger, row: OutboxRow, **fields: Any) -> None:
    ledger.run(outbox.mark, MarkOutbox(id=row.id, **fields), micros(ledger.now))


def states(ledger: Ledger) -> list[str]:
    return [row["state"] for row in ledger.connection.execute("SELECT state FROM outbox ORDER BY id")]


def test_rows_are_taken_oldest_first_and_once(ledger: Ledger) -> None:
    turn = pushed(ledger, "a", "b", "c")
    rows = take(ledger, limit=2)
    assert [(row.key, row.state, row.attempt, row.turn, row.body) for row in rows] == [
        ("a", "sending", 1, turn, {"text": "für a"}),
        ("b", "sending", 1, turn, {"text": "für b"}),
    ]
    assert [row.key for row in take(ledger)] == ["c"]
    assert take(ledger) == ()


def test_each_channel_takes_its_own(ledger: Ledger) -> None:
    pushed(ledger, "a")
    pushed(ledger, "b", channel="mail")
    assert [row.key for row in take(ledger, channel="mail")] == ["b"]


def test_the_same_key_twice_is_one_push(ledger: Ledger) -> None:
    pushed(ledger, "a")
    pushed(ledger, "a", "b")
    assert [row.key for row in take(ledger)] == ["a", "b"]


def test_a_row_put_back_is_taken_again_when_its_time_has_come(ledger: Ledger) -> None:
    pushed(ledger, "a")
    (row,) = take(ledger)
    mark(ledger, row, state="pending", next_at=ledger.now + timedelta(minutes=1))
    assert take(ledger) == ()
    ledger.now += timedelta(minutes=1)
    (again,) = take(ledger)
    assert (again.id, again.attempt) == (row.id, 2)


def test_what_was_sent_or_given_up_stays_so(ledger: Ledger) -> None:
    pushed(ledger, "a", "b")
    sent, dead = take(ledger)
    mark(ledger, sent, state="sent")
    mark(ledger, dead, state="dead")
    ledger.kill()
    ledger.recover()
    assert states(ledger) == ["sent", "dead"]
    assert take(ledger) == ()


def test_what_another_boot_was_sending_is_doubtful(ledger: Ledger) -> None:
    pushed(ledger, "a", "b")
    take(ledger, limit=1)
    ledger.kill()
    ledger.recover()
    assert states(ledger) == ["doubtful", "pending"]


def test_what_this_boot_is_sending_is_not_doubted(ledger: Ledger) -> None:
    pushed(ledger, "a")
    take(ledger)
    ledger.recover()
    assert states(ledger) == ["sending"]


def test_marking_a_row_that_is_not_there_does_nothing(ledger: Ledger) -> None:
    ledger.run(outbox.mark, MarkOutbox(id=7, state="sent"), 0)
