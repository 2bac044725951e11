"""A provider that is down, refuses or breaks off: the turn is tried again, or fails with a reason; all else goes on."""

from pathlib import Path

import pytest

from tests.fakes.model_script import Call, Drop, Fail, Refuse, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, serving

WIRES = pytest.mark.parametrize("provider", ["anthropic", "openai"])


async def still_well(daemon: Daemon, server: ModelServer, conversation: str) -> None:
    """The conversation goes on, and the daemon is as it was."""
    server.script(Reply(Say("Here I am.")))
    answer = await daemon.chat("again?", session_id=conversation)
    assert (answer["status"], answer["text"]) == (200, "Here I am.")
    health = await daemon.get("/api/health")
    assert (health["status"], [a for a in health["actors"].values() if a["restarts"]]) == ("ok", [])


async def notices(daemon: Daemon, conversation: str) -> list[str]:
    return [content for role, content in await daemon.rows(conversation) if role == "notice"]


async def test_nobody_listens(tmp_path: Path, free_port: int) -> None:
    place = Place(tmp_path / "aster", f"http://127.0.0.1:{free_port}", "openai")
    async with serving(place) as daemon:
        answer = await daemon.chat("hello")
        assert (answer["status"], answer["outcome"]) == (502, "error")
        assert "could not be reached" in answer["error"]
        assert await notices(daemon, answer["session_id"]) == [answer["error"]]
        async with ModelServer.running(port=free_port) as server:
            await still_well(daemon, server, answer["session_id"])


@WIRES
async def test_errors_of_the_server_are_tried_again_then_told(
    tmp_path: Path, model_server: ModelServer, provider: str
) -> None:
    place = Place(tmp_path / "aster", model_server.url, provider)
    async with serving(place) as daemon:
        model_server.script(Refuse(status=500), Refuse(status=503), Reply(Say("Third time lucky.")))
        lucky = await daemon.chat("hello")
        assert (lucky["status"], lucky["text"]) == (200, "Third time lucky.")
        model_server.script(*[Refuse(status=500, message="out of order")] * 3)
        answer = await daemon.chat("and now?", session_id=lucky["session_id"])
        assert answer["status"] == 502
        assert "has a problem" in answer["error"]
        assert "out of order" in answer["error"]
        assert len(model_server.requests) == 6
        await still_well(daemon, model_server, lucky["session_id"])


@WIRES
async def test_a_stream_that_breaks_off_is_asked_for_again_and_its_text_does_not_count(
    tmp_path: Path, model_server: ModelServer, provider: str
) -> None:
    place = Place(tmp_path / "aster", model_server.url, provider)
    async with serving(place) as daemon, daemon.socket() as socket:
        model_server.script(
            Reply(Say("Half an "), Drop()),
            Reply(Say("Half of another "), finish=False),
            Reply(Say("A whole answer.")),
        )
        await socket.say("message", text="hello")
        frames = await socket.until("stream_end")
        end = frames[-1]
        assert (end["outcome"], end["text"]) == ("success", "A whole answer.")
        assert [frame["kind"] for frame in frames if frame["type"] == "notice"] == ["retrying"] * 2
        shown = frames[max(i for i, frame in enumerate(frames) if frame["type"] == "completion_start") :]
        assert "".join(f["text"] for f in shown if f["type"] == "text_delta") == "A whole answer."
        rows = await daemon.rows(end["session_id"])
        assert rows == [("user", "hello"), ("assistant", "A whole answer.")]


async def test_a_turn_that_fails_after_its_first_tool_call_keeps_what_was_done(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    async with serving(place) as daemon:
        model_server.script(
            Reply(Call("FileWrite", {"path": "documents/a.md", "content": "kept"})),
            *[Reply(Say("I have"), Fail())] * 3,
        )
        answer = await daemon.chat("go")
        assert (answer["status"], "overloaded" in answer["error"].lower()) == (502, True)
        assert place.file("documents/a.md") == "kept"
        roles = [role for role, _ in await daemon.rows(answer["session_id"])]
        assert roles[:3] == ["user", "tool_use", "tool_result"]
        assert roles[-1] == "notice"
        await still_well(daemon, model_server, answer["session_id"])
        assert model_server.requests[-1].body["messages"][-1]["role"] == "user"


async def test_a_refusal_that_repeats_the_key_does_not_give_it_away(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    key = place.variables["OPENAI_API_KEY"]
    async with serving(place, STARPOD_LOG="debug") as daemon:
        model_server.script(Refuse(status=401, message=f"the key {key} is unknown"))
        answer = await daemon.chat("hello")
        assert (answer["status"], "refused the key" in answer["error"]) == (502, True)
        everything = [answer, await daemon.rows(answer["session_id"])]
        assert key not in str(everything)
        assert key.encode() not in place.database.read_bytes()


async def test_a_conversation_that_waits_for_its_model_holds_up_nobody(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    model_server.script(Reply(Say("never"), delay=600.0))
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.say("message", text="slow", channel_session_key="slow")
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        for n in range(3):
            answer = await daemon.chat(f"quick {n}")
            assert answer["text"].startswith(f"You said: quick {n}")
        (slow,) = [s for s in await daemon.get("/api/sessions") if s["channel_session_key"] == "slow"]
        await socket.say("cancel", session_id=slow["id"])
        assert (await socket.until("stream_end"))[-1]["outcome"] == "cancelled"
