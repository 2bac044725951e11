"""Telling the owner of a job how a run of it has ended: an unread mark, a notice on the page, a message on Telegram."""

import unicodedata
from typing import Final, final

import attrs

from actors.notification import Notification
from actors.session import messages as session
from actors.users import messages as users
from bus import Bus, redact

LONGEST: Final = 500
"""Characters of a text that are told; the rest is in the conversation."""
_JOINER: Final = "\u200d"


@final
@attrs.frozen(kw_only=True)
class Ended:
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
    """Tell the owner. Once more is once where it is kept; only the page, which keeps nothing, may show it twice.

    Raises what users.GetTelegram, session.Push and session.MarkRead raise, and all of it is to be tried again then. An
    owner or a conversation that is gone by now is passed over.
    """
    try:
        link = await bus.ask(users.GetTelegram(id=run.user, user=run.user))
    except users.UnknownUser:
        return
    text = beginning(redact(run.text))
    if link is not None and link.telegram_id is not None:
        await bus.ask(_pushed(run, text, link.telegram_id))
    await _mark_unread(bus, run)
    said = Notification(
        user=run.user, source="cron", title=run.name, text=text, success=run.success, session=run.session
    )
    await bus.publish(said)  # last: it is not repeated because something else was out of order


def _pushed(run: Ended, text: str, account: int) -> session.Push:
    return session.Push(
        user=run.user,
        channel="telegram",
        recipient=str(account),
        key=f"cron:{run.job}:{run.instant}",
        body={"text": text, "session": run.session, "title": run.name, "success": run.success},
    )


async def _mark_unread(bus: Bus, run: Ended) -> None:
    if run.session is None:
        return
    try:
        await bus.ask(session.MarkRead(session=run.session, user=run.user, is_read=False))
    except session.UnknownSession:
        return


def beginning(text: str) -> str:
    """A text of at most :data:`LONGEST` characters; a longer one ends in an ellipsis, with no letter cut in two."""
    if len(text) <= LONGEST:
        return text
    end = LONGEST - 1
    while end and _belong_together(text[end - 1], text[end]):
        end -= 1
    return f"{text[:end]}…"


def _belong_together(one: str, other: str) -> bool:
    return _JOINER in {one, other} or unicodedata.category(other).startswith("M")
