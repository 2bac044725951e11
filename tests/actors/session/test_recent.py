"""Histories that are kept are those that are stored, whatever happened since."""

import pathlib
import tempfile
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session import history
from actors.session.recent import FEW, RecentHistories, steps_in
from tests.fakes.ledger import Killed, Ledger


def a_turn(ledger: Ledger, text: str = "hello", *, calls: int = 0, session: str | None = None) -> str:
    """One turn from acceptance to end; returns its session."""
    accepted = ledger.accept(text, session=session)
    ledger.begin(accepted.turn)
    if calls:
        names = [f"{accepted.turn}-{number}" for number in range(calls)]
        for step in ledger.complete(accepted.turn, "looking", calls=names):
            ledger.result(accepted.turn, step.n)
    ledger.finish(accepted.turn, f"answer to {text}")
    return accepted.session


def read(ledger: Ledger, recent: RecentHistories, session: str) -> int:
    """Compare what is kept with what is stored, keep more, and count how many rows had to be read."""
    unread = recent.unread(ledger.connection, session)
    found, done = history.derive(unread.known, steps_in(unread.rows))
    recent.keep(unread, done)
    assert found.transcript == ledger.transcript(session)
    return len(unread.rows)


def test_only_what_is_new_is_read_again(ledger: Ledger) -> None:
    recent = RecentHistories()
    session = a_turn(ledger, calls=2)
    assert read(ledger, recent, session) == 5
    assert read(ledger, recent, session) == 0
    a_turn(ledger, "and then?", session=session)
    assert read(ledger, recent, session) == 2


def test_a_call_is_read_until_it_has_a_result(ledger: Ledger) -> None:
    recent = RecentHistories()
    accepted = ledger.accept("look")
    ledger.begin(accepted.turn)
    first, second = ledger.complete(accepted.turn, calls=("one", "two"))
    ledger.result(accepted.turn, second.n)
    assert read(ledger, recent, accepted.session) == 4
    assert read(ledger, recent, accepted.session) == 3, "the answer with its calls"
    ledger.result(accepted.turn, first.n)
    assert read(ledger, recent, accepted.session) == 3
    assert read(ledger, recent, accepted.session) == 0


def test_a_summary_begins_another_history(ledger: Ledger) -> None:
    recent = RecentHistories()
    session = a_turn(ledger)
    read(ledger, recent, session)
    turn = ledger.begin(ledger.accept("more", session=session).turn).turn
    ledger.compact(turn, 2)
    assert read(ledger, recent, session) == 1
    assert read(ledger, recent, session) == 0


def test_the_conversation_that_was_longest_idle_makes_room(ledger: Ledger) -> None:
    recent = RecentHistories(capacity=2_500)
    one, two = a_turn(ledger, "one"), a_turn(ledger, "two")
    read(ledger, recent, one)
    read(ledger, recent, two)
    assert read(ledger, recent, one) == 0
    three = a_turn(ledger, "three")
    read(ledger, recent, three)
    assert read(ledger, recent, one) == 0
    assert read(ledger, recent, two) == 2


def test_a_conversation_of_great_weight_is_not_kept(ledger: Ledger) -> None:
    recent = RecentHistories(capacity=5_000)
    session = a_turn(ledger, "x" * 3_000)
    assert read(ledger, recent, session) == 2
    assert read(ledger, recent, session) == 2


def test_of_a_conversation_that_is_gone_nothing_is_kept(ledger: Ledger) -> None:
    recent = RecentHistories()
    first, second = a_turn(ledger), a_turn(ledger)
    read(ledger, recent, first)
    weight = recent.weight
    read(ledger, recent, second)
    for session in (second, second, "never was"):
        recent.forget(session)
    assert recent.weight == weight
    assert (read(ledger, recent, first), read(ledger, recent, second)) == (0, 2)


def test_a_few_rows_are_read_where_others_wait_and_more_are_not(ledger: Ledger) -> None:
    recent = RecentHistories()
    session = a_turn(ledger, calls=FEW - 3)
    assert recent.few(ledger.connection, session) == recent.unread(ledger.connection, session)
    a_turn(ledger, session=session)
    assert recent.few(ledger.connection, session) is None
    read(ledger, recent, session)
    few = recent.few(ledger.connection, session)
    assert few is not None
    assert few.rows == ()


def test_what_a_rolled_back_transaction_has_seen_is_not_remembered(ledger: Ledger) -> None:
    session = a_turn(ledger)
    lost = ledger.accept("lost", session=session)
    recent = ledger.recent
    ledger.doom()
    with pytest.raises(Killed):
        ledger.begin(lost.turn)
    ledger.begin(ledger.accept("other", session=session).turn)
    read(ledger, recent, session)


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(0, 8_000))
def test_whatever_is_asked_in_whatever_order(asked: list[int], capacity: int) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(pathlib.Path(folder))) as ledger:
        sessions = [a_turn(ledger, str(number), calls=number) for number in range(3)]
        recent = RecentHistories(capacity)
        for place, number in enumerate(asked):
            if place % 5 == 4:
                a_turn(ledger, calls=1, session=sessions[number])
            read(ledger, recent, sessions[number])
            assert 0 <= recent.weight <= capacity
