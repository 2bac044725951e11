"""What is read of an update, whatever it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.telegram import access, content, inbox
from actors.telegram import update as updates
from actors.telegram.update import Bot, Sender, bot_of, id_of, read
from bus.testing.strategies import json_values
from tests.actors.telegram.made import ADA, BOT, GROUP, OURS, message, post, update

KEYS = (
    "message", "edited_message", "chat", "id", "from", "message_id", "text", "entities", "offset", "length", "type",
    "photo", "file_id", "file_size", "document", "animation", "reply_to_message", "quote", "forward_origin", "poll",
    "options", "location", "latitude", "longitude", "venue", "contact", "sticker", "dice", "update_id", "user", "url",
    "caption", "caption_entities", "sender_chat", "date", "media_group_id", "story",
)  # fmt: skip


def anything() -> st.SearchStrategy[Any]:
    """JSON that looks like an update here and there."""
    leaves = json_values() | st.sampled_from(
        ["mention", "text_link", "text_mention", "@star_bot", "private", 1, 2, 0]
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
        max_leaves=30,
    )


@given(anything(), anything())
def test_nothing_that_json_can_say_is_too_odd(whole: Any, part: Any) -> None:
    inbox.arrival(whole)
    bot_of(whole)
    for said in (whole, {"update_id": 1, "message": {**message(), **updates.mapping(part)}}):
        inbox.arrival(said)
        found = read(said)
        if found is not None:
            access.addressed(found, BOT)
            content.composed([content.read(found.message, BOT)])


def test_a_message_is_read() -> None:
    found = post("hello")
    assert (found.chat, found.message_id, found.in_group, found.edited, found.album, found.key) == (
        7, 1, False, False, None, "7",
    )  # fmt: skip
    assert found.sender == Sender(id=7, username="Ada_L", name="Ada L")
    assert found.at == 1_767_225_600


def test_an_edited_message_is_known_as_one() -> None:
    found = read({"update_id": 3, "edited_message": message("hello!")})
    assert found is not None
    assert found.edited


@pytest.mark.parametrize(
    "fields",
    [
        {"from": OURS},
        {"from": None},
        {"from": {"id": True, "first_name": "Ada"}},
        {"from": ADA, "chat": GROUP, "sender_chat": {"id": -5}},
    ],
)
def test_bots_channels_and_admins_who_hide_are_nobody(fields: dict[str, Any]) -> None:
    assert post("hi", **fields).sender is None


def test_a_topic_has_a_conversation_of_its_own_and_a_thread_of_answers_has_none() -> None:
    assert post("hi", chat=GROUP, message_thread_id=4, is_topic_message=True).key == "-5:4"
    assert post("hi", chat=GROUP, message_thread_id=4).key == "-5"


def test_names_are_short_and_on_one_line() -> None:
    ada = {"id": 7, "first_name": "A\nda \u202e" + "x" * 200, "username": None}
    found = post("hi", **{"from": ada}).sender
    assert found is not None
    assert found.username is None
    assert found.name.startswith("Ada x")
    assert len(found.name) == updates.LONGEST_NAME
    assert found.name.endswith("…")


def test_an_account_without_a_name_is_called_by_its_number() -> None:
    found = post("hi", **{"from": {"id": 12}}).sender
    assert found == Sender(id=12, username=None, name="12")


@pytest.mark.parametrize("said", [None, [], {"update_id": "4"}, {"update_id": True}, {"update_id": 2**62}])
def test_what_has_no_number_is_no_update(said: Any) -> None:
    assert id_of(said) is None
    assert inbox.arrival(said) is None


@pytest.mark.parametrize(
    "said",
    [{"update_id": 1}, update(1, chat={}), update(1, message_id=None), {"update_id": 1, "message": []}],
)
def test_an_update_without_a_message_is_none_of_a_chat(said: Any) -> None:
    assert read(said) is None
    found = inbox.arrival(said)
    assert found is not None
    assert found.chat == 0


def test_who_we_are() -> None:
    assert bot_of(OURS) == Bot(id=99, username="star_bot")
    assert bot_of({"username": "x"}) is None


# --- buttons ----------------------------------------------------------------------------------------------


def pressed(**fields: Any) -> dict[str, Any]:
    query = {"id": "q", "from": ADA, "message": message("May I?", **{"from": OURS}), "data": "yes", **fields}
    return {"update_id": 5, "callback_query": query}


def test_a_button_says_who_has_pressed_it_where() -> None:
    found = updates.press(pressed(message=message("May I?", chat=GROUP, message_id=3, **{"from": OURS})))
    assert found is not None
    assert (found.id, found.data, found.post.chat, found.post.message_id) == ("q", "yes", GROUP["id"], 3)
    assert found.post.sender is not None
    assert (found.post.sender.id, found.post.in_group) == (ADA["id"], True)
    kept = inbox.arrival(pressed())
    assert kept is not None
    assert (kept.chat, kept.message_id, kept.in_group) == (7, None, False)


@pytest.mark.parametrize(
    "whole",
    [pressed(id=""), pressed(message={}), pressed(message={"chat": {"id": 7}}), update(1, "a"), {}, 3],
)
def test_what_names_no_button_is_none(whole: Any) -> None:
    assert updates.press(whole) is None


def test_a_button_that_a_bot_has_pressed_has_nobody_behind_it() -> None:
    found = updates.press(pressed(**{"from": OURS}))
    assert found is not None
    assert found.post.sender is None


@given(anything())
def test_no_button_is_too_odd(part: Any) -> None:
    updates.press({"callback_query": {"id": "q", "message": message(), **updates.mapping(part)}})
