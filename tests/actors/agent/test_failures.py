"""What the person is told when something fails: words of people, not of the program."""

import pytest

from actors.agent.failures import reason
from actors.llm.messages import ModelNotAllowed
from actors.session.messages import StorageFailed
from bus import ActorCrashed, DeadlineExceeded


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StorageFailed(reason="the disk is full"), "the disk is full."),
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
