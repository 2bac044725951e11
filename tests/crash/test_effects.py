"""What becomes of a tool call, of a completion and of a poisonous turn when the process dies: case by case."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.crash.script import Piece, heard, model
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Json, Place, serving, start

FILE = "documents/s0/a.md"


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer) -> Place:
    """An agent whose home holds a file already."""
    model_server.rule = model(0.0)
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    (place.home / FILE).parent.mkdir(parents=True)
    (place.home / FILE).write_text("before", encoding="utf-8")
    return place


async def ask(daemon: Daemon, text: str) -> Json:
    """The same request each time, as a client repeats it that had no answer."""
    answer = await daemon.request("POST", "/api/chat", json={"text": text}, headers={"Idempotency-Key": text})
    return {"status": answer.status_code, **answer.json()}


async def killed_at(place: Place, point: str, text: str | None = None) -> None:
    """One life of the daemon, which dies at this point of the message, or of what it finds to be done."""
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        if text is not None:
            await daemon.ready()
            with pytest.raises(httpx2.TransportError):
                await ask(daemon, text)
        assert await daemon.ended() == -signal.SIGKILL, daemon.log
    finally:
        daemon.process.kill()
        daemon.process.wait()


async def rows_of(daemon: Daemon, answer: Json) -> list[Any]:
    rows: list[Any] = await daemon.get(f"/api/sessions/{answer['session_id']}/messages")
    return rows


def results(model_server: ModelServer) -> list[str]:
    """The results of tool calls in the last request to the model."""
    pieces: list[Piece] = [piece for message in heard(model_server.requests[-1]) for piece in message]
    return [piece.text for piece in pieces if piece.kind == "result"]


@pytest.mark.parametrize(
    ("verb", "point", "result", "afterwards"),
    [
        ("write", "FileWrite.after_run", f"Successfully wrote {FILE}", "written by s0-0-0"),
        ("read", "FileRead.after_run", "before", "before"),
        ("write", "note.before_commit", f"Successfully wrote {FILE}", "written by s0-0-0"),
        ("write", "change.kept", f"Successfully wrote {FILE}", "written by s0-0-0"),
        ("delete", "FileDelete.before_run", f"Deleted {FILE}", None),
        ("delete", "note.after_commit", f"Deleted {FILE}", None),
        ("delete", "change.kept", f"Deleted {FILE}", None),
        ("delete", "FileDelete.after_run", f"Deleted {FILE}", None),
        ("delete", "save_result.after_commit", f"Deleted {FILE}", None),
    ],
)
async def test_a_call_goes_on_by_its_effect(
    place: Place, model_server: ModelServer, verb: str, point: str, result: str, afterwards: str | None
) -> None:
    text = f"<s0-0: {verb} a>"
    await killed_at(place, point, text)
    async with serving(place) as daemon:
        answer = await ask(daemon, text)
        assert (answer["status"], answer["outcome"]) == (200, "success")
        rows = await rows_of(daemon, answer)
    assert [row["role"] for row in rows] == ["user", "assistant", "tool_use", "tool_result", "assistant"]
    told = json.loads(rows[3]["content"])
    assert (told["content"], told["is_error"]) == (result, False)
    (heard_by_model,) = results(model_server)
    assert result in heard_by_model
    assert (place.file(FILE) if (place.home / FILE).exists() else None) == afterwards


@pytest.mark.parametrize(
    ("point", "requests"),
    [
        ("save_completion.after_commit", 2),
        ("finish.before_commit", 3),
        ("finish.after_commit", 2),
    ],
)
async def test_a_stored_completion_is_not_paid_for_twice_and_no_answer_is_given_twice(
    place: Place, model_server: ModelServer, point: str, requests: int
) -> None:
    await killed_at(place, point, "<s0-0: list a>")
    async with serving(place) as daemon:
        answer = await ask(daemon, "<s0-0: list a>")
        assert (answer["status"], answer["text"].count("{s0-0}")) == (200, 1)
        rows = await rows_of(daemon, answer)
        assert [row["role"] for row in rows] == ["user", "assistant", "tool_use", "tool_result", "assistant"]
        assert len(model_server.requests) == requests


async def test_a_turn_that_dies_again_and_again_in_recovery_but_not_by_itself_is_finished(
    place: Place, model_server: ModelServer
) -> None:
    await killed_at(place, "FileWrite.after_run", "<s0-0: write a>")
    for point in ("recover.before_commit", "recover.after_commit", "begin.before_commit"):
        await killed_at(place, point)
    async with serving(place) as daemon:
        answer = await ask(daemon, "<s0-0: write a>")
        assert (answer["status"], answer["text"].count("{s0-0}")) == (200, 1)
    assert place.file(FILE) == "written by s0-0-0"


async def test_a_turn_that_kills_the_process_three_times_is_parked_and_all_else_goes_on(place: Place) -> None:
    poison, point = "<s0-0: write a>", "FileWrite.before_run"
    await killed_at(place, point, poison)
    await killed_at(place, point)
    await killed_at(place, point)
    async with serving(place, BUS_CRASH_AT=point) as daemon:
        parked = await ask(daemon, poison)
        assert (parked["status"], parked["outcome"]) == (502, "parked")
        assert "3 times" in parked["error"]
        assert [row["role"] for row in await rows_of(daemon, parked)][-1] == "notice"
        other = await ask(daemon, "<s1-0: read a>")
        assert (other["status"], other["text"].count("{s1-0}")) == (200, 1)
        more = await daemon.chat("<s0-1: read a>", session_id=parked["session_id"])
        assert (more["status"], more["text"].count("{s0-1}")) == (200, 1)
        assert (await daemon.get("/api/health"))["status"] == "ok"
    assert place.file(FILE) == "before"
