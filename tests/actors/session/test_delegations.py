"""Conversations for calls of other turns: where they belong, what they cost, and that they end with who called."""

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.session import delegations, pruning, sessions, usage
from actors.session.messages import (
    DEEPEST,
    Accepted,
    ClosedAfter,
    Consumption,
    Costs,
    Delegation,
    List,
    Measure,
    SessionIsClosed,
    Subagents,
    TooManySubagents,
    TurnIsOver,
    UnknownTurn,
    depth_of,
    id_at,
)
from actors.vocabulary import ADMIN, Usage
from tests.fakes.ledger import Ledger

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def calling(ledger: Ledger, *calls: str, **fields: Any) -> Accepted:
    """A running turn that has made calls; they are its steps from 2 on."""
    accepted = ledger.accept("go", **fields)
    ledger.begin(accepted.turn)
    ledger.complete(accepted.turn, "I ask", calls=calls, effect="keyed")
    return accepted


def delegate(ledger: Ledger, caller: str, step: int = 2, most: int = 5, **fields: Any) -> Accepted:
    delegation = Delegation(turn=caller, step=step, title="# Look around", most=most)
    return ledger.accept(
        "look", source="subagent", client_message_id=f"sub:{caller}:{step}", delegation=delegation, **fields
    )


def measured(ledger: Ledger, accepted: Accepted) -> Consumption:
    request = Measure(user=ADMIN, session=accepted.session, turn=accepted.turn, since=BEGINNING)
    return usage.measure(ledger.connection, request)


def test_it_has_a_conversation_of_its_own_that_is_on_no_list(ledger: Ledger) -> None:
    caller = calling(ledger, "a", key="chat", channel="telegram", triggered_by="brief")
    sub = delegate(ledger, caller.turn, channel="telegram", key="chat", triggered_by="brief")
    assert (sub.created, sub.duplicate, sub.session != caller.session) == (True, False, True)
    assert (depth_of(caller.session), depth_of(sub.session)) == (0, 1)
    shown = ledger.session(sub.session)
    assert (shown.title, shown.is_closed, shown.is_read) == ("Look around", True, True)
    assert (shown.delegated_by, shown.parent) == (f"{caller.turn}:2", caller.session)
    assert (shown.channel, shown.triggered_by) == ("telegram", "brief")
    assert [each.id for each in sessions.find(ledger.connection, List(user=ADMIN))] == [caller.session]
    with pytest.raises(SessionIsClosed):
        ledger.accept("and I?", session=sub.session)
    ledger.begin(sub.turn)
    ledger.complete(sub.turn, "I look", calls=["b"], saying=["telegram"])
    ledger.finish(sub.turn, "There.")
    assert sessions.closed_after(ledger.connection, ClosedAfter(seq=0).seq, 10) == ()
    assert ledger.connection.execute("SELECT count(*) FROM outbox").fetchone()[0] == 0


def test_only_what_is_no_person_says_something_to_one_and_only_while_it_is_at_work(ledger: Ledger) -> None:
    sub = delegate(ledger, calling(ledger, "a").turn)
    for begun in (False, True):
        with pytest.raises(SessionIsClosed):
            ledger.accept("and I?", session=sub.session)
        if not begun:
            with pytest.raises(SessionIsClosed):
                ledger.accept("and I?", session=sub.session, triggered_by="hook a")
            ledger.begin(sub.turn)
    assert ledger.accept("go on", session=sub.session, triggered_by="hook a").session == sub.session


def test_the_same_call_is_one(ledger: Ledger) -> None:
    caller = calling(ledger, "a")
    first, again = delegate(ledger, caller.turn), delegate(ledger, caller.turn)
    assert (again.turn, again.duplicate) == (first.turn, True)
    ledger.finish(caller.turn, "Done.")
    assert delegate(ledger, caller.turn).duplicate


def test_depth_and_origin_are_kept_and_all_count_for_the_first(ledger: Ledger) -> None:
    caller = calling(ledger, "a", "b", "c")
    sub = delegate(ledger, caller.turn)
    ledger.begin(sub.turn)
    ledger.complete(sub.turn, "I ask", calls=["d"])
    deeper = delegate(ledger, sub.turn)
    begun = ledger.begin(deeper.turn)
    assert (begun.turn.depth, begun.turn.origin, begun.turn.delegated_by) == (2, caller.turn, f"{sub.turn}:2")
    delegate(ledger, caller.turn, 3, most=3)
    with pytest.raises(TooManySubagents, match="has started 3 subagents"):
        delegate(ledger, caller.turn, 4, most=3)
    with pytest.raises(TooManySubagents):
        delegate(ledger, deeper.turn, 4, most=3)


def test_what_is_used_counts_up_to_the_first_turn_and_its_conversation(ledger: Ledger) -> None:
    spent = Usage(input_tokens=10, output_tokens=5, cost_usd=0.25)
    earlier = ledger.accept("before", key="chat")
    ledger.begin(earlier.turn)
    ledger.finish(earlier.turn, "Yes.", usage=spent)
    caller = ledger.accept("go", key="chat")
    ledger.begin(caller.turn)
    ledger.complete(caller.turn, calls=["a"], usage=spent)
    sub = delegate(ledger, caller.turn)
    ledger.begin(sub.turn)
    ledger.complete(sub.turn, calls=["b"], usage=spent)
    deeper = delegate(ledger, sub.turn)
    ledger.begin(deeper.turn)
    ledger.finish(deeper.turn, "There.", usage=spent)
    for each in (caller, sub, deeper):
        found = measured(ledger, each)
        assert (found.turn.tokens, found.turn.usd) == (45, 0.75)
        assert (found.conversation.tokens, found.conversation.usd, found.day.usd) == (60, 1.0, 1.0)
    assert usage.costs(ledger.connection, Costs(session=caller.session)).total.calls == 4
    assert usage.costs(ledger.connection, Costs(session=sub.session)).total.calls == 1
    (shown,) = delegations.called(ledger.connection, Subagents(turn=sub.turn, user=ADMIN))
    assert (shown.call, shown.turn, shown.state, shown.used.usd) == ("b", deeper.turn, "done", 0.25)
    with pytest.raises(UnknownTurn):
        delegations.called(ledger.connection, Subagents(turn=sub.turn, user="eve"))


def test_nobody_begins_anything_for_a_turn_that_is_over_cancelled_or_somebody_elses(ledger: Ledger) -> None:
    caller = calling(ledger, "a", "b")
    with pytest.raises(UnknownTurn):
        delegate(ledger, caller.turn, user="eve")
    ledger.cancel(caller.turn)
    with pytest.raises(TurnIsOver, match="is over"):
        delegate(ledger, caller.turn)
    over = ledger.accept("go")
    ledger.begin(over.turn)
    ledger.finish(over.turn, "Done.")
    with pytest.raises(TurnIsOver):
        delegate(ledger, over.turn)


def test_who_ends_leaves_nobody_at_work(ledger: Ledger) -> None:
    caller = calling(ledger, "a", "b", "c")
    runs, waits, done = (delegate(ledger, caller.turn, step) for step in (2, 3, 4))
    ledger.begin(runs.turn)
    ledger.begin(done.turn)
    ledger.finish(done.turn, "There.")
    ended = ledger.finish(caller.turn, state="failed").turn
    assert set(ended.abandons) == {(runs.session, runs.turn), (waits.session, waits.turn)}
    ledger.kill()
    for each in (runs, waits):
        begun = ledger.begin(each.turn)
        assert (begun.over, begun.turn.state) == (True, "cancelled")


def test_a_conversation_is_deleted_with_those_that_worked_for_it(ledger: Ledger) -> None:
    job: dict[str, Any] = {"channel": "scheduler", "triggered_by": "brief"}
    caller = calling(ledger, "a", **job)
    sub = delegate(ledger, caller.turn, **job)
    ledger.begin(sub.turn)
    ledger.finish(caller.turn, "Done.")
    assert ledger.run(pruning.prune, caller.session, ADMIN, 0) == "kept"
    ledger.finish(sub.turn, "There.", state="cancelled")
    before = usage.costs(ledger.connection, Costs()).total
    assert ledger.run(pruning.prune, caller.session, ADMIN, 0) == "pruned"
    left = ledger.connection.execute("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM steps)")
    assert left.fetchone()[0] == 0
    assert usage.costs(ledger.connection, Costs()).total == before


@pytest.mark.parametrize(
    ("session", "depth"),
    [
        ("1b4e28ba-2fa1-11d2-883f-0016d3cca427", 0),
        (id_at(1, "1b4e28ba"), 1),
        (id_at(3, "1b4e28ba"), 3),
        (id_at(12, "1b4e28ba"), DEEPEST),
        ("x~", 0),
        ("x~y", 0),
        ("x~-1", 0),
        ("x~\u00b2", 0),
        (f"x~{10**9}", 0),
    ],
)
def test_how_deep_a_conversation_lies_is_told_by_its_name_whatever_it_is(session: str, depth: int) -> None:
    assert depth_of(session) == depth
