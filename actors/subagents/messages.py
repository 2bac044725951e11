"""Front door of subagents: the tool that starts one, and what one is told."""

from typing import Annotated, Any, ClassVar, final

import attrs

from actors.context import context_source
from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Attachment, Effort, Role, Text
from bus import ActorError, ErrorKind, Request

TOOL = "Agent"
"""What the tool is called."""
WEEK = 7 * 24 * 3600.0
"""Seconds. A subagent ends with its turn, which has limits of its own; where it has none, the wait has this one."""


# --- what is refused --------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class TooDeep(ActorError):
    """A subagent may not start another one, or there are none at all."""

    limit: int

    def __str__(self) -> str:
        if self.limit == 0:
            return "there are no subagents here (limits.subagent_depth is 0); do it yourself"
        return f"a subagent may not start more of them here (limits.subagent_depth is {self.limit}); do it yourself"


@attrs.define(eq=False, kw_only=True)
class NotYours(ActorError):
    """A subagent cannot get a tool that whoever starts it does not have."""

    kind: ClassVar[ErrorKind] = "forbidden"
    tools: tuple[str, ...]
    yours: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"a subagent can only have tools of yours, which {', '.join(self.tools)} is not. "
            f"Yours: {', '.join(self.yours)}"
        )


@attrs.define(eq=False, kw_only=True)
class NoTimeLeft(ActorError):
    """The turn is about to be ended."""

    kind: ClassVar[ErrorKind] = "timeout"

    def __str__(self) -> str:
        return "there is no time left in this turn for a subagent"


# --- the tool ---------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Report(ToolReply):
    """What a subagent has come to."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    """Files that it handed over."""
    is_error: bool = False
    """Whether it is less than what was asked for."""

    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text=self.text),), is_error=self.is_error, attachments=self.attachments)


@tool(
    TOOL,
    "Hand a part of the task to a subagent, which works in a conversation of its own and keeps yours small. Its last "
    "answer is the result; it cannot ask back. Several calls in one answer run at once.",
    effect="keyed",
    waits=True,
    outside=True,  # it may have read what nobody knows
)
@final
@attrs.frozen(kw_only=True)
class Delegate(Request[Report]):
    """Have a turn of its own carry out a call, and wait for its end. The same call finds the same turn again.

    Raises TooDeep, NotYours, NoTimeLeft, llm.ModelNotAllowed, session.TooManySubagents or TurnIsOver.
    """

    version: ClassVar[int] = 3
    within: ClassVar[float] = WEEK
    expected: ClassVar[float] = WEEK
    max_bytes: ClassVar[int] = 1024 * 1024
    description: Annotated[str, described("Its title.", max_length=100)]
    prompt: Annotated[
        str,
        described(
            "The task, with all it needs to know: it sees nothing else of this conversation.",
            max_length=200_000,
        ),
    ]
    tools: Annotated[tuple[str, ...] | None, described("Those it may use; by default all of yours.")] = None
    model: Annotated[str | None, described("provider/model")] = None
    call: Annotated[str, from_context("call")]
    turn: Annotated[str, from_context("turn")]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    channel: Annotated[str, from_context("channel")]
    triggered_by: Annotated[str, from_context("triggered_by")]
    depth: Annotated[int, from_context("depth")]
    own_model: Annotated[str | None, from_context("model")]
    own_effort: Annotated[Effort | None, from_context("effort")] = None
    own_tools: Annotated[tuple[str, ...], from_context("tools")]
    left: Annotated[float | None, from_context("left")]
    outside: Annotated[tuple[str, ...], from_context("outside")] = ()

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"own_effort": None, "outside": [], **body}


# --- what one is told -------------------------------------------------------------------------------------


@context_source(None, stable=True, needs="delegated_by")
@final
@attrs.frozen(kw_only=True)
class Duties(Request[str]):
    """What a subagent is."""
