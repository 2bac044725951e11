"""A simulated year of jobs: the real ledger and its database, and around it everything that can happen to it.

Two clocks: the true one, on which runs take their time, and that on the wall, which people set. A life of the
scheduler does what `scheduler.py` does with the ledger, and keeps nothing anywhere else; it dies between its
transactions and in the middle of them. The agent keeps what it has accepted, as it does. What the ledger writes is
noted by the database itself, for `verdict`.
"""

import heapq
import math
import random
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, final

import attrs

from actors.cron import afterwards, jobs, ledger, rows, texts
from actors.cron.afterwards import Untold
from actors.cron.ledger import Claimed, Outcome
from actors.cron.messages import AlreadyRunning, CronExpression, Interval, OneShot, Schedule
from actors.cron.rows import OPEN, Kept
from actors.cron.scheduler import AGAIN, LOOK, MIGRATIONS, SET_BACK
from actors.storage import numbered
from actors.vocabulary import Role
from tests.actors.cron import oracle
from tests.actors.cron.story import (
    DAY,
    EXPRESSIONS,
    HISTORY,
    HOUR,
    MINUTE,
    SECOND,
    ZONES,
    Fragile,
    Killed,
    Plan,
    Refused,
    Story,
    Transaction,
    Turn,
)

T = TypeVar("T")
P = ParamSpec("P")
JOBS: Final = 40
PLACES: Final = 4
KEEP: Final = 1_000_000


@final
class World:
    """A year, of which everything follows from the seed."""

    def __init__(self, seed: int, days: int = 365) -> None:
        self.rng = random.Random(seed)
        self.true = 0
        self.end = days * DAY
        self.offset = 0
        self.stories = dict[str, Story]()
        self.turns = dict[str, Turn]()
        """By key of acceptance."""
        self.told = Counter[tuple[str, datetime]]()
        self.untold = Counter[tuple[str, datetime]]()
        """How often somebody died between telling and noting it."""
        self.transactions = list[Transaction]()
        self.down = list[tuple[int, int]]()
        """When nobody was there."""
        self.happened = Counter[str]()
        self.complaints = list[str]()
        self._start = oracle.FIRST + timedelta(days=self.rng.randrange(10, 240), microseconds=1)
        self._agenda = list[tuple[int, int, Life | None, Callable[[], None]]]()
        self._numbers = count()
        self._calm = False
        self.life: Life | None = None
        self.connection = sqlite3.connect(":memory:", factory=Fragile, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA foreign_keys = ON")
        for migration in numbered(MIGRATIONS):
            self.connection.executescript(str(migration))
        self.connection.create_function("tx", 0, lambda: len(self.transactions))
        self.connection.executescript(HISTORY)

    def close(self) -> None:
        """Give its database up, which holds on to it as well."""
        self.connection.close()

    # --- time ---------------------------------------------------------------------------------------------

    @property
    def wall(self) -> datetime:
        return self._start + timedelta(microseconds=self.true + self.offset)

    def at(self, delay: float, act: Callable[[], None], life: "Life | None" = None) -> None:
        """Do something after so many microseconds, if a life is still the one that it was."""
        heapq.heappush(self._agenda, (self.true + max(0, round(delay)), next(self._numbers), life, act))

    def chance(self, often: float) -> bool:
        return not self._calm and self.rng.random() < often

    def after(self, least: int, most: int) -> int:
        """A time between two, short ones as likely as long ones."""
        return int(math.exp(self.rng.uniform(math.log(least), math.log(most))))

    def live(self) -> "World":
        """The whole year, then the ends of what is under way."""
        self.born()
        for _ in range(JOBS):
            self.at(self.rng.random() ** 3 * self.end / 2, self._make)
        for often, act in ((30, self._outage), (16, self._set_clock), (4 * JOBS, self._meddle)):
            for _ in range(often):
                self.at(self.rng.random() * self.end, act)
        self._go(lambda: bool(self._agenda) and self._agenda[0][0] <= self.end)
        self._calm = True
        if self.life is None:
            self.born()
        self.at(0, self._switch_off)
        self._go(self._is_open)
        return self

    def _go(self, wanted: Callable[[], bool]) -> None:
        while wanted():
            at, _, life, act = heapq.heappop(self._agenda)
            self.true = max(self.true, at)
            if life is None or life is self.life:
                try:
                    act()
                except Refused:
                    self.happened["refused to a person"] += 1
                except Killed:
                    self.die(self.after(SECOND, 10 * MINUTE if self.chance(0.8) else 2 * DAY))

    def _switch_off(self) -> None:
        assert self.life is not None
        self.life.look()
        for story in self.stories.values():
            if story.plan is not None:
                self._change(story, enabled=False)

    def _is_open(self) -> bool:
        return bool(self._agenda) and bool(
            self.connection.execute(
                f"SELECT EXISTS (SELECT 1 FROM runs WHERE {OPEN} OR NOT told)"
            ).fetchone()[0]
        )

    # --- lives --------------------------------------------------------------------------------------------

    def born(self) -> None:
        self.life = Life(self)
        if self.down and self.down[-1][1] > self.true:
            self.down[-1] = (self.down[-1][0], self.true)
        for turn in self.turns.values():
            if not turn.over:  # the agent goes on with it too
                turn.waiter = lambda: None
                self.at(max(turn.ends - self.true, SECOND), partial(self._over, turn), self.life)
        self.at(0, self.life.look, self.life)

    def die(self, down: int) -> None:
        """Lose everything that is only in memory."""
        self.happened["deaths"] += 1
        self.life = None
        self.down.append((self.true, self.true + down))
        self.at(down, self._reborn)

    def _reborn(self) -> None:
        if self.life is None and self.down[-1][1] <= self.true:
            self.born()

    def _over(self, turn: Turn) -> None:
        turn.over, turn.ends = True, self.true
        turn.waiter()

    def write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, or none of it. Raises Killed, Refused."""
        dies, refused = self.chance(0.003), self.chance(0.003)
        if dies or refused:
            self.connection.left = self.rng.randrange(1, 12)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            value = fn(self.connection, *args, **kwargs)
            if self.connection.left is not None:
                raise Refused
        except BaseException as error:
            self.connection.left = None
            self.connection.execute("ROLLBACK")
            if isinstance(error, Refused):
                self.happened[f"{fn.__name__} {'killed' if dies else 'refused'}"] += 1
                raise Killed if dies else Refused from error
            raise
        self.connection.execute("COMMIT")
        smooth = self.life is not None and self.life.smooth
        self.transactions.append(Transaction(name=fn.__name__, at=self.true, wall=self.wall, smooth=smooth))
        return value

    def accept(self, claimed: Claimed) -> Turn:
        """The agent takes a message; the same one again is the same turn."""
        turn = self.turns.get(claimed.key)
        if turn is None:
            story = self.stories[claimed.job.id]
            took = self.after(SECOND, round(story.quick * SECOND))
            late = took > claimed.job.timeout_secs * SECOND
            good = not late and not self.chance(story.weak)
            outcome = Outcome(
                outcome="success" if good else "deadline" if late else "error",
                success=good,
                error="" if good else "it failed",
                again=self.rng.random() < 0.9,
                quiet=good and self.rng.random() < 0.2,
            )
            ends = self.true + min(took, claimed.job.timeout_secs * SECOND)
            turn = Turn(claimed.job.id, claimed.instant, claimed.attempt, self.true, ends, outcome)
            self.turns[claimed.key] = turn
            self.at(turn.ends - self.true, partial(self._over, turn), self.life)
        return turn

    # --- what happens -------------------------------------------------------------------------------------

    def _outage(self) -> None:
        if self.life is not None:
            self.die(self.after(MINUTE, 6 * DAY))

    def _set_clock(self) -> None:
        step = self.rng.choice((HOUR, DAY)) * self.rng.choice((1, -1))
        if abs(self.offset + step) > DAY + HOUR:
            step = -step
        self.offset += step
        self.happened[f"clock set {'back' if step < 0 else 'on'}"] += 1
        if self.life is not None:
            self.life.smooth = False
            self.at(self.rng.random() * LOOK * SECOND, self.life.awake, self.life)

    def _make(self) -> None:
        if self.life is None:
            self.at(HOUR, self._make)
            return
        schedule, spacing = self._schedule((3600, 432_001, 608_401, 10 * 86_400))
        now = self.wall
        kept = Kept(
            id=f"j{len(self.stories)}",
            owner="ada",
            name=f"job {len(self.stories)}",
            prompt="do it",
            schedule=schedule,
            timezone=self.rng.choice(ZONES),
            anchor=now.replace(microsecond=0),
            delete_after_run=self.rng.random() < 0.1,
            max_retries=self.rng.choice((0, 1, 3, 4)),
            timeout_secs=self.rng.choice((3600, 4 * 86_400)),
            created_at=now,
            **self._policies(spacing),
        )
        story = Story(kept, self.after(10, 2 * spacing), self.rng.choice((0, 0, 0.2, 0.6)))
        self.write(jobs.add, kept, now, 10_000)
        self.stories[kept.id] = story
        self._learn(story)
        self._nudge()
        if isinstance(schedule, Interval) and spacing <= 3600:  # one that comes so often is a matter of days
            self.at(self.after(6 * HOUR, DAY), partial(self._remove, story))

    def _schedule(self, intervals: Sequence[int]) -> tuple[Schedule, int]:
        """And about how many seconds are between two runs."""
        kind = self.rng.random()
        if kind < 0.2:
            at = self.wall + timedelta(seconds=self.after(60, 100 * 86_400))
            text = at.isoformat() if self.rng.random() < 0.5 else f"{at:%Y-%m-%dT%H:%M:%S}"
            return OneShot(at=text), 86_400
        if kind < 0.5:
            every = self.rng.choice(intervals)
            return Interval(every_ms=every * 1000), every
        return CronExpression(expr=self.rng.choice(EXPRESSIONS)), 1800

    def _policies(self, spacing: int) -> dict[str, Any]:
        return {
            "missed": self.rng.choice(("run_once", "skip_older_than", "all")),
            "missed_secs": self.rng.choice((600, 7200, 86_400)),
            "overlap": self.rng.choice(("skip", "queue")),
            "jitter_secs": self.rng.choice((0, 0, 60, min(1500, spacing - 1))),
        }

    def _meddle(self) -> None:
        """A person does something to a job."""
        there = [story for story in self.stories.values() if not story.removed]
        if self.life is None or not there:
            return
        story = self.rng.choice(there)
        act = self.rng.choice(("pause", "pause", "schedule", "policy", "run", "run", "remove"))
        try:
            match act:
                case "run":
                    self.write(jobs.run_now, story.kept, self.wall)
                case "remove":
                    self._remove(story)
                    self._make()
                case "policy":
                    self._change(story, **self._policies(600))
                case "schedule":
                    self._change(
                        story, enabled=True, schedule=self._schedule((432_001, 608_401))[0], jitter_secs=0
                    )
                case _:
                    self._change(story, enabled=story.plan is None)
        except AlreadyRunning:
            return
        self.happened[act] += 1
        self._nudge()

    def _change(self, story: Story, **changes: Any) -> None:
        story.kept = rows.job_by_id(self.connection, story.kept.id)  # it may have come to its end
        wanted = attrs.evolve(story.kept, **changes)
        if wanted.enabled and wanted.following(self.wall) is None:
            return
        self.write(jobs.change, story.kept, changes, self.wall)
        self._learn(story)

    def _learn(self, story: Story) -> None:
        """Read a job as it is now, and note what follows from it."""
        before, story.kept = story.kept, rows.job_by_id(self.connection, story.kept.id)
        story.versions.append((len(self.transactions) - 1, story.kept))
        kept, now = story.kept, self.wall
        same = all(getattr(before, name) == getattr(kept, name) for name in jobs.REPLANNED)
        if before.enabled and not same and story.plans:
            story.plans[-1].left = now
        if kept.enabled and not (same and story.plans):
            instants = oracle.instants(kept.schedule, kept.timezone, kept.anchor)
            story.plans.append(Plan(kept=kept, instants=instants, since=now, low=now, reach=now))

    def _remove(self, story: Story) -> None:
        if story.removed:
            return
        self.at(HOUR, partial(self._remove, story))  # until it is done
        if self.life is not None:
            self.write(afterwards.remove, story.kept)
            story.removed = True

    def _nudge(self) -> None:
        if self.life is not None:
            self.at(0, self.life.look, self.life)


@final
class Life:
    """One life of the scheduler."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._in_hand = set[str]()
        self._queue = deque[Claimed]()
        self._busy = 0
        self._last: tuple[datetime, int] | None = None
        self._awaited: datetime | None = None
        self.smooth = False

    def _crash_point(self) -> None:
        if self._world.chance(0.004):
            raise Killed

    # --- the loop -----------------------------------------------------------------------------------------

    def look(self) -> None:
        world = self._world
        try:
            self._take_up()
        except Refused:
            self.smooth = False
            world.at(AGAIN * SECOND, self.look, self)
            return
        self.smooth = True
        due = ledger.next_due(world.connection)
        if due is not None and due != self._awaited:
            self._awaited = due
            world.at((due - world.wall) // timedelta(microseconds=1), self.awake, self)
        self.tend()

    def awake(self) -> None:
        self._awaited = None
        self.look()

    def _take_up(self) -> None:
        world = self._world
        if self._may_be_set_back():
            world.write(ledger.replan, world.wall)
        self._last = world.wall, world.true
        due = ledger.next_due(world.connection)
        while due is not None and due <= world.wall:
            world.write(ledger.claim, world.wall, KEEP)
            self._crash_point()
            due = ledger.next_due(world.connection)
        self._note_reach()
        for claimed in ledger.opened(world.connection, self._in_hand):
            self._in_hand.add(claimed.key)
            self._queue.append(claimed)
        self._fill()

    def _may_be_set_back(self) -> bool:
        if self._last is None:
            return True
        wall, true = self._last
        passed = (self._world.true - true) / SECOND
        return (self._world.wall - wall).total_seconds() < passed - SET_BACK

    def _note_reach(self) -> None:
        now = self._world.wall
        for story in self._world.stories.values():
            if (plan := story.plan) is not None:
                plan.reach, plan.low = max(plan.reach, now), min(plan.low, now)

    # --- a run --------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        while self._queue and self._busy < PLACES:
            self._busy += 1
            self._world.at(
                self._world.after(1000, SECOND), partial(self._carry_out, self._queue.popleft()), self
            )

    def _carry_out(self, claimed: Claimed) -> None:
        world = self._world
        current = ledger.current(world.connection, claimed)
        if current is None:
            self._done(claimed)
            return
        try:
            role: Role | None = None if world.chance(0.01) else "user"
            why = "" if current.begun else texts.hindrance(current, role, "do it")
            if why and claimed.key not in world.turns:
                world.write(ledger.skipped, current, why, world.wall, KEEP)
                self._done(claimed)
                return
            self._crash_point()
            turn = world.accept(claimed)
            self._crash_point()
            if not current.begun and not world.write(
                ledger.accepted, claimed, f"s-{claimed.key}", claimed.key, world.wall, own=True
            ):
                self._done(claimed)
                return
        except Refused:
            world.at(AGAIN * SECOND, partial(self._carry_out, claimed), self)
            return
        end = partial(self._end, claimed, turn)
        if turn.over:
            world.at(0, end, self)
        else:
            turn.waiter = lambda: world.at(0, end, self)

    def _end(self, claimed: Claimed, turn: Turn) -> None:
        world = self._world
        self._crash_point()
        try:
            world.write(ledger.ended, claimed, turn.outcome, world.wall, KEEP)
        except Refused:
            world.at(AGAIN * SECOND, partial(self._carry_out, claimed), self)
            return
        self._crash_point()
        self._done(claimed)

    def _done(self, claimed: Claimed) -> None:
        self._in_hand.discard(claimed.key)
        self._busy -= 1
        self._fill()
        self._world.at(0, self.look, self)

    def tend(self) -> None:
        """Tell of what has ended."""
        world = self._world
        try:
            while there := afterwards.untold(world.connection):
                for each in there:
                    self._tell(each)
            for job in afterwards.removed(world.connection, world.wall):
                world.write(afterwards.forget_job, job)
        except Refused:
            world.at(AGAIN * SECOND, self.tend, self)

    def _tell(self, each: Untold) -> None:
        world, run = self._world, (each.job.id, each.instant)
        world.told[run] += 1
        world.untold[run] += 1
        self._crash_point()
        world.write(afterwards.told, each, KEEP)
        world.untold[run] -= 1
        world.stories[each.job.id].removed |= rows.job_by_id(world.connection, each.job.id).removed
