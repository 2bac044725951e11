"""What is pushed to channels: stored with the end of a turn, at most doubted, never lost."""

from datetime import timedelta
from typing import Any

import pytest

from actors.session import outbox
from actors.session.messages import ClaimOutbox, MarkOutbox, OutboxRow, Push
from actors.storage import micros
from actors.vocabulary import Attachment
from tests.fakes.ledger import Killed, Ledger


def push(ledger: Ledger, *keys: str, channel: str = "telegram") -> None:
    for key in keys:
        request = Push(channel=channel, recipient="42", key=key, body={"text": f"für {key}"})
        ledger.run(outbox.push, request, micros(ledger.now))


def claim(
    ledger: Ledger,
    limit: int = 16,
    channel: str = "telegram",
    claimer: str = "bot",
    in_hand: tuple[int, ...] = (),
) -> tuple[OutboxRow, ...]:
    request = ClaimOutbox(channel=channel, claimer=claimer, limit=limit, in_hand=in_hand)
    return ledger.run(outbox.claim, request, ledger.boot, micros(ledger.now))


def mark(ledger: Ledger, row: OutboxRow, **fields: Any) -> None:
    ledger.run(outbox.mark, MarkOutbox(id=row.id, **fields), micros(ledger.now))


def states(ledger: Ledger) -> list[str]:
    return [row["state"] for row in ledger.connection.execute("SELECT state FROM outbox ORDER BY id")]


def ended(ledger: Ledger, *said: str, channel: str = "telegram", **fields: Any) -> str:
    """A turn of chat 42 that has ended."""
    turn = ledger.accept(key="42", channel=channel).turn
    ledger.begin(turn)
    ledger.finish(turn, *said, **fields)
    return turn


class TestFilled:
    def test_a_turn_of_a_channel_that_is_pushed_says_at_its_end_what_it_said(self, ledger: Ledger) -> None:
        report = Attachment(name="a.md", media_type="text/markdown", path="a.md", size=1)
        turn = ledger.accept(key="42", channel="telegram").turn
        ledger.begin(turn)
        (call,) = ledger.complete(turn, "I look", calls=["a"])
        ledger.result(turn, call.n, attachments=(report,))
        ledger.finish(turn, "hello", notice="that was all")
        (row,) = claim(ledger)
        assert (row.turn, row.recipient, row.attempt) == (turn, "42", 1)
        assert row.body == {
            "session": ledger.turn(turn).session,
            "turn": turn,
            "outcome": "success",
            "text": "I look\n\nhello",
            "attachments": [{"name": "a.md", "media_type": "text/markdown", "path": "a.md", "size": 1}],
            "notice": "that was all",
        }

    def test_other_channels_fetch_their_answers(self, ledger: Ledger) -> None:
        ended(ledger, "hello", channel="main")
        assert states(ledger) == []

    def test_a_turn_that_has_nothing_to_say_pushes_nothing(self, ledger: Ledger) -> None:
        ended(ledger, state="cancelled", outcome="cancelled")
        assert states(ledger) == []

    def test_an_end_that_was_killed_pushes_nothing_and_the_next_one_once(self, ledger: Ledger) -> None:
        turn = ledger.accept(key="42", channel="telegram").turn
        ledger.begin(turn)
        ledger.doom()
        with pytest.raises(Killed):
            ledger.finish(turn, "hello")
        assert states(ledger) == []
        ledger.recover()
        ledger.begin(turn)
        ledger.finish(turn, "hello", attempt=2)
        ledger.finish(turn, "hello", attempt=2)
        assert states(ledger) == ["pending"]


def test_rows_are_claimed_oldest_first_and_once(ledger: Ledger) -> None:
    push(ledger, "a", "b", "c")
    rows = claim(ledger, limit=2)
    assert [(row.key, row.recipient, row.attempt, row.turn, row.body) for row in rows] == [
        ("a", "42", 1, None, {"text": "für a"}),
        ("b", "42", 1, None, {"text": "für b"}),
    ]
    in_hand = tuple(row.id for row in rows)
    (last,) = claim(ledger, in_hand=in_hand)
    assert last.key == "c"
    assert claim(ledger, in_hand=(*in_hand, last.id)) == ()


def test_each_channel_claims_its_own(ledger: Ledger) -> None:
    push(ledger, "a")
    push(ledger, "b", channel="mail")
    assert [row.key for row in claim(ledger, channel="mail")] == ["b"]


def test_the_same_key_twice_is_one_push(ledger: Ledger) -> None:
    push(ledger, "a", "a", "b")
    assert [row.key for row in claim(ledger)] == ["a", "b"]


def test_a_row_put_back_is_claimed_again_when_its_time_has_come(ledger: Ledger) -> None:
    push(ledger, "a")
    (row,) = claim(ledger)
    mark(ledger, row, state="pending", next_at=ledger.now + timedelta(minutes=1))
    assert claim(ledger) == ()
    ledger.now += timedelta(minutes=1)
    (again,) = claim(ledger)
    assert (again.id, again.attempt) == (row.id, 2)


def test_what_was_sent_or_given_up_stays_so(ledger: Ledger) -> None:
    push(ledger, "a", "b")
    sent, dead = claim(ledger)
    mark(ledger, sent, state="sent")
    mark(ledger, dead, state="dead")
    ledger.kill()
    ledger.recover()
    assert states(ledger) == ["sent", "dead"]
    assert claim(ledger) == ()


def test_what_another_boot_was_sending_is_doubtful(ledger: Ledger) -> None:
    push(ledger, "a", "b")
    claim(ledger, limit=1)
    ledger.kill()
    ledger.recover()
    assert states(ledger) == ["doubtful", "pending"]


def test_what_an_actor_was_sending_when_it_died_is_doubtful_once_the_next_one_claims(ledger: Ledger) -> None:
    push(ledger, "a", "b")
    push(ledger, "c", channel="mail")
    claim(ledger, limit=1)
    claim(ledger, channel="mail")
    assert [row.key for row in claim(ledger, claimer="another bot")] == ["b"]
    assert states(ledger) == ["doubtful", "sending", "sending"]


def test_what_this_boot_is_sending_is_not_doubted(ledger: Ledger) -> None:
    push(ledger, "a")
    claim(ledger)
    ledger.recover()
    claim(ledger)
    assert states(ledger) == ["sending"]


def test_what_was_claimed_and_never_heard_of_comes_again(ledger: Ledger) -> None:
    push(ledger, "a", "b", "c")
    in_hand, lost = claim(ledger, limit=2)
    again = claim(ledger, in_hand=(in_hand.id,))
    assert [(row.key, row.attempt) for row in again] == [(lost.key, 2), ("c", 1)]
    assert claim(ledger, in_hand=(in_hand.id, *(row.id for row in again))) == ()


def test_marking_a_row_that_is_not_there_does_nothing(ledger: Ledger) -> None:
    ledger.run(outbox.mark, MarkOutbox(id=7, state="sent"), 0)


@pytest.mark.parametrize("damage", ["no JSON", "[1]"])
def test_a_row_that_cannot_be_read_is_dead_and_keeps_nobody_waiting(ledger: Ledger, damage: str) -> None:
    push(ledger, "a", "b")
    ledger.connection.execute("UPDATE outbox SET body = ? WHERE key = 'a'", (damage,))
    assert [row.key for row in claim(ledger)] == ["b"]
    assert states(ledger) == ["dead", "sending"]


def test_what_was_sent_is_thrown_away_after_a_while(ledger: Ledger) -> None:
    push(ledger, "a", "b")
    rows = claim(ledger)
    at = micros(ledger.now)
    mark(ledger, rows[0], state="sent")
    ledger.run(outbox.purge, at)
    assert states(ledger) == ["sent", "sending"]
    ledger.run(outbox.purge, at + 1)
    assert states(ledger) == ["sending"]
