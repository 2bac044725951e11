"""``/ws`` takes files along with messages."""

from base64 import b64encode

from actors.session import messages as session
from tests.actors.gateway.world import Gateway

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
