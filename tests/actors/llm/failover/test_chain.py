from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.failover.chain import is_outage, nobody, order, passes_on
from actors.llm.messages import ModelError, ModelUnavailable, Reason

MODELS = st.sampled_from(["anthropic/a", "anthropic/b", "openai/c", "groq/d", "ollama/e"])


def down(reason: Reason = "network", **about: Any) -> ModelUnavailable:
    known: dict[str, Any] = {"reason": reason, "provider": "anthropic", "detail": "down"}
    return ModelUnavailable(**known | about)


def refused(reason: Reason = "invalid_request", **about: Any) -> ModelError:
    known: dict[str, Any] = {"reason": reason, "provider": "openai", "detail": "no"}
    return ModelError(**known | about)


def test_who_is_named_twice_is_asked_once_and_who_rests_last() -> None:
    assert order(["a", "b", "a", "c"], "a".__eq__) == ("b", "c", "a")


@given(st.lists(MODELS, min_size=1), st.frozensets(MODELS))
def test_everybody_is_asked_once_and_those_that_rest_come_last(
    chain: list[str], resting: frozenset[str]
) -> None:
    plan = order(chain, resting.__contains__)
    wanted = list(dict.fromkeys(chain))
    awake = [model for model in wanted if model not in resting]
    assert plan == (*awake, *(model for model in wanted if model in resting))


@pytest.mark.parametrize(
    "error",
    [
        *(down(reason) for reason in ("network", "server", "overloaded", "rate_limited", "protocol")),
        *(refused(reason) for reason in ("authentication", "billing", "network", "protocol")),
    ],
)
def test_an_endpoint_that_cannot_answer_makes_way(error: Any) -> None:
    assert is_outage(error)
    assert passes_on(error, chosen=True)


@pytest.mark.parametrize(
    "error",
    [
        refused(status=404, detail="no such route (HTTP 404)"),
        refused(detail="The model `gpt-9` does not exist or you do not have access to it."),
        refused(detail="Model Not Exist (HTTP 400)"),
        refused(detail="gpt-9 is not a valid model ID (HTTP 400)"),
        refused(detail='model "x" not found, try pulling it first'),
        refused(detail="Invalid model: gpt-9"),
        refused(detail="The model `llama-2` has been decommissioned: model has been retired"),
    ],
)
def test_a_model_that_is_unknown_makes_way_although_its_endpoint_is_well(error: ModelError) -> None:
    assert not is_outage(error)
    assert passes_on(error, chosen=True)


@pytest.mark.parametrize(
    "error",
    [
        refused(),
        refused("context_length", detail="maximum context length of this model is 8192 tokens"),
        refused(detail="messages.3: tool_use_id was not found", status=400),
    ],
)
def test_a_request_that_is_at_fault_stays_with_the_model_that_was_chosen(error: ModelError) -> None:
    assert not is_outage(error)
    assert not passes_on(error, chosen=True)
    assert passes_on(error, chosen=False)


def test_the_error_of_the_only_one_is_the_error() -> None:
    error = down()
    assert nobody([error]) is error
    assert nobody([error, down()]) is error


def test_all_are_named_when_all_failed() -> None:
    error = nobody(
        [down(detail="busy", retry_after=9.0), refused("billing"), down(provider="groq", retry_after=4.0)]
    )
    assert isinstance(error, ModelUnavailable)
    assert (error.reason, str(error)) == ("nobody", "anthropic: busy; openai: no; groq: down")
    assert error.retry_after == 4.0


def test_nobody_knows_how_long_it_takes() -> None:
    error = nobody([down(), refused("billing")])
    assert isinstance(error, ModelUnavailable)
    assert error.retry_after is None


def test_refusals_of_all_are_a_refusal() -> None:
    error = nobody([refused("authentication", provider="groq"), refused("billing")])
    assert isinstance(error, ModelError)
    assert (error.reason, str(error)) == ("nobody", "groq: no; openai: no")


def test_a_conversation_that_one_could_take_if_it_were_shorter_is_to_be_shortened() -> None:
    long = refused("context_length")
    assert nobody([down(), long, down(provider="groq")]) is long
