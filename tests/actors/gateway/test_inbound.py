import json
from typing import Any

import pytest

from actors.gateway import inbound
from actors.gateway.chat import Chat, Enclosure, read_chat
from actors.gateway.fields import Fields, Malformed
from actors.vocabulary import Attachment


def read(**message: Any) -> inbound.Inbound:
    return inbound.read(json.dumps(message), user="ada")


def test_every_type_is_understood() -> None:
    assert read(type="message", text="hi") == inbound.Say(Chat(text="hi", user="ada", source="web"))
    assert read(type="cancel", session_id="s") == inbound.Cancel("s")
    assert read(type="resume", session_id="s", after_seq=7) == inbound.Resume("s", 7)
    assert read(type="resume", session_id="s", after_seq=None) == inbound.Resume("s", None)
    assert read(type="unfollow", session_id="s") == inbound.Unfollow("s")
    assert read(type="ping") == inbound.Ping()


@pytest.mark.parametrize("kind", ["", "hello", "Message"])
def test_an_unknown_type_is_named_with_those_that_are_known(kind: str) -> None:
    with pytest.raises(inbound.UnknownType, match=f"unknown type {kind!r}; known are message, cancel"):
        read(type=kind)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({}, "type: expected a string"),
    ({"type": 1}, "type: expected a string"),
    ({"type": "cancel"}, "session_id: expected a string"),
    (
        {"type": "resume", "session_id": "s", "after_seq": -1},
        "after_seq: expected an integer of at least 0",
    ),
    ({"type": "resume", "session_id": "s", "after_seq": "3"}, "after_seq: expected an integer"),
    ({"type": "message"}, "text: expected a string"),
    ({"type": "message", "text": "  "}, "text: expected a text that is not empty"),
    ({"type": "message", "text": "a", "mode": "later"}, "mode: expected 'inject' or 'queue'"),
    (
        {"type": "message", "text": "a", "channel_id": "telegram"},
        "channel_id: messages of channel 'telegram'",
    ),
    ({"type": "message", "text": "a", "user_id": "../x"}, "user_id: expected 1 to 32"),
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
]


@pytest.mark.parametrize(("message", "says"), MISTAKES)
def test_a_mistake_names_its_field(message: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read(**message)


def test_the_answer_to_a_bad_message_repeats_its_ids() -> None:
    raw = json.dumps({"client_message_id": "c1", "session_id": 5})
    assert inbound.echo_of(raw) == {"client_message_id": "c1"}
    assert inbound.echo_of("{") == {}


def test_a_message_becomes_a_request_to_the_agent() -> None:
    fields = Fields(
        {
            "text": "look",
            "session_id": "s",
            "channel_session_key": "k",
            "model": "a/b",
            "mode": "queue",
            "client_message_id": "c",
            "user_id": "bob",
            "channel_id": "cli",
            "attachments": [
                {"file_name": "a.txt", "mime_type": "text/plain", "data": "YQ=="},
                {"file_name": "b", "path": "downloads/b", "size": 99},
            ],
            "surplus": 1,
        }
    )
    chat = read_chat(fields, source="web")
    assert chat.enclosures == (
        Enclosure(name="a.txt", media_type="text/plain", data="YQ=="),
        Enclosure(name="b", media_type="application/octet-stream", path="downloads/b"),
    )
    stored = Attachment(name="a.txt", media_type="text/plain", path="downloads/a.txt", size=1)
    request = chat.accept((stored,))
    assert (request.text, request.user, request.source, request.channel) == ("look", "bob", "cli", "main")
    assert (request.session, request.key, request.model, request.mode) == ("s", "k", "a/b", "queue")
    assert (request.client_message_id, request.attachments) == ("c", (stored,))


def test_empty_ids_count_as_absent() -> None:
    chat = read_chat(
        Fields({"text": "a", "session_id": "", "model": "", "client_message_id": ""}), source="http"
    )
    assert (chat.session, chat.model, chat.client_message_id, chat.user) == (None, None, None, "admin")


def test_a_file_may_come_without_words() -> None:
    chat = read_chat(Fields({"attachments": [{"file_name": "a", "data": ""}]}), source="web")
    assert chat.text == ""
