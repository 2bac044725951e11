"""Runs jobs at their times. What it knows is in the ledger, so it goes on where it was, whatever happens to it."""

import contextlib
import logging
from collections.abc import Callable, Generator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

import attrs
import trio

from actors.agent import messages as agent
from actors.cron import afterwards, files, jobs, ledger, texts
from actors.cron.afterwards import Untold
from actors.cron.ledger import Claimed, Outcome
from actors.cron.messages import Builtin, CronFailed, Interval
from actors.cron.rows import Kept
from actors.cron.settings import Cron, Settings
from actors.cron.telling import Ended, tell
from actors.notify import messages as notify
from actors.session import messages as session
from actors.storage import LateKeeper, micros, numbered
from actors.users import messages as users
from actors.vocabulary import ADMIN, Role
from actors.zones import name_of
from bus import ActorError, BusError, DeliveryError, Unavailable, redacted

MIGRATIONS: Final = Path(__file__).parent / "migrations"
LOOK: Final = 30.0
"""Seconds after which the clock is looked at although nothing is due: it may have been set, a file written."""
SET_BACK: Final = 2.0
"""Seconds that the clock may lag behind what has passed before it counts as set back."""
AGAIN: Final = 5.0
"""Seconds until something is tried again that could not be had."""
FOR_GOOD: Final = frozenset({"failed", "too_large"})
"""What a message fails of that would fail again."""

_LOG: Final = logging.getLogger(__name__)


class Scheduler(LateKeeper):
    """Claims what is due, has it carried out, tells of it.

    Args:
      database: the ledger.
      settings: those in force.
      folder: where HEARTBEAT.md, BOOT.md and BOOTSTRAP.md are.
      zone: the time zone of the agent; None for that of the machine.
    """

    def __init__(
        self,
        database: Path,
        settings: Callable[[], Settings],
        folder: Path,
        zone: Callable[[], tzinfo | None],
    ) -> None:
        super().__init__(database, numbered(MIGRATIONS), CronFailed)
        self._zone = zone
        self._settings = settings
        self._folder = folder
        self._places = trio.CapacityLimiter(1)
        self._writing = trio.CapacityLimiter(1)
        self._in_hand: set[str] = set()
        """Attempts, by their keys, that a task here is at."""
        self._nudge = trio.Event()
        self._ends = trio.Event()
        self._last: tuple[float, float] | None = None
        self._fault: str | None = None
        self._heartbeat_is: tuple[bool, int] | None = None
        """Whether it is wanted, and its minutes, as it was planned last."""

    async def start(self) -> None:
        """Go on where the ledger says. Raises Unavailable while it cannot be opened: the others do without."""
        try:
            await super().start()
        except CronFailed as error:
            raise Unavailable(str(error)) from error
        self.spawn(self._schedule)
        self.spawn(self._tend)
        self.spawn(self._boot)

    @property
    def _cron(self) -> Cron:
        return self._settings().cron

    def _zone_name(self) -> str:
        return name_of(self._zone())

    def _wake(self) -> None:
        """Something is planned anew, or was taken up."""
        self._nudge.set()

    # --- the loop -----------------------------------------------------------------------------------------

    async def _schedule(self) -> None:
        while True:
            self._nudge = trio.Event()
            try:
                due = await self._look()
            except CronFailed as error:
                _LOG.warning("what is due cannot be looked up: %s", error)
                await trio.sleep(AGAIN)
                continue
            wait = LOOK if due is None else (due - self.bus.clock.now()).total_seconds()
            with trio.move_on_after(min(max(wait, 0.0), LOOK)):
                await self._nudge.wait()

    async def _look(self) -> datetime | None:
        """Take up what is to be carried out now. When something is due next."""
        self._places.total_tokens = self._cron.max_concurrent_runs
        await self._sync_heartbeat()
        due = await self._read(ledger.next_due)
        clocks = self._clocks()
        if due is not None and self._may_be_set_back(*clocks):
            await self._write(ledger.replan, self.bus.clock.now())
            due = await self._read(ledger.next_due)
        self._last = clocks
        while due is not None and due <= (now := self.bus.clock.now()):
            await self._write(ledger.claim, now, self._cron.keep_runs)
            due = await self._read(ledger.next_due)
        in_hand = frozenset(self._in_hand)  # what ends while it is looked up is not to be begun again
        for claimed in await self._read(ledger.opened, in_hand):
            self._in_hand.add(claimed.key)
            self.spawn(self._carry_out, claimed)
        return due

    def _clocks(self) -> tuple[float, float]:
        return self.bus.clock.now().timestamp(), self.bus.clock.monotonic()

    def _may_be_set_back(self, wall: float, passed: float) -> bool:
        """Whether the clock on the wall was set back since the last look; before the first one nobody knows."""
        if self._last is None:
            return True
        return wall - self._last[0] < passed - self._last[1] - SET_BACK

    # --- one run ------------------------------------------------------------------------------------------

    async def _carry_out(self, claimed: Claimed) -> None:
        """See a run to the end of its attempt. Whatever it comes to, it is the trouble of this run alone."""
        try:
            async with self._places:
                while not await self._tried(claimed):  # noqa: ASYNC110 - of what it waits for nobody tells
                    await trio.sleep(AGAIN)
        finally:
            self._in_hand.discard(claimed.key)
        self._ends.set()
        self._wake()

    async def _tried(self, claimed: Claimed) -> bool:
        """Carry a run out; False where it has to wait for something that cannot be had."""
        try:
            outcome = await self._outcome(claimed)
            if outcome is not None:
                now = self.bus.clock.now()
                await self._write(ledger.ended, claimed, outcome, now, self._cron.keep_runs)
        except (CronFailed, DeliveryError, session.StorageFailed) as error:
            _LOG.info("the run %s waits: %s", claimed.key, error)
            return False
        return True

    async def _outcome(self, claimed: Claimed) -> Outcome | None:
        """How an attempt came out; None where there was none. Raises what it may have to wait for."""
        try:
            return await self._run(claimed)
        except (CronFailed, session.StorageFailed):
            raise
        except DeliveryError as error:
            if error.kind not in FOR_GOOD:
                raise
            return Outcome(outcome="error", success=False, error=str(error))
        except ActorError as error:
            if error.passes:
                return Outcome(outcome="error", success=False, error=str(error))
            return Outcome(outcome="refused", success=False, error=str(error), again=False)
        except BusError:
            raise
        except Exception:  # noqa: BLE001 - a fault in what only this run has come to
            _LOG.exception("the run %s could not be carried out", claimed.key)
            return Outcome(outcome="error", success=False, error=ledger.FAULT)

    async def _run(self, claimed: Claimed) -> Outcome | None:
        current = await self._read(ledger.current, claimed)  # it may have waited for long
        if current is None:
            return None
        role, prompt = await self._role(current.job.owner), self._prompt(current.job)
        if not current.begun:
            why = texts.hindrance(current, role, prompt)
            if why and not await self._is_known(current):
                now = self.bus.clock.now()
                await self._write(ledger.skipped, current, why, now, self._cron.keep_runs)
                return None
        same = texts.incoming(current, prompt or current.job.name, role or "user")
        if not current.begun and not await self._begun(current, same):
            return None
        wait = agent.Run(
            incoming=attrs.evolve(same, options=session.TurnOptions())
        )  # it has those it began with
        return redacted(texts.outcome(await self.bus.ask(wait), current.job.builtin))

    async def _is_known(self, claimed: Claimed) -> bool:
        """Whether the agent has taken the message already, as somebody knew who died before noting it."""
        return bool(await self.bus.ask(session.FindTurns(sent_as=claimed.key, limit=1)))

    async def _begun(self, claimed: Claimed, incoming: session.Incoming) -> bool:
        """Have a turn begin; whether the run is still there to be ended."""
        accepted = await self.bus.ask(agent.Accept(incoming=incoming))
        return await self._write(
            ledger.accepted,
            claimed,
            accepted.session,
            accepted.turn,
            self.bus.clock.now(),
            own=incoming.channel == texts.CHANNEL,
        )

    async def _role(self, owner: str) -> Role | None:
        """What the owner of a job may; None for one who is not let in."""
        try:
            found = await self.bus.ask(users.GetUser(id=owner, user=owner, proof="operator"))
        except users.UnknownUser:
            return None
        return found.role if found.is_active else None

    def _prompt(self, job: Kept) -> str:
        return job.prompt if job.builtin is None else files.read(self._folder, job.builtin).prompt

    # --- what follows -------------------------------------------------------------------------------------

    async def _tend(self) -> None:
        """Tell of what has ended, forget what nobody needs any more."""
        while True:
            self._ends = trio.Event()
            try:
                await self._tell_all()
                while left := await self._read(afterwards.leftovers):
                    for conversation, owner in left:
                        await self._prune(conversation, owner)
                while gone := await self._read(afterwards.removed, self.bus.clock.now()):
                    for job in gone:
                        await self._write(afterwards.forget_job, job)
            except (CronFailed, DeliveryError, ActorError) as error:
                _LOG.warning("what has ended cannot be told of now: %s", error)
                await trio.sleep(AGAIN)
                continue
            with trio.move_on_after(LOOK):
                await self._ends.wait()

    async def _tell_all(self) -> None:
        """Tell of everything that has ended. Raises NotTold, once all was tried, if not all of it could be told."""
        while there := await self._read(afterwards.untold):
            troubles = list[notify.NotTold]()
            for each in there:
                try:
                    await self._tell(each)
                except notify.NotTold as error:  # what one of them lacks another may not
                    troubles.append(error)
            if troubles:
                raise troubles[0]

    async def _tell(self, each: Untold) -> None:
        ended = Ended(
            user=each.job.owner,
            job=each.job.id,
            name=each.job.builtin or each.job.name,
            instant=micros(each.instant),
            session=each.session,
            success=each.success,
            text=each.text,
        )
        with _given_up(f"nobody could be told how {ended.name} ended"):
            await tell(self.bus, ended)
        await self._write(afterwards.told, each, self._cron.keep_runs)

    async def _prune(self, conversation: str, owner: str) -> None:
        with _given_up(f"{conversation} stays"), contextlib.suppress(session.UnknownSession):
            await self.bus.ask(session.Prune(session=conversation, user=owner))
        await self._write(afterwards.cleared, conversation, self.bus.clock.now())

    # --- jobs of the agent itself -------------------------------------------------------------------------

    async def _sync_heartbeat(self) -> None:
        """Have the heartbeat planned as the settings and its file say."""
        file = files.read(self._folder, "heartbeat")
        self._complain(file.fault)
        wanted, minutes = bool(file.prompt), self._cron.heartbeat_interval_minutes
        if self._heartbeat_is == (wanted, minutes):
            return
        job = attrs.evolve(self._own("heartbeat", Interval(every_ms=minutes * 60_000)), enabled=wanted)
        if wanted or await self._read(jobs.builtin, "heartbeat") is not None:
            await self._write(jobs.set_up, job, self.bus.clock.now())
        self._heartbeat_is = (wanted, minutes)

    def _complain(self, fault: str | None) -> None:
        """Say once what is wrong with a file."""
        if fault is not None and fault != self._fault:
            _LOG.warning("%s", fault)
        self._fault = fault

    def _own(self, builtin: Builtin, schedule: Interval) -> Kept:
        now = self.bus.clock.now()
        return Kept(
            id=self.bus.ids.uuid(),
            owner=ADMIN,
            name=texts.name_of(builtin),
            prompt="",
            schedule=schedule,
            timezone=self._zone_name(),
            anchor=now.replace(microsecond=0),
            enabled=False,
            max_retries=self._cron.default_max_retries,
            timeout_secs=self._cron.default_timeout_secs,
            builtin=builtin,
            created_at=now,
        )

    async def _boot(self) -> None:
        """Run BOOTSTRAP.md, if it never was, then BOOT.md: once in the life of a process."""
        starting: tuple[Builtin, ...] = ("bootstrap", "boot")
        for builtin in starting:
            while not await self._boots(builtin):  # noqa: ASYNC110 - nobody tells that the disk is well again
                await trio.sleep(AGAIN)

    async def _boots(self, builtin: Builtin) -> bool:
        """Run one of them to its end; False where the disk does not take it."""
        if not files.read(self._folder, builtin).prompt:
            return True
        try:
            if (job := await self._read(jobs.builtin, builtin)) is None:
                made = self._own(builtin, Interval(every_ms=60_000))
                await self._write(jobs.add, made, self.bus.clock.now(), 0)
                job = made
            await self._write(jobs.boot, job, self.bus.boot_id, self.bus.clock.now())
            self._wake()
            while await self._read(jobs.has_open, job):
                with trio.move_on_after(LOOK):
                    await self._ends.wait()
        except CronFailed as error:
            _LOG.warning("%s cannot be run: %s", files.NAMES[builtin], error)
            return False
        return True


@contextlib.contextmanager
def _given_up(what: str) -> Generator[None]:
    """What fails for good is said in the log, `what` it means first, and holds up nothing else."""
    try:
        yield
    except DeliveryError as error:
        if error.kind not in FOR_GOOD:
            raise
        _LOG.error("%s: %s", what, error)
