"""What the person is told when something fails: words of people, not of the program."""

import pytest

from actors.agent import failures
from actors.agent.failures import reason
from actors.llm.messages import ModelError, ModelNotAllowed
from actors.session.messages import StorageFailed
from bus import ActorCrashed, DeadlineExceeded


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StorageFailed(reason="the disk is full"), "the disk is full."),
        (ModelError(reason="context_length", provider="a", detail="too many tokens"), "too many tokens"),
        (ModelNotAllowed(model="a/b", allowed=("c/d",)), "a/b"),
        (DeadlineExceeded(request="llm.Complete@1", to="llm"), "The model did not answer in time."),
        (
            ActorCrashed(request="llm.Complete@1", to="llm"),
            "The model could not be asked: the program was interrupted",
        ),
    ],
)
def test_a_failure_is_told_in_a_sentence(error: Exception, told: str) -> None:
    assert told in reason(error)
    assert "llm.Complete" not in reason(error)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            failures.unstored(StorageFailed(reason="the disk is full")),
            "could not be stored (the disk is full)",
        ),
        (failures.overdue(90.0), "Stopped after 90 s"),
        (failures.retrying("it is busy", 2.4), "again in 2 s: it is busy"),
        (failures.toolless("ollama/gemma"), "ollama/gemma takes no tools"),
        (failures.cramped(4096, 3500), "its window of 4096 tokens is too small"),
        (failures.cramped(4096, 500), "not even the newest message alone fits"),
        (failures.cramped(None, 500), "about 500 tokens"),
        (failures.switched("openai/b", "anthropic: busy"), "openai/b answers instead (anthropic: busy)."),
        (failures.gone("openai/b"), "openai/b is not offered any more"),
    ],
)
def test_the_person_is_told_the_numbers_that_count(sentence: str, told: str) -> None:
    assert told in sentence


def test_only_a_refusal_for_its_length_calls_for_a_shorter_conversation() -> None:
    assert failures.too_long(ModelError(reason="context_length", provider="a", detail="too many tokens"))
    assert not failures.too_long(ModelError(reason="protocol", provider="a", detail="no stream"))
    assert not failures.too_long(StorageFailed(reason="context_length"))
