"""Told to stop, a daemon stops: in order, at once when idle, and without losing what it was doing."""

import signal
import time
from pathlib import Path

import pytest
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, start, start_held, until


async def test_an_idle_daemon_stops_well_within_a_second(place: Place) -> None:
    async with serving(place) as daemon:
        await daemon.chat("help")
        begun = time.monotonic()
        assert await daemon.stop() == 0
        assert time.monotonic() - begun < 10.0, (
            "seconds on a busy machine; on an idle one a tenth of a second"
        )
        assert not place.database.with_name("session.db-wal").exists(), "the database was closed"
        assert place.info == {}
    async with serving(place) as daemon:
        assert len(await daemon.get("/api/sessions")) == 1


async def test_interrupted_from_the_keyboard_it_tells_its_clients_to_come_again(place: Place) -> None:
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.hear()
        daemon.signal(signal.SIGINT)
        assert await socket.close_code() == 1012
        assert await daemon.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_told_so_while_it_starts_it_does_not_start_any_further(place: Place, number: int) -> None:
    daemon = start(place)
    try:
        await until(lambda: place.info.get("pid") == daemon.pid)
        daemon.signal(number)
        assert await daemon.ended() == 0, daemon.log
    finally:
        daemon.process.kill()
        daemon.process.wait()
    assert "is running" not in daemon.log
    assert daemon.errors == []
    assert place.info == {}
    async with serving(place) as again:
        assert (await again.chat("help"))["status"] == 200


async def test_a_running_turn_reaches_a_boundary_and_goes_on_after_the_restart(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    write = Call("FileWrite", {"path": "documents/a.md", "content": "one"})
    told = trio.Event()
    model_server.script(Reply(Say("First."), write, held=told, delay=0.5), Reply(Say("Second.")))
    async with serving(place) as daemon:
        async with daemon.socket() as socket:
            await socket.say("message", text="go", channel_session_key="k", client_message_id="c")
            (accepted,) = [f for f in await socket.until("completion_start") if f["type"] == "accepted"]
            await model_server.wait_for(lambda server: len(server.requests) == 1)
            daemon.signal(signal.SIGTERM)
            assert await socket.close_code() == 1012
            told.set()
            assert await daemon.ended() == 0
        assert "message lost" not in daemon.log
        assert len(model_server.requests) == 1, (
            "the answer that was under way was taken, no other was asked for"
        )
    async with serving(place) as daemon:
        again = await daemon.chat("go", channel_session_key="k", client_message_id="other", mode="queue")
        rows = await daemon.rows(accepted["session_id"])
        said = [content for role, content in rows if role in {"user", "assistant"}]
        assert said[:3] == ["go", "First.", "Second."]
        assert again["status"] == 200
        assert [role for role, _ in rows].count("tool_result") == 1
    assert model_server.requests[1].tool_results == ["Successfully wrote documents/a.md"]


async def test_a_second_signal_stops_at_once_and_the_turn_is_resumed(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    model_server.script(Reply(Say("Never."), delay=600.0), Reply(Say("Now.")))
    daemon = await start(place).ready()
    try:
        async with daemon.socket() as socket:
            await socket.say("message", text="go", client_message_id="c")
            (accepted,) = [f for f in await socket.until("completion_start") if f["type"] == "accepted"]
            await model_server.wait_for(lambda server: len(server.requests) == 1)
            daemon.signal(signal.SIGTERM)
            assert await socket.close_code() == 1012
        assert daemon.running, "it waits for the turn to reach a boundary"
        begun = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended() == 0, daemon.log
        assert time.monotonic() - begun < 10.0, "the turn would have been waited for 20 seconds"
        assert "stopping at once" in daemon.log
        assert "message lost" not in daemon.log, "it is stored, and the next start takes it up"
    finally:
        daemon.process.kill()
        daemon.process.wait()
    async with serving(place) as daemon:
        async with daemon.socket() as socket:
            await socket.say("resume", session_id=accepted["session_id"], after_seq=0)
            assert (await socket.until("stream_end"))[-1]["text"] == "Now."
        assert [role for role, _ in await daemon.rows(accepted["session_id"])] == ["user", "assistant"]


async def test_a_second_signal_stops_at_once_wherever_the_start_is_by_then(
    tmp_path: Path, model_server: ModelServer
) -> None:
    """A turn that the start takes up again is waited for, as any other, by who is told to stop once."""
    place = Place(tmp_path / "aster", model_server.url, "openai")
    model_server.script(*[Reply(Say("Never."), delay=600.0)] * 3)
    async with serving(place, expect_errors=True) as daemon, daemon.socket() as socket:
        await socket.say("message", text="go", client_message_id="c")
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        await daemon.kill()
    for requests, point in enumerate(("starting", "listening"), 2):
        log = await _told_twice(place, point, model_server, requests)
        assert "stopping at once" in log, point
        assert "is running" not in log
        assert place.info == {}


async def _told_twice(place: Place, point: str, model_server: ModelServer, requests: int) -> str:
    """What a daemon says that is told to stop twice at some point, while the model has heard so many requests."""
    held = start_held(place, point)
    try:
        await until(lambda: "held\n" in held.log or not held.running)
        await model_server.wait_for(lambda server: len(server.requests) == requests)
        held.signal(signal.SIGTERM)
        held.signal(signal.SIGINT)
        assert await held.ended() == 0, held.log
    finally:
        held.process.kill()
        held.process.wait()
    return held.log
