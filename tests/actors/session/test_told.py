"""What the model was told in a turn: stored with its first answer, shown to whose turn it is, kept for a while."""

from datetime import timedelta

import pytest

from actors.session import told
from actors.session.messages import Told, ToldText, UnknownTurn
from actors.storage import micros
from tests.fakes.ledger import Killed, Ledger

MEMORY = Told(source="Memory", text="Ada likes tea – the green one.")
NOW = Told(source="Now", text="It is Monday.")


def heard(ledger: Ledger, turn: str, user: str = "admin") -> list[tuple[int, str, str | None]]:
    parts = told.of_turn(ledger.connection, turn, user)
    return [(each.attempt, each.source, each.text) for each in parts]


def texts(ledger: Ledger) -> int:
    return int(ledger.connection.execute("SELECT count(*) FROM told_texts").fetchone()[0])


@pytest.fixture
def turn(ledger: Ledger) -> str:
    """A turn that runs in its first attempt."""
    accepted = ledger.accept("hi", key="chat")
    ledger.begin(accepted.turn)
    return accepted.turn


def test_it_is_stored_with_the_first_answer_and_no_other(ledger: Ledger, turn: str) -> None:
    assert heard(ledger, turn) == []
    ledger.complete(turn, calls=["a"], told=(MEMORY, NOW))
    ledger.complete(turn, calls=["b"])
    ledger.finish(turn, "done")
    assert heard(ledger, turn) == [(1, "Memory", MEMORY.text), (1, "Now", NOW.text)]
    (memory, _) = told.of_turn(ledger.connection, turn, "admin")
    assert memory.size == len(MEMORY.text.encode())


def test_an_answer_that_is_the_last_brings_it_too_and_twice_is_once(ledger: Ledger, turn: str) -> None:
    for _ in range(2):
        ledger.finish(turn, "done", told=(MEMORY,))
    assert heard(ledger, turn) == [(1, "Memory", MEMORY.text)]


def test_an_answer_that_is_stored_twice_brings_it_once(ledger: Ledger, turn: str) -> None:
    for _ in range(2):
        ledger.complete(turn, calls=["a"], iteration=1, told=(MEMORY,))
    assert heard(ledger, turn) == [(1, "Memory", MEMORY.text)]


def test_each_attempt_was_told_what_it_was_told(ledger: Ledger, turn: str) -> None:
    ledger.complete(turn, calls=["a"], told=(MEMORY,))
    ledger.kill()
    ledger.recover()
    ledger.begin(turn)
    ledger.finish(turn, "done", attempt=2, told=(NOW,))
    assert heard(ledger, turn) == [(1, "Memory", MEMORY.text), (2, "Now", NOW.text)]


def test_with_an_answer_that_was_not_stored_it_is_not_either(ledger: Ledger, turn: str) -> None:
    ledger.doom()
    with pytest.raises(Killed):
        ledger.complete(turn, calls=["a"], told=(MEMORY,))
    assert (heard(ledger, turn), texts(ledger)) == ([], 0)


def test_a_text_is_stored_once_for_each_user(ledger: Ledger) -> None:
    for user in ("ada", "ada", "bob"):
        accepted = ledger.accept("hi", user=user)
        ledger.begin(accepted.turn)
        ledger.finish(accepted.turn, "done", told=(MEMORY,))
        assert heard(ledger, accepted.turn, user) == [(1, "Memory", MEMORY.text)]
    assert texts(ledger) == 2


def test_it_is_told_to_nobody_else(ledger: Ledger, turn: str) -> None:
    ledger.finish(turn, "done", told=(MEMORY,))
    for wrong in (("admin", "t-unknown"), ("bob", turn)):
        with pytest.raises(UnknownTurn):
            heard(ledger, wrong[1], wrong[0])


def test_a_message_that_joined_a_turn_heard_what_that_was_told(ledger: Ledger, turn: str) -> None:
    joined = ledger.accept("and", key="chat").turn
    ledger.merge(turn, joined)
    ledger.finish(turn, "done", told=(MEMORY,))
    assert heard(ledger, joined) == [(1, "Memory", MEMORY.text)]


def test_what_was_purged_at_its_source_is_gone_for_that_user_alone(ledger: Ledger) -> None:
    turns = {user: ledger.accept("hi", user=user).turn for user in ("ada", "bob")}
    for turn in turns.values():
        ledger.begin(turn)
        ledger.finish(turn, "done", told=(MEMORY, NOW))
    ledger.run(told.forget, "ada", "Memory")
    assert heard(ledger, turns["ada"], "ada") == [(1, "Memory", None), (1, "Now", NOW.text)]
    assert heard(ledger, turns["bob"], "bob") == [(1, "Memory", MEMORY.text), (1, "Now", NOW.text)]
    (gone, _) = told.of_turn(ledger.connection, turns["ada"], "ada")
    assert isinstance(gone, ToldText)
    assert gone.size == len(MEMORY.text.encode()), "how much it was is still known"


def test_a_text_is_kept_as_long_as_a_turn_that_was_told_it(ledger: Ledger) -> None:
    turns = [ledger.accept("hi", key="chat").turn for _ in range(3)]
    for turn in turns:
        ledger.begin(turn)
        ledger.finish(turn, "done", told=(MEMORY, Told(source="Now", text=turn)))
        ledger.now += told.KEPT / 2
    ledger.run(told.purge, micros(ledger.now - told.KEPT - timedelta(hours=1)))
    assert [heard(ledger, turn) for turn in turns] == [
        [],
        [(1, "Memory", MEMORY.text), (1, "Now", turns[1])],
        [(1, "Memory", MEMORY.text), (1, "Now", turns[2])],
    ]
    ledger.run(told.purge, micros(ledger.now + timedelta(days=2)))
    assert texts(ledger) == 0
