"""Who is meant, and who may speak."""

from typing import Any

import pytest

from actors.telegram.access import addressed, listed
from actors.telegram.update import Sender
from tests.actors.telegram.made import ADA, BOT, GROUP, OURS, entity, message, post

HEY = "🦊 hey @Star_Bot, hi"


@pytest.mark.parametrize(
    ("said", "fields", "meant"),
    [
        ("hello", {}, False),
        ("hello", {"reply_to_message": message("yes?", **{"from": OURS})}, True),
        ("hello", {"reply_to_message": message("yes?")}, False),
        (
            "hello",
            {"reply_to_message": {**message(**{"from": OURS}), "forum_topic_created": {"name": "x"}}},
            False,
        ),
        (HEY, {"entities": [entity("mention", HEY, "@Star_Bot")]}, True),
        (HEY, {}, False),
        ("@other hi", {"entities": [entity("mention", "@other hi", "@other")]}, False),
        ("Star hi", {"entities": [entity("text_mention", "Star hi", "Star", user=OURS)]}, True),
        ("Ada hi", {"entities": [entity("text_mention", "Ada hi", "Ada", user=ADA)]}, False),
        ("/new@star_bot", {"entities": [entity("bot_command", "/new@star_bot", "/new@star_bot")]}, True),
        ("/new@other", {"entities": [entity("bot_command", "/new@other", "/new@other")]}, False),
        ("/new", {"entities": [entity("bot_command", "/new", "/new")]}, False),
        (None, {"caption": HEY, "caption_entities": [entity("mention", HEY, "@Star_Bot")]}, True),
    ],
)
def test_in_a_group_only_who_names_us_or_answers_us_is_heard(
    said: str | None,
    fields: dict[str, Any],
    meant: bool,  # noqa: FBT001
) -> None:
    assert addressed(post(said, chat=GROUP, **fields), BOT) == meant
    assert addressed(post(said, **fields), BOT)


@pytest.mark.parametrize(
    ("allowed", "known"),
    [
        ((), False),
        ((7,), True),
        (("7",), True),
        ((8, "@ADA_L"), True),
        (("ada_l",), True),
        (("", "@"), False),
        (("grace", 8), False),
    ],
)
def test_the_list_knows_numbers_and_names(allowed: tuple[int | str, ...], known: bool) -> None:  # noqa: FBT001
    assert listed(Sender(id=7, username="Ada_L", name="Ada"), allowed) == known


def test_an_account_without_a_name_is_not_meant_by_an_empty_one() -> None:
    assert not listed(Sender(id=7, username=None, name="Ada"), ("", "@"))
