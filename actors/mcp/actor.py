"""The actor that knows of all servers what they offered when last reached, so that no turn waits for one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from actors import atomic
from actors.context import Section
from actors.mcp import known, messages
from actors.mcp.keeping import Keep
from actors.mcp.known import Known, Shelf
from actors.mcp.settings import Server, Settings
from actors.settings.messages import SettingsChanged
from bus import Actor, BusError, Lag, concurrent

AT_ONCE: Final = 8


@final
class McpActor(Actor):
    """Owns what is kept of the servers' listings. The servers themselves have an actor each."""

    def __init__(self, settings: Callable[[], Settings], folder: Path, keep: Keep) -> None:
        """`folder` holds a file a server; it is made when there is something to keep."""
        self._settings = settings
        self._folder = folder
        self._keep = keep
        self._known: dict[str, Known] = {}
        self._of: Mapping[str, Server] = {}
        """The servers of the settings for which that holds."""
        self._shelf: Shelf | None = None
        self._reaching: set[str] = set()

    async def start(self) -> None:
        self._keep.prepare()
        self._take_settings()
        self.spawn(self._follow_settings)

    # --- for turns ------------------------------------------------------------------------------------------

    @messages.Offered.handler
    async def offered(self, request: messages.Offered) -> messages.Offer:
        self._reach_unknown()
        if self._shelf is None:
            self._shelf = known.shelf(self._of, self._known)
        return self._shelf.admins if request.role == "admin" else self._shelf.everyone

    @messages.Missing.handler
    async def missing(self, request: messages.Missing) -> Section:
        sentences: list[str] = []
        for name, server in self._wanted():
            found = self._known[name]
            if found.listing is None and (request.role == "admin" or server.everyone):
                if request.user not in found.told:
                    sentences.append(_missing(name, found))
                found.told.add(request.user)
        return Section(text="", notice=" ".join(sentences) or None)

    def _reach_unknown(self) -> None:
        """Have those reached that never were, unless that has just failed. Nobody waits for it."""
        now = self.bus.clock.monotonic()
        for name, _ in self._wanted():
            found = self._known[name]
            if found.listing is None and name not in self._reaching and not found.patience.left(now):
                self._reaching.add(name)
                self.spawn(self._reach, name)

    async def _reach(self, name: str) -> None:
        with suppress(BusError):  # the actor of the server tells
            await self.bus.ask(messages.Reach(server=name))
        self._reaching.discard(name)

    # --- for people -----------------------------------------------------------------------------------------

    @messages.ListServers.handler
    async def list_servers(self, request: messages.ListServers) -> tuple[messages.ServerState, ...]:
        return tuple(self._state(name) for name in sorted(self._of))

    @messages.ListTools.handler
    async def list_tools(self, request: messages.ListTools) -> tuple[messages.OfferedTool, ...]:
        self._require(request.name)
        offer = known.shelf(self._of, self._known).admins
        return tuple(each for each in offer.tools if each.server == request.name)

    @messages.Reconnect.handler
    @concurrent(AT_ONCE)
    async def reconnect(self, request: messages.Reconnect) -> messages.ServerState:
        self._require(request.name)
        with suppress(messages.NotReached):
            await self.bus.ask(messages.Reach(server=request.name, anew=True))
        await self.bus.ask(messages.Offered(role="admin"))  # by then what its actor has told is known
        self._require(request.name)
        return self._state(request.name)

    def _require(self, name: str) -> None:
        if name not in self._of:
            raise messages.UnknownServer(server=name)

    def _state(self, name: str) -> messages.ServerState:
        server, found = self._of[name], self._known[name]
        tools = () if found.listing is None else known.chosen(server, found.listing)
        return messages.ServerState(
            name=name,
            state=found.state if server.enabled else "off",
            kind="url" if server.command is None else "command",
            where=server.url or " ".join((server.command or "", *server.args)),
            sandboxed=server.sandbox,
            tools=tuple(tool.name for tool in tools),
            error=found.error,
            since=found.since,
        )

    # --- what the servers tell ------------------------------------------------------------------------------

    @messages.Told.handler
    async def told(self, command: messages.Told) -> None:
        found, server = self._known.get(command.server), self._of.get(command.server)
        if found is None or server is None:
            return
        if found.state != command.state:
            found.state, found.since = command.state, self.bus.clock.now()
        if command.state == "failed":
            found.error = command.error
            found.patience.failed(self.bus.clock.monotonic())
            found.told.clear()
        elif command.state == "ready":
            found.error = ""
            found.patience.succeeded()
        if command.listing is not None and command.listing != found.listing:
            found.listing, self._shelf = command.listing, None
            self._write(command.server, server, command.listing)
        self._complain()

    def _complain(self) -> None:
        """Degraded while a server that is wanted cannot be used."""
        failed = [
            f"{name}: {self._known[name].error}" for name, _ in self._wanted() if self._known[name].error
        ]
        self.degraded(f"the MCP server {'; '.join(failed)}" if failed else None)

    # --- settings and disk ----------------------------------------------------------------------------------

    async def _follow_settings(self) -> None:
        async with self.bus.subscribe(SettingsChanged, limit=1, lag=Lag.DROP_OLDEST) as changes:
            self._take_settings()
            while True:
                await anext(changes)
                self._take_settings()
                self._reach_unknown()  # whoever has changed them wants to know

    def _take_settings(self) -> None:
        """Begin anew with those servers that are others now."""
        servers, before = self._settings().mcp.servers, self._of
        for name, server in servers.items():
            if before.get(name) != server:
                self._known[name] = Known(listing=self._read(name, server))
        for name in self._known.keys() - servers.keys():
            del self._known[name]
        if servers != before:
            self._of, self._shelf = servers, None
            self._complain()

    def _wanted(self) -> Iterator[tuple[str, Server]]:
        return ((name, server) for name, server in self._of.items() if server.enabled)

    def _read(self, name: str, server: Server) -> messages.Listing | None:
        try:
            return known.read(server, (self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def _write(self, name: str, server: Server, listing: messages.Listing) -> None:
        """Keep a listing. Without it the server is reached once more after the next start."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic.write(self._folder / f"{name}.json", known.written(server, listing), mode=0o600)


def _missing(name: str, found: Known) -> str:
    if found.error:
        return f"The tools of the MCP server {name} are missing: {found.error}."
    return f"The tools of the MCP server {name} are missing in this turn: it is being reached for the first time."
