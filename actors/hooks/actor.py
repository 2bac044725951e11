"""The hooks actor: has the registry, has hooks called, and keeps what came of it."""

import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, final

import attrs
import trio

from actors.hooks import discovery, forms, messages, showing, store
from actors.hooks.armed import Armed
from actors.hooks.breaker import Breaker, Count
from actors.hooks.discovery import Discovered, Scan, Stamp
from actors.hooks.eligibility import SYSTEMS, Machine
from actors.hooks.follower import CLOSED, Follower
from actors.hooks.lanes import Lanes
from actors.hooks.registry import EMPTY, Callback, Group, Registry, of_manifests
from actors.hooks.settings import Settings
from actors.hooks.transcripts import Transcripts, emptied, written_down
from actors.notification import Notification
from actors.session import messages as session
from actors.settings import messages as settings
from actors.skills import messages as skills
from actors.storage import numbered
from actors.subsystem import Given
from bus import BusError, Event, Lag, concurrent, redact, run_in_thread

if TYPE_CHECKING:
    from actors.hooks.running import Caller

FOLDER: Final = "hooks"
"""Below the folder of the agent, where its tools cannot write."""
TRANSCRIPTS: Final = "hooks-transcripts"
"""Likewise: conversations, while hooks may read them."""
EVENTS: Final = 256
"""Events that may wait until hooks have been told of others; what comes more is not told."""
LAST_WORDS: Final = 8.0
"""Seconds that hooks have when the agent stops."""
ON_START: Final = "start"
LOCAL_SETTINGS: Final = "config.local.toml"

_LOG: Final = logging.getLogger(__name__)


@final
class HooksActor(Follower):
    """Calls hooks. What calling takes is loaded once there is one.

    Args:
      given: where it keeps something, and what it may read.
      armed: tells everybody in the process for which events there are hooks.
      programs: functions of the program, called before commands.
    """

    def __init__(
        self,
        given: Given,
        armed: Armed,
        programs: Registry = EMPTY,
    ) -> None:
        migrations = numbered(store.MIGRATIONS)
        super().__init__(
            given.database("hooks"), migrations, lambda reason: messages.HooksFailed(reason=reason)
        )
        self._given = given
        self._settings: Callable[[], Settings] = given.settings(Settings)
        self._armed = armed
        self._programs = programs
        self._transcripts = given.data / TRANSCRIPTS
        self._breaker = Breaker()
        self._machine = Machine(
            has=self._has, environment=given.environment, system=SYSTEMS.get(sys.platform, sys.platform)
        )
        self._scan = Scan()
        self._caller: Caller | None = None
        self._limiter = trio.CapacityLimiter(1)
        self._reading = trio.Lock()
        self._followed = {"turns", "closed"}
        self._progress = {}

    async def start(self) -> None:
        await super().start()
        self._lanes = Lanes(self._spawn_lane)
        if self._armed.began is None:
            self._armed.began = self.bus.clock.now()
        for name, count in (await self._read(store.failing)).items():
            self._breaker.restore(name, count)
        with contextlib.suppress(OSError):  # then hooks go without transcripts
            emptied(self._transcripts)
        await self._load()
        await self._begin()
        self.spawn(self._follow)
        self.spawn(self._listen)
        self.spawn(self._set_up)

    def _spawn_lane(self, run: Callable[[str], Coroutine[Any, Any, None]], user: str) -> None:
        self.spawn(run, user)

    async def on_stop(self) -> None:
        if self._armed.ending and self._armed.wants_any(CLOSED):
            with trio.move_on_after(LAST_WORDS), contextlib.suppress(BusError):
                await self._shut_down()
        await super().on_stop()

    async def _shut_down(self) -> None:
        """Tell hooks of all conversations that had a turn in this life of the agent and go on in the next one."""
        async with trio.open_nursery() as nursery:
            for id, user in (await self._lived(self._armed.began)).items():
                told = messages.fire(messages.SessionEnd(reason="shutdown"), session=id, user=user)
                nursery.start_soon(self._call, told)

    def describe(self) -> dict[str, Any]:
        return {
            "hooks": [group.name for group in self._armed.registry],
            "looked_for": self._looked_for,
            "faults": [str(fault) for fault in self._scan.faults],
        }

    # --- which there are ----------------------------------------------------------------------------------

    async def _refresh(self) -> bool:
        """Look whether somebody has changed a manifest, and take the hooks that there are then; whether it is so."""
        if not self._armed.is_stale(self.bus.clock.monotonic()):
            return False
        await self._load()
        return True

    async def _current(self) -> None:
        """The same, where others wait; what ends from now on is told to hooks that are new."""
        if await self._refresh():
            self.spawn(self._read_on)

    async def _load(self) -> None:
        stamp, self._scan = await self._looked()
        registry = self._programs.merged(of_manifests(self._scan.found, self._callback))
        self._armed.arm(registry, stamp, self.bus.clock.monotonic())
        for group in registry:
            if group.problem is not None:
                _LOG.warning("the hook %s is never called: %s", group.name, group.problem)
        for fault in self._scan.faults:
            _LOG.warning("a hook cannot be used: %s", fault)
        self.degraded(showing.complaint(self._scan))
        if gone := self._breaker.keep({group.name or "" for group in registry}):
            await self._write_relaxed(store.forget, gone)

    async def _looked(self) -> tuple[Stamp, Scan]:
        folder = self._armed.folder

        def look() -> tuple[Stamp, Scan]:
            # The stamp first: what is changed in between is looked at again.
            return discovery.stamp(folder), discovery.scan(folder)

        return await run_in_thread(look, limiter=self._limiter)

    def _has(self, program: str) -> bool:
        return shutil.which(program, path=self._given.environment.get("PATH", os.defpath)) is not None

    def _callback(self, found: Discovered) -> Callback:
        """What runs the command of a manifest."""
        from actors.hooks.commands import Commands

        trusted = lambda: self._settings().hooks.trusted  # noqa: E731 - as it is then
        return Commands(self.bus, trusted, self._given.environment, self._given.home).callback(found)

    # --- calling them -------------------------------------------------------------------------------------

    @messages.Fire.handler
    @concurrent(1024)
    async def fire(self, request: messages.Fire) -> messages.Outcome:
        await self._current()
        return await self._call(request)

    async def _call(self, request: messages.Fire, *, counted: bool = True) -> messages.Outcome:
        """Call the hooks of an event."""
        groups = self._groups(request)
        if not groups:
            return messages.Outcome()
        hooks = self._settings().hooks
        self._breaker.failures = hooks.max_consecutive_failures
        self._breaker.cooldown = timedelta(seconds=hooks.cooldown_secs)
        async with self._transcripts_of(request, groups) as paths:
            form = forms.form(
                request,
                cwd=str(self._given.home),
                transcript=paths.own,
                agent_transcript=paths.agent,
            )
            return await self._loaded().call(groups, form, counted=counted)

    def _loaded(self) -> "Caller":
        from actors.hooks.running import Caller

        if self._caller is None:
            self._caller = Caller(
                now=self.bus.clock.now,
                breaker=self._breaker,
                machine=self._machine,
                timeout=lambda: self._settings().hooks.timeout,
                kept=self._kept,
            )
        return self._caller

    def _groups(self, request: messages.Fire) -> tuple[Group, ...]:
        return self._armed.matching(request.event, str(request.input.get("tool_name", "")))

    def _transcripts_of(
        self, request: messages.Fire, groups: tuple[Group, ...]
    ) -> contextlib.AbstractAsyncContextManager[Transcripts]:
        """Only commands read files."""
        if not request.user or all(group.manifest is None for group in groups):
            return contextlib.nullcontext(Transcripts())
        return written_down(self.bus, self._transcripts, request)

    async def _kept(self, run: messages.Run, count: Count | None) -> None:
        """Keep what came of a call. That the disk is full shall not be the end of what it was called for."""
        run = attrs.evolve(run, detail=redact(run.detail), stderr=redact(run.stderr))
        if run.result in {"failed", "timeout"}:
            _LOG.warning("the hook %s has failed at %s: %s", run.hook, run.event, run.detail)
        with contextlib.suppress(messages.HooksFailed):  # it is degraded, and says so
            await self._write_relaxed(store.ran, run, count)
        await self.bus.publish(messages.Called(run=run))

    # --- looking at them ----------------------------------------------------------------------------------

    @messages.ListHooks.handler
    async def list_hooks(self, request: messages.ListHooks) -> tuple[messages.Hook, ...]:
        await self._current()
        hooks = self._settings().hooks
        return showing.hooks(
            self._armed.registry,
            self._scan,
            on=hooks.enabled,
            trusted=hooks.trusted,
            disabled=hooks.disabled,
            machine=self._machine,
            breaker=self._breaker,
            now=self.bus.clock.now(),
        )

    @messages.ListRuns.handler
    async def list_runs(self, request: messages.ListRuns) -> tuple[messages.Run, ...]:
        return await self._read(store.runs, request.hook, request.limit)

    @messages.TryHooks.handler
    @concurrent(4)
    async def try_hooks(self, request: messages.TryHooks) -> messages.Outcome:
        await self._current()
        return await self._call(forms.trial(request), counted=False)

    # --- what happens elsewhere ---------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Tell hooks of what others publish."""
        async with self.bus.subscribe(
            Notification, settings.SettingsChanged, skills.SkillsChanged, limit=EVENTS, lag=Lag.DROP_OLDEST
        ) as happened:
            async for event in happened:
                request = _happened(event, str(self._given.data / LOCAL_SETTINGS))
                if self._armed.wants(request.event, self.bus.clock.monotonic()):
                    await self._fired(request)

    async def _set_up(self) -> None:
        """Tell hooks that the agent was started: once in the life of a process, of the first time once for ever."""
        if ON_START in self._armed.setups:
            return
        self._armed.setups.add(ON_START)
        if not self._armed.wants_any(frozenset({"Setup"})):
            return
        if await self._is_first():
            await self._fired(messages.fire(messages.Setup(trigger="init")))
            await self._write(store.move, "init", 1)
        await self._fired(messages.fire(messages.Setup(trigger="boot")))

    async def _is_first(self) -> bool:
        """Whether the agent was never started before, with hooks to tell it or with something to do."""
        if await self._read(store.cursor, "init") is not None:
            return False
        return (await self.bus.ask(session.FindEnds())).turns == 0


def _happened(event: Event, changed: str) -> messages.Fire:
    """What hooks are told of something that another subsystem has published."""
    if isinstance(event, Notification):
        told = messages.Notification(
            message=event.text, title=event.title or None, notification_type=event.source
        )
        return messages.fire(told, session=event.session or "", user=event.user)
    if isinstance(event, settings.SettingsChanged):
        return messages.fire(messages.ConfigChange(source="local_settings", file_path=changed))
    return messages.fire(messages.ConfigChange(source="skills"))
