"""The order of the calls of one answer, and what becomes of calls in doubt."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.calls import batches, decide, doubt
from actors.session.messages import Effect, ToolStep
from actors.tooling import OnDoubt
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


def test_a_call_in_doubt_is_told_by_its_name() -> None:
    assert doubt("MailSend") == (
        "The program stopped while MailSend was running; it may or may not have happened."
    )
