"""Telling the owner of a job how a run of it has ended."""

from typing import final

import attrs

from actors.notify import messages as notify
from bus import Bus, Data


@final
@attrs.frozen(kw_only=True)
class Ended(Data):
    """A run that is over."""

    user: str
    """Owner of the job."""
    job: str
    name: str
    instant: int
    """When it was to run, in microseconds since 1970."""
    session: str | None
    """Its conversation, if it came to one."""
    success: bool
    text: str
    """The answer, or what failed."""


async def tell(bus: Bus, run: Ended) -> None:
    """Tell the owner. Once more is once where it is kept. Raises notify.NotTold, and is to be tried again then."""
    await bus.ask(
        notify.Notify(
            user=run.user,
            key=f"cron:{run.job}:{run.instant}",
            source="cron",
            title=run.name,
            text=run.text,
            success=run.success,
            session=run.session,
        )
    )
