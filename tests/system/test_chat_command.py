"""``starpod chat`` and ``starpod sessions list``: with a daemon, without one, without an agent."""

import json
import signal
from pathlib import Path

import trio

from tests.fakes.model_script import Refuse, Reply, Say, Wait
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, launch, serving, starpod, start, until


async def test_without_a_daemon_it_opens_the_agent_itself_and_what_was_said_stays(place: Place) -> None:
    said = await starpod(place.root, "chat", "note:", "buy milk")
    assert said.status == 0, said.err
    assert "documents/buy-milk.md" in said.out
    assert "⚙ FileWrite" in said.err
    assert "⚙" not in said.out
    assert place.file("documents/buy-milk.md") == "buy milk"
    assert place.info == {}, "the lock is free again"

    listed = await starpod(place.root, "sessions", "list", "--json")
    (session,) = json.loads(listed.out)
    assert (session["title"], session["message_count"]) == ("note: buy milk", 1)

    async with serving(place) as daemon:
        assert [each["id"] for each in await daemon.get("/api/sessions")] == [session["id"]]
        more = await starpod(place.root, "chat", "--session", session["id"], "read documents/buy-milk.md")
        assert (more.status, "buy milk" in more.out) == (0, True)
        assert (await daemon.get(f"/api/sessions/{session['id']}"))["message_count"] == 2
        while_it_runs = await starpod(place.root, "sessions", "list", "--json")
        assert [each["message_count"] for each in json.loads(while_it_runs.out)] == [2]
        for_people = await starpod(place.root, "sessions", "list")
        assert session["id"][:8] in for_people.out
        assert "[open]" in for_people.out

        saved = await starpod(place.root, "sessions", "export", session["id"][:8])
        assert saved.out.startswith("# note: buy milk\n")
        page = place.root / "milk.html"
        told = await starpod(
            place.root, "sessions", "export", session["id"], "--format", "html", "-o", str(page)
        )
        assert (told.status, "milk.html: " in told.out) == (0, True), told.err
        assert '<h1 dir="auto">note: buy milk</h1>' in page.read_text(encoding="utf-8")
        missing = await starpod(place.root, "sessions", "export", "nobody")
        assert (missing.status, missing.out) == (1, "")
        assert "not saved:" in missing.err
        nowhere = await starpod(place.root, "sessions", "export", session["id"], "-o", "/dev/null/x")
        assert (nowhere.status, "cannot be written" in nowhere.err) == (1, True)
    alone = await starpod(place.root, "sessions", "export", session["id"])
    assert (alone.status, "no daemon runs" in alone.err) == (1, True)


async def test_in_an_empty_directory_a_temporary_agent_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    temporary, here = tmp_path / "temporary", tmp_path / "here"
    temporary.mkdir()
    here.mkdir()
    said = await starpod(here, "chat", "note: buy milk", TMPDIR=str(temporary), STARPOD_LOG="debug")
    if "ollama" not in said.err:  # somebody's own Ollama may answer anything
        assert said.status == 0, said.err
        assert "documents/buy-milk.md" in said.out
    assert "temporary" in said.err
    assert list(here.iterdir()) == []
    assert list(temporary.iterdir()) == []


async def test_an_agent_that_was_named_is_not_replaced_by_a_temporary_one(tmp_path: Path) -> None:
    said = await starpod(tmp_path, "chat", "-a", "aster", "hello")
    assert said.status == 1
    assert "aster" in said.err or "starpod init" in said.err
    assert "Traceback" not in said.err


async def test_events_come_as_lines_of_json_and_the_message_from_standard_input(place: Place) -> None:
    said = await starpod(place.root, "chat", "--json", "-", stdin="write documents/a.md: one\ntwo")
    assert said.status == 0, said.err
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["type"] for event in events][:2] == ["hello", "accepted"]
    assert [event["source"] for event in events if event["type"] == "stream_start"] == ["cli"]
    assert events[-1]["type"] == "stream_end"
    assert place.file("documents/a.md") == "one\ntwo"


async def test_the_status_says_how_it_went(place: Place) -> None:
    nothing = await starpod(place.root, "chat", "-", stdin=" \n")
    assert (nothing.status, nothing.out) == (1, "")
    assert "nothing to say" in nothing.err
    unknown = await starpod(place.root, "chat", "--session", "nowhere", "hello")
    assert (unknown.status, unknown.out) == (1, "")
    assert "nowhere" in unknown.err
    model = await starpod(place.root, "chat", "--model", "anthropic/other", "hello")
    assert (model.status, model.out) == (1, "")
    assert "offline/" in model.err
    silent = await starpod(place.root, "chat")
    assert (silent.status, silent.out) == (1, "")
    assert "nothing to say" in silent.err
    assert (await starpod(place.root, "sessions", "list", "--limit", "0")).status == 1
    assert json.loads((await starpod(place.root, "sessions", "list", "--json")).out) == []


async def test_a_turn_that_fails_is_a_failure_of_the_command(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    model_server.script(Refuse(status=401, message="wrong key"), Reply(Say("Hello.")))
    refused = await starpod(place.root, "chat", "hello", **place.variables)
    assert (refused.status, refused.out) == (1, "")
    assert "refused the key" in refused.err
    assert "ANTHROPIC_API_KEY" in refused.err
    good = await starpod(place.root, "chat", "hello", **place.variables)
    assert (good.status, good.out) == (0, "Hello.\n")


async def test_interrupted_it_leaves_no_temporary_agent_behind(tmp_path: Path) -> None:
    temporary, here = tmp_path / "temporary", tmp_path / "here"
    temporary.mkdir()
    here.mkdir()
    complaint = tmp_path / "complaint"
    with complaint.open("wb") as file:
        files = (file.fileno(), file.fileno(), file.fileno())
        process = launch(here, "chat", "hello", streams=files, variables={"TMPDIR": str(temporary)})
    await until(lambda: list(temporary.glob("starpod-*")) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    await until(lambda: process.poll() is not None)
    assert process.returncode == 130, complaint.read_text(encoding="utf-8")
    assert "Traceback" not in complaint.read_text(encoding="utf-8")
    assert list(temporary.iterdir()) == []


async def _follows(daemon: Daemon) -> bool:
    """Whether somebody has been told what is said in a conversation, and is told what comes."""
    classes = (await daemon.get("/api/bus/latency"))["classes"]
    return any(row["type"].startswith("agent.Follow@") for row in classes)


async def test_a_daemon_that_is_killed_in_the_middle_of_an_answer_and_comes_back_finishes_it(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    back = trio.Event()
    model_server.script(Reply(Say("One, "), Wait(60)), Reply(Say("One, two, three."), held=back))
    first = start(place)
    out, err = tmp_path / "out", tmp_path / "err"
    try:
        await first.ready()
        with out.open("wb") as file, err.open("wb") as complaints:
            files = (file.fileno(), file.fileno(), complaints.fileno())
            chat = launch(place.root, "chat", "count", streams=files, variables=place.variables)
        await until(lambda: "One, " in out.read_text(encoding="utf-8") or chat.poll() is not None)
        await first.kill()
        async with serving(place) as second:
            while not await _follows(second) and chat.poll() is None:
                await trio.sleep(0.01)
            back.set()
            await until(lambda: chat.poll() is not None)
            said = err.read_text(encoding="utf-8")
            assert chat.returncode == 0, said
            assert out.read_text(encoding="utf-8") == "One, \nOne, two, three.\n"
            assert "waiting up to 10 s for the agent to come back" in said
            assert "begins again" in said
            assert [each["message_count"] for each in await second.get("/api/sessions")] == [1]
    finally:
        await first.kill()


async def test_a_message_said_again_under_its_id_is_no_second_one_and_its_answer_is_printed(
    place: Place,
) -> None:
    first = await starpod(place.root, "chat", "--message-id", "milk", "note:", "buy milk")
    again = await starpod(place.root, "chat", "--message-id", "milk", "note:", "buy milk")
    assert (first.status, again.status) == (0, 0), again.err
    assert again.out == first.out
    listed = await starpod(place.root, "sessions", "list", "--json")
    assert [each["message_count"] for each in json.loads(listed.out)] == [1]
    events = await starpod(place.root, "chat", "--json", "--message-id", "milk", "note: buy milk")
    assert json.loads(events.out.splitlines()[-1])["type"] == "answer"
    assert (await starpod(place.root, "chat", "--message-id", "x" * 201, "hello")).status == 1
