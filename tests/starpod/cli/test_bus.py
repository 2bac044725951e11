"""``starpod bus`` against a daemon in a process of its own."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any, final

import pytest
import trio

from actors.session import messages as session
from bus import wire_name
from tests.bench.daemons import Instance, chat, environment, instance
from tests.system.daemons import Ended, starpod

PATIENCE = 60.0
"""Seconds that a test waits for another process."""


@final
class Console:
    """Runs ``starpod bus`` in the folder of an agent."""

    def __init__(self, agent: Instance, address: str) -> None:
        self.agent = agent
        self.address = address

    def told(self, *arguments: str, status: int) -> str:
        """What an action prints that ends with this status."""
        done = self._done(arguments, "")
        assert done.status == status, done.out + done.err
        return done.out

    def run(self, *arguments: str, status: int = 0, stdin: str = "") -> str:
        """What an action prints; its errors when it is to fail."""
        done = self._done(arguments, stdin)
        assert done.status == status, done.out + done.err
        return done.err if status else done.out

    def _done(self, arguments: tuple[str, ...], stdin: str) -> Ended:
        return trio.run(
            partial(starpod, self.agent.folder, "bus", *arguments, stdin=stdin, STARPOD_LOG="error")
        )

    def json(self, *arguments: str) -> Any:
        """What an action prints with ``--json``."""
        return json.loads(self.run(*arguments, "--json"))

    def say(self, text: str) -> str:
        """One message; the id of its turn."""
        return str(chat(self.address, text)["turn_id"])


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Generator[Console]:
    """A console for a daemon that all tests of this file share; none of them harms it."""
    with instance(tmp_path_factory.mktemp("agent")) as agent:
        yield Console(agent, agent.start())


# --- looking ----------------------------------------------------------------------------------------------


def test_latencies_are_told_the_slowest_first(console: Console) -> None:
    console.say("help")
    lines = console.run("latency").splitlines()
    assert lines[0].split()[:4] == ["ACTOR", "MESSAGE", "COUNT", "NOT"]
    row = next(line for line in lines if "session.Accept" in line)
    assert row.startswith("session")
    by_name = console.run("latency", "--sort", "name").splitlines()[1:]
    assert by_name == sorted(by_name, key=lambda line: line.split()[:2])
    found = console.json("latency")
    kinds = {row["type"].partition("@")[0] for row in found["classes"]}
    assert kinds >= {"session.Accept", "llm.Complete"}
    edges = [line.split()[:4] for line in console.run("latency", "--edges").splitlines()]
    assert ["conductor", "→", "session", "session.Accept"] in edges


def test_top_shows_every_actor_once_in_a_pipe(console: Console) -> None:
    console.say("help")
    lines = console.run("top").splitlines()
    assert re.match(r"ready  up .* none lost  loop late by .* +http://127\.0\.0\.1:\d+$", lines[0])
    actors = [line.split()[0] for line in lines if line and not line.startswith(("ready", "ACTOR"))]
    assert actors[:4] == ["session", "users", "vault", "memory"]
    assert actors.index("settings") < actors.index("llm") < actors.index("tools")
    assert actors[-1] == "instances"
    assert any(re.fullmatch(r"conversation\[[0-9a-f-]{8}\]", actor) for actor in actors)
    assert {actor["name"] for actor in console.json("top")["actors"]} >= {"session", "gateway"}


def test_the_tree_names_supervisors_and_actors(console: Console) -> None:
    lines = console.run("tree").splitlines()
    assert lines[0] == "root  ready  rest_for_one"
    assert lines[-1] == "   └─ instances  ready"
    assert console.json("tree")["name"] == "root"


def test_a_turn_is_traced_from_the_disk_and_from_the_recorder(console: Console) -> None:
    turn = console.say("list my files")
    shown = console.run("trace", turn[:8])
    assert f"turn {turn[:8]}  done" in shown
    for word in (
        "list my files",
        "FileList",
        "agent.Accept",
        "session.Begin",
        "tools.FileList",
        "llm.Complete",
    ):
        assert word in shown
    found = console.json("trace", turn)
    assert found["turns"][0]["id"] == turn
    (accept,) = [message for message in found["messages"] if message["type"] == "agent.Accept"]
    caused = {message["type"] for message in found["messages"] if message["cause"] == accept["seq"]}
    assert caused == {"session.Accept", "agent.Deliver"}
    assert "no turn, session or trace begins with 'zzz'" in console.run("trace", "zzz", status=1)


def test_a_turn_is_listed_and_shown(console: Console) -> None:
    turn = console.say("help")
    listed = console.json("turns", "--state", "all", "--limit", "1")
    assert [each["id"] for each in listed] == [turn]
    assert turn[:8] in console.run("turns", "--state", "all")
    assert "help" in console.run("turns", "show", turn[:8])
    assert "ℹ none" in console.run("turns", "--state", "parked")


def test_an_actor_is_described(console: Console) -> None:
    console.say("help")
    shown = console.run("describe", "session")
    assert "session.Accept" in shown
    assert "largest_group" in shown
    assert console.json("describe", "conversation")["members"]
    assert "did you mean 'session'" in console.run("describe", "sesion", status=1)


def test_messages_are_listed_and_one_is_described(console: Console) -> None:
    assert "agent.TurnEnded" in console.run("messages")
    shown = console.run("messages", "session.Get")
    assert "request to session · answers Session · within 10 s" in shown
    assert "required" in shown
    assert {each["name"].partition(".")[0] for each in console.json("messages", "llm")} == {"llm"}
    assert "did you mean session.Get" in console.run("messages", "session.Gett", status=1)


def test_a_graph_goes_into_a_pipe_as_mermaid(console: Console) -> None:
    console.say("help")
    lines = console.run("graph").splitlines()
    assert lines[0] == "flowchart LR"
    assert any('n_conductor["conductor"] -->|' in line for line in lines)
    assert console.json("graph", "--seconds", "60")["edges"]


# --- tapping ----------------------------------------------------------------------------------------------


def test_a_tap_looks_back_and_ends_at_its_limit(console: Console) -> None:
    console.say("help")
    out = console.run("tap", "type=session.Accept", "--since", "600", "--limit", "1", "--tree")
    event = json.loads(out)
    assert (event["type"], event["outcome"]) == (wire_name(session.Accept), "ok")


def test_a_filter_with_a_slip_is_explained(console: Console) -> None:
    assert "did you mean 'type'" in console.run("tap", "typ=x", status=1)


# --- acting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", "session.List"],
        ["suspend", "llm"],
        ["resume", "llm"],
        ["restart", "llm"],
        ["dead", "resend", "1"],
        ["turns", "retry", "x"],
        ["turns", "cancel", "x"],
    ],
)
def test_nothing_is_changed_unless_it_is_meant(console: Console, arguments: list[str]) -> None:
    assert "say that you mean it with --write" in console.run(*arguments, status=1)


def test_a_message_is_sent_and_its_reply_printed(console: Console) -> None:
    console.say("help")
    (found,) = json.loads(console.run("send", "session.List", '{"user": "admin", "limit": 1}', "--write"))
    assert found["title"] == "help"
    again = console.run("send", "session.List", "-", "--write", stdin='{"user": "admin", "limit": 1}')
    assert json.loads(again) == [found]
    assert console.json("send", "llm.Models", "--write")["type"] == "llm.Models@1"
    assert "did you mean 'session.List'" in console.run("send", "session.Lst", "--write", status=1)
    assert "no JSON" in console.run("send", "session.List", "{", "--write", status=1)
    assert "is a stream" in console.run("send", "llm.Complete", '{"messages": []}', "--write", status=1)


def test_an_actor_is_suspended_resumed_and_restarted(console: Console) -> None:
    assert "llm takes no more work" in console.run("suspend", "llm", "--write")
    try:
        findings = console.json("doctor")["findings"]
        assert [each["what"] for each in findings if each["level"] == "note"] == ["llm is suspended"]
        assert "llm  suspended" in console.run("tree")
    finally:
        assert "takes work again" in console.run("resume", "llm", "--write")
    assert "llm was restarted" in console.run("restart", "llm", "--write")
    assert console.json("describe", "llm")["incarnation"] == 2


def test_the_gateway_is_restarted_under_our_hands(console: Console) -> None:
    before = console.json("describe", "gateway")["incarnation"]
    assert console.json("restart", "gateway", "--write") == {"name": "gateway", "complete": False}
    after = console.json("describe", "gateway")
    assert (after["incarnation"], after["state"]) == (before + 1, "ready")
    console.address = after["own"]["address"]


def test_a_lost_message_is_shown_and_sent_again(console: Console) -> None:
    console.run("suspend", "tools", "--write")
    console.run("send", "tools.FileList", '{"user": "admin"}', "--write", "--patience", "0.5", status=1)
    console.run("resume", "tools", "--write")
    letter = console.json("dead", "--to", "tools")["letters"][0]
    assert (letter["type"], letter["reason"]) == ("tools.FileList@2", "abandoned")
    number = str(letter["seq"])
    assert "abandoned" in console.run("dead")
    assert '"path"' in console.run("dead", "show", number)
    sent = console.json("dead", "resend", number, "--write")
    assert (sent["type"], sent["trace"]) == ("tools.FileList@2", letter["trace"])


def test_a_turn_is_said_again_and_a_done_one_not_cancelled(console: Console) -> None:
    turn = console.say("help")
    assert "nothing to cancel: it is done" in console.run("turns", "cancel", turn[:8], "--write")
    again = console.json("turns", "retry", turn[:8], "--write")
    assert again["how"] == "repeated"
    assert again["turn"] != turn
    assert "there is no turn 'zzz'" in console.run("turns", "retry", "zzz", "--write", status=1)


# --- doctor -----------------------------------------------------------------------------------------------


def report(agent: Instance, at: str) -> None:
    folder = agent.folder / ".starpod" / "crashes"
    folder.mkdir(exist_ok=True)
    (folder / "x.json").write_text(json.dumps({"at": at, "reason": "restart_limit: llm"}))


def test_a_doctor_examines_a_daemon_that_runs_one_that_does_not_and_what_was_left(tmp_path: Path) -> None:
    with instance(tmp_path) as agent:
        console = Console(agent, agent.start())
        console.say("help")
        assert console.json("doctor")["healthy"]
        agent.kill()

        said = console.json("doctor")
        assert said["healthy"]
        whats = [finding["what"] for finding in said["findings"]]
        assert "was killed" in whats[0]
        assert "session.db can be read" in whats
        assert "no daemon runs" in console.run("tree", status=1)
        assert "session.Accept" in console.run("messages")

        database = agent.folder / ".starpod" / "db" / "session.db"
        for log in database.parent.glob("session.db-*"):
            log.unlink()
        database.write_bytes(b"nonsense" * 1000)
        said = console.told("doctor", status=1)
        assert "session.db is damaged or not a database" in said


def test_a_crash_report_is_news_until_the_agent_runs_again(tmp_path: Path) -> None:
    with instance(tmp_path) as agent:
        console = Console(agent, "")
        report(agent, "2026-01-01T00:00:00+00:00")
        said = console.told("doctor", status=1)
        assert "the agent gave up" in said
        assert "restart_limit: llm" in said
        (agent.folder / ".starpod" / "crashes" / "x.json").write_text("{")
        assert "its report cannot be read" in console.told("doctor", status=1)
        report(agent, "2026-01-01T00:00:00+00:00")
        agent.start()
        assert "the agent gave up" in console.told("doctor", status=0)


# --- on a terminal ----------------------------------------------------------------------------------------


@final
class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, console: Console, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "starpod", "bus", *arguments],
            cwd=console.agent.folder,
            env=environment(TERM="xterm", COLUMNS="100", LINES="30"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def until(self, holds: Callable[[str], bool]) -> str:
        """Read until something is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while not holds(self.seen):
            assert time.monotonic() < deadline, self.seen
            self._read(0.2)
        return self.seen

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other end has gone
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def end(self) -> int:
        """Wait for the end, reading what is still said."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
            self._read(0.1)
        while self._read(0.1) and select.select([self._master], [], [], 0)[0]:
            pass
        os.close(self._master)
        return self.process.returncode


def frames(seen: str) -> int:
    """How often the screen was drawn."""
    return seen.count("\x1b[H")


@pytest.mark.parametrize("leave", ["q", "signal"])
def test_top_refreshes_in_place_and_leaves_the_terminal_as_it_was(console: Console, leave: str) -> None:
    terminal = Terminal(console, "top")
    seen = terminal.until(lambda seen: frames(seen) >= 2)
    assert seen.startswith("\x1b[?1049h\x1b[?25l")
    assert "conductor" in seen
    assert "\x1b[32mready\x1b[0m" in seen
    terminal.press("x")
    terminal.until(lambda seen: frames(seen) >= 3)
    if leave == "q":
        terminal.press("q")
    else:
        terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 0
    assert terminal.seen.endswith("\x1b[?25h\x1b[?1049l")


def test_a_tap_on_a_terminal_is_for_people(console: Console) -> None:
    terminal = Terminal(console, "tap", "type=session.Accept", "--tree")
    terminal.until(lambda seen: "Ctrl-C ends it" in seen)
    console.say("help")
    seen = terminal.until(lambda seen: "replied" in seen)
    assert "session.Accept" in seen
    assert "took" in seen
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
