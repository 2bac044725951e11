"""Two real endpoints behind a real daemon: the first one dies in the middle of a turn, comes back, and dies again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.model_script import Call, Drop, Refuse, Reply, Say, Think
from tests.fakes.model_server import ModelServer
from tests.system.daemons import KEY, Daemon, Json, Place, serving, start

DOWN = Refuse(status=503, message="out of order")


@pytest.fixture
async def other() -> AsyncIterator[ModelServer]:
    """The endpoint of the second model."""
    async with ModelServer.running() as server:
        yield server


def place(root: Path, first: ModelServer, second: ModelServer, retries: int = 0) -> Place:
    made = Place(root / "aster", first.url, "anthropic")
    made.variables["OPENAI_API_KEY"] = KEY
    made.imported.append("actors.llm.openai.client")
    made.configure(
        f'provider = "anthropic"\nmodel = "first"\n[providers.anthropic]\nbase_url = "{first.url}"\n'
        f'[providers.openai]\nbase_url = "{second.url}"\n'
        '[llm]\nfallbacks = ["openai/second"]\n'
        f"[llm.retry]\nmax_retries = {retries}\nfirst_wait = 0.05\n"
    )
    return made


def fails(server: ModelServer, *, well: bool = False) -> None:
    server.rule = (lambda _: Reply(Say("Well."))) if well else (lambda _: DOWN)


async def said(daemon: Daemon, text: str, conversation: str | None = None) -> tuple[list[Json], Json]:
    """The frames of a turn and its last one."""
    async with daemon.socket() as socket:
        await socket.say("message", text=text, **({"session_id": conversation} if conversation else {}))
        frames = await socket.until("stream_end")
        return frames, frames[-1]


def notices(frames: list[Json]) -> list[tuple[str, str]]:
    return [(frame["kind"], frame["text"]) for frame in frames if frame["type"] == "notice"]


async def llm(daemon: Daemon) -> Any:
    return (await daemon.get("/api/health"))["actors"]["llm"]


async def test_the_turn_goes_on_with_the_other_one_and_goes_back_when_the_first_is_well(
    tmp_path: Path, model_server: ModelServer, other: ModelServer
) -> None:
    async with serving(place(tmp_path, model_server, other)) as daemon:
        fails(model_server)
        model_server.script(
            Reply(
                Think("my own thought"),
                Say("I write."),
                Call("FileWrite", {"path": "documents/a.md", "content": "kept"}, id="toolu_1"),
            ),
            Reply(Say("Half a"), Drop()),
        )
        other.script(Reply(Call("FileRead", {"path": "documents/a.md"})), Reply(Say("It is kept.")))
        frames, end = await said(daemon, "go")
        assert (end["outcome"], end["text"]) == ("success", "I write.\n\nIt is kept.")
        ((kind, text),) = notices(frames)  # once, although it answered twice
        assert (kind, text.startswith("openai/second answers instead (anthropic: ")) == ("switched", True)
        first, second = other.requests
        assert "my own thought" not in str([first.body, second.body])
        assert [call["id"] for call in first.messages[-2]["tool_calls"]] == ["toolu_1"]
        assert second.tool_results == ["kept"]
        rows = await daemon.rows(end["session_id"])
        assert [content for role, content in rows if role == "assistant"] == ["I write.", "It is kept."]
        assert (await daemon.get("/api/health"))["status"] == "degraded"

        fails(model_server, well=True)
        frames, end = await said(daemon, "and now?", end["session_id"])
        assert (end["text"], notices(frames)) == ("Well.", [])
        assert (await daemon.get("/api/health"))["status"] == "ok"


async def test_one_that_rests_is_not_asked_until_nobody_else_can_answer(
    tmp_path: Path, model_server: ModelServer, other: ModelServer
) -> None:
    async with serving(place(tmp_path, model_server, other, retries=2)) as daemon:
        fails(model_server)
        fails(other, well=True)
        for _ in range(2):
            frames, end = await said(daemon, "hello")
            assert (end["text"], [kind for kind, _ in notices(frames)]) == ("Well.", ["switched"])
        assert len(model_server.requests) == 3
        fails(other)
        frames, end = await said(daemon, "hello")
        assert end["outcome"] == "error"
        assert "anthropic: out of order" in end["error"]
        assert "openai: out of order" in end["error"]
        fails(model_server, well=True)
        frames, end = await said(daemon, "hello", end["session_id"])
        assert (end["text"], notices(frames)) == ("Well.", [])
        assert (await llm(daemon))["restarts"] == 0


async def test_a_daemon_that_is_killed_while_another_model_answers_goes_on_with_the_turn(
    tmp_path: Path, model_server: ModelServer, other: ModelServer
) -> None:
    here = place(tmp_path, model_server, other)
    fails(model_server)
    model_server.script(Reply(Call("FileWrite", {"path": "documents/a.md", "content": "kept"})))
    other.script(Reply(Say("Never heard."), delay=600.0))
    daemon = await start(here).ready()
    try:
        async with daemon.socket() as socket:
            await socket.say("message", text="go")
            await other.wait_for(lambda server: len(server.requests) == 1)
            await daemon.kill()
    finally:
        daemon.process.kill()
        daemon.process.wait()
    other.script(Reply(Say("Done.")))
    async with serving(here) as daemon:
        await other.wait_for(lambda server: len(server.requests) == 2)
        (conversation,) = await daemon.get("/api/sessions")
        async with daemon.socket() as socket:
            await socket.say("message", text="still there?", session_id=conversation["id"])
            await socket.until("stream_end")
        rows = await daemon.rows(conversation["id"])
        assert [role for role, _ in rows].count("tool_use") == 1
        assert ("assistant", "Done.") in rows
        assert "Never heard." not in str(rows)
        assert here.file("documents/a.md") == "kept"
