"""Which entities a text may have: the words of the refusals are those of the real server, where it refuses."""

from typing import Any

import pytest

from tests.fakes.telegram import entities
from tests.fakes.telegram.refusals import Refusal

FACE = "👉 👉  "
CABA = "aba caba"


def e(type: Any, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "offset": offset, "length": length, **more}


def test_length_is_counted_in_utf16_units() -> None:
    assert [entities.units(text) for text in ("", "aé", "👉", "👩‍👩‍👧")] == [0, 2, 2, 8]


@pytest.mark.parametrize(
    "given",
    [
        [],
        [e("bold", 0, 8), e("italic", 0, 8), e("code", 4, 4)][:2],
        [e("blockquote", 0, 8), e("pre", 0, 3, language="python"), e("code", 4, 4)],
        [e("bold", 0, 8), e("text_link", 0, 8, url="https://example.org")],
        [e("text_link", 0, 8, url="tg://resolve?domain=a"), e("spoiler", 2, 2)],
        [e("code", 0, 8), e("expandable_blockquote", 0, 8)],
        [e("code", 0, 3), e("bold", 3, 1)],
        [e("mention", 0, 3), e("custom_emoji", 3, 1, custom_emoji_id="1")],
        [e("text_mention", 0, 3, user={"id": 1})],
    ],
)
def test_entities_that_stand_apart_or_properly_in_each_other_are_valid(given: list[dict[str, Any]]) -> None:
    entities.check(CABA, given)
    entities.check(CABA, given[::-1])


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (CABA, [e("bold", 3, 6)],
         "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 9"),
        (CABA, [e("bold", 9, 1)], "entity begins after the end of the text at UTF-16 offset 9"),
        (CABA, [e("bold", -1, 1)], "receive an entity with incorrect offset -1"),
        (CABA, [e("bold", 0, -1)], "receive an entity with incorrect length -1"),
        (CABA, [e("bold", 0, 0)], "receive an entity with incorrect length 0"),
        (FACE, [e("bold", 1, 1)], "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
        (FACE, [e("bold", 4, 1)], "entity begins in a middle of a UTF-16 symbol at byte offset 9"),
        (FACE, [e("bold", 0, 1)],
         "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4"),
        (CABA, [e("bold", 0, 4), e("italic", 3, 4)], "entities bold[0:4] and italic[3:7] overlap"),
        (CABA, [e("code", 0, 8), e("bold", 0, 3)], "entities code[0:8] and bold[0:3] must not contain each other"),
        (CABA, [e("bold", 0, 8), e("code", 0, 3)], "entities bold[0:8] and code[0:3] must not contain each other"),
        (CABA, [e("pre", 0, 8), e("code", 0, 8)], "entities pre[0:8] and code[0:8] must not contain each other"),
        (CABA, [e("blockquote", 0, 8), e("expandable_blockquote", 1, 3)],
         "entities blockquote[0:8] and expandable_blockquote[1:4] must not contain each other"),
        (CABA, [e("text_link", 0, 8, url="a.example"), e("code", 1, 3)],
         "entities text_link[0:8] and code[1:4] must not contain each other"),
        (CABA, [e("pre", 0, 8), e("blockquote", 0, 3)],
         "entities pre[0:8] and blockquote[0:3] must not contain each other"),
        (CABA, [e("bold", 0, 1)] * 101, "101 entities are more than the 100 of one message"),
        (CABA, [e("h1", 0, 1)], "can't parse MessageEntity: 'h1' is no type that a bot may use"),
        (CABA, [e({}, 0, 1)], "can't parse MessageEntity: {} is no type that a bot may use"),
        (CABA, [{"offset": 0, "length": 1}], "can't parse MessageEntity: None is no type that a bot may use"),
        (CABA, [e("bold", 0, 1, url="a.example")], "can't parse MessageEntity: bold has no field ['url']"),
        (CABA, [e("text_link", 0, 1)], "can't parse MessageEntity: text_link without url"),
        (CABA, [e("text_link", 0, 1, url="mailto:a@b.example")],
         "can't parse MessageEntity: 'mailto:a@b.example' can't be linked to"),
        (CABA, [{"type": "bold", "offset": "0", "length": 1}],
         "can't parse MessageEntity: field 'offset' must be of type Number"),
        (CABA, [{"type": "bold", "offset": 0}], "can't parse MessageEntity: field 'length' must be of type Number"),
        ("a\udc00", [], "strings must be encoded in UTF-8"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str, given: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(Refusal) as caught:
        entities.check(text, given)
    assert str(caught.value) == f"Bad Request: {why}"
    assert caught.value.body() == {"ok": False, "error_code": 400, "description": f"Bad Request: {why}"}


@pytest.mark.parametrize(
    ("text", "limit", "why"),
    [
        ("", 4096, "message text is empty"),
        (" \n", 4096, "message text is empty"),
        ("a" * 4097, 4096, "message is too long"),
        ("👉" * 2048 + "a", 4096, "message is too long"),
        ("a" * 1025, entities.CAPTION_LIMIT, "message is too long"),
    ],
)
def test_a_text_is_neither_empty_nor_too_long(text: str, limit: int, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        entities.check_message(text, [], limit)
    entities.check_message("👉" * 2048, [])


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("example.org", "http://example.org/"),
        ("HTTPS://Example.org?a=B", "https://example.org/?a=B"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("tg://user?id=1", "tg://user?id=1"),
        *(
            (url, "")
            for url in ("", "word", "http://localhost/", "mailto:a@b.example", "tel:+1", "javascript:a.b")
        ),
    ],
)
def test_what_becomes_a_link(url: str, opened: str) -> None:
    assert entities.link(url) == opened
