"""What the model calls used and cost."""

from datetime import datetime
from typing import Any, ClassVar, Literal, final

import attrs

from actors.vocabulary import Usage
from bus import Abandon, Command, Data, Request

Purpose = Literal[
    "completion", "compaction", "flush", "review", "skill", "embedding", "transcription", "failed"
]
"""What a model was asked for: an answer, a summary, what to remember of messages that go into one or of a conversation,
a skill, the vectors of notes or of a question to them, the words of a recording; ``failed`` is an answer that did not
come to its end, counted as far as its provider has told, else roughly."""


@final
@attrs.frozen(kw_only=True)
class Spent(Data):
    """What one user, one model or everybody used."""

    name: str
    usage: Usage
    """Its cost is that of the calls whose price is known, and None where there are none of them."""
    calls: int
    """Of models, summaries included."""
    unpriced: int = 0
    """Those of them whose price is not known."""


@final
@attrs.frozen(kw_only=True)
class DayCost(Data):
    date: str
    """``YYYY-MM-DD``, UTC."""
    by_model: tuple[Spent, ...]


@final
@attrs.frozen(kw_only=True)
class ToolCount(Data):
    name: str
    invocations: int
    errors: int


@final
@attrs.frozen(kw_only=True)
class CostReport(Data):
    total: Spent
    by_user: tuple[Spent, ...]
    by_model: tuple[Spent, ...]
    by_purpose: tuple[Spent, ...]
    """By what the models were asked for, see :data:`Purpose`."""
    by_day: tuple[DayCost, ...]
    by_tool: tuple[ToolCount, ...]


@final
@attrs.frozen(kw_only=True)
class RecordUsage(Request[None]):
    """Store what a call of a model has used that is no part of an answer. Raises UnknownSession."""

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str
    purpose: Purpose
    usage: Usage
    session: str
    """Empty where it was for no conversation."""
    turn: str = ""
    """In whose figures it counts; empty where it was for none."""
    key: str = ""
    """What has the same key is stored once; without one it is stored each time."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"key": "", **body}


@final
@attrs.frozen(kw_only=True)
class NoteUsage(Command):
    """The same for whoever is being cancelled and cannot wait; it fails silently, and what it says is lost then."""

    user: str
    purpose: Purpose
    usage: Usage
    session: str = ""
    turn: str = ""


@final
@attrs.frozen(kw_only=True)
class Consumed(Data):
    """What some calls of models came to."""

    tokens: int = 0
    """Of prompts, whether a cache held them or not, and answers."""
    usd: float = 0.0
    """US dollars; what has no known price counts nothing."""


@final
@attrs.frozen(kw_only=True)
class Consumption(Data):
    turn: Consumed
    """With all of its subagents; of one of them, with all that is used on behalf of the same message of a person."""
    conversation: Consumed
    """In which that message was, with all subagents there."""
    day: Consumed
    """Of the user, in all conversations and beside them."""


@final
@attrs.frozen(kw_only=True)
class Measure(Request[Consumption]):
    """What a turn, its conversation and its user have used, asked before more is.

    Raises UnknownSession for a conversation of somebody else, and StorageFailed.
    """

    user: str
    session: str
    turn: str
    since: datetime
    """When the day began."""


@final
@attrs.frozen(kw_only=True)
class Costs(Request[CostReport]):
    """What was used since a moment (or ever), by user, model, purpose, day and tool."""

    version: ClassVar[int] = 2
    since: datetime | None = None
    session: str | None = None
    """Only in this conversation."""
    of_user: str | None = None
    """Only by this user."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "of_user": None}
