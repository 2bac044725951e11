"""``/ws`` over a real socket."""

from base64 import b64encode
from typing import Any

import pytest
import trio
import trio_websocket

from actors.agent import messages as agent
from actors.gateway import messages
from actors.llm import messages as llm
from actors.notification import Notification
from actors.session import messages as session
from actors.settings import messages as settings
from actors.shell import messages as shell
from actors.users import messages as users
from bus import MailboxFull
from tests.actors.gateway.client import Socket, connected, eventually
from tests.actors.gateway.world import ENDED, STARTED, Gateway, a_session


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


# --- mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code", "says"),
    [
        ("{", "bad_message", "malformed JSON"),
        ("[]", "bad_message", "it is not a JSON object"),
        ('{"type": "subscribe"}', "unknown_type", "unknown type 'subscribe'"),
        ('{"type": "message", "text": 1}', "bad_message", "text: expected a string"),
        (b"\x00\x01", "bad_message", "binary frames"),
        (b"", "bad_message", "binary frames"),
    ],
)
async def test_a_message_that_is_not_understood_is_an_error_and_no_more(
    gateway: Gateway, raw: str | bytes, code: str, says: str
) -> None:
    async with gateway.socket() as socket:
        await socket.raw(raw)
        frame = await socket.hear()
        assert (frame["type"], frame["code"]) == ("error", code)
        assert says in frame["message"]
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}


async def test_an_error_repeats_the_ids_of_its_message(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="message", text="", client_message_id="c1", session_id="s1")
        frame = await socket.hear()
    assert (frame["client_message_id"], frame["session_id"]) == ("c1", "s1")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (session.UnknownSession(session="x"), "unknown_session"),
        (session.SessionIsClosed(session="x"), "session_is_closed"),
        (session.StorageFailed(reason="disk full"), "storage_failed"),
        (llm.ModelNotAllowed(model="a/b", allowed=("c/d",)), "model_not_allowed"),
        (MailboxFull(request="agent.Accept@1", to="conductor"), "mailbox_full"),
        (RuntimeError("bug"), "internal"),
    ],
)
async def test_a_message_that_is_not_accepted_says_why(
    gateway: Gateway, failure: Exception, code: str
) -> None:
    gateway.world.failure = failure
    async with gateway.socket() as socket:
        await socket.say(type="message", text="hi", client_message_id="c1")
        frame = await socket.hear()
        assert (frame["type"], frame["code"], frame["client_message_id"]) == ("error", code, "c1")
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}


@pytest.mark.parametrize("kind", ["resume", "cancel"])
async def test_an_unknown_conversation_is_an_error(gateway: Gateway, kind: str) -> None:
    gateway.world.sessions["s2"] = a_session("s2", user="ada")
    async with gateway.socket() as socket:
        for conversation in ("none", "s2"):
            await socket.say(type=kind, session_id=conversation, after_seq=0)
            frame = await socket.hear()
            assert (frame["code"], frame["session_id"]) == ("unknown_session", conversation)
    assert gateway.world.cancelled == []


async def test_a_message_that_is_too_large_is_refused_in_words_and_the_connection_stays(
    gateway: Gateway,
) -> None:
    async with gateway.socket() as socket:
        fits = (1 << 20) - len('{"type": "message", "text": ""}')
        await socket.say(type="message", text="x" * fits)
        assert (await socket.hear())["type"] == "accepted"
        for size in (fits + 1, 3 << 20):
            await socket.say(type="message", client_message_id="c1", text="x" * size)
            frame = await socket.hear()
            assert (frame["type"], frame["code"], frame["client_message_id"]) == ("error", "too_large", "c1")
            assert "1,048,576 characters" in frame["message"]
        await socket.say(type="message", text=' "client_message_id": "c2"' + "x" * (1 << 20))
        assert (await socket.hear())["client_message_id"] is None
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
    assert len(gateway.world.accepted) == 1


async def test_a_bug_closes_one_connection_with_1011(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(raw: str, *, user: str) -> None:
        raise RuntimeError("bug")

    async with gateway.socket() as good, gateway.socket() as bad:
        with monkeypatch.context() as patch:
            patch.setattr("actors.gateway.ws.read_frame", broken)
            await bad.say(type="ping")
            assert await bad.closed() == 1011
        await good.say(type="ping")
        assert await good.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "http://evil.org"}, 403), ({"Origin": "null"}, 403)],
)
async def test_another_page_opens_no_socket(gateway: Gateway, headers: dict[str, str], status: int) -> None:
    await refused(gateway, "/ws", headers, status)


@pytest.mark.parametrize("path", ["/none", "/api/none", "/ws/none"])
async def test_there_is_no_other_socket(gateway: Gateway, path: str) -> None:
    await refused(gateway, path, {}, 404)


async def test_nobody_who_is_not_known_opens_a_socket(gateway: Gateway) -> None:
    await refused(gateway, "/ws", {"X-API-Key": "wrong"}, 401)
    await refused(gateway, "/ws", {"X-API-Key": ""}, 401)


async def refused(gateway: Gateway, path: str, headers: dict[str, str], status: int) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True) as caught:
        async with connected(gateway.url(path), headers):
            pass
    (rejection,) = caught.value.exceptions
    assert isinstance(rejection, trio_websocket.ConnectionRejected)
    assert rejection.status_code == status
    assert rejection.body is not None
    assert b'{"error":' in rejection.body


async def test_our_own_page_opens_a_socket(gateway: Gateway) -> None:
    async with connected(gateway.url(), {"Origin": f"http://{gateway.address}"}) as socket:
        assert (await socket.hear())["type"] == "hello"


# --- files ------------------------------------------------------------------------------------------------


async def test_a_file_comes_with_a_message(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        file = {"file_name": "a.txt", "mime_type": "text/plain", "data": b64encode(b"hello").decode()}
        await socket.say(type="message", text="look", attachments=[file])
        assert (await socket.hear())["type"] == "accepted"
    (attachment,) = gateway.world.accepted[0].attachments
    assert (attachment.name, attachment.size, attachment.path) == ("a.txt", 5, "uploads/admin/a.txt")
    assert (gateway.world.home / attachment.path).read_bytes() == b"hello"


async def test_a_message_that_comes_again_stores_nothing_again(gateway: Gateway) -> None:
    file = {"file_name": "a.txt", "mime_type": "text/plain", "data": "aGVsbG8="}
    message = {"type": "message", "text": "look", "attachments": [file]}
    gateway.world.failure = session.SessionIsClosed(session="s1")
    async with gateway.socket() as socket:
        await socket.say(**message, client_message_id="c1")
        assert (await socket.hear())["code"] == "session_is_closed"
    gateway.world.failure = None
    async with gateway.socket() as socket:
        await socket.say(**message, client_message_id="c1")
        await socket.until("accepted")
        assert gateway.world.stored == ["a.txt"]
        await socket.say(**message, client_message_id="c2")
        await socket.until("accepted")
        await socket.say(**message)
        await socket.until("accepted")
    assert gateway.world.stored == ["a.txt"] * 3, "another message has a file of its own"
    first = gateway.world.accepted[0].attachments
    assert [each.name for each in first] == ["a.txt"]


async def test_an_uploaded_file_is_named_in_a_message(gateway: Gateway) -> None:
    (gateway.world.home / "cat.png").write_bytes(b"meow")
    async with gateway.socket() as socket:
        file = {"file_name": "my cat.png", "mime_type": "text/html", "path": "cat.png", "size": 999}
        await socket.say(type="message", text="", attachments=[file])
        assert (await socket.hear())["type"] == "accepted"
    (attachment,) = gateway.world.accepted[0].attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("my cat.png", "image/png", 4)


async def test_a_refused_file_is_told_and_the_message_goes_on_without_it(gateway: Gateway) -> None:
    data = b64encode(b"x").decode()
    files = [
        {"file_name": "virus.exe", "data": data},
        {"file_name": "a.txt", "data": data},
        {"file_name": "b.txt", "data": "not base64"},
        {"file_name": "c.txt", "path": "/etc/passwd"},
        {"file_name": "d.txt", "path": "gone.txt"},
    ]
    async with gateway.socket() as socket:
        await socket.say(type="message", text="look", attachments=files, client_message_id="c1")
        *errors, accepted = await socket.until("accepted")
    assert accepted["turn_id"] == "t1"
    assert {frame["code"] for frame in errors} == {"attachment_refused"}
    assert {frame["client_message_id"] for frame in errors} == {"c1"}
    assert ["virus.exe" in errors[0]["message"], "b.txt" in errors[1]["message"]] == [True, True]
    assert len(errors) == 4
    assert [each.name for each in gateway.world.accepted[0].attachments] == ["a.txt"]


async def test_a_message_of_which_nothing_is_left_is_not_sent(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="message", attachments=[{"file_name": "virus.exe", "data": ""}])
        assert (await socket.hear())["code"] == "attachment_refused"
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
    assert gateway.world.accepted == []


# --- leaving ----------------------------------------------------------------------------------------------


async def test_a_message_in_hand_is_accepted_though_its_sender_leaves(gateway: Gateway) -> None:
    gateway.world.gate = trio.Event()
    async with gateway.socket() as socket:
        await socket.say(type="message", text="hi")
        await eventually(lambda: bool(gateway.mesh.cell("fake-agent").current))
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
