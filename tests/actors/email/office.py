"""The actor of e-mail beside the real stores, with real servers; only the agent is somebody who takes what comes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, final

import attrs
import trio

from actors.agent import messages as agent
from actors.email import messages as email
from actors.email.actor import EmailActor
from actors.email.settings import Settings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN
from bus import Actor, ActorError, Request
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.users.conftest import ASKS
from tests.fakes.databases import session_database
from tests.fakes.mail import HOST, PASSWORD, USER, MailKeeper, MailTaker

ReplyT = TypeVar("ReplyT")
CHANNELS = (
    session.ChannelPolicy("main"),
    session.ChannelPolicy("email", gap=timedelta(days=1), pushes="end"),
)
BODY = {"title": "Tea", "text": "It is **ready**.", "success": True, "session": None, "source": "cron"}


@final
class Taking(Actor):
    """Takes messages as the agent does, and remembers them."""

    def __init__(self, office: "Office") -> None:
        self._office = office

    @agent.Accept.handler
    async def accept(self, request: agent.Accept) -> agent.Accepted:
        if self._office.refuses:
            raise self._office.refuses.pop()
        stored = await self.bus.ask(session.Accept(incoming=request.incoming))
        if not stored.duplicate:
            self._office.taken.append(request.incoming)
        return agent.Accepted(
            session=stored.session,
            turn=stored.turn,
            duplicate=stored.duplicate,
            created=stored.created,
            fate="started",
            after=0,
        )


@final
@attrs.define(eq=False)
class Office:
    """What a test sees and sets."""

    path: Path
    settings: Settings = attrs.field(factory=Settings)
    environment: dict[str, str] = attrs.field(factory=lambda: {"EMAIL_PASSWORD": PASSWORD})
    taken: list[session.Incoming] = attrs.field(factory=list[session.Incoming])
    refuses: list[ActorError] = attrs.field(factory=list[ActorError])
    _mesh: MeshUnderTest | None = None

    @property
    def mesh(self) -> MeshUnderTest:
        assert self._mesh is not None
        return self._mesh

    def use(self, taker: MailTaker | None = None, keeper: MailKeeper | None = None, **more: Any) -> None:
        """Have mails handed to one server and fetched from another."""
        port = 1 if taker is None else taker.outgoing.port
        self.settings = Settings(
            smtp_host=HOST, smtp_port=port, smtp_security="none", sender="Aster@example.org", **more
        )
        if keeper is not None:
            self.settings = attrs.evolve(
                self.settings,
                imap_host=HOST,
                imap_port=keeper.incoming.port,
                imap_security="none",
                imap_user=USER,
                authserv_id="mx.example.org",
            )

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Office"]:
        """One life of the program."""
        (self.path / "home").mkdir(exist_ok=True)
        (self.path / "uploads").mkdir(exist_ok=True)
        async with open_test_mesh() as mesh:
            self._mesh = mesh
            await mesh.start(
                partial(SessionActor, session_database(self.path / "session.db"), lambda: CHANNELS),
                name="session",
            )
            people = partial(
                UsersActor,
                self.path / "users.db",
                chosen=None,
                key_file=self.path / "admin.key",
                on_first_key=lambda _key: None,
                seed=lambda _user: None,
                has_left=lambda _user: False,
            )
            await mesh.start(people, name="users")
            (self.path / "data" / "db").mkdir(parents=True, exist_ok=True)
            tools = partial(
                ToolsActor,
                self.path / "home",
                self.path / "uploads",
                self.path / "data",
                ToolsSettings,
                lambda: 1000,
                dict[str, str | None](),
            )
            await mesh.start(tools, name="tools")
            await mesh.start(partial(Taking, self), name="agent")
            await self.start()
            yield self

    async def start(self) -> None:
        factory = partial(
            EmailActor,
            self.path / "email.db",
            lambda: self.settings,
            self.environment,
            lambda: "Aster",
            self.path / "uploads",
        )
        await self.mesh.start(factory, name="email")

    async def ask(self, request: Request[ReplyT]) -> ReplyT:
        return await self.mesh.bus.ask(request)

    async def add(self, id: str, address: str | None = None) -> None:
        """Somebody whose address is known."""
        await self.ask(users.AddUser(id=id, **ASKS))
        await self.ask(email.SetAddress(id=id, email=address or f"{id}@example.org", **ASKS))

    async def push(self, key: str, to: str = "ada@example.org", user: str = "ada", **body: Any) -> None:
        request = session.Push(user=user, channel="email", recipient=to, key=key, body={**BODY, **body})
        await self.ask(request)

    async def deliveries(self) -> list[session.Delivery]:
        found = await self.ask(session.ListOutbox(which="all", user=ADMIN, role="admin"))
        return list(reversed(found))

    async def states(self) -> list[str]:
        return [each.state for each in await self.deliveries()]

    async def status(self) -> email.EmailStatus:
        return await self.ask(email.GetEmailStatus())

    async def until(self, holds: Callable[[], object], within: float = 10_000.0) -> None:
        """Wait for something that no event tells, in the time of the test."""
        with trio.fail_after(within):
            while not holds():
                await trio.sleep(0.5)

    async def until_states(self, *states: str, within: float = 10_000.0) -> None:
        with trio.fail_after(within):
            while await self.states() != list(states):
                await trio.sleep(0.5)
