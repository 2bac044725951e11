"""What is pushed to channels: stored with the end of a turn, in order, doubted at most once, never lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from actors.session import deliveries, outbox
from actors.session.messages import (
    Claimed,
    ClaimOutbox,
    Delivery,
    DeliveryClosed,
    DropOutbox,
    ListOutbox,
    MarkOutbox,
    OutboxRow,
    Push,
    RetryOutbox,
    UnknownDelivery,
)
from actors.session.outbox import Undelivered
from actors.storage import micros
from actors.vocabulary import Attachment
from tests.fakes.ledger import Killed, Ledger


def push(ledger: Ledger, *keys: str, channel: str = "telegram", to: str = "42", **fields: Any) -> None:
    for key in keys:
        body = {"text": f"für {key}"}
        request = Push(
            user="ada", channel=channel, recipient=to, key=key, body=fields.pop("body", body), **fields
        )
        ledger.run(outbox.push, request, micros(ledger.now))


def claimed(ledger: Ledger, **fields: Any) -> tuple[Claimed, tuple[Undelivered, ...]]:
    known: dict[str, Any] = {"channel": "telegram", "claimer": "bot", **fields}
    request = ClaimOutbox(**known)
    return ledger.run(outbox.claim, request, ledger.boot, micros(ledger.now))


def claim(ledger: Ledger, **fields: Any) -> tuple[OutboxRow, ...]:
    return claimed(ledger, **fields)[0].rows


def mark(ledger: Ledger, row: OutboxRow, **fields: Any) -> tuple[Undelivered, ...]:
    return ledger.run(outbox.mark, MarkOutbox(id=row.id, **fields), micros(ledger.now))


def states(ledger: Ledger) -> list[str]:
    return [row["state"] for row in ledger.connection.execute("SELECT state FROM outbox ORDER BY id")]


def ended(ledger: Ledger, *said: str, channel: str = "telegram", **fields: Any) -> str:
    """A turn of chat 42 that has ended."""
    turn = ledger.accept(key="42", channel=channel).turn
    ledger.begin(turn)
    ledger.finish(turn, *said, **fields)
    return turn


def soon(ledger: Ledger, minutes: float = 1) -> datetime:
    return ledger.now + timedelta(minutes=minutes)


class TestFilled:
    def test_a_turn_of_a_channel_that_is_pushed_says_at_its_end_what_it_said(self, ledger: Ledger) -> None:
        report = Attachment(name="a.md", media_type="text/markdown", path="a.md", size=1)
        turn = ledger.accept(key="42", channel="telegram", client_message_id="m1").turn
        ledger.begin(turn)
        (call,) = ledger.complete(turn, "I look", calls=["a"])
        ledger.result(turn, call.n, attachments=(report,))
        ledger.finish(turn, "hello", notice="that was all")
        (row,) = claim(ledger)
        assert (row.turn, row.user, row.recipient, row.attempt) == (turn, ledger.turn(turn).user, "42", 1)
        assert row.body == {
            "session": ledger.turn(turn).session,
            "turn": turn,
            "outcome": "success",
            "texts": ["I look", "hello"],
            "answers": ["hello"],
            "attachments": [{"name": "a.md", "media_type": "text/markdown", "path": "a.md", "size": 1}],
            "notice": "that was all",
            "iteration": 2,
            "client_message_id": "m1",
        }

    def test_each_completion_says_at_once_what_it_says_where_that_is_wanted(self, ledger: Ledger) -> None:
        turn = ledger.accept(key="42", channel="telegram").turn
        ledger.begin(turn)
        (call,) = ledger.complete(turn, "I look", calls=["a"], saying=["telegram"])
        ledger.complete(turn, "I look", calls=["a"], saying=["telegram"], iteration=1)
        ledger.result(turn, call.n)
        ledger.complete(turn, calls=["b"], saying=["telegram"])
        (first,) = claim(ledger)
        assert (first.body["texts"], first.body["iteration"], first.body["outcome"]) == (["I look"], 1, None)
        assert claim(ledger, in_hand=(first.id,)) == ()
        mark(ledger, first, state="sent")
        ledger.finish(turn, "hello")
        (last,) = claim(ledger)
        assert (last.body["texts"], last.body["iteration"]) == (["hello"], 3)

    def test_what_was_said_before_each_completion_was_pushed_is_said_at_the_end(self, ledger: Ledger) -> None:
        turn = ledger.accept(key="42", channel="telegram").turn
        ledger.begin(turn)
        ledger.complete(turn, "one", calls=["a"])
        ledger.complete(turn, "two", calls=["b"], saying=["telegram"])
        ledger.finish(turn, "three")
        rows = ledger.connection.execute("SELECT body ->> 'texts' FROM outbox ORDER BY id")
        assert [row[0] for row in rows] == ['["two"]', '["one","three"]']

    def test_an_answer_that_was_followed_up_is_an_answer(self, ledger: Ledger) -> None:
        turn = ledger.accept(key="42", channel="telegram").turn
        ledger.begin(turn)
        ledger.complete(turn, "one", calls=["a"])
        ledger.complete(turn, "two")
        followup = ledger.accept("and?", key="42", channel="telegram").turn
        ledger.merge(turn, followup)
        ledger.finish(turn, "three")
        (row,) = claim(ledger)
        assert (row.body["texts"], row.body["answers"]) == (["one", "two", "three"], ["two", "three"])

    def test_other_channels_fetch_their_answers(self, ledger: Ledger) -> None:
        ended(ledger, "hello", channel="main")
        assert states(ledger) == []

    def test_completions_of_other_channels_are_not_pushed(self, ledger: Ledger) -> None:
        turn = ledger.accept(key="42", channel="main").turn
        ledger.begin(turn)
        ledger.complete(turn, "one", calls=["a"], saying=["telegram"])
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


class TestClaimed:
    def test_in_order_for_each_recipient_one_at_a_time(self, ledger: Ledger) -> None:
        push(ledger, "a", "b")
        push(ledger, "c", to="43")
        a, c = claim(ledger)
        assert [(row.key, row.recipient, row.attempt, row.turn, row.body) for row in (a, c)] == [
            ("a", "42", 1, None, {"text": "für a"}),
            ("c", "43", 1, None, {"text": "für c"}),
        ]
        assert claim(ledger, in_hand=(a.id, c.id)) == ()
        mark(ledger, a, state="sent")
        assert [row.key for row in claim(ledger, in_hand=(c.id,))] == ["b"]

    def test_at_most_so_many(self, ledger: Ledger) -> None:
        for chat in "1", "2", "3":
            push(ledger, chat, to=chat)
        rows = claim(ledger, limit=2)
        assert [row.key for row in rows] == ["1", "2"]
        assert [row.key for row in claim(ledger, in_hand=tuple(row.id for row in rows))] == ["3"]

    def test_each_channel_its_own(self, ledger: Ledger) -> None:
        push(ledger, "a")
        push(ledger, "b", channel="mail")
        assert [row.key for row in claim(ledger, channel="mail")] == ["b"]

    def test_the_same_key_twice_is_one_push(self, ledger: Ledger) -> None:
        push(ledger, "a", "a")
        assert states(ledger) == ["pending"]

    def test_what_is_tried_again_later_keeps_what_follows_it_waiting(self, ledger: Ledger) -> None:
        push(ledger, "a", "b")
        (row,) = claim(ledger)
        later = soon(ledger)
        mark(ledger, row, state="pending", next_at=later, reason="busy")
        found, _ = claimed(ledger)
        assert (found.rows, found.next_at) == ((), later)
        ledger.now += timedelta(minutes=1)
        (again,) = claim(ledger)
        assert (again.id, again.attempt, again.doubtful) == (row.id, 2, False)

    def test_what_is_not_to_be_sent_before_a_time_lets_the_others_pass(self, ledger: Ledger) -> None:
        later = soon(ledger)
        push(ledger, "late", not_before=later)
        push(ledger, "a")
        found, _ = claimed(ledger)
        assert [row.key for row in found.rows] == ["a"]
        assert found.next_at == later
        ledger.now += timedelta(minutes=1)
        assert claim(ledger, in_hand=(found.rows[0].id,)) == (), "one at a time"
        mark(ledger, found.rows[0], state="sent")
        assert [row.key for row in claim(ledger)] == ["late"]

    def test_a_time_that_has_passed_is_now(self, ledger: Ledger) -> None:
        push(ledger, "a", not_before=soon(ledger, -1))
        assert claimed(ledger)[0].next_at is None
        assert states(ledger) == ["sending"]

    def test_what_is_new_goes_in_order_although_the_clock_was_set_back_after_it_was_stored(
        self, ledger: Ledger
    ) -> None:
        push(ledger, "a")
        ledger.now -= timedelta(hours=1)
        push(ledger, "b")
        (a,) = claim(ledger)
        assert a.key == "a"
        assert claim(ledger, in_hand=(a.id,)) == (), "one at a time"
        mark(ledger, a, state="sent")
        assert [row.key for row in claim(ledger)] == ["b"]

    @pytest.mark.parametrize(("seconds", "state"), [(3600, "sending"), (0.5, "pending")])
    def test_what_is_tried_again_waits_no_longer_because_the_clock_was_set_back(
        self, ledger: Ledger, seconds: float, state: str
    ) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        later = soon(ledger)
        mark(ledger, row, state="pending", next_at=later)
        set_back = timedelta(seconds=seconds)
        request = ClaimOutbox(channel="telegram", claimer="bot")
        ledger.run(outbox.claim, request, ledger.boot, micros(later - set_back), micros_of(set_back))
        assert states(ledger) == [state]

    def test_what_is_for_later_is_so_by_the_clock_that_was_set_back(self, ledger: Ledger) -> None:
        push(ledger, "late", not_before=soon(ledger))
        ledger.now -= timedelta(hours=1)
        assert claim(ledger) == ()
        ledger.now += timedelta(hours=1, minutes=1)
        assert [row.key for row in claim(ledger)] == ["late"]

    def test_what_was_claimed_and_never_heard_of_comes_again(self, ledger: Ledger) -> None:
        push(ledger, "a")
        push(ledger, "b", to="43")
        in_hand, lost = claim(ledger)
        (again,) = claim(ledger, in_hand=(in_hand.id,))
        assert (again.key, again.attempt, again.doubtful) == (lost.key, 2, False)

    @pytest.mark.parametrize("damage", ["no JSON", "[1]"])
    def test_one_that_cannot_be_read_is_dead_and_keeps_nobody_waiting(
        self, ledger: Ledger, damage: str
    ) -> None:
        push(ledger, "a", "b")
        ledger.connection.execute("UPDATE outbox SET body = ? WHERE key = 'a'", (damage,))
        found, (lost,) = claimed(ledger)
        assert (found.rows, lost.user, lost.channel, lost.session) == ((), "ada", "telegram", None)
        assert [row.key for row in claim(ledger)] == ["b"]
        assert [row.text for row in ledger.run(deliveries.find, listing())] == [""]

    @pytest.mark.parametrize("damage", ["no JSON", "7"])
    def test_so_is_one_of_which_nobody_can_tell_what_was_sent(self, ledger: Ledger, damage: str) -> None:
        push(ledger, "a", "b")
        ledger.connection.execute("UPDATE outbox SET sent = ? WHERE key = 'a'", (damage,))
        found, (lost,) = claimed(ledger)
        assert (found.rows, lost.user) == ((), "ada")
        assert [row.key for row in claim(ledger)] == ["b"]

    def test_numbers_that_damage_has_made_huge_keep_nobody_waiting(self, ledger: Ledger) -> None:
        push(ledger, "a")
        push(ledger, "b", to="43")
        huge = "UPDATE outbox SET attempt = 9223372036854775807, doubts = 9223372036854775807 WHERE key = 'a'"
        ledger.connection.execute(huge)
        assert [row.key for row in claim(ledger)] == ["a", "b"]
        ledger.kill()
        ledger.recover()
        assert [row.key for row in claim(ledger)] == ["b"]

    def test_a_notification_that_has_waited_for_days_is_no_news_any_more(self, ledger: Ledger) -> None:
        push(ledger, "a")
        turn = ended(ledger, "hello")
        ledger.now += timedelta(days=3, seconds=1)
        found, (lost,) = claimed(ledger)
        assert [row.turn for row in found.rows] == [turn], "an answer is"
        assert "three days" in lost.reason


class TestDoubted:
    def test_what_another_boot_was_sending_is_tried_once_more(self, ledger: Ledger) -> None:
        push(ledger, "a", "b")
        claim(ledger)
        ledger.kill()
        ledger.recover()
        (again,) = claim(ledger)
        assert (again.key, again.doubtful) == ("a", True)
        ledger.kill()
        ledger.recover()
        assert [row.key for row in claim(ledger)] == ["b"]
        assert states(ledger) == ["doubtful", "sending"]

    def test_what_an_actor_was_sending_when_it_died_too(self, ledger: Ledger) -> None:
        push(ledger, "a")
        push(ledger, "c", channel="mail")
        claim(ledger)
        claim(ledger, channel="mail")
        assert [(row.key, row.doubtful) for row in claim(ledger, claimer="another bot")] == [("a", True)]
        found, (lost,) = claimed(ledger, claimer="third")
        assert (found.rows, lost.reason) == ((), "the program ended while it was being sent")
        assert states(ledger) == ["doubtful", "sending"]

    def test_what_this_boot_is_sending_is_not_doubted(self, ledger: Ledger) -> None:
        push(ledger, "a")
        claim(ledger)
        ledger.recover()
        (again,) = claim(ledger)
        assert not again.doubtful

    def test_a_channel_says_so_itself(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        assert mark(ledger, row, state="doubtful", next_at=soon(ledger), reason="cut off") == ()
        assert claim(ledger) == ()
        ledger.now += timedelta(minutes=1)
        (again,) = claim(ledger)
        assert again.doubtful
        (lost,) = mark(ledger, again, state="doubtful", reason="cut off")
        assert lost.reason == "cut off"
        assert states(ledger) == ["doubtful"]

    def test_what_might_have_arrived_against_all_odds_is_tried_for_as_long_as_it_takes(
        self, ledger: Ledger
    ) -> None:
        push(ledger, "a")
        for again in (False, True, True):
            (row,) = claim(ledger)
            assert row.doubtful == again
            mark(ledger, row, state="pending", reason="bad gateway", perhaps=True)

    def test_the_doubt_is_about_one_part(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        mark(ledger, row, state="sending", sent=("m1",))
        ledger.kill()
        ledger.recover()
        (row,) = claim(ledger)
        assert (row.sent, row.doubtful) == (("m1",), True)
        mark(ledger, row, state="sending", sent=("m2", "m3"))
        ledger.kill()
        ledger.recover()
        (row,) = claim(ledger)
        assert (row.sent, row.doubtful) == (("m1", "m2", "m3"), True), "and not given up"
        mark(ledger, row, state="sent", sent=("m4",))
        assert states(ledger) == ["sent"]

    def test_a_part_of_which_is_told_once_more_is_one_part(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        mark(ledger, row, state="sending", sent=("m1",))
        mark(ledger, row, state="sending", sent=("m1",))
        mark(ledger, row, state="pending", sent=("m1", "m2"))
        (row,) = claim(ledger)
        assert row.sent == ("m1", "m2")


def test_what_was_sent_or_given_up_stays_so(ledger: Ledger) -> None:
    push(ledger, "a")
    push(ledger, "b", to="43")
    sent, dead = claim(ledger)
    mark(ledger, sent, state="sent")
    mark(ledger, dead, state="dead", reason="blocked")
    ledger.kill()
    ledger.recover()
    assert states(ledger) == ["sent", "dead"]
    assert claim(ledger) == ()


@pytest.mark.parametrize("state", ["dead", "doubtful"])
def test_a_conversation_of_which_something_is_undelivered_is_unread(ledger: Ledger, state: str) -> None:
    turn = ended(ledger, "hello")
    session = ledger.turn(turn).session
    (row,) = claim(ledger)
    lost = mark(ledger, row, state=state, reason="no")
    if state == "doubtful":
        assert lost == ()
        lost = mark(ledger, row, state="pending")
        (row,) = claim(ledger)
        lost = mark(ledger, row, state=state, reason="no")
    assert [(each.user, each.session, each.reason) for each in lost] == [(row.user, session, "no")]
    assert not ledger.session(session).is_read


def test_marking_a_row_that_is_not_there_does_nothing(ledger: Ledger) -> None:
    assert ledger.run(outbox.mark, MarkOutbox(id=7, state="sent"), 0) == ()


def test_what_is_over_is_thrown_away_after_a_while(ledger: Ledger) -> None:
    for chat in "1", "2", "3":
        push(ledger, chat, to=chat)
    sent, dead, _ = claim(ledger)
    mark(ledger, sent, state="sent")
    mark(ledger, dead, state="dead")
    for kept, left in (
        (outbox.KEPT, ["dead", "sending"]),
        (outbox.KEPT_UNDELIVERED, ["sending"]),
    ):
        before = states(ledger)
        (at,) = ledger.connection.execute(
            "SELECT min(next_at) FROM outbox WHERE state <> 'sending'"
        ).fetchone()
        ledger.run(outbox.purge, at + micros_of(kept))
        assert states(ledger) == before
        ledger.run(outbox.purge, at + micros_of(kept) + 1_000_000)
        assert states(ledger) == left


def micros_of(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


# --- looking after it ---------------------------------------------------------------------------------------


def listing(user: str = "ada", role: Any = "user", **fields: Any) -> ListOutbox:
    return ListOutbox(user=user, role=role, **fields)


class TestLookedAfter:
    def dead(self, ledger: Ledger, reason: str = "blocked") -> Delivery:
        push(ledger, "a")
        (row,) = claim(ledger)
        mark(ledger, row, state="sending", sent=("m1",))
        mark(ledger, row, state="dead", reason=reason)
        (found,) = ledger.run(deliveries.find, listing())
        return found

    def retry(self, ledger: Ledger, id: int, user: str = "ada", role: Any = "user") -> Delivery:
        return ledger.run(deliveries.retry, RetryOutbox(id=id, user=user, role=role), micros(ledger.now))

    def drop(self, ledger: Ledger, id: int, user: str = "ada") -> Delivery:
        return ledger.run(deliveries.drop, DropOutbox(id=id, user=user, role="user"), micros(ledger.now))

    def test_one_sees_ones_own_and_an_admin_what_there_is(self, ledger: Ledger) -> None:
        found = self.dead(ledger)
        assert (found.user_id, found.state, found.parts_sent, found.attempt) == ("ada", "dead", 1, 1)
        assert (found.reason, found.text, found.session) == ("blocked", "für a", None)
        assert ledger.run(deliveries.find, listing("bob")) == ()
        (seen,) = ledger.run(deliveries.find, listing("bob", "admin"))
        assert (seen.id, seen.text) == (found.id, "")
        assert ledger.run(deliveries.find, listing(which="waiting")) == ()
        assert len(ledger.run(deliveries.find, listing(which="all"))) == 1

    def test_the_beginning_of_what_a_turn_said_is_shown_on_one_line(self, ledger: Ledger) -> None:
        turn = ended(ledger, "hello\n\n" + "x" * 300, notice="that was all")
        user = ledger.turn(turn).user
        (found,) = ledger.run(deliveries.find, listing(user, which="waiting"))
        assert found.text.startswith("hello xxx")
        assert (len(found.text), found.text[-1]) == (deliveries.LONGEST, "…")

    def test_what_was_given_up_goes_on_with_the_part_that_has_not_arrived(self, ledger: Ledger) -> None:
        found = self.dead(ledger)
        ledger.now += timedelta(days=5)
        assert self.retry(ledger, found.id).state == "pending"
        (row,) = claim(ledger)
        assert (row.sent, row.doubtful) == (("m1",), False)

    def test_what_is_doubtful_is_marked_as_such_when_a_person_has_it_sent_again(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        for _ in range(2):
            mark(ledger, row, state="doubtful")
            claim(ledger)
        assert states(ledger) == ["doubtful"]
        self.retry(ledger, row.id, user="bob", role="admin")
        (again,) = claim(ledger)
        assert again.doubtful
        mark(ledger, again, state="doubtful")
        assert states(ledger) == ["doubtful"], "no further time by itself"

    def test_what_is_dropped_is_sent_no_more_and_lets_the_next_one_pass(self, ledger: Ledger) -> None:
        push(ledger, "a", "b")
        (row,) = claim(ledger)
        assert self.drop(ledger, row.id).state == "dropped"
        mark(ledger, row, state="pending")
        assert states(ledger) == ["dropped", "pending"]
        assert [each.key for each in claim(ledger)] == ["b"]
        mark(ledger, row, state="sent")
        assert states(ledger) == ["sent", "sending"], "it had arrived all the same"

    def test_what_is_being_sent_goes_on(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        assert self.retry(ledger, row.id).state == "sending"

    def test_what_is_over_or_of_others_is_left_alone(self, ledger: Ledger) -> None:
        push(ledger, "a")
        (row,) = claim(ledger)
        with pytest.raises(UnknownDelivery, match="there is no delivery 1"):
            self.retry(ledger, row.id, user="bob")
        mark(ledger, row, state="sent")
        with pytest.raises(DeliveryClosed, match="delivery 1 is sent"):
            self.drop(ledger, row.id)
