"""Values every subsystem speaks of: content blocks, attachments, usage. Frozen, no behaviour, no imports of ours."""

from collections.abc import Mapping
from typing import Any, Literal, final

import attrs

Channel = Literal["main", "telegram"]
FollowupMode = Literal["inject", "queue"]
Role = Literal["user", "assistant"]

ADMIN = "admin"
"""Who acts when no user is named."""


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


@final
@attrs.frozen(kw_only=True)
class Thinking:
    """Reasoning of the model; `signature` must go back unchanged with the call results that follow it."""

    text: str
    signature: str = ""
    type: Literal["thinking"] = "thinking"


@final
@attrs.frozen(kw_only=True)
class RedactedThinking:
    """Reasoning the provider encrypted; opaque, returned unchanged."""

    data: str
    type: Literal["redacted_thinking"] = "redacted_thinking"


@final
@attrs.frozen(kw_only=True)
class ToolUse:
    """The model asks for a tool."""

    id: str
    name: str
    input: Mapping[str, Any]
    unreadable: str | None = None
    """Why the input could not be read: no JSON object, or cut off at the token limit. Then `input` is empty, and the
    call is answered with this sentence as an error instead of being run."""
    type: Literal["tool_use"] = "tool_use"


@final
@attrs.frozen(kw_only=True)
class ToolResult:
    """The answer to one :class:`ToolUse`."""

    tool_use_id: str
    name: str
    content: tuple[Text | Image, ...]
    is_error: bool = False
    type: Literal["tool_result"] = "tool_result"


Block = Text | Image | Thinking | RedactedThinking | ToolUse | ToolResult


@final
@attrs.frozen(kw_only=True)
class ChatMessage:
    """One message of the canonical history. Results of tools travel in messages of the user."""

    role: Role
    content: tuple[Block, ...]


@final
@attrs.frozen(kw_only=True)
class ToolSpec:
    """A tool as the model sees it."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    """JSON Schema of an object."""


@final
@attrs.frozen(kw_only=True)
class Usage:
    """Tokens and price of one completion."""

    model: str
    """``provider/model`` that really answered."""
    input_tokens: int = 0
    """Prompt tokens neither read from nor written to the provider's cache."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None
    """US dollars; None when the price of the model is not known."""
