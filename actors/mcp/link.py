"""A session with one server, over its process or over HTTP, through the client of the ``mcp`` package.

That package takes a second to load; it is loaded in a thread, with the first server that is used.
"""

import importlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast, final

import attrs
import trio

from actors.causes import why
from actors.mcp import bounding
from actors.mcp.messages import INSTALL, Interrupted, Listing, NotReached, Refused, ServerTool
from actors.mcp.process import Process, Start, running
from actors.mcp.transport import Wire
from bus import Data, in_thread

if TYPE_CHECKING:
    from mcp import Client

PAGES: Final = 50
"""Most pages of one listing."""
LEAVING: Final = 3.0
"""Seconds that taking leave of a server may take."""
_STALE: Final = frozenset({-32000, -32001, -32600})
_NO_REASON: Final = -32603
"""Of an answer that has none in the form of the protocol; then its status is all there is."""
_OF_SESSION_LOST: Final = frozenset({400, 404})
_OF_SESSIONS: Final = ("session", "not initialized")
"""In what servers say that were started anew and do not know us any more."""
Json = Mapping[str, Any]
Progress = Callable[[str], Awaitable[None]]


@attrs.define(eq=False, kw_only=True)
class Stale(Refused):
    """It does not know the session any more: nothing was done, and in a new one it may be."""


@final
@attrs.frozen(kw_only=True)
class Address(Data):
    """Where a server is reached over HTTP."""

    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)


@final
class Link:
    """A session. Several calls may be under way at once."""

    def __init__(self, server: str, client: "Client", wire: Wire, process: Process | None) -> None:
        self._server = server
        self._client = client
        self._wire = wire
        self._process = process
        self.changed = trio.Event()
        """Set, and replaced, when the server says that it has other tools now."""

    @property
    def gone(self) -> trio.Event:
        """Set once the server is not there any more; never over HTTP, where each request finds out by itself."""
        return self._wire.gone

    @property
    def unsent(self) -> bool:
        """Whether it is gone before it heard of what it was asked last."""
        return self._wire.unsent

    def why(self) -> str:
        """Why it is gone."""
        if self._wire.trouble:
            return self._wire.trouble
        return "the connection has ended" if self._process is None else self._process.how()

    async def listing(self) -> Listing:
        """What it offers."""
        able = self._client.server_capabilities
        tools: list[ServerTool] = []
        if able.tools is not None:
            found = await self._all(self._client.list_tools, "tools", bounding.MOST_TOOLS)
            tools = [_tool(each) for each in found]
        return Listing(
            tools=tuple(tools), resources=able.resources is not None, prompts=able.prompts is not None
        )

    async def call(
        self, tool: str, arguments: Json, *, patience: float, reads: bool, told: Progress | None = None
    ) -> Json:
        """The answer to a call as the protocol has it. Each word of progress renews the patience, in seconds.

        Raises Refused and Interrupted. Who stops waiting has the server told.
        """
        with trio.CancelScope(deadline=trio.current_time() + patience) as scope:

            async def heard(progress: float, total: float | None, message: str | None) -> None:
                scope.deadline = trio.current_time() + patience
                if told is not None:
                    await told(_progress(progress, total, message))

            return await self._answer(
                lambda: self._client.call_tool(tool, dict(arguments), progress_callback=heard),
                doubtful=not reads,
            )
        raise Interrupted(
            server=self._server,
            reason=f"it took longer than {patience:g} s without a word",
            doubtful=not reads,
        )

    async def resources(self) -> tuple[list[Json], list[Json]]:
        """What there is to read, and templates of addresses."""
        listed = await self._listed(self._client.list_resources, "resources")
        try:
            templates = await self._listed(self._client.list_resource_templates, "resource_templates")
        except Refused:  # few have them
            templates = []
        return listed, templates

    async def read(self, uri: str) -> Json:
        return await self._answer(lambda: self._client.read_resource(uri, cache_mode="bypass"))

    async def prompts(self) -> list[Json]:
        return await self._listed(self._client.list_prompts, "prompts")

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> Json:
        return await self._answer(lambda: self._client.get_prompt(name, dict(arguments)))

    async def _listed(self, page: Callable[..., Awaitable[Any]], field: str) -> list[Json]:
        found = await self._all(page, field, 1000)
        return [_json(each) for each in found]

    async def _all(self, page: Callable[..., Awaitable[Any]], field: str, most: int) -> list[Any]:
        """All entries of a listing, page by page."""
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(PAGES):
            got = await self._trying(lambda: page(cursor=cursor), doubtful=False)  # noqa: B023 - awaited at once
            found += getattr(got, field)
            cursor = got.next_cursor
            if cursor is None or len(found) >= most:
                break
        return found[:most]

    def _is_gone(self, closed: bool, said: str) -> bool:  # noqa: FBT001
        """Whether an error means that no answer came; servers use the code for `closed` for other things as well."""
        if self._process is not None:
            return closed and self._wire.gone.is_set()
        if closed and said.startswith(("SSE stream", "Connection closed")):
            self._wire.trouble = self._wire.trouble or said
            return True
        return False

    def _is_stale(self, code: int, said: str) -> bool:
        """Whether an error over HTTP means that the session is not known any more."""
        if code == _NO_REASON:
            return self._wire.status in _OF_SESSION_LOST
        return code in _STALE and any(each in said.casefold() for each in _OF_SESSIONS)

    async def _leave(self) -> None:
        """Give a process that is about to end the time to, so that there is something to be told."""
        if self._process is not None:
            with trio.move_on_after(1.0):
                await self._process.watch()

    async def _answer(self, ask: Callable[[], Awaitable[Any]], *, doubtful: bool = False) -> Json:
        return _json(await self._trying(ask, doubtful=doubtful))

    async def _trying(self, ask: Callable[[], Awaitable[Any]], *, doubtful: bool) -> Any:
        """The result. Whatever the package raises is that the server refuses, or that it is gone."""
        from mcp import MCPError
        from mcp_types import CONNECTION_CLOSED

        try:
            return await ask()
        except MCPError as error:
            if self._is_gone(error.code == CONNECTION_CLOSED, error.message):
                await self._leave()
                raise Interrupted(server=self._server, reason=self.why(), doubtful=doubtful) from error
            if self._process is None and self._is_stale(error.code, error.message):
                raise Stale(server=self._server, reason=error.message[:2000]) from error
            raise Refused(server=self._server, reason=error.message[:2000]) from error
        except Exception as error:  # of the package, of what it is made of, or of an answer that is none
            reason = f"what it answered is not understood: {str(error)[:500]}"
            raise Interrupted(server=self._server, reason=reason, doubtful=doubtful) from error


def _tool(found: Any) -> ServerTool:
    said = found.annotations
    return ServerTool(
        name=found.name,
        description=bounding.description(found.description, found.name),
        schema=bounding.schema(found.input_schema),
        reads=bool(said is not None and said.read_only_hint),
    )


def _json(model: Any) -> Json:
    found: Json = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def _progress(done: float, total: float | None, message: str | None) -> str:
    counted = f"{done:g}" if total is None else f"{done:g} of {total:g}"
    return f"{counted}: {message[:500]}" if message else counted


# --- beginning --------------------------------------------------------------------------------------------


def _load() -> None:
    importlib.import_module("mcp")


async def load(server: str) -> None:
    """Have the package ready. Raises NotReached where it is not installed."""
    try:
        await trio.to_thread.run_sync(in_thread(_load))
    except ImportError as error:
        reason = f"the package mcp is not installed ({error}): {INSTALL}"
        raise NotReached(server=server, reason=reason) from error


@asynccontextmanager
async def linked(server: str, where: Start | Address, within: float) -> AsyncGenerator[Link]:
    """A session with a server that has answered within so many seconds. Raises NotReached."""
    await load(server)
    wire = Wire()
    process: Process | None = None
    reached = False
    scope = trio.CancelScope(deadline=trio.current_time() + within)
    try:
        with scope:
            async with AsyncExitStack() as stack:
                if isinstance(where, Start):
                    process = await stack.enter_async_context(running(where))
                link = await _opened(stack, server, where, wire, process)
                scope.deadline, reached = math.inf, True
                yield link
                scope.deadline = trio.current_time() + LEAVING
    except Exception as error:
        if not reached:
            raise NotReached(server=server, reason=wire.trouble or _why(error, process)) from error
        if process is not None or not _of_http(error, wire):
            raise
    if not reached:
        raise NotReached(server=server, reason=f"it did not answer within {within:g} s{_said(process)}")


async def _opened(
    stack: AsyncExitStack, server: str, where: Start | Address, wire: Wire, process: Process | None
) -> Link:
    from mcp import Client

    found: list[Link] = []

    async def heard(message: Any) -> None:
        if getattr(message, "method", None) == "notifications/tools/list_changed" and found:
            changed, found[0].changed = found[0].changed, trio.Event()
            changed.set()

    if isinstance(where, Address):
        from actors.mcp.http import transport

        over = transport(where.url, where.headers, wire)
    elif process is not None:
        over = wire.over(process)
    else:
        raise AssertionError("a server that is started has a process")
    client = await stack.enter_async_context(Client(over, mode="legacy", message_handler=heard, cache=None))
    found.append(Link(server, client, wire, process))
    return found[0]


def _of_http(error: BaseException, wire: Wire) -> bool:
    """Whether a request over HTTP failed, which ends the session in the package's hands; the wire is told why."""
    import httpx2

    if isinstance(error, BaseExceptionGroup):
        inner: Sequence[BaseException] = cast("BaseExceptionGroup[BaseException]", error).exceptions
        found = [_of_http(each, wire) for each in inner]
        return any(found)
    if not isinstance(error, httpx2.HTTPError):
        return False
    wire.trouble = why(error)
    wire.unsent = isinstance(error, httpx2.ConnectError)
    wire.gone.set()
    return True


def _said(process: Process | None) -> str:
    return f"; {process.said}" if process is not None and process.said else ""


def _why(error: BaseException, process: Process | None) -> str:
    """What to tell of a beginning that failed. What is left of a process has ended by then."""
    if process is not None:
        return process.how()
    return why(error)
