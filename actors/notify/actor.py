"""The actor that tells people what they have not asked for."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, final
from zoneinfo import ZoneInfo

from actors.beginning import beginning, beginning_in_bytes
from actors.email import messages as email
from actors.notification import Notification
from actors.notify import messages, quiet, store
from actors.notify.asking import Asking
from actors.session import messages as session
from actors.storage import LateKeeper, numbered
from actors.users import messages as users
from actors.webpush import messages as webpush
from actors.zones import name_of
from bus import BusError, concurrent, redacted

MIGRATIONS: Final = Path(__file__).parent / "migrations"
LONGEST_TITLE: Final = 200
"""Characters."""
MOST_SHOWN: Final = 1000
"""Notifications of which is remembered that the page has shown them."""

_LOG: Final = logging.getLogger(__name__)


@final
class NotifyActor(LateKeeper):
    """Has everything sent that is to be sent, by whichever channels can be used, and says what could not be.

    Args:
      database: where preferences are kept.
      zone: the time zone of the agent; None for that of the machine.
    """

    def __init__(self, database: Path, zone: Callable[[], ZoneInfo | None]) -> None:
        super().__init__(database, numbered(MIGRATIONS), lambda reason: messages.StorageFailed(reason=reason))
        self._zone = zone
        self._shown: set[str] = set()
        """Notifications that the page has shown and that were not told in full."""

    async def start(self) -> None:
        await super().start()
        self.spawn(Asking(self.bus).run)

    # --- telling ------------------------------------------------------------------------------------------

    @messages.Notify.handler
    @concurrent(16)
    async def notify(self, request: messages.Notify) -> None:
        request = redacted(request)
        troubles = await self._tell(request)
        if request.key not in self._shown:
            await self.bus.publish(_notification(request))
        if not troubles:
            self._shown.discard(request.key)
            return
        if len(self._shown) >= MOST_SHOWN:
            self._shown.clear()
        self._shown.add(request.key)
        raise messages.NotTold(reason=str(troubles[0]))

    async def _tell(self, request: messages.Notify) -> list[BusError]:
        """Whatever may be told later, if this is tried again."""
        preferences = await self._preferences(request.user)
        troubles = list[BusError]()
        if not preferences.muted:
            now, zone = self.bus.clock.now(), ZoneInfo(preferences.timezone)
            not_before = quiet.not_before(preferences, now, zone)
            ways = (("telegram", self._chats), ("webpush", self._browsers), ("email", self._addresses))
            for channel, recipients in ways:
                if getattr(preferences, channel):
                    pushing = self._push(request, channel, recipients, not_before)
                    await _tried(pushing, f"{request.key} by {channel}", troubles)
        await _tried(self._mark_unread(request), request.key, troubles)
        return troubles

    async def _push(
        self,
        request: messages.Notify,
        channel: str,
        recipients: Callable[[str], Awaitable[tuple[str, ...]]],
        not_before: datetime | None,
    ) -> None:
        for recipient in await recipients(request.user):
            await self.bus.ask(
                session.Push(
                    user=request.user,
                    channel=channel,
                    recipient=recipient,
                    key=_key(request.key, channel, recipient),
                    body=_body(request, channel),
                    not_before=not_before,
                )
            )

    async def _chats(self, user: str) -> tuple[str, ...]:
        """The chat of the linked account, once that has written."""
        try:
            link = await self.bus.ask(users.GetTelegram(id=user, user=user))
        except users.UnknownUser:
            return ()
        return () if link is None or link.telegram_id is None else (str(link.telegram_id),)

    async def _browsers(self, user: str) -> tuple[str, ...]:
        return await self.bus.ask(webpush.Recipients(user=user))

    async def _addresses(self, user: str) -> tuple[str, ...]:
        return await self.bus.ask(email.Recipients(user=user))

    async def _mark_unread(self, request: messages.Notify) -> None:
        if request.session is None:
            return
        try:
            await self.bus.ask(session.MarkRead(session=request.session, user=request.user, is_read=False))
        except session.UnknownSession:
            return

    # --- preferences --------------------------------------------------------------------------------------

    @messages.GetPreferences.handler
    async def get_preferences(self, request: messages.GetPreferences) -> messages.Preferences:
        return await self._preferences(request.user)

    @messages.PutPreferences.handler
    async def put_preferences(self, request: messages.PutPreferences) -> messages.Preferences:
        changed = await self._write(store.change, request, self._zone_name())
        return quiet.current(changed, self.bus.clock.now())

    async def _preferences(self, user: str) -> messages.Preferences:
        kept = await self._read(store.find, user, self._zone_name())
        return quiet.current(kept, self.bus.clock.now())

    def _zone_name(self) -> str:
        return name_of(self._zone())


async def _tried(doing: Awaitable[None], what: str, troubles: list[BusError]) -> None:
    """Do it; what it fails of holds up nothing else, and is said in the log where trying again does not help."""
    try:
        await doing
    except BusError as error:
        if error.passes:
            troubles.append(error)
        else:
            _LOG.error("%s cannot be told: %s", what, error)


def _key(notification: str, channel: str, recipient: str) -> str:
    """What a push is called. Those to Telegram are called what they were before there were other channels."""
    return notification if channel == "telegram" else f"{notification}:{channel}:{recipient}"


def _body(request: messages.Notify, channel: str) -> dict[str, Any]:
    is_short = channel == "webpush"
    text = beginning(request.text, messages.SHORT) if is_short else request.text
    return {
        "title": _title(request),
        "text": beginning_in_bytes(text, messages.LONGEST),
        "success": request.success,
        "session": request.session,
        "source": request.source,
        **({} if request.approval is None else {"approval": request.approval}),
    }


def _notification(request: messages.Notify) -> Notification:
    return Notification(
        user=request.user,
        source=request.source,
        title=_title(request),
        text=beginning(request.text, messages.SHORT),
        success=request.success,
        session=request.session,
    )


def _title(request: messages.Notify) -> str:
    return beginning(request.title, LONGEST_TITLE)
