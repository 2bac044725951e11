"""A daemon with jobs due every second or two that is killed again and again, and a look at what is left."""

import contextlib
import random
import signal
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import trio

from actors.cron.messages import FINAL
from tests.crash.script import looks_back
from tests.crash.world import LIFE, Kill, Summary, only_read
from tests.fakes.model_script import Received, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, check_log, start, until

POINTS: Final = tuple(
    f"{step}.{moment}"
    for step in ("claim", "accept", "accepted", "begin", "finish", "ended", "told")
    for moment in ("before_commit", "after_commit")
)
"""Where a run can be cut off: as it is taken up, taken by the agent, noted, begun, ended, noted, and told of."""
JOBS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "quick"},
    {"name": "slow and skipped"},
    {"name": "slow and queued", "overlap": "queue"},
    {"name": "every one", "missed": "all", "overlap": "queue"},
    {"name": "no old one", "missed": "skip_older_than", "missed_secs": 1},
    {"name": "in main", "session_mode": "main", "every": 2},
)
"""Their seconds are 1 unless `every` says otherwise."""


def model(request: Received) -> Reply:
    """Answers at once, but where a job is slow."""
    if looks_back(request):
        return Reply(Say("Nothing to remember."))
    return Reply(Say("It ", "is ", "done."), gap=0.4 if "slow" in str(request.messages[-1]) else 0.0)


async def killed(root: Path, server: ModelServer, kills: Iterable[Kill]) -> Summary:
    """Let daemons die, then let the last one finish everything, and look."""
    server.rule = model
    place = Place(root, server.url, "openai").trusting()
    place.settings.write_text(f"{place.settings.read_text()}\n[cron]\nkeep_runs = 10000\n")
    found = Summary()
    with _started(place) as daemon:
        for job in JOBS:
            await _make(await daemon.ready(), job)
        await daemon.kill()
    for kill in kills:
        await _life(place, kill, found)
    with _started(place) as daemon:
        await _finish(place, await daemon.ready())
        if await daemon.stop() != 0:
            found.complaints.append(f"the last daemon did not stop in order:\n{daemon.log}")
    check_log(daemon)
    with contextlib.closing(_joined(place)) as database:
        found.runs.update(
            dict(database.execute("SELECT state, count(*) FROM cron.runs GROUP BY state").fetchall())
        )
        found.complaints.extend(_complaints(database))
    return found


def at_random(rng: random.Random) -> Kill:
    """A kill at a named point, or at a moment from outside."""
    if rng.random() < 0.6:
        return Kill(point=rng.choice(POINTS), visit=rng.choice((1, 1, 2, 5)))
    return Kill(after=2.5 * rng.random() ** 2)


@contextlib.contextmanager
def _started(place: Place, **variables: str) -> Generator[Daemon]:
    """A daemon that does not outlive the block."""
    daemon = start(place, **variables)
    try:
        yield daemon
    finally:
        if daemon.running:
            daemon.process.kill()
        daemon.process.wait()


async def _make(daemon: Daemon, job: dict[str, Any]) -> None:
    schedule = {"kind": "interval", "every_ms": 1000 * job.get("every", 1)}
    fields = {name: value for name, value in job.items() if name != "every"}
    answer = await daemon.request(
        "POST", "/api/cron/jobs", json={"prompt": f"Be {job['name']}.", "schedule": schedule, **fields}
    )
    assert answer.status_code == 201, answer.text


async def _life(place: Place, kill: Kill, found: Summary) -> None:
    armed = {"BUS_CRASH_AT": f"{kill.point}:{kill.visit}"} if kill.point else {}
    with _started(place, **armed) as daemon:
        await until(lambda: daemon.reachable or not daemon.running, "neither ready nor dead")
        if kill.point is None:
            with trio.move_on_after(kill.after):
                await daemon.ended()
        else:
            with trio.move_on_after(LIFE):
                await daemon.ended()
            if daemon.running:
                found.missed.append(str(kill))
        await daemon.kill()
    if daemon.process.returncode != -signal.SIGKILL:
        found.complaints.append(f"a daemon ended by itself:\n{daemon.log}")
    found.kills[kill.point or "moment"] += 1
    check_log(daemon)


async def _finish(place: Place, daemon: Daemon) -> None:
    """Have no more instants, and wait for the ends of what is under way."""
    for job in await daemon.get("/api/cron/jobs"):
        answer = await daemon.request("PUT", f"/api/cron/jobs/{job['id']}", json={"enabled": False})
        assert answer.status_code == 200, answer.text
    with contextlib.closing(only_read(place.inside / "db" / "cron.db")) as database:
        final = ", ".join(f"'{state}'" for state in sorted(FINAL))
        query = f"SELECT count(*) FROM runs WHERE state NOT IN ({final}) OR NOT told"
        await until(lambda: database.execute(query).fetchone()[0] == 0, "runs do not come to their ends")


# --- what is left ---------------------------------------------------------------------------------------------


def _joined(place: Place) -> sqlite3.Connection:
    """Both databases of a daemon that has ended."""
    database = sqlite3.connect(place.database)
    database.execute("ATTACH ? AS cron", (str(place.inside / "db" / "cron.db"),))
    return database


def _complaints(database: sqlite3.Connection) -> Iterator[str]:
    for name in ("main", "cron"):
        if database.execute(f"PRAGMA {name}.integrity_check").fetchone() != ("ok",):
            yield f"the database {name} is damaged"
    yield from _instants(database)
    yield from _turns(database)
    yield from _one_at_a_time(database)


def _instants(database: sqlite3.Connection) -> Iterator[str]:
    """From the first to the last there is each instant, and it is over."""
    for job, name, anchor, every in database.execute(
        "SELECT id, name, anchor, json_extract(schedule, '$.every_ms') * 1000 FROM cron.jobs"
    ).fetchall():
        rows = database.execute(
            "SELECT instant, state FROM cron.runs WHERE job = ? AND NOT manual ORDER BY instant", (job,)
        ).fetchall()
        instants = [instant for instant, _ in rows]
        if not instants or instants != list(range(anchor + every, instants[-1] + 1, every)):
            yield f"{name} has rows for {instants} from {anchor} on"
        for instant, state in rows:
            if state not in FINAL:
                yield f"{name} at {instant} is {state} for good"


def _turns(database: sqlite3.Connection) -> Iterator[str]:
    """Each attempt is a turn that has its key, and each turn is an attempt."""
    known = {
        f"cron:{job}:{instant}:{n}": (turn, outcome, state)
        for job, instant, n, turn, outcome, state in database.execute(
            "SELECT job, instant, n, turn, outcome, state FROM cron.attempts JOIN cron.runs ON runs.id = run"
        )
    }
    turns = database.execute(
        "SELECT client_message_id, id, outcome FROM turns WHERE source = 'cron'"
    ).fetchall()
    if twice := [key for key, count in Counter(key for key, _, _ in turns).items() if count > 1]:
        yield f"these were accepted twice: {twice}"
    if unknown := {key for key, _, _ in turns} ^ known.keys():
        yield f"these are an attempt or a turn, and not both: {sorted(unknown)}"
    for key, turn, outcome in turns:
        if key in known and known[key] != (turn, outcome, "done" if outcome == "success" else "failed"):
            yield f"{key} is {known[key]}, and its turn {turn} ended with {outcome}"


def _one_at_a_time(database: sqlite3.Connection) -> Iterator[str]:
    of_job = defaultdict[str, list[tuple[int, int]]](list)
    for job, begun, ended in database.execute(
        "SELECT job, turns.accepted_at, turns.finished_at FROM cron.attempts JOIN cron.runs ON runs.id = run"
        " JOIN turns ON turns.id = turn ORDER BY turns.accepted_at"
    ):
        of_job[job].append((begun, ended))
    for job, turns in of_job.items():
        for one, later in pairwise(turns):
            if later[0] < one[1]:
                yield f"{job} had two turns at once: {one} and {later}"
