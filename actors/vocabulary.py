"""Values every subsystem speaks of: who speaks, content blocks, attachments, usage. Frozen, no imports of ours."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Literal, final

import attrs

Channel = str
"""Where people speak with the agent: ``main``, ``telegram`` … Its policy says what is particular about it."""
Effort = Literal["low", "medium", "high"]
"""How much a model thinks before it answers."""
FollowupMode = Literal["inject", "queue"]
Side = Literal["user", "assistant"]
"""Whose message one of the canonical history is."""
Role = Literal["admin", "user"]
Proof = Literal["page", "confirmed", "key", "operator", "telegram", "scheduler"]
"""How it is known who speaks. ``confirmed`` is a page whose admin has shown a code of the operator a moment ago."""
Right = Literal["operate", "guarded", "browser"]
"""What not every proof is good for:

- ``operate``: acts on the running daemon and for any user, as the owner of its files, and is nobody's session.
- ``guarded``: changes what decides what the agent may do, or where keys and conversations go.
- ``browser``: is a browser that is signed in, and can be signed out, or confirmed.
"""
_RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    "operator": frozenset({"operate", "guarded"}),
    "confirmed": frozenset({"guarded", "browser"}),
    "page": frozenset({"browser"}),
}


def may(proof: str, right: Right) -> bool:
    """Whether what is known in this way is good for that: the one place that says so."""
    return right in _RIGHTS.get(proof, ())


ADMIN = "admin"
"""Name of the first user, whose the agent is. Nobody acts as this user by default."""

RESERVED: Final = frozenset({"cron", "cron-cli", "boot", "bootstrap", "heartbeat", "system", "all", "shared"})
"""Names for what is nobody's, or speaks for somebody else; no user has one of them."""
_USER_ID: Final = re.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")

MOST_ORIGINS: Final = 100
"""Origins that are kept of one text."""


@final
@attrs.frozen(kw_only=True)
class Origin:
    """Where something comes from that the model was given: for whoever asks why it knew that."""

    kind: Literal["profile", "note", "log", "skill"]
    name: str
    """Of the note or the skill."""
    lines: str = ""
    """``first-last``; empty for all of it."""
    date: str | None = None
    """The day that it is about, or on which it was last changed, as ``YYYY-MM-DD``."""
    score: float | None = None
    """Of a passage that was searched for: the higher, the better; comparable within one search."""
    why: str = ""
    """Why it was given, and how much of it, for a person."""


UNCHANGED: Final = " "
"""In a request for a change, a text that is none of what a field may hold: it stays as it is, where null removes it."""

NOTHING_TO_SAY: Final = "HEARTBEAT_OK"
"""What the agent answers when it was to look by itself whether there is something to say, and there is not."""


def says_nothing(answer: str) -> bool:
    """Whether an answer is that there is nothing to say, however it is set."""
    return answer.strip().strip("*_`.!\"'").strip() == NOTHING_TO_SAY


LONGEST_QUOTED = 80
"""Characters of what somebody gave that an error repeats."""


def quoted(text: str) -> str:
    """What somebody gave, as a part of a sentence for people: in quotes, on one line, without its end if it is long."""
    shown = text if len(text) <= LONGEST_QUOTED else f"{text[: LONGEST_QUOTED - 1]}…"
    return f"'{''.join(each if each.isprintable() else '�' for each in shown)}'"


def is_one_line(text: str) -> bool:
    """Whether people can read a text that names something, and it is what it looks like.

    Characters that cannot be seen, such as those that turn the direction of writing, make it something else.
    """
    return bool(text.strip()) and text.isprintable()


class BadUserId(ValueError):
    """A text cannot be the id of a user."""


def user_id(text: str) -> str:
    """The text, which can be the id of a user and with that the name of a folder. Raises BadUserId.

    Ids are told apart without regard to case.
    """
    if not _USER_ID.fullmatch(text):
        raise BadUserId(
            f"{quoted(text)} cannot be the id of a user: use 1 to 64 of the letters a to z, digits, - and _, "
            "and begin with another than -"
        )
    if text.lower() in RESERVED:
        raise BadUserId(f"{quoted(text)} cannot be the id of a user: the name is reserved")
    return text


@final
@attrs.frozen(kw_only=True)
class Principal:
    """Who speaks, resolved once where a request comes in."""

    user: str
    role: Role
    proof: Proof
    """How it is known: a page, with or without a code, API key, operator's token, linked account, or our own clock."""
    credential: str = ""
    """Id of the key or device that proved it; empty where there is none."""


@final
@attrs.frozen(kw_only=True)
class Attachment:
    """A file that came with a message or goes out with an answer. The bytes stay in the agent's home."""

    name: str
    """File name as the person knows it."""
    media_type: str
    path: str
    """Where it lies, relative to the agent's home, with forward slashes."""
    size: int
    """Bytes."""


@final
@attrs.frozen(kw_only=True)
class Text:
    text: str
    type: Literal["text"] = "text"


@final
@attrs.frozen(kw_only=True)
class Image:
    """A picture by reference; a provider loads the bytes when it sends them."""

    media_type: str
    path: str
    """Relative to the agent's home."""
    type: Literal["image"] = "image"


PDF: Final = "application/pdf"
"""Media type of a :class:`Document`."""


@final
@attrs.frozen(kw_only=True)
class Document:
    """A PDF by reference, likewise. What it weighs depends on the model: :class:`actors.llm.messages.Weigh`."""

    media_type: str
    path: str
    """Relative to the agent's home."""
    name: str
    """File name as the person knows it."""
    type: Literal["document"] = "document"


Content = Text | Image | Document
"""What people say and tools answer."""


@final
@attrs.frozen(kw_only=True)
class ProviderData:
    """What a provider wants back with the block it came with, unchanged. Nobody else reads it, nobody else gets it."""

    origin: str
    """Name of the provider."""
    data: Mapping[str, Any]


@final
@attrs.frozen(kw_only=True)
class Thinking:
    """Reasoning of the model; without text where the provider shows none and only wants it back."""

    text: str
    provider_data: ProviderData | None = None
    type: Literal["thinking"] = "thinking"


@final
@attrs.frozen(kw_only=True)
class ToolUse:
    """The model asks for a tool."""

    id: str
    name: str
    input: Mapping[str, Any]
    unreadable: str | None = None
    """Why the call is answered with this sentence as an error instead of being run: its input could not be read, as it
    was no JSON object or cut off at the token limit (then `input` is empty), or it is one too many."""
    provider_data: ProviderData | None = None
    type: Literal["tool_use"] = "tool_use"


@final
@attrs.frozen(kw_only=True)
class ToolResult:
    """The answer to one :class:`ToolUse`."""

    tool_use_id: str
    name: str
    content: tuple[Content, ...]
    is_error: bool = False
    type: Literal["tool_result"] = "tool_result"


Block = Content | Thinking | ToolUse | ToolResult


@final
@attrs.frozen(kw_only=True)
class ChatMessage:
    """One message of the canonical history. Results of tools travel in messages of the user."""

    role: Side
    content: tuple[Block, ...]


@final
@attrs.frozen(kw_only=True)
class ToolSpec:
    """A tool as the model sees it."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    """JSON Schema of an object."""

    @cached_property
    def size(self) -> int:
        """Characters that a model is told of it, roughly."""
        return len(self.name) + len(self.description) + len(json.dumps(self.input_schema, default=dict))


@final
@attrs.frozen(kw_only=True)
class Usage:
    """Tokens and price of one completion, or of several."""

    input_tokens: int = 0
    """Prompt tokens neither read from nor written to the provider's cache."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None
    """US dollars; None when the price of the model is not known."""
    model: str | None = None
    """``provider/model`` that really answered; of several completions the last."""

    @property
    def prompt_tokens(self) -> int:
        """Size of the prompt: what was read from or written to the cache counts like the rest."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens
