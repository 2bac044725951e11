"""Something happens: hooks are called, and what they say comes back as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, final

import attrs

from bus import Abandon, Data, Event, Request

from .events import EventName, Input, Permission

Decision = Literal["none", "ask", "allow", "deny"]
"""From the weakest to the strongest: of several hooks the strongest word counts."""
Result = Literal["ok", "async", "ask", "allow", "deny", "failed", "timeout", "skipped", "tripped"]
"""What came of calling one: no word, one that promises nothing, a decision, a fault, a requirement that is not met, or
it was not called because it had failed too often."""


@final
@attrs.frozen(kw_only=True)
class Run(Data):
    """One hook was called, or would have been."""

    hook: str
    """Its name; empty for one of the program without a name."""
    event: EventName
    tool: str = ""
    session: str = ""
    at: datetime
    seconds: float
    result: Result
    detail: str = ""
    """Why: the reason of a decision, what was wrong."""
    stderr: str = ""
    """The end of it."""


@final
@attrs.frozen(kw_only=True)
class Outcome(Data):
    """What all hooks of one event have said."""

    decision: Decision = "none"
    reason: str = ""
    """Of the first that decided so."""
    by: str = ""
    """Its name."""
    input: Mapping[str, Any] | None = None
    """What the call is to be made with instead; None: as it was."""
    stop: bool = False
    """Whether nothing more is to be done after this."""
    context: tuple[str, ...] = ()
    """What the model is to be told."""
    permissions: tuple[Permission, ...] = ()
    """What is to hold for tools in this conversation from now on, if the decision is to allow."""
    result: str | None = None
    """What the model gets in the place of the result of the call; None: that."""
    runs: tuple[Run, ...] = ()


@final
@attrs.frozen(kw_only=True)
class Fire(Request[Outcome]):
    """Call the hooks of an event, one after the other, and wait for them. A hook that fails decides nothing.

    Whoever asks looks first whether there is any (``actors.hooks.armed``): then nothing is sent for an event without.
    """

    within: ClassVar[float] = 1800.0
    abandon: ClassVar[Abandon] = Abandon.CANCEL
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    event: EventName
    input: Mapping[str, Any]
    """The fields of the event."""
    session: str = ""
    """Id of the conversation; empty where it is about none."""
    user: str = ""
    """Whose that is."""
    permission_mode: str | None = None
    agent_id: str | None = None
    """The turn, where it is one of a subagent."""
    agent_type: str | None = None
    agent_session: str | None = None
    """The conversation of the subagent, where it is about one."""


def fire(told: Input, *, session: str = "", user: str = "", **more: str | None) -> Fire:
    """The request that has hooks called with an input."""
    return Fire(event=told.event, input=told.fields(), session=session, user=user, **more)


@final
@attrs.frozen(kw_only=True)
class Called(Event):
    """A hook was called."""

    run: Run
