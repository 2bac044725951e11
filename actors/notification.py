"""What a person is told although they have not asked: the page shows it, whichever subsystem says it."""

from typing import final

import attrs

from bus import Event


@final
@attrs.frozen(kw_only=True)
class Notification(Event):
    """Something has happened that a user is to know of; told to every connection of theirs."""

    user: str
    source: str
    """The subsystem that says it: ``cron`` …"""
    title: str
    """What it is about: the name of a job."""
    text: str
    success: bool | None
    """How it ended, where it is something that ends."""
    session: str | None = None
    """The conversation to look at."""
