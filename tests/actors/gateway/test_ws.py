"""``/ws`` over a real socket."""

from typing import Any

import pytest
import trio

from actors.agent import messages as agent
from actors.gateway import messages
from actors.notification import Notification
from actors.session import messages as session
from actors.settings import messages as settings
from actors.shell import messages as shell
from actors.users import messages as users
from tests.actors.gateway.client import Socket, connected, eventually
from tests.actors.gateway.values import ENDED, STARTED, a_session
from tests.actors.gateway.world import Gateway


def text_of(frames: list[Any]) -> str:
    return "".join(frame["text"] for frame in frames if frame["type"] == "text_delta")


async def test_a_client_is_greeted(gateway: Gateway) -> None:
    async with connected(gateway.url()) as socket:
        (key,) = await gateway.mesh.bus.ask(users.ListKeys(user="admin"))
        assert await socket.hear() == {
            "type": "hello",
            "protocol": 1,
            "version": "1.2.3",
            "boot_id": gateway.mesh.bus.boot_id,
            "agent_name": "Aster",
            "user_id": "admin",
            "role": "admin",
            "credential": key.id,
        }


async def test_what_a_command_prints_is_told_to_whoever_follows(gateway: Gateway) -> None:
    printed = shell.Printed(session="s1", turn="t1", call="toolu_1", text="hello\n", skipped=3)
    async with gateway.socket() as socket, gateway.socket() as other:
        await socket.say(type="message", text="hi", client_message_id="c1", session_id="s1")
        await socket.until("accepted")
        await gateway.mesh.settle()
        await gateway.mesh.bus.publish(printed)
        await gateway.world.run("a")
        (output,) = [each for each in await socket.until("stream_end") if each["type"] == "tool_output"]
        await other.say(type="ping")
        assert await other.hear() == {"type": "pong"}
    assert output == {
        "type": "tool_output",
        "session_id": "s1",
        "turn_id": "t1",
        "tool_use_id": "toolu_1",
        "text": "hello\n",
        "skipped": 3,
    }


async def test_a_message_is_accepted_and_its_turn_followed(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="message", text="hi", client_message_id="c1", session_id="s1")
        assert await socket.hear() == {
            "type": "accepted",
            "client_message_id": "c1",
            "session_id": "s1",
            "turn_id": "t1",
            "duplicate": False,
            "created": False,
            "fate": "started",
            "after_seq": 0,
        }
        await gateway.world.run("a", "b", "c")
        frames = await socket.until("stream_end")
    assert frames[0]["type"] == "stream_start"
    assert text_of(frames) == "abc"
    assert [frame["seq"] for frame in frames] == sorted(frame["seq"] for frame in frames)
    assert {frame["session_id"] for frame in frames} == {"s1"}
    assert (gateway.world.accepted[0].source, gateway.world.accepted[0].user) == ("web", "admin")


async def test_speaking_in_a_conversation_that_is_followed_already_shows_nothing_twice(
    gateway: Gateway,
) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=0)
        assert (await socket.hear())["type"] == "backlog"
        for _ in range(2):
            await socket.say(type="message", text="hi", session_id="s1")
            assert (await socket.hear())["type"] == "accepted"
        await gateway.world.run("once")
        assert [frame["seq"] for frame in await socket.until("stream_end")] == [1, 2, 3]
        await socket.silence()


async def test_the_same_message_twice_is_one(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        for _ in range(2):
            await socket.say(type="message", text="hi", client_message_id="c1")
        assert [(await socket.hear())["duplicate"] for _ in range(2)] == [False, True]
    assert len(gateway.world.accepted) == 1


async def test_two_clients_of_one_conversation_both_see_the_stream(gateway: Gateway) -> None:
    async with gateway.socket() as first, gateway.socket() as second:
        await second.say(type="resume", session_id="s1", after_seq=0)
        assert (await second.hear())["type"] == "backlog"
        await first.say(type="message", text="hi")
        await first.hear()
        await gateway.world.run("to ", "both")
        assert text_of(await first.until("stream_end")) == "to both"
        assert text_of(await second.until("stream_end")) == "to both"


async def test_a_client_follows_many_conversations(gateway: Gateway) -> None:
    gateway.world.sessions["s2"] = a_session("s2")
    async with gateway.socket() as socket:
        for conversation in ("s1", "s2"):
            await socket.say(type="resume", session_id=conversation, after_seq=0)
            assert (await socket.hear())["session_id"] == conversation
        await gateway.world.run("two", conversation="s2")
        assert {frame["session_id"] for frame in await socket.until("stream_end")} == {"s2"}
        await gateway.world.run("one")
        assert {frame["session_id"] for frame in await socket.until("stream_end")} == {"s1"}


async def test_what_was_missed_is_replayed_once(gateway: Gateway) -> None:
    await gateway.world.run("one")
    await gateway.world.happen(agent.TurnStarted, "t2", text="more", **STARTED)
    await gateway.world.say("two", turn="t2")
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=2)
        assert await socket.hear() == {
            "type": "backlog",
            "session_id": "s1",
            "complete": True,
            "last_seq": 5,
            "running_turn_id": "t2",
        }
        await gateway.world.say("three", turn="t2")
        await gateway.world.happen(agent.TurnEnded, "t2", text="", **ENDED)
        first = await socket.until("stream_end")
        second = await socket.until("stream_end")
    assert [frame["seq"] for frame in first] == [3]
    assert text_of(second) == "twothree"
    assert [frame["seq"] for frame in second][-1] == 7


async def test_resuming_at_the_end_replays_nothing(gateway: Gateway) -> None:
    await gateway.world.run("one")
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=3)
        assert (await socket.hear())["last_seq"] == 3
        await socket.silence()


async def test_resuming_behind_what_is_kept_says_so(gateway: Gateway) -> None:
    await gateway.world.run("one", "two")
    gateway.world.forgotten = 3
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=1)
        assert (await socket.hear())["complete"] is False
        assert [frame["seq"] for frame in await socket.until("stream_end")] == [4]


async def test_resuming_from_now_shows_the_running_turn_from_its_start(gateway: Gateway) -> None:
    await gateway.world.run("old")
    await gateway.world.happen(agent.TurnStarted, "t2", text="more", **STARTED)
    await gateway.world.say("new", turn="t2")
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=None)
        assert (await socket.hear())["running_turn_id"] == "t2"
        await gateway.world.happen(agent.TurnEnded, "t2", text="", **ENDED)
        frames = await socket.until("stream_end")
    assert {frame["turn_id"] for frame in frames} == {"t2"}
    assert text_of(frames) == "new"


async def test_resuming_from_now_in_silence_shows_nothing_old(gateway: Gateway) -> None:
    await gateway.world.run("old")
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1")
        frame = await socket.hear()
        assert (frame["complete"], frame["last_seq"], frame["running_turn_id"]) == (True, 3, None)
        await socket.silence()
        await gateway.world.run("new", turn="t2")
        assert text_of(await socket.until("stream_end")) == "new"


async def test_resuming_again_starts_again(gateway: Gateway) -> None:
    await gateway.world.run("one")
    async with gateway.socket() as socket:
        for _ in range(2):
            await socket.say(type="resume", session_id="s1", after_seq=0)
            assert (await socket.hear())["type"] == "backlog"
            assert len(await socket.until("stream_end")) == 3
        await gateway.world.say("x")
        assert (await socket.hear())["seq"] == 4
        await socket.silence()


async def test_a_conversation_is_before_somebodys_eyes_while_a_client_that_follows_it_can_be_seen(
    gateway: Gateway,
) -> None:
    async def is_seen() -> bool:
        return await gateway.mesh.bus.ask(messages.IsFollowed(of_user="admin", session="s1"))

    async def say(socket: Socket, **frame: Any) -> None:
        await socket.say(**frame)
        await socket.say(type="ping")
        await socket.until("pong")

    async with gateway.socket() as socket:
        await say(socket, type="resume", session_id="s1", after_seq=0)
        assert await is_seen()
        await say(socket, type="looking", is_seen=False)
        assert not await is_seen()
        async with gateway.socket() as another:
            await say(another, type="resume", session_id="s1", after_seq=0)
            assert await is_seen()
            await say(another, type="looking", is_seen=False)
            assert not await is_seen()
        await gateway.world.run("hello")
        assert len(await socket.until("stream_end")) == 3  # hidden, but no less up to date
        await say(socket, type="looking", is_seen=True)
        assert await is_seen()
    await gateway.mesh.settle()
    assert not await is_seen()


async def test_a_conversation_that_is_unfollowed_is_silent(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=0)
        await socket.hear()
        await socket.say(type="unfollow", session_id="s1")
        await socket.say(type="unfollow", session_id="never followed")
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
        await gateway.world.run("unheard")
        await socket.silence()


async def test_a_client_that_falls_behind_the_bus_catches_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.following.QUEUE", 4)
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=0)
        await socket.hear()
        for number in range(200):  # without a pause in which the follower could take them
            await gateway.world.say(f"{number} ")
        await gateway.world.happen(agent.TurnEnded, text="", **ENDED)
        frames = await socket.until("stream_end")
    assert text_of(frames) == "".join(f"{number} " for number in range(200))


async def test_pieces_of_text_arrive_joined(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="resume", session_id="s1", after_seq=0)
        await socket.hear()
        for number in range(500):
            await gateway.world.say(f"{number},")
            if number % 10 == 0:
                await trio.sleep(0.001)
        await gateway.world.happen(agent.TurnEnded, text="", **ENDED)
        frames = await socket.until("stream_end")
    assert text_of(frames) == "".join(f"{number}," for number in range(500))
    assert len(frames) < 100  # on a busy machine, one for each time that somebody else has run


async def test_a_running_turn_is_cancelled(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="cancel", session_id="s1")
        await socket.say(type="ping")
        await socket.hear()
    assert gateway.world.cancelled == ["s1"]


async def test_a_model_is_chosen_for_a_conversation_or_refused(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="select_model", session_id="s1", model="a/b", effort="high")
        await socket.say(type="select_model", session_id="s1", model="a/gone")
        refused = await socket.hear()
        assert (refused["code"], refused["session_id"]) == ("model_not_allowed", "s1")
    answer = await gateway.http.put("/api/sessions/s1/model", json={"model": None})
    assert (answer.status_code, answer.json()["id"]) == (200, "s1")
    chosen = [(each.session, each.model, each.effort) for each in gateway.world.selected]
    assert chosen == [("s1", "a/b", "high"), ("s1", None, None)]


async def test_a_changed_conversation_is_pushed_to_the_connections_of_its_user(gateway: Gateway) -> None:
    gateway.world.sessions["s2"] = a_session("s2", user="ada")
    async with gateway.socket() as mine:
        await gateway.mesh.bus.publish(session.SessionChanged(session="s2", user="ada"))
        await gateway.http.post("/api/sessions/s1/rename", json={"title": "New"})
        frame = await mine.hear()
        assert (frame["type"], [each["title"] for each in frame["sessions"]]) == ("sessions_updated", ["New"])
        assert frame["sessions"][0]["user_id"] == "admin"
        await mine.silence()


async def test_that_there_are_other_settings_is_told_to_everybody(gateway: Gateway) -> None:
    async with gateway.socket() as one, gateway.socket() as other:
        await gateway.mesh.bus.publish(settings.SettingsChanged(sections=("gateway",)))
        assert [await one.hear(), await other.hear()] == [{"type": "config_changed"}] * 2


async def test_what_a_user_is_to_know_of_is_told_to_all_their_connections_and_nobody_elses(
    gateway: Gateway,
) -> None:
    async with gateway.socket() as one, gateway.socket() as other:
        for user in ("bob", "admin"):
            told = Notification(
                user=user, source="cron", title="brief", text="All is well.", success=True, session="s1"
            )
            await gateway.mesh.bus.publish(told)
        frame = {
            "type": "notification",
            "source": "cron",
            "job_name": "brief",
            "result_preview": "All is well.",
            "success": True,
            "session_id": "s1",
        }
        assert [await one.hear(), await other.hear()] == [frame] * 2
        await one.silence()


async def test_many_changes_of_a_conversation_are_pushed_once_a_round(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        for _ in range(50):
            await gateway.mesh.bus.publish(session.SessionChanged(session="s1", user="admin"))
        await gateway.mesh.bus.publish(session.SessionChanged(session="gone", user="admin"))
        frame = await socket.hear()
        assert ([each["id"] for each in frame["sessions"]], frame["gone"]) == (["s1"], ["gone"])
        await socket.silence()


# --- leaving ----------------------------------------------------------------------------------------------


async def test_a_message_in_hand_is_accepted_though_its_sender_leaves(gateway: Gateway) -> None:
    gateway.world.gate = trio.Event()
    async with gateway.socket() as socket:
        await socket.say(type="message", text="hi")
        await eventually(lambda: bool(gateway.mesh.cell("fake-agent").hands.current))
    gateway.world.gate.set()
    await eventually(lambda: bool(gateway.world.accepted))
    assert gateway.world.cancelled == []


async def test_a_client_that_speaks_and_leaves_at_once_harms_nobody(gateway: Gateway) -> None:
    async with gateway.socket() as good:
        for _ in range(20):
            async with connected(gateway.url()) as socket:
                await socket.say(type="message", text="hi")
        await good.say(type="ping")
        assert await good.hear() == {"type": "pong"}
    await everybody_gone(gateway)


async def test_closing_ends_no_turn_and_leaves_nothing_behind(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="message", text="hi")
        await socket.hear()
    await everybody_gone(gateway)
    assert gateway.world.cancelled == []
    assert {key for _, key in gateway.mesh.bus._subscriptions._table} <= {None}


async def everybody_gone(gateway: Gateway) -> None:
    await eventually(lambda: not gateway.actor.describe()["websockets"])
