"""What was wrong in a simulated year: rows, runs and policies, held against the calendar and what the agent did.

Read from what the database noted of its own changes; of the ledger nothing is believed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, final

import attrs

from actors.cron.fates import BACKOFF
from actors.cron.messages import FINAL
from actors.cron.rows import Kept
from actors.storage import moment
from tests.actors.cron.oracle import LAST
from tests.actors.cron.simulation import World
from tests.actors.cron.story import SECOND, Story, Turn

Run = tuple[str, datetime]
"""A job and an instant."""

_NEXT: Final = {
    "": {"planned", "waiting", "late", "collapsed", "skipped"},
    "planned": {"", "skipped"},
    "waiting": {"", "claimed", "skipped"},
    "claimed": {"accepted", "skipped"},
    "accepted": {"done", "failed", "retrying"},
    "retrying": {"", "claimed", "failed"},
}
"""What may become of a row; the empty text is none."""
_SLACK: Final = 120 * SECOND
"""Until a scheduler notices that the clock was set, or that the disk takes something again."""


@final
@attrs.frozen
class Change:
    """A state of a row that became another."""

    tx: int
    run: Run
    manual: bool
    old: str
    new: str
    attempt: int
    into: datetime | None
    due: datetime


def complaints(world: World) -> list[str]:
    """Everything that is wrong, nothing if all is well."""
    return list(_Judge(world).all())


@final
class _Judge:
    def __init__(self, world: World) -> None:
        self._world = world
        rows = world.connection.execute("SELECT * FROM history ORDER BY rowid").fetchall()
        self._changes = [
            Change(
                row["tx"],
                (row["job"], moment(row["instant"])),
                bool(row["manual"]),
                row["old"] or "",
                row["new"] or "",
                row["attempt"],
                None if row["collapsed_into"] is None else moment(row["collapsed_into"]),
                moment(row["due_at"]),
            )
            for row in rows
        ]
        self._of_run = defaultdict[Run, list[Change]](list)
        for change in self._changes:
            self._of_run[change.run].append(change)
        self._turns = defaultdict[Run, list[Turn]](list)
        for turn in world.turns.values():
            self._turns[turn.job, turn.instant].append(turn)

    def all(self) -> Iterator[str]:
        for story in self._world.stories.values():
            yield from self._instants(story)
        for run, changes in self._of_run.items():
            yield from self._row(run, changes)
            yield from self._attempts(run, changes)
            yield from self._told(run, changes)
        yield from self._one_at_a_time()
        yield from self._claims()

    # --- instants -----------------------------------------------------------------------------------------

    def _instants(self, story: Story) -> Iterator[str]:
        """Each instant of the calendar has a row, and nothing else has one."""
        job = story.kept.id
        there = {
            instant
            for (name, instant), changes in self._of_run.items()
            if name == job and not changes[0].manual
        }
        settled = {
            instant
            for instant in there
            if any(change.new not in {"", "planned"} for change in self._of_run[job, instant])
        }
        for plan in story.plans:
            wanted = [
                each
                for each in plan.instants.within(plan.since, plan.reach)
                if plan.kept.due(each) <= plan.reach
            ]
            if plan.left is not None:
                wanted += plan.instants.within(plan.since, plan.left)
            for instant in sorted(set(wanted) - settled):
                yield f"{job} has no row for {instant} of {plan.kept.schedule}"
        for instant in there:
            if instant < LAST and not any(
                plan.low < instant and instant in plan.instants for plan in story.plans
            ):
                yield f"{job} has a row for {instant}, which is no instant of it"

    def _row(self, run: Run, changes: Sequence[Change]) -> Iterator[str]:
        """A row goes one way, and comes to an end."""
        state = ""
        for change in changes:
            if change.old != state:
                yield f"{run} was {state} and then {change.old}"
            gone = state in FINAL and not change.new and self._world.stories[run[0]].removed
            if change.new not in _NEXT.get(state, set()) and not gone:
                yield f"{run} was {state} and became {change.new or 'nothing'}"
            state = change.new
        if state not in FINAL and state:
            yield f"{run} is {state} for good"

    # --- runs ---------------------------------------------------------------------------------------------

    def _attempts(self, run: Run, changes: Sequence[Change]) -> Iterator[str]:
        """What the agent was asked to do is what the ledger says, once."""
        turns = sorted(self._turns.get(run, []), key=lambda turn: turn.attempt)
        begun = [change.attempt for change in changes if change.new == "accepted"]
        asked = [turn.attempt for turn in turns]
        if asked != begun or begun != list(range(1, len(begun) + 1)):
            yield f"{run} was accepted with {begun} and the agent has {[turn.attempt for turn in turns]}"
        most = max(kept.max_retries for _, kept in self._world.stories[run[0]].versions) + 1
        if len(turns) > most:
            yield f"{run} was tried {len(turns)} times and not {most}"
        for one, later in pairwise(turns):
            if one.outcome.success or not one.outcome.again:
                yield f"{run} was tried again after it had come to its end: {one.outcome}"
            if later.begun < one.ends:
                yield f"{run} was tried again while it was tried"
        yield from self._patience(run, changes)
        last = [change.new for change in changes if change.new in FINAL][-1:]
        if turns and last == ["done"] and not turns[-1].outcome.success:
            yield f"{run} is done and has failed"
        if turns and last == ["failed"] and turns[-1].outcome.success:
            yield f"{run} has failed and is done"

    def _patience(self, run: Run, changes: Sequence[Change]) -> Iterator[str]:
        """Another attempt begins when it is to, but for the time in which nobody was there."""
        for before, change in pairwise(changes):
            if before.new == "retrying" and change.new == "claimed":
                one, later = self._when(before), self._when(change)
                most = BACKOFF[min(before.attempt, len(BACKOFF)) - 1] * SECOND
                down = sum(
                    min(end, later) - max(start, one)
                    for start, end in self._world.down
                    if start < later and end > one
                )
                between = self._world.transactions[before.tx : change.tx]
                most *= 1 + sum(
                    each.name == "replan" for each in between
                )  # it waits anew when the clock is set back
                if later - one > most + down + _SLACK * (1 + self._deaths(one, later)):
                    yield f"{run} waited {(later - one) / SECOND} s for another attempt and not {most / SECOND} s"

    def _told(self, run: Run, changes: Sequence[Change]) -> Iterator[str]:
        """Owners know of everything that ran, once but for a death in between, and of nothing else."""
        ran = any(change.new in {"done", "failed"} for change in changes)
        quiet = any(turn.outcome.quiet for turn in self._turns.get(run, []))
        late = (
            self._world.stories[run[0]].versions[0][1].schedule.kind == "one_shot"
            and changes[-1].new == "late"
        )
        told, cut_off = self._world.told[run], self._world.untold[run]
        if ran and not quiet and not told and not late:
            yield f"of {run} nobody knows"
        if told > 1 + cut_off:
            yield f"of {run} its owner was told {told} times"
        if told and not ran and "late" not in {change.new for change in changes}:
            yield f"of {run} its owner was told before anything came of it"

    def _one_at_a_time(self) -> Iterator[str]:
        """Runs of a job are under way one after the other, those that wait in their order."""
        under = defaultdict[str, set[datetime]](set)
        waiting = defaultdict[str, set[datetime]](set)
        for change in self._changes:
            job, instant = change.run
            for states, there in (({"claimed", "accepted"}, under[job]), ({"waiting"}, waiting[job])):
                there.discard(instant)
                if change.new in states:
                    there.add(instant)
            if len(under[job]) > 1:
                yield f"{job} has two runs at once: {under[job]}"
            if (
                change.new == "claimed"
                and change.attempt == 1
                and any(each < instant for each in waiting[job])
            ):
                yield f"{change.run} overtook {waiting[job]}"
        for job, turns in self._by_job().items():
            for one, later in pairwise(sorted(turns, key=lambda turn: turn.begun)):
                if later.begun < one.ends:
                    yield f"{job} had two turns at once: {one} and {later}"

    def _by_job(self) -> dict[str, list[Turn]]:
        found = defaultdict[str, list[Turn]](list)
        for turn in self._world.turns.values():
            found[turn.job].append(turn)
        return found

    # --- claims -------------------------------------------------------------------------------------------

    def _claims(self) -> Iterator[str]:
        """What was decided at once of the instants of one job keeps to its policies."""
        groups = defaultdict[tuple[int, str], list[Change]](list)
        under = defaultdict[str, set[datetime]](set)
        busy = dict[tuple[int, str], bool]()
        for change in self._changes:
            job, instant = change.run
            name = self._world.transactions[change.tx].name
            if name == "claim" and not change.old and not change.manual and change.new != "planned":
                groups[change.tx, job].append(change)
                busy.setdefault((change.tx, job), bool(under[job]))
            under[job].discard(instant)
            if change.new in {"claimed", "accepted"}:
                under[job].add(instant)
        for (tx, job), changes in groups.items():
            for complaint in self._claim(
                tx, self._kept(job, tx), sorted(changes, key=lambda one: one.run), busy[tx, job]
            ):
                yield f"{job} at {self._world.transactions[tx].wall}: {complaint}"

    def _claim(self, tx: int, job: Kept, changes: Sequence[Change], busy: bool) -> Iterator[str]:  # noqa: FBT001
        transaction = self._world.transactions[tx]
        now, states = transaction.wall, [change.new for change in changes]
        ran = [change for change in changes if change.new == "waiting"]
        if transaction.smooth and [change.due for change in changes] != [now]:
            yield f"nobody was away, and there are {changes}"
        if len(ran) > (10 if job.missed == "all" else 1):
            yield f"of those that were missed {len(ran)} ran"
        if "skipped" in states and not (busy or job.missed == "all"):
            yield "one was skipped although nothing was under way"
        if busy and job.overlap == "skip" and job.missed != "all" and ran:
            yield "one began beside another"
        limit = now - timedelta(seconds=job.missed_secs + job.jitter_secs)
        for change in changes:
            late = job.missed == "skip_older_than" and change.run[1] < limit
            if late != (change.new == "late"):
                yield f"one of {change.run[1]} is {change.new}"
        begun = [change.run[1] for change in changes if change.new in {"waiting", "skipped"}]
        for change in changes:
            if change.new == "collapsed" and change.into not in begun:
                yield f"what stands for {change.run[1]} is {change.into}, of {begun}"
        if not begun and set(states) != {"late"}:
            yield f"nothing stands for {states}"

    def _kept(self, job: str, tx: int) -> Kept:
        versions = self._world.stories[job].versions
        return next(kept for since, kept in reversed(versions) if since < tx)

    def _when(self, change: Change) -> int:
        return self._world.transactions[change.tx].at

    def _deaths(self, one: int, later: int) -> int:
        return sum(one <= start <= later for start, _ in self._world.down)
