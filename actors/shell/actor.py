"""The shell actor: runs commands for turns, keeps those in the background, and ends all of them with itself."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

from actors import atomic
from actors.resolving import connect
from actors.shell import guard, messages, output, sandbox
from actors.shell.environment import MARK, environment
from actors.shell.process import PORT, Ended, Launch, carry_out, sweep, tried
from actors.shell.proxy import Connect
from actors.shell.settings import Settings, Shell
from actors.shell.table import Entry, Table, restored
from actors.shell.telling import Telling
from actors.subsystem import Given
from actors.tools import messages as tools
from bus import Actor, concurrent, crash_point

AT_ONCE: Final = 64
"""Commands in the foreground at once; they are bounded by the calls of turns."""
SHOWN: Final = 30_000
"""Bytes of output that a model sees, if its results may be as long."""
ADVICE: Final = "install bubblewrap and start anew, or set shell.sandbox; docs/guide/shell.md"
"""Where there is no sandbox and nobody has said that there need be none."""
AROUND: Final = 1_000
"""Bytes of a result that are for what is said about the output."""


NOT_KEPT: Final = "Not kept before, so that no undo brings it back:"


@final
@attrs.define(eq=False)
class _Background:
    """A command that runs."""

    unread: output.Unread
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    over: trio.Event = attrs.field(factory=trio.Event)


@final
class ShellActor(Actor):
    """Owns all processes that commands have started."""

    def __init__(
        self,
        given: Given,
        max_result: Callable[[], int],
        variables: Mapping[str, str | None],
        reach: Connect = connect,
    ) -> None:
        """Start nothing yet.

        Args:
          given: where home and the agent's data are.
          max_result: bytes of text that one result may have, asked for at each use.
          variables: what of the environment is for commands, None for what is not set.
          reach: how commands get to the internet.
        """
        self._home = given.home
        self._data = given.data
        self._folder = given.data / "shell"
        self._ours = given.environment
        self._settings = given.settings(Settings)
        self._max_result = max_result
        self._variables = variables
        self._reach = reach
        self._sandbox: sandbox.Sandbox | None = None
        self._why = "it was not looked for yet"
        self._looked = trio.Event()
        self._table = Table()
        self._background: dict[str, _Background] = {}
        self._foreground = 0
        self._mark = hashlib.sha256(str(given.data.resolve()).encode()).hexdigest()[:16]

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._table = self._restored()
        sweep(f"{MARK}={self._mark}.")
        self.spawn(self._look_for_sandbox)

    def describe(self) -> dict[str, Any]:
        return {
            "foreground": self._foreground,
            "background": list(self._background),
            **({"finding": self._finding()} if self._looked.is_set() else {}),
        }

    def _finding(self) -> dict[str, Any]:
        """For the doctor."""
        protection = self._protection()
        ok = protection.sandbox or self._limits.sandbox == "off"
        return {"ok": ok, "what": protection.text, "advice": "" if ok else ADVICE}

    async def _look_for_sandbox(self) -> None:
        found = sandbox.candidate(self._home, self._data)
        if isinstance(found, sandbox.Sandbox):
            found = await tried(found, self._limits, f"{self._mark}.probe")
        if isinstance(found, sandbox.Sandbox):
            self._sandbox = found
        else:
            self._why = found
        self._looked.set()

    @property
    def _limits(self) -> Shell:
        return self._settings().shell

    # --- commands -----------------------------------------------------------------------------------------

    @messages.Run.handler
    @concurrent(AT_ONCE, isolated=True)
    async def run(self, request: messages.Run) -> messages.Ran:
        if fault := guard.fault(request.command, self._data):
            raise messages.CommandRefused(reason=fault)
        launch = await self._launch(request)
        asked = tools.KeepAll(turn=request.turn, session=request.session, user=request.user)
        unkept = (await self.bus.ask(asked)).unkept
        crash_point("command", "kept")
        if request.run_in_background:
            return _noted(self._begin(launch), unkept)
        self._foreground += 1
        try:
            return _noted(await self._in_foreground(launch, request), unkept)
        finally:
            self._foreground -= 1

    async def _launch(self, request: messages.Run) -> Launch:
        """How a command is to be run as things are now. Raises NoSandbox."""
        limits = self._limits
        kept = await self._kept()
        launch = Launch(
            command=request.command,
            home=self._home,
            environment={},
            limits=limits,
            sandbox=kept,
            user=request.user,
        )
        variables = environment(
            self._ours,
            self._variables,
            self._home,
            visible=None if kept is None else (*sandbox.SYSTEM, str(self._home)),
            proxy=f"http://127.0.0.1:{PORT}" if launch.by_proxy else None,
            mark=f"{self._mark}.{self.bus.ids.uuid()}",
        )
        return attrs.evolve(launch, environment=variables)

    async def _in_foreground(self, launch: Launch, request: messages.Run) -> messages.Ran:
        captured = output.Captured(
            self._home, self.bus.clock.now(), room=self._room(), limit=launch.limits.output
        )
        telling = Telling(lambda text, skipped: self._tell(request, text, skipped))

        def sink(data: bytes) -> None:
            captured.add(data)
            telling.add(data)

        seconds = min(request.timeout / 1000, float(launch.limits.seconds))
        fault: OSError | None = None
        ended = Ended(code=None)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(telling.run)
                try:
                    ended = await carry_out(launch, sink, seconds, self._reach)
                except OSError as error:  # raised below, without the group of a nursery
                    fault = error
                nursery.cancel_scope.cancel(reason="the command has ended")
            await telling.finish()
            if fault is not None:
                raise messages.CommandNotStarted(reason=fault.strerror or str(fault)) from fault
            return _ran(captured, ended)
        finally:
            captured.close()

    async def _tell(self, request: messages.Run, text: str, skipped: int) -> None:
        printed = messages.Printed(
            session=request.session, turn=request.turn, call=request.tool_use_id, text=text, skipped=skipped
        )
        await self.bus.publish(printed)

    def _room(self) -> int:
        return max(min(SHOWN, self._max_result() - AROUND), AROUND)

    # --- in the background --------------------------------------------------------------------------------

    def _begin(self, launch: Launch) -> messages.Ran:
        running = self._table.running(launch.user)
        if len(running) >= launch.limits.background:
            raise messages.TooManyCommands(limit=launch.limits.background, running=running)
        entry = self._table.open(launch.user, launch.command)
        unread = output.Unread(self._log(entry.id), room=self._room(), limit=launch.limits.output)
        self._background[entry.id] = _Background(unread)
        self._keep()
        crash_point("background", "entered")
        self.spawn(self._in_background, entry, launch)
        return messages.Ran(
            output="", notes=(*entry.told(), f"BashOutput and BashStop know it as {entry.id}.")
        )

    async def _in_background(self, entry: Entry, launch: Launch) -> None:
        background = self._background[entry.id]
        ended: Ended | None = None
        try:
            with background.scope:
                try:
                    ended = await carry_out(launch, background.unread.add, None, self._reach)
                except OSError as error:
                    ended = Ended(code=None, why=f"It could not be started: {error.strerror}.")
        finally:
            background.unread.close()
        # Not after a cancellation from outside, which is the end of us: then it was interrupted.
        self._table.put(
            attrs.evolve(entry, state="stopped")
            if ended is None
            else attrs.evolve(
                entry, state="stopped" if ended.why else "ended", code=ended.code, note=ended.why or ""
            )
        )
        crash_point("background", "ended")
        self._keep()
        background.over.set()

    @messages.Look.handler
    async def look(self, request: messages.Look) -> messages.Ran:
        return self._looked_at(self._table.get(request.id, request.user))

    @messages.Stop.handler
    @concurrent(AT_ONCE, isolated=True)
    async def stop(self, request: messages.Stop) -> messages.Ran:
        entry = self._table.get(request.id, request.user)
        if entry.state == "running" and (background := self._background.get(entry.id)) is not None:
            background.scope.cancel(reason="it was asked to stop")
            await background.over.wait()
        return self._looked_at(self._table.get(request.id, request.user))

    def _looked_at(self, entry: Entry) -> messages.Ran:
        known = self._background.get(entry.id)
        said = known.unread.taken() if known else output.logged(self._log(entry.id), self._room())
        return messages.Ran(output=said, code=entry.code, notes=(*entry.told(), f"Command: {entry.shown}"))

    def _log(self, id: str) -> Path:
        return self._folder / f"{id}.log"

    def _restored(self) -> Table:
        try:
            return restored((self._folder / "commands.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return Table()

    def _keep(self) -> None:
        for gone in self._table.forget():
            self._background.pop(gone.id, None)
            self._log(gone.id).unlink(missing_ok=True)
        atomic.write(self._folder / "commands.json", self._table.dumped(), mode=atomic.OURS)

    # --- commands of others -------------------------------------------------------------------------------

    @messages.Enclose.handler
    @concurrent(AT_ONCE, isolated=True)
    async def enclose(self, request: messages.Enclose) -> tuple[str, ...]:
        kept = None if request.trusted else await self._kept()
        limits = self._limits
        launch = Launch(
            command=request.command,
            home=self._home,
            environment={},
            limits=limits if limits.network == "on" else attrs.evolve(limits, network="off"),
            sandbox=kept,
            user=request.user,
            read_by="sh",
            folder=Path(request.folder) if request.folder else None,
            shown=request.shown,
        )
        return tuple(launch.words(request.control))

    async def _kept(self) -> sandbox.Sandbox | None:
        """The sandbox; None where commands may run without. Raises NoSandbox."""
        await self._looked.wait()
        kept = None if self._limits.sandbox == "off" else self._sandbox
        if kept is None and self._limits.sandbox == "required":
            raise messages.NoSandbox(why=self._why)
        return kept

    # --- how it is kept -----------------------------------------------------------------------------------

    @messages.GetProtection.handler
    @concurrent(AT_ONCE, isolated=True)
    async def protection(self, request: messages.GetProtection) -> messages.Protection:
        await self._looked.wait()
        return self._protection()

    def _protection(self) -> messages.Protection:
        limits = self._limits
        if self._sandbox is not None and limits.sandbox != "off":
            return messages.Protection(sandbox=True, network=limits.network, text="commands run in a sandbox")
        why = "shell.sandbox is off" if limits.sandbox == "off" else self._why
        if limits.sandbox == "required":
            return messages.Protection(sandbox=False, network="off", text=f"no commands are run: {why}")
        text = f"commands run without a sandbox, and may do what you may: {why}"
        return messages.Protection(sandbox=False, network="on", text=text)


def _noted(ran: messages.Ran, unkept: Iterable[str]) -> messages.Ran:
    """The same, saying what no undo brings back; once in a turn, with its first command."""
    notes = (f"{NOT_KEPT} {sentence}" for sentence in unkept)
    return attrs.evolve(ran, notes=(*ran.notes, *notes))


def _ran(captured: output.Captured, ended: Ended) -> messages.Ran:
    notes = (*captured.notes(), *((ended.why,) if ended.why else ()))
    code = None if ended.why else ended.code
    return messages.Ran(output=captured.text(), code=code, notes=notes, is_error=ended.why is not None)
