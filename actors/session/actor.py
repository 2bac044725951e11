"""The session actor: takes a message, runs one transaction, answers, tells others."""

import pathlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, final, get_args

import attrs

from actors.storage import Storage, StorageError, numbered
from actors.vocabulary import Channel
from bus import Actor, concurrent, crash_after, crash_point

from . import accept, export, figures, messages, outbox, resolve, sessions, survey, turns, usage
from .encoding import micros
from .recent import RecentSteps
from .settings import Settings

T = TypeVar("T")
P = ParamSpec("P")

MIGRATIONS: Final = pathlib.Path(__file__).parent / "migrations"

SWEEP: Final = 600.0
"""Seconds between two looks for conversations that have fallen silent."""

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)


@final
class SessionActor(Actor):
    """Owns the session database. Handlers run concurrently, so that what comes together shares a commit.

    Args:
      path: the database file, usually ``db/session.db``.
      settings: of this subsystem.
    """

    def __init__(self, path: pathlib.Path, settings: Settings) -> None:
        self._settings = settings
        self._storage = Storage(path, numbered(MIGRATIONS), synchronous="FULL")
        self._recent = RecentSteps()
        self._failing = False

    async def start(self) -> None:
        """Open the database. Raises StorageFailed, whose text says what to do."""
        try:
            await self._storage.open()
        except StorageError as error:
            raise messages.StorageFailed(reason=str(error)) from error
        self.timers.every(SWEEP, messages.CloseSilent())

    async def on_stop(self) -> None:
        await self._storage.close()

    def describe(self) -> dict[str, Any]:
        return {"storage": attrs.asdict(self._storage.statistics())}

    def _now(self) -> int:
        return micros(self.bus.clock.now())

    async def _write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, safe on the disk when this returns. Raises StorageFailed."""
        return await self._committed(self._storage.run, fn, *args, **kwargs)

    async def _committed(
        self,
        run: Callable[..., Awaitable[T]],
        fn: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """One transaction. Raises StorageFailed, and is degraded until the next one succeeds."""
        try:
            value = await run(crash_after(fn, "before_commit"), *args, **kwargs)
        except StorageError as error:
            self._failing = True
            self.degraded(str(error))
            raise messages.StorageFailed(reason=str(error)) from error
        crash_point(fn, "after_commit")
        if self._failing:
            self._failing = False
            self.degraded(None)
        return value

    async def _read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            return await self._storage.read(fn, *args, **kwargs)
        except StorageError as error:
            raise messages.StorageFailed(reason=str(error)) from error

    async def _changed(self, session: messages.Session) -> messages.Session:
        await self.bus.publish(messages.SessionChanged(session=session.id, user=session.user))
        return session

    async def _closed(self, closed: Iterable[messages.Session]) -> None:
        for session in closed:
            await self.bus.publish(messages.SessionClosed(session=session.id, user=session.user))
            await self._changed(session)

    # --- accepting and running turns ---

    @messages.Accept.handler
    @concurrent(256)
    async def accept(self, request: messages.Accept) -> messages.Accepted:
        ids = self.bus.ids
        accepted = await self._write(
            accept.accept,
            request,
            now=self._now(),
            gap=resolve.gap_of(request.channel, self._settings),
            fresh=accept.Fresh(session=ids.uuid(), turn=ids.uuid(), key=ids.uuid()),
        )
        if accepted.closed is not None:
            await self.bus.publish(messages.SessionClosed(session=accepted.closed, user=request.user))
        if not accepted.duplicate:
            await self.bus.publish(messages.SessionChanged(session=accepted.session, user=request.user))
        return accepted

    @messages.Recover.handler
    @concurrent(256)
    async def recover(self, request: messages.Recover) -> tuple[messages.Turn, ...]:
        return await self._write(turns.recover, request.boot)

    @messages.Open.handler
    @concurrent(256)
    async def opened(self, request: messages.Open) -> messages.Opened:
        return await self._read(turns.opened, request.session)

    @messages.Begin.handler
    @concurrent(256)
    async def begin(self, request: messages.Begin) -> messages.Begun:
        # After a power cut the turn is as it was accepted, and an attempt nobody saw does not count.
        begun, loaded = await self._committed(
            self._storage.run_relaxed, turns.begin, request, self._now(), self._recent
        )
        return begun if loaded else await self._read(turns.load, begun, self._recent)

    @messages.SaveCompletion.handler
    @concurrent(256)
    async def save_completion(self, request: messages.SaveCompletion) -> tuple[messages.ToolStep, ...]:
        return await self._write(turns.save_completion, request, self._now())

    @messages.SaveResult.handler
    @concurrent(256)
    async def save_result(self, request: messages.SaveResult) -> None:
        await self._write(turns.save_result, request, self._now())

    @messages.Merge.handler
    @concurrent(256)
    async def merge(self, request: messages.Merge) -> tuple[messages.Turn, ...]:
        return await self._write(turns.merge, request, self._now())

    @messages.Release.handler
    @concurrent(256)
    async def release(self, request: messages.Release) -> None:
        await self._write(turns.release, request)

    @messages.Finish.handler
    @concurrent(256)
    async def end_turn(self, request: messages.Finish) -> messages.Finished:
        turn, finished = await self._write(turns.finish, request, self._now())
        await self.bus.publish(messages.SessionChanged(session=turn.session, user=turn.user))
        return finished

    @messages.RecordCompaction.handler
    @concurrent(256)
    async def record_compaction(self, request: messages.RecordCompaction) -> None:
        await self._write(turns.record_compaction, request, self._now())

    @messages.GetTurn.handler
    @concurrent(256)
    async def get_turn(self, request: messages.GetTurn) -> messages.Turn:
        return await self._read(turns.get, request.turn)

    @messages.GetTurnUsage.handler
    @concurrent(256)
    async def get_turn_usage(self, request: messages.GetTurnUsage) -> messages.TurnUsage:
        return await self._read(usage.of_turn, request.turn)

    @messages.ListFigures.handler
    @concurrent(256)
    async def list_figures(self, request: messages.ListFigures) -> tuple[messages.TurnFigures, ...]:
        return await self._read(figures.figures, request)

    @messages.FindTurns.handler
    @concurrent(256)
    async def find_turns(self, request: messages.FindTurns) -> tuple[messages.TurnInfo, ...]:
        return await self._read(survey.find_turns, request)

    @messages.GetSteps.handler
    @concurrent(256)
    async def get_steps(self, request: messages.GetSteps) -> tuple[messages.StepInfo, ...]:
        return await self._read(survey.steps_of, request.turn)

    @messages.CountOpenWork.handler
    @concurrent(256)
    async def count_open_work(self, request: messages.CountOpenWork) -> messages.OpenWork:
        return await self._read(survey.open_work)

    # --- reading and keeping order ---

    @messages.List.handler
    @concurrent(256)
    async def find(self, request: messages.List) -> tuple[messages.Session, ...]:
        return await self._read(sessions.find, request)

    @messages.Get.handler
    @concurrent(256)
    async def get(self, request: messages.Get) -> messages.Session:
        return await self._read(sessions.get, request.session, request.user)

    @messages.Messages.handler
    @concurrent(256)
    async def displayed(self, request: messages.Messages) -> tuple[messages.Message, ...]:
        return await self._read(sessions.messages, request)

    @messages.MarkRead.handler
    @concurrent(256)
    async def mark_read(self, request: messages.MarkRead) -> messages.Session:
        return await self._changed(await self._write(sessions.mark_read, request))

    @messages.Rename.handler
    @concurrent(256)
    async def rename(self, request: messages.Rename) -> messages.Session:
        return await self._changed(await self._write(sessions.rename, request))

    @messages.Close.handler
    @concurrent(256)
    async def close(self, request: messages.Close) -> messages.Session:
        session = await self._write(sessions.close, request)
        await self._closed((session,))
        return session

    @messages.CloseSilent.handler
    async def close_silent(self, command: messages.CloseSilent) -> None:
        now = self.bus.clock.now()
        for channel in CHANNELS:
            gap = resolve.gap_of(channel, self._settings)
            if gap is not None:
                await self._closed(await self._write(sessions.close_silent, channel, micros(now - gap)))

    @messages.Export.handler
    @concurrent(256)
    async def export(self, request: messages.Export) -> tuple[str, ...]:
        return await self._read(export.export, request.session, request.user)

    @messages.Costs.handler
    @concurrent(256)
    async def costs(self, request: messages.Costs) -> messages.CostReport:
        return await self._read(usage.costs, request.since, request.session)

    # --- outbox ---

    @messages.TakeOutbox.handler
    @concurrent(256)
    async def take_outbox(self, request: messages.TakeOutbox) -> tuple[messages.OutboxRow, ...]:
        return await self._write(outbox.take, request, self.bus.boot_id, self._now())

    @messages.MarkOutbox.handler
    @concurrent(256)
    async def mark_outbox(self, request: messages.MarkOutbox) -> None:
        await self._write(outbox.mark, request, self._now())
