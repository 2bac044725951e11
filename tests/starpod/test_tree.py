"""The supervision tree of the daemon."""

from pathlib import Path

import attrs
import pytest

from actors.agent.settings import Settings
from actors.session import messages as session
from actors.subsystem import Given
from bus import Remains, Request
from starpod.tree import SOURCES, SUBSYSTEMS


@attrs.frozen(kw_only=True)
class Left(Given):
    """What there is after a process that has left nothing."""

    remains: Remains = attrs.field(factory=Remains)


@pytest.mark.parametrize(
    ("name", "question"), [("conductor", session.Recover), ("conversation", session.Open)]
)
def test_a_store_that_is_slow_is_an_outage_and_no_start_that_failed(
    name: str, question: type[Request[object]]
) -> None:
    """Who begins with a question hears that it was not answered before its own time to start is over."""
    given = Left(data=Path("/d"), home=Path("/h"), environment={}, settings_of=lambda _: Settings())
    (agent,) = (each for each in SUBSYSTEMS if each.name == "agent")
    (child,) = (child for child in agent.children(given) if child.name == name)
    assert child.limits.start_within > question.within >= 10


def test_the_model_is_told_who_it_is_before_anything_else_and_what_stays_the_same_before_what_changes() -> (
    None
):
    names = [each.name for each in SOURCES.context]
    assert names[:2] == ["Identity", "SOUL.md"]
    assert {"Memory", "Skills"} <= {each.name for each in SOURCES.context if each.stable}
