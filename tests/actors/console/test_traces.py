"""Turns and messages over time."""

from datetime import timedelta
from typing import Any

from actors.console import traces
from actors.session import messages as session
from actors.vocabulary import Usage
from tests.actors.console.shown import event
from tests.actors.gateway.values import THEN


def step(n: int, kind: Any, start: float, end: float | None, **more: Any) -> session.StepInfo:
    return session.StepInfo(
        n=n,
        kind=kind,
        tool="FileRead" if kind == "tool" else None,
        effect="pure" if kind == "tool" else None,
        state="intent" if end is None else "done",
        is_error=False,
        text="what was said to sk-ant-" + "x" * 40,
        started_at=THEN + timedelta(seconds=start),
        ended_at=None if end is None else THEN + timedelta(seconds=end),
        usage=more.get("usage"),
    )


def test_an_answer_begins_where_the_step_before_it_ended() -> None:
    used = Usage(model="m", input_tokens=10, output_tokens=5, cache_read_tokens=20, cost_usd=0.25)
    stored = [
        step(0, "user", 1, 1),
        step(1, "assistant", 3, 3, usage=used),
        step(2, "tool", 3, 4),
        step(3, "tool", 3, 3.5),
        step(4, "assistant", 6, 6),
        step(5, "tool", 6, None),
    ]
    shown = traces.steps_of(stored, THEN, texts=False)
    assert [(each.start, each.end) for each in shown] == [
        (0, 1),
        (1, 3),
        (3, 4),
        (3, 3.5),
        (4, 6),
        (6, None),
    ]
    assert shown[1].usage == used
    assert {each.text for each in shown} == {""}


def test_what_was_said_is_told_to_the_operator_without_credentials() -> None:
    (shown,) = traces.steps_of([step(0, "user", 1, 1)], THEN, texts=True)
    assert shown.text.startswith("what was said to ")
    assert "xxx" not in shown.text


def test_a_trace_has_what_led_to_the_turn_and_not_what_followed_in_another() -> None:
    mine = {"turn": "t1"}
    events = [
        event(1),
        event(2, baggage=mine),
        event(3, baggage={"turn": "t2"}),
    ]
    assert [found.seq for found in traces.of_turn(events, "t1")] == [1, 2]


def test_what_a_subagent_does_is_part_of_the_turn_that_called_it_and_of_no_other() -> None:
    mine, theirs = {"turn": "t1"}, {"turn": "t2"}
    events = [
        event(5, baggage=theirs, cause=4),
        event(1, baggage=mine),
        event(2, baggage=mine, type="subagents.Delegate@1", cause=1),
        event(3, baggage=mine, cause=2),
        event(4, baggage=theirs, cause=3),
        event(6, baggage={"turn": "t3"}, cause=1),  # the next turn of the conversation
        event(7, baggage=theirs, type="subagents.Delegate@1", cause=5),
        event(8, baggage={"turn": "t4"}, cause=7),
    ]
    assert [found.seq for found in traces.of_turn(events, "t1")] == [5, 1, 2, 3, 4, 7, 8]
    assert [found.seq for found in traces.of_turn(events, "t2")] == [5, 4, 7, 8]


def test_messages_are_in_the_order_of_their_sending() -> None:
    first, second = traces.spans_of([event(2, at=101.0, cause=1), event(1)], 99.0)
    assert (first.seq, first.start, first.wait, first.took) == (1, 0.25, 0.25, 0.5)
    assert (second.seq, second.start, second.cause) == (2, 1.25, 1)
    assert (first.type, first.sender, first.to) == ("session.Get", "gateway", "session")


def test_a_message_that_is_being_handled_has_no_end() -> None:
    (running,) = traces.spans_of([event(2, point="taken", took=None, at=100.0, wait=0.5)], 99.0)
    assert (running.start, running.took) == (0.5, None)


def test_one_that_was_taken_out_of_turn_is_done() -> None:
    (joined,) = traces.spans_of([event(2, point="taken", took=None, detail="joined")], 99.0)
    assert joined.took == 0.0


def test_a_late_reply_is_the_end_of_the_message_it_answers() -> None:
    late = event(1, at=102.0, outcome="late_reply", took=0.0, wait=0.0)
    (span,) = traces.spans_of([event(1, at=102.0, took=1.0), late], 0.0)
    assert (span.outcome, span.took) == ("late_reply", 1.0)


def test_members_of_a_pool_are_called_by_its_name() -> None:
    (span,) = traces.spans_of([event(1, sender="", to="conversation[abc]")], 0.0, named=traces.home_of)
    assert (span.sender, span.to) == ("outside", "conversation")
