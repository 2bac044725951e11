"""Running turns: what the loop asks of the store."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

import attrs

from actors.tooling import Effect
from actors.transcript import Transcript
from actors.vocabulary import Block, Effort, Origin, ToolUse, Usage
from bus import Abandon, Data, Request

from .steps import ToolStep
from .turns import EndState, Turn


@final
@attrs.frozen(kw_only=True)
class Recover(Request[tuple[Turn, ...]]):
    """Return the turns of earlier boots to ``accepted`` and list every open one, oldest first.

    The attempts of culprits have died; each counts at the step where it did, for what was being done. All others merely
    waited when the process ended.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 60.0
    boot: str
    of_boot: str = ""
    """The boot that is known to have died, and of what."""
    culprits: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """The turns whose code ran at that moment, each with what it was doing."""


@final
@attrs.frozen(kw_only=True)
class Opened(Data):
    user: str
    """Whose conversation it is."""
    last_event: int
    """Highest event number known to have been given out."""
    turns: tuple[Turn, ...]
    """Accepted or running, oldest first."""


@final
@attrs.frozen(kw_only=True)
class Open(Request[Opened]):
    """What a conversation needs to begin or to go on. Raises UnknownSession."""

    session: str


@final
@attrs.frozen(kw_only=True)
class Begun(Data):
    """`over`: the turn has ended or was merged; nothing to run."""

    over: bool
    turn: Turn
    ended: bool = False
    """Whether this very request ended it: it was cancelled before, has died too often, or cannot be read any more."""
    notice: str | None = None
    """The sentence to the person about that end."""
    transcript: Transcript = attrs.field(factory=Transcript)
    """From the last compaction on, this turn's own steps included; every call of a finished step has its result."""
    open_calls: tuple[ToolStep, ...] = ()
    """Calls of this turn without a result yet, in order. The assistant message with their :class:`ToolUse` blocks ends
    `transcript`; only results of its other calls may follow it, as a message of the user that theirs belong into."""
    next_step: int = 0
    iteration: int = 0
    """Completions already stored for this turn."""
    context_tokens: int = 0
    """Prompt size of the last completion of the conversation, all kinds of input summed; 0 when unknown."""
    model: str | None = None
    """Chosen for the conversation, for a turn that names none; None: as configured."""
    effort: Effort | None = None
    """Likewise."""


@final
@attrs.frozen(kw_only=True)
class Begin(Request[Begun]):
    """Claim a turn for this boot: ``running``, `attempt` one higher, its message stored as first step.

    The claim is stored before anything is read, so that a turn which brings the process down is counted. A turn that
    was cancelled, or has died three times at the same place, is ended instead. A claim that the same `runner` repeats
    is no death of the attempt before.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    runner: str = ""
    """One incarnation of the conversation; empty: always another."""
    last_event: int = 0
    """Where the numbers of this attempt's events begin: stored now, so that an attempt that dies before it stores
    anything else has not used its numbers for nothing."""


@final
@attrs.frozen(kw_only=True)
class Told(Data):
    """One text that the model was told at the beginning of an attempt, besides the conversation."""

    source: str
    text: str
    origins: tuple[Origin, ...] = ()


@final
@attrs.frozen(kw_only=True)
class Saved(Data):
    step: int
    """Id of the step of the answer within all conversations."""
    calls: tuple[ToolStep, ...]
    """Of the calls, in order."""


@final
@attrs.frozen(kw_only=True)
class SaveCompletion(Request[Saved]):
    """Store what the model said, its usage, and its tool calls as ``intent``, in one commit; twice is once.

    `content` holds no ToolUse blocks. Raises StaleAttempt, Unstorable.
    """

    version: ClassVar[int] = 4
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    iteration: int
    """Number of this completion within the turn, from 1."""
    content: tuple[Block, ...]
    calls: tuple[tuple[ToolUse, Effect], ...]
    usage: Usage
    told: tuple[Told, ...] = ()
    """What the attempt was told, with the first answer it stores: what it is told before that leaves no trace."""
    last_event: int

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "told": []}


@final
@attrs.frozen(kw_only=True)
class Merged(Data):
    step: int
    """Id of the step that holds their messages."""
    turns: tuple[Turn, ...]
    """Those that are part of the turn now, in the order in which they were asked for."""


@final
@attrs.frozen(kw_only=True)
class Merge(Request[Merged]):
    """Add followups to a running turn as one step of the user and mark them ``merged``; twice is once.

    Those that are no longer ``accepted`` are left out. Raises StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    attempt: int
    followups: tuple[str, ...]
    last_event: int


@final
@attrs.frozen(kw_only=True)
class Release(Request[None]):
    """Hand a running turn back because the program stops in order: it goes on at the next start.

    Such an attempt is no death. Raises UnknownTurn, StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    attempt: int
    last_event: int


@final
@attrs.frozen(kw_only=True)
class Finished(Data):
    turn: Turn
    """As it ended."""
    next: Turn | None
    """Oldest turn of the conversation still ``accepted``."""


@final
@attrs.frozen(kw_only=True)
class Finish(Request[Finished]):
    """End a turn: last words, state, usage, and what is to be pushed, in one commit.

    Calls still without a result get one saying that they were not completed. A turn whose cancellation was acknowledged
    ends as cancelled, without `notice`. Ending twice in the same way is one end. Raises StaleAttempt, Unstorable.
    """

    version: ClassVar[int] = 5
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = SaveCompletion.max_bytes
    turn: str
    boot: str
    attempt: int
    state: EndState
    outcome: str
    """An ``Outcome`` of the agent."""
    content: tuple[Block, ...] = ()
    """Final words of the model, stored as the last step; empty when there are none."""
    notice: str | None = None
    """A sentence to the person, shown but never sent to the model: what failed and why."""
    usage: Usage | None = None
    told: tuple[Told, ...] = ()
    """As of :class:`SaveCompletion`, where none was stored before."""
    outside: tuple[str, ...] = ()
    """Where words came from that somebody else has written and that were in the conversation."""
    last_event: int

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"told": [], "outside": [], **body}


@final
@attrs.frozen(kw_only=True)
class RecordCompaction(Request[None]):
    """Store a summary of everything in the conversation before a step."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    until: int
    """Id of the first step that it does not stand for."""
    trigger: Literal["auto", "manual"]
    pre_tokens: int
    summary: str
    messages_compacted: int
    """How many messages it replaces, to be told."""
    usage: Usage | None = None
