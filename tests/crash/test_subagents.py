"""A daemon that is killed again and again while subagents work for a turn."""

import contextlib
import json
import signal
import sqlite3
from pathlib import Path
from typing import Final

import httpx2

from actors.vocabulary import ADMIN
from tests.crash.script import heard, looks_back, text_of
from tests.fakes.model_script import Call, Received, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, serving, start, until

POINTS: Final = (
    "accept.after_commit:2",  # one subagent is stored, and nobody has heard of it
    "MemoryWrite.after_run:1",
    "finish.after_commit:1",  # it has answered, and the turn that waits does not know
    "Agent.after_run:1",
)
"""Where each of the daemons is killed, one after the other, all of them within one turn."""


def rule(request: Received) -> Reply:
    """Two subagents, each of which notes a line and says so."""
    if looks_back(request):
        return Reply(Say("Nothing to remember."))
    pieces = [piece for message in heard(request) for piece in message]
    asked, results = pieces[0].text, [piece.text for piece in pieces if piece.kind == "result"]
    if asked == "go":
        calls = [
            Call("Agent", {"description": f"Part {name}", "prompt": f"note {name}"}, id=f"c{name}")
            for name in "ab"
        ]
        return Reply(Say("Done: both.")) if results else Reply(Say("I ask. "), *calls)
    name = asked.removeprefix("note ")
    note = {"file": f"notes/{name}.md", "content": f"line {name}\n", "append": True}
    return Reply(Say(f"{name} is noted.")) if results else Reply(Call("MemoryWrite", note, id=f"w{name}"))


async def killed(place: Place, point: str, *, begins: bool) -> None:
    """One life of a daemon, to its end at a point."""
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        if begins:
            await daemon.ready()
            with contextlib.suppress(httpx2.TransportError):
                await daemon.chat("go")
        assert await daemon.ended() == -signal.SIGKILL, daemon.log
    finally:
        daemon.process.kill()
        daemon.process.wait()


async def ended(daemon: Daemon, place: Place) -> str:
    """The conversation of the turn, once nothing is left to be done."""
    with contextlib.closing(sqlite3.connect(place.database)) as database:
        unended = "SELECT count(*) FROM turns WHERE state IN ('accepted', 'running')"
        await until(lambda: database.execute(unended).fetchone() == (0,))
        turns = database.execute("SELECT state, outcome FROM turns").fetchall()
        assert turns == [("done", "success")] * 3
    (shown,) = await daemon.get("/api/sessions")
    return str(shown["id"])


async def test_each_of_them_answers_once_however_often_the_daemon_dies(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.rule = rule
    place = Place(tmp_path / "aster", model_server.url, "anthropic").trusting()
    for number, point in enumerate(POINTS):
        await killed(place, point, begins=number == 0)
    async with serving(place) as daemon:
        session = await ended(daemon, place)
        rows = await daemon.get(f"/api/sessions/{session}/messages")
        (turn,) = {row["turn_id"] for row in rows}
        results = [json.loads(row["content"]) for row in rows if row["role"] == "tool_result"]
        assert [(each["content"], each["is_error"]) for each in results] == [
            ("a is noted.", False),
            ("b is noted.", False),
        ]
        assert rows[-1]["content"] == "Done: both."
        subagents = await daemon.get(f"/api/turns/{turn}/subagents")
        assert [(each["call"], each["state"]) for each in subagents] == [("ca", "done"), ("cb", "done")]
    notes = place.inside / "users" / ADMIN / "notes"
    for name in "ab":
        assert (notes / f"{name}.md").read_text(encoding="utf-8") == f"line {name}\n"
    sent = [
        text_of([piece for message in heard(each) for piece in message], "user")
        for each in model_server.requests
    ]
    assert sent.count("go") == 2, "what was stored is not asked for again"
