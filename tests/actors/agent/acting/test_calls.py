"""The order of the calls of one answer, and what becomes of calls in doubt."""

from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.acting.calls import (
    BEFORE,
    IN_DOUBT,
    batches,
    bounded,
    changed,
    decide,
    doubt,
    refusal,
    withheld,
)
from actors.session.messages import ToolStep
from actors.tooling import Effect, OnDoubt
from actors.vocabulary import ToolUse


def steps(*effects: Effect) -> list[ToolStep]:
    return [
        ToolStep(n=n, call=ToolUse(id=f"c{n}", name="X", input={}), effect=effect, state="intent")
        for n, effect in enumerate(effects)
    ]


def shape(*effects: Effect) -> list[int]:
    return [len(batch) for batch in batches(steps(*effects))]


def test_calls_that_only_read_run_together() -> None:
    assert shape("pure", "pure", "pure") == [3]


def test_a_call_that_changes_something_runs_alone() -> None:
    assert shape("pure", "pure", "local", "pure", "unsafe", "keyed") == [2, 1, 1, 1, 1]


def test_calls_that_wait_for_other_turns_run_together_and_apart_from_those_that_read() -> None:
    mixed = steps("pure", "keyed", "keyed", "pure", "keyed", "unsafe")
    assert [len(batch) for batch in batches(mixed, {"X"})] == [1, 2, 1, 2]
    mixed[2] = attrs.evolve(mixed[2], call=ToolUse(id="c2", name="Y", input={}))
    assert [len(batch) for batch in batches(mixed, {"X"})] == [1, 1, 1, 1, 2]
    assert [len(batch) for batch in batches(mixed, {"X", "Y"})] == [1, 1, 1, 1, 2]


def test_who_may_not_use_a_tool_is_told_which() -> None:
    assert withheld("Shell", ["Read", "Write"]).endswith(
        "not use Shell. The tools that it was given: Read, Write."
    )
    assert withheld("Shell", []).endswith("given: none.")


@given(st.lists(st.sampled_from(["pure", "local", "keyed", "unsafe"]), max_size=12))
def test_every_call_runs_once_in_the_order_of_the_model(effects: list[Effect]) -> None:
    found = batches(steps(*effects))
    assert [step for batch in found for step in batch] == steps(*effects)
    assert all(len(batch) == 1 or {step.effect for step in batch} == {"pure"} for batch in found)


@pytest.mark.parametrize(
    ("effect", "on_doubt", "expected"),
    [
        ("pure", None, "run"),
        ("local", None, "run"),
        ("keyed", None, "run"),
        ("unsafe", "tell_model", "tell"),
        ("unsafe", "retry", "run"),
        ("unsafe", "skip", "skip"),
        ("unsafe", None, "tell"),
    ],
)
def test_a_call_without_a_result_is_treated_by_its_effect(
    effect: Effect, on_doubt: OnDoubt | None, expected: str
) -> None:
    (step,) = steps(effect)
    assert decide(attrs.evolve(step, state="begun"), on_doubt) == expected
    assert decide(step, on_doubt) == "run", "nothing was done yet"


@pytest.mark.parametrize("why", ["This call is not allowed: no", IN_DOUBT])
@pytest.mark.parametrize("effect", ["pure", "unsafe"])
@pytest.mark.parametrize("state", ["intent", "begun"])
def test_a_call_that_is_refused_when_it_is_repeated_may_have_happened(
    why: str, effect: Effect, state: Literal["intent", "begun"]
) -> None:
    (step,) = steps(effect)
    told = refusal(attrs.evolve(step, state=state), why)
    in_doubt = (state, effect) == ("begun", "unsafe") and why != IN_DOUBT
    assert told == (f"{why} {BEFORE}" if in_doubt else why)


def test_a_call_in_doubt_is_told_by_its_name() -> None:
    assert doubt("MailSend") == (
        "The program stopped while MailSend was running; it may or may not have happened."
    )


@given(st.integers(0, 12), st.integers(1, 5), st.integers(0, 12))
def test_calls_that_are_too_many_are_not_carried_out(made: int, of_answer: int, of_turn: int) -> None:
    calls = tuple(ToolUse(id=f"c{n}", name="X", input={"n": n}) for n in range(made))
    found = bounded(calls, of_answer=of_answer, of_turn=of_turn)
    assert [attrs.evolve(call, unreadable=None) for call in found] == list(calls)
    carried_out = [call for call in found if call.unreadable is None]
    assert carried_out == list(calls[: min(of_answer, of_turn)])


def test_which_limit_it_was_is_said() -> None:
    calls = tuple(ToolUse(id=f"c{n}", name="X", input={}) for n in range(3))
    (*_, last) = bounded(calls, of_answer=2, of_turn=9)
    assert (
        last.unreadable
        == "This call was not carried out: 2 of the 3 calls in this answer were (limits.calls_per_answer)."
    )
    (*_, last) = bounded(calls, of_answer=2, of_turn=1)
    assert "1 of the 3 calls in this answer were (limits.calls_per_turn)" in (last.unreadable or "")
    broken = attrs.evolve(calls[0], unreadable="no JSON")
    assert bounded([broken], of_answer=1, of_turn=0) == (broken,)


def test_a_tool_that_has_become_another_one_is_named() -> None:
    assert changed("Post").startswith("The tool Post was not there when this call was made")
