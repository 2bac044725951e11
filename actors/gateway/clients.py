"""Everybody who is connected by WebSocket, and telling them when a conversation or the settings have changed."""

from collections.abc import AsyncIterator
from typing import Final, Protocol, cast, final

import attrs
import trio

from actors.gateway.protocol import ApprovalFrame, ConfigChanged, SessionsUpdated, wire
from actors.notification import Notification
from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.settings import messages as settings
from actors.wire import Json
from bus import ActorError, Bus, DeliveryError, Lag


class Client(Protocol):
    """One connected client, as far as the others are concerned."""

    user: str

    def push(self, frame: Json) -> None:
        """Send a frame, later; never waits."""
        ...

    def shows(self, conversation: str) -> bool:
        """Whether somebody can see there what happens in a conversation."""
        ...


@final
class Clients:
    """The connected clients."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def add(self, client: Client) -> None:
        self._clients.add(client)

    def remove(self, client: Client) -> None:
        self._clients.discard(client)

    def tell(self, user: str, frame: Json) -> None:
        """Push a frame to every connection of a user."""
        for client in self._clients:
            if client.user == user:
                client.push(frame)

    def tell_all(self, frame: Json) -> None:
        """Push a frame to every connection."""
        for client in self._clients:
            client.push(frame)

    def show(self, user: str, conversation: str) -> bool:
        """Whether any connection of a user shows a conversation."""
        return any(client.user == user and client.shows(conversation) for client in self._clients)

    def has(self, user: str) -> bool:
        return any(client.user == user for client in self._clients)


CHANGES = 4096
"""Changed conversations that may wait to be read; the oldest beyond are not shown until they change again."""
GATHER: Final = 0.1
"""Seconds in which changes are gathered: a conversation changes when it is spoken in and when it is answered, and
reading it at once would cost the answer itself time."""


@final
class SessionFeed:
    """Pushes conversations that have changed: those of a round together, and each read once."""

    def __init__(self, bus: Bus, clients: Clients) -> None:
        self._bus = bus
        self._clients = clients

    async def run(self) -> None:
        """Push changes until cancelled."""
        async with self._bus.subscribe(session.SessionChanged, limit=CHANGES, lag=Lag.DROP_OLDEST) as changes:
            async for change in changes:
                await trio.sleep(GATHER)
                changed = {change.session: change.user}
                while (another := changes.take_nowait()) is not None:
                    changed[another.session] = another.user
                found: dict[str, SessionsUpdated] = {}
                for conversation, user in changed.items():
                    update = found.get(user, SessionsUpdated(sessions=()))
                    found[user] = await self._read(conversation, user, update)
                for user, update in found.items():
                    if update.sessions or update.gone:
                        self._clients.tell(user, wire.json(update))

    async def _read(self, conversation: str, user: str, update: SessionsUpdated) -> SessionsUpdated:
        """The update, with a conversation of somebody who is connected. One that cannot be read may change again."""
        if not self._clients.has(user):
            return update
        try:
            found = await self._bus.ask(session.Get(session=conversation, user=user))
        except session.UnknownSession:
            return attrs.evolve(update, gone=(*update.gone, conversation))
        except (ActorError, DeliveryError):
            return update
        if found.delegated_by is not None:  # it is on no list
            return update
        return attrs.evolve(update, sessions=(*update.sessions, found))


async def tell_of_notifications(bus: Bus, clients: Clients) -> None:
    """Push to each user what they are to know of although they have not asked, until cancelled."""
    async with bus.subscribe(Notification, lag=Lag.DROP_OLDEST) as notifications:
        async for notification in notifications:
            clients.tell(notification.user, wire.json(notification))


async def tell_of_approvals(bus: Bus, clients: Clients) -> None:
    """Push to each user what they are asked, and what became of it, until cancelled."""
    async with bus.subscribe(permissions.Asked, permissions.Answered, lag=Lag.DROP_OLDEST) as events:
        async for event in cast("AsyncIterator[permissions.Asked | permissions.Answered]", events):
            clients.tell(event.approval.user, wire.json(ApprovalFrame(approval=event.approval)))


async def tell_of_settings(bus: Bus, clients: Clients) -> None:
    """Push to everybody that there are other settings, until cancelled. What they are is read by whoever needs it."""
    async with bus.subscribe(settings.SettingsChanged, limit=1, lag=Lag.DROP_OLDEST) as changes:
        async for _ in changes:
            clients.tell_all(wire.json(ConfigChanged()))
