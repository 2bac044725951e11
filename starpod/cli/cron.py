"""``starpod cron``: the scheduled work of a running agent."""

import argparse
import time
from collections.abc import Mapping
from typing import Any, Final

from starpod.cli import joboptions, jobview
from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import fail, hint, note, ok, paint, say
from starpod.cli.table import print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

PATH: Final = "/api/cron/jobs"
POLL: Final = 0.5
"""Seconds between two looks at a run that is waited for."""
LOOK_BACK: Final = 100
"""Runs among which the one that is waited for is looked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod cron``."""
    action = agent_actions(parser)

    def of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("name", metavar="NAME", help="such as morning-report, or its id")
        made.add_argument("--owner", metavar="USER", help="whose it is, where several have one of that name")
        return made

    listing = action("list", "what is scheduled, with the last and the next run", _list)
    listing.add_argument("--all", action="store_true", help="the agent's own too: heartbeat, boot, bootstrap")
    adding = action("add", "schedule something", _add)
    adding.add_argument("name", metavar="NAME", help="such as morning-report")
    joboptions.add_schedule(adding, required=True)
    joboptions.add_description(adding, again=False)
    adding.add_argument("--once", action="store_true", help="remove it after its run")
    adding.add_argument("--disabled", action="store_false", dest="enabled", help="paused from the beginning")
    adding.add_argument("--owner", metavar="USER", help="whose it is to be; left out, the admin's")
    showing = of_one(action("show", "all there is to know of a job", _show))
    _edit_arguments(of_one(action("edit", "change a job; what is left out stays", _edit)))
    of_one(action("pause", "let a job run no more until it is resumed", _pause))
    of_one(action("resume", "let a paused job run at its times again", _resume))
    of_one(action("remove", "remove a job and the record of its runs", _remove))
    runs = of_one(action("runs", "what became of its runs, the latest first", _runs))
    runs.add_argument("-l", "--limit", type=int, default=10, metavar="N", help="how many (10)")
    running = of_one(action("run", "run a job now, beside its plan", _run))
    running.add_argument("--wait", action="store_true", help="for its end; exit status 1 if it fails")
    why = of_one(action("why", "why it did or did not run at its last times, and when it will next", _why))
    preview = action("preview", "when a schedule would run", _preview)
    joboptions.add_schedule(preview, required=True)
    for each in (why, preview):
        each.add_argument("-n", "--count", type=int, default=5, metavar="N", help="how many times (5)")
    for each in (listing, showing, runs, running, why, preview):
        each.add_argument("--json", action="store_true", help="print JSON")


def _edit_arguments(parser: argparse.ArgumentParser) -> None:
    joboptions.add_schedule(parser, required=False)
    joboptions.add_description(parser, again=True)
    parser.add_argument("--rename", metavar="NAME", help="call it something else")
    parser.add_argument(
        "--once", action=argparse.BooleanOptionalAction, default=None, help="remove it after its run, or not"
    )
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--enabled",
        type=joboptions.truth,
        nargs="?",
        const=True,
        metavar="BOOL",
        help="like resume; false: like pause",
    )
    state.add_argument("--disabled", action="store_false", dest="enabled", default=None, help="like pause")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    status: int | None = args.do(args, Client(live_daemon(find_instance(args.agent))))
    return status or 0


# --- which job ----------------------------------------------------------------------------------------------


def _job(args: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The job that is meant. Raises StarpodError for none, and for one of several."""
    jobs: list[dict[str, Any]] = client.get(PATH, builtin="true")
    known = [each for each in jobs if args.owner in {None, each["user_id"]}]
    found = (
        [each for each in known if each["name"] == args.name]
        or [each for each in known if each["id"] == args.name]
        or [each for each in known if each["builtin"] == args.name]
    )
    if not found:
        raise StarpodError(f"there is no job {args.name!r}: `starpod cron list --all` shows what there is")
    if len(found) > 1:
        owners = ", ".join(each["user_id"] for each in found)
        raise StarpodError(f"{owners} have a job {args.name!r}: say whose it is with --owner USER")
    return found[0]


def _path(args: argparse.Namespace, client: Client, rest: str = "") -> str:
    return f"{PATH}/{_job(args, client)['id']}{rest}"


# --- looking ------------------------------------------------------------------------------------------------


def _list(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(PATH, builtin="true" if args.all else None))
    if args.json:
        print_json(found)
    elif not found:
        note("nothing is scheduled: `starpod cron add` does that, or ask the agent for it")
    else:
        print_table(jobview.JOBS, map(jobview.job_row, found))


def _show(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(_path(args, client)))
    if args.json:
        print_json(found)
        return
    for line in jobview.job_lines(found):
        say(line)


def _runs(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(_path(args, client, "/runs"), limit=args.limit))
    if args.json:
        print_json(found)
    elif not found:
        note(f"{args.name} has not run yet, and is not going to: `starpod cron why {args.name}`")
    else:
        print_table(jobview.RUNS, map(jobview.run_row, found))


def _why(args: argparse.Namespace, client: Client) -> None:
    found = shown(client.get(_path(args, client, "/why"), count=args.count))
    if args.json:
        print_json(found)
        return
    for line in jobview.why_lines(found):
        say(line)


def _preview(args: argparse.Namespace, client: Client) -> None:
    body = {"schedule": joboptions.schedule(args), "timezone": args.zone, "count": args.count}
    found = shown(client.post("/api/cron/preview", body))
    if args.json:
        print_json(found)
        return
    say(f"{found['words']}  {paint(found['timezone'], 'dim')}")
    for instant in found["instants"]:
        say(f"  {jobview.there(instant, found['timezone'])}")


# --- changing -----------------------------------------------------------------------------------------------


def _add(args: argparse.Namespace, client: Client) -> None:
    body = {**joboptions.described(args), "name": args.name, "enabled": args.enabled, "owner": args.owner}
    _tell(client.post(PATH, body))


def _edit(args: argparse.Namespace, client: Client) -> None:
    body = joboptions.described(args)
    body |= {
        name: value for name, value in (("name", args.rename), ("enabled", args.enabled)) if value is not None
    }
    if not body:
        raise StarpodError("say what to change: `starpod cron edit --help` has all there is")
    _tell(client.put(_path(args, client), body))


def _pause(args: argparse.Namespace, client: Client) -> None:
    _tell(client.put(_path(args, client), {"enabled": False}))


def _resume(args: argparse.Namespace, client: Client) -> None:
    _tell(client.put(_path(args, client), {"enabled": True}))


def _tell(job: Mapping[str, Any]) -> None:
    """How a job stands after a change."""
    job = shown(job)
    if not job["enabled"]:
        ok(f"{job['name']} is off: {job['words']}")
        return
    ok(f"{job['name']} runs {job['words']} ({job['timezone']})")
    if job["next_run_at"]:
        hint(f"next at {jobview.there(job['next_run_at'], job['timezone'])}")


def _remove(args: argparse.Namespace, client: Client) -> None:
    client.delete(_path(args, client), {})
    ok(f"{args.name} is removed; a run that is under way goes on to its end")


# --- running ------------------------------------------------------------------------------------------------


def _run(args: argparse.Namespace, client: Client) -> int:
    job = _job(args, client)
    run = client.post(f"{PATH}/{job['id']}/run", {})
    if not args.wait:
        _tell_begun(args, run)
        return 0
    ended = shown(_ended(client, job, run["id"]))
    if args.json:
        print_json(ended)
    elif ended["state"] == "done":
        say(ended["summary"] or "it ran, and had nothing to say")
    else:
        fail(f"{job['name']} {ended['state']}: {jobview.result(ended) or 'nobody knows why'}")
    return 0 if ended["state"] == "done" else 1


def _tell_begun(args: argparse.Namespace, run: Mapping[str, Any]) -> None:
    if args.json:
        print_json(run)
    else:
        ok(f"{args.name} runs now")
        hint(f"what becomes of it: starpod cron runs {args.name}")


def _ended(client: Client, job: Mapping[str, Any], run: str) -> dict[str, Any]:
    """The run, once its state is final. Raises StarpodError."""
    from actors.cron.messages import FINAL  # the bus with it, which nothing else here needs

    while True:
        runs: list[dict[str, Any]] = client.get(f"{PATH}/{job['id']}/runs", limit=LOOK_BACK)
        found = next((each for each in runs if each["id"] == run), None)
        if found is None:
            raise StarpodError("the run is forgotten: its job has run too often meanwhile")
        if found["state"] in FINAL:
            return found
        time.sleep(POLL)
