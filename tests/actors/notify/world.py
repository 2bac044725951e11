"""Notifications with the real stores of conversations and of users."""

import pathlib
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from actors.notification import Notification
from actors.notify.actor import NotifyActor
from actors.notify.messages import GetPreferences, Notify, Preferences, PutPreferences
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN
from actors.webpush.actor import WebPushActor
from actors.webpush.client import Client
from bus.testing import MeshUnderTest
from tests.fakes.databases import session_database

CHANNELS = (
    session.ChannelPolicy("main"),
    session.ChannelPolicy("scheduler", gap=timedelta(days=1)),
    session.ChannelPolicy("telegram", gap=timedelta(hours=6), pushes="end"),
)
ZONE = ZoneInfo("Europe/Rome")


class World:
    """A user called Ada, and a conversation that a job of hers has had."""

    def __init__(self, mesh: MeshUnderTest, folder: pathlib.Path) -> None:
        self.mesh = mesh
        self.folder = folder
        self.said = Notify(
            user="ada",
            key="cron:j1:5",
            source="cron",
            title="brief",
            text="all well",
            success=True,
            session=None,
        )

    @property
    def now(self) -> datetime:
        return self.mesh.bus.clock.now()

    async def start(self) -> None:
        await self.start_webpush()
        await self.start_all_but_webpush()

    async def start_webpush(self, client: Client | None = None) -> None:
        factory = partial(WebPushActor, self.folder / "webpush.db", client)
        await self.mesh.start(factory, name="webpush")

    async def start_all_but_webpush(self) -> None:
        await self.start_notify()
        await self.start_users()
        await self.start_session()

    async def start_notify(self) -> None:
        factory = partial(NotifyActor, self.folder / "notify.db", lambda: ZONE)
        await self.mesh.start(factory, name="notify")

    async def start_session(self) -> None:
        await self.mesh.start(
            partial(SessionActor, session_database(self.folder / "session.db"), lambda: CHANNELS),
            name="session",
        )
        await self.spoken()

    async def start_users(self) -> None:
        factory = partial(
            UsersActor,
            self.folder / "users.db",
            chosen=None,
            key_file=self.folder / "admin.key",
            on_first_key=lambda _key: None,
            seed=lambda _user: None,
            has_left=lambda _user: False,
        )
        await self.mesh.start(factory, name="users")
        await self.mesh.bus.ask(users.AddUser(id="ada", role="user", user=ADMIN, proof="operator"))
        await self.link(7)

    async def spoken(self, channel: str = "scheduler", key: str = "cron:j1:5:1") -> None:
        """The job has had its conversation there."""
        said = session.Incoming(
            text="sum up", user="ada", channel=channel, key=key, source="cron", triggered_by="brief"
        )
        accepted = await self.mesh.bus.ask(session.Accept(incoming=said))
        self.said = attrs.evolve(self.said, session=accepted.session)

    async def link(self, number: int | None, name: str | None = None) -> None:
        linking = users.LinkTelegram(
            id="ada", telegram_id=number, username=name, user=ADMIN, proof="operator"
        )
        await self.mesh.bus.ask(linking)

    async def notify(self, **changes: Any) -> None:
        await self.mesh.bus.ask(attrs.evolve(self.said, **changes))

    async def prefer(self, **changes: Any) -> Preferences:
        return await self.mesh.bus.ask(PutPreferences(user="ada", **changes))

    async def preferences(self) -> Preferences:
        return await self.mesh.bus.ask(GetPreferences(user="ada"))

    async def is_read(self) -> bool:
        assert self.said.session is not None
        return (await self.mesh.bus.ask(session.Get(session=self.said.session, user="ada"))).is_read

    async def claimed(self, channel: str = "telegram") -> session.Claimed:
        return await self.mesh.bus.ask(session.ClaimOutbox(channel=channel, claimer="bot"))

    async def pushed(self, channel: str = "telegram") -> list[session.OutboxRow]:
        """What a channel is to send now: of each recipient the oldest."""
        return list((await self.claimed(channel)).rows)

    def shown(self) -> list[Notification]:
        return self.mesh.published(Notification)
