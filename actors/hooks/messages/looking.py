"""Which hooks there are, what came of them lately, and trying one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import ActorError, Data, ErrorKind, Request

from .events import EventName
from .firing import Outcome, Run

State = Literal["ready", "skipped", "tripped", "nothing", "broken", "off"]
"""``skipped``: this machine lacks what it requires; ``tripped``: it failed too often and rests; ``nothing``: it says no
command; ``broken``: its manifest cannot be used; ``off``: hooks are switched off."""


@final
@attrs.frozen(kw_only=True)
class Hook(Data):
    """One hook as it is now."""

    name: str
    """That of its folder, where it has none of its own that could be read."""
    event: EventName | None
    """None where that could not be read."""
    matcher: str | None = None
    command: str | None = None
    """None for a function of the program."""
    timeout: float | None = None
    """Seconds it may take."""
    trusted: bool = False
    """Whether it runs outside of the sandbox."""
    disabled: bool = False
    """Whether ``[hooks] disabled`` names it."""
    required: bool = False
    path: str = ""
    """Of its manifest."""
    description: str = ""
    state: State
    why: str = ""
    until: datetime | None = None
    """When it is tried again, once ``tripped``."""
    failures: int = 0
    """In a row."""


@endpoint("GET", "/api/hooks", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListHooks(Request[tuple[Hook, ...]]):
    """All there are, those of the program first, in the order in which they are called."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024


@endpoint("GET", "/api/hooks/runs", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListRuns(Request[tuple[Run, ...]]):
    """What came of hooks lately, the newest first."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    hook: Annotated[str | None, described("Only of the hook of this name.")] = None
    limit: Annotated[int, described("Most runs.", ge=1, le=500)] = 50


@endpoint("POST", "/api/hooks/test", access="admin")
@final
@attrs.frozen(kw_only=True)
class TryHooks(Request[Outcome]):
    """Call the hooks of an event for a try: what they say is shown and has no effect, failures are not counted.

    What they do they do in earnest. Raises BadTrial.
    """

    within: ClassVar[float] = 600.0
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    event: Annotated[str, described("Name of the event, such as PreToolUse.", max_length=64)]
    tool: Annotated[str | None, described("The tool of a call, for events about one.", max_length=64)] = None
    input: Annotated[
        Mapping[str, Any] | None,
        described("Input of the call; of other events, fields to tell instead of made-up ones."),
    ] = None


@attrs.define(eq=False, kw_only=True)
class BadTrial(ActorError):
    """There is no such event, or its fields do not fit."""

    kind: ClassVar[ErrorKind] = "invalid"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class HooksFailed(ActorError):
    """The database refused; nothing was kept."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason
