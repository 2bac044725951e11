"""What a turn was given to know: what it was told and what it looked up, with where that comes from."""

import pytest

from actors.session import given
from actors.session.messages import Told, UnknownTurn
from actors.vocabulary import MOST_ORIGINS, Origin
from tests.fakes.ledger import Ledger

HIT = Origin(kind="note", name="boat.md", lines="3-7", date="2026-03-01", score=0.5, why="boat")


def test_what_was_told_and_looked_up_keeps_where_it_comes_from(ledger: Ledger) -> None:
    turn = ledger.accept("hi", key="chat").turn
    ledger.begin(turn)
    profile = Origin(kind="profile", name="USER.md")
    ledger.complete(turn, calls=["a", "b"], told=(Told(source="Memory", text="Ada", origins=(profile,)),))
    ledger.result(turn, 2, "the boat is blue", origins=(HIT,) * (MOST_ORIGINS + 1))
    found = given.of_turn(ledger.connection, turn, "admin")
    assert (found.turn, found.called) == (turn, "")
    assert [(each.source, each.origins) for each in found.told] == [("Memory", (profile,))]
    (call,) = found.looked_up
    assert (call.n, call.is_error, call.origins) == (2, False, (HIT,) * MOST_ORIGINS)
    assert call.text.startswith("{")


def test_of_others_nothing_is_there(ledger: Ledger) -> None:
    turn = ledger.accept("hi", key="chat").turn
    with pytest.raises(UnknownTurn):
        given.of_turn(ledger.connection, turn, "bob")
    assert given.of_turn(ledger.connection, turn, "admin").told == ()
