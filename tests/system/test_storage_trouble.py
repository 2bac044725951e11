"""A database that is too new, damaged, cut, locked or may not be written; a disk that is full. Each says what to do."""

import os
import sqlite3
from pathlib import Path

import pytest
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, starpod, start
from tests.system.mounts import filled, read_only, small_disk


@pytest.fixture
async def used(place: Place) -> Place:
    """An agent that was spoken to, and whose daemon was stopped."""
    async with serving(place) as daemon:
        await daemon.chat("note: buy milk")
    return place


async def refused(place: Place, *words: str, commands: tuple[str, ...] = ("serve",)) -> None:
    """No daemon starts; it says why in these words, without a traceback, and the database is as it was."""
    before = place.database.read_bytes() if place.database.is_file() else None
    for command in map(str.split, commands):
        ended = await starpod(place.root, *command)
        assert (ended.status, ended.out) == (1, ""), ended.err
        assert [word for word in words if word not in ended.err] == [], ended.err
        assert str(place.database) in ended.err
        assert "Traceback" not in ended.err
    assert before is None or place.database.read_bytes() == before
    assert place.info == {}


async def test_a_newer_database_is_left_alone(used: Place) -> None:
    with sqlite3.connect(used.database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    words = ("newer version", "Update the program", "99")
    await refused(used, *words, commands=("serve", "chat hello", "sessions list"))


async def test_a_damaged_database_is_left_alone(used: Place) -> None:
    data = bytearray(used.database.read_bytes())
    data[:100] = b"not a database at all".ljust(100, b"!")
    used.database.write_bytes(data)
    await refused(used, "damaged", "backup")


async def test_a_damaged_ledger_of_jobs_costs_only_the_jobs(used: Place) -> None:
    job = {"name": "tea", "prompt": "help", "schedule": {"kind": "interval", "every_ms": 3_600_000}}
    async with serving(used) as daemon:
        assert (await daemon.request("POST", "/api/cron/jobs", json=job)).status_code == 201
    ledger = used.database.with_name("cron.db")
    ledger.write_bytes(b"not a database at all".ljust(5000, b"!"))
    async with serving(used, expect_errors=True) as daemon:
        assert (await daemon.chat("note: buy bread"))["status"] == 200
        assert "damaged" in daemon.log
    assert ledger.read_bytes().startswith(b"not a database")


async def test_a_database_that_was_cut_off_is_left_alone(used: Place) -> None:
    os.truncate(used.database, used.database.stat().st_size // 2)
    await refused(used, "damaged", "backup")


async def test_a_log_whose_database_is_gone_is_left_alone(used: Place) -> None:
    daemon = await start(used).ready()
    await daemon.chat("note: buy bread")
    await daemon.kill()
    log = used.database.with_name("session.db-wal")
    kept = log.read_bytes()
    assert kept
    used.database.unlink()
    await refused(used, "write-ahead log", commands=("serve", "sessions list"))
    assert log.read_bytes() == kept


async def test_a_torn_end_of_the_log_costs_only_what_was_never_acknowledged(used: Place) -> None:
    daemon = await start(used).ready()
    await daemon.chat("note: buy bread")
    await daemon.kill()
    with used.database.with_name("session.db-wal").open("ab") as log:
        log.write(b"\x00half a frame of a power cut" * 40)
    async with serving(used) as daemon:
        titles = {session["title"] for session in await daemon.get("/api/sessions")}
        assert titles == {"note: buy milk", "note: buy bread"}


async def test_what_an_accident_put_beside_a_database_does_not_matter(used: Place) -> None:
    (used.database.parent / "session.db.v1.partial").write_bytes(b"of a snapshot that was cut short")
    async with serving(used) as daemon:
        assert len(await daemon.get("/api/sessions")) == 1


async def test_a_read_only_folder_says_so(used: Place) -> None:
    with read_only(used.database.parent):
        await refused(used, "may not be written", "writable")
    async with serving(used) as daemon:
        assert len(await daemon.get("/api/sessions")) == 1


async def test_a_locked_database_is_waited_for_then_named(used: Place) -> None:
    connection = sqlite3.connect(used.database, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        ended = await starpod(used.root, "serve")
    finally:
        connection.close()
    assert (ended.status, "Traceback" in ended.err) == (1, False)
    assert "locked by another process" in ended.err
    async with serving(used) as daemon:
        assert len(await daemon.get("/api/sessions")) == 1


async def test_a_database_that_has_lost_its_content_is_not_begun_anew(used: Place) -> None:
    os.truncate(used.database, 0)
    await refused(used, "it is empty", "backup", commands=("serve", "chat hello", "sessions list"))


async def test_a_database_that_is_gone_is_not_begun_anew_until_told_to(used: Place) -> None:
    away = used.database.rename(used.database.with_name("away"))
    remedy = ("is gone", "Put it back", "delete session.db.made")
    await refused(used, *remedy, commands=("serve", "chat hello", "sessions list"))
    doctor = await starpod(used.root, "bus", "doctor")
    assert (doctor.status, "is gone" in doctor.out) == (1, True), doctor
    assert not used.database.exists()
    away.rename(used.database)
    async with serving(used) as daemon:
        assert len(await daemon.get("/api/sessions")) == 1
    for file in used.database.parent.iterdir():
        file.unlink()
    async with serving(used) as daemon:
        assert await daemon.get("/api/sessions") == []


async def test_while_its_folder_is_moved_nothing_is_acknowledged_and_doctor_says_why(used: Place) -> None:
    folder = used.database.parent
    async with serving(used, expect_errors=True) as daemon:
        folder.rename(folder.with_name("aside"))
        refusal = await daemon.chat("never lost")
        assert (refusal["status"], "moved, replaced or deleted" in refusal["error"]) == (503, True)
        assert "the database session.db was" in refusal["error"]  # where it lies is nobody's business
        health = await daemon.get("/api/health")
        assert health["actors"]["session"]["state"] == "degraded"
        doctor = await starpod(used.root, "bus", "doctor")
        assert (doctor.status, "moved, replaced or deleted" in doctor.out) == (1, True), doctor
        folder.with_name("aside").rename(folder)
        assert (await daemon.chat("help"))["status"] == 200
        with trio.fail_after(60):  # who follows what was said looks again after a while
            while (await daemon.get("/api/health"))["status"] != "ok":
                await trio.sleep(0.1)


# --- a full disk ----------------------------------------------------------------------------------------------


async def test_on_a_full_disk_a_message_is_refused_and_taken_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2048) as disk:
        place = Place(disk / "aster")
        async with serving(place) as daemon, daemon.socket() as socket:
            before = await daemon.chat("help")
            with filled(disk):
                while (refusal := await daemon.chat("no room for this"))["status"] == 200:
                    pass  # what is left of the last page of the log takes a few more
                assert (refusal["status"], "disk is full" in refusal["error"]) == (503, True)
                await socket.say("message", text="nor this", client_message_id="c")
                (error,) = [f for f in await socket.until("error") if f["type"] == "error"]
                assert (error["code"], error["client_message_id"]) == ("storage_failed", "c")
                health = await daemon.get("/api/health")
                assert (health["status"], health["actors"]["session"]["state"]) == ("degraded", "degraded")
                assert "disk is full" in str(await daemon.get("/api/bus/tree"))
                stored = await daemon.rows(before["session_id"])
                assert stored[0] == ("user", "help")
            await socket.say("message", text="help", client_message_id="c")
            assert (await socket.until("stream_end"))[-1]["outcome"] == "success"
            assert (await daemon.get("/api/health"))["status"] == "ok"


async def test_a_turn_waits_for_room_and_goes_on(tmp_path: Path, model_server: ModelServer) -> None:
    with small_disk(tmp_path / "disk", 2048) as disk:
        place = Place(disk / "aster", model_server.url, "openai")
        long = "word " * 20_000
        full = trio.Event()
        model_server.script(Reply(Say(long), Call("FileList", {}), held=full), Reply(Say("There was room.")))
        async with serving(place) as daemon, daemon.socket() as socket:
            await socket.say("message", text="go", client_message_id="c")
            await socket.until("completion_start")
            with filled(disk):
                full.set()
                frames = await socket.until("notice")
                assert (frames[-1]["kind"], "disk is full" in frames[-1]["text"]) == ("retrying", True)
            frames = await socket.until("stream_end")
            assert frames[-1]["outcome"] == "success"
            rows = await daemon.rows(frames[-1]["session_id"])
            assert [role for role, _ in rows] == ["user", "assistant", "tool_use", "tool_result", "assistant"]
            assert len(model_server.requests) == 2


async def test_a_full_disk_at_the_start_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8192) as disk:
        place = Place(disk / "aster")
        with filled(disk):
            refused = await starpod(place.root, "serve")
        assert refused.status == 1
        assert "Traceback" not in refused.err
        assert "full" in refused.err or "No space left" in refused.err
        async with serving(place) as daemon:
            assert (await daemon.chat("help"))["status"] == 200
