"""The actor that follows the ledger: what was said goes into logs and notes, and is reviewed for what to remember.

None of it holds up a turn. What is to be done is written down together with how far the ledger was read, so that it is
done once, whatever happens in between.
"""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar, final

import trio

from actors.llm import messages as llm
from actors.memory import export, extract, log, messages, salvage, work
from actors.memory.extractor import Extractor, Furthers, Hindrance, Task, nothing_further, unhindered
from actors.memory.keeping import DAMAGED
from actors.memory.messages import AppendDaily, Change, Origin
from actors.memory.settings import Memory, Settings
from actors.memory.unattended import Unattended
from actors.outside import CHANNELS, holds
from actors.session import messages as session
from actors.storage import Keeper, Storage, numbered
from actors.vocabulary import ADMIN, RESERVED
from bus import (
    ActorCrashed,
    ActorError,
    BusError,
    DeliveryError,
    Lag,
    Unavailable,
    concurrent,
    crash_point,
    redacted,
)

T = TypeVar("T")
P = ParamSpec("P")

GATHERING: Final = 2.0
"""Seconds in which turns that end are dealt with together."""
SOON: Final = 5.0
"""Seconds after which a log that cannot be written is tried again; twice as long each further time, up to TICK."""
TICK: Final = 600.0
"""Seconds between two looks for what has become due."""
TURNS: Final = 100
"""Turns that are dealt with at once."""
REST: Final = 3.0
"""How many times as long as a piece of work took nothing is done before the next one."""
LONGEST_REST: Final = 10.0
"""Seconds."""
PAGE: Final = 500
"""Messages asked for at once."""
OFFLINE: Final = "offline/"

_LOG: Final = logging.getLogger(__name__)


@final
class MemoryFollower(Keeper):
    """Keeps daily logs, exports and reviews up with what was said.

    Args:
      data: the folder of the agent; what is still to be done is in its ``db/memory-log.db``.
      settings: of the memory.
      agent: what the agent is called.
      furthers: what else a review may do.
      hindrance: whether a model may be asked for a user now.
    """

    def __init__(
        self,
        data: Path,
        settings: Callable[[], Settings],
        agent: Callable[[], str],
        furthers: Furthers = nothing_further,
        hindrance: Hindrance = unhindered,
    ) -> None:
        self._data, self._database = data, data / "db" / "memory-log.db"
        super().__init__(Storage(self._database, numbered(work.MIGRATIONS)), Unavailable)
        self._settings = settings
        self._agent = agent
        self._furthers = furthers
        self._hindrance = hindrance
        self._nudge = trio.Event()
        self._logging = trio.Lock()
        self._log_again: float | None = None
        """Seconds after which logs that could not be written are tried again; None when there are none."""

    async def start(self) -> None:
        try:
            await super().start()
        except Unavailable as error:
            await self._give_up(error)
            await super().start()
        self._extractor = Extractor(self.bus, self._furthers, self._hindrance)
        self.spawn(self._follow)
        self.spawn(self._tend)
        self.spawn(self._attend)

    async def _attend(self) -> None:
        unattended = Unattended(self.bus, self._data, lambda: self._memory)
        while True:
            await trio.sleep(TICK)
            try:
                await unattended.see_to_vectors()
            except OSError as error:
                _LOG.warning("it is not known which notes lack vectors: %s", error)

    async def _write_relaxed(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            return await super()._write_relaxed(fn, *args, **kwargs)
        except Unavailable as error:
            await self._give_up(error)
            raise

    async def _give_up(self, error: Unavailable) -> None:
        """Put a damaged database aside: the next start reads the ledger anew, and writes down nothing twice."""
        if not isinstance(error.__cause__, DAMAGED):
            raise error
        await self._storage.close()
        _LOG.warning("%s What follows turns is worked out anew.", error)
        salvage.set_aside(self._database)

    @property
    def _memory(self) -> Memory:
        return self._settings().memory

    # --- following the ledger -----------------------------------------------------------------------------

    async def _follow(self) -> None:
        try:
            async with self.bus.subscribe(
                session.TurnFinished, session.SessionClosed, limit=1, lag=Lag.DROP_OLDEST
            ) as ends:
                await self._catch_up()
                async for _ in ends:
                    await trio.sleep(GATHERING)
                    await self._catch_up()
        except (session.StorageFailed, DeliveryError) as error:
            raise Unavailable(str(error)) from error

    async def _catch_up(self) -> None:
        """Read on from where the last reading ended, then do what follows."""
        while await self._paced(self._read_on):
            pass
        while await self._take_closed():
            pass
        self._nudge.set()

    async def _paced(self, piece: Callable[[], Awaitable[bool]]) -> bool:
        """Do a piece of work; whether there is more of it, after a rest in which whoever speaks is served."""
        begun = self.bus.clock.monotonic()
        more = await piece()
        if more:
            await trio.sleep(min(REST * (self.bus.clock.monotonic() - begun), LONGEST_REST))
        return more

    async def _read_on(self) -> bool:
        more = await self._take_turns()
        await self._log()
        return more

    async def _cursor(self, name: work.CursorName) -> int:
        """How far the ledger has been read. Where nobody knows, all of it: nothing is noted twice."""
        seq = await self._write_relaxed(work.cursor, name)
        if seq is None:
            ends = await self.bus.ask(session.FindEnds())
            seq = ends.turns if name == "turns" else ends.closed
            await self._write_relaxed(work.begin, name, seq)
            _LOG.warning("it was lost how far the ledger has been read, so memory goes on from its end")
        return seq

    async def _take_turns(self) -> bool:
        seq = await self._cursor("turns")
        turns = await self.bus.ask(session.TurnsAfter(seq=seq, limit=TURNS))
        if not turns:
            return False
        entries: list[work.Entry] = []
        spoken: list[work.Spoken] = []
        wanted = self._memory.auto_log or self._memory.nudge_interval
        logged = tuple(filter(log.is_logged, turns if wanted else ()))
        outside = await self._outside(turn.id for turn in logged if self._memory.auto_log)
        for turn in logged:
            user, at = _person(turn.user), turn.finished_at or turn.accepted_at
            shown = await self._shown(turn)
            words = outside.get(turn.id, ())
            text = log.entry(turn, shown, self._agent(), words) if self._memory.auto_log else None
            if text is not None:
                entries.append(work.Entry(user=user, at=at, text=text))
            if self._memory.nudge_interval and turn.triggered_by is None:
                said = sum(each.role == "user" for each in shown)
                spoken.append(work.Spoken(session=turn.session, user=turn.user, messages=said, at=at))
        await self._write_relaxed(
            work.take_turns, turns[-1].end_seq or seq, entries, spoken, self.bus.clock.now()
        )
        return len(turns) == TURNS

    async def _shown(self, turn: session.Turn) -> tuple[session.Message, ...]:
        """What people see of a turn; nothing of one that cannot be read or is gone, so that it holds up no other."""
        try:
            return await self.bus.ask(
                session.Messages(
                    session=turn.session,
                    user=turn.user,
                    turn=turn.id,
                    before=session.WAITING,
                    limit=PAGE,
                )
            )
        except ActorCrashed as error:
            _LOG.warning("turn %s is left out of logs and reviews: %s", turn.id, error)
            return ()
        except session.UnknownSession:
            return ()  # a job's, deleted since

    async def _take_closed(self) -> bool:
        seq = await self._cursor("closed")
        closed = await self.bus.ask(session.ClosedAfter(seq=seq))
        if not closed:
            return False
        exports = [
            work.Export(seq=each.seq, session=each.session.id, user=each.session.user) for each in closed
        ]
        await self._write_relaxed(work.take_closed, exports)
        return True

    # --- daily logs ---------------------------------------------------------------------------------------

    async def _log(self) -> None:
        """Add what is new to the logs. That of a user which cannot be written waits and holds up no other."""
        failed: str | None = None
        async with self._logging:
            for user in await self._write_relaxed(work.writers, self.bus.clock.now()):
                try:
                    while await self._paced(partial(self._log_of, user)):
                        pass
                except (ActorError, ActorCrashed, DeliveryError) as error:
                    failed = f"the log of {user} cannot be written: {error}"
        self.degraded(failed)
        self._log_again = None if failed is None else min(2 * (self._log_again or SOON / 2), TICK)

    async def _log_of(self, user: str) -> bool:
        batch, entries = await self._write_relaxed(work.next_batch, user, self.bus.ids.uuid())
        if not entries:
            return False
        crash_point("log", "taken")
        await self.bus.ask(
            AppendDaily(
                user=user,
                entries=tuple(messages.DailyEntry(at=each.at, text=each.text) for each in entries),
                origin=Origin(user=user, door="log"),
                key=f"log:{batch}",
            )
        )
        crash_point("log", "added")
        await self._write_relaxed(work.logged, user, batch)
        return True

    # --- conversations that were closed, and reviews ------------------------------------------------------

    async def _tend(self) -> None:
        """One after the other, so that nobody who speaks has to wait for it."""
        while True:
            try:
                while await self._paced(self._export_next):
                    pass
                while await self._review_next():
                    pass
            except (session.StorageFailed, DeliveryError) as error:
                raise Unavailable(str(error)) from error
            with trio.move_on_after(TICK if self._log_again is None else self._log_again) as waiting:
                await self._nudge.wait()
            self._nudge = trio.Event()
            if waiting.cancelled_caught and self._log_again is not None:
                await self._log()

    async def _export_next(self) -> bool:
        due = await self._write_relaxed(work.next_export, self.bus.clock.now())
        if due is None:
            return False
        try:
            if self._memory.export_sessions:
                await self._export(due)
            await self._write_relaxed(work.exported, due)
        except (ActorError, ActorCrashed) as error:
            _LOG.warning("session %s could not be kept as a note: %s", due.session, error)
            await self._write_relaxed(work.put_off_export, due, self.bus.clock.now())
        return True

    async def _export(self, due: work.Export) -> None:
        """Write the notes. Raises what Change raises."""
        try:
            found = redacted(await self.bus.ask(session.Get(session=due.session, user=due.user)))
        except session.UnknownSession:
            return  # a job's too, deleted since
        if found.triggered_by is not None:
            return  # a job's, of which the log tells
        texts = export.notes(found, await self._messages(due.session, due.user), self._agent())
        user = _person(due.user)
        for n, (name, text) in enumerate(zip(export.names_of(found, len(texts)), texts, strict=True), 1):
            await self.bus.ask(
                Change(
                    user=user,
                    name=name,
                    mode="whole",
                    content=text,
                    origin=Origin(user=user, door="export", session=due.session),
                    key=f"export:{due.session}:{n}",
                )
            )
            crash_point("export", "written")

    async def _messages(self, session_id: str, user: str) -> Sequence[session.Message]:
        """All of a conversation, oldest first."""
        found: list[session.Message] = []
        while True:
            before = found[0].id if found else session.WAITING
            page = await self.bus.ask(
                session.Messages(session=session_id, user=user, before=before, limit=PAGE, versions=True)
            )
            found[:0] = page
            if len(page) < PAGE:
                return found

    async def _review_next(self) -> bool:
        """Review the conversation that is due, if there is one and a model to ask."""
        memory, now = self._memory, self.bus.clock.now()
        due = await self._write_relaxed(work.next_review, memory.nudge_interval, memory.nudges_per_day, now)
        if due is None or (model := await self._reviewer()) is None:
            return False
        await self._write_relaxed(work.spend, due.user, now)
        try:
            upto = await self._review(due, model)
        except (ActorError, DeliveryError) as error:
            _LOG.info("session %s could not be reviewed: %s", due.session, error)
            await self._write_relaxed(work.put_off_review, due, now)
            return True
        crash_point("review", "written")
        await self._write_relaxed(work.reviewed, due, upto, self.bus.clock.now())
        return True

    async def _review(self, due: work.Review, model: str) -> int:
        """Look at what is new. The message up to which it was seen."""
        shown = await self.bus.ask(
            session.Messages(
                session=due.session, user=due.user, before=session.WAITING, limit=PAGE, versions=True
            )
        )
        upto = max((each.id for each in shown), default=due.upto)
        if conversation := extract.of_shown(await self._trusted(shown, due.upto), due.upto):
            task = Task(
                door="review",
                user=_person(due.user),
                owner=due.user,
                session=due.session,
                turn="",
                key=f"review:{due.session}:{due.upto}",
                conversation=conversation,
            )
            with self.bus.baggage(user=due.user, session=due.session):
                await self._extractor.run(task, model)
        return upto

    async def _trusted(self, shown: Sequence[session.Message], after: int) -> list[session.Message]:
        """New messages that nobody else may be behind: not what the model has said after words from outside."""
        new = [each for each in shown if each.id > after]
        outside = await self._outside(each.turn for each in new)

        def may_be_theirs(each: session.Message) -> bool:
            words = outside.get(each.turn, ())
            is_own = each.role == "user" and CHANNELS.isdisjoint(words) and not holds(each.content)
            return bool(words) and not is_own

        return [each for each in new if not may_be_theirs(each)]

    async def _outside(self, turns: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Where words from outside came from that the model knew in turns; of one that is gone it is not known."""
        wanted = tuple(dict.fromkeys(turns))
        return await self.bus.ask(session.WordsFrom(turns=wanted)) if wanted else {}

    async def _reviewer(self) -> str | None:
        """The model that reviews; None when there is none."""
        if (chosen := self._memory.nudge_model) is not None:
            return chosen
        try:
            model = (await self.bus.ask(llm.Models())).compaction
        except BusError:
            return None
        return None if model.startswith(OFFLINE) else model

    # --- what a summary is about to replace ---------------------------------------------------------------

    @messages.Flush.handler
    @concurrent(16, isolated=True)
    async def flush(self, request: messages.Flush) -> str:
        user, key = _person(request.user), f"flush:{request.session}:{request.until}"
        conversation = extract.of_messages(request.messages)
        if request.model is not None and not request.model.startswith(OFFLINE) and conversation:
            task = Task(
                door="flush",
                user=user,
                owner=request.user,
                session=request.session,
                turn=request.turn,
                key=key,
                conversation=conversation,
            )
            try:
                written = await self._extractor.run(task, request.model)
            except BusError as error:
                _LOG.warning("no model has looked at what a summary replaces: %s", error)
            else:
                return f"Noted in the memory: {', '.join(written)}." if written else ""
        text = extract.saved(redacted(request.messages))
        if text is not None:
            origin = Origin(user=user, door="flush", session=request.session, turn=request.turn)
            entries = (messages.DailyEntry(text=text),)
            await self.bus.ask(AppendDaily(user=user, entries=entries, origin=origin, key=f"{key}:saved"))
        return ""


def _person(user: str) -> str:
    """In whose memory it belongs: what speaks for nobody is the first admin's."""
    return ADMIN if user in RESERVED else user
