"""Clients of the original's protocol against a gateway: whole turns, followups, files within frames, notifications."""

from base64 import b64decode
from functools import partial
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionRejected

from actors.agent import messages as agent
from actors.notification import Notification
from actors.session import messages as session
from actors.vocabulary import ADMIN, Attachment
from tests.actors.gateway.client import KEY, connected
from tests.actors.gateway.neighbours import World
from tests.actors.gateway.values import ENDED, FAILED, STARTED, THEN
from tests.actors.gateway.world import Gateway
from tests.fakes.original import original_client


async def hands_over_a_file(world: World, request: agent.Accept, turn: str) -> None:
    (world.home / "a.txt").write_bytes(b"hello")
    file = Attachment(name="a.txt", media_type="text/plain", path="a.txt", size=5)
    await world.happen(agent.TurnStarted, turn, text=request.incoming.text, **STARTED)
    await world.happen(agent.CompletionStarted, turn, iteration=1, model="a/b")
    await world.say("one ", turn=turn)
    await world.happen(agent.ToolStarted, turn, call="c1", name="Attach", input={"path": "a.txt"}, at=THEN)
    await world.happen(agent.Attached, turn, attachment=file)
    done: dict[str, Any] = {"is_error": False, "content": "done " * 200, "elapsed": 0.1}
    await world.happen(agent.ToolFinished, turn, call="c1", name="Attach", **done)
    await world.say("two", turn=turn)
    await world.happen(agent.TurnEnded, turn, text="one two", **ENDED)


async def test_a_whole_turn_with_a_file_either_way(gateway: Gateway) -> None:
    gateway.world.on_accept = partial(hands_over_a_file, gateway.world)
    async with original_client(str(gateway.address), KEY, "s1") as client:
        await client.say("look", {"b.txt": b"mine"})
        answer = await client.answer()
        file = await client.hear()
    assert (answer.text, answer.end["cost_usd"], answer.end["is_error"]) == ("one two", 0.5, False)
    assert [each["name"] for each in answer.tools] == ["Attach"]
    assert answer.results[0]["content"] == ("done " * 200)[:500] + "..."
    assert (file["type"], file["file_name"], b64decode(file["data"])) == ("attachment", "a.txt", b"hello")
    (said,) = gateway.world.accepted
    assert (said.user, said.key, said.text) == (ADMIN, "s1", "look")
    assert [(each.name, each.size) for each in said.attachments] == [("b.txt", 4)]


async def test_a_followup_a_failure_a_refusal_and_a_notification(gateway: Gateway) -> None:
    async with original_client(str(gateway.address), KEY) as client:
        await client.say("one", model=None)
        while not gateway.world.accepted:
            await trio.sleep(0.01)
        await gateway.world.happen(agent.TurnStarted, text="one", **STARTED)
        assert (await client.hear())["type"] == "stream_start"
        await client.say("two")
        while len(gateway.world.accepted) < 2:
            await trio.sleep(0.01)
        assert gateway.world.accepted[1].session == "s1"
        about: dict[str, Any] = {"source": "cron", "title": "job", "text": "done", "session": None}
        await gateway.world.bus.publish(Notification(user=ADMIN, success=None, **about))
        await gateway.world.happen(agent.TurnFailed, text="", **FAILED)
        end = await client.hear()
        assert (end["type"], end["is_error"], end["errors"], end["cost_usd"]) == (
            "stream_end",
            True,
            ["no network"],
            0.0,
        )
        gateway.world.failure = session.SessionIsClosed(session="s1")
        await client.say("three")
        assert "closed" in (await client.hear())["message"]
    assert [each["job_name"] for each in client.notifications] == ["job"]


async def test_a_wrong_key_in_the_address_is_refused_and_so_is_one_elsewhere(gateway: Gateway) -> None:
    with pytest.raises(BaseExceptionGroup) as refused:
        async with connected(gateway.url("/ws?token=sp_live_wrong"), known=False):
            raise AssertionError
    assert refused.group_contains(ConnectionRejected)
    gateway.http.headers.pop("X-API-Key")
    assert (await gateway.http.get(f"/api/sessions?token={KEY}")).status_code == 401


async def test_whoever_asks_for_it_gets_small_files_within_frames(gateway: Gateway) -> None:
    gateway.world.on_accept = partial(hands_over_a_file, gateway.world)
    async with connected(gateway.url("/ws?inline=1")) as socket:
        await socket.say(type="message", text="look", session_id="s1")
        frames = await socket.until("stream_end")
    (file,) = [each for each in frames if each["type"] == "attachment"]
    assert (b64decode(file["data"]), file["path"], file["size"]) == (b"hello", "a.txt", 5)


@pytest.mark.parametrize(("size", "kept"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
async def test_stored_messages_have_the_bytes_of_small_files_for_whoever_asks(
    gateway: Gateway, size: int, *, kept: bool
) -> None:
    path = gateway.world.home / "a.bin"
    path.write_bytes(bytes(size))
    files = (
        Attachment(name="a.bin", media_type="application/octet-stream", path="a.bin", size=size),
        Attachment(name="gone", media_type="text/plain", path="gone", size=1),
    )
    said: dict[str, Any] = {"turn": "t1", "role": "assistant", "content": "here", "timestamp": THEN}
    gateway.world.messages["s1"] = [session.Message(id=1, session="s1", attachments=files, **said)]
    plain = (await gateway.http.get("/api/sessions/s1/messages")).json()
    assert all("data" not in each for each in plain[0]["attachments"])
    (found,) = (await gateway.http.get("/api/sessions/s1/messages?inline=1")).json()
    one, gone = found["attachments"]
    assert (one["data"] is not None and len(b64decode(one["data"])) == size) is kept
    assert gone["data"] is None
