"""What a sender is told about an accepted message."""

from typing import Any

import pytest

from actors.agent.acceptance import after, fate, with_more
from actors.agent.messages import Location
from actors.context import Expansion
from actors.session.messages import Accepted, Incoming, TurnState
from actors.vocabulary import FollowupMode


def accepted(**fields: Any) -> Accepted:
    given: dict[str, Any] = {
        "state": "accepted",
        "duplicate": False,
        "created": False,
        "closed": None,
        **fields,
    }
    return Accepted(session="s", turn="t", seq=1, **given)


def at(*, began: int | None = None, running: str | None = None) -> Location:
    return Location(last=9, began=began, running=running)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("accepted", "queued"),
        ("running", "started"),
        ("merged", "merged"),
        ("done", "done"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ],
)
def test_of_a_message_that_came_before_its_turn_is_told(state: TurnState, told: str) -> None:
    assert fate(accepted(state=state, duplicate=True, created=True), "inject", at()) == told


@pytest.mark.parametrize(
    ("stored", "mode", "place", "told"),
    [
        (accepted(created=True), "queue", None, "started"),
        (accepted(), "queue", at(), "started"),
        (accepted(), "queue", at(running="t"), "started"),
        (accepted(), "queue", at(running="another"), "queued"),
        (accepted(), "inject", at(running="another"), "followup"),
        (accepted(), "inject", None, "followup"),
    ],
)
def test_a_new_message_starts_a_turn_joins_one_or_waits(
    stored: Accepted, mode: FollowupMode, place: Location | None, told: str
) -> None:
    assert fate(stored, mode, place) == told


def test_the_sender_follows_from_before_the_first_event_of_the_turn() -> None:
    assert after(None) == 0
    assert after(at(began=4)) == 4
    assert after(at()) == 9


def test_what_is_added_stands_behind_the_words_or_what_they_call_up() -> None:
    said = Incoming(text="How is it?", user="ada")
    plan = Expansion(name="plan", text="DO plan")
    assert with_more(said, None, ()) is None
    assert with_more(said, plan, ()) == plan
    assert with_more(said, None, ("It rains.", " ")) == Expansion(name="", text="How is it?\n\nIt rains.")
    assert with_more(said, plan, ("It rains.",)) == Expansion(name="plan", text="DO plan\n\nIt rains.")
