"""All that was seen from outside while a daemon was killed again and again."""

from typing import Any, final

import attrs

Json = dict[str, Any]


@final
@attrs.define(kw_only=True)
class Sent:
    """One message of a person, however often it was sent."""

    id: str
    """The ``client_message_id``."""
    conversation: int
    text: str
    mode: str
    source: str
    """``web`` for WebSockets, ``http``."""
    kept: bool = True
    """Whether it is sent again until it is acknowledged."""
    session: str | None = None
    """Of the acknowledgement; None before."""
    turn: str | None = None
    answer: Json | None = None
    """What HTTP answered."""
    fate: str | None = None
    """What the daemon says became of it, in the end."""

    @property
    def acknowledged(self) -> bool:
        return self.turn is not None


@final
@attrs.define
class Record:
    """What the people of one run have sent and been told."""

    sent: list[Sent] = attrs.field(factory=list[Sent])
    """In the order in which they were first sent."""
    events: dict[str, list[tuple[str, int, str]]] = attrs.field(factory=dict[str, list[tuple[str, int, str]]])
    """By session: boot, number and type of every event, as they came."""
    cancels: dict[int, int] = attrs.field(factory=dict[int, int])
    """Times each conversation was told to stop."""
    complaints: list[str] = attrs.field(factory=list[str])
    """What was wrong at the moment it was seen."""

    def accepted(self, frame: Json) -> None:
        """Take an acknowledgement."""
        message = next(each for each in self.sent if each.id == frame["client_message_id"])
        if message.acknowledged and not frame["duplicate"]:
            self.complaints.append(f"{message.text} was acknowledged as new twice")
        self.place(message, frame["session_id"], frame["turn_id"])

    def place(self, message: Sent, session: str, turn: str) -> None:
        """A message was said to be stored there."""
        known = (message.session, message.turn)
        if message.acknowledged and known != (session, turn):
            self.complaints.append(f"{message.text} was acknowledged as {known}, then as {(session, turn)}")
        message.session, message.turn = session, turn

    def happened(self, boot: str, frame: Json) -> None:
        """Take a numbered event."""
        events = self.events.setdefault(frame["session_id"], [])
        events.append((boot, frame["seq"], frame["type"]))

    @property
    def sessions(self) -> dict[int, str]:
        """Ids of the sessions by number of the conversation."""
        return {message.conversation: message.session for message in self.sent if message.session is not None}
