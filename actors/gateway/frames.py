"""What a client says on ``/ws``, read frame by frame. Pure."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import attrs

from actors.endpoints import BadMessage, parse_object, read
from actors.gateway.client_frames import CLIENT_FRAMES, MAX_ID, ClientFrame
from actors.vocabulary import quoted
from bus import ErrorKind


@attrs.define(eq=False)
class UnknownType(BadMessage):
    """A frame of a type that this protocol does not have."""


@attrs.define(eq=False)
class TooLarge(BadMessage):
    """A frame that is longer than a frame may be."""

    kind: ClassVar[ErrorKind] = "too_large"


_MESSAGE_ID: Final = re.compile(rf'"client_message_id":\s*"([^"\\]{{1,{MAX_ID}}})"')


def read_frame(raw: str, longest: int) -> ClientFrame:
    """Understand one frame of at most `longest` characters. Raises BadMessage, or one of the two above."""
    if len(raw) > longest:
        raise TooLarge(
            f"a message may have {longest:,} characters and this one has more: upload what is long as a file"
        )
    fields = dict(parse_object(raw))
    tag = fields.pop("type", None)
    if not isinstance(tag, str):
        raise BadMessage("expected a string", "type")
    kind = CLIENT_FRAMES.get(tag)
    if kind is None:
        raise UnknownType(f"unknown type {quoted(tag)}; known are {', '.join(CLIENT_FRAMES)}", "type")
    return read(kind, fields)


def echo_of(raw: str) -> dict[str, str]:
    """Ids to repeat in the answer to a frame that could not be understood, as far as they can be made out."""
    try:
        fields: Mapping[str, Any] = parse_object(raw)
    except BadMessage:
        # Within the text of a message the quotes are escaped, so this is the field, if it stands before the cut.
        found = _MESSAGE_ID.search(raw)
        return {"client_message_id": found[1]} if found else {}
    echo: dict[str, str] = {}
    for name in ("client_message_id", "session_id"):
        value = fields.get(name)
        if isinstance(value, str) and len(value) <= MAX_ID:
            echo[name] = value
    return echo
