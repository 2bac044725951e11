"""What a subagent is given: never more than its caller has."""

from typing import Any

import pytest

from actors.session.messages import Delegation, TurnOptions
from actors.subagents.messages import Delegate, NoTimeLeft, NotYours, TooDeep
from actors.subagents.order import order
from actors.subagents.settings import Settings
from tests.actors.agent.test_ending import turn


def call(**changes: Any) -> Delegate:
    given: dict[str, Any] = {
        "description": "Look around",
        "prompt": "/look around",
        "call": "t:7",
        "turn": "t",
        "user": "ada",
        "role": "user",
        "channel": "telegram",
        "triggered_by": "",
        "depth": 0,
        "own_model": "test/one",
        "own_tools": ("Read", "Agent", "Write"),
        "left": None,
    }
    return Delegate(**{**given, **changes})


def test_the_message_is_its_callers_in_all_but_its_words() -> None:
    caller = turn(budget_usd=2.0, effort="high", max_turns=5, fallbacks=("test/two",), deadline_s=60.0)
    incoming = order(call(own_effort="low"), caller, Settings(per_turn=3), 0.0)
    assert (incoming.user, incoming.role, incoming.channel, incoming.triggered_by) == (
        "ada",
        "user",
        "telegram",
        None,
    )
    assert (incoming.text, incoming.client_message_id) == ("/look around", "sub:t:7")
    assert incoming.delegation == Delegation(turn="t", step=7, title="Look around", most=3)
    assert incoming.options == TurnOptions(
        model="test/one",
        budget_usd=2.0,
        effort="low",
        max_turns=5,
        fallbacks=("test/two",),
        tools=("Read", "Write"),
    )


def test_the_same_call_makes_the_same_message() -> None:
    assert order(call(), turn(), Settings(), 0.0) == order(call(), turn(), Settings(), 5.0)


def test_it_may_name_fewer_tools_and_another_model() -> None:
    options = order(call(tools=("Write",), model="test/two"), turn(), Settings(), 0.0).options
    assert (options.tools, options.model) == (("Write",), "test/two")
    assert order(call(tools=()), turn(), Settings(), 0.0).options.tools == ()


def test_it_cannot_have_what_its_caller_has_not() -> None:
    with pytest.raises(NotYours, match=r"Shell is not\. Yours: Read, Agent, Write"):
        order(call(tools=("Read", "Shell")), turn(), Settings(), 0.0)


def test_only_as_deep_as_is_allowed() -> None:
    assert "Agent" in (order(call(), turn(), Settings(depth=2), 0.0).options.tools or ())
    assert "Agent" not in (order(call(depth=1), turn(), Settings(depth=2), 0.0).options.tools or ())
    with pytest.raises(TooDeep, match=r"limits\.subagent_depth is 1"):
        order(call(depth=1), turn(), Settings(), 0.0)
    with pytest.raises(TooDeep, match="do it yourself"):
        order(call(tools=("Agent",)), turn(), Settings(), 0.0)
    with pytest.raises(TooDeep, match="there are no subagents here"):
        order(call(), turn(), Settings(depth=0), 0.0)


def test_some_of_the_time_is_left_for_its_caller() -> None:
    assert order(call(left=100.0), turn(), Settings(), 0.0).options.deadline_s == 90.0
    assert order(call(left=100.0), turn(), Settings(), 50.0).options.deadline_s == 45.0
    with pytest.raises(NoTimeLeft, match="no time left"):
        order(call(left=100.0), turn(), Settings(), 99.0)
