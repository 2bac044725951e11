"""What a client may say on ``/ws``. Pure."""

import re
from typing import Final, final

import attrs

from actors.gateway.chat import MAX_ID, Chat, read_chat
from actors.gateway.fields import Fields, Malformed, parse_object


@attrs.define(eq=False)
class UnknownType(Malformed):
    """A message of a type that this protocol does not have."""


@attrs.define(eq=False)
class TooLarge(Malformed):
    """A message that is longer than a message may be."""


_MESSAGE_ID: Final = re.compile(rf'"client_message_id":\s*"([^"\\]{{1,{MAX_ID}}})"')


@final
@attrs.frozen
class Say:
    """``message``: something for the agent."""

    chat: Chat


@final
@attrs.frozen
class Cancel:
    """``cancel``: stop the running turn of a conversation."""

    session: str


@final
@attrs.frozen
class Resume:
    """``resume``: follow a conversation from an event number on; None: from now, or the start of the running turn."""

    session: str
    after: int | None


@final
@attrs.frozen
class Unfollow:
    """``unfollow``: no more of this conversation on this connection."""

    session: str


@final
@attrs.frozen
class Ping:
    """``ping``: still there?"""


Inbound = Say | Cancel | Resume | Unfollow | Ping


def check_length(raw: str, longest: int) -> None:
    """Raise TooLarge for a message of more than `longest` characters; of `raw` its beginning is enough."""
    if len(raw) > longest:
        raise TooLarge(
            f"a message may have {longest:,} characters and this one has more: upload what is long as a file"
        )


def read(raw: str, *, user: str) -> Inbound:
    """Understand one message of a client whose user is `user`. Raises UnknownType or Malformed."""
    fields = parse_object(raw)
    kind = fields.required_text("type")
    match kind:
        case "message":
            return Say(read_chat(fields, source="web", user=user))
        case "cancel":
            return Cancel(_session(fields))
        case "resume":
            return Resume(_session(fields), fields.integer("after_seq", least=0))
        case "unfollow":
            return Unfollow(_session(fields))
        case "ping":
            return Ping()
        case _:
            raise UnknownType(
                f"unknown type {kind[:40]!r}; known are message, cancel, resume, unfollow, ping", "type"
            )


def _session(fields: Fields) -> str:
    return fields.required_text("session_id", longest=MAX_ID)


def echo_of(raw: str) -> dict[str, str]:
    """Ids to repeat in the answer to a message that could not be understood, as far as they can be made out."""
    try:
        fields: Fields = parse_object(raw)
    except Malformed:
        # Within the text of a message the quotes are escaped, so this is the field, if it stands before the cut.
        found = _MESSAGE_ID.search(raw)
        return {"client_message_id": found[1]} if found else {}
    echo: dict[str, str] = {}
    for name in ("client_message_id", "session_id"):
        value = fields.data.get(name)
        if isinstance(value, str) and len(value) <= MAX_ID:
            echo[name] = value
    return echo
