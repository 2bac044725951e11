"""The answer to one message, for a client that waits for it instead of following the conversation. Pure."""

from collections.abc import Iterable
from typing import final

import attrs

from actors.agent import messages as agent
from actors.gateway.protocol import wire
from actors.session import messages as session
from actors.vocabulary import Attachment, Usage
from actors.wire import Json

Ending = agent.TurnEnded | agent.TurnFailed
OVER = frozenset({"done", "failed", "cancelled"})


@final
@attrs.frozen(kw_only=True)
class Answer:
    """How the turn of a message ended."""

    session: str
    turn: str
    text: str
    outcome: str
    error: str | None = None
    """Why the turn failed; None when it did not."""
    attachments: tuple[Attachment, ...] = ()
    usage: Usage

    def json(self) -> Json:
        body: Json = {
            "text": self.text,
            "session_id": self.session,
            "turn_id": self.turn,
            "outcome": self.outcome,
            "usage": {
                "input_tokens": self.usage.input_tokens,
                "output_tokens": self.usage.output_tokens,
                "cache_read_tokens": self.usage.cache_read_tokens,
                "cache_write_tokens": self.usage.cache_write_tokens,
                "cost_usd": self.usage.cost_usd,
            },
            "attachments": wire.json(self.attachments),
        }
        return body if self.error is None else {"error": self.error, **body}


@final
class Watch:
    """Reads the events of a conversation until the turn of one message has ended, merged turns included."""

    def __init__(self, turn: str) -> None:
        self.target = turn
        """The turn whose end answers the message: its own, or the one it became part of."""
        self._own = turn
        self._endings: dict[str, Ending] = {}

    def see(self, event: agent.TurnEvent) -> None:
        """Take the next event."""
        if isinstance(event, agent.FollowupFate):
            if event.turn == self._own and event.into is not None:
                self.target = event.into
        elif isinstance(event, agent.TurnEnded | agent.TurnFailed):
            self._endings[event.turn] = event

    @property
    def ending(self) -> Ending | None:
        """The event that answers the message, once it has come."""
        return self._endings.get(self.target)


def from_event(turn: str, ending: Ending) -> Answer:
    """The answer to the message of `turn`, which ended with this event."""
    return Answer(
        session=ending.session,
        turn=turn,
        text=ending.text,
        outcome=ending.outcome,
        error=ending.reason if isinstance(ending, agent.TurnFailed) else None,
        attachments=ending.attachments if isinstance(ending, agent.TurnEnded) else (),
        usage=ending.usage,
    )


def from_store(turn: str, answering: session.Turn, messages: Iterable[session.Message]) -> Answer:
    """The answer to the message of `turn` from the `messages` of the turn that answered it."""
    own = list(messages)
    texts = [message.content for message in own if message.role == "assistant"]
    notices = [message.content for message in own if message.role == "notice"]
    failed = answering.state == "failed"
    return Answer(
        session=answering.session,
        turn=turn,
        text="\n\n".join(texts),
        outcome=answering.outcome or ("error" if failed else "success"),
        error=(notices[-1] if notices else "the turn failed") if failed else None,
        attachments=tuple(
            attachment for message in own if message.role != "user" for attachment in message.attachments
        ),
        usage=answering.usage,
    )
