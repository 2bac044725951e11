"""Steps of running turns that are calls of tools: intended, begun or awaited, and done."""

from typing import Any, ClassVar, Literal, final

import attrs

from actors.guarding import Decision
from actors.tooling import Effect
from actors.vocabulary import Attachment, Content, Origin, ToolUse
from bus import Abandon, Data, Request


@final
@attrs.frozen(kw_only=True)
class ToolStep(Data):
    """A tool call without a result.

    ``intent``: nothing was done yet, unless it is pure. ``awaiting``: a person is asked. ``begun``: it may or may not
    have happened.
    """

    n: int
    call: ToolUse
    effect: Effect
    state: Literal["intent", "awaiting", "begun"] = "intent"


@final
@attrs.frozen(kw_only=True)
class BeginStep(Request[None]):
    """Note that a call is about to be carried out, before it is: after a crash its effect decides what becomes of it.

    Raises StaleAttempt; UnknownStep, also for a call that has its result.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    n: int
    decision: Decision | None = None
    """Why it is, for the books: stored in the same commit."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"decision": None, **body}


@final
@attrs.frozen(kw_only=True)
class AwaitStep(Request[None]):
    """Note that a person is asked whether a call may be carried out. Raises what :class:`BeginStep` raises.

    One that had begun before a crash stays begun.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    attempt: int
    n: int


@final
@attrs.frozen(kw_only=True)
class SaveResult(Request[None]):
    """Complete the step of one tool call; a step completed before keeps its first result.

    Raises StaleAttempt or UnknownStep.
    """

    version: ClassVar[int] = 6
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    n: int
    content: tuple[Content, ...]
    is_error: bool
    attachments: tuple[Attachment, ...] = ()
    """Files the tool hands to the person."""
    diff: str = ""
    """What the call changed in a text, as lines of a unified diff: for the person."""
    origins: tuple[Origin, ...] = ()
    """Where what it gave comes from: for the person."""
    repeatable: bool = False
    """Whether the call only read, so that it can be made again: then nobody waits for the disk, and until the next
    thing is stored a power cut may undo this."""
    decision: Decision | None = None
    """Why it was made, or was not, for the books; None where that was stored when it began, or nobody had to decide."""
    last_event: int

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"repeatable": False, "decision": None, "diff": "", "origins": [], **body}
