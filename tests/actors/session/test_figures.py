"""What the turns of a conversation came to."""

from typing import Any

import attrs
import pytest

from actors.session import figures, usage
from actors.session.messages import ListFigures, TurnFigures, UnknownSession
from actors.vocabulary import Usage
from tests.fakes.ledger import USAGE, Ledger


def figured(ledger: Ledger, session: str, **fields: Any) -> tuple[TurnFigures, ...]:
    request = ListFigures(session=session, user=ledger.owner(session), **fields)
    return figures.figures(ledger.connection, request)


def test_a_turn_with_tools_tells_rounds_times_and_sums(ledger: Ledger) -> None:
    at = ledger.now
    turn = ledger.accept().turn
    begun = ledger.now
    ledger.begin(turn)
    a, b = ledger.complete(turn, "look", calls=["a", "b"])
    ledger.result(turn, a.n)
    ledger.result(turn, b.n)
    (c,) = ledger.complete(turn, calls=["c"])
    ledger.result(turn, c.n)
    end = ledger.now
    ledger.finish(turn, "done", usage=attrs.evolve(USAGE, model="test/two", cache_read_tokens=3))

    (found,) = figured(ledger, ledger.turn(turn).session)
    assert found == TurnFigures(
        turn=turn,
        state="done",
        outcome="success",
        accepted_at=at,
        started_at=begun,
        finished_at=end,
        tool_rounds=2,
        model="test/two",
        completions=3,
        input_tokens=33,
        output_tokens=15,
        cache_read_tokens=3,
        cache_write_tokens=0,
        cost_usd=pytest.approx(0.03),  # type: ignore[arg-type]
    )


def test_sums_agree_with_those_of_a_single_turn(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    (call,) = ledger.complete(turn, calls=["a"])
    ledger.result(turn, call.n)
    usage.record(ledger.connection, ledger.turn(turn).session, turn, "admin", USAGE, 1, purpose="compaction")
    ledger.finish(turn, state="failed", outcome="error", notice="no model")

    (found,) = figured(ledger, ledger.turn(turn).session)
    single = usage.of_turn(ledger.connection, turn, "admin")
    for name in ("state", "outcome", "completions", "input_tokens", "output_tokens", "cost_usd"):
        assert getattr(found, name) == getattr(single, name)


def test_the_model_is_that_of_the_last_completion_whatever_summarised_after_it(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    ledger.finish(turn, "hi", usage=USAGE)
    other = Usage(model="test/cheap", input_tokens=1, output_tokens=1, cost_usd=None)
    usage.record(ledger.connection, ledger.turn(turn).session, turn, "admin", other, 9, purpose="compaction")
    (found,) = figured(ledger, ledger.turn(turn).session)
    assert found.model == USAGE.model


def test_a_turn_that_waits_has_no_times_and_no_figures(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    (found,) = figured(ledger, ledger.turn(turn).session)
    assert (found.state, found.outcome, found.started_at, found.finished_at) == ("accepted", None, None, None)
    assert (found.model, found.completions, found.cost_usd) == (None, 0, None)


def test_a_range_is_of_one_conversation_in_order_and_keeps_its_end(ledger: Ledger) -> None:
    turns: list[str] = []
    for number in range(6):
        turns.append(ledger.accept(key="chat").turn)
        ledger.accept(key=f"other-{number}")
    session = ledger.turn(turns[0]).session

    def ids(**fields: object) -> list[str]:
        return [found.turn for found in figured(ledger, session, **fields)]

    assert ids() == turns
    assert ids(first=turns[2], last=turns[4]) == turns[2:5]
    assert ids(first=turns[1], limit=2) == turns[4:]
    assert ids(first="unknown", last="unknown") == turns
    assert ids(limit=-1) == []


def test_conversations_of_others_are_not_told(ledger: Ledger) -> None:
    session = ledger.turn(ledger.accept(user="ada").turn).session
    with pytest.raises(UnknownSession):
        figures.figures(ledger.connection, ListFigures(session=session, user="bob"))
