"""The gateway as an actor: takes its address, serves until it is stopped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast, final

from quart import Quart

from actors.gateway.app import Errors, Guard, add_socket, create_app
from actors.gateway.clients import Clients, SessionFeed
from actors.gateway.limits import Limits
from actors.gateway.operator import Operator
from actors.gateway.pages import Pages
from actors.gateway.routes.bus import BusRoutes
from actors.gateway.routes.chat import ChatRoutes
from actors.gateway.routes.control import ControlRoutes
from actors.gateway.routes.files import FileRoutes
from actors.gateway.routes.ledger import Ledger, TurnRoutes
from actors.gateway.routes.mesh import MeshRoutes
from actors.gateway.routes.sessions import SessionRoutes
from actors.gateway.routes.status import StatusRoutes
from actors.gateway.routes.tap import TapRoutes
from actors.gateway.security import HostPolicy
from actors.gateway.server import Server, listen
from actors.gateway.settings import Address, Settings
from actors.gateway.stopping import Stopping
from actors.gateway.uploads import Uploads, prepare
from actors.gateway.ws import Desk
from bus import console

WEB_ROOT = Path(__file__).parent / "web" / "dist"
"""Where the built page lies, in a checkout and in an installed package alike."""


@final
class GatewayActor(console.Operator):
    """Owns the listening socket. It answers no message of the bus; it asks.

    ``start`` raises AddressInUse or AddressRefused, so that the first start of a mesh fails with that error.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        agent_name: Callable[[], str],
        version: str,
        operator_token: str,
        upload_folder: Path,
        limits: Limits | None = None,
        web_root: Path = WEB_ROOT,
        on_bound: Callable[[Address], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened before ``start``.

        Args:
          settings: where to listen, which counts at every start, and what the page shows.
          agent_name: the agent's name as the page shows it.
          version: of the program, as clients see it.
          operator_token: opens the tap.
          upload_folder: where uploads wait until the tools subsystem, which knows it too, has stored them.
          limits: sizes and times.
          web_root: the built page.
          on_bound: told the address at every start, with the real port where 0 was configured.
        """
        self._settings = settings
        self._agent_name = agent_name
        self._version = version
        self._token = operator_token
        self._limits = limits or Limits()
        self._web_root = web_root
        self._upload_folder = upload_folder
        self._on_bound = on_bound
        self._clients = Clients()
        self._stopping = Stopping()
        self._server: Server
        self.address: Address | None = None
        """Where it listens, once it does."""

    async def start(self) -> None:
        """Take the address and serve."""
        pages = Pages(self._web_root)
        prepare(self._upload_folder)
        wanted = self._settings().server_addr
        sock = listen(wanted, self._limits)
        self.address = Address(wanted.host, sock.getsockname()[1])
        self._server = Server(self._application(pages, self.address), sock, self._limits, self._dismiss)
        self.spawn(self._server.run)
        self.spawn(SessionFeed(self.bus, self._clients).run)
        if self._on_bound is not None:
            self._on_bound(self.address)

    def describe(self) -> dict[str, Any]:
        """Where it listens and how many are there."""
        return {
            "address": str(self.address),
            "connections": self._server.connections,
            "websockets": len(self._clients),
        }

    def _dismiss(self) -> None:
        """Let go of everybody who would otherwise stay for long."""
        self._stopping.begin()
        self._clients.dismiss()

    def _application(self, pages: Pages, address: Address) -> Any:
        uploads = Uploads(self.bus, self._upload_folder)
        app = create_app(self._limits)
        Guard(app, HostPolicy.loopback(address.host, address.port))
        Errors(app, pages)
        StatusRoutes(
            app, self.bus, self.console, self._settings, agent_name=self._agent_name, version=self._version
        )
        SessionRoutes(app, self.bus)
        MeshRoutes(app, self.bus, self.console)
        ChatRoutes(app, self.bus, self._stopping)
        FileRoutes(app, self.bus, uploads)
        self._serve_operator(app)
        desk = Desk(
            bus=self.bus,
            limits=self._limits,
            uploads=uploads,
            clients=self._clients,
            agent_name=self._agent_name,
            version=self._version,
        )
        add_socket(app, desk)
        return cast("Any", app)

    def _serve_operator(self, app: Quart) -> None:
        operator, ledger = Operator(app, self.bus, self._token), Ledger(self.bus)
        TapRoutes(app, self.bus, self.console, self._stopping, operator)
        BusRoutes(operator, self.bus, self.console, ledger)
        TurnRoutes(operator, self.bus, ledger)
        ControlRoutes(operator, self.bus, self.console, self._stopping)
