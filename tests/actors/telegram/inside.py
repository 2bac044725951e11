"""The receiver with the real agent and the real stores, against a stand-in of the Bot API, in virtual time."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import trio

from actors.notify.actor import NotifyActor
from actors.session import messages as session
from actors.settings.messages import SettingsChanged
from actors.skills import messages as skills
from actors.subsystem import Given
from actors.telegram import messages
from actors.telegram.actor import TelegramActor
from actors.telegram.settings import TOKEN, Channels, Settings, Telegram
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vault import messages as vault
from actors.vocabulary import ADMIN
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.agent.world import World
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer

OPERATOR: Final[Mapping[str, Any]] = {"user": ADMIN, "proof": "operator"}
GRACE = 8
GROUP = -100


class House(Actor):
    """Keeps the token and knows the skills."""

    def __init__(self, inside: "Inside") -> None:
        self._inside = inside

    @vault.Read.handler
    async def read(self, request: vault.Read) -> vault.Found:
        token = self._inside.token
        kept = (vault.Secret(name=TOKEN, value=token),) if token else ()
        return vault.Found(secrets=kept, unreadable=self._inside.unreadable)

    @skills.ListSkills.handler
    async def skills(self, request: skills.ListSkills) -> tuple[skills.Skill, ...]:
        return self._inside.offered


@attrs.define(eq=False)
class Inside:
    """Telegram, the way in, and the agent."""

    world: World
    telegram: TelegramServer
    folder: Path
    settings: Telegram = attrs.field(factory=Telegram)
    tools: ToolsSettings = attrs.field(factory=ToolsSettings)
    token: str = ""
    unreadable: Mapping[str, str] = attrs.field(factory=dict[str, str])
    offered: tuple[skills.Skill, ...] = ()
    url: str = ""
    """Where the Bot API is, if not at the stand-in itself."""
    _rows: list[session.OutboxRow] = attrs.field(factory=list[session.OutboxRow])

    def __attrs_post_init__(self) -> None:
        self.token = self.telegram.token

    @property
    def mesh(self) -> MeshUnderTest:
        return self.world.mesh

    @property
    def given(self) -> Given:
        return Given(
            data=self.folder, home=self.folder / "home", environment={}, settings_of=self._settings_of
        )

    def _settings_of(self, _kind: type[Any]) -> Any:
        return Settings(
            channels=Channels(telegram=attrs.evolve(self.settings, api_url=self.url or self.telegram.url))
        )

    @asynccontextmanager
    async def running(
        self, *, linked: bool = True, receiving: bool = True, conductor: bool = True
    ) -> AsyncGenerator["Inside"]:
        """One life of the program; Ada writes for the admin if she is linked."""
        for name in ("home", "db"):
            (self.folder / name).mkdir(exist_ok=True)
        async with self.world.running(conductor=conductor):
            await self.mesh.start(partial(House, self), name="house")
            await self.mesh.start(
                partial(
                    UsersActor,
                    self.folder / "users.db",
                    chosen=None,
                    key_file=self.folder / "admin.key",
                    on_first_key=lambda _key: None,
                    seed=lambda _user: None,
                    has_left=lambda _user: False,
                ),
                name="users",
            )
            uploads, shown = self.folder / "uploads", lambda: 50_000
            files = partial(
                ToolsActor, self.folder / "home", uploads, self.folder / "data", lambda: self.tools, shown, {}
            )
            await self.mesh.start(files, name="files")
            notify = partial(NotifyActor, self.folder / "notify.db", lambda: ZoneInfo("Europe/Rome"))
            await self.mesh.start(notify, name="notify")
            if linked:
                await self.link()
            if receiving:
                await self.start()
            yield self

    async def start(self) -> None:
        await self.mesh.start(partial(TelegramActor, self.given, lambda: "Star"), name="telegram")

    # --- doing --------------------------------------------------------------------------------------------

    async def link(self, telegram_id: int = ADA, user: str = ADMIN) -> None:
        await self.mesh.bus.ask(users.LinkTelegram(id=user, telegram_id=telegram_id, **OPERATOR))

    def write(self, text: str, **where: Any) -> int:
        """Somebody writes to the bot. Gives the number of the message."""
        said: dict[str, Any] = {"date": self.now, **where}
        update = self.telegram.people.write(text, **said)
        return int(update["message"]["message_id"])

    @property
    def now(self) -> int:
        return int(self.mesh.bus.clock.now().timestamp())

    async def change(self, **settings: Any) -> None:
        self.settings = attrs.evolve(self.settings, **settings)
        await self.mesh.bus.publish(SettingsChanged(sections=("telegram",)))

    async def set_token(self, token: str) -> None:
        self.token = token
        await self.mesh.bus.publish(vault.SecretsChanged(names=(TOKEN,), owner=""))

    # --- looking ------------------------------------------------------------------------------------------

    async def status(self) -> messages.TelegramStatus:
        return await self.mesh.bus.ask(messages.GetTelegramStatus())

    async def until(self, state: str, within: float = 60.0) -> messages.TelegramStatus:
        with trio.fail_after(within):
            while (found := await self.status()).state != state:
                await trio.sleep(0.1)
        return found

    async def settled(self, within: float = 60.0) -> None:
        """Wait until nothing is left to be received and dealt with."""
        with trio.fail_after(within):
            while self.telegram.seen.waiting() or (await self.status()).waiting:
                await trio.sleep(0.1)

    async def turns(self, user: str = ADMIN, key: str = str(ADA)) -> list[session.Turn]:
        """Of all conversations of a chat, in order."""
        found = await self.mesh.bus.ask(session.FindTurns(limit=1000))
        mine = [each for each in found if (each.user, each.key, each.channel) == (user, key, "telegram")]
        return sorted(mine, key=lambda each: each.seq)

    async def said(self, user: str = ADMIN, key: str = str(ADA)) -> list[str]:
        return [turn.text for turn in await self.turns(user, key)]

    async def answers(self, recipient: str = str(ADA)) -> list[str]:
        """What we answered ourselves, in order."""
        return [str(row.body["text"]) for row in await self.rows() if row.recipient == recipient]

    async def rows(self) -> list[session.OutboxRow]:
        """What waits to be sent that is no answer of a turn; all of it, as nobody sends here."""
        claim = session.ClaimOutbox(channel="telegram", claimer="test", limit=1000)
        while rows := (await self.mesh.bus.ask(claim)).rows:
            self._rows += rows
            for row in rows:
                await self.mesh.bus.ask(session.MarkOutbox(id=row.id, state="sent", sent=("1",)))
        return [row for row in self._rows if row.turn is None]

    def health(self) -> str | None:
        return self.mesh.cell("telegram").health.why
