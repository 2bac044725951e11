"""The gateway as an actor: takes its address, serves until it is stopped."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, cast, final

import trio
from quart import Quart

from actors.endpoints import Endpoint
from actors.gateway import messages
from actors.gateway.app import Errors, Guard, PageRoutes, add_socket, create_app
from actors.gateway.authentication import OPERATOR, WINDOW, Authenticator
from actors.gateway.clients import (
    Clients,
    SessionFeed,
    tell_of_approvals,
    tell_of_notifications,
    tell_of_settings,
)
from actors.gateway.codes import CODE_SECONDS, TYPED_SECONDS, Codes, as_typed, grouped, to_type
from actors.gateway.confirming import Confirmations
from actors.gateway.edge import Edge
from actors.gateway.forwarded import Proxies
from actors.gateway.limiting import RequestLimit
from actors.gateway.limits import Limits
from actors.gateway.mcp.routes import McpRoutes
from actors.gateway.messages import AddressRefused
from actors.gateway.pages import Pages
from actors.gateway.presence import Presence
from actors.gateway.rates import Rates
from actors.gateway.refusals import Refusals
from actors.gateway.routes import auth, description
from actors.gateway.routes.absent import AbsentRoutes
from actors.gateway.routes.chat import ChatRoutes
from actors.gateway.routes.downloads import DownloadRoutes
from actors.gateway.routes.endpoints import EndpointRoutes
from actors.gateway.routes.files import FileRoutes
from actors.gateway.routes.manual import ManualRoutes
from actors.gateway.routes.profiles import ProfileRoutes
from actors.gateway.routes.settings import SettingsRoutes
from actors.gateway.routes.speech import SpeechRoutes
from actors.gateway.routes.zips import ZipRoutes
from actors.gateway.security import HostPolicy
from actors.gateway.server import Server, listen
from actors.gateway.settings import About, Address, Reach, Settings, is_loopback, url_for_people
from actors.gateway.tls import certificate_of
from actors.gateway.uploads import PREFIX, Uploads
from actors.gateway.v1.routes import V1Routes
from actors.gateway.ws import ClientContext
from actors.llm import messages as llm
from actors.memory import messages as memory
from actors.spool import prepare
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import Principal, may
from bus import Actor, ActorError, DeliveryError, concurrent

WEB_ROOT = Path(__file__).parent / "web" / "dist"
"""Where the built page lies, in a checkout and in an installed package alike."""
NOBODY = (
    "other machines reach it, and no active user has a key that is good; run it with "
    'server_addr = "127.0.0.1:3000" and make one with `starpod key new`'
)
"""Why it does not listen beyond this machine."""


ATTEMPTS: Final = 5
"""Wrong codes that pages of one user may show within a window; so few that nobody finds one by trying."""


@final
class GatewayActor(Actor):
    """Owns the listening socket.

    ``start`` raises AddressInUse or AddressRefused, so that the first start of a mesh fails with that error.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        about: About,
        operator_token: str,
        endpoints: Iterable[Endpoint],
        upload_folder: Path,
        limits: Limits | None = None,
        web_root: Path = WEB_ROOT,
        on_bound: Callable[[Address], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened before ``start``.

        Args:
          settings: where to listen, which counts at every start, and what the page shows.
          about: what clients are told of the agent.
          operator_token: of the running daemon; it proves the command line.
          endpoints: what subsystems offer over HTTP.
          upload_folder: where uploads wait until the tools subsystem has stored them. It is the gateway's alone.
          limits: sizes and times.
          web_root: the built page.
          on_bound: told the address at every start, with the real port where 0 was configured.
        """
        self._settings = settings
        self._about = about
        self._operator_token = operator_token
        self._endpoints = tuple(endpoints)
        self._limits = limits or Limits()
        self._web_root = web_root
        self._upload_folder = upload_folder
        self._on_bound = on_bound
        self._clients = Clients()
        self._presence = Presence()
        self._server: Server
        self._codes: Codes
        self._typed: Codes
        self._refusals: Refusals
        self._confirmations: Confirmations
        self._attempts: Rates
        self._limit: RequestLimit
        self._authenticator: Authenticator
        self._reach = Reach()
        self.address: Address | None = None
        """Where it listens, once it does."""

    async def start(self) -> None:
        """Take the address and serve."""
        prepare(self._upload_folder, PREFIX)
        now = self.bus.clock.monotonic
        refusals = self._refusals = Refusals(self.bus)
        self._codes = Codes(now)
        self._typed = Codes(now, to_type, TYPED_SECONDS)
        self._confirmations = Confirmations(now)
        self._attempts = Rates(now)
        self._limit = RequestLimit(self._settings, now, refusals)
        self._authenticator = Authenticator(
            self.bus,
            self._operator_token,
            presence=self._presence,
            refusals=refusals,
            limit=self._limit,
            confirmations=self._confirmations,
        )
        listening = trio.Event()
        self.spawn(self._authenticator.run, listening)
        self.spawn(refusals.run)
        await listening.wait()
        settings = self._settings()
        wanted, self._reach = settings.server_addr, settings.gateway
        await self._check_that_somebody_can_sign_in(wanted)
        certificate = certificate_of(self._reach.tls)
        sock = listen(wanted, self._limits)
        self.address = Address(wanted.host, sock.getsockname()[1])
        app = self._application(Pages(self._web_root, self._reach.base_path), self.address)
        edge = Edge(cast("Any", app), Proxies(self._reach.trusted_proxies), self._reach.base_path)
        self._server = Server(edge, sock, self._limits, self._presence.close, certificate)
        self.spawn(self._server.run)
        self.spawn(SessionFeed(self.bus, self._clients).run)
        self.spawn(tell_of_settings, self.bus, self._clients)
        self.spawn(tell_of_notifications, self.bus, self._clients)
        self.spawn(tell_of_approvals, self.bus, self._clients)
        if self._on_bound is not None:
            self._on_bound(self.address)

    async def _check_that_somebody_can_sign_in(self, address: Address) -> None:
        """Raises AddressRefused where others reach us, but nobody has a key."""
        if not is_loopback(address.host) and not await self.bus.ask(users.AnyKey()):
            raise AddressRefused(address=str(address), reason=NOBODY)

    def describe(self) -> dict[str, Any]:
        """Where it listens and how many are there."""
        return {
            "address": str(self.address),
            "connections": self._server.connections,
            "websockets": len(self._clients),
        }

    @messages.NewPageLink.handler
    @concurrent(64)
    async def new_page_link(self, request: messages.NewPageLink) -> messages.PageLink:
        code = self._codes.new((await self._active(request.id)).id)
        place = url_for_people(self._reach, cast("Address", self.address))
        return messages.PageLink(url=f"{place}/?code={code}", seconds=CODE_SECONDS)

    async def _active(self, id: str) -> users.User:
        """Raises users.UnknownUser, users.NotActive."""
        found = await self.bus.ask(users.GetUser(id=id, user=OPERATOR.user, proof=OPERATOR.proof))
        if not found.is_active:
            raise users.NotActive(id=id)
        return found

    @messages.NewPageCode.handler
    @concurrent(64)
    async def new_page_code(self, request: messages.NewPageCode) -> messages.PageCode:
        found = await self._active(request.id)
        if found.role != "admin":
            raise messages.NeedsAdmin(id=request.id)
        return messages.PageCode(code=grouped(self._typed.new(found.id)), seconds=TYPED_SECONDS)

    @messages.Confirm.handler
    @concurrent(64)
    async def confirm(self, request: messages.Confirm) -> messages.Confirmed:
        known = _page_of(request)
        if wait := self._attempts.take(known.user, ATTEMPTS, WINDOW):
            raise messages.TooManyCodes(seconds=wait)
        if self._typed.trade(as_typed(request.code)) != known.user:
            self._refusals.note(request.address, "wrong codes", known.user)
            raise messages.WrongCode
        self._attempts.give_back(known.user)
        await self.bus.ask(
            users.NoteChange(
                event="page.unlocked",
                what=(known.credential,),
                user=known.user,
                proof=known.proof,
                address=request.address,
            )
        )
        return messages.Confirmed(seconds=self._confirmations.confirm(known))

    @messages.GetConfirmed.handler
    @concurrent(64)
    async def get_confirmed(self, request: messages.GetConfirmed) -> messages.Confirmed:
        is_page = may(request.proof, "browser")
        return messages.Confirmed(seconds=self._confirmations.left(_page_of(request)) if is_page else 0.0)

    @messages.Lock.handler
    async def lock(self, request: messages.Lock) -> messages.Confirmed:
        self._confirmations.lock(_page_of(request))
        return messages.Confirmed(seconds=0.0)

    @messages.IsFollowed.handler
    async def is_followed(self, request: messages.IsFollowed) -> bool:
        return self._clients.show(request.of_user, request.session)

    @messages.GetConfig.handler
    @concurrent(64)
    async def get_config(self, request: messages.GetConfig) -> messages.Config:
        settings = self._settings()
        try:
            known = await self.bus.ask(llm.Models())
        except (ActorError, DeliveryError):
            known = None
        try:
            rules = await self.bus.ask(tools.GetAttachmentRules())
        except (ActorError, DeliveryError):
            rules = None
        return messages.Config(
            agent_name=self._about.agent_name(),
            greeting=settings.greeting,
            prompts=settings.prompts,
            models=() if known is None else tuple(model.spec for model in known.models),
            default_model=None if known is None else known.default,
            thinking_models=() if known is None else tuple(each.spec for each in known.models if each.effort),
            version=self._about.version,
            attachments=rules,
            transcribes=known is not None and known.transcriber is not None,
        )

    @messages.GetSetUp.handler
    @concurrent(64)
    async def get_set_up(self, request: messages.GetSetUp) -> messages.SetUp:
        found = await self.bus.ask(llm.GetSetUp())
        try:
            soul = (await self.bus.ask(memory.ReadFile(name="SOUL.md", user=request.user))).text
        except (ActorError, DeliveryError):
            soul = ""
        name = self._about.agent_name()
        return messages.SetUp(
            complete=found.complete,
            steps=messages.Steps(identity=True, model=found.complete, personality=bool(soul.strip())),
            agent_name=name,
            provider=found.model.partition("/")[0],
            model=found.model,
            choices=found.choices,
        )

    def _application(self, pages: Pages, address: Address) -> Quart:
        app = create_app(self._limits)
        public = (
            auth.PUBLIC
            | description.PUBLIC
            | {each.path for each in self._endpoints if each.access == "public"}
        )
        Guard(
            app, HostPolicy.of(address.host, self._reach.names), self._authenticator, self._presence, public
        )
        Errors(app)
        PageRoutes(app, self.bus, pages, self._codes)
        ManualRoutes(app, self._about.documentation, self._reach.base_path)
        auth.AuthRoutes(app, self.bus, self._authenticator)
        description.DescriptionRoutes(app)
        self._serve(app, Uploads(self.bus, self._upload_folder))
        return app

    def _serve(self, app: Quart, uploads: Uploads) -> None:
        ChatRoutes(app, self.bus, self._presence)
        FileRoutes(app, self.bus, uploads, self._presence)
        SpeechRoutes(app, self.bus, uploads)
        ZipRoutes(app, self.bus, self._presence)
        SettingsRoutes(app, self.bus)
        ProfileRoutes(app, self.bus)
        AbsentRoutes(app, self._about.version)
        DownloadRoutes(app, self.bus, uploads, self._presence, self._about.agent_name)
        V1Routes(app, self.bus, uploads, self._presence)
        McpRoutes(app, self.bus, self._presence, self._about)
        EndpointRoutes(app, self.bus, self._endpoints, self._presence, self._limits, uploads)
        add_socket(
            app,
            ClientContext(
                bus=self.bus,
                limits=self._limits,
                uploads=uploads,
                clients=self._clients,
                presence=self._presence,
                limit=self._limit,
                about=self._about,
            ),
        )


def _page_of(request: messages.Confirm | messages.GetConfirmed | messages.Lock) -> Principal:
    """The page that asks. Raises NoPage."""
    if not may(request.proof, "browser"):
        raise messages.NoPage
    return Principal(user=request.user, role="admin", proof="page", credential=request.credential)
