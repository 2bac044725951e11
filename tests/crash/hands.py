"""A daemon that is killed again and again while it calls tools of every kind, asks people, runs commands and undoes.

What it has done is looked at from outside: files in its home, what commands count themselves, its books, its processes.
"""

import contextlib
import json
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

from actors.vocabulary import ADMIN
from tests.crash.clients import PLANS, Client, Stage, Talker, wishes_of
from tests.crash.left import Death
from tests.crash.oracle import DEATHS, killed_itself
from tests.crash.verdict import Books, Made, Question, Written, complaints
from tests.crash.wishes import COUNTS, FILES, SCRIPTS, Wish, ends, in_order, model
from tests.crash.world import (
    GAP,
    RECOVERY,
    Kill,
    Summary,
    at_moment,
    count_deaths,
    happens,
    mortal,
    only_read,
)
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, check_log, read_json, starpod, start, until

TALKERS: Final = 3
BRIEF: Final = 10.0
"""Seconds until a point counts as not reached."""
SOON: Final = 20.0
"""Seconds until no process is left; a few on a machine that has nothing else to do."""
_DATABASES: Final = ("session", "permissions", "tools", "cron")
_COMMITS: Final = ("before_commit", "after_commit")

ASKING: Final = tuple(
    f"{step}.{moment}" for step in ("ask", "await_step", "answer", "noted") for moment in _COMMITS
)
"""Where a question is stored, its call waits, it is answered, and that is in the books."""
BEGINNING: Final = (
    *(f"{step}.{moment}" for step in ("begin_step", "save_result") for moment in _COMMITS),
    *(
        f"{tool}.{moment}"
        for tool in ("Bash", "Edit", "FileWrite", "FileDelete", "MemoryWrite", "CronAdd", "Agent")
        for moment in ("before_run", "after_run")
    ),
)
KEEPING: Final = (
    *(f"{step}.{moment}" for step in ("note", "add_snapshot") for moment in _COMMITS),
    "change.kept",
)
"""Where it is stored what files are before they are changed; and answers in the audit log."""
UNDOING: Final = (
    *(f"{step}.{moment}" for step in ("begin_undo", "note_all", "end_undo") for moment in _COMMITS),
    "undo.one_put_back",
)
RUNNING: Final = ("command.kept", "command.started", "background.entered", "background.ended")
POINTS: Final = (*ASKING, *BEGINNING, *KEEPING, *UNDOING, *RUNNING)
"""Where a daemon can be killed that has its hands full."""


def at_random(rng: random.Random, count: int) -> list[Kill]:
    """Kills at named points, at moments from outside and in recovery."""
    kills: list[Kill] = []
    while len(kills) < count:
        chance = rng.random()
        if chance < 0.6:
            of = rng.choice((ASKING, BEGINNING, KEEPING, UNDOING, RUNNING))
            kills.append(Kill(point=rng.choice(of), visit=rng.choice((1, 1, 2, 3))))
        else:
            kills.append(at_moment(rng))
            if chance > 0.9:
                kills.append(Kill(point=rng.choice(RECOVERY)))
    return kills[:count]


async def killed(
    root: Path,
    server: ModelServer,
    rng: random.Random,
    kills: Iterable[Kill],
    sandbox: str = "auto",
    *,
    life: float = BRIEF,
) -> Summary:
    """Let daemons die, each after so many seconds at most, then let the last one finish everything, and look."""
    place = Place(root, server.url, rng.choice(("anthropic", "openai")))
    place.settings.write_text(
        f'{place.settings.read_text()}\n[shell]\nsandbox = "{sandbox}"\ndisk_left = 0\nbackground = 4\n'
        f'[checkpoints]\nskip_folders = ["{COUNTS}"]\n'
    )
    for name, text in SCRIPTS.items():
        (place.home / name).write_text(text, encoding="utf-8")
    (place.home / COUNTS).mkdir()
    for talker in range(TALKERS):
        for name in FILES:
            path = place.home / Wish("", "", f"s{talker}/{name}").path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ends("nobody"), encoding="utf-8")
    server.rule = model(GAP)
    return await _World(place, rng, life).run(kills)


@final
class _World:
    """One instance, its daemons one after another, and what became of them."""

    def __init__(self, place: Place, rng: random.Random, life: float) -> None:
        self._place = place
        self._rng = rng
        self._life = life
        self._stage = Stage(place, TALKERS)
        self._found = Summary()
        self._deaths: dict[str, dict[int, Death]] = {}
        self._plans: dict[str, str] = {}

    def _plan(self, call: str) -> str:
        """What is to become of a question about a call."""
        if call not in self._plans:
            (self._plans[call],) = self._rng.choices(list(PLANS), list(PLANS.values()))
        return self._plans[call]

    async def run(self, kills: Iterable[Kill]) -> Summary:
        stage, rng = self._stage, self._rng
        talkers = [
            Talker(n, random.Random(rng.random()), stage, lambda text: made(self._place, text))
            for n in range(TALKERS)
        ]
        with contextlib.ExitStack() as ends:
            async with trio.open_nursery() as clients:
                for number in range(2):
                    client = Client(number, random.Random(rng.random()), stage, self._plan)
                    clients.start_soon(client.answer)
                async with trio.open_nursery() as talking:
                    for talker in talkers:
                        talking.start_soon(talker.talk)
                    for kill in kills:
                        await self._die(kill)
                    stage.over = True
                    daemon = await ends.enter_context(mortal(start(self._place))).ready()
                    stage.show(daemon)
                clients.cancel_scope.cancel(reason="nobody talks any more")
            await until(lambda: not zombies(daemon.pid), "a child of the daemon is dead and not buried")
            if await daemon.stop() != 0:
                stage.complaints.append(f"the last daemon did not stop in order:\n{daemon.log}")
        await self._nothing_runs("it was stopped")
        check_log(daemon)
        await self._verify()
        self._look()
        return attrs.evolve(self._found, doubts=sum(each.doubtful for each in made(self._place)))

    # --- lives --------------------------------------------------------------------------------------------

    async def _die(self, kill: Kill) -> None:
        """One life of the daemon, to its violent end."""
        armed = {"BUS_CRASH_AT": f"{kill.point}:{kill.visit}"} if kill.point else {}
        note = self._place.root / f"crash-{self._place.started}.json"
        with mortal(start(self._place, BUS_CRASH_NOTE=str(note), **armed)) as daemon:
            await until(lambda: daemon.reachable or not daemon.running, "neither ready nor dead")
            if daemon.running:
                self._stage.show(daemon)
            if kill.point is None:
                await trio.sleep(kill.after * 2)
            elif not await happens(lambda: not daemon.running, self._life):
                self._found.missed.append(str(kill))
            daemon.signal(signal.SIGKILL)
            self._stage.show(None)
        if daemon.process.returncode != -signal.SIGKILL:
            self._stage.complaints.append(f"a daemon ended by itself:\n{daemon.log}")
        self._found.kills[kill.point or "moment"] += 1
        count_deaths(self._deaths, self._place.database, str(kill), read_json(note).get("turn"))
        check_log(daemon)
        await self._nothing_runs(f"it was killed: {kill}")
        self._time_passes()

    async def _nothing_runs(self, why: str) -> None:
        """All that commands have started ends with the daemon."""
        if not await happens(lambda: not processes(self._place.home), SOON):
            self._stage.complaints.append(f"these outlive a daemon, {why}: {processes(self._place.home)}")

    def _time_passes(self) -> None:
        """Until the next start it is too late for some answers."""
        path = self._place.inside / "db" / "permissions.db"
        late = [
            (id,)
            for id, call in _rows(path, "SELECT id, tool_use_id FROM asks WHERE state = 'open'")
            if self._plan(call) == "expire"
        ]
        if late:
            with contextlib.closing(sqlite3.connect(path)) as database, database:
                database.executemany("UPDATE asks SET expires_at = asked_at + 1 WHERE id = ?", late)

    # --- what is left ---------------------------------------------------------------------------------------

    def _look(self) -> None:
        stage, found = self._stage, self._found
        books = read_books(self._place, stage)
        found.complaints.extend([*stage.complaints, *self._damages(), *complaints(books), *self._parked()])
        found.fates.update({"done": len(stage.sent) - len(stage.parked), "failed": len(stage.parked)})
        found.reasons.update(str(answer.get("outcome")) for _, answer in stage.parked)
        found.calls.update(f"questions {each.state}" for each in books.questions)
        found.calls.update(map(str, books.made))
        found.calls["undos"] += stage.undos

    async def _verify(self) -> None:
        verified = await starpod(self._place.root, "audit", "verify", **self._place.variables)
        if verified.status != 0:
            self._stage.complaints.append(
                f"the audit log is not as it was written: {verified.out}{verified.err}"
            )

    def _damages(self) -> Iterator[str]:
        """Databases, and whether each message became one turn."""
        for name in _DATABASES:
            if (path := self._place.inside / "db" / f"{name}.db").exists():
                with contextlib.closing(sqlite3.connect(path)) as database:
                    if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                        yield f"the database {name} is damaged"
        with contextlib.closing(only_read(self._place.database)) as database:
            rows = database.execute("SELECT client_message_id FROM turns WHERE source = 'http'")
            turns = Counter(key for (key,) in rows)
        if turns != Counter(self._stage.sent):
            yield f"messages and turns differ: {turns - Counter(self._stage.sent)}, {Counter(self._stage.sent) - turns}"

    def _parked(self) -> Iterator[str]:
        for text, answer in self._stage.parked:
            deaths = list(self._deaths.get(answer.get("turn_id", ""), {}).values())
            if answer.get("outcome") != "parked" or killed_itself(deaths) < DEATHS:
                yield f"{text} failed: {answer}, after {[str(each) for each in deaths]}"


# --- reading what is left -----------------------------------------------------------------------------------------

_MADE: Final = """
SELECT id, (SELECT max(id) FROM steps AS other WHERE other.session_id = steps.session_id AND kind = 'assistant'
 AND other.id < steps.id) AS answer, call_id, turn_id, n, session_id, tool, effect, state, coalesce(result, ''),
 coalesce(is_error, 0) FROM steps WHERE kind = 'tool' ORDER BY id
"""


def _rows(path: Path, query: str) -> list[Any]:
    """What a query finds in a database; nothing where a daemon has died before it was there, or had its tables."""
    if not path.exists():
        return []
    with contextlib.closing(only_read(path)) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def made(place: Place, text: str | None = None) -> Sequence[Made]:
    """The calls that the ledger has, of a message with its subagents or all."""
    prefixes = None if text is None else tuple({wish.id.rpartition("-")[0] + "-" for wish in in_order(text)})
    return [
        Made(
            place=at,
            answer=answer,
            id=id,
            key=f"{turn}:{n}",
            session=session,
            tool=tool,
            effect=effect,
            state=state,
            text=_text(result),
            is_error=bool(is_error),
        )
        for at, answer, id, turn, n, session, tool, effect, state, result, is_error in _rows(
            place.database, _MADE
        )
        if prefixes is None or id.startswith(prefixes)
    ]


def _text(result: str) -> str:
    blocks: list[dict[str, Any]] = json.loads(result)["content"] if result else []
    return "".join(block.get("text", "") for block in blocks)


def read_books(place: Place, stage: Stage) -> Books:
    """All that a daemon that has ended has left."""
    asks = "SELECT id, tool_use_id, session_id, state, scope FROM asks ORDER BY asked_at"
    questions = [
        Question(id=id, about=about, session=session, state=state, scope=scope or "")
        for id, about, session, state, scope in _rows(place.inside / "db" / "permissions.db", asks)
    ]
    rows = _rows(place.database, "SELECT key, kind, verdict, by FROM audit ORDER BY seq")
    audit = [Written(key=key, kind=kind, verdict=verdict, by=by) for key, kind, verdict, by in rows]
    return Books(
        made=made(place),
        questions=questions,
        audit=audit,
        said=stage.said,
        acknowledged=stage.acknowledged,
        effects=_effects(place),
        wanted=wishes_of(stage.sent),
    )


def _effects(place: Place) -> Counter[str]:
    """How often each call is counted, noted, or has made a job."""
    found = Counter[str]()
    noted = (place.inside / "users" / ADMIN / "notes").rglob("*.md")
    for path in (*(place.home / COUNTS).iterdir(), *noted):
        found.update(path.read_text(encoding="utf-8").split())
    jobs = _rows(place.inside / "db" / "cron.db", "SELECT name FROM jobs WHERE name LIKE 's%-%'")
    found.update(name for (name,) in jobs)
    return found


# --- processes ----------------------------------------------------------------------------------------------------


def processes(home: Path) -> list[str]:
    """What runs of all that commands in this home have started: its environment or its words name the folder."""
    name = str(home).encode()
    found: list[str] = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "cmdline").read_bytes()
                is_ours = name in words or b"HOME=" + name in (each / "environ").read_bytes().split(b"\0")
            except OSError:  # it has ended, or is nobody's business
                continue
            if is_ours:  # a zombie has neither
                said = words.replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{each.name}: {said[:200]}")
    return found


def zombies(parent: int) -> list[str]:
    """Children of a process that have ended and that it has not heard of."""
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            before, _, after = each.read_text(errors="replace").rpartition(")")
            if after.split()[:2] == ["Z", str(parent)]:
                found.append(before)
    return found
