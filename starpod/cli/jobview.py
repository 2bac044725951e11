"""How jobs and their runs are shown on a terminal. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from starpod.cli.bus.text import cost, facts, flat, span
from starpod.cli.output import Colour, paint, when
from starpod.cli.table import Cell, Column, wrap

JOBS: Final = (
    Column("NAME", shrinks=True),
    Column("WHOSE", spare=3),
    Column("RUNS", shrinks=True),
    Column("NEXT"),
    Column("LAST", spare=2),
    Column("RESULT", spare=1),
)
RUNS: Final = (
    Column("PLANNED FOR"),
    Column("STATE"),
    Column("TOOK", right=True, spare=2),
    Column("TRIES", right=True, spare=3),
    Column("CONVERSATION", spare=1),
    Column("WHAT CAME OF IT", shrinks=True),
)
COLOURS: Final[Mapping[str, Colour]] = {
    "planned": "dim",
    "accepted": "cyan",
    "retrying": "yellow",
    "done": "green",
    "failed": "red",
    "late": "yellow",
    "collapsed": "dim",
    "skipped": "yellow",
}
MISSED: Final[Mapping[str, str]] = {
    "run_once": "one run makes up for all",
    "skip_older_than": "those more than {late} late are left out",
    "all": "each of the last ten runs",
}


def job_row(job: Mapping[str, Any]) -> list[Cell]:
    """One job of a list."""
    name: Cell = job["name"] if job["enabled"] else (job["name"], "dim")
    last: Cell = when(job["last_run_at"]) if job["last_run_at"] else ("never", "dim")
    return [name, job["user_id"], job["words"], next_run(job), last, _state(job["last_state"] or "")]


def next_run(job: Mapping[str, Any], clock: Callable[[str], str] = when) -> Cell:
    """When a job runs next, or why it does not; `clock` writes a moment."""
    if job["running"]:
        return "now", "cyan"
    if job["retry_at"]:
        return f"{clock(job['retry_at'])} again", "yellow"
    if job["next_run_at"]:
        return clock(job["next_run_at"])
    return "never" if job["enabled"] else "off", "dim"


def job_lines(job: Mapping[str, Any]) -> Iterator[str]:
    """All there is to know of a job."""
    yield paint(job["name"], "bold")
    yield from facts({name: value for name, value in _facts(job).items() if value})
    yield ""
    yield job["prompt"]


def _facts(job: Mapping[str, Any]) -> dict[str, Any]:
    clock = partial(there, zone=job["timezone"])
    state = next_run(job, clock)
    return {
        "runs": job["words"],
        "zone": job["timezone"],
        "next": state if isinstance(state, str) else state[0],
        "last": job["last_run_at"] and clock(job["last_run_at"]),
        "result": job["last_state"],
        "error": job["last_error"] and flat(job["last_error"]),
        "conversation": job["last_session"],
        "whose": job["user_id"],
        "speaks in": "main" if job["session_mode"] == "main" else "a conversation of its own",
        "attempts": str(job["max_retries"] + 1),
        "may take": span(job["timeout_secs"]),
        "may cost": job["budget_usd"] and cost(job["budget_usd"]),
        "model": job["model"],
        "times missed": MISSED[job["missed"]].format(late=span(job["missed_secs"])),
        "overlap": job["overlap"],
        "begins": job["jitter_secs"] and f"up to {span(job['jitter_secs'])} later",
        "once": job["delete_after_run"] and "removed after its run",
        "id": job["id"],
    }


def run_row(run: Mapping[str, Any]) -> list[Cell]:
    """One run of a list."""
    took = ""
    if run["started_at"] and run["ended_at"]:
        lasted = datetime.fromisoformat(run["ended_at"]) - datetime.fromisoformat(run["started_at"])
        took = span(lasted.total_seconds())
    tries = str(len(run["attempts"]) or "")
    session = (run["session"] or "")[:8]
    return [when(run["instant"]), _state(run["state"]), took, tries, session, result(run)]


def _state(state: str) -> Cell:
    colour = COLOURS.get(state)
    return state if colour is None else (state, colour)


def result(run: Mapping[str, Any]) -> str:
    """What came of a run, on one line."""
    return flat(run["error"] or run["summary"] or run["why"])


def why_lines(explanation: Mapping[str, Any]) -> Iterator[str]:
    """Why a job runs when it does."""
    yield f"{paint(explanation['name'], 'bold')}  {paint(explanation['timezone'], 'dim')}"
    yield from wrap(explanation["text"], "  ")
    yield from _reasons("Last", explanation["last"])
    yield from _reasons("Next", explanation["next"])


def _reasons(title: str, reasons: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if reasons:
        yield from ("", paint(title, "bold"))
    for each in reasons:
        colour = COLOURS.get(each["state"])
        for line in wrap(each["text"], "  "):
            yield line if colour is None else paint(line, colour)


def there(moment: str, zone: str) -> str:
    """A moment as the clock on the wall shows it in that zone."""
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M:%S %Z}"
