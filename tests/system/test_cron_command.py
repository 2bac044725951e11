"""``starpod cron`` and a real daemon: what a person types and is answered."""

import json
from typing import Any, Final

import trio

from tests.system.daemons import PATIENCE, Ended, Place, serving, starpod

HELP = "I understand"
"""What the offline model answers to help."""

REFUSED: Final = [
    (("add", "__x", "--every", "1h", "--prompt", "x"), "is reserved for the agent's own jobs"),
    (("add", "x", "--every", "0s", "--prompt", "x"), "every_ms"),
    (("add", "x", "--cron", "0 0 30 2 *", "--prompt", "x"), "no month of '2' has a day '30'"),
    (("add", "x", "--at", "2020-01-01T10:00", "--prompt", "x"), "is in the past"),
    (("add", "x", "--at", "2030-03-31T02:30", "--zone", "Europe/Rome", "--prompt", "x"), "does not exist in"),
    (("add", "x", "--every", "1h", "--zone", "Mars/X", "--prompt", "x"), "there is no time zone 'Mars/X'"),
    (
        ("add", "x", "--every", "1h", "--retries", "99", "--prompt", "x"),
        "max_retries: expected a whole number",
    ),
    (("add", "x", "--every", "1h", "--model", "a/b", "--prompt", "x"), "model 'a/b' is not allowed"),
    (("add", "x", "--every", "1h", "--owner", "nobody", "--prompt", "x"), "there is no user 'nobody'"),
    (("add", "", "--every", "1h", "--prompt", "x"), "name: "),
    (("add", "x", "--every", "1h", "--prompt", ""), "the prompt is empty"),
    (("edit", "x"), "say what to change"),
    (("edit", "x", "--disabled"), "there is no job 'x'"),
    (("run", "x", "--wait"), "there is no job 'x'"),
    (("preview", "--every", "1h", "-n", "0"), "count: expected a whole number"),
]
"""What cannot be, and the reason that is given."""


async def cron(place: Place, *arguments: str, stdin: str = "", status: int = 0) -> str:
    """What an action prints."""
    done: Ended = await starpod(place.root, "cron", *arguments, stdin=stdin)
    assert done.status == status, done.err
    return done.out + done.err


async def told(place: Place, *arguments: str) -> Any:
    return json.loads(await cron(place, *arguments, "--json"))


async def test_the_life_of_a_job(place: Place) -> None:
    async with serving(place):
        assert "nothing is scheduled" in await cron(place, "list")
        made = await cron(
            place, "add", "report", "--cron", "0 9 * * 1-5", "--zone", "Europe/Rome", "--prompt", "help"
        )
        assert "report runs at 09:00 on Monday through Friday (Europe/Rome)" in made
        assert "next at " in made
        (listed,) = await told(place, "list")
        assert (listed["name"], listed["user_id"], listed["enabled"]) == ("report", "admin", True)
        assert "at 09:00 on Monday through Friday" in await cron(place, "list")

        assert "there is a job 'report' already" in await cron(
            place, "add", "report", "--every", "1h", "--prompt", "help", status=1
        )
        options = [
            "--retries",
            "1",
            "--timeout",
            "10m",
            "--mode",
            "main",
            "--missed",
            "1h",
            "--overlap",
            "queue",
        ]
        more = ["--jitter", "5m", "--budget", "0.5", "--once", "--zone", "Asia/Kolkata"]
        edited = await cron(
            place, "edit", "report", "--every", "90m", "--prompt", "-", *options, *more, stdin="Look.\n"
        )
        assert "report runs every 90 minutes (Asia/Kolkata)" in edited
        job = await told(place, "show", "report")
        assert job["schedule"] == {"kind": "interval", "every_ms": 5_400_000}
        assert [
            job[name] for name in ("prompt", "max_retries", "timeout_secs", "session_mode", "missed")
        ] == [
            "Look.",
            1,
            600,
            "main",
            "skip_older_than",
        ]
        assert [job[name] for name in ("missed_secs", "overlap", "jitter_secs", "budget_usd")] == [
            3600,
            "queue",
            300,
            0.5,
        ]
        assert job["delete_after_run"]
        shown = await cron(place, "show", listed["id"])
        assert "every 90 minutes" in shown
        assert shown.rstrip().endswith("Look.")

        assert "report is off" in await cron(place, "pause", "report")
        assert await told(place, "runs", "report") == []
        assert "has not run yet" in await cron(place, "runs", "report")
        assert "report runs every 90 minutes" in await cron(place, "resume", "report")
        assert "planned" in await cron(place, "runs", "report")
        assert "summary runs" in await cron(place, "edit", "report", "--rename", "summary", "--no-once")
        assert "summary is removed" in await cron(place, "remove", "summary")
        assert "there is no job 'summary'" in await cron(place, "show", "summary", status=1)
        assert await told(place, "list") == []


async def test_a_job_that_is_run_now_is_waited_for(place: Place) -> None:
    async with serving(place):
        await cron(place, "add", "report", "--every", "1d", "--prompt", "help", "--overlap", "queue")
        assert HELP in await cron(place, "run", "report", "--wait")
        run = await told(place, "run", "report", "--wait")
        assert (run["state"], run["manual"], len(run["attempts"])) == ("done", True, 1)
        assert "report runs now" in await cron(place, "run", "report")
        assert (await told(place, "run", "report"))["manual"]
        states = {each["state"] for each in await told(place, "runs", "report", "-l", "2")}
        assert states <= {"planned", "waiting", "claimed", "accepted", "done"}
        assert HELP in await cron(place, "runs", "report")

        why = await cron(place, "why", "report", "-n", "2")
        assert "It runs every day." in why
        assert "somebody asked for it" in why
        assert why.count("will run") == 2
        assert len((await told(place, "why", "report"))["next"]) == 5

        await cron(place, "add", "call", "--at", "2099-01-01T10:00", "--once", "--prompt", "help")
        assert HELP in await cron(place, "run", "call", "--wait")
        assert "there is no job 'call'" in await cron(place, "run", "call", status=1)


async def test_a_run_that_does_not_succeed_is_a_failure_of_the_command(place: Place) -> None:
    async with serving(place):
        await starpod(place.root, "user", "add", "ada")
        await cron(place, "add", "report", "--every", "1d", "--prompt", "help", "--owner", "ada")
        await starpod(place.root, "user", "deactivate", "ada")
        said = await cron(place, "run", "report", "--wait", status=1)
        assert "report skipped: its owner is not let in any more" in said


async def test_of_two_of_one_name_the_owner_says_which(place: Place) -> None:
    async with serving(place):
        await starpod(place.root, "user", "add", "ada")
        for owner in ("ada", "admin"):
            await cron(place, "add", "report", "--every", "1d", "--prompt", owner, "--owner", owner)
        said = await cron(place, "show", "report", status=1)
        assert "have a job 'report': say whose it is with --owner USER" in said
        assert (await told(place, "show", "report", "--owner", "ada"))["prompt"] == "ada"
        await cron(place, "remove", "report", "--owner", "admin")
        assert (await told(place, "show", "report"))["prompt"] == "ada"


async def test_a_schedule_is_previewed(place: Place) -> None:
    async with serving(place):
        said = await cron(place, "preview", "--cron", "30 2 29 2 *", "--zone", "Europe/Rome", "-n", "2")
        assert said.splitlines()[0].endswith("Europe/Rome")
        assert "02-29 02:30:00 CET" in said
        assert (await told(place, "preview", "--at", "2099-06-15T18:00:00+02:00"))["instants"] == [
            "2099-06-15T16:00:00.000Z"
        ]


async def test_what_cannot_be_is_refused_with_its_reason(place: Place) -> None:
    async with serving(place):
        for arguments, why in REFUSED:
            assert why in await cron(place, *arguments, status=1), arguments
        assert await told(place, "list", "--all") == []


async def test_the_agents_own_jobs_are_their_files(place: Place) -> None:
    for name in ("HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md"):
        (place.inside / "config" / name).write_text("<!-- why -->\nhelp", encoding="utf-8")
    for start in (1, 2):
        async with serving(place):
            with trio.fail_after(PATIENCE):
                while await ends(place, "boot") != ["done"] * start:
                    await trio.sleep(0.1)
            assert await ends(place, "bootstrap") == ["done"]
            assert await told(place, "list") == []
            assert HELP in await cron(place, "run", "heartbeat", "--wait")
            for action in ("pause", "remove"):
                assert "is the agent's own" in await cron(place, action, "__heartbeat__", status=1)


async def test_what_holds_for_all_jobs_has_an_address_of_its_own(place: Place) -> None:
    async with serving(place) as daemon:

        async def ask(method: str, body: Any = None) -> tuple[int, Any]:
            answer = await daemon.request(method, "/api/settings/cron", json=body)
            return answer.status_code, answer.json()

        status, before = await ask("GET")
        assert (status, before["default_max_retries"], before["heartbeat_interval_minutes"]) == (200, 3, 30)
        changes = {"default_max_retries": 0, "default_timeout_secs": 60, "heartbeat_interval_minutes": 45}
        assert await ask("PUT", changes) == (200, {**before, **changes})
        assert await ask("GET") == (200, {**before, **changes})
        status, refused = await ask("PUT", {"max_concurrent_runs": 0, "keep_runs": 5})
        assert (status, "cron.max_concurrent_runs" in refused["error"]) == (400, True)
        assert await ask("PUT", {}) == (200, {**before, **changes})
        await cron(place, "add", "report", "--every", "1d", "--prompt", "help")
        job = await told(place, "show", "report")
        assert (job["max_retries"], job["timeout_secs"]) == (0, 60)
    assert "default_max_retries = 0" in (place.inside / "config.local.toml").read_text(encoding="utf-8")


async def ends(place: Place, job: str) -> list[str]:
    """The states of the runs of one of the agent's own jobs."""
    if job not in [each["builtin"] for each in await told(place, "list", "--all")]:
        return []
    return [each["state"] for each in await told(place, "runs", job)]
