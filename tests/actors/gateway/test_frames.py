import json
from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.client_frames import (
    Cancel,
    Choose,
    ClientFile,
    ClientFrame,
    ClientMessage,
    Looking,
    Ping,
    Resume,
    Revise,
    Unfollow,
)
from actors.gateway.frames import TooLarge, UnknownType, echo_of, read_frame
from actors.vocabulary import Attachment, Principal

LONGEST = 10_000
ADA = Principal(user="ada", role="user", proof="key")


def read(**message: Any) -> ClientFrame:
    return read_frame(json.dumps(message), LONGEST)


def test_every_type_is_understood() -> None:
    assert read(type="message", text="hi") == ClientMessage(text="hi")
    assert read(type="revise", turn_id="t", text="hi") == Revise(turn_id="t", text="hi")
    assert read(type="choose", turn_id="t") == Choose(turn_id="t")
    assert read(type="cancel", session_id="s") == Cancel(session_id="s")
    assert read(type="resume", session_id="s", after_seq=7) == Resume(session_id="s", after_seq=7)
    assert read(type="resume", session_id="s", after_seq=None) == Resume(session_id="s")
    assert read(type="unfollow", session_id="s") == Unfollow(session_id="s")
    assert read(type="looking", is_seen=False) == Looking(is_seen=False)
    assert read(type="ping") == Ping()


@pytest.mark.parametrize("kind", ["", "hello", "Message"])
def test_an_unknown_type_is_named_with_those_that_are_known(kind: str) -> None:
    with pytest.raises(UnknownType, match=f"unknown type {kind!r}; known are message, revise"):
        read(type=kind)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({}, "type: expected a string"),
    ({"type": 1}, "type: expected a string"),
    ({"type": "cancel"}, "session_id: expected a string"),
    (
        {"type": "resume", "session_id": "s", "after_seq": -1},
        "after_seq: expected a whole number of at least 0",
    ),
    ({"type": "message"}, "text: expected a text that is not empty"),
    ({"type": "message", "text": "  "}, "text: expected a text that is not empty"),
    ({"type": "message", "text": "a", "mode": "later"}, 'mode: expected one of "inject", "queue"'),
    (
        {"type": "message", "text": "a", "channel_id": "telegram"},
        "channel_id: messages of channel 'telegram'",
    ),
    ({"type": "message", "text": "a", "session_id": "x" * 201}, "session_id: expected at most 200"),
    ({"type": "message", "attachments": [{}]}, r"attachments\[0\].file_name: expected a string"),
    (
        {"type": "message", "attachments": [{"file_name": "a"}]},
        r"attachments\[0\]: expected either data or path",
    ),
    (
        {"type": "message", "attachments": [{"file_name": "a", "data": "", "path": "p"}]},
        r"attachments\[0\]: expected either data or path",
    ),
    (
        {"type": "message", "attachments": [{"file_name": "a", "data": ""}] * 33},
        "attachments: expected at most 32 items",
    ),
]


@pytest.mark.parametrize(("message", "says"), MISTAKES)
def test_a_mistake_names_its_field(message: dict[str, Any], says: str) -> None:
    with pytest.raises(BadMessage, match=says):
        read(**message)


def test_a_frame_that_is_too_long_is_refused() -> None:
    with pytest.raises(TooLarge, match="10,000 characters"):
        read(type="message", text="x" * LONGEST)


def test_the_answer_to_a_bad_message_repeats_its_ids() -> None:
    raw = json.dumps({"client_message_id": "c1", "session_id": 5})
    assert echo_of(raw) == {"client_message_id": "c1"}
    assert echo_of("{") == {}
    assert echo_of('{"client_message_id": "c2", "text": "half a') == {"client_message_id": "c2"}


def test_a_message_becomes_a_request_to_the_agent() -> None:
    message = read(
        type="message",
        text="look",
        session_id="s",
        channel_session_key="k",
        model="a/b",
        effort="high",
        fallbacks=["c/d", "e/f"],
        mode="queue",
        client_message_id="c",
        user_id="bob",
        channel_id="cli",
        attachments=[
            {"file_name": "a.txt", "mime_type": "text/plain", "data": "YQ=="},
            {"file_name": "b", "path": "downloads/b", "size": 99},
        ],
        surplus=1,
    )
    assert isinstance(message, ClientMessage)
    assert message.attachments == (
        ClientFile(file_name="a.txt", mime_type="text/plain", data="YQ=="),
        ClientFile(file_name="b", path="downloads/b"),
    )
    stored = Attachment(name="a.txt", media_type="text/plain", path="downloads/a.txt", size=1)
    request = message.accept(ADA, "web", (stored,)).incoming
    assert (request.text, request.user, request.role) == ("look", "ada", "user")
    assert (request.source, request.channel) == ("cli", "main")
    assert (request.session, request.key, request.options.model, request.mode) == ("s", "k", "a/b", "queue")
    assert (request.client_message_id, request.attachments) == ("c", (stored,))
    assert (request.options.effort, request.options.fallbacks) == ("high", ("c/d", "e/f"))


def test_empty_ids_count_as_absent() -> None:
    asked = ClientMessage(text="a", session_id="", model="", client_message_id="").accept(ADA, "http", ())
    request = asked.incoming
    assert (request.session, request.options.model, request.client_message_id) == (None, None, None)
    assert request.options.fallbacks is None
    none = ClientMessage(text="a", fallbacks=()).accept(ADA, "http", ())
    assert none.incoming.options.fallbacks == (), "nobody may step in"


def test_a_file_may_come_without_words() -> None:
    message = read(type="message", attachments=[{"file_name": "a", "data": ""}])
    assert message == ClientMessage(attachments=(ClientFile(file_name="a", data=""),))
