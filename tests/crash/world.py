"""A daemon that is killed again and again while people talk to it, and a look at what is left."""

import contextlib
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, Self, final

import attrs
import trio

from actors.vocabulary import ADMIN
from tests.crash.left import Death, Fate, Left, Note
from tests.crash.oracle import complaints, failures, last_words, lost, twice
from tests.crash.people import Person
from tests.crash.record import Record
from tests.crash.script import heard, looks_back, model
from tests.fakes.model_script import Answer, Received
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, check_log, read_json, start, until

PEOPLE: Final = 3
WRONG_SUMS: Final = """
SELECT id FROM sessions WHERE used_tokens <> (
    SELECT total(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)
    FROM usage WHERE session_id = sessions.id
)
"""
ASKED_TWICE: Final = """
SELECT caller_turn FROM sessions WHERE origin IS NOT NULL GROUP BY caller_turn, caller_step HAVING count(*) > 1
"""
LIFE: Final = 60.0
"""Seconds until a point counts as not reached."""
BRIEF: Final = 15.0
"""Likewise, where people say little to each daemon."""
PATIENCE: Final = 120.0
"""Seconds until all that was left must be done, also on a machine that is busy with something else."""
_RUNNING: Final = """
SELECT id, attempt, coalesce((SELECT sum(CASE state WHEN 'intent' THEN 1 WHEN 'awaiting' THEN 2 WHEN 'begun' THEN 3
 ELSE 4 END) FROM steps WHERE turn_id = turns.id), 0) FROM turns WHERE state = 'running'
"""
"""The turns whose attempts died with the process, each with a number that grows with what is stored of it."""
_UNENDED: Final = "SELECT id FROM turns WHERE state IN ('accepted', 'running')"
GAP: Final = 0.003
"""Seconds before each piece of an answer of the model."""


class Trouble(Protocol):
    """What goes wrong with the models, see :mod:`tests.crash.trouble`."""

    def rule(self, request: Received) -> Answer: ...

    def begins(self, url: str, *, last: bool) -> None:
        """Configure the daemon that is about to be started."""

    def complaints(self) -> Iterator[str]:
        """What is wrong when one has ended."""


POINTS: Final = (
    *(
        f"{step}.{moment}"
        for step in ("accept", "begin", "save_completion", "begin_step", "save_result", "merge", "finish")
        for moment in ("before_commit", "after_commit")
    ),
    *(
        f"{tool}.{moment}"
        for tool in ("FileRead", "FileWrite", "FileDelete", "MemoryWrite", "MemorySearch", "Agent")
        for moment in ("before_run", "after_run")
    ),
    *(f"{step}.{moment}" for step in ("intend", "settle") for moment in ("before_commit", "after_commit")),
    *("note.before_commit", "note.after_commit", "change.kept"),
    "memory.intended",
    "memory.written",
)
"""Where a daemon that is talked to can be killed."""
RECOVERY: Final = (
    "recover.before_commit",
    "recover.after_commit",
    "begin.before_commit",
    "begin.after_commit",
)
"""Where one can be killed that does what is left of its predecessor, before anybody talks to it."""


@final
@attrs.frozen(kw_only=True)
class Kill:
    """One way to kill a daemon: at a named point, or at a moment from outside."""

    point: str | None = None
    visit: int = 1
    """How often the point is reached before it counts."""
    after: float = 0.0
    """Without a point: seconds since the daemon was ready, or since it first asked the model."""
    working: bool = True
    """Whether the seconds are counted from its first request to the model."""

    def __str__(self) -> str:
        if self.point:
            return f"{self.point}:{self.visit}"
        return f"{self.after:.3f} s after it {'asks the model' if self.working else 'is ready'}"


def at_point(rng: random.Random, point: str) -> Kill:
    """A kill at a named point, at one of the first times it is reached."""
    return Kill(point=point, visit=rng.choice((1, 1, 2, 3)))


def at_moment(rng: random.Random) -> Kill:
    """A kill from outside: mostly in the middle of the work, now and then as soon as the daemon is there."""
    return Kill(after=rng.random() ** 2, working=rng.random() < 0.8)


def twice_in_recovery(rng: random.Random) -> list[Kill]:
    """A kill, then two of successors that have not yet done what was left to them."""
    return [at_moment(rng), *(Kill(point=point) for point in rng.sample(RECOVERY, 2))]


def at_random(rng: random.Random) -> list[Kill]:
    """Any of these."""
    chance = rng.random()
    if chance < 0.45:
        return [at_point(rng, rng.choice(POINTS))]
    return [at_moment(rng)] if chance < 0.85 else twice_in_recovery(rng)


@final
@attrs.frozen(kw_only=True)
class Summary:
    """What came of a run."""

    kills: Counter[str] = attrs.field(factory=Counter[str])
    """By point; ``moment`` for those from outside."""
    missed: list[str] = attrs.field(factory=list[str])
    """Points that were not reached in time; there the daemon was killed from outside."""
    fates: Counter[str] = attrs.field(factory=Counter[str])
    """Of the acknowledged messages."""
    doubts: int = 0
    """Tool calls of which the model was told that they may or may not have happened."""
    lost: int = 0
    """Acknowledged messages that are not there."""
    twice: int = 0
    """Messages that are there more than once."""
    failures: list[str] = attrs.field(factory=list[str])
    """Each turn that failed, with why."""
    reasons: Counter[str] = attrs.field(factory=Counter[str])
    """How many failed, by outcome."""
    runs: Counter[str] = attrs.field(factory=Counter[str])
    """Of instants of jobs, by what has become of them."""
    calls: Counter[str] = attrs.field(factory=Counter[str])
    """Of tools that ask or have effects, questions and undos, by what has become of them."""
    complaints: list[str] = attrs.field(factory=list[str])

    def plus(self, other: Self) -> Self:
        return attrs.evolve(
            self,
            kills=self.kills + other.kills,
            missed=self.missed + other.missed,
            fates=self.fates + other.fates,
            doubts=self.doubts + other.doubts,
            lost=self.lost + other.lost,
            twice=self.twice + other.twice,
            failures=self.failures + other.failures,
            reasons=self.reasons + other.reasons,
            runs=self.runs + other.runs,
            calls=self.calls + other.calls,
            complaints=self.complaints + other.complaints,
        )

    def __str__(self) -> str:
        ended = ", ".join(f"{count} {fate}" for fate, count in sorted(self.fates.items()))
        failed = ", ".join(f"{count} {reason}" for reason, count in sorted(self.reasons.items())) or "none"
        came = ", ".join(f"{count} {state}" for state, count in sorted(self.runs.items()))
        hands = ", ".join(f"{count} {what}" for what, count in sorted(self.calls.items()))
        lines = [
            f"{self.kills.total()} kills, {self.fates.total()} acknowledged messages ({ended}), {self.doubts} doubts",
            f"lost: {self.lost}, twice: {self.twice}, parked: {self.reasons['parked']}, failed by reason: {failed}",
            f"instants of jobs: {came or 'none'}",
            f"hands: {hands or 'none'}",
            *self.failures,
            *(f"  {count:>4} {point}" for point, count in sorted(self.kills.items())),
            *(f"  not reached: {point}" for point in self.missed),
            *(f"  WRONG: {complaint}" for complaint in self.complaints),
        ]
        return "\n".join(lines)


@final
class World:
    """One instance, its daemons one after another, its people, and their model."""

    def __init__(
        self, place: Place, server: ModelServer, rng: random.Random, trouble: Trouble | None = None
    ) -> None:
        """With `trouble` with the models it is what answers, and nobody stops what is under way."""
        server.rule = model(GAP) if trouble is None else trouble.rule
        self.server = server
        self.place = place
        self.trouble = trouble
        self.life = LIFE if trouble is None else BRIEF
        self.record = Record()
        self.people = [
            Person(n, random.Random(rng.random()), self.record, self._up, calm=trouble is not None)
            for n in range(PEOPLE)
        ]
        self.kills = Counter[str]()
        self.missed: list[str] = []
        self.deaths: dict[str, dict[int, Death]] = {}
        """By turn and attempt."""
        self._daemon: Daemon | None = None
        self._changed = trio.Event()

    async def _up(self) -> Daemon:
        while self._daemon is None:
            await self._changed.wait()
        return self._daemon

    def _show(self, daemon: Daemon | None) -> None:
        self._daemon = daemon
        self._changed.set()
        self._changed = trio.Event()

    async def run(self, kills: Iterable[Kill]) -> Summary:
        """Let people talk while daemons die, then let the last daemon finish everything, and look."""
        with contextlib.ExitStack() as ends:
            async with trio.open_nursery() as nursery:
                for person in self.people:
                    nursery.start_soon(person.live)
                for kill in kills:
                    await self._die(kill)
                for person in self.people:
                    person.over = True
                self._begins()
                daemon = await ends.enter_context(mortal(start(self.place))).ready()
                await self._finish_alone(daemon)
                self._show(daemon)
            if self.trouble is not None:
                daemon = await self._last_of_all(ends, daemon)
            rows = await self._look(daemon)
            if await daemon.stop() != 0:
                self.record.complaints.append(f"the last daemon did not stop in order:\n{daemon.log}")
        check_log(daemon)
        self._ended()
        left = self._left(rows)
        return Summary(
            kills=self.kills,
            missed=self.missed,
            fates=Counter(
                left.fates[m.turn].state for m in self.record.sent if m.turn and m.turn in left.fates
            ),
            doubts=left.doubts,
            lost=len(lost(self.record, left)),
            twice=len(twice(self.record, left)),
            failures=failures(self.record, left),
            reasons=Counter(
                str(left.fates[turn].outcome)
                for turn in {m.turn for m in self.record.sent if m.turn in left.fates}
                if turn and left.fates[turn].state == "failed"
            ),
            complaints=[*self.record.complaints, *complaints(self.record, left)],
        )

    # --- lives --------------------------------------------------------------------------------------------

    def _begins(self, *, last: bool = False) -> None:
        if self.trouble is not None:
            self.trouble.begins(self.server.url, last=last)

    def _ended(self) -> None:
        if self.trouble is not None and self.place.database.exists():
            self.record.complaints += self.trouble.complaints()

    async def _last_of_all(self, ends: contextlib.ExitStack, daemon: Daemon) -> Daemon:
        """One that has room for what limits have left undone."""
        await daemon.stop()
        self._ended()
        self._begins(last=True)
        return await ends.enter_context(mortal(start(self.place))).ready()

    async def _die(self, kill: Kill) -> None:
        """One life of the daemon, to its violent end."""
        armed = {"BUS_CRASH_AT": f"{kill.point}:{kill.visit}"} if kill.point else {}
        self._begins()
        note = self.place.root / f"crash-{self.place.started}.json"
        daemon = start(self.place, BUS_CRASH_NOTE=str(note), **armed)
        with mortal(daemon):
            await until(lambda: daemon.reachable or not daemon.running, "neither ready nor dead")
            if daemon.running:
                self._show(daemon)
            if kill.point is None:
                await self._moment(kill, daemon)
            elif not await happens(lambda: not daemon.running, self.life):
                self.missed.append(str(kill))
            daemon.signal(signal.SIGKILL)
            self._show(None)
        if daemon.process.returncode != -signal.SIGKILL:
            self.record.complaints.append(f"a daemon ended by itself:\n{daemon.log}")
        self.kills[kill.point or "moment"] += 1
        count_deaths(self.deaths, self.place.database, str(kill), read_json(note).get("turn"))
        self._ended()
        check_log(daemon)

    async def _finish_alone(self, daemon: Daemon) -> None:
        """All that was accepted comes to its end although nobody has said a word to this daemon."""
        with contextlib.closing(only_read(self.place.database)) as database:

            def unended() -> list[tuple[str]]:
                return database.execute(_UNENDED).fetchall()

            if not await happens(lambda: not unended(), PATIENCE):
                self.record.complaints.append(
                    f"what was left is not taken up before somebody speaks: {unended()} with {self.deaths}\n"
                    f"{daemon.log}"
                )

    async def _moment(self, kill: Kill, daemon: Daemon) -> None:
        """Wait for the moment at which a daemon is to be killed."""
        asked = len(self.server.requests)
        if kill.working:
            await happens(lambda: len(self.server.requests) > asked or not daemon.running)
        await trio.sleep(kill.after)

    async def _look(self, daemon: Daemon) -> dict[int, list[dict[str, Any]]]:
        """Say one last thing in each conversation, so that all before it is over, and read them."""
        rows: dict[int, list[dict[str, Any]]] = {}
        for number, session in self.record.sessions.items():
            last = await daemon.chat(last_words(number), session_id=session, mode="queue")
            if last["status"] != 200:
                self.record.complaints.append(f"conversation {number} does not go on: {last}")
            rows[number] = await _messages(daemon, session)
        await until(self._all_logged, "turns that have ended are not in the log")
        return rows

    def _all_logged(self) -> bool:
        """Whether nothing is left to do of what follows turns."""
        ended = _number(self.place.database, "SELECT coalesce(max(end_seq), 0) FROM turns")
        read = "SELECT (SELECT seq FROM cursors WHERE name = 'turns') - (SELECT count(*) FROM entries)"
        return _number(self.place.inside / "db" / "memory-log.db", read) == ended

    def _left(self, rows: dict[int, list[dict[str, Any]]]) -> Left:
        """What is on disk, and what the model was sent."""
        files = {
            path.relative_to(self.place.home).as_posix(): path.read_text(encoding="utf-8")
            for path in self.place.home.rglob("*.md")
        }
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
                self.record.complaints.append(f"the database is damaged: {verdict}")
            if database.execute(WRONG_SUMS).fetchone():
                self.record.complaints.append("what a conversation has used is not what its completions have")
            if database.execute(ASKED_TWICE).fetchone():
                self.record.complaints.append("a call was handed to two subagents")
            turns = database.execute("SELECT id, state, merged_into, outcome FROM turns")
            fates = {turn: Fate(*fate) for turn, *fate in turns}
        deaths = {turn: list(found.values()) for turn, found in self.deaths.items()}
        requests = [heard(each) for each in self.server.requests if not looks_back(each)]
        own = self.place.inside / "users" / ADMIN
        logs = sorted((own / "memory").glob("*.md"))
        return Left(
            rows=rows,
            files=files,
            notes=_notes(own),
            log="".join(path.read_text(encoding="utf-8") for path in logs),
            fates=fates,
            requests=requests,
            deaths=deaths,
        )


def count_deaths(deaths: dict[str, dict[int, Death]], database: Path, kill: str, cause: str | None) -> None:
    """Note which attempts died with a daemon, by turn; `cause` is the turn at whose point it did, if it was one."""
    if not database.exists():
        return
    with contextlib.closing(only_read(database)) as connection:
        for turn, attempt, progress in connection.execute(_RUNNING):
            deaths.setdefault(turn, {}).setdefault(attempt, Death(kill, progress, turn == cause))


def _notes(folder: Path) -> dict[str, Note]:
    """What has become of the notes that calls have added lines to."""
    found: dict[str, Note] = {}
    with contextlib.closing(only_read(folder / "memory.db")) as database:
        for path in (folder / "notes").rglob("*.md"):
            name = path.relative_to(folder).as_posix()
            passages = database.execute(
                "SELECT text FROM passages JOIN sources ON sources.id = passages.id >> 20 WHERE name = ?"
                " ORDER BY passages.id",
                (name,),
            )
            (count,) = database.execute(
                "SELECT count(*) FROM revisions WHERE name = ? AND pending = 0", (name,)
            ).fetchone()
            indexed = "\n".join(text for (text,) in passages)
            found[name] = Note(text=path.read_text(encoding="utf-8"), indexed=indexed, appended=count)
    return found


def _number(database: Path, query: str) -> int:
    with contextlib.closing(only_read(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def only_read(database: Path) -> sqlite3.Connection:
    """What is left to the next daemon to recover must not be tidied up by a look at it."""
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)


@contextlib.contextmanager
def mortal(daemon: Daemon) -> Generator[Daemon]:
    """A daemon that does not outlive the block."""
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait()


async def happens(what: Callable[[], bool], seconds: float = LIFE) -> bool:
    """Wait for something; False when it does not come in time."""
    with trio.move_on_after(seconds):
        while not what():
            await trio.sleep(0.005)
        return True
    return False


async def _messages(daemon: Daemon, session: str) -> list[dict[str, Any]]:
    """All messages of a conversation, oldest first."""
    found: list[dict[str, Any]] = []
    while True:
        query = {"before": found[0]["id"]} if found else {}
        page: Sequence[dict[str, Any]] = await daemon.get(f"/api/sessions/{session}/messages", **query)
        if not page:
            return found
        found = [*page, *found]
