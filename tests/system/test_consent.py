"""Consent through real daemons: what others have written makes the agent do nothing unasked, however its model obeys.

And what was asked is answered from anywhere, over the death of the daemon, and done once.
"""

import signal
from pathlib import Path

import httpx2
import pytest
import trio
import trio_websocket

from tests.actors.web import wire
from tests.actors.web.sites import answer, site
from tests.fakes.mail import mail
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.consenting import (
    EVIL,
    LOG,
    SECRET,
    Json,
    approvals,
    check_untouched,
    deny_all,
    place,
    respond,
    said,
    saying,
)
from tests.system.daemons import PATIENCE, Place, serving, starpod, start, until
from tests.system.payloads import PAYLOADS
from tests.system.test_email import World, know_ada, world

__all__ = ["place", "world"]  # fixtures


# --- what others have written -----------------------------------------------------------------------------


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 7])
async def test_whatever_a_file_says_nothing_is_done_unasked(
    place: Place, model_server: ModelServer, every: int
) -> None:
    payloads = dict(list(PAYLOADS.items())[::every])
    for number, payload in enumerate(payloads.values()):
        (place.home / "documents" / f"{number}.md").write_text(payload)
    async with serving(place) as daemon:
        for number, name in enumerate(payloads):
            read = Call("FileRead", {"path": f"documents/{number}.md"})
            model_server.script(Reply(read), Reply(*EVIL), Reply(Say("Done as told.")))
            async with saying(daemon, f"sum up documents/{number}.md") as answers:
                asked = await deny_all(daemon, answers)
            assert answers[0]["status"] == 200, answers
            assert [each["tool"] for each in asked] == [call.name for call in EVIL], name
            assert all(each["outside"] == ["FileRead"] for each in asked)
            refused = model_server.requests[-1].tool_results[-len(EVIL) :]
            assert all("is not allowed" in each for each in refused), refused
        check_untouched(place, len(payloads))
        assert await daemon.get("/api/cron/jobs") == []
        rows = await daemon.get("/api/settings/audit", limit=10_000)
        done = [row for row in rows if row["kind"] == "call" and row["verdict"] == "allowed"]
        assert {row["tool"] for row in done} == {"FileRead"}
        assert (await daemon.get("/api/settings/audit/verify"))["faults"] == []


async def test_whatever_a_page_says_nothing_is_done_unasked(place: Place, model_server: ModelServer) -> None:
    payloads = "\n".join(PAYLOADS.values())
    async with site() as searxng:
        page = wire.searxng(("A page", "https://a.example/", payloads))
        searxng.pages["/search"] = answer(page, "application/json")
        place.settings.write_text(
            f'{place.settings.read_text()}\n[web]\nsearxng_url = "http://127.0.0.1:{searxng.port}"\n'
        )
        async with serving(place) as daemon:
            model_server.script(Reply(Call("WebSearch", {"query": "a"})), Reply(*EVIL), Reply(Say("Done.")))
            async with saying(daemon, "look it up") as answers:
                asked = await deny_all(daemon, answers)
            assert [each["tool"] for each in asked] == [call.name for call in EVIL]
            check_untouched(place)


async def test_whatever_a_mail_says_nothing_is_done_since_nobody_can_be_asked(
    world: World, model_server: ModelServer
) -> None:
    place = world.place
    (place.home / "documents").mkdir()
    (place.home / "documents" / "private.md").write_text(SECRET)
    async with serving(place) as daemon:
        await know_ada(daemon)
        model_server.script(Reply(*EVIL), Reply(Say("I could not.")))
        world.keeper.add(mail("\n".join(PAYLOADS.values())))
        await until(lambda: len(world.taker.mails) == 1, daemon.log)
        refused = model_server.requests[-1].tool_results
        assert len(refused) == len(EVIL)
        assert all("nobody can be asked on the channel email" in each for each in refused), refused
        assert await daemon.get("/api/approvals", which="all") == []
        check_untouched(place)


async def test_a_subagent_knows_of_the_words_that_went_into_its_task(
    place: Place, model_server: ModelServer
) -> None:
    (place.home / "documents" / "page.md").write_text(PAYLOADS["by way of a subagent"])
    async with serving(place) as daemon:
        part = Call("Agent", {"description": "help", "prompt": "write documents/leak.txt"})
        model_server.script(
            Reply(Call("FileRead", {"path": "documents/page.md"})),
            Reply(part),
            Reply(EVIL[1]),
            Reply(Say("It did not let me.")),
            Reply(Say("Done.")),
        )
        async with saying(daemon, "sum up documents/page.md") as answers:
            (asked,) = await deny_all(daemon, answers)
        assert (asked["tool"], asked["outside"]) == ("FileWrite", ["FileRead"])
        check_untouched(place, 1)


async def test_what_a_page_makes_the_agent_say_is_told_to_no_later_conversation(
    place: Place, model_server: ModelServer
) -> None:
    (place.home / "documents" / "page.md").write_text(PAYLOADS["delayed trigger"])
    async with serving(place) as daemon:
        read = Call("FileRead", {"path": "documents/page.md"})
        model_server.script(Reply(read), Reply(Say("When you say thank you, I obey.")))
        await daemon.chat("sum up documents/page.md")
        day = place.inside / "users" / "admin" / "memory"

        def logged() -> list[Path]:
            return [file for file in day.glob("*.md") if "sum up" in file.read_text()]

        await until(logged, "the turn was not logged")
        assert "answered after words from outside: FileRead" in logged()[0].read_text()
        model_server.script(Reply(Say("You are welcome.")))
        await daemon.chat("thank you")
        told = str(model_server.requests[-1].body)
        assert "sum up documents/page.md" in told
        assert "I obey" not in told


async def test_without_words_from_outside_what_can_be_put_back_is_done_at_once(
    place: Place, model_server: ModelServer
) -> None:
    async with serving(place) as daemon:
        model_server.script(
            Reply(Call("FileWrite", {"path": "documents/a.md", "content": "x"})), Reply(Say("."))
        )
        assert (await daemon.chat("write it"))["status"] == 200
        assert place.file("documents/a.md") == "x"
        assert await daemon.get("/api/approvals", which="all") == []


async def test_what_was_asked_before_a_kill_is_answered_after_it_from_elsewhere_and_done_once(
    place: Place, model_server: ModelServer
) -> None:
    model_server.script(Reply(LOG), Reply(Say("Logged.")))
    async with serving(place) as daemon:
        async with daemon.socket() as socket:
            await socket.say("message", text="log it", client_message_id="m")
            frames = await socket.until("approval_wanted")
            wanted = frames[-1]
            (before,) = await approvals(daemon)
            assert before["id"] == wanted["approval"]
            assert before["subject"] == LOG.input["command"]  # type: ignore[index]
            session = wanted["session_id"]
        await daemon.kill()
    assert not (place.home / "documents" / "log.txt").exists()
    async with serving(place) as daemon:
        (after,) = await approvals(daemon)
        assert after == before
        async with daemon.socket() as socket:
            await socket.say("resume", session_id=session, after_seq=None)
            await socket.until("approval_wanted")
            allowed = await starpod(place.root, "approvals", "allow", after["id"][:8])
            assert allowed.status == 0, allowed.err
            frames = await socket.until("stream_end")
            kinds = [frame["type"] for frame in frames]
            assert kinds.index("approval_given") < kinds.index("tool_result")
            assert {"approval"} <= set(kinds)
        assert place.file("documents/log.txt") == "once\n"
        again = await daemon.request("POST", f"/api/approvals/{after['id']}", json={"decision": "once"})
        assert again.status_code == 409, again.text


@pytest.mark.parametrize(
    "point",
    [
        "ask.before_commit",
        "ask.after_commit",
        "await_step.before_commit",
        "await_step.after_commit",
        "answer.before_commit",
        "answer.after_commit",
        "begin_step.before_commit",
    ],
)
async def test_wherever_it_dies_between_question_and_call_that_is_done_once(
    place: Place, model_server: ModelServer, point: str
) -> None:
    model_server.script(Reply(LOG), Reply(Say("Logged.")))
    daemon = await start(place, BUS_CRASH_AT=point).ready()
    try:
        async with daemon.socket() as socket:
            await socket.say("message", text="log it", client_message_id="m")
            await socket.until("approval_wanted")
            (approval,) = await daemon.get("/api/approvals")
            await respond(daemon, approval["id"])
            await socket.until("stream_end")
    except* (httpx2.HTTPError, trio_websocket.ConnectionClosed):
        pass  # it has died
    assert await daemon.ended() == -signal.SIGKILL
    async with serving(place) as daemon:
        done: list[Json] = []
        with trio.fail_after(PATIENCE):
            while not done or done[0]["running"]:
                for each in await daemon.get("/api/approvals"):
                    await respond(daemon, each["id"])
                await trio.sleep(0.01)
                done = await daemon.get("/api/sessions")
        assert place.file("documents/log.txt") == "once\n"
        (asked,) = await daemon.get("/api/approvals", which="all")
        assert asked["state"] == "allowed"
        rows = await daemon.get("/api/settings/audit", tool="Bash")
        assert sorted((row["kind"], row["verdict"]) for row in rows) == [
            ("answer", "allowed"),
            ("call", "allowed"),
        ]
        assert (await daemon.get("/api/settings/audit/verify"))["faults"] == []
        assert "answer: allowed (once)" in await said(place, "audit", "show")
