"""The sender with the real agent and the real ledger, against a stand-in of the Bot API, in virtual time."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.agent import messages as agent
from actors.session import messages as session
from actors.subsystem import Given
from actors.telegram.messages import Asked, FindMessages, KeepMessage, Kept, Placed
from actors.telegram.sender_actor import TelegramSenderActor
from actors.telegram.settings import TOKEN, Channels, Settings, Telegram
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from actors.vocabulary import ADMIN
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.agent.world import Answer, World
from tests.fakes.telegram.people import ADA
from tests.fakes.telegram.server import TelegramServer

LONG = "word " * 2000
"""Three messages."""


class Keeper(Actor):
    """Knows which messages belong to a turn, as the actor that receives does."""

    def __init__(self, outside: "Outside") -> None:
        self._outside = outside

    @FindMessages.handler
    async def find(self, request: FindMessages) -> Placed:
        kept = tuple(self._outside.kept.get(request.turn, {}).values())
        return Placed(asked=self._outside.asked.get(request.client_message_id or ""), kept=kept)

    @KeepMessage.handler
    async def keep(self, request: KeepMessage) -> None:
        kept = self._outside.kept.setdefault(request.turn, {})
        kept[request.message.kind, request.message.n] = request.message


@attrs.define(eq=False)
class Outside:
    """Telegram, the way there, and the agent."""

    world: World
    telegram: TelegramServer
    folder: Path
    bot: Telegram = attrs.field(factory=Telegram)
    token: str | None = None
    elsewhere: str = ""
    """Address of another server."""
    asked: dict[str, Asked] = attrs.field(factory=dict[str, Asked])
    """By client_message_id."""
    kept: dict[str, dict[tuple[str, int], Kept]] = attrs.field(factory=dict[str, dict[tuple[str, int], Kept]])

    @property
    def mesh(self) -> MeshUnderTest:
        return self.world.mesh

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def settings_of(self, kind: type[Any]) -> Any:
        address = self.elsewhere or self.telegram.url
        return Settings(channels=Channels(telegram=attrs.evolve(self.bot, api_url=address)))

    @property
    def given(self) -> Given:
        token = self.telegram.token if self.token is None else self.token
        return Given(
            data=self.folder, home=self.home, environment={TOKEN: token}, settings_of=self.settings_of
        )

    @asynccontextmanager
    async def running(self, *, agent: bool = True) -> AsyncGenerator["Outside"]:
        self.telegram.people.write("hello")  # the chat is open
        self.home.mkdir(exist_ok=True)
        async with self.world.running(conductor=agent):
            uploads, shown = self.folder / "uploads", lambda: 50_000
            files = partial(ToolsActor, self.home, uploads, self.folder / "data", ToolsSettings, shown, {})
            await self.mesh.start(files, name="files")
            await self.mesh.start(partial(Keeper, self), name="keeper")
            await self.start_sender()
            yield self

    async def start_sender(self) -> None:
        await self.mesh.start(partial(TelegramSenderActor, self.given), name="telegram-sender")

    # --- doing --------------------------------------------------------------------------------------------

    async def push(self, text: str, to: int | str = ADA, key: str = "", **body: Any) -> None:
        row = session.Push(
            user=ADMIN,
            channel="telegram",
            recipient=str(to),
            key=key or f"{to} {text[:100]}",
            body={"text": text, **body},
        )
        await self.mesh.bus.ask(row)

    async def answer(self, *texts: str, to: int | str = ADA, turn: str = "", **body: Any) -> None:
        """A row as a turn leaves it."""
        said = {"texts": list(texts), "answers": list(texts), "attachments": [], "notice": None, **body}
        await self.mesh.bus.ask(
            session.Push(
                user=ADMIN, channel="telegram", recipient=str(to), key=f"{to} {texts} {turn}", body=said
            )
        )

    async def turn(self, text: str, *script: Answer, chat: int | str = ADA, **fields: Any) -> str:
        """Send a message and wait until its turn has ended. Gives the turn."""
        accepted = await self.send(text, *script, chat=chat, **fields)
        await self.world.end(accepted.turn)
        return accepted.turn

    async def send(self, text: str, *script: Answer, chat: int | str = ADA, **fields: Any) -> agent.Accepted:
        self.world.script.extend(script)
        return await self.world.send(text, channel="telegram", key=str(chat), source="telegram", **fields)

    def file(self, path: str, content: bytes) -> dict[str, Any]:
        """Put a file into home; as an attachment."""
        place = self.home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return {"name": place.name, "media_type": "", "path": path, "size": len(content)}

    # --- looking ------------------------------------------------------------------------------------------

    async def rows(self) -> list[session.Delivery]:
        """What became of what was to be sent, in order."""
        asked = session.ListOutbox(user=ADMIN, role="admin", which="all", limit=1000)
        return sorted(await self.mesh.bus.ask(asked), key=lambda row: row.id)

    async def fates(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.reason) for row in await self.rows()]

    async def settle(self, states: Iterable[str] = ("sent", "dead", "doubtful"), within: float = 1e6) -> None:
        """Wait until all is in one of these states."""
        seconds = 0.1
        with trio.fail_after(within):
            while not all(row.state in states for row in await self.rows()):
                await trio.sleep(seconds)
                seconds = min(2 * seconds, 2.0)

    def texts(self, chat: int = ADA) -> list[str]:
        return self.telegram.seen.texts(chat)

    def health(self) -> str:
        return str(self.mesh.cell("telegram-sender").health.why)


def own(outside: Outside, chat: int = ADA) -> list[dict[str, Any]]:
    """The bot's messages."""
    return [
        message
        for message in outside.telegram.seen.messages(chat)
        if "text" not in message or message["from"]["is_bot"]
    ]
