"""``starpod bus tap`` on a running daemon: lines of JSON in a pipe, colours on a terminal, filters, limits, masks."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from actors.session import messages as session
from bus import wire_name
from tests.system.daemons import Daemon, Place, Process, environment, launch, serving, starpod, until

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Tap:
    """A tap that runs."""

    def __init__(self, process: Process, output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def text(self) -> str:
        return self._output.read_text(encoding="utf-8")

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it has shown, the versions of types left out."""
        events = [json.loads(line) for line in self.text.splitlines() if line.endswith("}")]
        return [{**event, "type": event.get("type", "").partition("@")[0]} for event in events]

    async def status(self) -> int:
        await until(lambda: self.process.poll() is not None, self.text)
        return self.process.wait()

    async def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return await self.status()


async def _copy(source: int, target: Path) -> None:
    """Write all that comes out of a terminal to a file, until nobody holds the other end."""
    async with trio.lowlevel.FdStream(source) as stream:
        while True:
            try:
                data = await stream.receive_some()
            except trio.BrokenResourceError:  # how a terminal ends
                return
            if not data:
                return
            with target.open("ab") as file:
                file.write(data)


@asynccontextmanager
async def tapping(
    daemon: Daemon, *arguments: str, terminal: bool = False, **variables: str
) -> AsyncGenerator[Tap]:
    """A tap, once the daemon has it."""
    output = daemon.place.root / f"tap-{len(list(daemon.place.root.glob('tap-*')))}"
    output.touch()
    ours, its = pty.openpty() if terminal else (None, os.open(output, os.O_WRONLY))
    process = launch(
        daemon.place.root, "bus", "tap", *arguments, streams=(its, its, its), variables=variables
    )
    os.close(its)
    tap = Tap(process, output)
    try:
        async with trio.open_nursery() as nursery:
            if ours is not None:
                nursery.start_soon(_copy, ours, output)
            await _attached(daemon, tap)
            yield tap
            process.kill()
    finally:
        process.kill()
        process.wait()


async def _attached(daemon: Daemon, tap: Tap) -> None:
    """Make traffic that every tap of these tests shows, until it shows some; not more than it may show a second."""
    while "session.List" not in tap.text and tap.process.poll() is None:
        await daemon.get("/api/sessions")
        await trio.sleep(0.1)


async def test_in_a_pipe_every_message_of_a_turn_is_a_line_of_json(place: Place) -> None:
    async with serving(place) as daemon, tapping(daemon, "--rate", "10000") as tap:
        answer = await daemon.chat("note: buy milk")
        await until(lambda: "agent.TurnEnded" in tap.text, "the end of the turn is not shown")
        assert await tap.interrupt() == 130
        assert "\x1b" not in tap.text
        sent = [event for event in tap.events if event["point"] == "sent"]
        kinds = [event["type"] for event in sent]
        asked = [kind for kind in kinds if not kind.startswith(("session.List", "session.Get"))]
        wanted = ["agent.Accept", "session.Accept", "agent.Deliver", "session.Begin", "llm.Complete"]
        wanted += ["session.SaveCompletion", "tools.FileWrite", "session.SaveResult", "session.Finish"]
        assert [kind for kind in wanted if kind not in asked] == []
        assert [asked.index(kind) for kind in wanted] == sorted(asked.index(kind) for kind in wanted)
        of_turn = [event for event in tap.events if event.get("baggage", {}).get("turn") == answer["turn_id"]]
        assert {event["baggage"]["session"] for event in of_turn} == {answer["session_id"]}
        assert len({event["trace"] for event in of_turn}) == 1
        assert not any("body" in event for event in tap.events)


def _line_with(tap: Tap, *words: str) -> str:
    """The first line that has these words and is whole; empty when there is none yet."""
    lines = tap.text.rpartition("\n")[0].splitlines()
    return next((line for line in lines if all(word in line for word in words)), "")


async def test_on_a_terminal_it_is_lines_in_colour(place: Place) -> None:
    async with serving(place) as daemon:
        async with tapping(daemon, "type=session.*", terminal=True, TERM="xterm-256color") as tap:
            await daemon.chat("help")
            await until(lambda: _line_with(tap, "session.Finish", "replied"))
            assert "tapping 127.0.0.1:" in tap.text.splitlines()[0]
            finish = _line_with(tap, "session.Finish", "replied")
            assert "\x1b[32mreplied" in finish
            assert re.search(r"\d\d:\d\d:\d\d(\.\d{3})? replied +\S+ +→ session ", ANSI.sub("", finish)), (
                finish
            )
            assert await tap.interrupt() == 130
        async with tapping(daemon, terminal=True, NO_COLOR="1") as tap:
            assert "\x1b[" not in tap.text


async def test_a_filter_shows_only_what_fits_and_the_limit_ends_it(place: Place) -> None:
    async with serving(place) as daemon:
        words = ["type=session.*", "point=replied", "!type=session.Get"]
        async with tapping(daemon, *words, "--limit", "4") as tap:
            await daemon.chat("help")
            assert await tap.status() == 0
            assert len(tap.events) == 4
            for event in tap.events:
                assert event["point"] == "replied"
                assert event["type"].startswith("session.")


async def test_the_past_is_shown_from_the_flight_recorder(place: Place) -> None:
    async with serving(place) as daemon:
        await daemon.chat("help")
        tapped = await starpod(
            place.root, "bus", "tap", "type=session.Accept", "--since", "600", "--limit", "1"
        )
        assert tapped.status == 0, tapped.err
        assert json.loads(tapped.out)["type"] == wire_name(session.Accept)


async def test_bodies_are_shown_with_what_is_secret_masked(place: Place) -> None:
    secret = "sk-ant-REDACTED"
    async with serving(place) as daemon, tapping(daemon, "type=session.*", "--body") as tap:
        await daemon.chat(f"my key is {secret}, keep it")
        await until(lambda: "session.Finish" in tap.text)
        accept = next(event for event in tap.events if event["type"] == "session.Accept" and "body" in event)
        assert accept["body"]["incoming"]["text"] == "my key is •••, keep it"
        assert secret not in tap.text


async def test_a_filter_that_cannot_be_read_says_what_is_wrong(place: Place) -> None:
    async with serving(place) as daemon:
        for word in ("typ=session.*", "took>fast", "point=seen"):
            tapped = await starpod(place.root, "bus", "tap", word)
            assert (tapped.status, tapped.out) == (1, "")
            assert word[:4] in tapped.err
            assert "Traceback" not in tapped.err
        assert daemon.running


async def test_without_a_daemon_it_says_how_to_start_one(place: Place) -> None:
    tapped = await starpod(place.root, "bus", "tap")
    assert (tapped.status, tapped.out) == (1, "")
    assert "no daemon runs" in tapped.err
    assert "starpod serve" in tapped.err


def _until_first_line(place: Place) -> subprocess.Popen[str]:
    return subprocess.Popen(
        f"{sys.executable} -m starpod bus tap | head -n 1",
        shell=True,
        cwd=place.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_it_ends_well_when_the_daemon_stops_and_when_nobody_reads(place: Place) -> None:
    async with serving(place) as daemon:
        async with tapping(daemon) as tap:
            reader = _until_first_line(place)
            while reader.poll() is None:
                await daemon.get("/api/sessions")
                await trio.sleep(0.1)
            out, complaint = reader.communicate()
            assert (json.loads(out)["seq"] > 0, complaint) == (True, "")
            assert await daemon.stop() == 0
            assert await tap.status() == 0


async def test_only_the_operator_may_tap(place: Place) -> None:
    async with serving(place) as daemon:
        headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        headers["sec-websocket-key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        for token in ({"authorization": ""}, {"authorization": "Bearer wrong"}):
            answer = await daemon.request("GET", "/api/bus/tap", headers={**headers, **token})
            assert answer.status_code == 401
            assert "error" in answer.json()
