"""The actor of one server: starts or reaches it when it is needed, asks it, and lets go of it when nobody does."""

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, final

import trio

from actors.mcp import messages, results
from actors.mcp.access import Access
from actors.mcp.keeping import Keep
from actors.mcp.link import Address, Json, Link, Stale, linked
from actors.mcp.process import Start
from actors.mcp.settings import Server, Settings
from actors.settings.messages import SettingsChanged
from actors.shell.messages import Printed
from bus import Actor, Lag, concurrent, redacted

T = TypeVar("T")

AT_ONCE: Final = 16
"""Calls of one server at once."""
SOON: Final = 5.0
"""Seconds after a failure within which a server is not tried again, whoever asks."""


@final
class _Attempt:
    """One time of having a server, from its start to its end."""

    def __init__(self) -> None:
        self.settled = trio.Event()
        """Set once it is there, or is not going to be."""
        self.over = trio.Event()
        self.link: Link | None = None
        self.listing = messages.Listing(tools=())
        self.error: messages.ServerError | None = None
        self.ending = False
        """Whether it is not for new calls any more."""
        self.used = False
        """Whether anything was asked in it."""
        self.scope = trio.CancelScope()
        self._waiting = set[trio.CancelScope]()

    @contextmanager
    def waiting(self) -> Generator[trio.CancelScope]:
        """A wait for an answer, cut short where none can come any more."""
        with trio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                yield scope
            finally:
                self._waiting.discard(scope)

    def is_over(self) -> None:
        """Nobody shall wait any more."""
        self.ending = True
        self.settled.set()
        self.over.set()
        for scope in self._waiting:
            scope.cancel(reason="the session is over")

    def end(self) -> None:
        """Have it ended, whatever is under way."""
        self.ending = True
        self.scope.cancel(reason="the session is not wanted any more")


@final
class ServerActor(Actor):
    """Has at most one session with its server, in a task of its own; all calls go through it."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        home: Path,
        folder: Path,
        access: Access,
        keep: Keep,
        name: str,
    ) -> None:
        """`access` finds secrets and variables; `keep` has files stored.

        A server in a sandbox begins in `home`; another one in a folder of its own below `folder`, which no tool can
        write to: many a program runs what lies where it begins.
        """
        self._settings = settings
        self._home = home
        self._folder = folder
        self._access = access
        self._keep = keep
        self._name = name
        self._attempt: _Attempt | None = None
        self._failed: tuple[float, messages.ServerError, Server | None] | None = None
        self._busy = 0
        self._used = 0.0

    def describe(self) -> dict[str, Any]:
        there = self._attempt is not None and self._attempt.link is not None
        return {"connected": there, "under way": self._busy}

    # --- what it is asked -----------------------------------------------------------------------------------

    @messages.Reach.handler
    @concurrent(4, isolated=True)
    async def reach(self, request: messages.Reach) -> messages.Listing:
        if request.anew:
            self._failed = None
            await self._let_go()
        async with self._session() as attempt:
            return attempt.listing

    @messages.Call.handler
    @concurrent(AT_ONCE, isolated=True)
    async def call(self, request: messages.Call) -> messages.Result:
        patience = self._server().timeout_secs

        async def ask(link: Link) -> Json:
            return await link.call(
                request.tool,
                request.arguments,
                patience=patience,
                reads=request.reads,
                told=partial(self._progress, request),
            )

        answer = await self._asked(ask, doubtful=not request.reads)
        kept = await self._keep.parts(self.bus, results.of_call(answer, request.tool), request.user)
        return messages.Result(content=kept.content, files=kept.files, is_error=bool(answer.get("isError")))

    async def _progress(self, request: messages.Call, text: str) -> None:
        """Show whoever looks on what the server says of its progress."""
        await self.bus.publish(
            Printed(
                session=request.session,
                turn=request.turn,
                call=request.tool_use_id,
                text=f"{redacted(text)}\n",
            )
        )

    @messages.ReadResource.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read(self, request: messages.ReadResource) -> messages.Result:
        async def ask(link: Link) -> tuple[results.Part, ...]:
            if request.uri:
                return results.of_resource(await link.read(request.uri), request.uri)
            return (results.Words(results.resources(*await link.resources())),)

        return await self._result(await self._asked(ask, timely=True), request.user)

    @messages.GetPrompt.handler
    @concurrent(AT_ONCE, isolated=True)
    async def prompt(self, request: messages.GetPrompt) -> messages.Result:
        async def ask(link: Link) -> tuple[results.Part, ...]:
            if request.name:
                answer = await link.prompt(request.name, request.arguments)
                return results.of_prompt(answer, request.name)
            return (results.Words(results.prompts(await link.prompts())),)

        return await self._result(await self._asked(ask, timely=True), request.user)

    async def _result(self, parts: tuple[results.Part, ...], user: str) -> messages.Result:
        kept = await self._keep.parts(self.bus, parts, user)
        return messages.Result(content=kept.content, files=kept.files)

    async def _asked(
        self, ask: Callable[[Link], Awaitable[T]], *, doubtful: bool = False, timely: bool = False
    ) -> T:
        """What comes of asking the server, in a new session where it does not know the old one any more.

        Args:
          ask: does it.
          doubtful: whether it may change something.
          timely: whether the time of one request is to be kept here; calls keep their own.
        """
        while True:
            async with self._session() as attempt:
                fresh = not attempt.used
                attempt.used = True
                try:
                    return await self._within(attempt, ask, doubtful=doubtful, timely=timely)
                except Stale:
                    if fresh:
                        raise
            if self._attempt is attempt:
                await self._let_go()

    async def _within(
        self, attempt: _Attempt, ask: Callable[[Link], Awaitable[T]], *, doubtful: bool, timely: bool
    ) -> T:
        """The same in one session. Whatever becomes of that, there is an end."""
        link = attempt.link
        if link is None:
            raise AssertionError("a session that began has a link")
        patience = self._server().timeout_secs if timely else math.inf
        with trio.move_on_after(patience) as scope, attempt.waiting() as cut:
            return await ask(link)
        if cut.cancelled_caught:
            raise messages.Interrupted(
                server=self._name, reason=link.why(), doubtful=doubtful and not link.unsent
            )
        if not scope.cancelled_caught:
            raise AssertionError("nothing else ends it")
        reason = f"it took longer than {patience:g} s"
        raise messages.Interrupted(server=self._name, reason=reason, doubtful=doubtful)

    # --- having it ------------------------------------------------------------------------------------------

    def _server(self) -> Server:
        """Its settings as they are now. Raises UnknownServer."""
        found = self._settings().mcp.servers.get(self._name)
        if found is None or not found.enabled:
            raise messages.UnknownServer(server=self._name)
        return found

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator[_Attempt]:
        """A session, begun where there is none, that is not let go of meanwhile. Raises UnknownServer, NotReached."""
        self._server()
        self._busy += 1
        try:
            yield await self._begun()
        finally:
            self._busy -= 1
            self._used = trio.current_time()

    async def _begun(self) -> _Attempt:
        while True:
            attempt = self._attempt
            if attempt is None:
                self._refuse_soon()
                attempt = self._attempt = _Attempt()
                self.spawn(self._have, attempt)
            if attempt.ending:
                await attempt.over.wait()
                continue
            await attempt.settled.wait()
            if attempt.error is not None:
                raise attempt.error
            if not attempt.ending:
                return attempt

    def _refuse_soon(self) -> None:
        if self._failed is not None:
            at, error, server = self._failed
            if trio.current_time() - at < SOON and server == self._server():
                raise error
        self._failed = None

    async def _let_go(self) -> None:
        """End the session that there is."""
        if (attempt := self._attempt) is not None:
            attempt.end()
            await attempt.over.wait()

    async def _have(self, attempt: _Attempt) -> None:
        """Have the server, until it is gone or nobody needs it."""
        error = ""
        try:
            with attempt.scope:
                error = await self._had(attempt)
        except messages.ServerError as failed:
            attempt.error = failed
            self._failed = (trio.current_time(), failed, self._settings().mcp.servers.get(self._name))
            error = failed.reason if isinstance(failed, messages.NotReached) else str(failed)
        finally:
            self._attempt = None
            attempt.is_over()
        state: messages.State = "failed" if error else "idle"
        await self.bus.tell(messages.Told(server=self._name, state=state, error=redacted(error)))

    async def _had(self, attempt: _Attempt) -> str:
        """Have it; answers why it is gone when nobody wanted that. Raises UnknownServer, NotReached."""
        await self._tell("starting")
        server = self._server()
        failed: messages.ServerError | None = None
        lost = True
        async with linked(self._name, await self._where(server), server.startup_secs) as link:
            try:
                with trio.fail_after(server.startup_secs):
                    attempt.listing = await link.listing()
            except (messages.ServerError, trio.TooSlowError) as error:
                failed = messages.NotReached(server=self._name, reason=str(error) or "it tells of no tools")
            else:
                lost = await self._used_until(attempt, link, server)
        if attempt.link is None and failed is None:
            failed = messages.NotReached(server=self._name, reason=link.why())
        if failed is not None:  # not raised in there, where it would come out as one of a group
            raise failed
        return link.why() if lost else ""

    async def _used_until(self, attempt: _Attempt, link: Link, server: Server) -> bool:
        """Let calls use a session until its end; answers whether it came unasked for."""
        await self._tell("ready", attempt.listing)
        attempt.link = link
        self._used = trio.current_time()
        attempt.settled.set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._follow_tools, link)
            nursery.start_soon(self._follow_settings, attempt, server)
            lost = await self._until_unused(link)
            attempt.ending = True
            nursery.cancel_scope.cancel(reason="the session ends")
        return lost

    async def _until_unused(self, link: Link) -> bool:
        """Return once it is gone (true), or nobody has used it for as long as the settings say."""
        while True:
            idle = self._settings().mcp.idle_secs
            with trio.move_on_at(self._used + idle):
                await link.gone.wait()
                return True
            if self._busy:
                self._used = trio.current_time()
            elif self._used + idle <= trio.current_time():
                return False

    async def _follow_tools(self, link: Link) -> None:
        """Tell what it offers whenever that has changed."""
        while True:
            await link.changed.wait()
            try:
                with trio.move_on_after(30):
                    await self._tell("ready", await link.listing())
            except messages.ServerError:
                return  # it is gone, or will be asked again when it is reached anew

    async def _follow_settings(self, attempt: _Attempt, server: Server) -> None:
        """End a session that is not as the settings want it any more."""
        async with self.bus.subscribe(SettingsChanged, limit=1, lag=Lag.DROP_OLDEST) as changes:
            while self._settings().mcp.servers.get(self._name) == server:
                await anext(changes)
        attempt.end()

    async def _tell(self, state: messages.State, listing: messages.Listing | None = None) -> None:
        await self.bus.tell(messages.Told(server=self._name, state=state, listing=listing))

    async def _where(self, server: Server) -> Start | Address:
        """What to run, or whom to ask, with the secrets that the settings name. Raises NotReached."""
        if server.command is None:
            return await self._access.address(self.bus, self._name, server)
        return await self._access.start(self.bus, self._name, server, self._place(server))

    def _place(self, server: Server) -> Path:
        """Where it begins. Raises NotReached."""
        if server.sandbox:
            return self._home
        folder = self._folder / self._name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise messages.NotReached(
                server=self._name, reason=f"{folder} cannot be made: {error}"
            ) from error
        return folder
