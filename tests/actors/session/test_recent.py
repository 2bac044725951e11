"""Steps that are kept decoded are the steps that are stored, whatever happened since."""

import pathlib
import tempfile
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session.recent import RecentSteps, steps_since
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


def decoded(ledger: Ledger, recent: RecentSteps, session: str, first: int = 0) -> int:
    """Compare what is kept with what is stored, and count how many rows had to be read for it."""
    read: list[str] = []
    ledger.connection.set_trace_callback(read.append)
    steps = recent.since(ledger.connection, session, first)
    ledger.connection.set_trace_callback(None)
    assert steps == steps_since(ledger.connection, session, first)
    (statement,) = read
    (rows,) = ledger.connection.execute(f"SELECT count(*) FROM ({statement})").fetchone()
    assert isinstance(rows, int)
    return rows


def test_only_what_is_new_is_read_again(ledger: Ledger) -> None:
    recent = RecentSteps()
    session = a_turn(ledger, calls=2)
    assert decoded(ledger, recent, session) == 5
    assert decoded(ledger, recent, session) == 0
    a_turn(ledger, "and then?", session=session)
    assert decoded(ledger, recent, session) == 2


def test_a_call_is_read_until_it_has_a_result(ledger: Ledger) -> None:
    recent = RecentSteps()
    accepted = ledger.accept("look")
    ledger.begin(accepted.turn)
    first, second = ledger.complete(accepted.turn, calls=("one", "two"))
    ledger.result(accepted.turn, second.n)
    assert decoded(ledger, recent, accepted.session) == 4
    assert decoded(ledger, recent, accepted.session) == 2, "the open call and what follows it"
    ledger.result(accepted.turn, first.n)
    assert decoded(ledger, recent, accepted.session) == 2
    assert decoded(ledger, recent, accepted.session) == 0


def test_steps_that_a_summary_replaced_are_let_go(ledger: Ledger) -> None:
    recent = RecentSteps()
    session = a_turn(ledger)
    decoded(ledger, recent, session)
    a_turn(ledger, session=session)
    second_turn = steps_since(ledger.connection, session, 0)[2].id
    assert decoded(ledger, recent, session, second_turn) == 2
    assert decoded(ledger, recent, session, second_turn) == 0
    assert decoded(ledger, recent, session, 0) == 4


def test_the_conversation_that_was_longest_idle_makes_room(ledger: Ledger) -> None:
    recent = RecentSteps(capacity=5_000)
    one, two = a_turn(ledger, "one"), a_turn(ledger, "two")
    decoded(ledger, recent, one)
    decoded(ledger, recent, two)
    assert decoded(ledger, recent, one) == 0
    three = a_turn(ledger, "three")
    decoded(ledger, recent, three)
    assert decoded(ledger, recent, one) == 0
    assert decoded(ledger, recent, two) == 2


def test_a_conversation_of_great_weight_is_not_kept(ledger: Ledger) -> None:
    recent = RecentSteps(capacity=5_000)
    session = a_turn(ledger, "x" * 3_000)
    assert decoded(ledger, recent, session) == 2
    assert decoded(ledger, recent, session) == 2


def test_a_glance_shows_the_same_if_little_is_new_and_keeps_nothing(ledger: Ledger) -> None:
    recent = RecentSteps()
    session = a_turn(ledger)
    everything = steps_since(ledger.connection, session, 0)
    assert recent.glance(ledger.connection, session, 0, few=2) == everything
    assert recent.glance(ledger.connection, session, 0, few=1) is None
    assert recent.since(ledger.connection, session, 0) == everything
    assert recent.glance(ledger.connection, session, 0, few=0) == everything
    a_turn(ledger, "and?", calls=1, session=session)
    everything = steps_since(ledger.connection, session, 0)
    assert recent.glance(ledger.connection, session, 0, few=4) == everything
    assert recent.glance(ledger.connection, session, 0, few=3) is None
    assert recent.glance(ledger.connection, session, everything[2].id, few=4) == everything[2:]


def test_what_a_rolled_back_transaction_has_seen_is_not_remembered(ledger: Ledger) -> None:
    recent = RecentSteps()
    session = a_turn(ledger)
    decoded(ledger, recent, session)
    lost = ledger.accept("lost", session=session)
    ledger.recent = recent
    ledger.doom()
    with pytest.raises(Killed):
        ledger.begin(lost.turn)
    ledger.begin(ledger.accept("other", session=session).turn)
    assert recent.since(ledger.connection, session, 0) == steps_since(ledger.connection, session, 0)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=40), st.integers(0, 8_000))
def test_whatever_is_asked_in_whatever_order(asked: list[tuple[int, int]], capacity: int) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(pathlib.Path(folder))) as ledger:
        sessions = [a_turn(ledger, str(number), calls=number) for number in range(3)]
        sessions = [a_turn(ledger, calls=1, session=session) for session in sessions]
        recent = RecentSteps(capacity)
        for number, first in asked:
            decoded(ledger, recent, sessions[number], first)
            assert 0 <= recent.weight <= capacity
