"""Consent on the command line and in a terminal, with a real daemon."""

import json
import os
import signal
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from functools import partial

import pytest
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.consenting import LOG, approvals, place, respond, said, saying
from tests.system.daemons import Place, Process, launch, serving, until

__all__ = ["place"]  # a fixture


async def test_questions_and_grants_on_the_command_line(place: Place, model_server: ModelServer) -> None:
    async with serving(place) as daemon:
        assert "nothing waits" in await said(place, "approvals", "list")
        assert "granted nothing" in await said(place, "approvals", "grants")
        say = [Reply(Call("Bash", {"command": "ls -a"})), Reply(Say("Seen."))]
        model_server.script(*say)
        async with saying(daemon, "look") as answers:
            (approval,) = await approvals(daemon)
            short = approval["id"][:8]
            listed = await said(place, "approvals", "list")
            assert short in listed
            assert "ls -a" in listed
            assert "command: ls -a" in await said(place, "approvals", "show", short)
            assert json.loads(await said(place, "approvals", "show", short, "--json"))["pattern"] == "ls *"
            assert "there is no question" in await said(place, "approvals", "allow", "zz", status=1)
            assert "--pattern goes with" in await said(
                place, "approvals", "allow", short, "--pattern", "x", status=1
            )
            wrong = ("approvals", "allow", short, "--always", "--pattern", "git *")
            assert "does not fit" in await said(place, *wrong, status=1)
            assert "what fits 'ls *'" in await said(place, "approvals", "allow", short, "--always")
        assert answers[0]["text"] == "Seen."
        assert "is allowed already" in await said(place, "approvals", "deny", short, status=1)
        model_server.script(*say)
        await daemon.chat("look again")  # nobody is asked
        (grant,) = json.loads(await said(place, "approvals", "grants", "--json"))
        assert "ls *" in await said(place, "approvals", "grants")
        assert "counts no more" in await said(place, "approvals", "revoke", str(grant["id"]))
        assert "there is no grant" in await said(place, "approvals", "revoke", str(grant["id"]), status=1)
        model_server.script(*say)
        async with saying(daemon, "and again") as answers:
            (approval,) = await approvals(daemon)
            await said(place, "approvals", "deny", approval["id"], "--words", "enough")
        assert "the person has said no: enough" in model_server.requests[-1].tool_results[-1]
        states = [
            each["state"] for each in json.loads(await said(place, "approvals", "list", "--all", "--json"))
        ]
        assert states == ["denied", "allowed"]


async def test_the_audit_log_is_looked_at_and_verified_with_and_without_a_daemon(
    place: Place, model_server: ModelServer
) -> None:
    assert "the log is empty" in await said(place, "audit", "verify")
    model_server.script(Reply(*[Call("FileList", {})] * 3), Reply(Say("Listed.")))
    async with serving(place) as daemon:
        await daemon.chat("list")
        assert "FileList" in await said(place, "audit", "show")
        online = json.loads(
            await said(place, "audit", "show", "--json", "--tool", "FileList", "--since", "1h")
        )
        assert [(row["verdict"], row["by"]) for row in online] == [("allowed", "default")] * 3
        assert "nothing was decided" in await said(place, "audit", "show", "--user", "eve")
        verified = await said(place, "audit", "verify")
        assert "3 rows are as they were written" in verified
    offline = json.loads(await said(place, "audit", "show", "--json", "--tool", "FileList"))
    assert offline == online
    head = json.loads(await said(place, "audit", "verify", "--json"))["last"]
    noted = f"{head['seq']}:{head['hash']}"
    assert "3 rows" in await said(place, "audit", "verify", "--head", noted)
    assert "--head takes" in await said(place, "audit", "verify", "--head", "x", status=1)
    assert "--limit takes" in await said(place, "audit", "show", "-l", "0", status=1)
    with closing(sqlite3.connect(place.database)) as connection:
        connection.execute("UPDATE audit SET by = 'rule 1' WHERE seq = 2")
        connection.execute("DELETE FROM audit WHERE seq = 3")
        connection.commit()
    found = await said(place, "audit", "verify", status=1)
    assert "row 2 was changed" in found
    assert "row 3 is missing at the end" in found
    assert json.loads(await said(place, "audit", "verify", "--json", status=1))["more"] == 0


# --- in a terminal ----------------------------------------------------------------------------------------


@asynccontextmanager
async def terminal(place: Place, *arguments: str) -> AsyncGenerator["Terminal"]:
    """A command at a terminal of its own."""
    ours, theirs = os.openpty()
    process = launch(place.root, *arguments, streams=(theirs, theirs, theirs), variables={"TERM": "dumb"})
    os.close(theirs)
    os.set_blocking(ours, False)
    try:
        yield Terminal(ours, process)
        await until(lambda: process.poll() is not None, "the command did not end")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class Terminal:
    """What is shown there and typed."""

    def __init__(self, descriptor: int, process: Process) -> None:
        self._descriptor = descriptor
        self._process = process
        self.shown = ""

    def _look(self) -> bool:
        try:
            self.shown += os.read(self._descriptor, 65536).decode(errors="replace")
        except BlockingIOError:
            return False
        except OSError:  # whoever wrote there has gone
            return False
        return True

    def shows(self, text: str) -> bool:
        while self._look():
            pass
        return text in self.shown

    async def wait_for(self, text: str) -> None:
        await until(partial(self.shows, text), f"{text!r} was not shown: {self.shown}")

    def interrupts(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def types(self, line: str) -> None:
        os.write(self._descriptor, f"{line}\n".encode())


@pytest.mark.parametrize(("typed", "result"), [("y", "once\n"), ("n not now", "")])
async def test_chat_asks_whoever_sits_at_the_terminal(
    place: Place, model_server: ModelServer, typed: str, result: str
) -> None:
    model_server.script(Reply(LOG), Reply(Say("So be it.")))
    async with serving(place):
        async with terminal(place, "chat", "log it") as there:
            await there.wait_for("echo once >> documents/log.txt")
            await there.wait_for("May it?")
            there.types("what?")
            await until(lambda: there.shows("") and there.shown.count("May it?") == 2, there.shown)
            there.types(typed)
            await there.wait_for("So be it.")
        file = place.home / "documents" / "log.txt"
        assert (file.read_text() if file.exists() else "") == result
        if not result:
            assert "the person has said no: not now" in model_server.requests[-1].tool_results[-1]


async def test_another_pattern_may_be_typed_but_has_to_fit(place: Place, model_server: ModelServer) -> None:
    model_server.script(Reply(LOG), Reply(Say("So be it.")))
    async with serving(place) as daemon, terminal(place, "chat", "log it") as there:
        await there.wait_for("May it?")
        there.types("a git *")
        await there.wait_for("does not fit the pattern")
        await until(lambda: there.shows("") and there.shown.count("May it?") == 2, there.shown)
        there.types("n")
        await there.wait_for("So be it.")
        assert await daemon.get("/api/grants") == []


async def test_who_leaves_is_told_that_the_question_waits(place: Place, model_server: ModelServer) -> None:
    model_server.script(Reply(LOG), Reply(Say("So be it.")))
    async with serving(place) as daemon:
        async with terminal(place, "chat", "log it") as there:
            await there.wait_for("May it?")
            (approval,) = await approvals(daemon)
            there.interrupts()
            await there.wait_for(f"starpod approvals show {approval['id'][:8]}")
        assert [each["id"] for each in await approvals(daemon)] == [approval["id"]]
        await respond(daemon, approval["id"])
        await until((place.home / "documents" / "log.txt").exists)


async def test_chat_ceases_to_ask_what_was_answered_elsewhere(
    place: Place, model_server: ModelServer
) -> None:
    model_server.script(Reply(LOG), Reply(Say("So be it.")))
    async with serving(place) as daemon, terminal(place, "chat", "log it") as there:
        await there.wait_for("May it?")
        (approval,) = await approvals(daemon)
        await respond(daemon, approval["id"], "deny")
        await there.wait_for("not allowed by person admin")
        await there.wait_for("So be it.")


async def test_chat_elsewhere_says_how_to_answer_and_waits(place: Place, model_server: ModelServer) -> None:
    model_server.script(Reply(LOG), Reply(Say("So be it.")))
    async with serving(place) as daemon:
        done: list[str] = []

        async def chat() -> None:
            done.append(await said(place, "chat", "log it"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(chat)
            (approval,) = await approvals(daemon)
            await respond(daemon, approval["id"])
        assert f"starpod approvals show {approval['id'][:8]}" in done[0]
        assert place.file("documents/log.txt") == "once\n"
