"""A message of a person as it comes over HTTP or a WebSocket, and what the agent is asked to do with it. Pure."""

import re
from typing import Literal, cast, final

import attrs

from actors.agent import messages as agent
from actors.gateway.fields import Fields, Malformed
from actors.vocabulary import ADMIN, Attachment, FollowupMode

MAX_ATTACHMENTS = 32
MAX_ID = 200
"""Characters of an id that a client chooses."""

_USER = re.compile(r"[A-Za-z0-9_-]{1,32}")
_RESERVED_CHANNELS = frozenset({"telegram", "email"})

Source = Literal["web", "http", "cli"]


@final
@attrs.frozen(kw_only=True)
class Enclosure:
    """A file named in a message: either its `data` or the `path` under which it was uploaded."""

    name: str
    media_type: str
    data: str | None = attrs.field(default=None, repr=False)
    """The bytes in base64."""
    path: str | None = None


@final
@attrs.frozen(kw_only=True)
class Chat:
    """What a client asks for, checked field by field."""

    text: str
    user: str
    source: Source
    session: str | None = None
    key: str | None = None
    model: str | None = None
    mode: FollowupMode | None = None
    client_message_id: str | None = None
    enclosures: tuple[Enclosure, ...] = ()

    def accept(self, attachments: tuple[Attachment, ...]) -> agent.Accept:
        """The request to the agent, with those enclosures that could be stored."""
        return agent.Accept(
            text=self.text,
            user=self.user,
            key=self.key,
            session=self.session,
            attachments=attachments,
            model=self.model,
            mode=self.mode,
            source=self.source,
            client_message_id=self.client_message_id,
        )


def read_user(fields: Fields, default: str = ADMIN) -> str:
    """The user a request acts for. Raises Malformed."""
    user = fields.text("user_id") or default
    if _USER.fullmatch(user) is None:
        raise Malformed("expected 1 to 32 letters, digits, _ or -", "user_id")
    return user


def read_chat(fields: Fields, *, source: Source, user: str = ADMIN) -> Chat:
    """Check the fields of a message. Raises Malformed.

    Args:
      source: where it came from, unless its ``channel_id`` says that it is the command line.
      user: who speaks when the message does not say.
    """
    enclosures = tuple(map(_enclosure, fields.objects("attachments", most=MAX_ATTACHMENTS)))
    text = fields.text("text") if enclosures else fields.required_text("text")
    if not enclosures and not (text or "").strip():
        raise Malformed("expected a text that is not empty", "text")
    return Chat(
        text=text or "",
        user=read_user(fields, user),
        source=_source(fields, source),
        session=fields.text("session_id", longest=MAX_ID) or None,
        key=fields.text("channel_session_key", longest=MAX_ID) or None,
        model=fields.text("model", longest=MAX_ID) or None,
        mode=_mode(fields),
        client_message_id=fields.text("client_message_id", longest=MAX_ID) or None,
        enclosures=enclosures,
    )


def _source(fields: Fields, default: Source) -> Source:
    channel = fields.text("channel_id", longest=MAX_ID)
    if channel in _RESERVED_CHANNELS:
        raise Malformed(f"messages of channel {channel!r} do not come this way", "channel_id")
    return "cli" if channel == "cli" else default


def _mode(fields: Fields) -> FollowupMode | None:
    mode = fields.text("mode")
    if mode is not None and mode not in {"inject", "queue"}:
        raise Malformed("expected 'inject' or 'queue'", "mode")
    return cast("FollowupMode | None", mode)


def _enclosure(fields: Fields) -> Enclosure:
    enclosure = Enclosure(
        name=fields.required_text("file_name", longest=MAX_ID),
        media_type=fields.text("mime_type", longest=MAX_ID) or "application/octet-stream",
        data=fields.text("data"),
        path=fields.text("path", longest=1000),
    )
    if (enclosure.data is None) == (enclosure.path is None):
        raise Malformed("expected either data or path", fields.prefix.rstrip("."))
    return enclosure
