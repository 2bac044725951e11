"""The heartbeat: the agent looks at HEARTBEAT.md again and again, and speaks when there is something to say."""

from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.context import context_source, from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, Data, Request

LONGEST_FILE: Final = 100_000
"""Characters of HEARTBEAT.md that count."""
LONGEST_INTERVAL: Final = 525_600
"""Minutes."""


@final
@attrs.frozen(kw_only=True)
class Heartbeat(Data):
    status: Literal["ok"] = "ok"
    enabled: bool
    """Whether HEARTBEAT.md says anything."""
    interval_minutes: int
    content: str
    """Of HEARTBEAT.md."""


@endpoint("GET", "/api/settings/heartbeat", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetHeartbeat(Request[Heartbeat]):
    """How the heartbeat is set up. Raises CronFailed when the file cannot be read."""


@endpoint("PUT", "/api/settings/heartbeat", access="admin")
@final
@attrs.frozen(kw_only=True)
class PutHeartbeat(Request[Heartbeat]):
    """Set up the heartbeat.

    Raises BadJob for one that is to be on and has nothing to do, settings.Refused, settings.NotWritten, CronFailed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    enabled: bool
    interval_minutes: Annotated[
        int | None, described("Minutes from one to the next.", ge=1, le=LONGEST_INTERVAL)
    ] = None
    content: Annotated[
        str | None, described("Of HEARTBEAT.md; null leaves it as it is.", max_length=LONGEST_FILE)
    ] = None
    user: str
    proof: Proof = "key"


@context_source("EXECUTION CONTEXT", stable=False, needs="triggered_by")
@final
@attrs.frozen(kw_only=True)
class RunContext(Request[str]):
    """What the model is told when a job speaks for the person; nothing for what something else has triggered."""

    triggered_by: Annotated[str, from_context("triggered_by")]
    source: Annotated[str, from_context("source")]
