"""What a sender is told about an accepted message. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from actors.agent.messages import Location
from actors.context import Expansion
from actors.session.messages import Accepted, Incoming, TurnState
from actors.vocabulary import FollowupMode

Fate = Literal["started", "followup", "queued", "merged", "done", "failed", "cancelled"]

_STORED: Final[Mapping[TurnState, Fate]] = {
    "accepted": "queued",
    "running": "started",
    "merged": "merged",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


def fate(stored: Accepted, mode: FollowupMode, place: Location | None) -> Fate:
    """What is to become of a message.

    Args:
      stored: what the store answered; the state of a message that came before counts.
      mode: how it joins a running turn.
      place: its conversation, which knows of the message; None for a new one, or when it did not answer.
    """
    if stored.duplicate:
        return _STORED[stored.state]
    if stored.created or (place is not None and place.running in {None, stored.turn}):
        return "started"
    return "followup" if mode == "inject" else "queued"


def with_more(incoming: Incoming, expansion: Expansion | None, added: Sequence[str]) -> Expansion | None:
    """What the model gets instead of the words of a message, where others have something to add to them."""
    if not added:
        return expansion
    words = incoming.text if expansion is None else expansion.text
    text = "\n\n".join(filter(str.strip, (words, *added)))
    return Expansion(name="" if expansion is None else expansion.name, text=text)


def after(place: Location | None) -> int:
    """The event number to follow from: nothing the message causes comes before it, whatever else may."""
    if place is None:
        return 0
    return place.last if place.began is None else place.began
