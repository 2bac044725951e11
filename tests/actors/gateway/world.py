"""A gateway on a real socket, with a small world behind it: agent, session, tools and model as tests want them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import trio

from actors.agent import messages as agent
from actors.console import messages as console
from actors.console.actor import ConsoleActor
from actors.gateway import messages
from actors.gateway.actor import GatewayActor
from actors.gateway.limits import Limits
from actors.gateway.settings import About, Address, Reach, Settings
from actors.session import messages as session
from actors.subsystem import Subsystem
from actors.tools import messages as tools
from actors.users import messages as users
from actors.users.actor import UsersActor
from actors.vocabulary import ADMIN
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import KEY, KNOWN, PATIENCE, Socket, connected
from tests.actors.gateway.neighbours import FakeAgent, FakeModels, FakeSession, FakeTools, World

TOKEN = "operator-token"
VERSION = "1.2.3"
ENDPOINTS = tuple(
    endpoint
    for front in (agent, console, messages, session, tools, users)
    for endpoint in Subsystem(front.__name__, Actor, front=front).endpoints()
)


def some_users(folder: Path) -> Callable[[], UsersActor]:
    """A factory of the users actor, with an admin whose key is KEY."""
    return partial(
        UsersActor,
        folder / "users.db",
        chosen=KEY,
        key_file=folder / "admin.key",
        on_first_key=lambda _: None,
        seed=lambda _: None,
        has_left=lambda _: False,
    )


class Gateway:
    """A running gateway as a test sees it."""

    def __init__(self, mesh: MeshUnderTest, world: World, address: Address, http: httpx2.AsyncClient) -> None:
        self.mesh = mesh
        self.world = world
        self.address = address
        self.http = http

    @property
    def actor(self) -> GatewayActor:
        found = self.mesh.cell("gateway").actor
        assert isinstance(found, GatewayActor)
        return found

    def url(self, path: str = "/ws") -> str:
        return f"ws://{self.address}{path}"

    @asynccontextmanager
    async def socket(self, path: str = "/ws") -> AsyncGenerator[Socket]:
        """A client that has been greeted."""
        async with connected(self.url(path)) as socket:
            assert (await socket.hear())["type"] == "hello"
            yield socket

    async def stop(self) -> float:
        """Stop the gateway; how many seconds it took."""
        before = trio.current_time()
        with trio.fail_after(PATIENCE):
            self.mesh.mesh.root.children["gateway"].expected = True
            await self.mesh.mesh.root.children["gateway"].stop()
        return trio.current_time() - before


WELCOME = '<!doctype html><title>page</title><script src="/assets/main-abc123.js"></script>'
SCRIPT = "console.log('hello');\n" * 100


def build_page(root: Path) -> Path:
    """A built web page, small."""
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(WELCOME)
    (root / "assets" / "main-abc123.js").write_text(SCRIPT)
    (root / "favicon.svg").write_text("<svg/>")
    return root


def a_gateway(
    tmp_path: Path,
    bound: Callable[[Address], None],
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    limits: Limits | None = None,
    reach: Reach | None = None,
) -> Callable[[], GatewayActor]:
    """A factory of the actor."""
    page = tmp_path / "page"
    return partial(
        GatewayActor,
        lambda: Settings(
            server_addr=Address(host, port),
            gateway=reach or Reach(),
            greeting="Hi </script>",
            prompts=("One", "Two"),
        ),
        about=About(agent_name=lambda: "Aster", version=VERSION),
        operator_token=TOKEN,
        endpoints=ENDPOINTS,
        limits=limits,
        web_root=page if page.exists() else build_page(page),
        upload_folder=tmp_path / "uploads",
        on_bound=bound,
    )


@asynccontextmanager
async def running(
    mesh: MeshUnderTest,
    tmp_path: Path,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    limits: Limits | None = None,
    reach: Reach | None = None,
) -> AsyncGenerator[Gateway]:
    """The world and its gateway."""
    home = tmp_path / "home"
    home.mkdir()
    world = World(home)
    await mesh.start(some_users(tmp_path), name="users")
    for factory in (FakeAgent, FakeSession, FakeTools, FakeModels):
        await mesh.start(partial(factory, world))
    await mesh.start(partial(ConsoleActor, VERSION), name="console")
    bound: list[Address] = []
    await mesh.start(a_gateway(tmp_path, bound.append, port=port, host=host, limits=limits, reach=reach))
    async with AsyncExitStack() as stack:
        client = httpx2.AsyncClient(
            base_url=f"http://{bound[0]}", headers=KNOWN, timeout=PATIENCE, verify=False
        )
        http = await stack.enter_async_context(client)
        yield Gateway(mesh, world, bound[0], http)


async def add(gateway: Gateway, user: str, **more: Any) -> str:
    """Make an account; its key."""
    asks: dict[str, Any] = {"user": ADMIN, "proof": "operator"}
    await gateway.mesh.bus.ask(users.AddUser(id=user, **more, **asks))
    return (await gateway.mesh.bus.ask(users.NewKey(id=user, **asks))).key
