"""What model calls used and cost."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from actors.session import turns, usage
from actors.session.messages import (
    Consumed,
    Consumption,
    CostReport,
    Costs,
    Measure,
    RecordCompaction,
    RecordUsage,
    Spent,
    ToolCount,
    TurnOptions,
    UnknownSession,
)
from actors.storage import micros
from actors.vocabulary import Usage
from tests.fakes.ledger import START, Ledger


def used(model: str, fresh: int, out: int, read: int = 0, write: int = 0, cost: float | None = 0.0) -> Usage:
    return Usage(
        model=model,
        input_tokens=fresh,
        output_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cost_usd=cost,
    )


def answered(ledger: Ledger, used: Usage, **fields: Any) -> str:
    """A turn of one completion."""
    accepted = ledger.accept(**fields)
    ledger.begin(accepted.turn)
    ledger.finish(accepted.turn, "answer", usage=used)
    return accepted.turn


def report(ledger: Ledger, **wanted: Any) -> CostReport:
    return usage.costs(ledger.connection, Costs(**wanted))


def test_with_nothing_used_everything_is_zero(ledger: Ledger) -> None:
    nothing = Spent(name="total", usage=Usage(), calls=0)
    assert report(ledger) == CostReport(
        total=nothing, by_user=(), by_model=(), by_purpose=(), by_day=(), by_tool=()
    )


def test_input_is_what_was_fresh_read_and_written(ledger: Ledger) -> None:
    answered(ledger, used("m", 1000, 500, 200, 100, cost=0.01))
    answered(ledger, used("m", 800, 400, 150, 50, cost=0.008))
    total = report(ledger).total
    assert (total.usage.prompt_tokens, total.usage.output_tokens, total.calls) == (2300, 900, 2)
    assert total.usage.cost_usd == pytest.approx(0.018)


def test_cached_tokens_are_told_apart(ledger: Ledger) -> None:
    answered(ledger, used("m", 500, 300, 0, 4000, cost=0.04))
    answered(ledger, used("m", 100, 200, 4000, 0, cost=0.02))
    total = report(ledger).total.usage
    assert (total.prompt_tokens, total.cache_read_tokens, total.cache_write_tokens) == (8600, 4000, 4000)


def test_users_and_models_come_dearest_first(ledger: Ledger) -> None:
    answered(ledger, used("haiku", 10, 1, cost=0.02), user="ada")
    answered(ledger, used("sonnet", 10, 1, cost=0.05), user="ada")
    answered(ledger, used("sonnet", 10, 1, cost=0.10), user="bob")
    found = report(ledger)
    assert [(row.name, round(row.usage.cost_usd or 0.0, 6), row.calls) for row in found.by_user] == [
        ("bob", 0.10, 1),
        ("ada", 0.07, 2),
    ]
    assert [(row.name, round(row.usage.cost_usd or 0.0, 6)) for row in found.by_model] == [
        ("sonnet", 0.15),
        ("haiku", 0.02),
    ]


def test_the_model_that_answered_counts_not_the_one_that_was_asked_for(ledger: Ledger) -> None:
    answered(ledger, used("real/model", 1, 1), options=TurnOptions(model="asked/model"))
    assert [row.name for row in report(ledger).by_model] == ["real/model"]


def test_an_unknown_price_is_told_as_unknown_and_not_as_nothing(ledger: Ledger) -> None:
    answered(ledger, used("mine", 1, 1, cost=None))
    total = report(ledger).total
    assert (total.usage.cost_usd, total.calls, total.unpriced) == (None, 1, 1)
    answered(ledger, used("free", 1, 1, cost=0.0))
    found = report(ledger)
    assert (found.total.usage.cost_usd, found.total.calls, found.total.unpriced) == (0.0, 2, 1)
    assert [(row.name, row.usage.cost_usd, row.unpriced) for row in found.by_model] == [
        ("free", 0.0, 0),
        ("mine", None, 1),
    ]


def test_days_are_utc_in_order_with_the_models_of_each(ledger: Ledger) -> None:
    ledger.now = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
    answered(ledger, used("a", 1, 1, cost=1.0))
    ledger.now = datetime(2026, 3, 2, 0, 0, 10, tzinfo=UTC)
    answered(ledger, used("b", 1, 1, cost=2.0))
    answered(ledger, used("a", 1, 1, cost=4.0))
    found = [
        (day.date, {each.name: each.usage.cost_usd for each in day.by_model}) for day in report(ledger).by_day
    ]
    assert found == [("2026-03-01", {"a": 1.0}), ("2026-03-02", {"a": 4.0, "b": 2.0})]


def test_since_is_an_instant_whatever_its_offset(ledger: Ledger) -> None:
    turn = answered(ledger, used("m", 1, 1))
    (at,) = ledger.connection.execute("SELECT at FROM usage").fetchone()
    exact = START + timedelta(microseconds=at - micros(START))
    shifted = exact.astimezone(timezone(timedelta(hours=-7)))
    assert turn
    assert report(ledger, since=exact).total.calls == 1
    assert report(ledger, since=shifted).total.calls == 1
    assert report(ledger, since=exact + timedelta(microseconds=1)).total.calls == 0
    assert report(ledger, since=exact - timedelta(days=365)).total.calls == 1


def test_one_conversation_can_be_asked_for(ledger: Ledger) -> None:
    turn = answered(ledger, used("m", 1, 1))
    answered(ledger, used("m", 1, 1))
    assert report(ledger, session=ledger.turn(turn).session).total.calls == 1
    assert report(ledger, session="nothing").total.calls == 0


def test_one_user_can_be_asked_for_with_their_tools(ledger: Ledger) -> None:
    answered(ledger, used("m", 1, 1, cost=1.0), user="ada")
    accepted = ledger.accept(user="bob")
    ledger.begin(accepted.turn)
    ledger.complete(accepted.turn, calls=["c"], usage=used("m", 1, 1, cost=2.0))
    ada, bob = report(ledger, of_user="ada"), report(ledger, of_user="bob")
    assert ([row.name for row in ada.by_user], ada.total.usage.cost_usd, ada.by_tool) == (["ada"], 1.0, ())
    assert ([row.name for row in bob.by_user], bob.total.usage.cost_usd) == (["bob"], 2.0)
    assert [tool.invocations for tool in bob.by_tool] == [1]
    assert report(ledger, of_user="eve").total.calls == 0


def test_tools_are_counted_with_their_errors_most_used_first(ledger: Ledger) -> None:
    accepted = ledger.accept()
    ledger.begin(accepted.turn)
    for n in range(3):
        (call,) = ledger.complete(accepted.turn, calls=[f"c{n}"])
        if n < 2:
            ledger.result(accepted.turn, call.n, is_error=n == 1)
    assert report(ledger).by_tool == (ToolCount(name="FileRead", invocations=3, errors=1),)
    assert report(ledger, since=ledger.now).by_tool == ()
    assert report(ledger, session=accepted.session).by_tool[0].invocations == 3


class TestOneTurn:
    def test_every_completion_is_counted_when_it_is_made(self, ledger: Ledger) -> None:
        accepted = ledger.accept()
        ledger.begin(accepted.turn)
        (call,) = ledger.complete(accepted.turn, calls=["a"], usage=used("m", 10, 5, 2, 1, cost=0.25))
        found = ledger.turn(accepted.turn)
        assert (found.state, found.outcome, found.completions) == ("running", None, 1)
        ledger.result(accepted.turn, call.n)
        ledger.finish(accepted.turn, "done", usage=used("m", 20, 7, cost=0.5))
        found = ledger.turn(accepted.turn)
        assert (found.state, found.outcome, found.completions) == ("done", "success", 2)
        assert (found.usage.input_tokens, found.usage.output_tokens) == (30, 12)
        assert (found.usage.cache_read_tokens, found.usage.cache_write_tokens, found.usage.cost_usd) == (
            2,
            1,
            0.75,
        )

    def test_a_turn_without_completions_has_used_nothing_of_unknown_price(self, ledger: Ledger) -> None:
        found = ledger.turn(ledger.accept().turn)
        assert (found.completions, found.usage.input_tokens, found.usage.cost_usd) == (0, 0, None)

    def test_a_summary_is_paid_for_and_no_completion(self, ledger: Ledger) -> None:
        accepted = ledger.accept()
        ledger.begin(accepted.turn)
        ledger.complete(accepted.turn, "hello", usage=used("m", 10, 5, cost=0.25))
        request = RecordCompaction(
            turn=accepted.turn,
            until=1,
            trigger="auto",
            pre_tokens=10,
            summary="short",
            messages_compacted=1,
            usage=used("small", 100, 50, cost=0.5),
        )
        ledger.run(turns.record_compaction, request, 0)
        found = ledger.turn(accepted.turn)
        assert (found.completions, found.usage.input_tokens, found.usage.cost_usd) == (1, 110, 0.75)


def test_what_was_no_answer_counts_by_its_purpose(ledger: Ledger) -> None:
    turn = answered(ledger, used("m", 100, 10, cost=0.01))
    session = ledger.turn(turn).session
    spent: dict[str, Any] = {"user": "admin", "usage": used("m", 50, 5, cost=0.5)}
    ledger.run(usage.record_other, RecordUsage(purpose="review", session=session, **spent), 0)
    ledger.run(usage.record_other, RecordUsage(purpose="skill", session="", **spent), 0)
    ledger.run(usage.record_other, RecordUsage(purpose="embedding", session="", **spent), 0)
    ledger.run(usage.record_other, RecordUsage(purpose="flush", session=session, turn=turn, **spent), 0)
    assert [(each.name, each.calls) for each in report(ledger).by_purpose] == [
        ("embedding", 1),
        ("flush", 1),
        ("review", 1),
        ("skill", 1),
        ("completion", 1),
    ]
    assert report(ledger, session=session).total.usage.cost_usd == pytest.approx(1.01)
    assert ledger.turn(turn).usage.cost_usd == pytest.approx(0.51), "a flush is for its turn, a review is not"


def test_what_has_the_same_key_is_counted_once(ledger: Ledger) -> None:
    turn = answered(ledger, used("m", 100, 10, cost=0.25))
    session = ledger.turn(turn).session
    fields: dict[str, Any] = {"user": "admin", "purpose": "failed", "session": session, "turn": turn}
    for key in ("one", "one", "two", "", ""):
        request = RecordUsage(usage=used("m", 50, 5, cost=0.5), key=key, **fields)
        ledger.run(usage.record_other, request, 0)
    assert report(ledger).total.usage.cost_usd == 2.25
    measured = ledger.run(usage.measure, Measure(user="admin", session=session, turn=turn, since=START))
    assert measured.conversation.usd == 2.25


def test_a_count_beyond_all_reason_costs_nobody_the_sums(ledger: Ledger) -> None:
    """Nor does one that a damaged row holds: the store would crash each time that somebody asks."""
    beyond = used("m", 2**63 - 1, -(2**63))
    first, second = answered(ledger, beyond), answered(ledger, beyond)
    total = report(ledger).total.usage
    assert (total.input_tokens, total.output_tokens) == (2 * usage.MOST, 0)
    ledger.connection.execute("UPDATE usage SET input_tokens = 9223372036854775807")
    ledger.connection.execute("UPDATE sessions SET used_tokens = 9223372036854775807")
    third = answered(ledger, used("m", 1, 1), session=ledger.turn(second).session)
    assert report(ledger).total.usage.input_tokens == 2**63 - 1
    for turn in (first, second, third):
        asked = Measure(user="admin", session=ledger.turn(turn).session, turn=turn, since=START)
        assert ledger.run(usage.measure, asked).conversation.tokens > 0


def test_nothing_counts_for_a_conversation_of_somebody_else(ledger: Ledger) -> None:
    session = ledger.accept(user="ada").session
    request = RecordUsage(user="bob", purpose="review", session=session, usage=used("m", 1, 1))
    with pytest.raises(UnknownSession):
        ledger.run(usage.record_other, request, 0)


def test_what_a_turn_a_conversation_and_a_day_have_used(ledger: Ledger) -> None:
    begins = ledger.now
    turn = answered(ledger, used("m", 1000, 500, 200, 100, cost=0.25))
    session = ledger.turn(turn).session
    spent: dict[str, Any] = {"user": "admin", "usage": used("m", 8, 2, cost=0.5)}
    ledger.run(usage.record_other, RecordUsage(purpose="review", session=session, **spent), micros(begins))
    ledger.run(usage.record_other, RecordUsage(purpose="skill", session="", **spent), micros(begins))
    ledger.run(usage.record_other, RecordUsage(purpose="skill", session="", **spent), micros(begins) - 1)
    answered(ledger, used("m", 10**6, 1, cost=None), user="bob")

    measured = usage.measure(
        ledger.connection, Measure(user="admin", session=session, turn=turn, since=begins)
    )
    assert measured == Consumption(
        turn=Consumed(tokens=1800, usd=0.25),
        conversation=Consumed(tokens=1810, usd=0.75),
        day=Consumed(tokens=1820, usd=1.25),
    )
    nothing = usage.measure(ledger.connection, Measure(user="eve", session="x", turn="x", since=begins))
    assert nothing == Consumption(turn=Consumed(), conversation=Consumed(), day=Consumed())
    with pytest.raises(UnknownSession):
        usage.measure(ledger.connection, Measure(user="eve", session=session, turn=turn, since=begins))
