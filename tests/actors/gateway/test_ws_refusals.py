"""``/ws`` refuses: messages that are not understood or not accepted, and sockets that nobody may open."""

import pytest
import trio_websocket

from actors.llm import messages as llm
from actors.session import messages as session
from bus import MailboxFull
from tests.actors.gateway.client import connected
from tests.actors.gateway.values import a_session
from tests.actors.gateway.world import Gateway

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


async def test_our_own_page_opens_a_socket(gateway: Gateway) -> None:
    async with connected(gateway.url(), {"Origin": f"http://{gateway.address}"}) as socket:
        assert (await socket.hear())["type"] == "hello"


async def refused(gateway: Gateway, path: str, headers: dict[str, str], status: int) -> None:
    with pytest.RaisesGroup(trio_websocket.ConnectionRejected, flatten_subgroups=True) as caught:
        async with connected(gateway.url(path), headers):
            pass
    (rejection,) = caught.value.exceptions
    assert isinstance(rejection, trio_websocket.ConnectionRejected)
    assert rejection.status_code == status
    assert rejection.body is not None
    assert b'{"error":' in rejection.body
