"""What a start is refused for, each with a word on what to do; and what is not held against it."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.daemons import (
    KEY,
    Daemon,
    Place,
    check_log,
    environment,
    serving,
    starpod,
    start,
    until,
)


async def test_a_second_daemon_is_told_which_process_runs_the_agent(place: Place) -> None:
    async with serving(place) as daemon:
        second = await starpod(place.root, "serve")
        assert second.status == 1
        assert f"process {daemon.pid}" in second.err
        assert daemon.url in second.err
        assert str(place.root) in second.err
        assert "Traceback" not in second.err
        assert daemon.token not in second.err
        assert place.info["pid"] == daemon.pid, "the lock is still the first one's"
        assert place.lock.stat().st_mode & 0o777 == 0o600, "and for the owner's eyes only, like the database"
        assert place.database.stat().st_mode & 0o777 == 0o600
        assert (await daemon.chat("help"))["status"] == 200


async def test_a_port_in_use_is_named_and_the_agent_is_free_again(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        text = place.settings.read_text(encoding="utf-8").replace("127.0.0.1:0", address)
        place.settings.write_text(text, encoding="utf-8")
        refused = await starpod(place.root, "serve")
    assert refused.status == 1
    assert address in refused.err
    assert "Traceback" not in refused.err
    async with serving(place) as daemon:
        assert daemon.address == address


async def test_a_broken_configuration_lists_every_mistake_with_its_line(place: Place) -> None:
    place.settings.write_text(
        'agent_name = "Aster"\nmax_turns = "many"\nprovidr = "offline"\n\n[compaction]\ncontext_budget = 0\n'
        '[providers.openai]\nbase_url = "somewhere"\n',
        encoding="utf-8",
    )
    refused = await starpod(place.root, "serve")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    for line, key in ((2, "max_turns"), (3, "provider"), (6, "context_budget"), (8, "base_url")):
        (told,) = [text for text in refused.err.splitlines() if f"agent.toml:{line}" in text]
        assert key in told
    assert place.info == {}

    place.settings.write_text('agent_name = "Aster\n', encoding="utf-8")
    refused = await starpod(place.root, "serve")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    assert "agent.toml: not valid TOML" in refused.err
    assert "line 1" in refused.err


async def test_a_provider_that_was_named_but_has_no_key_names_the_variable(place: Place) -> None:
    place.configure('provider = "groq"')
    refused = await starpod(place.root, "serve")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    assert "GROQ_API_KEY" in refused.err
    async with serving(place, GROQ_API_KEY=KEY) as daemon:
        assert (await daemon.get("/api/config"))["default_model"].startswith("groq/")


async def test_a_key_of_programs_that_could_be_guessed_is_refused(place: Place) -> None:
    refused = await starpod(place.root, "serve", STARPOD_API_KEY="short")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    assert "STARPOD_API_KEY has 5 characters" in refused.err


async def test_the_lock_of_a_killed_daemon_is_no_obstacle(place: Place) -> None:
    first = await start(place).ready()
    await first.kill()
    assert place.info["pid"] == first.pid, "what it wrote is still there"
    assert (await starpod(place.root, "bus", "tap")).status == 1, "but nobody is behind it"
    async with serving(place) as second:
        assert place.info["pid"] == second.pid
        assert second.token != first.token
    check_log(first)


async def test_it_starts_although_it_cannot_record_whose_turn_is_on_the_processor(place: Place) -> None:
    (place.inside / "black.box").mkdir()
    async with serving(place) as daemon:
        assert (await daemon.chat("hello"))["status"] == 200
        assert "no turn can be found out that kills the process" in daemon.log


async def test_a_folder_without_an_agent_says_how_to_begin(tmp_path: Path) -> None:
    refused = await starpod(tmp_path, "serve")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    assert "starpod init" in refused.err


async def test_a_workspace_is_made_and_its_agent_runs(tmp_path: Path) -> None:
    made = await starpod(tmp_path, "init", "--default")
    assert made.status == 0, made.err
    listed = await starpod(tmp_path, "agent", "list")
    assert listed.status == 0, listed.err
    assert (await starpod(tmp_path, "agent", "new", "scout")).status == 0
    said = await starpod(tmp_path, "chat", "-a", "scout", "note: buy milk")
    assert said.status == 0, said.err
    assert (tmp_path / ".instances/scout/home/documents/buy-milk.md").read_text(
        encoding="utf-8"
    ) == "buy milk"
    assert (tmp_path / ".instances/scout/.starpod/db/session.db").is_file()


async def test_a_stop_during_the_start_is_a_stop(place: Place) -> None:
    daemon = start(place)
    try:
        await until(lambda: place.info.get("pid"))
        daemon.signal(signal.SIGTERM)
        assert await daemon.ended() == 0, daemon.log
        check_log(daemon)
    finally:
        daemon.process.kill()
        daemon.process.wait()


async def test_where_there_is_no_agent_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    nothing = await starpod(tmp_path, "serve")
    assert (nothing.status, nothing.out) == (1, "")
    for command in ("starpod init", "starpod agent new NAME", "starpod dev NAME", "starpod build"):
        assert command in nothing.err
    assert not any(tmp_path.glob("*"))  # noqa: ASYNC240 - a test may look

    assert (await starpod(tmp_path, "init", "--default")).status == 0
    for command in ("serve", "dev"):
        unnamed = await starpod(tmp_path, command)
        assert unnamed.status == 1
        assert "which has none: `starpod agent new NAME`" in unnamed.err
    for name in ("bot", "cat"):
        assert (await starpod(tmp_path, "agent", "new", name)).status == 0
    for command in ("serve", "dev"):
        unnamed = await starpod(tmp_path, command)
        assert unnamed.status == 1
        assert "which has 'bot', 'cat'" in unnamed.err
        assert "starpod dev NAME" in unnamed.err


async def test_the_only_agent_of_a_workspace_needs_no_name(tmp_path: Path) -> None:
    assert (await starpod(tmp_path, "init", "--default")).status == 0
    assert (await starpod(tmp_path, "agent", "new", "bot")).status == 0
    for command in ("serve", "dev"):
        # A port that cannot be had shows that it was about to start.
        (tmp_path / "agents" / "bot" / "agent.toml").write_text('server_addr = "192.0.2.1:3000"\n')
        refused = await starpod(tmp_path, command, *(["--no-open"] if command == "dev" else []))
        assert refused.status == 1
        assert "192.0.2.1" in refused.err
        assert "no agent name" not in refused.err


async def test_an_agent_that_runs_as_its_blueprint_was_says_so(tmp_path: Path) -> None:
    assert (await starpod(tmp_path, "init", "--default")).status == 0
    assert (await starpod(tmp_path, "agent", "new", "bot", "--model", "offline/offline")).status == 0
    fresh = await starpod(tmp_path, "chat", "-a", "bot", "help")
    assert fresh.status == 0, fresh.err
    assert "starpod dev" not in fresh.err

    soul = tmp_path / "agents" / "bot" / "SOUL.md"
    soul.write_text("Now I am somebody else.", encoding="utf-8")
    older = await starpod(tmp_path, "chat", "-a", "bot", "help")
    assert (older.status, older.out) == (0, fresh.out)
    assert "SOUL.md in " in older.err
    assert "`starpod dev bot` applies the change" in older.err


@pytest.mark.parametrize("streams", ["<&-", "2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
async def test_a_process_without_one_of_its_streams_runs_all_the_same(place: Place, streams: str) -> None:
    """What is printed goes nowhere, above all into no file that took the place of the stream."""
    command = f"exec {sys.executable} -m starpod serve {streams}"
    process = subprocess.Popen(["/bin/sh", "-c", command], cwd=place.root, env=environment())  # noqa: ASYNC220
    daemon = Daemon(place, process, place.database)  # it has no log
    try:
        await until(lambda: daemon.reachable or not daemon.running)
        assert (await daemon.chat("hello"))["status"] == 200
        daemon.signal(signal.SIGUSR1)
        assert (await daemon.chat("hello"))["status"] == 200
        process.terminate()
        await until(lambda: not daemon.running)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
    assert place.database.read_bytes().startswith(b"SQLite format 3")


async def test_files_with_a_byte_order_mark_are_read(place: Place) -> None:
    place.settings.write_bytes(b"\xef\xbb\xbf" + place.settings.read_bytes())

    async with serving(place) as daemon:
        assert (await daemon.get("/api/config"))["agent_name"] == "Aster"


async def test_a_soul_that_is_no_text_is_reported_by_the_doctor_and_stops_nobody(place: Place) -> None:
    (place.inside / "config" / "SOUL.md").write_bytes(b"You are J\xfcrgen.")
    (place.inside / "config" / "HEARTBEAT.md").mkdir()
    told = await starpod(place.root, "bus", "doctor")
    assert (told.status, "SOUL.md is not UTF-8 at byte 9" in told.out) == (0, True)
    assert "HEARTBEAT.md could not be read: it is not a file" in told.out

    async with serving(place) as daemon:
        assert (await daemon.chat("hello"))["status"] == 200
        assert "SOUL.md is not UTF-8 at byte 9" in (await starpod(place.root, "bus", "doctor")).out


async def test_the_doctor_names_every_mistake_in_the_settings(place: Place) -> None:
    place.configure("max_turns = 0\nmax_tokens = 0\ngretting = 1")

    told = await starpod(place.root, "bus", "doctor")

    assert told.status == 1
    assert "max_turns: must be >= 1" in told.out
    assert "max_tokens: must be >= 1" in told.out


async def test_the_list_of_conversations_is_the_same_from_the_daemon_and_from_the_disk(place: Place) -> None:
    async with serving(place) as daemon:
        for n in range(3):
            await daemon.chat(f"say {n}", channel_session_key=f"k{n}")
        running = await starpod(place.root, "sessions", "list", "--json", "-l", "1000")
    resting = await starpod(place.root, "sessions", "list", "--json", "-l", "1000")

    assert (running.status, resting.status) == (0, 0)
    assert len(json.loads(running.out)) == 3
    assert json.loads(running.out) == json.loads(resting.out)
