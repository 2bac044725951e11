"""Other versions of messages, and the choice between them, in the ledger."""

import json

import pytest

from actors.session import branches, export, sessions, turns
from actors.session.messages import (
    Close,
    GetWhole,
    JoinedAnother,
    SessionIsClosed,
    StillOpen,
    UnknownTurn,
)
from actors.session.recent import summary_of
from actors.vocabulary import ADMIN
from tests.fakes.ledger import Ledger


def a_turn(ledger: Ledger, text: str) -> str:
    """One turn of the same conversation, from acceptance to end."""
    turn = ledger.accept(text, key="garden").turn
    return ended(ledger, turn, f"answer to {text}")


def ended(ledger: Ledger, turn: str, answer: str) -> str:
    ledger.begin(turn)
    ledger.finish(turn, answer)
    return turn


def said(ledger: Ledger, turn: str) -> list[str]:
    return [content for role, content in ledger.shown(ledger.turn(turn).session) if role == "user"]


def context_tokens(ledger: Ledger) -> int:
    return int(ledger.connection.execute("SELECT context_tokens FROM sessions").fetchone()[0])


def test_a_version_follows_what_the_first_one_followed(ledger: Ledger) -> None:
    one, two = a_turn(ledger, "one"), a_turn(ledger, "two")
    again = ledger.revise(two, "due")
    assert (ledger.turn(again.turn).follows, ledger.turn(two).follows) == (one, None)
    assert ledger.turn(again.turn).mode == "queue"
    ended(ledger, again.turn, "2b")
    first = ledger.revise(one, "uno")
    assert ledger.turn(first.turn).follows == ""
    assert said(ledger, one) == ["uno"]


def test_a_version_of_a_version_is_one_of_the_same_message(ledger: Ledger) -> None:
    a_turn(ledger, "one")
    two = a_turn(ledger, "two")
    family = [two]
    for n in range(3):
        family.append(ended(ledger, ledger.revise(family[-1], f"two {n}").turn, "answer"))
    session = ledger.turn(two).session
    assert branches.versions(ledger.connection, session) == dict.fromkeys(family, tuple(family))


def test_the_same_message_twice_is_one_version(ledger: Ledger) -> None:
    one = a_turn(ledger, "one")
    first = ledger.revise(one, client_message_id="m1")
    second = ledger.revise(one, client_message_id="m1")
    assert (second.turn, second.duplicate, first.duplicate) == (first.turn, True, False)


def test_how_long_the_next_prompt_is_to_be_is_not_known_on_another_path(ledger: Ledger) -> None:
    one = a_turn(ledger, "one")
    ledger.begin(again := ledger.revise(one).turn)
    ledger.complete(again, "an answer")
    ledger.finish(again)
    assert context_tokens(ledger) > 0
    ledger.choose(again)
    assert context_tokens(ledger) > 0, "it is chosen already"
    ledger.choose(one)
    assert context_tokens(ledger) == 0


def test_what_is_not_on_the_chosen_path_is_neither_exported_nor_summed_up(ledger: Ledger) -> None:
    one, two = a_turn(ledger, "one"), a_turn(ledger, "two")
    ledger.compact(ledger.turn(two), 2)
    ended(ledger, ledger.revise(one, "uno").turn, "1b")
    session = ledger.turn(one).session
    lines = [json.loads(line) for line in export.export(ledger.connection, session, ADMIN)]
    assert [line["type"] for line in lines[1:]] == ["user", "assistant"]
    assert summary_of(ledger.connection, session, branches.chosen(ledger.connection, session)) is None


def test_a_message_after_a_choice_goes_on_from_it(ledger: Ledger) -> None:
    one = a_turn(ledger, "one")
    uno = ended(ledger, ledger.revise(one, "uno").turn, "1b")
    assert ledger.choose(one) == one
    two = a_turn(ledger, "two")
    known = branches.versions(ledger.connection, ledger.turn(one).session)
    assert known == dict.fromkeys((one, uno), (one, uno))
    assert said(ledger, one) == ["one", "two"]
    assert ledger.turn(two).follows == one
    a_turn(ledger, "three")
    assert said(ledger, one) == ["one", "two", "three"]


def test_what_cannot_be_said_again_is_refused(ledger: Ledger) -> None:
    one = a_turn(ledger, "one")
    with pytest.raises(UnknownTurn):
        ledger.revise("nothing")
    with pytest.raises(UnknownTurn):
        ledger.revise(one, user="eve")
    running = ledger.accept("two", key="garden").turn
    ledger.begin(running)
    joined = ledger.accept("and three", key="garden").turn
    ledger.merge(running, joined)
    with pytest.raises(StillOpen, match="still at work"):
        ledger.revise(one)
    with pytest.raises(StillOpen):
        ledger.choose(one)
    ledger.finish(running)
    for refused in (ledger.revise, ledger.choose):
        with pytest.raises(JoinedAnother, match=running):
            refused(joined)
    asked = GetWhole(turn=running, user=ADMIN)
    assert [turn.id for turn in turns.whole(ledger.connection, asked)] == [running, joined]


def test_a_closed_conversation_is_looked_at_and_no_more(ledger: Ledger) -> None:
    one = a_turn(ledger, "one")
    again = ended(ledger, ledger.revise(one, "uno").turn, "1b")
    closing = Close(session=ledger.turn(one).session, user=ADMIN, summary="")
    ledger.run(sessions.close, closing)
    with pytest.raises(SessionIsClosed):
        ledger.revise(one)
    assert (ledger.choose(one), said(ledger, one)) == (one, ["one"])
    assert (ledger.choose(again), said(ledger, one)) == (again, ["uno"])


def test_a_straight_conversation_has_no_paths(ledger: Ledger) -> None:
    one, two = a_turn(ledger, "one"), a_turn(ledger, "two")
    session = ledger.turn(one).session
    assert ledger.choose(one) == two
    assert branches.chosen(ledger.connection, session) is None
    assert branches.versions(ledger.connection, session) == {}
