"""What a client says over the WebSocket; a message comes over HTTP in the same form."""

from typing import Annotated, Final, final

import attrs

from actors.agent import messages as agent
from actors.session import messages as session
from actors.shapes import described
from actors.vocabulary import Attachment, Effort, FollowupMode, Principal, quoted
from bus import Data

MAX_ATTACHMENTS: Final = 32
MAX_FALLBACKS: Final = 16
MAX_ID: Final = 200
"""Characters of an id that a client chooses."""


@final
@attrs.frozen(kw_only=True)
class ClientFile(Data):
    """A file of a message: the `path` that an upload returned, or its `data`."""

    file_name: Annotated[str, described("Its name.", max_length=MAX_ID)]
    mime_type: Annotated[str, described("Its type.", max_length=MAX_ID)] = "application/octet-stream"
    path: Annotated[str | None, described("As the upload returned it.", max_length=1000)] = None
    data: Annotated[str | None, described("The bytes in base64.")] = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if (self.data is None) == (self.path is None):
            raise ValueError("expected either data or path")


@final
@attrs.frozen(kw_only=True)
class ClientMessage(Data):
    """``message``: something for the agent. The connection follows the conversation from then on."""

    text: Annotated[str, described("May be empty or absent when there are attachments.")] = ""
    session_id: Annotated[
        str | None, described("Conversation to speak in; wins over the key.", max_length=MAX_ID)
    ] = None
    channel_session_key: Annotated[
        str | None,
        described(
            "Name chosen by the client: the open conversation with this key, or a new one. "
            "Neither this nor `session_id`: a new conversation.",
            max_length=MAX_ID,
        ),
    ] = None
    client_message_id: Annotated[
        str | None,
        described(
            "Chosen by the client. The same id twice is one message, so a message that was not acknowledged can be "
            "sent again.",
            max_length=MAX_ID,
        ),
    ] = None
    attachments: Annotated[
        tuple[ClientFile, ...],
        described(
            "`{file_name, mime_type, path}` as `POST /api/uploads` returned it, or `{file_name, mime_type, data}` "
            "with the bytes in base64.",
            max_length=MAX_ATTACHMENTS,
        ),
    ] = ()
    model: Annotated[
        str | None,
        described("`provider/model` for this turn; by default that of the conversation.", max_length=MAX_ID),
    ] = None
    effort: Annotated[Effort | None, described("How much the model is to think in this turn.")] = None
    fallbacks: Annotated[
        tuple[Annotated[str, described(max_length=MAX_ID)], ...] | None,
        described(
            "Models that may take its place in this turn when it cannot answer, in this order; none: nobody may. By "
            "default as configured.",
            max_length=MAX_FALLBACKS,
        ),
    ] = None
    mode: Annotated[
        FollowupMode | None,
        described(
            "How it joins a running turn: `inject` (at its next step) or `queue` (as the next turn); by default as "
            "configured."
        ),
    ] = None
    channel_id: Annotated[
        str | None,
        described("`cli` marks the command line; `telegram` and `email` are refused.", max_length=MAX_ID),
    ] = None

    def __attrs_post_init__(self) -> None:
        if not self.attachments and not self.text.strip():
            raise ValueError("text: expected a text that is not empty")
        if self.channel_id in {"telegram", "email"}:
            raise ValueError(
                f"channel_id: messages of channel {quoted(self.channel_id)} do not come this way"
            )

    def accept(self, who: Principal, source: str, attachments: tuple[Attachment, ...]) -> agent.Accept:
        """The request to the agent, with those files that could be stored. Empty ids count as absent."""
        return agent.Accept(
            incoming=session.Incoming(
                text=self.text,
                user=who.user,
                role=who.role,
                key=self.channel_session_key or None,
                session=self.session_id or None,
                attachments=attachments,
                mode=self.mode,
                source="cli" if self.channel_id == "cli" else source,
                client_message_id=self.client_message_id or None,
                options=session.TurnOptions(
                    model=self.model or None, effort=self.effort, fallbacks=self.fallbacks
                ),
            )
        )


@final
@attrs.frozen(kw_only=True)
class Revise(Data):
    """``revise``: answer a message again, or another version of it; the first one is kept. Answered by ``accepted``.

    Refused while a turn of the conversation waits or runs. The connection follows the conversation from then on.
    """

    turn_id: Annotated[str, described("The turn of the message.", max_length=MAX_ID)]
    text: Annotated[
        str | None, described("What it says now, with the files it had; absent: the same again.")
    ] = None
    model: Annotated[
        str | None, described("`provider/model` for it; absent: as before.", max_length=MAX_ID)
    ] = None
    effort: Annotated[Effort | None, described("How much the model is to think; absent: as before.")] = None
    client_message_id: Annotated[str | None, described("As of `message`.", max_length=MAX_ID)] = None

    def request(self, who: Principal) -> agent.Revise:
        """The request to the agent. Empty ids count as absent."""
        return agent.Revise(
            turn=self.turn_id,
            user=who.user,
            role=who.role,
            text=self.text,
            model=self.model or None,
            effort=self.effort,
            client_message_id=self.client_message_id or None,
            source="web",
        )


SessionId = Annotated[str, described("The conversation.", max_length=MAX_ID)]


@final
@attrs.frozen(kw_only=True)
class Cancel(Data):
    """``cancel``: stop the running turn of a conversation; what was stored stays."""

    session_id: SessionId


@final
@attrs.frozen(kw_only=True)
class Choose(Data):
    """``choose``: go on from a version of a message. All who follow the conversation get the event ``path``."""

    turn_id: Annotated[str, described("The version.", max_length=MAX_ID)]


@final
@attrs.frozen(kw_only=True)
class SelectModel(Data):
    """``select_model``: which model answers in a conversation, and how much it thinks, from the next turn on.

    Told to every connection of the user by ``sessions_updated``.
    """

    session_id: SessionId
    model: Annotated[str | None, described("`provider/model`; null: as configured.", max_length=MAX_ID)] = (
        None
    )
    effort: Annotated[Effort | None, described("null: as configured.")] = None


@final
@attrs.frozen(kw_only=True)
class Resume(Data):
    """``resume``: follow a conversation: replay what came after event `after_seq`, then go on.

    On a connection that follows it already, it starts again.
    """

    session_id: SessionId
    after_seq: Annotated[
        int | None,
        described("null: only what comes from now on, but a running turn from its start.", ge=0),
    ] = None


@final
@attrs.frozen(kw_only=True)
class Unfollow(Data):
    """``unfollow``: no more of this conversation on this connection."""

    session_id: SessionId


@final
@attrs.frozen(kw_only=True)
class Looking(Data):
    """``looking``: whether somebody can see this client, which counts as seen until it says otherwise.

    What somebody is asked in a conversation that no client of theirs shows is told by the ways of notifications.
    """

    is_seen: Annotated[bool, described("False while it is hidden: a tab in the background, a locked screen.")]


@final
@attrs.frozen(kw_only=True)
class Ping(Data):
    """``ping``: still there? Answered by ``pong``."""


ClientFrame = ClientMessage | Revise | Choose | SelectModel | Cancel | Resume | Unfollow | Looking | Ping
CLIENT_FRAMES: Final[dict[str, type[ClientFrame]]] = {
    "message": ClientMessage,
    "revise": Revise,
    "choose": Choose,
    "cancel": Cancel,
    "select_model": SelectModel,
    "resume": Resume,
    "unfollow": Unfollow,
    "looking": Looking,
    "ping": Ping,
}
