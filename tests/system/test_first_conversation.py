"""A first conversation, over every channel and every wire format, with real tools."""

from pathlib import Path

import pytest
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, starpod


async def converse(place: Place) -> None:
    """Write a file over HTTP, read it over WebSocket, list it on the command line."""
    async with serving(place) as daemon:
        written = await daemon.chat("write documents/plan.md: buy milk")
        assert (written["status"], written["outcome"]) == (200, "success")
        assert place.file("documents/plan.md") == "buy milk"

        async with daemon.socket() as socket:
            assert (await socket.hear())["type"] == "hello"
            await socket.say("message", text="read documents/plan.md", client_message_id="c1")
            frames = await socket.until("stream_end")
            result = next(frame for frame in frames if frame["type"] == "tool_result")
            assert (result["name"], result["content"], result["is_error"]) == ("FileRead", "buy milk", False)
            assert "".join(frame.get("text", "") for frame in frames if frame["type"] == "text_delta")
            assert frames[-1]["outcome"] == "success"
            numbers = [frame["seq"] for frame in frames if "seq" in frame]
            assert numbers == sorted(set(numbers))

        listed = await starpod(place.root, "chat", "list files in documents")
        assert (listed.status, "⚙ FileList documents" in listed.err) == (0, True)
        assert "plan.md" in listed.out

        assert len(await daemon.get("/api/sessions")) == 3
        roles = [role for role, _ in await daemon.rows(written["session_id"])]
        assert roles[0] == "user"
        assert roles[-3:] == ["tool_use", "tool_result", "assistant"]
        assert (await daemon.get("/api/health"))["status"] == "ok"


async def test_with_the_offline_provider(place: Place) -> None:
    await converse(place)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_with_a_model_behind_each_wire_format(
    tmp_path: Path, model_server: ModelServer, provider: str
) -> None:
    model_server.script(
        Reply(Call("FileWrite", {"path": "documents/plan.md", "content": "buy milk"})),
        Reply(Say("Written.")),
        Reply(Call("FileRead", {"path": "documents/plan.md"})),
        Reply(Say("It says: ", "buy milk.")),
        Reply(Call("FileList", {"path": "documents"})),
        Reply(Say("There is plan.md.")),
    )
    await converse(Place(tmp_path / "aster", model_server.url, provider))
    assert {request.wire for request in model_server.requests} == {provider}
    assert [request.tool_results for request in model_server.requests][1::2] == [
        ["Successfully wrote documents/plan.md"],
        ["buy milk"],
        ['[\n  {"name": "plan.md", "size": 8, "type": "file"}\n]'],
    ]


async def test_messages_sent_while_a_turn_runs_join_it_or_wait_and_their_fate_is_told(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    sent = trio.Event()
    model_server.script(Reply(Call("FileList", {}), held=sent), Reply(Say("Both.")), Reply(Say("The third.")))
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.say("message", text="one", channel_session_key="k", client_message_id="1")
        await socket.until("completion_start")
        await socket.say("message", text="two", channel_session_key="k", client_message_id="2", mode="inject")
        await socket.say(
            "message", text="three", channel_session_key="k", client_message_id="3", mode="queue"
        )
        frames = await socket.until("accepted", client_message_id="3")
        sent.set()
        frames += await socket.until("stream_end", text="The third.")
        fates = [(f["client_message_id"], f["fate"]) for f in frames if f["type"] in {"accepted", "followup"}]
        assert fates == [
            ("2", "followup"),
            ("3", "queued"),
            ("2", "merged"),
            ("3", "queued"),
            ("2", "answered"),
        ]
        rows = await daemon.rows(frames[-1]["session_id"])
        assert [content for role, content in rows if role == "user"] == ["one", "two", "three"]
        assert [content for role, content in rows if role == "assistant"] == ["Both.", "The third."]


async def test_a_running_turn_is_cancelled_and_the_next_message_goes_on_from_there(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    model_server.script(Reply(Say("I am ", "thinking"), Say("never"), gap=20.0), Reply(Say("Here.")))
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.say("message", text="think", channel_session_key="k")
        (started, *_) = [f for f in await socket.until("completion_start") if f["type"] == "accepted"]
        conversation = started["session_id"]
        await model_server.wait_for(lambda server: len(server.requests) == 1)
        answer = await daemon.request("POST", f"/api/sessions/{conversation}/cancel")
        assert answer.json() == {"cancelled": started["turn_id"]}
        assert (await socket.until("stream_end"))[-1]["outcome"] == "cancelled"
        await model_server.wait_for(lambda server: server.closed_by_client == 1)
        await socket.say("message", text="are you there?", channel_session_key="k")
        assert (await socket.until("stream_end"))[-1]["text"] == "Here."
